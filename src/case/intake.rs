//! Batches of one intake into the store: doubles told apart, every record counted.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, UInt32Array, UInt64Array};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::Int32Type;

use super::custody::InputRecord;
use super::dedupe::{Fate, Seen};
use super::group::Keys;
use super::ingest::{InputReceipt, Intaking};
use super::join::Amends;
use super::reading::Register;
use super::store::Store;
use super::watch::Watch;
use crate::error::{Error, Result};
use crate::formats::{Batch, Guess, Lacks, Reject, SheetBatch};
use crate::model::tables::azure;
use crate::model::{EvidenceId, TABLES, Table, tables};

/// One intake under way.
pub struct Intake<'a> {
    /// The case's folder.
    pub dir: PathBuf,
    pub how: &'a Intaking,
    pub watch: Watch<'a>,
    pub store: Store,
    pub seen: Seen,
    pub amends: Amends,
    /// Names of open tables by their spelling in lower case, and what their untyped columns can be.
    pub open: BTreeMap<String, Open>,
    /// Evidence of earlier intakes.
    pub earlier: Vec<InputRecord>,
    /// What became of the inputs of this one so far.
    pub receipts: Vec<InputReceipt>,
    /// How many of those are new evidence.
    pub new: u32,
    /// The file whose batches come.
    pub under_way: Option<UnderWay>,
    /// What evidence is known again by.
    pub register: &'a Register,
    pub problems: Vec<Error>,
}

/// An open table under way.
pub struct Open {
    name: String,
    pub guesses: BTreeMap<String, Guess>,
}

impl Open {
    pub fn new(name: &str) -> Open {
        Open { name: name.to_owned(), guesses: BTreeMap::new() }
    }
}

/// A file whose batches come.
pub struct UnderWay {
    pub evidence: EvidenceId,
    pub record: InputRecord,
    pub lacks: Lacks,
}

impl Intake<'_> {
    /// Knows no row any more that came before, so that nothing that comes is a double of it.
    pub fn forget(&mut self) {
        self.seen = Seen::new(&self.dir);
    }

    /// Takes in the rows and rejects of one batch.
    pub fn batch(&mut self, batch: Batch, evidence: EvidenceId, record: &mut InputRecord) -> Result<()> {
        self.watch.step(batch.read)?;
        record.read += batch.read;
        let new = |note: &String| !record.notes.contains(note);
        let notes: Vec<String> = batch.notes.iter().filter(|note| new(note)).cloned().collect();
        record.notes.extend(notes);
        record.rejected += batch.rejects.len() as u64;
        let audit = &tables::audit::TABLE;
        let bug = || Error::Bug { what: "audit rows without time and place".into(), source: "builders".into() };
        let keys = Keys::of(&batch.audit).ok_or_else(bug)?;
        self.seen.ahead(&batch.audit_keys);
        let mut keep = Vec::with_capacity(batch.audit_keys.len());
        for (row, key) in batch.audit_rows.clone().zip(&batch.audit_keys) {
            let (time, place) = (keys.time(row), keys.place(row));
            record.first = record.first.into_iter().chain(time).min();
            record.last = record.last.max(time);
            keep.push(match self.seen.event(key, time, place)? {
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
        record.cut += words(&batch.audit, batch.audit_rows.clone(), "body", "cut");
        self.keep(audit.name, &batch.audit, batch.audit_rows.start, &keep, record)?;
        let keep: Vec<bool> = batch.object_keys.iter().map(|key| self.seen.object(*key) == Fate::Store).collect();
        self.keep(tables::object::TABLE.name, &batch.object, 0, &keep, record)?;
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
        let new = || Open::new(&sheet.table);
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
        self.keep(&name, &sheet.rows, 0, &keep, record)
    }

    /// Stores those of the rows from `first` on that are to be kept.
    fn keep(
        &mut self,
        table: &str,
        rows: &RecordBatch,
        first: usize,
        keep: &[bool],
        record: &mut InputRecord,
    ) -> Result<()> {
        let stored = keep.iter().filter(|keep| **keep).count();
        record.stored += stored as u64;
        record.duplicate += (keep.len() - stored) as u64;
        if stored == keep.len() {
            return self.store.add_rows(table, rows.clone(), first..first + stored);
        }
        let rows = &rows.slice(first, keep.len());
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

/// Counts those of the rows whose column says `word`.
fn words(batch: &RecordBatch, rows: Range<usize>, column: &str, word: &str) -> u64 {
    let numbered = batch.column_by_name(column).and_then(|column| column.as_dictionary_opt::<Int32Type>());
    let Some((all, words)) = numbered.and_then(|all| Some((all.keys(), all.values().as_string_opt::<i32>()?))) else {
        return 0;
    };
    let number = |row: &i32| usize::try_from(*row).ok().filter(|number| *number < words.len());
    let numbers = rows.filter(|row| !all.is_null(*row)).filter_map(|row| number(&all.value(row)));
    numbers.filter(|number| words.value(*number) == word).count() as u64
}

/// Rows of table `duplicate` for records that brought an event or object again.
pub fn duplicates(rows: &RecordBatch, of: &str) -> Result<RecordBatch> {
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
