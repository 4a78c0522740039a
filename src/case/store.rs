//! Record batches to few, large Parquet files, each sorted by (time, evidence, offset).
//!
//! Rows wait until there are enough for a row group; a group that begins before the end of its file starts another
//! file. A file counts only once the journal lists it, so it is written under a temporary name first.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RecordBatch};
use arrow::compute::{concat_batches, interleave};
use arrow::datatypes::{Schema, SchemaRef, TimestampMicrosecondType, UInt32Type, UInt64Type};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

use super::columns::{conform, widened};
use super::custody::{FileRecord, hash_file};
use super::layout::properties;
use super::merge::Place;
use super::projection::Projection;
use crate::error::{BoxError, Error, Result};
use crate::model::TABLES;

/// A row group ends at this many rows or bytes of rows, whichever comes first.
const GROUP_ROWS: usize = 131_072;
const GROUP_BYTES: usize = 48 << 20;
/// A log is nearly in order: the last rows of a group wait for the few that come a little late, so that one input
/// makes one file.
const HOLD_BACK: usize = 4_096;
/// Runs of at least so many rows are written as they lie.
const LONG_RUN: usize = 32;
/// Short runs put together at a time.
const PIECE: usize = 1_024;

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
    waiting: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
    open: Option<Sheet>,
    done: Vec<(PathBuf, u64)>,
}

/// One file under way.
struct Sheet {
    path: PathBuf,
    writer: SerializedFileWriter<File>,
    factory: ArrowRowGroupWriterFactory,
    groups: usize,
    rows: u64,
    /// Key of the last row written.
    last: Option<Key>,
}

/// Order of rows: rows without a time first.
type Key = (Option<i64>, u32, u64);

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
        let batch = match &self.only {
            Some(only) => only.of(table, &batch),
            None => Some(batch),
        };
        let Some(batch) = batch.filter(|batch| batch.num_rows() > 0) else { return Ok(()) };
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
        shelf.rows += batch.num_rows();
        shelf.bytes += weight(&batch);
        shelf.waiting.push(batch);
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
            let paths = shelf.done.iter().map(|(path, _)| path.clone()).collect();
            files.push(Closed { table: shelf.table.clone(), schema: Arc::clone(&shelf.schema), files: paths });
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
        for file in files {
            let path = file.with_extension("");
            // Neither waits for the other.
            let (sha256, size) = std::thread::scope(|scope| {
                if !last {
                    return Ok(Default::default());
                }
                let syncing = scope.spawn(|| sync(file));
                let hash = hash_file(file);
                syncing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).and(hash)
            })?;
            let rows = rows_of(file)?;
            fs::rename(file, &path).map_err(Error::io("name", &path))?;
            let short = path.strip_prefix(dir).unwrap_or(&path);
            let short = short.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            records.push(FileRecord { table: table.clone(), path: short, rows, size, sha256 });
        }
        if last {
            sync(&dir.join("tables").join(table))?;
        }
    }
    Ok(records)
}

fn rows_of(path: &Path) -> Result<u64> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    let reader = parquet::file::reader::SerializedFileReader::new(file).map_err(|e| damaged(path, e))?;
    let rows = parquet::file::reader::FileReader::metadata(&reader).file_metadata().num_rows();
    Ok(u64::try_from(rows).unwrap_or(0))
}

fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::io("sync", path))
}

/// The files of one table, ended under their temporary names.
pub struct Closed {
    pub table: String,
    /// Of the last file: an open table's grew.
    pub schema: SchemaRef,
    pub files: Vec<PathBuf>,
}

impl Shelf {
    /// Gives a batch of an open table the columns of those before it, and those the columns that are new in it.
    fn fit(&mut self, batch: RecordBatch) -> Result<RecordBatch> {
        if batch.schema() == self.schema {
            return Ok(batch);
        }
        let wider = widened(&self.schema, &batch.schema());
        if wider != self.schema {
            self.end()?;
            self.schema = wider;
            let waiting = std::mem::take(&mut self.waiting).into_iter();
            self.waiting = waiting.map(|batch| conform(&batch, &self.schema)).collect::<Result<_>>()?;
        }
        conform(&batch, &self.schema)
    }

