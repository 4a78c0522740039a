//! Evidence into the case: read, decode, tell doubles apart, store, and make the books balance.
//!
//! Nothing counts before the journal line at the end, so a killed intake leaves the case as it was, and the same
//! command again does it all.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, UInt32Array, UInt64Array};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{Field, FieldRef, Int32Type, Schema, UInt64Type};

use super::custody::{Action, FileRecord, InputRecord, hash_file};
use super::dedupe::{Fate, Seen};
use super::join::Amends;
use super::merge::merge;
use super::store::{Closed, Keys, Store, publish};
use super::{Case, inputs, pipeline};
use crate::error::{Error, Result};
use crate::formats::{Batch, Guess, Reject, SheetBatch};
use crate::model::tables::azure;
use crate::model::{EvidenceId, TABLES, Table, tables};

/// More files of one table than this are merged into few.
const MANY_FILES: usize = 8;

/// About how many bytes an event has, and how many are expected of a file at most: growing a table of known events
/// moves all of it, but a wrong guess must not cost memory.
const USUAL_EVENT: u64 = 2_000;
const MOST_EXPECTED: u64 = 1 << 20;

/// How far an intake is.
pub struct Progress {
    /// Which input, from 1.
    pub file: usize,
    pub files: usize,
    /// Bytes of it read so far, as on disk.
    pub bytes: u64,
}

/// What became of every input.
pub struct Receipt {
    pub inputs: Vec<InputReceipt>,
    /// Inputs that could not be read at all, or only in part.
    pub problems: Vec<Error>,
}

/// What became of one input.
pub struct InputReceipt {
    pub record: InputRecord,
    /// It was in the case before; nothing was done.
    pub known: bool,
}

impl std::ops::Deref for InputReceipt {
    type Target = InputRecord;

    fn deref(&self) -> &InputRecord {
        &self.record
    }
}

/// One intake under way.
struct Intake {
    store: Store,
    seen: Seen,
    amends: Amends,
    /// Names of open tables by their spelling in lower case, and what their untyped columns can be.
    open: BTreeMap<String, Open>,
}

/// An open table under way.
struct Open {
    name: String,
    guesses: BTreeMap<String, Guess>,
}

impl Case {
    /// Takes in files, folders and standard input (`-`). `at` is the time the journal shall say.
    ///
    /// # Errors
    /// When the case cannot be written or its own rows not read; an input that cannot be read is a problem in the
    /// receipt, and the others go on.
    pub fn ingest(&mut self, paths: &[PathBuf], at: &str, progress: &mut dyn FnMut(Progress)) -> Result<Receipt> {
        let _lock = self.lock()?;
        self.sweep()?;
        let known = self.journal.inputs().count();
        let mut problems = Vec::new();
        let list = inputs::list(&self.dir, paths, known as u64, &mut problems);
        let mut intake = Intake {
            store: Store::new(&self.dir, self.journal.entries.len() as u64),
            seen: self.seen()?,
            amends: Amends::default(),
            open: self
                .tables()
                .into_iter()
                .map(|name| (name.to_lowercase(), Open { name, guesses: BTreeMap::new() }))
                .collect(),
        };
        let mut receipts: Vec<InputReceipt> = Vec::new();
        let files = list.len();
        for (place, input) in list.into_iter().enumerate() {
            let new: Vec<&InputRecord> = receipts.iter().filter(|r| !r.known).map(|r| &r.record).collect();
            let number = known + new.len();
            let before: Vec<&InputRecord> = self.journal.inputs().chain(new).collect();
            let step = &mut |bytes| progress(Progress { file: place + 1, files, bytes });
            match intake.input(&input, EvidenceId(number as u32), &before, step, &mut problems) {
                Ok(receipt) => receipts.push(receipt),
                Err(error @ Error::Io { .. }) => problems.push(error),
                Err(error) => return Err(error),
            }
        }
        let records: Vec<InputRecord> = receipts.iter().filter(|r| !r.known).map(|r| r.record.clone()).collect();
        if !records.is_empty() {
            self.commit(intake, records, at)?;
            // The ledger may have changed where a later copy held more.
            let after: Vec<InputRecord> = self.evidence().into_iter().skip(known).collect();
            for (receipt, record) in receipts.iter_mut().filter(|r| !r.known).zip(after) {
                receipt.record = record;
            }
        }
        Ok(Receipt { inputs: receipts, problems })
    }

