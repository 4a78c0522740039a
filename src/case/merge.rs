//! Sorted files of one table into one sorted stream, rows that were superseded left out and others completed by them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::columns::conform;
use super::group::{Keys, key};
use super::join::{Amends, Spare};
use super::store::{Store, damaged};
use crate::error::{Error, Result};

/// Rows read at a time from each file: what is held does not grow with the files' sizes.
const ROWS: usize = 4_096;

/// A row's place in its evidence.
pub type Place = (u32, u64);

/// One file being read.
struct Stream {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    batch: RecordBatch,
    row: usize,
}

/// Writes the rows of `files` to `store` in order; rows that are superseded go to `dropped` instead.
///
/// # Errors
/// When a file cannot be read or written.
pub fn merge(
    table: &str,
    schema: &SchemaRef,
    files: &[PathBuf],
    amends: &Amends,
    store: &mut Store,
    dropped: &mut dyn FnMut(&RecordBatch) -> Result<()>,
) -> Result<()> {
    let spare = spare(schema, files, amends)?;
    let mut streams = Vec::new();
    for path in files {
        streams.extend(open(schema, path)?);
    }
    while !streams.is_empty() {
        let least = (0..streams.len()).min_by_key(|s| head(&streams[*s])).unwrap_or_default();
        let limit = (0..streams.len()).filter(|s| *s != least).map(|s| head(&streams[s])).min();
        let stream = &mut streams[least];
        // The whole run of rows that come before any other file's next row.
        let mut end = stream.row + 1;
        let keys = Keys::of(&stream.batch);
        let key = |row| keys.as_ref().map(|keys| keys.key(row));
        while end < stream.batch.num_rows() && limit.is_none_or(|limit| key(end) <= limit) {
            end += 1;
        }
        let run = stream.batch.slice(stream.row, end - stream.row);
        stream.row = end;
        let keys = Keys::of(&run);
        let out = |row| keys.as_ref().is_some_and(|keys| amends.leaves_out(keys.place(row)));
        let out: Vec<bool> = (0..run.num_rows()).map(out).collect();
        if out.contains(&true) {
            dropped(&only(&run, out.iter().copied())?)?;
            store.add(table, spare.complete(only(&run, out.iter().map(|out| !out))?)?)?;
        } else {
            store.add(table, spare.complete(run)?)?;
        }
        if stream.row == stream.batch.num_rows() && !advance(stream)? {
            streams.swap_remove(least);
        }
    }
    Ok(())
}

/// Gathers the rows that are to complete others, in a pass of its own: they may come later than the rows they complete.
fn spare<'a>(schema: &SchemaRef, files: &[PathBuf], amends: &'a Amends) -> Result<Spare<'a>> {
    let mut spare = Spare::new(amends);
    for path in files.iter().filter(|_| amends.joins()) {
        let mut stream = open(schema, path)?;
        while let Some(some) = &mut stream {
            spare.gather(&some.batch)?;
            if !advance(some)? {
                stream = None;
            }
        }
    }
    Ok(spare)
}

/// The rows whose flag is set.
fn only(run: &RecordBatch, rows: impl Iterator<Item = bool>) -> Result<RecordBatch> {
    let mask: BooleanArray = rows.map(Some).collect();
    filter_record_batch(run, &mask).map_err(|source| Error::Bug { what: "merging rows".into(), source: source.into() })
}

fn open(schema: &SchemaRef, path: &Path) -> Result<Option<Stream>> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.with_batch_size(ROWS).build())
        .map_err(|e| damaged(path, e))?;
    let batch = RecordBatch::new_empty(Arc::clone(schema));
    let mut stream = Stream { path: path.into(), reader, batch, row: 0 };
    Ok(if advance(&mut stream)? { Some(stream) } else { None })
}

/// Reads the next batch that has rows; false at the end.
fn advance(stream: &mut Stream) -> Result<bool> {
    for batch in stream.reader.by_ref() {
        let batch = batch.map_err(|e| damaged(&stream.path, e))?;
        if batch.num_rows() > 0 {
            let schema = stream.batch.schema();
            let batch = if batch.schema() == schema { batch } else { conform(&batch, &schema)? };
            (stream.batch, stream.row) = (batch, 0);
            return Ok(true);
        }
    }
    Ok(false)
}

fn head(stream: &Stream) -> Option<(Option<i64>, u32, u64)> {
    key(&stream.batch, stream.row)
}
