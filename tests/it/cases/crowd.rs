//! Cases of all rules in one intake: each with audit ids of its own, those of correlations at times of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use coldcase::case::Case;
use coldcase::engine::Replay;
use coldcase::model::Micros;
use coldcase::sigma::Lists;
use serde_json::Value;
use tempfile::TempDir;

use super::Line;
use super::envelope::Envelope;
use crate::support::case_of;

/// Longer than a correlation's timespan and what its cases add to it: 90 days, in microseconds.
const APART: i64 = 90 * 86_400_000_000;

/// One line of a rule's cases among all the others.
pub struct One<'a> {
    pub rule: &'a str,
    pub line: &'a Line,
    events: Vec<Value>,
    /// Its own audit id of each id in the line.
    renamed: BTreeMap<String, String>,
}

/// Keys of rules whose hits hang on nothing but the events of a correlation's timespan.
const KNOWN: [&str; 19] = [
    "title",
    "id",
    "name",
    "status",
    "description",
    "references",
    "author",
    "date",
    "modified",
    "logsource",
    "defender",
    "tags",
    "level",
    "falsepositives",
    "remediation",
    "detection",
    "correlation",
    "sigma-version",
    "snapshot",
];

/// Says whether a line gives the same answer whatever other events there are.
pub fn can_share(text: &str, line: &Line) -> bool {
    let alone = |line: &str| {
        let key = line.split(':').next().unwrap_or_default();
        let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && key != "---";
        is_key && line.contains(':') && !KNOWN.contains(&key)
    };
    let is_plain = |event: &Value| {
        let of = |key: &str| event[key].as_str().is_some_and(|text| !text.is_empty());
        of("auditID") && event["stageTimestamp"].as_str().and_then(Micros::parse).is_some()
    };
    // Writes of one case would be the state before the events of another.
    let state = |line: &str| {
        let key = line.trim_start().trim_start_matches("- ");
        ["before.", "added.", "removed."].iter().any(|word| key.starts_with(word))
    };
    let has_lists = line.lists != Lists::default();
    line.objects.is_empty()
        && line.records.is_empty()
        && !has_lists
        && line.events.iter().all(is_plain)
        && !text.lines().any(|line| alone(line) || state(line))
}

impl<'a> One<'a> {
    /// `text` is the rule's, `number` the line's own; lines of correlations are set apart in time by it.
    pub fn new(rule: &'a str, text: &str, line: &'a Line, number: usize) -> One<'a> {
        let mut events = line.events.clone();
        let mut renamed = BTreeMap::new();
        let shift = if text.contains("\ncorrelation:") { APART * (number as i64 + 1) } else { 0 };
        for event in &mut events {
            let id = event["auditID"].as_str().unwrap().to_owned();
            let own = format!("{number:08x}-{id}");
            event["auditID"] = own.clone().into();
            renamed.insert(id, own);
            for key in ["stageTimestamp", "requestReceivedTimestamp"] {
                if let Some(time) = event[key].as_str().and_then(Micros::parse) {
                    event[key] = Micros(time.0 + shift).to_string().into();
                }
            }
        }
        One { rule, line, events, renamed }
    }

    /// Which line it is.
    pub fn words(&self) -> String {
        format!("{}, {}: {}", self.rule, self.line.kind, self.line.why)
    }

    /// What of it the rule hit, by the ids in the line.
    pub fn hits(&self, found: &Found<'_>) -> BTreeSet<String> {
        let hits = found.hits.get(self.rule);
        let hit = |own: &String| hits.is_some_and(|hits| hits.contains(own.as_str()));
        self.renamed.iter().filter(|(_, own)| hit(own)).map(|(id, _)| id.clone()).collect()
    }

    /// What of it the rule, or a part of it, could not tell, by the ids in the line.
    pub fn untold(&self, found: &Found<'_>) -> BTreeSet<String> {
        let part = format!("{}.", self.rule);
        let of = found.untold.iter().filter(|(rule, _)| **rule == self.rule || rule.starts_with(&part));
        let all: Vec<&BTreeSet<&str>> = of.map(|(_, ids)| ids).collect();
        let is = |own: &String| all.iter().any(|ids| ids.contains(own.as_str()));
        self.renamed.iter().filter(|(_, own)| is(own)).map(|(id, _)| id.clone()).collect()
    }
}

/// The audit ids of what a replay found and could not tell, by rule.
pub struct Found<'a> {
    hits: BTreeMap<&'a str, BTreeSet<&'a str>>,
    untold: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Found<'a> {
    pub fn of(replay: &'a Replay) -> Found<'a> {
        let mut found = Found { hits: BTreeMap::new(), untold: BTreeMap::new() };
        for finding in &replay.findings {
            found.hits.entry(&finding.rule).or_default().extend(finding.audit_ids.iter().map(String::as_str));
        }
        for untold in &replay.untold {
            found.untold.entry(&untold.rule).or_default().extend(untold.audit_ids.iter().map(String::as_str));
        }
        found
    }
}

/// A case of all of them by one route.
pub fn case_by<'a>(folder: &TempDir, all: impl Iterator<Item = &'a One<'a>>, envelope: &Envelope) -> Case {
    let mut text = String::new();
    for event in all.flat_map(|one| &one.events) {
        writeln!(text, "{}", (envelope.wrap)(event)).unwrap();
    }
    let input = folder.path().join("events.jsonl");
    std::fs::write(&input, text).unwrap();
    case_of(folder, &[input])
}
