//! What-if: two rule sets on the same data, rule by rule.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::ground::Corpus;
use super::judge::id;
use crate::engine::{Event, Replay};
use crate::error::Result;
use crate::sigma::{Condition, Meta, Rule, RuleSet};

/// How one rule or correlation differs, in what it asks or in what it finds.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    pub rule: String,
    /// Where the new one is written, or the old one when it is gone.
    pub file: String,
    pub line: usize,
    pub is_new: bool,
    pub is_gone: bool,
    /// What it asks: `- ` only before, `+ ` only now.
    pub clauses: Vec<String>,
    /// Events that only the new one finds, in their order.
    pub gained: Vec<Found>,
    /// Events that only the old one finds.
    pub lost: Vec<Found>,
    /// Events that both find.
    pub same: u64,
}

/// An event as a difference shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Found {
    pub time: Option<String>,
    pub actor: Option<String>,
    pub verb: Option<String>,
    pub object: Option<String>,
    /// auditID, or the object of a snapshot.
    pub id: Option<String>,
    /// Where it lies: evidence and offset.
    pub evidence: u32,
    pub offset: u64,
}

impl Difference {
    /// Counts what the old and the new rule find.
    pub fn counts(&self) -> (u64, u64) {
        (self.same + self.lost.len() as u64, self.same + self.gained.len() as u64)
    }
}

/// Replays both and returns the rules that differ, by name.
///
/// # Errors
/// When the case of the data cannot be read.
pub fn diff(old: &RuleSet, new: &RuleSet, corpus: &Corpus) -> Result<Vec<Difference>> {
    let (before, now) = (corpus.engine.replay(old)?, corpus.engine.replay(new)?);
    let (asked_before, asked_now) = (asked(old), asked(new));
    let mut all = Vec::new();
    for name in asked_before.keys().chain(asked_now.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (asked_before.get(name), asked_now.get(name));
        let Some((meta, _)) = is.or(was) else { continue };
        let lines = |side: Option<&(&Meta, Vec<String>)>| side.map(|(_, lines)| lines.clone()).unwrap_or_default();
        let (lost_lines, new_lines) = (less(lines(was), &lines(is)), less(lines(is), &lines(was)));
        let clauses = lost_lines.iter().map(|line| format!("- {line}"));
        let clauses: Vec<String> = clauses.chain(new_lines.iter().map(|line| format!("+ {line}"))).collect();
        let (events_before, events_now) = (events(&before, name), events(&now, name));
        let only =
            |these: &BTreeSet<Found>, those: &BTreeSet<Found>| these.difference(those).cloned().collect::<Vec<_>>();
        let difference = Difference {
            rule: (*name).to_owned(),
            file: meta.file.clone(),
            line: meta.line,
            is_new: was.is_none(),
            is_gone: is.is_none(),
            gained: only(&events_now, &events_before),
            lost: only(&events_before, &events_now),
            same: events_before.intersection(&events_now).count() as u64,
            clauses,
        };
        if !(difference.clauses.is_empty() && difference.gained.is_empty() && difference.lost.is_empty()) {
            all.push(difference);
        }
    }
    Ok(all)
}

fn events(replay: &Replay, rule: &str) -> BTreeSet<Found> {
    let found = |event: Event| Found {
        time: event.time.map(|time| time.to_string()),
        object: event.object(),
        id: id(&event),
        actor: event.actor,
        verb: event.verb,
        evidence: event.span.evidence.0,
        offset: event.span.offset,
    };
    replay
        .findings
        .iter()
        .filter(|finding| finding.rule == rule)
        .flat_map(|finding| finding.events.iter().map(found))
        .collect()
}

/// What every rule asks, line by line.
fn asked(set: &RuleSet) -> BTreeMap<&str, (&Meta, Vec<String>)> {
    set.reported()
        .map(|(meta, parts)| {
            let mut lines = vec![format!("level {}", meta.level)];
            if let Some(correlation) = set.correlations.iter().find(|correlation| correlation.meta.name == meta.name) {
                let by: Vec<&str> = correlation.group_by.iter().map(|key| key.name.as_str()).collect();
                lines.push(format!("{:?}", correlation.kind));
                lines.push(format!("within {} s by {}", correlation.timespan / 1_000_000, by.join(", ")));
                match &correlation.condition {
                    Condition::Bounds(bounds) => {
                        lines.extend(bounds.iter().map(|(cmp, count)| format!("count {cmp:?} {count}")));
                    }
                    Condition::Words(words) => lines.push(format!("{words:?}")),
                }
            }
            for part in parts {
                lines.extend(of_rule(set, part, part.meta.name != meta.name));
            }
            (meta.name.as_str(), (meta, lines))
        })
        .collect()
}

fn of_rule(set: &RuleSet, rule: &Rule, is_part: bool) -> Vec<String> {
    let of = if is_part { format!("{}: ", rule.meta.name) } else { String::new() };
    let parts = rule.words();
    let asked = parts.iter().enumerate().map(|(place, (depth, words))| {
        // `not` and `any of` alone say nothing of what is inside.
        let around = parts[..place].iter().rev().find(|(before, _)| before < depth).map(|(_, words)| words.as_str());
        match around {
            Some("not") => format!("{of}not {words}"),
            _ => format!("{of}{words}"),
        }
    });
    let mut lines: Vec<String> = asked.filter(|line| !line.ends_with("all of") && !line.ends_with("not")).collect();
    if let Some(first) = &rule.first {
        let names: Vec<&str> = first.of.iter().map(|field| field.name.as_str()).collect();
        lines.push(format!("{of}first of {} after {} s", names.join(", "), first.learning / 1_000_000));
    }
    let place = set.rules.iter().position(|known| known.meta.name == rule.meta.name);
    let excepting =
        set.exceptions.iter().filter(|exception| place.is_some_and(|place| exception.rules.contains(&place)));
    lines.extend(excepting.map(|exception| format!("{of}excepted by {}", exception.meta.name)));
    lines
}

/// The lines without those of others, each as often as it is there.
fn less(lines: Vec<String>, others: &[String]) -> Vec<String> {
    let mut others = others.to_vec();
    let gone = |line: &String| match others.iter().position(|other| other == line) {
        Some(place) => {
            others.swap_remove(place);
            false
        }
        None => true,
    };
    lines.into_iter().filter(gone).collect()
}
