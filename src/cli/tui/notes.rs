//! Notes and the case's own books, as the screens ask for them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use coldcase_tui::ask::{CaseFile, Cell, Coming, Held, JournalLine, Note, NoteLine, Noted, RecordId, Subject, Window};

use super::Ask;
use super::answers::{id_of, span};
use crate::case::{Case, Deed, Subject as On};
use crate::cli::case;
use crate::cli::casework::{self, Told};
use crate::error::Result;

/// The notes by what they are on, looked up once and again after each note.
#[derive(Default)]
pub struct Known {
    pub told: Vec<Told>,
    events: HashMap<(u32, u64), Noted>,
    findings: HashMap<String, Noted>,
    names: HashMap<String, String>,
}

impl Known {
    fn new(told: Vec<Told>) -> Known {
        let mut known = Known::default();
        for one in &told {
            if let Deed::Name { of, is } = &one.note.deed {
                known.names.insert(of.clone(), is.clone());
            }
            let noted = match &one.on {
                casework::On::Event(event) => {
                    known.events.entry((event.span.evidence.0, event.span.offset)).or_default()
                }
                casework::On::Finding(found) => known.findings.entry(found.id.clone()).or_default(),
                casework::On::Gone(_) | casework::On::Nothing => continue,
            };
            match &one.note.deed {
                Deed::Mark { .. } => noted.marked = true,
                Deed::Story { .. } => noted.story = true,
                Deed::Tag { tag, .. } if !noted.tags.contains(tag) => noted.tags.push(tag.clone()),
                Deed::Comment { .. } => noted.comments += 1,
                _ => {}
            }
        }
        known.told = told;
        known
    }

    /// The notes on an event.
    pub fn event(&self, id: &RecordId) -> Noted {
        self.events.get(&(id.evidence, id.offset)).cloned().unwrap_or_default()
    }

    /// Says whether an event has a note.
    pub fn has(&self, evidence: u32, offset: u64) -> bool {
        self.events.contains_key(&(evidence, offset))
    }

    /// The notes on a finding.
    pub fn finding(&self, id: &str) -> Noted {
        self.findings.get(id).cloned().unwrap_or_default()
    }

    /// What people call an identity.
    pub fn name(&self, actor: &Cell) -> Cell {
        self.names.get(actor.as_ref()?).cloned()
    }

    /// The other identities that people gave the name of this one, or this one as a name.
    pub fn same(&self, identity: &str) -> Vec<String> {
        let own = self.names.get(identity).map_or(identity, String::as_str);
        let mut same: Vec<String> = self
            .names
            .iter()
            .filter(|(of, is)| is.as_str() == own && *of != identity)
            .map(|(of, _)| of.clone())
            .collect();
        if own != identity {
            same.push(own.to_owned());
        }
        same.sort();
        same.dedup();
        same
    }

    /// Every note on an event in words, with who wrote it.
    pub fn on(&self, id: RecordId) -> impl Iterator<Item = String> {
        let here = move |told: &&Told| {
            matches!(&told.on, casework::On::Event(event)
                if (event.span.evidence.0, event.span.offset) == (id.evidence, id.offset))
        };
        self.told.iter().filter(here).map(|told| {
            let text = told.note.deed.text();
            let text = if text.is_empty() { String::new() } else { format!(": {text}") };
            format!("{}{text}, by {}", told.note.deed.word(), told.by())
        })
    }

    /// The events with a note, as a condition over columns `evidence` and `"offset"`.
    pub fn condition(&self) -> String {
        let mut places: Vec<_> = self.events.keys().collect();
        places.sort();
        let tests =
            places.iter().map(|(evidence, offset)| format!("(evidence = {evidence} AND \"offset\" = {offset})"));
        let tests: Vec<String> = tests.collect();
        if tests.is_empty() { "false".to_owned() } else { format!("({})", tests.join(" OR ")) }
    }
}

