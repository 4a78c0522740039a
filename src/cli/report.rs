//! `coldcase report`: the story of a case with its proof, as one page or as Markdown.

mod proof;
mod read;

use std::collections::{BTreeSet, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use self::read::Finding;
use super::casework::{self, On, Told};
use super::print::{count, grouped, output};
use super::secrets::{self, Secrets};
use super::tui::rows::rows;
use super::{CaseArg, End};
use crate::case::{Case, Deed};
use crate::engine::{Engine, Rhythm};
use crate::error::{Error, Result};
use crate::model::Micros;
use crate::report::{Chart, Document, Part, Step, html, markdown};

/// Writes the story of a case: its steps with their proof, the findings, the evidence with its hashes, gaps, what the
/// evidence cannot tell, and the queries it is made of.
///
/// The page is one file: it fetches nothing and runs nothing. Secrets are hidden unless asked for.
#[derive(Args)]
pub struct Report {
    #[command(flatten)]
    case: CaseArg,
    #[command(flatten)]
    secrets: Secrets,
    /// Only the story, and the findings that its events belong to (the default)
    #[arg(long, conflicts_with = "all")]
    story: bool,
    /// Every finding and every note besides
    #[arg(long)]
    all: bool,
    /// File to write; to standard output without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Without it the ending of the file decides; a page when that says nothing
    #[arg(long)]
    format: Option<Format>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One self-contained page
    Html,
    Markdown,
}

impl Report {
    pub(super) fn run(self) -> Result<End> {
        let case = self.secrets.open(&self.case)?;
        let document = Story::read(&case)?.document(self.all);
        let by_name = self.output.as_deref().and_then(Path::extension).is_some_and(|ending| ending == "md");
        let text = match self.format {
            Some(Format::Markdown) => markdown(&document),
            None if by_name => markdown(&document),
            Some(Format::Html) | None => html(&document),
        };
        let mut out = output(self.output.as_deref(), None)?;
        let path = self.output.as_deref().unwrap_or(Path::new("the output"));
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::io("write to", path))?;
        Ok(End::Done)
    }
}

/// What a report is made of.
struct Story<'a> {
    case: &'a Case,
    told: Vec<Told>,
    findings: Vec<Finding>,
    events: u64,
    span: Option<(i64, i64)>,
    bins: Vec<Option<u64>>,
    rhythms: Vec<Rhythm>,
    limits: Vec<String>,
}

