//! Many small bodies of evidence in one case, replayed each by itself: what `coldcase test` asks thousands of times.
//!
//! The events of all of them are read once and asked in memory. What is asked and how is what a replay does, but for the
//! scan: a rule is asked of every event with its bodies, which the scan only does where the columns leave it open.

use std::ops::Range;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use arrow::datatypes::UInt32Type;

use super::baseline::Baseline;
use super::blind::{Coverage, Source};
use super::detect::{Open, Told};
use super::finding::Event;
use super::picked::Picked;
use super::scan::{verdict_schema, verdicts};
use super::standing::{OBJECTS, ask};
use super::why::clauses;
use super::{Clause, Engine, Replay, damaged, derived};
use crate::error::Result;
use crate::sigma::lists::unfilled;
use crate::sigma::{Lists, Over, Rule, RuleSet};

/// The audit events and objects of a case in memory, in the order of the evidence.
pub struct Rows {
    audit: RecordBatch,
    objects: RecordBatch,
}

impl Rows {
    /// Counts the audit events.
    pub fn events(&self) -> usize {
        self.audit.num_rows()
    }
}

impl Engine {
    /// Reads the events and objects of the case into memory.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn rows(&self) -> Result<Rows> {
        let read = |sql: &str| {
            let answer = self.sql(sql, &[])?;
            concat_batches(&answer.schema, &answer.batches).map_err(damaged)
        };
        Ok(Rows { audit: read("SELECT * FROM audit ORDER BY evidence, \"offset\"")?, objects: read(OBJECTS)? })
    }

    /// Replays each of `worlds`, ranges of evidence, as if it were a case by itself; answers come in their order.
    ///
    /// # Errors
    /// When a plan of a correlation cannot be run.
    pub fn replay_each(&self, rules: &RuleSet, rows: &Rows, worlds: &[Range<u32>]) -> Result<Vec<Replay>> {
        let own = rules.filled(&Lists::default());
        let asked = own.rules.iter().map(|rule| &rule.predicate);
        let mut asked = asked.chain(own.exceptions.iter().map(|exception| &exception.predicate));
        if asked.all(|predicate| unfilled(predicate).is_empty()) {
            return self.replay_filled(&own, rows, worlds);
        }
        // Each world knows its own cluster.
        let mut replays = Vec::with_capacity(worlds.len());
        for world in worlds {
            let filled = rules.filled(&self.lists_within(Some(world))?);
            replays.extend(self.replay_filled(&filled, rows, std::slice::from_ref(world))?);
        }
        Ok(replays)
    }

    fn replay_filled(&self, rules: &RuleSet, rows: &Rows, worlds: &[Range<u32>]) -> Result<Vec<Replay>> {
        let events = Engine::program(rules, Over::events);
        let objects = rules.rules.iter().any(|rule| rule.over.objects()).then(|| Engine::program(rules, Over::objects));
        let audit = part(&rows.audit, worlds)?;
        let found = verdicts(&events, &verdict_schema(&audit.schema()), &audit).map_err(damaged)?;
        let mut replays = Vec::with_capacity(worlds.len());
        for world in worlds {
            let (mut told, mut open) = (Told::default(), Open::new());
            told.read(&events, &within(&found, world)?, None, &mut open).map_err(damaged)?;
            self.runtime.block_on(self.decide(&events, &mut told, Some(world)))?;
            let standing = match &objects {
                Some(program) => ask(program, &[part(&rows.objects, std::slice::from_ref(world))?])?,
                None => Told::default(),
            };
            let of_world = within(&audit, world)?;
            let coverage = coverage(&of_world, within(&rows.objects, world)?.num_rows() as u64);
            let about = (coverage, &Baseline::default());
            replays.push(Engine::conclude(rules, &events, (told, standing), about, &|_| {
                let mut picked = Picked::default();
                picked.add(None, vec![of_world.clone()]);
                Ok(picked)
            })?);
        }
        Ok(replays)
    }

    /// Asks each part of a rule of every event of a world.
    ///
    /// # Errors
    /// When what was there before cannot be read.
    pub fn why_in(&self, rows: &Rows, rule: &Rule, world: &Range<u32>) -> Result<Vec<(Event, Vec<Clause>)>> {
        let events = part(&rows.audit, std::slice::from_ref(world))?;
        let events = match derived::asks_state(&rule.predicate) {
            true => self.runtime.block_on(self.knowing_before(&events, Some(world)))?,
            false => events,
        };
        Ok(clauses(rule, &events))
    }
}

/// The rows of some worlds, in the order of the worlds.
fn part(rows: &RecordBatch, worlds: &[Range<u32>]) -> Result<RecordBatch> {
    let Some(evidence) = rows.column_by_name("evidence") else { return Ok(rows.slice(0, 0)) };
    let evidence = evidence.as_primitive::<UInt32Type>().values();
    let place = |number: u32| evidence.partition_point(|known| *known < number) as u32;
    let places = worlds.iter().flat_map(|world| place(world.start)..place(world.end));
    take_record_batch(rows, &UInt32Array::from_iter_values(places)).map_err(damaged)
}

/// The rows of a world, of rows in any order.
fn within(rows: &RecordBatch, world: &Range<u32>) -> Result<RecordBatch> {
    let Some(evidence) = rows.column_by_name("evidence") else { return Ok(rows.slice(0, 0)) };
    let evidence = evidence.as_primitive::<UInt32Type>().values();
    let mask: BooleanArray = evidence.iter().map(|number| Some(world.contains(number))).collect();
    filter_record_batch(rows, &mask).map_err(damaged)
}

fn coverage(events: &RecordBatch, objects: u64) -> Coverage {
    let count = |column: &str, wanted: &[&str]| {
        let Some(column) = events.column_by_name(column) else { return 0 };
        let is = |row: &usize| super::values::text(column.as_ref(), *row).is_some_and(|text| wanted.contains(&text));
        (0..column.len()).filter(is).count() as u64
    };
    let times = || (0..events.num_rows()).filter_map(|row| Event::time(events, row));
    let source = Source {
        category: None,
        cluster: None,
        events: events.num_rows() as u64,
        first: times().min(),
        last: times().max(),
        reads: count("verb", &["get", "list"]),
        cut: count("body", &["cut"]),
        skipped: count("body", &["skipped"]),
        not_recorded: count("body", &["not recorded"]),
    };
    Coverage { sources: vec![source], objects, logs: Vec::new() }
}
