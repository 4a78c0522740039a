//! Record batches to few, large Parquet files, each sorted by (time, evidence, offset).
//!
//! Rows wait until there are enough for a row group; a group that begins before the end of its file starts another
//! file. A file counts only once the journal lists it, so it is written under a temporary name first.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int32Type, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::file::writer::SerializedFileWriter;

use super::columns::{conform, widened};
use super::custody::FileRecord;
use super::encode::{Encoding, Plan};
use super::group::{Group, Key, Lot};
use super::hash::Hashed;
use super::layout::{fleeting, properties};
use super::projection::Projection;
use crate::error::{BoxError, Error, Result};
use crate::model::TABLES;

/// A row group ends at this many rows or bytes of rows, whichever comes first.
const GROUP_ROWS: usize = 131_072;
const GROUP_BYTES: usize = 40 << 20;
/// Bytes written to a file at once.
const AT_ONCE: usize = 1 << 20;
/// A log is nearly in order: the last rows of a group wait for the few that come a little late, so that one input
/// makes one file.
const HOLD_BACK: usize = 4_096;

/// Writes the files of one command.
pub struct Store {
    dir: PathBuf,
    /// First part of the files' names: the journal line they will belong to.
    seq: u64,
    shelves: Vec<Shelf>,
    /// What is kept for one question, of a case that is thrown away.
    only: Option<Projection>,
}

/// One table under way.
struct Shelf {
    table: String,
    /// Of an open table it grows with the columns that come.
    schema: SchemaRef,
    waiting: Vec<Lot>,
    rows: usize,
    bytes: usize,
    open: Option<Sheet>,
    done: Vec<Written>,
}

/// One file under way.
struct Sheet {
    path: PathBuf,
    writer: SerializedFileWriter<BufWriter<Hashed<File>>>,
    /// The same file, and what is on its way to the disk.
    disk: Arc<File>,
    syncing: Option<JoinHandle<io::Result<()>>>,
    /// Of a case that is thrown away.
    plain: bool,
    plan: Plan,
    groups: usize,
    rows: u64,
    /// The group whose columns are being encoded: the rows of the next come meanwhile.
    under_way: Option<Encoding>,
    /// Key of the last row written.
    last: Option<Key>,
}

impl Store {
    /// Starts the files of journal line `seq`; `only` is what is kept of a case that is thrown away.
    pub fn new(dir: &Path, seq: u64, only: Option<Projection>) -> Store {
        Store { dir: dir.into(), seq, shelves: Vec::new(), only }
    }

    /// Adds rows of a table.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn add(&mut self, table: &str, batch: RecordBatch) -> Result<()> {
        let rows = 0..batch.num_rows();
        self.add_rows(table, batch, rows)
    }

    /// Adds some rows of a batch. Rows that follow one another are best added one after the other: they stay one batch.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn add_rows(&mut self, table: &str, batch: RecordBatch, rows: Range<usize>) -> Result<()> {
        let batch = match &self.only {
            Some(only) => only.of(table, &batch),
            None => Some(batch),
        };
        let Some(batch) = batch.filter(|_| !rows.is_empty()) else { return Ok(()) };
        let shelf = match self.shelves.iter().position(|shelf| shelf.table == table) {
            Some(place) => &mut self.shelves[place],
            None => {
                self.shelves.push(Shelf {
                    table: table.to_owned(),
                    schema: batch.schema(),
                    waiting: Vec::new(),
                    rows: 0,
                    bytes: 0,
                    open: None,
                    done: Vec::new(),
                });
                self.shelves.last_mut().expect("one was just pushed")
            }
        };
        let batch = shelf.fit(batch)?;
        shelf.rows += rows.len();
        shelf.bytes += share(&batch, rows.len());
        if !shelf.waiting.last_mut().is_some_and(|last| last.goes_on_with(&batch, &rows)) {
            shelf.waiting.push(Lot { batch, rows: vec![rows] });
        }
        if shelf.rows >= GROUP_ROWS || shelf.bytes >= GROUP_BYTES {
            shelf.flush(&self.dir, self.seq, self.only.is_some(), HOLD_BACK)?;
        }
        Ok(())
    }

    /// Writes what waits and ends every file under its temporary name; returns each with its rows, table by table.
    pub fn close(mut self) -> Result<Vec<Closed>> {
        let mut files = Vec::new();
        for shelf in &mut self.shelves {
            shelf.flush(&self.dir, self.seq, self.only.is_some(), 0)?;
            shelf.end()?;
            let files_of = std::mem::take(&mut shelf.done);
            files.push(Closed { table: shelf.table.clone(), schema: Arc::clone(&shelf.schema), files: files_of });
        }
        Ok(files)
    }

    /// Writes what waits, syncs every file and gives it its name; the caller's journal line makes them count.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(self) -> Result<Vec<FileRecord>> {
        let dir = self.dir.clone();
        let closed = self.close()?;
        publish(&dir, &closed, true)
    }
}