impl Story<'_> {
    fn read(case: &Case) -> Result<Story<'_>> {
        let engine = Engine::open(case)?;
        let extent = engine.sql(read::EXTENT, &[])?;
        let extent = rows(&extent).next();
        let span = extent.filter(|row| !row.is_null(0)).map(|row| (row.number(0), row.number(1) + 1));
        Ok(Story {
            case,
            told: casework::told(case, &engine)?,
            findings: read::findings(&engine)?,
            events: extent.map_or(0, |row| row.count(2)),
            span,
            bins: span.map_or(Ok(Vec::new()), |span| read::bins(&engine, span))?,
            rhythms: engine.rhythms()?,
            limits: read::limits(case, &engine)?,
        })
    }

    fn document(&self, all: bool) -> Document {
        let steps = casework::story(&self.told);
        let mut document = Document { title: format!("Case {}", self.case.name()), parts: Vec::new() };
        self.summary(&steps, &mut document);
        document.heading("What happened");
        if steps.is_empty() {
            document.paragraph("Nobody has put anything into the story of this case.");
        } else {
            document.parts.push(Part::Steps(self.steps(&steps)));
        }
        self.attack(&steps, all, &mut document);
        if all {
            self.notes(&mut document);
        }
        self.names(&mut document);
        self.gaps(&mut document);
        document.heading("What the evidence cannot tell");
        document.parts.push(Part::List(self.limits.clone()));
        self.ledger(&mut document);
        self.custody(&mut document);
        self.queries(&mut document);
        document
    }

    fn summary(&self, steps: &[&Told], document: &mut Document) {
        let inputs = count(self.case.evidence().len() as u64, "piece of evidence", "pieces of evidence");
        let events = count(self.events, "event", "events");
        let findings = count(self.findings.len() as u64, "finding", "findings");
        let words =
            format!("{events} from {inputs}, {findings}, a story of {}.", count(steps.len() as u64, "step", "steps"));
        document.paragraph(words);
        let Some((from, to)) = self.span else { return };
        let words = |time: i64| Micros(time).to_string();
        let place = |time: Micros| (time.0 - from) as f64 / (to - from).max(1) as f64;
        let marks =
            (1..).zip(steps).filter_map(|(number, step): (usize, _)| Some((place(step.time()?), number.to_string())));
        document.parts.push(Part::Chart(Chart {
            from: words(from),
            to: words(to - 1),
            bins: self.bins.clone(),
            marks: marks.collect(),
        }));
    }

    fn steps(&self, steps: &[&Told]) -> Vec<Step> {
        let mut before: Option<Micros> = None;
        let mut out = Vec::new();
        for step in steps {
            let time = step.time();
            let after = before.zip(time).map_or(String::new(), |(before, now)| length(now.0 - before.0));
            before = time.or(before);
            let mut facts = Vec::new();
            if let On::Event(event) = &step.on {
                let from: Vec<&str> =
                    [&event.address, &event.agent].into_iter().flatten().map(String::as_str).collect();
                if !from.is_empty() {
                    facts.push(("from", shown(&from.join(", "))));
                }
                facts.push(("written in", event.place.clone()));
                let (evidence, offset) = (event.span.evidence.0, event.span.offset);
                facts.push((
                    "to see it",
                    format!("coldcase query \"SELECT * FROM timeline WHERE evidence = {evidence} AND \\\"offset\\\" = {offset}\""),
                ));
                let rules: BTreeSet<&str> = self
                    .findings
                    .iter()
                    .filter(|finding| finding.places.contains(&(evidence, offset)))
                    .map(|finding| finding.title.as_str())
                    .collect();
                if !rules.is_empty() {
                    facts.push(("findings", rules.into_iter().collect::<Vec<_>>().join("; ")));
                }
            }
            let mut others: Vec<String> = self
                .told
                .iter()
                .filter(|told| told.note.deed.on() == step.note.deed.on())
                .filter(|told| matches!(told.note.deed, Deed::Tag { .. } | Deed::Comment { .. }))
                .map(|told| format!("{}, by {}", told.note.deed.text(), told.by()))
                .collect();
            facts.extend(others.drain(..).map(|words| ("note", shown(&words))));
            facts.push(("put in by", step.by()));
            out.push(Step {
                time: time.map_or_else(|| "no time".to_owned(), |time| time.to_string()),
                after,
                what: shown(&step.words()),
                text: shown(step.note.deed.text()),
                facts,
            });
        }
        out
    }

    /// The findings, and what of ATT&CK they add up to.
    fn attack(&self, steps: &[&Told], all: bool, document: &mut Document) {
        let places: HashSet<(u32, u64)> = steps
            .iter()
            .filter_map(|step| match &step.on {
                On::Event(event) => Some((event.span.evidence.0, event.span.offset)),
                _ => None,
            })
            .collect();
        let ids: HashSet<&str> = steps
            .iter()
            .filter_map(|step| match &step.on {
                On::Finding(found) => Some(found.id.as_str()),
                _ => None,
            })
            .collect();
        let told = |finding: &&Finding| ids.contains(finding.id.as_str()) || !finding.places.is_disjoint(&places);
        let mut chain: Vec<(&Finding, &str)> = Vec::new();
        for finding in self.findings.iter().filter(told) {
            for technique in finding.techniques.split(", ").filter(|technique| !technique.is_empty()) {
                if !chain.iter().any(|(_, known)| *known == technique) {
                    chain.push((finding, technique));
                }
            }
        }
        chain.sort_by_key(|(finding, _)| finding.first);
        if !chain.is_empty() {
            document.heading("Attack chain");
            document.paragraph(
                "ATT&CK techniques of the findings that the story's events belong to, by when each was first seen.",
            );
            let row = |(finding, technique): &(&Finding, &str)| {
                vec![time(finding.first), (*technique).to_owned(), finding.title.clone(), shown(&finding.actor)]
            };
            let rows = chain.iter().map(row).collect();
            document.parts.push(Part::Table { head: vec!["First seen", "Technique", "By", "Actor"], rows });
        }
        let shown_ones: Vec<&Finding> = self.findings.iter().filter(|finding| all || told(finding)).collect();
        document.heading(if all { "Findings" } else { "Findings of the story" });
        if !self.case.is_replayed() {
            document.paragraph("The rules have not been replayed since the last evidence was taken in.");
        }
        if shown_ones.is_empty() {
            document.paragraph("None.");
            return;
        }
        let row = |finding: &&Finding| {
            vec![
                finding.level.clone(),
                format!("{} ({})", finding.title, finding.rule),
                shown(&finding.actor),
                shown(&finding.target),
                match finding.first == finding.last {
                    true => time(finding.first),
                    false => format!("{} to {}", time(finding.first), time(finding.last)),
                },
                grouped(finding.requests),
                finding.techniques.clone(),
            ]
        };
        let head = vec!["Level", "Finding", "Actor", "Target", "When", "Requests", "ATT&CK"];
        document.parts.push(Part::Table { head, rows: shown_ones.iter().map(row).collect() });
        let left = self.findings.len() - shown_ones.len();
        if left > 0 {
            document.paragraph(format!("{} more are no part of the story.", grouped(left as u64)));
        }
    }

    fn notes(&self, document: &mut Document) {
        let notes = self.told.iter().filter(|told| !matches!(told.note.deed, Deed::Story { .. } | Deed::Name { .. }));
        let row = |told: &Told| {
            let when = told.time().map_or_else(|| "no time".to_owned(), |time| time.to_string());
            let text = shown(told.note.deed.text());
            vec![when, told.note.deed.word().to_owned(), text, shown(&told.words()), told.place().to_owned(), told.by()]
        };
        let rows: Vec<Vec<String>> = notes.map(row).collect();
        if !rows.is_empty() {
            document.heading("Notes");
            let head = vec!["When", "Note", "Text", "On", "Written in", "By"];
            document.parts.push(Part::Table { head, rows });
        }
    }

    fn names(&self, document: &mut Document) {
        let names = self.told.iter().filter_map(|told| match &told.note.deed {
            Deed::Name { of, is } => Some(vec![shown(of), shown(is), told.by()]),
            _ => None,
        });
        let rows: Vec<Vec<String>> = names.collect();
        if !rows.is_empty() {
            document.heading("Names");
            document.parts.push(Part::Table { head: vec!["Identity", "People call it", "Says"], rows });
        }
    }
}

/// Text of evidence or of people, its secrets hidden.
fn shown(text: &str) -> String {
    secrets::text(text).into_owned()
}

fn time(time: Option<Micros>) -> String {
    time.map_or_else(|| "no time".to_owned(), |time| time.to_string())
}

/// A length of time in its two largest units.
fn length(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds}.{:03}s", micros / 1000 % 1000),
        (0, 0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (0, hours, minutes, _) => format!("{hours}h{minutes:02}m"),
        (days, hours, ..) => format!("{days}d{hours:02}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn a_length_has_its_two_largest_units() {
        let second = 1_000_000;
        let all = [7_004 * 1000, 424 * second, 7_500 * second, 200_000 * second].map(length);
        assert_eq!(all, ["7.004s", "7m04s", "2h05m", "2d07h"]);
    }
}
