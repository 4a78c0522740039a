//! Why a rule hits an event or does not: every part of what it asks, with the answer and the value that was there.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use datafusion::prelude::{col, lit};

use super::finding::Event;
use super::ruleset::{Compiled, Told};
use super::{Engine, damaged, derived, places, values};
use crate::error::Result;
use crate::model::Span;
use crate::sigma::{Field, Op, Predicate, Rule};

/// One part of a rule, asked of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// How deep it is in the rule.
    pub depth: usize,
    /// In words.
    pub words: String,
    /// None: cannot tell.
    pub holds: Option<bool>,
    /// Of a test: each field it asks, and the values that were there.
    pub values: Vec<(String, Vec<String>)>,
}

/// The events a rule was asked of, each with the answer of every part.
pub type Asked = Vec<(Event, Vec<Clause>)>;

impl Engine {
    /// Asks every part of a rule of each event (stage) with that auditID, in the order of the evidence; of other log sources
    /// of the row at that place, `evidence:offset`, or of those with that id.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn why(&self, rule: &Rule, audit_id: &str) -> Result<Vec<(Event, Vec<Clause>)>> {
        let says = rule.sql.as_ref().map(|sql| self.query_says(sql, None)).transpose()?;
        if let Some(source) = rule.over.log() {
            let rows = self.log_rows(source, Some(audit_id))?;
            return Ok(said(rows.iter().flat_map(|batch| clauses(rule, batch)).collect(), says));
        }
        let batches = self.runtime.block_on(async {
            let events = self.context.table("audit").await?.filter(col("audit_id").eq(lit(audit_id)))?;
            events.sort(vec![col("evidence").sort(true, true), col("\"offset\"").sort(true, true)])?.collect().await
        });
        let mut all = Vec::new();
        for batch in batches.map_err(damaged)? {
            let batch = match derived::asks_state(&rule.predicate) {
                true => self.knowing_before(&batch)?,
                false => batch,
            };
            all.extend(clauses(rule, &batch));
        }
        Ok(said(all, says))
    }
}

impl Engine {
    /// Asks every part of each rule of the audit events at some places, which are read once: for each rule its answers.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn why_at(&self, rules: &[&Rule], spans: &[Span]) -> Result<Vec<Asked>> {
        let at = spans.iter().map(|span| (span.evidence.0, span.offset)).collect();
        let batches = self.runtime.block_on(async {
            let events = self.context.table("audit").await?.filter(places::at(at))?;
            events.sort(vec![col("evidence").sort(true, true), col("\"offset\"").sort(true, true)])?.collect().await
        });
        let batches = batches.map_err(damaged)?;
        // What was there before is looked up once for all rules that ask it.
        let knowing: Vec<_> = match rules.iter().any(|rule| derived::asks_state(&rule.predicate)) {
            true => batches.iter().map(|batch| self.knowing_before(batch)).collect::<Result<_>>()?,
            false => Vec::new(),
        };
        let ask = |rule: &&Rule| match (rule.over.log(), derived::asks_state(&rule.predicate)) {
            (Some(_), _) => Vec::new(),
            (None, true) => knowing.iter().flat_map(|batch| clauses(rule, batch)).collect(),
            (None, false) => batches.iter().flat_map(|batch| clauses(rule, batch)).collect(),
        };
        Ok(rules.iter().map(ask).collect())
    }
}

/// What is said of events by a rule that is SQL: whether its query gives them. It has no parts of which that could be asked.
pub(super) fn said(
    events: Vec<(Event, Vec<Clause>)>,
    says: Option<impl Fn(&Event) -> (String, Option<bool>)>,
) -> Vec<(Event, Vec<Clause>)> {
    let Some(says) = says else { return events };
    let one = |(event, _)| {
        let (words, holds) = says(&event);
        (event, vec![Clause { depth: 0, words, holds, values: Vec::new() }])
    };
    events.into_iter().map(one).collect()
}

/// Asks every part of a rule of every row of a batch, in their order.
pub fn clauses(rule: &Rule, batch: &RecordBatch) -> Vec<(Event, Vec<Clause>)> {
    let parts = rule.predicate.parts();
    let rules: Vec<Rule> =
        parts.iter().map(|(_, _, part)| Rule { predicate: (*part).clone(), ..rule.clone() }).collect();
    let verdicts = Compiled::new(&rules, &[]).run(batch, None);
    let told: HashMap<(usize, usize), Told> =
        verdicts.iter().map(|verdict| ((verdict.rule, verdict.row), verdict.told)).collect();
    let row = |row: usize| {
        let clause = |(place, (depth, words, part)): (usize, &(usize, String, &Predicate))| {
            let holds = match told.get(&(place, row)) {
                None => Some(false),
                Some(Told::Hit) => Some(true),
                Some(Told::CannotTell | Told::NeedsBodies) => None,
            };
            Clause { depth: *depth, words: words.clone(), holds, values: asked(part, batch, row) }
        };
        (Event::read(batch, row), parts.iter().enumerate().map(clause).collect())
    };
    (0..batch.num_rows()).map(row).collect()
}

/// The fields a test asks, with their values in a row; nothing of other parts.
fn asked(part: &Predicate, batch: &RecordBatch, row: usize) -> Vec<(String, Vec<String>)> {
    let Predicate::Test(test) = part else { return Vec::new() };
    let other = match &test.op {
        Op::FieldRef { other, .. } => Some(other),
        _ => None,
    };
    let values = |field: &Field| (field.name.clone(), values::of(batch, row, field));
    std::iter::once(&test.field).chain(other).map(values).collect()
}
