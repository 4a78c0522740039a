//! Where decoded records gather: one builder per table, rejects, and the keys that find one event twice.

pub mod audit;
pub mod lacks;
mod lists;
pub mod object;
pub mod sheet;
pub mod value;
pub(super) mod word;

use std::collections::BTreeMap;
use std::ops::Range;

use arrow::record_batch::RecordBatch;

use self::audit::{AuditRows, Sighting};
use self::lacks::{Lack, Lacks};
use self::object::{Object, ObjectRows};
use self::sheet::{Sheet, SheetBatch};
use self::value::Value;
use super::key::Start;
use crate::model::tables::azure;
use crate::model::{EvidenceId, Micros, Recorded, TABLES, Table};

/// Notes kept of one batch.
const MOST_NOTES: usize = 100;
/// How much of a rejected record is shown.
const SAMPLE: usize = 200;
/// A reason may quote the record, and a record may be long.
const REASON: usize = 300;

/// What one audit event is recognised by, whatever route it took. One per row of the audit batch, in its order.
///
/// `request` and `response` are hashes of the bodies with whitespace and escapes evened out, so that the same object
/// hashes alike from a blob, a table row or a CSV cell; 0 when that body is absent or not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditKey {
    /// Hash of (auditID, stage).
    pub id: u64,
    /// stageTimestamp in UTC microseconds; None when it was lost to a cut.
    pub stage_time: Option<i64>,
    /// Hash of what every route records: level, verb, requestURI, user name, objectRef, response code.
    pub content: u64,
    pub request: u64,
    /// How a long or cut request begins.
    pub start: Start,
    pub response: u64,
    /// What this copy lacks.
    pub missing: Recorded,
}

/// What one snapshot object is recognised by: a hash over kind, apiVersion, namespace, name, uid and body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectKey(pub u64);

/// A record that could not be read. `line` counts from 1; 0 when the content has no lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    pub offset: u64,
    pub length: u64,
    pub line: u64,
    pub reason: String,
    /// The first 200 bytes, bytes that are no UTF-8 replaced.
    pub sample: String,
}

/// The rows of one or more blocks of one piece of evidence.
pub struct Rows {
    evidence: EvidenceId,
    audit: AuditRows,
    object: ObjectRows,
    /// Rows of open tables, by the table's name in lower case.
    sheets: BTreeMap<String, Sheet>,
    rejects: Vec<Reject>,
    notes: Vec<String>,
    /// Numbers that become one note each, by what they count.
    tallies: BTreeMap<&'static str, u64>,
    weight: usize,
    /// The names of the columns of the last row that named no table, and whose they are.
    header: (Vec<String>, Option<&'static Table>),
    /// What to call rows that name no table: the name of the file they came in.
    hint: String,
    /// The name of the file, as the ledger has it.
    file: String,
    /// What was found out about each record, and where it is, while one is to be explained.
    pub(super) trace: Option<Vec<(Range<u64>, String)>>,
    /// The year of lines that write none.
    year: Option<i32>,
    lacks: Lacks,
}

/// What `Rows::finish` gives. `read` = audit rows + object rows + rows of the sheets + rejects.
pub struct Batch {
    pub read: u64,
    /// May have rows of other evidence too.
    pub audit: RecordBatch,
    /// Those of this.
    pub audit_rows: Range<usize>,
    pub audit_keys: Vec<AuditKey>,
    pub object: RecordBatch,
    pub object_keys: Vec<ObjectKey>,
    /// Rows of open tables.
    pub sheets: Vec<SheetBatch>,
    pub rejects: Vec<Reject>,
    /// What a reader must know of the content, each once.
    pub notes: Vec<String>,
    /// How many lines lack a year, a zone, a date. The sum over an input makes its notes.
    pub lacks: Lacks,
}

impl Rows {
    /// Starts empty builders for one piece of evidence; `hint` is the name of its file.
    pub fn new(evidence: EvidenceId, hint: &str) -> Rows {
        Rows {
            evidence,
            audit: AuditRows::default(),
            object: ObjectRows::default(),
            sheets: BTreeMap::new(),
            rejects: Vec::new(),
            notes: Vec::new(),
            tallies: BTreeMap::new(),
            weight: 0,
            header: (Vec::new(), None),
            trace: None,
            hint: table_name(hint.split('.').next().unwrap_or_default()),
            file: hint.to_owned(),
            year: None,
            lacks: Lacks::default(),
        }
    }