impl Ask<'_> {
    /// What is noted now.
    pub fn known(&self) -> Result<Arc<Known>> {
        let mut known = self.desk.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref() {
            return Ok(Arc::clone(known));
        }
        let notebook = self.desk.notebook.lock().unwrap_or_else(PoisonError::into_inner);
        let new = Arc::new(Known::new(casework::told(&notebook, &self.desk.engine)?));
        *known = Some(Arc::clone(&new));
        Ok(new)
    }

    /// Writes a note and says what was written.
    pub fn note(&self, note: &Note) -> Result<String> {
        let known = self.known()?;
        let words = {
            let mut notebook = self.desk.notebook.lock().unwrap_or_else(PoisonError::into_inner);
            let act = self.desk.by.act();
            let (deed, words) = match note {
                Note::Undo => {
                    return Ok(match notebook.undo(act)? {
                        Some(note) => self.forget(format!("taken back: {} {}", note.deed.word(), note.deed.text())),
                        None => "there is nothing to take back".to_owned(),
                    });
                }
                Note::Mark(on) => match marked(&known, &notebook, on)? {
                    Some(of) => (Deed::Undo { of }, "the mark is taken back".to_owned()),
                    None => (Deed::Mark { on: self.on(&notebook, on)? }, "marked".to_owned()),
                },
                Note::Tag(on, tag) => {
                    (Deed::Tag { on: self.on(&notebook, on)?, tag: tag.clone() }, format!("tagged {tag}"))
                }
                Note::Comment(on, text) => {
                    (Deed::Comment { on: self.on(&notebook, on)?, text: text.clone() }, "comment written".to_owned())
                }
                Note::Story(on, text) => {
                    (Deed::Story { on: self.on(&notebook, on)?, text: text.clone() }, "in the story".to_owned())
                }
                Note::Name { of, is } => (Deed::Name { of: of.clone(), is: is.clone() }, format!("{of} is {is}")),
                Note::Window { name, from, to } => {
                    (Deed::Window { name: name.clone(), from: *from, to: *to }, format!("this window is {name}"))
                }
                Note::Merge(path) => {
                    let other = Case::open(path.as_ref())?;
                    let merged = notebook.merge(&other, act)?;
                    let (added, known) = (merged.added, merged.known);
                    return Ok(
                        self.forget(format!("notes taken over from {}: {added}; here already: {known}", other.name()))
                    );
                }
                Note::TakeBack(of) => (Deed::Undo { of: of.clone() }, "taken back".to_owned()),
            };
            notebook.note(vec![deed], act)?;
            words
        };
        Ok(self.forget(words))
    }

    /// What was known of notes is looked up anew by the next question.
    fn forget(&self, words: String) -> String {
        *self.desk.folds.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.desk.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
        words
    }

    fn on(&self, notebook: &Case, subject: &Subject) -> Result<On> {
        match subject {
            Subject::Event(id) => notebook.subject(span(id)),
            Subject::Finding(id) => Ok(On::Finding(id.clone())),
        }
    }

    /// What a merge with the case in a folder would bring.
    pub fn coming(&self, path: &str) -> Result<Coming> {
        let other = Case::open(path.as_ref())?;
        let notebook = self.desk.notebook.lock().unwrap_or_else(PoisonError::into_inner);
        let (notes, merged) = notebook.coming(&other);
        let told = casework::looked_up(&notebook, &self.desk.engine, notes)?;
        Ok(Coming {
            path: path.to_owned(),
            case: other.name().to_owned(),
            notes: told.iter().map(note_line).collect(),
            known: merged.known,
            elsewhere: merged.elsewhere,
        })
    }

    /// The case's books.
    pub fn case_file(&self) -> Result<CaseFile> {
        let known = self.known()?;
        let notebook = self.desk.notebook.lock().unwrap_or_else(PoisonError::into_inner);
        let held = |(number, input): (u32, crate::case::InputRecord)| Held {
            number,
            path: input.path,
            sha256: input.sha256,
            format: input.format,
            size: input.size,
            read: input.read,
            stored: input.stored,
            duplicate: input.duplicate,
            rejected: input.rejected,
            first: input.first,
            last: input.last,
            remark: input.notes.join("; "),
        };
        let journal = notebook.entries().iter().map(|entry| JournalLine {
            number: entry.seq + 1,
            at: entry.at.clone(),
            who: case::who(entry),
            what: case::done(&entry.action),
            command: entry.command.join(" "),
        });
        Ok(CaseFile {
            evidence: (0..).zip(notebook.evidence()).map(held).collect(),
            notes: known.told.iter().map(note_line).collect(),
            journal: journal.collect(),
            head: notebook.head().to_owned(),
        })
    }
}

/// A note as the screens list it.
fn note_line(told: &Told) -> NoteLine {
    NoteLine {
        id: told.note.id.clone(),
        kind: told.note.deed.word().to_owned(),
        time: told.time().map(|time| time.0),
        on: match &told.on {
            casework::On::Event(event) => Some(Subject::Event(id_of(event.span))),
            casework::On::Finding(found) => Some(Subject::Finding(found.id.clone())),
            casework::On::Gone(_) | casework::On::Nothing => None,
        },
        what: told.words(),
        text: told.note.deed.text().to_owned(),
        by: told.by(),
        at: told.note.at.clone(),
        place: told.place().to_owned(),
        window: match &told.note.deed {
            Deed::Window { from, to, .. } => Some(Window { from: Some(*from), to: Some(*to) }),
            _ => None,
        },
    }
}

/// The id of the mark on a subject, if it has one.
fn marked(known: &Known, notebook: &Case, subject: &Subject) -> Result<Option<String>> {
    let same = |told: &&Told| match (&told.on, subject) {
        (casework::On::Event(event), Subject::Event(id)) => event.span == span(id),
        (casework::On::Finding(found), Subject::Finding(id)) => found.id == *id,
        _ => false,
    };
    let counts: Vec<String> = notebook.notes().into_iter().filter(|note| note.counts).map(|note| note.id).collect();
    let marks = known.told.iter().filter(|told| matches!(told.note.deed, Deed::Mark { .. })).filter(same);
    Ok(marks.map(|told| told.note.id.clone()).rfind(|id| counts.contains(id)))
}