    /// Writes a row group of what waits, but for the last `hold` rows; `plain` is without compression.
    fn flush(&mut self, dir: &Path, seq: u64, plain: bool, hold: usize) -> Result<()> {
        let mut group = Group::new(std::mem::take(&mut self.waiting));
        (self.rows, self.bytes) = (0, 0);
        if let Some(kept) = group.split_off(group.rows.saturating_sub(hold))? {
            (self.rows, self.bytes) = (kept.num_rows(), weight(&kept));
            self.waiting.push(kept);
        }
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
                let plain = plain.then(|| WriterProperties::builder().set_max_row_group_row_count(None).build());
                let properties = plain.unwrap_or_else(|| properties(&self.table, &schema));
                self.open.insert(Sheet::create(dir, seq, self.done.len(), &self.table, &schema, properties)?)
            }
        };
        sheet.write(&group)
    }

    fn end(&mut self) -> Result<()> {
        if let Some(sheet) = self.open.take() {
            let path = sheet.path.clone();
            let rows = sheet.rows;
            sheet.writer.into_inner().map_err(|e| unwritten(&path, e))?;
            self.done.push((path, rows));
        }
        Ok(())
    }
}

impl Sheet {
    fn create(
        dir: &Path,
        seq: u64,
        number: usize,
        table: &str,
        schema: &SchemaRef,
        properties: WriterProperties,
    ) -> Result<Sheet> {
        let folder = dir.join("tables").join(table);
        fs::create_dir_all(&folder).map_err(|e| unwritten(&folder, e))?;
        // A second pass of the same command (a merge) must not meet the names of the first.
        let name = (number..).map(|n| folder.join(format!("{seq:06}-{n:03}.parquet.tmp"))).find(|path| !path.exists());
        let path = name.expect("numbers do not end");
        let file = File::create(&path).map_err(|e| unwritten(&path, e))?;
        let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties))
            .and_then(ArrowWriter::into_serialized_writer);
        let (writer, factory) = writer.map_err(|e| unwritten(&path, e))?;
        Ok(Sheet { path, writer, factory, groups: 0, rows: 0, last: None })
    }

    /// Writes one row group; its columns are encoded side by side.
    fn write(&mut self, group: &Group) -> Result<()> {
        let path = self.path.clone();
        let fail = |e: parquet::errors::ParquetError| unwritten(&path, e);
        let writers = self.factory.create_column_writers(self.groups).map_err(fail)?;
        let chunks = encode(writers, group).map_err(fail)?;
        let mut row_group = self.writer.next_row_group().map_err(fail)?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut row_group).map_err(fail)?;
        }
        row_group.close().map_err(fail)?;
        self.groups += 1;
        self.rows += group.rows as u64;
        self.last = group.last();
        Ok(())
    }
}

/// The rows of a row group to be, in order.
struct Group {
    batches: Vec<RecordBatch>,
    rows: usize,
    runs: Vec<Run>,
}

/// Rows of one batch that follow one another in the group as they do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    batch: usize,
    start: usize,
    rows: usize,
}

