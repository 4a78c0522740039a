//! Rules as the screens ask for them: how each fares, what it asks, one run alone, and why one hits an event.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use coldcase_tui::ask::{Clause, FindingRow, Noted, RecordId, RuleLine, RuleText, Run, State, Why};

use super::Ask;
use super::answers::{level, span};
use super::rows::rows;
use crate::cli::{rules, secrets};
use crate::engine::Clause as Asked;
use crate::error::{Error, Result};
use crate::sigma::{Meta, Rule, RuleSet};

/// A rule with more findings than this, each of one actor, says too much to be read.
const NOISY: u64 = 20;
/// Findings of a single rule that are shown.
const MOST: usize = 100;
/// The longest value that is shown.
const LONGEST: usize = 100;

impl Ask<'_> {
    pub fn rules(&self) -> Result<Vec<RuleLine>> {
        let read = self.desk.rulebook.read()?;
        let set = &read.set;
        let found = self.sql(
            "SELECT CAST(rule AS VARCHAR) AS rule, count(*) AS findings, CAST(sum(count) AS BIGINT) AS events \
             FROM finding GROUP BY 1",
            &[],
        )?;
        let found: HashMap<String, (u64, u64)> =
            rows(&found).map(|row| (row.text(0).unwrap_or_default(), (row.count(1), row.count(2)))).collect();
        let blind: HashMap<String, _> =
            self.desk.engine.blind(set)?.into_iter().map(|blind| (blind.rule.clone(), blind)).collect();
        let replayed = self.desk.case.is_replayed();
        let line = |meta: &Meta| {
            let (findings, events) = found.get(&meta.name).copied().unwrap_or_default();
            let blind = blind.get(&meta.name);
            let state = match (findings, blind) {
                (NOISY.., _) if findings > NOISY => State::Noisy,
                (1.., _) => State::Hits,
                (0, Some(blind)) if blind.whole => State::Blind,
                (0, Some(_)) => State::InPart,
                (0, None) if replayed => State::Quiet,
                (0, None) => State::NotReplayed,
            };
            RuleLine {
                rule: meta.name.clone(),
                title: meta.title.clone(),
                level: level(Some(meta.level.as_str())),
                techniques: meta.techniques.join(", "),
                state,
                findings,
                events,
                own: read.is_own(meta),
                reason: blind.map_or_else(String::new, |b| format!("{}. Way out: {}", b.reason, b.remedy)),
            }
        };
        Ok(set.reported().map(|(meta, _)| line(meta)).collect())
    }

    pub fn rule(&self, name: &str) -> Result<RuleText> {
        let read = self.desk.rulebook.read()?;
        let set = &read.set;
        let (meta, parts) = named(set, name)?;
        let place = |rule: &Rule| set.rules.iter().position(|known| known.meta.name == rule.meta.name);
        let places: Vec<usize> = parts.iter().filter_map(|rule| place(rule)).collect();
        let excepted = set.exceptions.iter().filter(|exception| exception.rules.iter().any(|r| places.contains(r)));
        let same = meta.falsepositives.iter().map(|text| format!("Looks the same: {text}"));
        let asks = |rule: &&Rule| {
            let clause = |(depth, words)| Clause { depth, words, holds: None, values: String::new() };
            (heading(&parts, rule), rule.words().into_iter().map(clause).collect())
        };
        Ok(RuleText {
            rule: name.to_owned(),
            about: std::iter::once(meta.description.replace('\n', " ")).chain(same).collect(),
            place: format!("{}:{}", meta.file, meta.line),
            parts: parts.iter().map(asks).collect(),
            exceptions: excepted.map(|exception| exception.meta.title.clone()).collect(),
        })
    }

    /// Replays one rule, or a correlation with its rules, without writing anything.
    pub fn run_rule(&self, name: &str) -> Result<Run> {
        let start = Instant::now();
        let read = self.desk.rulebook.read()?;
        read.check(name)?;
        let name = read.set.resolve(name).ok_or_else(|| unknown(name))?;
        let replay = self.desk.engine.replay(&read.set.only(&BTreeSet::from([name])))?;
        let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let changed = self.changed(name, &replay)?;
        let own: Vec<_> = replay.findings.iter().filter(|finding| finding.rule == name).collect();
        let row = |finding: &&crate::engine::Finding| FindingRow {
            id: finding.id.clone(),
            level: level(Some(finding.level.as_str())),
            rule: finding.rule.clone(),
            title: finding.title.clone(),
            actor: finding.actor.clone(),
            target: finding.target.clone(),
            first: finding.first.map_or(0, |time| time.0),
            last: finding.last.map_or(0, |time| time.0),
            events: finding.events.len() as u64,
            techniques: finding.techniques.join(", "),
            noted: Noted::default(),
            name: None,
            edited: false,
        };
        Ok(Run {
            rule: name.to_owned(),
            findings: own.iter().take(MOST).map(row).collect(),
            total: own.len() as u64,
            untold: replay.untold.into_iter().map(|untold| (untold.count, untold.reason)).collect(),
            excepted: replay.excepted.into_iter().map(|excepted| (excepted.events, excepted.title)).collect(),
            changed,
            millis,
        })
    }

    /// Asks every part of a rule of one event.
    pub fn why(&self, name: &str, record: RecordId) -> Result<Why> {
        let (set, _) = rules::load(&[])?;
        let (_, parts) = named(&set, name)?;
        let found = self.sql(
            &format!(
                "SELECT audit_id FROM audit WHERE evidence = {} AND \"offset\" = {}",
                record.evidence, record.offset
            ),
            &[],
        )?;
        let mut why = Why { rule: name.to_owned(), record, parts: Vec::new() };
        let Some(id) = rows(&found).next().and_then(|row| row.text(0)) else { return Ok(why) };
        let span = span(&record);
        for rule in &parts {
            let met = self.desk.engine.why(rule, &id)?;
            let clauses = met.into_iter().find(|(event, _)| event.span == span).map(|(_, clauses)| clauses);
            why.parts.push((heading(&parts, rule), clauses.unwrap_or_default().iter().map(clause).collect()));
        }
        Ok(why)
    }
}

pub fn named<'a>(set: &'a RuleSet, name: &str) -> Result<(&'a Meta, Vec<&'a Rule>)> {
    set.reported().find(|(meta, _)| meta.name == name).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Error {
    Error::Usage {
        what: format!("neither the bundled pack nor your own folder has a rule {name}"),
        hint: Some("findings of other rules are explained by coldcase rules explain --rules PATH".into()),
    }
}

/// The rules of a correlation have names of their own; a rule alone needs none.
fn heading(parts: &[&Rule], rule: &Rule) -> String {
    if parts.len() > 1 { format!("{}: {}", rule.meta.name, rule.meta.title) } else { String::new() }
}

fn clause(asked: &Asked) -> Clause {
    let values = asked.values.iter().map(|(field, values)| {
        let shown = values.iter().map(|value| short(&secrets::column(field, value))).collect::<Vec<_>>().join(" | ");
        if values.is_empty() { format!("{field}: nothing") } else { format!("{field}: {shown}") }
    });
    let values = values.collect::<Vec<_>>().join("; ");
    Clause { depth: asked.depth, words: asked.words.clone(), holds: asked.holds, values }
}

fn short(value: &str) -> String {
    if value.len() <= LONGEST {
        return value.to_owned();
    }
    format!("{}…", &value[..value.floor_char_boundary(LONGEST)])
}