    /// Closes the files, puts right what fuller copies replaced, merges many files into few, and writes the line.
    fn commit(&mut self, intake: Intake, mut inputs: Vec<InputRecord>, at: &str) -> Result<()> {
        let Intake { store, amends, open, .. } = intake;
        let mut closed = store.close()?;
        self.give_types(&mut closed, &open)?;
        let (mut replaced, mut moved) = (Vec::new(), BTreeMap::new());
        let audit = &tables::audit::TABLE;
        let first = self.journal.inputs().count();
        if closed.iter().any(|closed| closed.table == audit.name && closed.files.len() > MANY_FILES)
            || !amends.is_empty()
        {
            let place = closed.iter().position(|closed| closed.table == audit.name);
            let mut files: Vec<PathBuf> = place.map(|place| closed.remove(place).files).unwrap_or_default();
            let temporary = files.len();
            // Rows of earlier intakes are only touched when one of theirs is to be amended.
            if amends.places().any(|(evidence, _)| (evidence as usize) < first) {
                replaced =
                    self.journal.files().iter().filter(|f| f.table == audit.name).map(|f| f.path.clone()).collect();
                files.extend(replaced.iter().map(|path| self.dir.join(path)));
            }
            let mut merged = Store::new(&self.dir, self.journal.entries.len() as u64);
            let mut doubles = Vec::new();
            merge(audit.name, &audit.schema, &files, &amends, &mut merged, &mut |dropped| {
                doubles.push(duplicates(dropped, audit.name)?);
                for row in 0..dropped.num_rows() {
                    let evidence = number(dropped, "evidence", row) as usize;
                    match evidence.checked_sub(first).and_then(|n| inputs.get_mut(n)) {
                        Some(input) => input.moved(1),
                        None => *moved.entry(evidence as u32).or_insert(0) += 1,
                    }
                }
                Ok(())
            })?;
            for batch in doubles {
                merged.add(tables::duplicate::TABLE.name, batch)?;
            }
            closed.extend(merged.close()?);
            for file in &files[..temporary] {
                fs::remove_file(file).map_err(Error::io("remove", file))?;
            }
        }
        let files: Vec<FileRecord> = publish(&self.dir, &closed)?;
        self.journal.append(
            at,
            Action::Ingest { inputs, files, replaced: replaced.clone(), moved: moved.into_iter().collect() },
        )?;
        self.remove(&replaced);
        Ok(())
    }

    /// Writes the files of open tables again where a column was text only until all its values were seen, or where
    /// files do not have the same columns.
    fn give_types(&self, closed: &mut Vec<Closed>, open: &BTreeMap<String, Open>) -> Result<()> {
        let mut typed = Store::new(&self.dir, self.journal.entries.len() as u64);
        let mut temporary = Vec::new();
        for table in closed.iter() {
            let Some(guesses) = open.get(&table.table.to_lowercase()).map(|open| &open.guesses) else { continue };
            let field = |field: &FieldRef| match guesses.get(field.name()).map(|guess| guess.kind()) {
                Some(kind) if kind != *field.data_type() => Arc::new(Field::new(field.name(), kind, true)),
                _ => Arc::clone(field),
            };
            let schema = Arc::new(Schema::new(table.schema.fields().iter().map(field).collect::<Vec<_>>()));
            if schema == table.schema && table.files.len() <= MANY_FILES {
                continue;
            }
            merge(&table.table, &schema, &table.files, &Amends::default(), &mut typed, &mut |_| Ok(()))?;
            temporary.push((table.table.clone(), table.files.clone()));
        }
        closed.retain(|table| !temporary.iter().any(|(name, _)| *name == table.table));
        closed.extend(typed.close()?);
        for file in temporary.iter().flat_map(|(_, files)| files) {
            fs::remove_file(file).map_err(Error::io("remove", file))?;
        }
        Ok(())
    }

    /// Removes what a killed command left behind.
    fn sweep(&self) -> Result<()> {
        let live: HashSet<PathBuf> = self.journal.files().iter().map(|file| self.dir.join(&file.path)).collect();
        let tables = self.dir.join("tables");
        for entry in walkdir::WalkDir::new(&tables).into_iter().flatten() {
            if entry.file_type().is_file() && !live.contains(entry.path()) {
                fs::remove_file(entry.path()).map_err(Error::io("remove", entry.path()))?;
            }
        }
        Ok(())
    }
}