    /// Turns to another piece of evidence, when all that was gathered is handed over but for audit events. What the columns
    /// took in before says how much room they need.
    pub fn turn_to(&mut self, evidence: EvidenceId, hint: &str) {
        self.evidence = evidence;
        self.hint = table_name(hint.split('.').next().unwrap_or_default());
        hint.clone_into(&mut self.file);
    }

    /// Gives the year of lines that write none; without it their time is null.
    pub fn assume_year(&mut self, year: Option<i32>) {
        self.year = year;
    }

    /// Leaves columns of audit events null that nobody will ask: the bodies, and what is read out of them.
    pub fn leave_out(&mut self, bodies: bool, shreds: bool) {
        self.audit.leave_out(bodies, shreds);
    }

    /// Gives the whole name of the file; without it, it is the hint.
    pub fn belong_to(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    /// Bytes of record text taken in since the last `finish`, to decide when a batch is large enough.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// Hands over everything gathered so far and starts again.
    pub fn finish(&mut self) -> Batch {
        let mut batch = self.part();
        batch.audit = self.events();
        batch
    }

    /// Hands over the audit events of all parts since the last time.
    pub fn events(&mut self) -> RecordBatch {
        self.audit.finish()
    }

    /// Hands over what was gathered since the last part, but for the audit events themselves: [`Rows::events`] gives those
    /// of many small files in one batch, since to make its columns costs about the same however many rows it has.
    pub fn part(&mut self) -> Batch {
        self.weight = 0;
        let rows = self.sheets.values().filter(|sheet| !sheet.derived).map(Sheet::count).sum::<usize>();
        let read = self.audit.count() + self.object.count() + rows + self.rejects.len();
        let (audit, (audit_rows, audit_keys)) = (AuditRows::none(), self.audit.keys());
        let (object, object_keys) = self.object.finish();
        let sheets = self.sheets.values_mut().filter(|sheet| sheet.count() > 0).map(Sheet::finish).collect();
        // A sheet remembers the columns it met; one of a thousand tables should not.
        self.sheets.retain(|_, _| false);
        let (rejects, mut notes) = (std::mem::take(&mut self.rejects), std::mem::take(&mut self.notes));
        notes.extend(std::mem::take(&mut self.tallies).iter().map(|(what, sum)| format!("{what}: {sum}")));
        let lacks = std::mem::take(&mut self.lacks);
        let read = read as u64;
        Batch { read, audit, audit_rows, audit_keys, object, object_keys, sheets, rejects, notes, lacks }
    }

    /// Appends an audit event, or says why it cannot be kept.
    pub(super) fn audit(&mut self, at: &Range<u64>, sighting: &Sighting<'_>) -> Result<(), String> {
        let missing = self.audit.push(self.evidence, at, sighting)?;
        if sighting.event.has_unreadable_time(missing) {
            self.note("a time is written in a way that is not known here: it is null, see column time".to_owned());
        }
        self.weigh(at);
        Ok(())
    }

    /// Appends a snapshot object.
    pub(super) fn object(&mut self, at: &Range<u64>, object: &Object<'_>) {
        self.object.push(self.evidence, at, object);
        self.weigh(at);
    }

    /// Appends a row of a table of ours or of Log Analytics. `time` is the event's; without one it is TimeGenerated.
    pub(super) fn row<'a>(
        &mut self,
        table: &'static Table,
        at: &Range<u64>,
        time: Option<Micros>,
        values: impl IntoIterator<Item = (&'a str, Value<'a>)>,
    ) {
        self.sheet_row(table.name, Some(table), false, at, time, values);
    }

    /// Appends a row that repeats a part of a record which has a row of its own, so that it can be asked for; it is no
    /// record and the books do not count it. A table has only such rows, or none.
    pub(super) fn derived<'a>(
        &mut self,
        table: &'static Table,
        at: &Range<u64>,
        time: Option<Micros>,
        values: impl IntoIterator<Item = (&'a str, Value<'a>)>,
    ) {
        self.sheet_row(table.name, Some(table), true, at, time, values);
    }

