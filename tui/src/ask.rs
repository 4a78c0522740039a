//! What the screens may ask and what they may be told: the whole border between this crate and a case.
//! It holds text cells, numbers and ids. It knows no evidence format, no SQL plan and no Arrow.
//!
//! One question is one `(Ticket, Request)`; its answer is one `Msg::Loaded(ticket, answer)` or
//! `Msg::Failed(ticket, words)`. Answers may come in any order and may be late: the screens keep only the latest
//! ticket of each slot. Text is passed as the evidence has it, escape sequences included; the screens make it safe.
//!
//! Order is a promise: the timeline is sorted by `(time, evidence, offset)`, and a *row* is a position in that order
//! under the filter of the request, counted from 0. All times are microseconds since 1970 in UTC.

mod compare;
mod entity;
mod grid;
mod moment;
mod notes;
mod outgoing;
mod rules;
mod snapshot;
mod sweep;
mod words;

pub use compare::{Between, Compared, Comparison, InEach, Named, Part, Side};
pub use entity::{Counted, Entity, Piece, Standing, Tally, Thing, Whom};
pub use grid::{Asked, Call, ColumnInfo, Grid, GridColumn, TableInfo};
pub use moment::{Fired, Go, Moment, Open, Seen};
pub use notes::{CaseFile, Coming, Held, JournalLine, Note, NoteLine, Noted, Subject};
pub use outgoing::{Exported, Outgoing};
pub use rules::{Changed, Clause, RuleLine, RuleText, Run, State, Why};
pub use snapshot::{Change, Grant, ObjectLine, ObjectText, Objects, WhoCan};
pub use sweep::{Data, Sweep, Swept, Unasked};

/// The number of one question. It grows by one with every question of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// The bytes an event came from. They are also its identity: no two rows share a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    pub evidence: u32,
    pub offset: u64,
    pub len: u64,
}

/// One cell as the evidence has it. `None` is "not there", which is not the same as an empty text.
pub type Cell = Option<String>;

/// The columns of the timeline, in reading order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    Time,
    Source,
    Actor,
    Verb,
    Object,
    Status,
    Namespace,
    Agent,
    Address,
}

/// How a chip compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Is,
    IsNot,
    /// The text occurs in the cell; letters compare without case.
    Contains,
}

/// One condition on one column. Never built on `Column::Time`; time is the window's business.
///
/// Chips with `Is` or `Contains` on the same column are alternatives (any of them); everything else must hold
/// together. `value: None` means the cell is null. `IsNot` with a value keeps rows whose cell is null.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chip {
    pub column: Column,
    pub op: Op,
    pub value: Option<String>,
}

/// A stretch of time: `from` included, `to` excluded. `None` is open: as far as the case goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Window {
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// Which events of the timeline are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    pub window: Window,
    pub chips: Vec<Chip>,
    /// Keep only rows where this text occurs in any column but time; letters compare without case. Empty: no test.
    pub search: String,
    /// Keep only rows that have a note.
    pub noted: bool,
    /// Keep only rows that concern this entity, in whatever part and by whichever source.
    pub about: Option<Thing>,
    /// Events that are the same but for time and the object's name, no more than ten minutes apart, are one row, that
    /// of the first of them; the runs of these events are shown event by event all the same. Counts do not change.
    pub fold: Option<Vec<RecordId>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    Forward,
    Back,
}

/// What `Request::Seek` looks for among the rows of a filter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Want {
    /// The actor cell is exactly this (`None`: null).
    Actor(Cell),
    /// The text occurs in any column but time; letters compare without case.
    Text(String),
    /// The event belongs to a finding.
    Finding,
    /// The event has a note.
    Noted,
}

