//! Notes of a case with what they are on: the event or the finding, looked up and in the order of time.

use std::collections::HashMap;
use std::path::Path;

use super::tui::rows::{Row, rows};
use crate::case::{Case, Deed, Noted, Subject};
use crate::engine::{Engine, Parameter};
use crate::error::{Error, Result};
use crate::model::{EvidenceId, Micros, Span};

/// A note and what it is on.
#[derive(Debug, Clone)]
pub struct Told {
    pub note: Noted,
    pub on: On,
}

/// What a note is on.
#[derive(Debug, Clone)]
pub enum On {
    Event(Event),
    Finding(Found),
    /// It is not in this case (any more), and what it was.
    Gone(String),
    /// The case itself.
    Nothing,
}

/// One line of the timeline.
#[derive(Debug, Clone)]
pub struct Event {
    pub span: Span,
    pub time: Option<Micros>,
    pub actor: Option<String>,
    /// Verb, object and status: "create pods/exec web/api-7d9 → 101".
    pub what: String,
    /// From where, and by what program.
    pub address: Option<String>,
    pub agent: Option<String>,
    /// File and offset: "kube-03.gz:8841".
    pub place: String,
}

/// A finding of the last replay.
#[derive(Debug, Clone)]
pub struct Found {
    pub id: String,
    pub rule: String,
    pub level: String,
    pub title: String,
    pub first: Option<Micros>,
}

impl Told {
    /// When what it is on happened.
    pub fn time(&self) -> Option<Micros> {
        match &self.on {
            On::Event(event) => event.time,
            On::Finding(found) => found.first,
            On::Nothing => match &self.note.deed {
                Deed::Window { from, .. } => Some(Micros(*from)),
                _ => None,
            },
            On::Gone(_) => None,
        }
    }

    /// Who made it.
    pub fn by(&self) -> String {
        self.note.who.as_ref().map_or_else(|| "somebody unknown".to_owned(), ToString::to_string)
    }

    /// What it is on, in one line.
    pub fn words(&self) -> String {
        match &self.on {
            On::Event(event) => format!("{} {}", event.actor.as_deref().unwrap_or("?"), event.what),
            On::Finding(found) => format!("{} finding {}: {}", found.level, found.rule, found.title),
            On::Gone(what) => format!("not in this case: {what}"),
            On::Nothing => match &self.note.deed {
                Deed::Name { of, .. } => of.clone(),
                Deed::Window { from, to, .. } => format!("{} – {}", Micros(*from), Micros(*to)),
                Deed::Undo { .. } => "takes back a note".to_owned(),
                _ => String::new(),
            },
        }
    }

    /// Where it can be looked up.
    pub fn place(&self) -> &str {
        match &self.on {
            On::Event(event) => &event.place,
            On::Finding(found) => &found.id,
            On::Gone(_) | On::Nothing => "",
        }
    }
}

/// Every note that counts, oldest first, with what it is on.
///
/// # Errors
/// When a file of the case cannot be read.
pub fn told(case: &Case, engine: &Engine) -> Result<Vec<Told>> {
    let counts = |note: &Noted| note.counts && !matches!(note.deed, Deed::Undo { .. });
    looked_up(case, engine, case.notes().into_iter().filter(counts).collect())
}

/// Notes with what they are on in this case.
///
/// # Errors
/// As [`told`].
pub fn looked_up(case: &Case, engine: &Engine, notes: Vec<Noted>) -> Result<Vec<Told>> {
    let place = case.places();
    let spans: Vec<Span> = notes.iter().filter_map(|note| place(note.deed.on()?)).collect();
    let events = events(case, engine, &spans)?;
    let ids = notes.iter().filter_map(|note| match note.deed.on()? {
        Subject::Finding(id) => Some(id.clone()),
        Subject::Event { .. } => None,
    });
    let found = findings(engine, ids.collect())?;
    let on = |note: &Noted| match note.deed.on() {
        None => On::Nothing,
        Some(Subject::Finding(id)) => {
            found.get(id).map_or_else(|| On::Gone(format!("finding {id}")), |found| On::Finding(found.clone()))
        }
        Some(subject @ Subject::Event { sha256, offset, .. }) => {
            let event = place(subject).and_then(|span| events.get(&(span.evidence.0, span.offset)));
            event.map_or_else(
                || On::Gone(format!("offset {offset} of evidence with SHA-256 {sha256}")),
                |event| On::Event(event.clone()),
            )
        }
    };
    Ok(notes.into_iter().map(|note| Told { on: on(&note), note }).collect())
}

/// The steps of the story, in the order of what happened.
pub fn story(told: &[Told]) -> Vec<&Told> {
    let mut steps: Vec<&Told> = told.iter().filter(|told| matches!(told.note.deed, Deed::Story { .. })).collect();
    steps.sort_by_key(|told| told.time().map_or(i64::MAX, |time| time.0));
    steps
}