impl Intake {
    fn input(
        &mut self,
        input: &inputs::Input,
        evidence: EvidenceId,
        known: &[&InputRecord],
        progress: &mut dyn FnMut(u64),
        problems: &mut Vec<Error>,
    ) -> Result<InputReceipt> {
        let path = &input.path;
        let size = fs::metadata(path).map_err(Error::io("open", path))?.len();
        // Only a file of a size seen before can be one seen before; others are hashed while they are read.
        if known.iter().any(|k| k.size == size) {
            let (sha256, _) = hash_file(path)?;
            if let Some(record) = known.iter().find(|k| k.sha256 == sha256 && k.size == size) {
                return Ok(InputReceipt {
                    record: InputRecord { path: input.name.clone(), ..(*record).clone() },
                    known: true,
                });
            }
        }
        let file = File::open(path).map_err(Error::io("open", path))?;
        self.seen.expect((size / USUAL_EVENT).min(MOST_EXPECTED));
        let mut record = InputRecord {
            path: input.name.clone(),
            sha256: String::new(),
            size,
            content_size: 0,
            format: String::new(),
            read: 0,
            stored: 0,
            duplicate: 0,
            rejected: 0,
            first: None,
            last: None,
            cut: 0,
            notes: Vec::new(),
        };
        let hint = path.file_name().map_or_else(|| "input".into(), |name| name.to_string_lossy());
        let done = pipeline::run(Box::new(file), evidence, &hint, &mut |batch, bytes| {
            progress(bytes);
            self.batch(batch, evidence, &mut record)
        })?;
        match done {
            Ok(done) => {
                (record.sha256, record.size) = (done.sha256, done.size);
                (record.content_size, record.format) = (done.content.size, done.content.format);
                record.notes.extend(done.content.notes);
            }
            Err(source) => {
                // What was read is in the case; a hash of a part would be no hash of the file.
                let (sha256, size) = hash_file(path).unwrap_or_default();
                (record.sha256, record.size) = (sha256, size);
                record.format = "unreadable".into();
                record.notes.push(format!("reading failed: {source}"));
                problems.push(Error::io("read", path)(source));
            }
        }
        if record.read != record.stored + record.duplicate + record.rejected {
            return Err(Error::Bug {
                what: format!("the books of {} do not balance", input.name),
                source: format!("{record:?}").into(),
            });
        }
        Ok(InputReceipt { record, known: false })
    }

    fn batch(&mut self, batch: Batch, evidence: EvidenceId, record: &mut InputRecord) -> Result<()> {
        record.read += batch.read;
        let new = |note: &String| !record.notes.contains(note);
        let notes: Vec<String> = batch.notes.iter().filter(|note| new(note)).cloned().collect();
        record.notes.extend(notes);
        record.rejected += batch.rejects.len() as u64;
        let audit = &tables::audit::TABLE;
        let bug = || Error::Bug { what: "audit rows without time and place".into(), source: "builders".into() };
        let keys = Keys::of(&batch.audit).ok_or_else(bug)?;
        let mut keep = Vec::with_capacity(batch.audit_keys.len());
        for (row, key) in batch.audit_keys.iter().enumerate() {
            let (time, place) = (keys.time(row), keys.place(row));
            record.first = record.first.into_iter().chain(time).min();
            record.last = record.last.max(time);
            keep.push(match self.seen.event(key, time, place) {
                Fate::Store => true,
                Fate::Duplicate => false,
                Fate::Replace(poorer) => {
                    self.amends.replace(&poorer);
                    true
                }
                Fate::Join { into, from } => {
                    self.amends.join(into, &from);
                    true
                }
            });
        }
        record.cut += words(&batch.audit, "body", "cut");
        self.keep(audit.name, &batch.audit, &keep, record)?;
        let keep: Vec<bool> = batch.object_keys.iter().map(|key| self.seen.object(*key) == Fate::Store).collect();
        self.keep(tables::object::TABLE.name, &batch.object, &keep, record)?;
        for sheet in &batch.sheets {
            self.sheet(sheet, evidence, record)?;
        }
        if !batch.rejects.is_empty() {
            self.store.add(tables::reject::TABLE.name, rejects(&batch.rejects, evidence)?)?;
        }
        Ok(())
    }

    /// Takes in rows of an open table.
    fn sheet(&mut self, sheet: &SheetBatch, evidence: EvidenceId, record: &mut InputRecord) -> Result<()> {
        // Another spelling of a name is the same table.
        let new = || Open { name: sheet.table.clone(), guesses: BTreeMap::new() };
        let open = self.open.entry(sheet.table.to_lowercase()).or_insert_with(new);
        for (column, guess) in &sheet.guesses {
            let known = open.guesses.entry(column.clone()).or_insert(Guess::ANY);
            *known = known.and(*guess);
        }
        let name = open.name.clone();
        let keys = Keys::of(&sheet.rows);
        for time in keys.iter().flat_map(|keys| (0..sheet.keys.len()).filter_map(|row| keys.time(row))) {
            record.first = record.first.into_iter().chain([time]).min();
            record.last = record.last.max(Some(time));
        }
        let keep: Vec<bool> = sheet.keys.iter().map(|key| self.seen.row(*key, evidence.0) == Fate::Store).collect();
        if sheet.derived {
            let mask: BooleanArray = keep.into_iter().map(Some).collect();
            let rows = filter_record_batch(&sheet.rows, &mask).map_err(sorting)?;
            return self.store.add(&name, rows);
        }
        self.keep(&name, &sheet.rows, &keep, record)
    }

