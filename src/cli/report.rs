//! `coldcase report`: the story of a case with its proof, as one page or as Markdown.

use std::collections::{BTreeSet, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::casework::{self, On, Told};
use super::print::{count, grouped, output};
use super::secrets::{self, Secrets};
use super::tui::rows::{Row, rows};
use super::{CaseArg, End, case, rules};
use crate::case::{Case, Deed};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::model::Micros;
use crate::report::{Chart, Document, Part, Step, html, markdown};

/// Stretches of time in the picture.
const BINS: usize = 160;

/// Writes the story of a case: its steps with their proof, the findings, the evidence with its hashes, and what the
/// evidence cannot tell.
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
    limits: Vec<String>,
}

struct Finding {
    id: String,
    rule: String,
    level: String,
    title: String,
    first: Option<Micros>,
    last: Option<Micros>,
    requests: u64,
    actor: String,
    target: String,
    techniques: String,
    /// Evidence and offset of its events.
    places: HashSet<(u32, u64)>,
}

impl Story<'_> {
    fn read(case: &Case) -> Result<Story<'_>> {
        let engine = Engine::open(case)?;
        let extent = engine.sql("SELECT min(time), max(time), count(*) FROM timeline", &[])?;
        let extent = rows(&extent).next();
        let span = extent.filter(|row| !row.is_null(0)).map(|row| (row.number(0), row.number(1) + 1));
        Ok(Story {
            case,
            told: casework::told(case, &engine)?,
            findings: findings(&engine)?,
            events: extent.map_or(0, |row| row.count(2)),
            span,
            bins: span.map_or(Ok(Vec::new()), |span| bins(&engine, span))?,
            limits: limits(case, &engine)?,
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
        document.heading("What the evidence cannot tell");
        document.parts.push(Part::List(self.limits.clone()));
        self.ledger(&mut document);
        self.custody(&mut document);
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

    fn ledger(&self, document: &mut Document) {
        document.heading("Evidence");
        document.paragraph("Records read are stored, brought again by another route, or rejected; the three add up.");
        let row = |(number, input): (usize, crate::case::InputRecord)| {
            vec![
                number.to_string(),
                input.path,
                input.sha256,
                input.blake3.unwrap_or_default(),
                grouped(input.size),
                format!(
                    "{} = {} + {} + {}",
                    grouped(input.read),
                    grouped(input.stored),
                    grouped(input.duplicate),
                    grouped(input.rejected)
                ),
                input.notes.join("; "),
            ]
        };
        let rows = self.case.evidence().into_iter().enumerate().map(row).collect();
        let head = vec!["No.", "File", "SHA-256", "BLAKE3", "Bytes", "Read = stored + again + rejected", "To know"];
        document.parts.push(Part::Table { head, rows });
    }

    fn custody(&self, document: &mut Document) {
        document.heading("Custody");
        let entries = self.case.entries();
        document.paragraph(format!(
            "{} in the journal, each with the SHA-256 of the one before; the last has {}. coldcase verify checks them, \
             the evidence and the case's files.",
            count(entries.len() as u64, "line", "lines"),
            self.case.head()
        ));
        let row = |entry: &crate::case::Entry| {
            let command = shown(&entry.command.join(" "));
            vec![(entry.seq + 1).to_string(), entry.at.clone(), case::who(entry), case::done(&entry.action), command]
        };
        let head = vec!["Line", "At", "By", "Done", "Command"];
        document.parts.push(Part::Table { head, rows: entries.iter().map(row).collect() });
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

fn findings(engine: &Engine) -> Result<Vec<Finding>> {
    let found = engine.sql(
        "SELECT id, CAST(rule AS VARCHAR) AS rule, CAST(level AS VARCHAR) AS level, title, first, last, \
         CAST(count AS BIGINT) AS requests, actor, target, array_to_string(techniques, ', ') AS techniques FROM finding \
         ORDER BY CASE CAST(level AS VARCHAR) WHEN 'critical' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 \
         WHEN 'low' THEN 4 ELSE 5 END, actor IS NULL, first, id",
        &[],
    )?;
    let one = |row: Row<'_>| {
        let text = |column| row.text(column).unwrap_or_default();
        let at = |column| (!row.is_null(column)).then(|| Micros(row.number(column)));
        Finding {
            id: text(0),
            rule: text(1),
            level: text(2),
            title: text(3),
            first: at(4),
            last: at(5),
            requests: row.count(6),
            // Of an object that stands in a snapshot.
            actor: if row.is_null(7) { "cannot tell who".into() } else { text(7) },
            target: text(8),
            techniques: text(9),
            places: HashSet::new(),
        }
    };
    let mut all: Vec<Finding> = rows(&found).map(one).collect();
    let events =
        engine.sql("SELECT id, unnest(evidence) AS evidence, unnest(\"offset\") AS \"offset\" FROM finding", &[])?;
    for row in rows(&events) {
        let id = row.text(0).unwrap_or_default();
        if let Some(finding) = all.iter_mut().find(|finding| finding.id == id) {
            finding.places.insert((u32::try_from(row.number(1)).unwrap_or_default(), row.count(2)));
        }
    }
    Ok(all)
}

/// Events in equal stretches; where no source wrote anything, none.
fn bins(engine: &Engine, (from, to): (i64, i64)) -> Result<Vec<Option<u64>>> {
    let width = ((to - from) + BINS as i64 - 1) / BINS as i64;
    let sql = format!(
        "SELECT CAST(floor((CAST(time AS BIGINT) - {from}) / {width}) AS BIGINT) AS bin, count(*) AS n FROM timeline \
         WHERE time IS NOT NULL GROUP BY 1"
    );
    let mut bins = vec![None; BINS];
    for row in rows(&engine.sql(&sql, &[])?) {
        if let Some(bin) = usize::try_from(row.number(0)).ok().and_then(|at| bins.get_mut(at)) {
            *bin = Some(row.count(1));
        }
    }
    Ok(bins)
}

/// What this evidence cannot tell, in sentences.
fn limits(case: &Case, engine: &Engine) -> Result<Vec<String>> {
    let mut limits = Vec::new();
    let coverage = engine.coverage()?;
    if coverage.events() > 0 && !coverage.has_reads() {
        limits.push("No get or list was recorded: reads are invisible here.".to_owned());
    }
    for (sql, what) in [
        (
            "SELECT count(*) AS n FROM audit WHERE body = 'cut'",
            "with a body that was cut: what it said is known in part",
        ),
        (
            "SELECT count(*) AS n FROM timeline WHERE time IS NULL",
            "without a time: it is in no order and in no picture",
        ),
        ("SELECT count(*) AS n FROM reject", "could not be read at all: table reject has its bytes"),
    ] {
        let found = rows(&engine.sql(sql, &[])?).next().map_or(0, |row| row.count(0));
        if found > 0 {
            limits.push(format!("{} {what}.", count(found, "record", "records")));
        }
    }
    for missing in engine.missing()? {
        limits.push(format!("No {}: it is not known {}.", missing.log, missing.questions));
    }
    let (set, _) = rules::load(&[])?;
    let blind: Vec<String> = engine.blind(&set)?.into_iter().filter(|b| b.whole).map(|b| b.rule).collect();
    if !blind.is_empty() {
        let rules = count(blind.len() as u64, "rule", "rules");
        limits.push(format!("Silence of {rules} proves nothing here: {}.", blind.join(", ")));
    }
    let told = casework::told(case, engine)?;
    let gone = told.iter().filter(|told| matches!(told.on, On::Gone(_))).count() as u64;
    if gone > 0 {
        limits.push(format!(
            "{} on evidence or findings that are not in this case.",
            count(gone, "note is", "notes are")
        ));
    }
    limits
        .push("What is typed into a shell within a container is in no audit log; only that it was opened.".to_owned());
    Ok(limits)
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