/// A question. Each names the answer it gets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// The first screen. Coverage comes in `bins` equal bins. → `Answer::Overview`
    Overview { bins: u16 },
    /// Rows `offset .. offset + limit` of the timeline under the filter. → `Answer::Timeline`
    Timeline { filter: Filter, offset: u64, limit: u32 },
    /// Counts over the filter's window (open ends: the case's own extent) in `bins` equal bins. → `Answer::Histogram`
    Histogram { filter: Filter, bins: u16 },
    /// The values of a column (never the time) under the filter, the most frequent first, then by value, null before
    /// all, at most `limit`; each with its counts in `bins` equal bins of the filter's window. → `Answer::Values`
    Values { filter: Filter, column: Column, bins: u16, limit: u32 },
    /// At most `limit` findings, worst level first, then by first event, then by id. → `Answer::Findings`
    Findings { limit: u32 },
    /// The events of one finding in time order, at most `limit`. → `Answer::Chain`
    Chain { finding: String, limit: u32 },
    /// The decoded fields and the original bytes of one event, its hash checked. → `Answer::Record`
    Record(RecordId),
    /// The row of this event under the filter. `time` is the event's own, so that the row is the count of rows before
    /// `(time, evidence, offset)`, also when the filter hides the event itself. → `Answer::Place`
    Locate { filter: Filter, record: RecordId, time: i64 },
    /// The nearest row strictly after (or before) `from` that fits `want`. → `Answer::Found`
    Seek { filter: Filter, want: Want, from: u64, direction: Direction },
    /// A query typed by the user and the values of its `$names`; at most `limit` rows back. → `Answer::Grid`
    Sql { text: String, given: Vec<(String, String)>, limit: u32 },
    /// Every table and view with its columns. → `Answer::Tables`
    Tables,
    /// Write a note into the case. It cannot be cancelled. → `Answer::Noted`
    Note(Note),
    /// Write something to a file outside of the case. It cannot be cancelled. → `Answer::Noted`
    Write(Outgoing),
    /// A query that finds the events of this finding, as text for the SQL screen. → `Answer::Text`
    Behind(String),
    /// The ledger of the evidence, every note that counts, and the journal. → `Answer::CaseFile`
    CaseFile,
    /// What the notes of the case in this folder would bring; nothing is written. → `Answer::Coming`
    Coming(String),
    /// Every rule of the pack and how it fares on this case. → `Answer::Rules`
    Rules,
    /// What a rule means and asks. → `Answer::Rule`
    Rule(String),
    /// A file in which a rule can be changed, made if it is not there; the bundled rule stays. → `Answer::Editable`
    EditRule(String),
    /// Replays one rule alone; nothing is written. → `Answer::Ran`
    RunRule(String),
    /// Asks every part of a rule of one event. → `Answer::Why`
    Why { rule: String, record: RecordId },
    /// At most `limit` objects that stand at the end of the snapshots. → `Answer::Objects`
    Objects { limit: u32 },
    /// One of them in full. → `Answer::Object`
    Object(RecordId),
    /// Whom RBAC allows what the words say: "create pods/exec -n web". → `Answer::WhoCan`
    WhoCan(String),
    /// A piece of all about an entity, its events counted in `bins` equal bins of the case's extent. → `Answer::Entity`
    Entity { whom: Whom, bins: u16, piece: Piece },
    /// Two events field by field. → `Answer::Compare`
    Compare { a: RecordId, b: RecordId },
    /// Two windows of time by who did what from where. → `Answer::Between`
    Between { a: Window, b: Window },
    /// The windows of time that have a name in the case, the earliest first. → `Answer::Windows`
    Windows,
    /// Every preset question: those that need no value are asked, their hits in `bins` equal bins of the case.
    /// → `Answer::Sweep`
    Sweep { bins: u16 },
    /// What the rules had seen by the time that is gone to, at most `limit` windows, the case in `bins` equal bins.
    /// → `Answer::Moment`
    Moment { go: Go, bins: u16, limit: u32 },
    /// Stop working on this question. It gets no answer; an answer to the stopped question is ignored.
    Cancel(Ticket),
}

/// An answer, with the numbers needed to say "12 of 340".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Overview(Overview),
    Timeline(TimelinePage),
    Histogram(Histogram),
    Values(Values),
    Findings(Findings),
    Chain(Chain),
    Record(Record),
    Place(Place),
    /// The row found, or `None`: there is none in that direction.
    Found(Option<u64>),
    Grid(Grid),
    /// The tables, and the functions there are.
    Tables(Vec<TableInfo>, Vec<String>),
    /// What was noted, in words: "marked", "taken back: tag odd".
    Noted(String),
    /// What was asked for, in words.
    Text(String),
    CaseFile(CaseFile),
    Coming(Coming),
    Rules(Vec<RuleLine>),
    Rule(RuleText),
    Ran(Run),
    Editable {
        rule: String,
        path: String,
    },
    Why(Why),
    Objects(Objects),
    Object(ObjectText),
    WhoCan(WhoCan),
    Entity(Piece, Box<Entity>),
    Compare(Comparison),
    Between(Between),
    Windows(Vec<Named>),
    Sweep(Sweep),
    Moment(Box<Moment>),
}

/// How many rows there are in all, of which an answer holds some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    Exactly(u64),
    /// Counting was given up here.
    AtLeast(u64),
}

/// How bad a finding is. The order is the sort order: worst is greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

/// One bin of a coverage bar or a histogram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// Events in the bin that pass the filter.
    pub count: u64,
    /// Events in the bin that pass the filter and belong to a finding.
    pub findings: u32,
    /// There is no evidence at all for this stretch, so a count of 0 proves nothing. False when the source was
    /// recording and nothing happened (or nothing passed the filter).
    pub gap: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// The case's name.
    pub case: String,
    /// One line on the state of the evidence: "verified", "not verified since intake", "2 files changed".
    pub evidence: String,
    /// First and last event time of the case; both `None` in an empty case. `to` is past the last event.
    pub window: Window,
    pub events: u64,
    pub sources: Vec<Source>,
    /// How many findings of each level, worst first; levels without findings may be left out.
    pub findings: Vec<(Level, u64)>,
    /// The replay has run. When false, no findings means nothing was looked for.
    pub replayed: bool,
    pub blind: Vec<Blind>,
    /// Sentences worth reading first: "reads are not in this evidence", "29 min gap on Mar 13".
    pub notes: Vec<String>,
}

