//! All rules over all events in one pass: of each row group first the short columns; then, for the rows that a rule still
//! hangs on, the bodies, each read once for all rules and for what was there before later events.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{BooleanBufferBuilder, RecordBatch, UInt32Array, new_null_array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::take_record_batch;
use arrow::datatypes::Schema;
use datafusion::common::Result as Planned;

use super::bodies::{Asks, BODIES};
use super::late::Late;
use super::program::{Program, slim};
use super::sheets::Sheets;
use super::state::{Known, Row, left};
use super::threads::each;
use super::told::{Open, Told};
use super::values::text;
use super::{Engine, damaged};
use crate::error::Result;
use crate::sigma::{Over, RuleSet};

/// What one thread gathers.
#[derive(Default)]
struct Gathered {
    told: Told,
    /// Events and rules that hang on what was there before.
    waiting: Vec<(RecordBatch, Open)>,
    /// Hits that only count where something else hit.
    late: Vec<Late>,
    /// What the writes before them left.
    states: Vec<(Row, Option<Arc<str>>)>,
}

impl Engine {
    /// Asks every rule of every event. Hits that only count where another part of their correlation hit are not among the
    /// steps yet, unless they will be shown.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub(super) fn verdicts(&self, rules: &RuleSet, program: &Program) -> Result<(Told, Vec<Late>)> {
        let known = self.look_before(rules, program)?;
        let columns = program.columns();
        let asks: Vec<Asks> = (0..program.keys.len()).map(|rule| program.asks(rule)).collect();
        let gathered = each(self.audit.groups(), Gathered::default, |group, gathered| {
            gathered.group(&self.audit, group, (program, &columns, &asks), &known)
        })?;
        let (mut told, mut late) = (Told::default(), Vec::new());
        let (mut waiting, mut states) = (Vec::new(), HashMap::new());
        for more in gathered {
            told.add(more.told);
            late.extend(more.late);
            waiting.extend(more.waiting);
            states.extend(more.states);
        }
        if !waiting.is_empty() {
            let before = self.before(known, &states, None)?;
            told.decide(program, waiting, &before).map_err(damaged)?;
        }
        Ok((told, late))
    }

    /// How the rules are asked, as text.
    pub fn explain(&self, rules: &RuleSet) -> String {
        let program = Engine::program(rules, Over::events);
        let mut columns = program.columns();
        columns.sort_unstable();
        format!(
            "rules={}, tests={}\nof every event, by {} of row groups: {}\nof those that a rule still hangs on: {}",
            program.keys.len(),
            program.compiled.tests(),
            self.audit.groups(),
            columns.join(", "),
            BODIES.join(", ")
        )
    }
}

impl Gathered {
    fn group(
        &mut self,
        sheets: &Sheets,
        group: usize,
        (program, columns, asks): (&Program, &[&str], &[Asks]),
        known: &Known,
    ) -> Result<()> {
        let events = sheets.read(group, columns, None)?;
        let mut open = Open::new();
        let verdicts = if program.shown {
            program.compiled.run(&events, None)
        } else {
            let (verdicts, crowds) = program.compiled.run_many(&events, &program.many);
            self.late.extend(crowds.into_iter().map(|crowd| Late { group, crowd }));
            verdicts
        };
        self.told.read(program, &events, &verdicts, Some(&mut open)).map_err(damaged)?;
        let left_by = known.rows(group);
        let rows = sorted(open.iter().map(|(_, row)| *row).chain(left_by.iter().copied()));
        if rows.is_empty() {
            return Ok(());
        }
        let (sent, answered) = asked(&events, (&open, left_by), asks);
        let sent = spread(&sheets.read(group, &BODIES[..2], Some(&sent))?, &sent, &rows).map_err(damaged)?;
        let answered = spread(&sheets.read(group, &BODIES[2..], Some(&answered))?, &answered, &rows);
        let bodies = joined(&sent, &answered.map_err(damaged)?).map_err(damaged)?;
        let events = joined(&taken(&events, &rows).map_err(damaged)?, &bodies).map_err(damaged)?;
        let place = |row: usize| rows.partition_point(|other| *other < row);
        self.states.extend(left_by.iter().map(|row| ((group, *row), left(&events, place(*row)))));
        open.iter_mut().for_each(|(_, row)| *row = place(*row));
        let verdicts = program.compiled.run(&events, Some(&only(&open, program.keys.len(), events.num_rows())));
        let mut waiting = Open::new();
        self.told.read(program, &events, &verdicts, Some(&mut waiting)).map_err(damaged)?;
        if !waiting.is_empty() {
            self.waiting.push(apart(&events, waiting).map_err(damaged)?);
        }
        Ok(())
    }
}

