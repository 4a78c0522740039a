//! What investigators add to a case: marks, tags, comments, the story, names for identities and for windows of time.
//!
//! Each is a line of the journal, so custody, seals and `verify` cover it like all else, and nothing is ever taken out:
//! taking a note back is a further note. A note on an event names its bytes by the hash of the evidence they are in and
//! not by that evidence's number, so that it means the same in every case that holds the same evidence. It is opinion:
//! no rule and no finding depends on it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array, UInt64Array,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Case;
use super::act::{Act, Who};
use super::custody::{Action, Entry};
use super::encoding::hex;
use crate::error::{Error, Result};
use crate::model::{EvidenceId, Micros, Span, tables};

/// Longer than anybody writes, and short enough that a line of the journal stays readable.
const LONGEST: usize = 16 << 10;

/// What a note is on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Bytes of evidence.
    Event { sha256: String, offset: u64, length: u64 },
    /// A finding, by the id that the same evidence and rule give again.
    Finding(String),
}

/// What a note says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "lowercase")]
pub enum Deed {
    /// Worth coming back to.
    Mark {
        on: Subject,
    },
    Tag {
        on: Subject,
        tag: String,
    },
    Comment {
        on: Subject,
        text: String,
    },
    /// A step of the story; the text may be empty.
    Story {
        on: Subject,
        text: String,
    },
    /// An identity as evidence writes it, and what people call it.
    Name {
        of: String,
        is: String,
    },
    /// A stretch of time, and what people call it: `from` included, `to` excluded, microseconds since 1970 in UTC.
    Window {
        name: String,
        from: i64,
        to: i64,
    },
    /// Takes an earlier note back; taken back itself, that note counts again.
    Undo {
        of: String,
    },
}

/// One note as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Of when, who and what: the same note keeps it in every case it is merged into.
    pub id: String,
    /// Of a note that came from another case: when and by whom it was made there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Who>,
    #[serde(flatten)]
    pub deed: Deed,
}

/// The case that notes were merged from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub case: String,
    /// Head of its journal then.
    pub head: String,
}

/// A note with everything known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    pub id: String,
    /// UTC, when it was made.
    pub at: String,
    pub who: Option<Who>,
    pub deed: Deed,
    /// It was not taken back.
    pub counts: bool,
}

/// What became of a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    pub added: u64,
    /// Notes that were here already.
    pub known: u64,
    /// Of those added, notes on evidence that this case does not hold.
    pub elsewhere: u64,
}

impl Deed {
    /// What it is on; names, windows and undoing are on nothing.
    pub fn on(&self) -> Option<&Subject> {
        match self {
            Deed::Mark { on } | Deed::Tag { on, .. } | Deed::Comment { on, .. } | Deed::Story { on, .. } => Some(on),
            Deed::Name { .. } | Deed::Window { .. } | Deed::Undo { .. } => None,
        }
    }

    /// One word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Deed::Mark { .. } => "mark",
            Deed::Tag { .. } => "tag",
            Deed::Comment { .. } => "comment",
            Deed::Story { .. } => "story",
            Deed::Name { .. } => "name",
            Deed::Window { .. } => "window",
            Deed::Undo { .. } => "undo",
        }
    }

    /// What was written, if anything.
    pub fn text(&self) -> &str {
        match self {
            Deed::Mark { .. } => "",
            Deed::Tag { tag, .. } => tag,
            Deed::Comment { text, .. } | Deed::Story { text, .. } => text,
            Deed::Name { is, .. } => is,
            Deed::Window { name, .. } => name,
            Deed::Undo { of } => of,
        }
    }
}

/// Reads the notes out of journal lines, oldest first, and says which of them count.
pub fn read(entries: &[Entry]) -> Vec<Noted> {
    let mut all: Vec<Noted> = Vec::new();
    for entry in entries {
        let Action::Notes { notes, .. } = &entry.action else { continue };
        all.extend(notes.iter().map(|note| Noted {
            id: note.id.clone(),
            at: note.at.clone().unwrap_or_else(|| entry.at.clone()),
            who: if note.at.is_some() { note.who.clone() } else { entry.who.clone() },
            deed: note.deed.clone(),
            counts: true,
        }));
    }
    // From the last to the first: an undo that was itself taken back takes nothing back.
    let places: HashMap<String, usize> = all.iter().enumerate().map(|(at, note)| (note.id.clone(), at)).collect();
    for at in (0..all.len()).rev() {
        if let (true, Deed::Undo { of }) = (all[at].counts, &all[at].deed)
            && let Some(place) = places.get(of).copied().filter(|place| *place < at)
        {
            all[place].counts = false;
        }
    }
    all
}

impl Case {
    /// Every note, oldest first, also those that were taken back.
    pub fn notes(&self) -> Vec<Noted> {
        read(self.entries())
    }