/// Gives temporary files their names and describes them for the journal. What does not `last` is neither hashed nor synced.
pub fn publish(dir: &Path, closed: &[Closed], last: bool) -> Result<Vec<FileRecord>> {
    let mut records = Vec::new();
    for Closed { table, files, .. } in closed {
        for Written { path: file, rows, size, sha256 } in files {
            if last {
                sync(file)?;
            }
            let path = file.with_extension("");
            fs::rename(file, &path).map_err(Error::io("name", &path))?;
            let short = path.strip_prefix(dir).unwrap_or(&path);
            let short = short.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            let (rows, size, sha256) = (*rows, *size, sha256.clone());
            records.push(FileRecord { table: table.clone(), path: short, rows, size, sha256 });
        }
        if last {
            sync(&dir.join("tables").join(table))?;
        }
    }
    Ok(records)
}

fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::io("sync", path))
}

/// The files of one table, ended under their temporary names.
pub struct Closed {
    pub table: String,
    /// Of the last file: an open table's grew.
    pub schema: SchemaRef,
    pub files: Vec<Written>,
}

impl Closed {
    pub fn paths(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.path.clone()).collect()
    }
}

/// A file that was written.
pub struct Written {
    pub path: PathBuf,
    rows: u64,
    size: u64,
    sha256: String,
}

impl Shelf {
    /// Gives a batch of an open table the columns of those before it, and those the columns that are new in it.
    fn fit(&mut self, batch: RecordBatch) -> Result<RecordBatch> {
        if Arc::ptr_eq(batch.schema_ref(), &self.schema) || batch.schema() == self.schema {
            return Ok(batch);
        }
        let wider = widened(&self.schema, &batch.schema());
        if wider != self.schema {
            self.end()?;
            self.schema = wider;
            for waiting in &mut self.waiting {
                waiting.batch = conform(&waiting.batch, &self.schema)?;
            }
        }
        conform(&batch, &self.schema)
    }

    /// Writes a row group of what waits, but for the last `hold` rows; `plain` is without compression.
    fn flush(&mut self, dir: &Path, seq: u64, plain: bool, hold: usize) -> Result<()> {
        let mut group = Group::new(std::mem::take(&mut self.waiting));
        self.waiting = group.split_off(group.rows.saturating_sub(hold))?;
        self.rows = self.waiting.iter().map(Lot::count).sum();
        self.bytes = self.waiting.iter().map(|lot| share(&lot.batch, lot.count())).sum();
        if group.rows == 0 {
            return Ok(());
        }
        if self.open.as_ref().is_some_and(|sheet| sheet.last > group.first()) {
            self.end()?;
        }
        let sheet = match &mut self.open {
            Some(sheet) => sheet,
            None => {
                // What is written has the table's own types, however the rows were built.
                let own = TABLES.iter().find(|table| table.name == self.table && !table.is_open());
                let fields = own.map_or(&self.schema, |table| &table.schema).fields().iter();
                let kept = fields.filter(|field| self.schema.column_with_name(field.name()).is_some());
                let schema = Arc::new(Schema::new(kept.cloned().collect::<Vec<_>>()));
                self.open.insert(Sheet::create(dir, seq, self.done.len(), &self.table, &schema, plain)?)
            }
        };
        sheet.write(group)
    }

    fn end(&mut self) -> Result<()> {
        if let Some(mut sheet) = self.open.take() {
            sheet.settle()?;
            sheet.synced()?;
            let path = sheet.path.clone();
            let rows = sheet.rows;
            let file = sheet.writer.into_inner().map_err(|e| unwritten(&path, e))?;
            let file = file.into_inner().map_err(|e| unwritten(&path, e.into_error()))?;
            let (sha256, size) = file.digest();
            self.done.push(Written { path, rows, size, sha256 });
        }
        Ok(())
    }
}