/// One source of evidence and how well it covers the case's window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    /// The value of the timeline's source column, so that Enter can filter on it.
    pub source: String,
    pub bins: Vec<Bin>,
    pub rows: u64,
    /// What is wrong with it, in a few words; empty if nothing: "3 cut short", "12 rejected".
    pub note: String,
}

/// A rule that could not be answered from this evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blind {
    pub rule: String,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelinePage {
    /// The row of `rows[0]`.
    pub offset: u64,
    pub rows: Vec<EventRow>,
    /// Rows under the filter.
    pub total: Total,
    /// Rows of the case without any filter.
    pub all: u64,
    /// Events under the filter: more than rows where repeats are folded.
    pub events: u64,
}

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    pub id: RecordId,
    pub time: i64,
    pub source: Cell,
    /// The full name. The screen cuts it so that what tells names apart stays.
    pub actor: Cell,
    pub verb: Cell,
    pub object: Cell,
    pub status: Cell,
    pub namespace: Cell,
    pub agent: Cell,
    pub address: Cell,
    /// The worst level of the findings this event belongs to.
    pub finding: Option<Level>,
    /// The notes on it.
    pub noted: Noted,
    /// What people call the actor, if it was given a name.
    pub name: Cell,
    /// The row stands for several events, of which it shows the first.
    pub fold: Option<Folded>,
}

/// What a row of folded events stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folded {
    pub events: u64,
    /// When the last of them was.
    pub last: i64,
    /// How many different objects they name.
    pub objects: u64,
    /// How many of them belong to a finding.
    pub hits: u64,
    /// How many of them have a note.
    pub noted: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// The start of the first bin.
    pub from: i64,
    /// The end of the last bin, excluded.
    pub to: i64,
    /// As many as were asked for. Empty when the case has no event.
    pub bins: Vec<Bin>,
}

/// The values of one column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    pub rows: Vec<ValueCount>,
    /// How many different values there are under the filter, listed or not.
    pub distinct: u64,
}

/// One value and how often it occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueCount {
    pub value: Cell,
    /// Events with it under the filter.
    pub count: u64,
    /// Events with it in the whole case.
    pub all: u64,
    pub bins: Vec<Bin>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    pub rows: Vec<FindingRow>,
    pub total: u64,
    /// The replay has run. When false, an empty list means nothing was looked for.
    pub replayed: bool,
}

/// One line of the list of findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// What `Request::Chain` is asked with.
    pub id: String,
    pub level: Level,
    /// The rule's slug: "pe-clusteradmin-bind".
    pub rule: String,
    pub title: String,
    pub actor: Cell,
    pub target: Cell,
    pub first: i64,
    pub last: i64,
    /// Events in the chain.
    pub events: u64,
    /// ATT&CK ids, comma separated: "T1528, T1609".
    pub techniques: String,
    pub noted: Noted,
    /// What people call the actor, if it was given a name.
    pub name: Cell,
    /// Its rule was edited since it was found.
    pub edited: bool,
}

/// The evidence of one finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    pub finding: String,
    /// In time order; the screen prints the time between neighbours.
    pub events: Vec<ChainEvent>,
    pub total: u64,
    /// Why the rule fired, what it means, what innocent thing looks the same, what to do, who and what it is about, its
    /// incident and its names elsewhere: one paragraph each.
    pub why: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainEvent {
    pub id: RecordId,
    pub time: i64,
    pub actor: Cell,
    /// What was done: "create pods/exec web/api-7d9".
    pub what: String,
    /// Where it is written: "kube-03.gz:8841".
    pub place: String,
    /// What is known to be missing: "body cut at 16 KiB". Empty: nothing.
    pub note: String,
}

/// One event in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub id: RecordId,
    /// Where it is written: "kube-03.gz:8841".
    pub place: String,
    /// Decoded fields in the order of the table. `None` values are shown as null.
    pub fields: Vec<(String, Cell)>,
    /// The original bytes of the span, unchanged; they need not be UTF-8.
    pub raw: Vec<u8>,
    pub hash: HashCheck,
}

/// Whether the evidence the bytes were read from is still what was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashCheck {
    Same,
    Differs,
    /// It was not checked, and why.
    NotChecked(String),
}

/// Where an event stands under a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The row of the event; if the filter hides it, the row where it would stand (at most the total).
    pub row: u64,
    /// The event itself is at that row.
    pub exact: bool,
}