    /// Appends a row of a table of that name, known or not; None is a row that names no table.
    pub(super) fn named_row<'a>(
        &mut self,
        table: Option<&str>,
        at: &Range<u64>,
        time: Option<Micros>,
        values: impl IntoIterator<Item = (&'a str, Value<'a>)>,
    ) {
        if table.is_none() {
            self.note(format!("the rows name no table: they are in table {}, named after the file", self.hint));
        }
        // What a search job or a restore of a table calls its rows.
        let plain = |name: &str| table_name(name.trim_end_matches("_SRCH").trim_end_matches("_RST"));
        let name = table.map_or_else(|| self.hint.clone(), plain);
        match azure::by_name(&name) {
            Some(known) => self.sheet_row(known.name, Some(known), false, at, time, values),
            None => self.sheet_row(&name, None, false, at, time, values),
        }
    }

    /// Returns the table whose columns these are, for rows that name none.
    pub(super) fn table_of(&mut self, columns: &[&str]) -> Option<&'static Table> {
        if self.header.0 != columns {
            self.header = (columns.iter().map(|c| (*c).to_owned()).collect(), azure::by_columns(columns));
        }
        self.header.1
    }

    fn sheet_row<'a>(
        &mut self,
        name: &str,
        known: Option<&'static Table>,
        derived: bool,
        at: &Range<u64>,
        time: Option<Micros>,
        values: impl IntoIterator<Item = (&'a str, Value<'a>)>,
    ) {
        let evidence = self.evidence;
        if !self.sheets.contains_key(name) {
            self.sheets.insert(name.to_owned(), Sheet::new(name, known, derived));
        }
        let Some(sheet) = self.sheets.get_mut(name) else { return };
        for column in sheet.push(evidence, at, time, values.into_iter()) {
            self.note(format!("table {name}: values that do not fit column {column} are in column unread"));
        }
        if !derived {
            self.weigh(at);
        }
    }

    /// Returns the year of lines that write none, if it was given.
    pub(super) fn year(&self) -> Option<i32> {
        self.year
    }

    /// Counts a line that lacks something its time needs.
    pub(super) fn lack(&mut self, lack: Lack) {
        self.lacks.count(lack);
    }

    /// Tells what a record was taken for, to whoever wants it explained.
    pub(super) fn tell(&mut self, at: &Range<u64>, step: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push((at.clone(), step()));
        }
    }

    /// Keeps something a reader must know of the content.
    pub(super) fn note(&mut self, note: String) {
        let note = one_line(note);
        // What a client can cause as often as it likes needs no thousand notes.
        if self.notes.len() < MOST_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Adds to a number that becomes the note `{what}: {sum}`, one for each part in which an input is read.
    pub(super) fn tally(&mut self, what: &'static str, number: u64) {
        let sum = self.tallies.entry(what).or_default();
        *sum = sum.saturating_add(number);
    }

    /// Returns what rows that name no table are kept under: the name of the file as a table's name.
    pub(super) fn hint(&self) -> &str {
        &self.hint
    }

    /// Returns the name of the file, as the ledger has it.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Keeps the place of a record that cannot be read. `bytes` may be longer than the sample that is kept.
    pub(super) fn reject(&mut self, at: Range<u64>, line: u64, reason: impl Into<String>, bytes: &[u8]) {
        let sample = String::from_utf8_lossy(&bytes[..bytes.len().min(SAMPLE)]).into_owned();
        let length = at.end - at.start;
        let mut reason = one_line(reason.into());
        if reason.len() > REASON {
            reason.truncate(reason.floor_char_boundary(REASON));
            reason.push('…');
        }
        self.rejects.push(Reject { offset: at.start, length, line, reason, sample });
        self.weight = self.weight.saturating_add(SAMPLE);
    }

    /// Rejects all of a content of `size` bytes.
    pub fn refuse_all(&mut self, size: u64, reason: &str) {
        self.reject(0..size, 0, reason, &[]);
    }

    fn weigh(&mut self, at: &Range<u64>) {
        self.weight = self.weight.saturating_add(usize::try_from(at.end - at.start).unwrap_or(usize::MAX));
    }
}

/// Reasons and notes may quote a record, and are shown as one line: control characters are written as escapes.
fn one_line(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    let shown = |c: char| if c.is_control() { c.escape_default().collect() } else { String::from(c) };
    text.chars().map(shown).collect()
}

/// Makes a name that can be a folder and a word of SQL, and that is not one of our own tables'.
fn table_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    let mut name: String = name.chars().take(100).map(plain).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert_str(0, "table_");
    }
    let ours = |table: &Table| table.name.eq_ignore_ascii_case(&name) && azure::by_name(table.name).is_none();
    if TABLES.iter().any(|table| ours(table)) || name.eq_ignore_ascii_case("timeline") {
        name.push('_');
    }
    name
}