impl Group {
    /// Finds the order. Batches are mostly in order themselves, so what there is to do is where one ends and the next
    /// begins.
    fn new(batches: Vec<RecordBatch>) -> Group {
        let whole = |(batch, rows): (usize, &RecordBatch)| Run { batch, start: 0, rows: rows.num_rows() };
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let mut order: Vec<(Key, usize, usize)> = Vec::with_capacity(rows);
        for (place, batch) in batches.iter().enumerate() {
            let Some(keys) = Keys::of(batch) else { break };
            order.extend((0..batch.num_rows()).map(|row| (keys.key(row), place, row)));
        }
        if order.len() < rows || order.is_sorted() {
            let runs = batches.iter().enumerate().map(whole).collect();
            return Group { batches, rows, runs };
        }
        // Finds the runs that are there and merges them.
        order.sort();
        let mut runs: Vec<Run> = Vec::new();
        for (_, batch, row) in order {
            match runs.last_mut() {
                Some(run) if run.batch == batch && run.start + run.rows == row => run.rows += 1,
                _ => runs.push(Run { batch, start: row, rows: 1 }),
            }
        }
        Group { batches, rows, runs }
    }

    /// Key of the first row.
    fn first(&self) -> Option<Key> {
        self.runs.first().and_then(|run| key(&self.batches[run.batch], run.start))
    }

    /// Key of the last row.
    fn last(&self) -> Option<Key> {
        self.runs.last().and_then(|run| key(&self.batches[run.batch], run.start + run.rows - 1))
    }

    /// Takes the rows from `at` on out of the group, as a copy that does not hold the memory of the others.
    fn split_off(&mut self, at: usize) -> Result<Option<RecordBatch>> {
        let bug = |source: arrow::error::ArrowError| Error::Bug { what: "sorting rows".into(), source: source.into() };
        if at >= self.rows {
            return Ok(None);
        }
        self.rows = at;
        let (mut first, mut rest, mut room) = (Vec::new(), Vec::new(), at);
        for run in self.runs.drain(..) {
            let here = room.min(run.rows);
            room -= here;
            if here > 0 {
                first.push(Run { rows: here, ..run });
            }
            if here < run.rows {
                rest.push(Run { start: run.start + here, rows: run.rows - here, ..run });
            }
        }
        self.runs = first;
        let slice = |run: &Run| self.batches[run.batch].slice(run.start, run.rows);
        let rest: Vec<RecordBatch> = rest.iter().map(slice).collect();
        concat_batches(&rest[0].schema(), &rest).map(Some).map_err(bug)
    }

    /// Gives the values of one column in order, in pieces: long runs as they are, short ones put together.
    fn each(
        &self,
        column: usize,
        each: &mut dyn FnMut(&ArrayRef) -> Result<(), parquet::errors::ParquetError>,
    ) -> Result<(), parquet::errors::ParquetError> {
        let mut runs = self.runs.as_slice();
        while let Some(run) = runs.first() {
            if run.rows >= LONG_RUN {
                each(&self.batches[run.batch].column(column).slice(run.start, run.rows))?;
                runs = &runs[1..];
                continue;
            }
            let short = runs.iter().take_while(|run| run.rows < LONG_RUN).count();
            for piece in runs[..short].chunks(PIECE) {
                each(&self.together(column, piece)?)?;
            }
            runs = &runs[short..];
        }
        Ok(())
    }

    /// Copies the values of a column in some runs.
    fn together(&self, column: usize, runs: &[Run]) -> Result<ArrayRef, arrow::error::ArrowError> {
        // Only the batches of these runs: the others would be looked at for nothing.
        let (low, high) =
            runs.iter().fold((usize::MAX, 0), |(low, high), run| (low.min(run.batch), high.max(run.batch)));
        let arrays: Vec<&dyn Array> =
            self.batches[low..=high].iter().map(|batch| batch.column(column).as_ref()).collect();
        let rows = runs.iter().flat_map(|run| (run.start..run.start + run.rows).map(move |row| (run.batch - low, row)));
        interleave(&arrays, &rows.collect::<Vec<_>>())
    }
}

/// The leaf writers of one top-level column, in order.
type Column = (usize, Vec<ArrowColumnWriter>);