/// The event at a place such as `3:4096`, or the finding of that id, as the subject of a note.
///
/// # Errors
/// When there is none.
pub fn subject(case: &Case, engine: &Engine, text: &str) -> Result<Subject> {
    let parts = text.split_once(':').map(|(evidence, offset)| (evidence.parse::<u32>(), offset.parse::<u64>()));
    if let Some((Ok(evidence), Ok(offset))) = parts {
        let sql = format!("SELECT length FROM timeline WHERE evidence = {evidence} AND \"offset\" = {offset}");
        let answer = engine.sql(&sql, &[])?;
        let length = rows(&answer).next().map(|row| row.count(0));
        let length = length.ok_or_else(|| Error::Usage {
            what: format!("no event begins at {text}"),
            hint: Some("columns evidence and offset of every table say where its rows are".into()),
        })?;
        return case.subject(Span { evidence: EvidenceId(evidence), offset, length });
    }
    if findings(engine, vec![text.to_owned()])?.is_empty() {
        return Err(Error::Usage {
            what: format!("{text} is neither the place of an event (EVIDENCE:OFFSET) nor the id of a finding"),
            hint: Some("coldcase query \"SELECT id, title FROM finding\" lists the findings".into()),
        });
    }
    Ok(Subject::Finding(text.to_owned()))
}

/// The events that begin at these places, by evidence and offset. One that is stored as the copy of another is found
/// by that one.
fn events(case: &Case, engine: &Engine, spans: &[Span]) -> Result<HashMap<(u32, u64), Event>> {
    let mut events = HashMap::new();
    if spans.is_empty() {
        return Ok(events);
    }
    let columns = "t.evidence, t.\"offset\", t.length, t.time, t.source, t.actor, t.verb, t.object, t.status, \
                   t.address, t.agent";
    let at = |table: &str| {
        let tests = spans
            .iter()
            .map(|span| format!("({table}.evidence = {} AND {table}.\"offset\" = {})", span.evidence.0, span.offset));
        tests.collect::<Vec<_>>().join(" OR ")
    };
    let direct = format!("SELECT {columns} FROM timeline t WHERE {}", at("t"));
    for row in rows(&engine.sql(&direct, &[])?) {
        let event = event(case, &row);
        events.insert((event.span.evidence.0, event.span.offset), event);
    }
    if spans.iter().any(|span| !events.contains_key(&(span.evidence.0, span.offset))) {
        let copies = format!(
            "SELECT {columns}, d.evidence AS copy, d.\"offset\" AS start FROM duplicate d JOIN timeline t \
             ON t.id = d.id AND t.time = d.time WHERE {}",
            at("d")
        );
        for row in rows(&engine.sql(&copies, &[])?) {
            let copy = (u32::try_from(row.number(11)).unwrap_or_default(), row.count(12));
            events.entry(copy).or_insert_with(|| event(case, &row));
        }
    }
    Ok(events)
}

fn event(case: &Case, row: &Row<'_>) -> Event {
    let evidence = EvidenceId(u32::try_from(row.number(0)).unwrap_or_default());
    let span = Span { evidence, offset: row.count(1), length: row.count(2) };
    let status = row.text(8).map(|status| format!(" → {status}")).unwrap_or_default();
    let words = [row.text(6), row.text(7)].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Event {
        span,
        time: (!row.is_null(3)).then(|| Micros(row.number(3))),
        actor: row.text(5),
        what: format!("{words}{status}"),
        address: row.text(9),
        agent: row.text(10),
        place: place(case, span),
    }
}

/// File and offset of bytes, in words.
pub fn place(case: &Case, span: Span) -> String {
    let path = case.input(span.evidence).map_or("?", |input| input.path.as_str());
    let name = Path::new(path).file_name().map_or_else(|| path.into(), |name| name.to_string_lossy());
    format!("{name}:{}", span.offset)
}

fn findings(engine: &Engine, ids: Vec<String>) -> Result<HashMap<String, Found>> {
    let mut found = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let names: Vec<String> = (0..ids.len()).map(|at| format!("$p{at}")).collect();
    let sql = format!(
        "SELECT id, CAST(rule AS VARCHAR) AS rule, CAST(level AS VARCHAR) AS level, title, first \
         FROM finding WHERE id IN ({})",
        names.join(", ")
    );
    let parameters: Vec<_> =
        ids.into_iter().enumerate().map(|(at, id)| (format!("p{at}"), Parameter::Text(id))).collect();
    for row in rows(&engine.sql(&sql, &parameters)?) {
        let text = |column| row.text(column).unwrap_or_default();
        let one = Found {
            id: text(0),
            rule: text(1),
            level: text(2),
            title: text(3),
            first: (!row.is_null(4)).then(|| Micros(row.number(4))),
        };
        found.insert(one.id.clone(), one);
    }
    Ok(found)
}