    fn keep(&mut self, table: &str, rows: &RecordBatch, keep: &[bool], record: &mut InputRecord) -> Result<()> {
        let stored = keep.iter().filter(|keep| **keep).count();
        record.stored += stored as u64;
        record.duplicate += (keep.len() - stored) as u64;
        if stored == keep.len() {
            return self.store.add(table, rows.clone());
        }
        let mask: BooleanArray = keep.iter().map(|keep| Some(*keep)).collect();
        let out: BooleanArray = keep.iter().map(|keep| Some(!keep)).collect();
        self.store.add(table, filter_record_batch(rows, &mask).map_err(sorting)?)?;
        let doubles = filter_record_batch(rows, &out).map_err(sorting)?;
        self.store.add(tables::duplicate::TABLE.name, duplicates(&doubles, table)?)
    }
}

fn sorting(source: arrow::error::ArrowError) -> Error {
    Error::Bug { what: "sorting out doubles".into(), source: source.into() }
}

fn number(batch: &RecordBatch, column: &str, row: usize) -> u64 {
    let array = batch.column_by_name(column);
    let small =
        array.and_then(|a| a.as_primitive_opt::<arrow::datatypes::UInt32Type>()).map(|a| u64::from(a.value(row)));
    small.or_else(|| array.and_then(|a| a.as_primitive_opt::<UInt64Type>()).map(|a| a.value(row))).unwrap_or_default()
}

/// Counts the rows whose column says `word`.
fn words(batch: &RecordBatch, column: &str, word: &str) -> u64 {
    let Some(words) = batch.column_by_name(column).and_then(|a| a.as_dictionary_opt::<Int32Type>()) else {
        return 0;
    };
    let wanted = words.values().as_string::<i32>().iter().position(|value| value == Some(word));
    let keys = words.keys().iter().flatten();
    wanted.map_or(0, |wanted| keys.filter(|key| usize::try_from(*key) == Ok(wanted)).count() as u64)
}

/// Rows of table `duplicate` for records that brought an event or object again.
fn duplicates(rows: &RecordBatch, of: &str) -> Result<RecordBatch> {
    let none: ArrayRef = Arc::new(StringArray::new_null(rows.num_rows()));
    let column = |name: &str| rows.column_by_name(name).map_or_else(|| Arc::clone(&none), Arc::clone);
    let of_table: ArrayRef = Arc::new(StringArray::from(vec![of; rows.num_rows()]));
    let known = TABLES.iter().chain(azure::AZURE).find(|table| table.name == of);
    let id = known.and_then(|table| table.id).unwrap_or_default();
    let columns = ["stage", "time", "category", "evidence", "offset", "length"].map(column);
    table_batch(&tables::duplicate::TABLE, [vec![of_table, column(id)], columns.to_vec()].concat())
}

fn rejects(rejects: &[Reject], evidence: EvidenceId) -> Result<RecordBatch> {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rejects.iter().map(|r| r.reason.as_str()))),
        Arc::new(rejects.iter().map(|r| (r.line > 0).then_some(r.line)).collect::<UInt64Array>()),
        Arc::new(StringArray::from_iter_values(rejects.iter().map(|r| r.sample.as_str()))),
        Arc::new(UInt32Array::from_value(evidence.0, rejects.len())),
        Arc::new(UInt64Array::from_iter_values(rejects.iter().map(|r| r.offset))),
        Arc::new(UInt64Array::from_iter_values(rejects.iter().map(|r| r.length))),
    ];
    table_batch(&tables::reject::TABLE, columns)
}

fn table_batch(table: &Table, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    let bug =
        |source: arrow::error::ArrowError| Error::Bug { what: format!("table {}", table.name), source: source.into() };
    let typed = columns.iter().zip(table.schema.fields()).map(|(array, field)| cast(array, field.data_type()));
    RecordBatch::try_new(Arc::clone(&table.schema), typed.collect::<Result<_, _>>().map_err(bug)?).map_err(bug)
}