fn encode(
    writers: Vec<ArrowColumnWriter>,
    group: &Group,
) -> Result<Vec<ArrowColumnChunk>, parquet::errors::ParquetError> {
    let batches = &group.batches;
    let schema = batches[0].schema();
    let mut writers = writers.into_iter();
    let mut columns: Vec<Mutex<Option<Column>>> = Vec::new();
    for (place, field) in schema.fields().iter().enumerate() {
        let leaves = compute_leaves(field, &arrow::array::new_empty_array(field.data_type()))?.len();
        columns.push(Mutex::new(Some((place, writers.by_ref().take(leaves).collect()))));
    }
    // Largest first, so that no thread is left with one at the end: bodies are most of a case.
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|c| {
        std::cmp::Reverse(batches.iter().map(|b| b.column(*c).get_array_memory_size()).sum::<usize>())
    });
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(order.len());
    let work = || {
        let mut done = Vec::new();
        while let Some(column) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let taken = columns[*column].lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some((place, mut writers)) = taken {
                group.each(place, &mut |array| {
                    let leaves = compute_leaves(schema.field(place), array)?;
                    writers.iter_mut().zip(leaves).try_for_each(|(writer, leaf)| writer.write(&leaf))
                })?;
                let chunks = writers.into_iter().map(ArrowColumnWriter::close).collect::<Result<Vec<_>, _>>()?;
                done.push((place, chunks));
            }
        }
        Ok::<_, parquet::errors::ParquetError>(done)
    };
    let mut parts = std::thread::scope(|scope| -> Result<Vec<_>, parquet::errors::ParquetError> {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut parts = work()?;
        for other in others {
            parts.extend(other.join().map_err(|_| general("a thread of the writer failed"))??);
        }
        Ok(parts)
    })?;
    parts.sort_by_key(|(place, _)| *place);
    Ok(parts.into_iter().flat_map(|(_, chunks)| chunks).collect())
}

fn general(what: &str) -> parquet::errors::ParquetError {
    parquet::errors::ParquetError::General(what.to_owned())
}

/// The columns that say when a row was and where it lies.
pub struct Keys<'a> {
    time: &'a PrimitiveArray<TimestampMicrosecondType>,
    evidence: &'a PrimitiveArray<UInt32Type>,
    offset: &'a PrimitiveArray<UInt64Type>,
}

impl<'a> Keys<'a> {
    /// None of tables without time or place: they keep the order they came in.
    pub fn of(batch: &'a RecordBatch) -> Option<Keys<'a>> {
        Some(Keys {
            time: batch.column_by_name("time")?.as_primitive_opt()?,
            evidence: batch.column_by_name("evidence")?.as_primitive_opt()?,
            offset: batch.column_by_name("offset")?.as_primitive_opt()?,
        })
    }

    pub fn time(&self, row: usize) -> Option<i64> {
        (!self.time.is_null(row)).then(|| self.time.value(row))
    }

    pub fn place(&self, row: usize) -> Place {
        (self.evidence.value(row), self.offset.value(row))
    }

    pub fn key(&self, row: usize) -> Key {
        let (evidence, offset) = self.place(row);
        (self.time(row), evidence, offset)
    }
}

/// The key of one row.
pub fn key(batch: &RecordBatch, row: usize) -> Option<Key> {
    Keys::of(batch).map(|keys| keys.key(row))
}

/// Bytes of the rows themselves, without the room their builders kept.
fn weight(batch: &RecordBatch) -> usize {
    let sizes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size());
    // A size that cannot be told is guessed high, so that a group ends early.
    sizes.map(|size| size.unwrap_or(1 << 20)).sum()
}

/// A file of the case that cannot be written: no problem of the input whose rows it was to hold.
fn unwritten(path: &Path, source: impl Into<BoxError>) -> Error {
    Error::Unwritten { path: path.into(), source: source.into() }
}

/// A failure of the Parquet layer, with the file it belongs to.
pub fn damaged(path: &Path, source: impl Into<BoxError>) -> Error {
    Error::Damaged { path: path.into(), source: source.into() }
}