    /// Table `note`.
    ///
    /// # Errors
    /// Only when the schema and this function disagree, which is a bug.
    pub fn note_batch(&self) -> Result<RecordBatch> {
        let notes = self.notes();
        let place = self.places();
        let spans: Vec<Option<Span>> = notes.iter().map(|note| note.deed.on().and_then(&place)).collect();
        let text = |of: &dyn Fn(&Noted) -> Option<&str>| -> ArrayRef {
            Arc::new(notes.iter().map(|note| of(note).map(str::to_owned)).collect::<StringArray>())
        };
        let times = notes.iter().map(|note| Micros::parse(&note.at).map(|time| time.0));
        let columns: Vec<ArrayRef> = vec![
            text(&|note| Some(&note.id)),
            Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone("+00:00")),
            text(&|note| note.who.as_ref().and_then(|who| who.investigator.as_deref())),
            text(&|note| note.who.as_ref().and_then(|who| who.user.as_deref())),
            text(&|note| Some(note.deed.word())),
            text(&|note| Some(note.deed.text()).filter(|text| !text.is_empty())),
            text(&|note| match &note.deed {
                Deed::Name { of, .. } => Some(of.as_str()),
                _ => None,
            }),
            text(&|note| match note.deed.on() {
                Some(Subject::Finding(id)) => Some(id.as_str()),
                _ => None,
            }),
            Arc::new(spans.iter().map(|span| span.map(|span| span.evidence.0)).collect::<UInt32Array>()),
            Arc::new(spans.iter().map(|span| span.map(|span| span.offset)).collect::<UInt64Array>()),
            Arc::new(spans.iter().map(|span| span.map(|span| span.length)).collect::<UInt64Array>()),
            Arc::new(notes.iter().map(|note| Some(note.counts)).collect::<BooleanArray>()),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&tables::note::TABLE.schema), columns);
        batch.map_err(|source| Error::Bug { what: "table note".into(), source: source.into() })
    }

    /// Names the bytes of a row in a way that holds in other cases too.
    ///
    /// # Errors
    /// When the case has no such evidence.
    pub fn subject(&self, span: Span) -> Result<Subject> {
        let missing = || Error::Usage { what: format!("there is no evidence {}", span.evidence.0), hint: None };
        let input = self.input(span.evidence).ok_or_else(missing)?;
        Ok(Subject::Event { sha256: input.sha256.clone(), offset: span.offset, length: span.length })
    }

    /// Where the bytes that notes are on are in this case; `None` for evidence it does not hold.
    pub fn places(&self) -> impl Fn(&Subject) -> Option<Span> + use<> {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        for (number, input) in (0..).zip(self.evidence()) {
            numbers.entry(input.sha256).or_insert(number);
        }
        move |subject| match subject {
            Subject::Event { sha256, offset, length } => {
                let evidence = EvidenceId(*numbers.get(sha256)?);
                Some(Span { evidence, offset: *offset, length: *length })
            }
            Subject::Finding(_) => None,
        }
    }

    /// Adds notes, all of them or none. Returns their ids.
    ///
    /// # Errors
    /// When there is nothing to take back, a text is too long, a window has no name or no length, or the case cannot be
    /// written.
    pub fn note(&mut self, deeds: Vec<Deed>, act: impl Into<Act>) -> Result<Vec<String>> {
        let act = act.into();
        let _lock = self.lock()?;
        let known: HashSet<String> = self.notes().into_iter().map(|note| note.id).collect();
        let mut notes = Vec::new();
        for deed in deeds {
            if deed.text().len() > LONGEST {
                let what = format!("a note may have {LONGEST} bytes, this one has {}", deed.text().len());
                return Err(Error::Usage { what, hint: None });
            }
            if let Deed::Window { name, from, to } = &deed
                && (name.trim().is_empty() || to <= from)
            {
                let what = "a window of time needs a name, and an end after its begin".to_owned();
                return Err(Error::Usage { what, hint: None });
            }
            if let Deed::Undo { of } = &deed
                && !known.contains(of)
            {
                let hint = Some("coldcase case marks lists every note with its id".into());
                return Err(Error::Usage { what: format!("there is no note {of}"), hint });
            }
            let text = serde_json::to_string(&(&act.at, &act.who, self.head(), notes.len(), &deed));
            let text = text.map_err(|source| Error::Bug { what: "a note".into(), source: source.into() })?;
            let mut id = hex(&Sha256::digest(text));
            id.truncate(16);
            notes.push(Note { id, at: None, who: None, deed });
        }
        let ids = notes.iter().map(|note| note.id.clone()).collect();
        self.append(act, Action::Notes { notes, from: None })?;
        Ok(ids)
    }

    /// Takes back the last note that counts. Returns it, or `None` when there is none.
    ///
    /// # Errors
    /// When the case cannot be written.
    pub fn undo(&mut self, act: impl Into<Act>) -> Result<Option<Noted>> {
        let undone = |note: &Noted| note.counts && !matches!(note.deed, Deed::Undo { .. });
        let Some(last) = self.notes().into_iter().rev().find(undone) else { return Ok(None) };
        self.note(vec![Deed::Undo { of: last.id.clone() }], act)?;
        Ok(Some(last))
    }

    /// The notes of another case that a merge would bring, oldest first, and what would become of it.
    pub fn coming(&self, other: &Case) -> (Vec<Noted>, Merged) {
        let known: HashSet<String> = self.notes().into_iter().map(|note| note.id).collect();
        let (here, new): (Vec<_>, Vec<_>) = other.notes().into_iter().partition(|note| known.contains(&note.id));
        let place = self.places();
        let lost =
            |note: &&Noted| note.deed.on().is_some_and(|on| matches!(on, Subject::Event { .. }) && place(on).is_none());
        let elsewhere = new.iter().filter(lost).count() as u64;
        let merged = Merged { added: new.len() as u64, known: here.len() as u64, elsewhere };
        (new, merged)
    }

    /// Takes over the notes of another person's case. What is here already stays as it is; evidence is not touched.
    ///
    /// # Errors
    /// When the case cannot be written.
    pub fn merge(&mut self, other: &Case, act: impl Into<Act>) -> Result<Merged> {
        let _lock = self.lock()?;
        let (new, merged) = self.coming(other);
        if !new.is_empty() {
            let note = |note: Noted| Note { id: note.id, at: Some(note.at), who: note.who, deed: note.deed };
            let from = Origin { case: other.name().to_owned(), head: other.head().to_owned() };
            let notes = new.into_iter().map(note).collect();
            self.append(act, Action::Notes { notes, from: Some(from) })?;
        }
        Ok(merged)
    }
}