impl Sheet {
    fn create(dir: &Path, seq: u64, number: usize, table: &str, schema: &SchemaRef, plain: bool) -> Result<Sheet> {
        let how = if plain { fleeting() } else { properties(table, schema) };
        let folder = dir.join("tables").join(table);
        fs::create_dir_all(&folder).map_err(|e| unwritten(&folder, e))?;
        // A second pass of the same command (a merge) must not meet the names of the first.
        let name = (number..).map(|n| folder.join(format!("{seq:06}-{n:03}.parquet.tmp"))).find(|path| !path.exists());
        let path = name.expect("numbers do not end");
        let file = File::create(&path).map_err(|e| unwritten(&path, e))?;
        let disk = file.try_clone().map_err(|e| unwritten(&path, e))?;
        let hashed = if plain { Hashed::without(file) } else { Hashed::new(file) };
        let file = BufWriter::with_capacity(AT_ONCE, hashed);
        let writer =
            ArrowWriter::try_new(file, Arc::clone(schema), Some(how)).and_then(ArrowWriter::into_serialized_writer);
        let (writer, _) = writer.map_err(|e| unwritten(&path, e))?;
        let plan = Plan::new(schema, writer.schema_descr(), writer.properties()).map_err(|e| unwritten(&path, e))?;
        let (disk, syncing) = (Arc::new(disk), None);
        Ok(Sheet { path, writer, disk, syncing, plain, plan, groups: 0, rows: 0, under_way: None, last: None })
    }

    /// Starts on one row group, when that before it is written.
    fn write(&mut self, group: Group) -> Result<()> {
        self.settle()?;
        self.rows += group.rows as u64;
        self.last = group.last();
        let fail = |e| unwritten(&self.path, e);
        self.under_way = Some(Encoding::start(group, &self.plan, self.groups).map_err(fail)?);
        self.groups += 1;
        Ok(())
    }

    /// Writes the row group that is being encoded.
    fn settle(&mut self) -> Result<()> {
        let Some(encoding) = self.under_way.take() else { return Ok(()) };
        let fail = |e| unwritten(&self.path, e);
        let mut row_group = self.writer.next_row_group().map_err(fail)?;
        encoding.finish(&mut row_group).map_err(fail)?;
        row_group.close().map_err(fail)?;
        // What is on the disk before the end need not be waited for then.
        self.synced()?;
        if self.groups < 2 || self.plain {
            return Ok(());
        }
        let disk = Arc::clone(&self.disk);
        self.syncing = Some(std::thread::spawn(move || disk.sync_data()));
        Ok(())
    }

    /// Waits for what is on its way to the disk: who asks again later might not be told of a failure.
    fn synced(&mut self) -> Result<()> {
        let failed = |_| io::Error::other("the thread that syncs failed");
        let synced = self.syncing.take().map_or(Ok(()), |thread| thread.join().map_err(failed).flatten());
        synced.map_err(|e| unwritten(&self.path, e))
    }
}

/// About how many bytes of a batch that has rows are those of so many of them.
fn share(batch: &RecordBatch, rows: usize) -> usize {
    weight(batch) * rows / batch.num_rows()
}

/// Bytes of the rows themselves, without the room their builders kept.
fn weight(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(|column| weight_of(column)).sum()
}

fn weight_of(array: &dyn Array) -> usize {
    if let Some(texts) = array.as_string_opt::<i32>() {
        let offsets = texts.value_offsets();
        return (offsets[offsets.len() - 1] - offsets[0]) as usize + size_of_val(offsets);
    }
    if let Some(numbered) = array.as_dictionary_opt::<Int32Type>() {
        return weight_of(numbered.values()) + size_of_val(numbered.keys().values().inner().as_slice());
    }
    size_of(array)
}

/// What [`ArrayData::get_slice_memory_size`](arrow::array::ArrayData::get_slice_memory_size) says of an array, without
/// a copy of what describes it.
pub fn size_of(array: &dyn Array) -> usize {
    let bits = |rows: usize| rows.div_ceil(8);
    let nulls = array.nulls().map_or(0, |nulls| bits(nulls.len()));
    let values = if let Some(texts) = array.as_string_opt::<i32>() {
        let offsets = texts.value_offsets();
        (offsets[offsets.len() - 1] - offsets[0]) as usize + size_of_val(offsets)
    } else if let Some(lists) = array.as_list_opt::<i32>() {
        size_of_val(lists.value_offsets()) + size_of(lists.values())
    } else if let Some(parts) = array.as_struct_opt() {
        parts.columns().iter().map(|part| size_of(part)).sum()
    } else if let Some(width) = array.data_type().primitive_width() {
        array.len() * width
    } else if array.data_type() == &DataType::Boolean {
        bits(array.len())
    } else {
        // A size that cannot be told is guessed high, so that a group ends early.
        return array.to_data().get_slice_memory_size().unwrap_or(1 << 20);
    };
    values + nulls
}

/// A file of the case that cannot be written: no problem of the input whose rows it was to hold.
fn unwritten(path: &Path, source: impl Into<BoxError>) -> Error {
    Error::Unwritten { path: path.into(), source: source.into() }
}

/// A failure of the Parquet layer, with the file it belongs to.
pub fn damaged(path: &Path, source: impl Into<BoxError>) -> Error {
    Error::Damaged { path: path.into(), source: source.into() }
}