/// The rows that something hangs on, as a batch of their own.
///
/// # Errors
/// When rows cannot be taken out of the batch.
pub(super) fn apart(events: &RecordBatch, mut open: Open) -> Planned<(RecordBatch, Open)> {
    let rows = sorted(open.iter().map(|(_, row)| *row));
    open.iter_mut().for_each(|(_, row)| *row = rows.partition_point(|other| *other < *row));
    let events = taken(events, &rows)?;
    let columns = events.columns().iter().map(slim).collect::<Planned<_>>()?;
    Ok((RecordBatch::try_new(events.schema(), columns)?, open))
}

/// By rule the rows that hang on something.
pub(super) fn only(open: &Open, rules: usize, count: usize) -> Vec<Option<BooleanBuffer>> {
    let mut only: Vec<Option<BooleanBufferBuilder>> = (0..rules).map(|_| None).collect();
    for (rule, row) in open {
        let rows = only[*rule].get_or_insert_with(|| {
            let mut rows = BooleanBufferBuilder::new(count);
            rows.append_n(count, false);
            rows
        });
        rows.set_bit(*row, true);
    }
    only.into_iter().map(|rows| rows.map(|mut rows| rows.finish())).collect()
}

/// The rows of whose requests, and of whose answers, the bodies are asked for: by rules that hang on them, and by what was
/// left by a write.
fn asked(events: &RecordBatch, (open, left_by): (&Open, &[usize]), asks: &[Asks]) -> (Vec<usize>, Vec<usize>) {
    let verbs = events.column_by_name("verb");
    let (mut sent, mut answered) = (vec![false; events.num_rows()], vec![false; events.num_rows()]);
    for (rule, row) in open {
        let (request, response) = asks[*rule].of(verbs.and_then(|verbs| text(verbs.as_ref(), *row)));
        sent[*row] |= request;
        answered[*row] |= response;
    }
    left_by.iter().for_each(|row| (sent[*row], answered[*row]) = (true, true));
    let rows = |asked: Vec<bool>| (0..asked.len()).filter(|row| asked[*row]).collect();
    (rows(sent), rows(answered))
}

/// The columns of some rows as those of more rows, null where they were not read.
fn spread(read: &RecordBatch, of: &[usize], rows: &[usize]) -> Planned<RecordBatch> {
    if of.len() == rows.len() {
        return Ok(read.clone());
    }
    if of.is_empty() {
        let nulls = read.schema().fields().iter().map(|field| new_null_array(field.data_type(), rows.len())).collect();
        return Ok(RecordBatch::try_new(read.schema(), nulls)?);
    }
    let place = |row: &usize| of.binary_search(row).ok().map(|place| place as u32);
    Ok(take_record_batch(read, &rows.iter().map(place).collect::<UInt32Array>())?)
}

/// Rows in order, each once.
fn sorted(rows: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut rows: Vec<usize> = rows.collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

fn taken(events: &RecordBatch, rows: &[usize]) -> Planned<RecordBatch> {
    Ok(take_record_batch(events, &UInt32Array::from_iter_values(rows.iter().map(|row| *row as u32)))?)
}

/// The columns of two batches over the same rows.
fn joined(one: &RecordBatch, other: &RecordBatch) -> Planned<RecordBatch> {
    let fields = one.schema().fields().iter().chain(other.schema().fields()).cloned().collect::<Vec<_>>();
    let columns = one.columns().iter().chain(other.columns()).cloned().collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}
