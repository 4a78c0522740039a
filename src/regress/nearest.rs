//! The nearest miss: of the events that a rule should have hit, the one that passes most of what it asks, and the first
//! part that it does not pass, with the value that was there.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Serialize;

use super::Test;
use super::ground::Ground;
use super::judge::id;
use crate::engine::{Clause, Event};
use crate::error::Result;
use crate::sigma::{Rule, RuleSet};

/// Of a corpus with more events only those that the test names are asked.
const SMALL: u64 = 20_000;

/// See the module's description.
#[derive(Debug, Clone, Serialize)]
pub struct Nearest {
    /// The rule, or the part of a correlation.
    pub rule: String,
    /// The event's auditID.
    pub event: Option<String>,
    pub passed: usize,
    pub of: usize,
    /// False: it cannot be told whether it passes.
    pub fails: bool,
    /// The part that does not pass, in words.
    pub clause: String,
    /// Fields with the values that were there.
    pub actual: Vec<(String, Vec<String>)>,
    /// Of a correlation: what each of its parts hits.
    pub parts: Vec<(String, u64)>,
}

/// Finds it for the rules of a test whose events in `missed` (any of its events when none is named) were not hit.
///
/// # Errors
/// When a case cannot be read.
pub fn nearest(
    set: &RuleSet,
    test: &Test,
    missed: &BTreeSet<String>,
    ground: &Ground,
    corpus: Option<usize>,
    world: &Range<u32>,
) -> Result<Option<Nearest>> {
    let Some(name) = test.rules.first() else { return Ok(None) };
    let ask = |rule: &Rule| -> Result<Vec<(Event, Vec<Clause>)>> {
        match (corpus, &ground.bench) {
            (Some(corpus), _) if missed.is_empty() && ground.corpora[corpus].events <= SMALL => {
                let engine = &ground.corpora[corpus].engine;
                engine.why_in(&engine.rows()?, rule, &(0..u32::MAX))
            }
            (Some(corpus), _) => {
                let engine = &ground.corpora[corpus].engine;
                let asked = missed.iter().map(|audit_id| engine.why(rule, audit_id));
                Ok(asked.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
            }
            (None, Some(bench)) => bench.engine.why_in(&bench.rows, rule, world),
            (None, None) => Ok(Vec::new()),
        }
    };
    if let Some(rule) = set.rules.iter().find(|rule| rule.meta.name == *name) {
        return Ok(best(rule, ask(rule)?, missed));
    }
    let Some(correlation) = set.correlations.iter().find(|correlation| correlation.meta.name == *name) else {
        return Ok(None);
    };
    let mut parts = Vec::new();
    let mut near = None;
    for rule in set.rules_of(correlation).into_iter().filter_map(|place| set.rules.get(place)) {
        let met = ask(rule)?;
        let hits: BTreeSet<_> = met.iter().filter(|(_, clauses)| holds(clauses)).map(|(event, _)| id(event)).collect();
        if hits.is_empty() && near.is_none() {
            near = best(rule, met, missed);
        }
        parts.push((rule.meta.name.clone(), hits.len() as u64));
    }
    let by: Vec<&str> = correlation.group_by.iter().map(|key| key.name.as_str()).collect();
    let by = if by.is_empty() { String::new() } else { format!(" with one {}", by.join(", ")) };
    let together = || Nearest {
        rule: correlation.meta.name.clone(),
        event: None,
        passed: parts.iter().filter(|(_, hits)| *hits > 0).count(),
        of: parts.len(),
        fails: true,
        clause: format!("hits within {} s{by}, as many and in the order it asks for", correlation.timespan / 1_000_000),
        actual: Vec::new(),
        parts: Vec::new(),
    };
    let near = near.unwrap_or_else(together);
    Ok(Some(Nearest { parts, ..near }))
}

fn holds(clauses: &[Clause]) -> bool {
    clauses.first().is_some_and(|whole| whole.holds == Some(true))
}

/// The event that passes most, of those that were missed.
fn best(rule: &Rule, met: Vec<(Event, Vec<Clause>)>, missed: &BTreeSet<String>) -> Option<Nearest> {
    let is_missed = |event: &Event| missed.is_empty() || id(event).is_some_and(|id| missed.contains(&id));
    let named = met.iter().any(|(event, _)| is_missed(event));
    let candidates = met.into_iter().filter(|(event, clauses)| (!named || is_missed(event)) && !holds(clauses));
    let mut best: Option<Nearest> = None;
    for (event, clauses) in candidates {
        let tops = tops(&clauses);
        let passed = tops.iter().filter(|top| top[0].holds == Some(true)).count();
        if best.as_ref().is_some_and(|best| best.passed >= passed) {
            continue;
        }
        let Some(open) = tops.iter().find(|top| top[0].holds != Some(true)) else { continue };
        best = Some(Nearest {
            rule: rule.meta.name.clone(),
            event: id(&event),
            passed,
            of: tops.len(),
            fails: open[0].holds == Some(false),
            clause: words(open),
            actual: open.iter().flat_map(|clause| clause.values.clone()).take(MOST).collect(),
            parts: Vec::new(),
        });
    }
    best
}

/// As many parts and values as are named.
const MOST: usize = 4;

/// What a rule asks on its outermost floor, each with what is inside of it.
pub fn tops(clauses: &[Clause]) -> Vec<&[Clause]> {
    let Some(whole) = clauses.first() else { return Vec::new() };
    if whole.words != "all of" {
        return vec![clauses];
    }
    let starts: Vec<usize> = (1..clauses.len()).filter(|place| clauses[*place].depth == whole.depth + 1).collect();
    let ends = starts.iter().skip(1).copied().chain([clauses.len()]);
    starts.iter().zip(ends).map(|(start, end)| &clauses[*start..end]).collect()
}

fn words(part: &[Clause]) -> String {
    let inner: Vec<&str> = part.iter().skip(1).map(|clause| clause.words.as_str()).take(MOST).collect();
    let more = if part.len() > MOST + 1 { ", …" } else { "" };
    match inner.is_empty() {
        true => part[0].words.clone(),
        false => format!("{} {}{more}", part[0].words, inner.join(", ")),
    }
}
