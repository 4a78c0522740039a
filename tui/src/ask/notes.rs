//! What investigators write into a case, and the case's own books.

use super::{RecordId, Window};

/// What a note is on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Event(RecordId),
    /// By its id.
    Finding(String),
}

/// A note to be written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Note {
    /// Marks it; takes the mark back when it has one.
    Mark(Subject),
    Tag(Subject, String),
    Comment(Subject, String),
    /// A step of the story; the text may be empty.
    Story(Subject, String),
    /// An identity as evidence has it, and what people call it.
    Name {
        of: String,
        is: String,
    },
    /// A window of time, and what people call it.
    Window {
        name: String,
        from: i64,
        to: i64,
    },
    /// Takes over the notes of the case in this folder.
    Merge(String),
    /// Takes back the note with this id.
    TakeBack(String),
    /// Takes back the last note that counts.
    Undo,
}

/// The notes on one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    pub marked: bool,
    pub story: bool,
    pub tags: Vec<String>,
    /// How many comments there are.
    pub comments: u32,
}

/// What the case holds and what was done to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFile {
    pub evidence: Vec<Held>,
    /// Those that count, oldest first.
    pub notes: Vec<NoteLine>,
    /// Oldest first.
    pub journal: Vec<JournalLine>,
    /// Hash of the journal's last line.
    pub head: String,
}

/// One piece of evidence with its books: read = stored + duplicate + rejected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub number: u32,
    pub path: String,
    pub sha256: String,
    pub format: String,
    /// Bytes on disk.
    pub size: u64,
    pub read: u64,
    pub stored: u64,
    pub duplicate: u64,
    pub rejected: u64,
    pub first: Option<i64>,
    pub last: Option<i64>,
    /// What is to be known of it; empty if nothing.
    pub remark: String,
}

/// One note.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoteLine {
    pub id: String,
    /// "mark", "tag", "comment", "story", "name" or "window"; of another case also "undo".
    pub kind: String,
    /// When what it is on happened.
    pub time: Option<i64>,
    /// What it is on, where this case holds it.
    pub on: Option<Subject>,
    /// The same in words; of a name, the identity.
    pub what: String,
    /// What was written.
    pub text: String,
    pub by: String,
    /// When it was written.
    pub at: String,
    /// Where the event is written: "kube-03.gz:8841".
    pub place: String,
    /// The stretch that was named, both ends set.
    pub window: Option<Window>,
}

/// What a merge with another case would bring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coming {
    /// The folder of the other case, as it was asked for.
    pub path: String,
    /// Its name.
    pub case: String,
    /// The notes that are not here yet, oldest first.
    pub notes: Vec<NoteLine>,
    /// How many are here already.
    pub known: u64,
    /// How many of those that would come are on evidence that this case does not hold.
    pub elsewhere: u64,
}

/// One line of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalLine {
    /// From 1.
    pub number: u64,
    pub at: String,
    pub who: String,
    pub what: String,
    /// The command; empty when it is not known.
    pub command: String,
}

impl Noted {
    /// Returns whether there is any note.
    pub fn any(&self) -> bool {
        *self != Noted::default()
    }

    /// Returns the notes in a few words: "marked, in the story, tags: odd, 2 comments".
    pub fn words(&self) -> String {
        let tags = self.tags.join(" ");
        let comments = format!("{} comment{}", self.comments, if self.comments == 1 { "" } else { "s" });
        let parts = [
            (self.marked, "marked".to_string()),
            (self.story, "in the story".to_string()),
            (!self.tags.is_empty(), format!("tags: {tags}")),
            (self.comments > 0, comments),
        ];
        parts.into_iter().filter(|(is, _)| *is).map(|(_, words)| words).collect::<Vec<_>>().join(", ")
    }
}
