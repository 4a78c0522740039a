//! Sorted files of one table into one sorted stream, rows that were superseded left out.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::store::{Store, damaged, key};
use crate::error::{Error, Result};
use crate::model::Table;

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

/// Writes the rows of `files` to `store` in order; rows whose place is in `leave` go to `dropped` instead.
///
/// # Errors
/// When a file cannot be read or written.
pub fn merge(
    table: &'static Table,
    files: &[PathBuf],
    leave: &HashSet<Place>,
    store: &mut Store,
    dropped: &mut dyn FnMut(&RecordBatch) -> Result<()>,
) -> Result<()> {
    let mut streams = Vec::new();
    for path in files {
        streams.extend(open(table, path)?);
    }
    while !streams.is_empty() {
        let least = (0..streams.len()).min_by_key(|s| head(&streams[*s])).unwrap_or_default();
        let limit = (0..streams.len()).filter(|s| *s != least).map(|s| head(&streams[s])).min();
        let stream = &mut streams[least];
        // The whole run of rows that come before any other file's next row.
        let mut end = stream.row + 1;
        while end < stream.batch.num_rows() && limit.is_none_or(|limit| key(&stream.batch, end) <= limit) {
            end += 1;
        }
        let run = stream.batch.slice(stream.row, end - stream.row);
        stream.row = end;
        if leave.is_empty() {
            store.add(table, run)?;
        } else {
            let out = |row| key(&run, row).is_some_and(|(_, evidence, offset)| leave.contains(&(evidence, offset)));
            let out: Vec<bool> = (0..run.num_rows()).map(out).collect();
            let keep: BooleanArray = out.iter().map(|out| Some(!out)).collect();
            let drop: BooleanArray = out.iter().map(|out| Some(*out)).collect();
            let fail =
                |source: arrow::error::ArrowError| Error::Bug { what: "merging rows".into(), source: source.into() };
            store.add(table, filter_record_batch(&run, &keep).map_err(fail)?)?;
            dropped(&filter_record_batch(&run, &drop).map_err(fail)?)?;
        }
        if stream.row == stream.batch.num_rows() && !advance(stream)? {
            streams.swap_remove(least);
        }
    }
    Ok(())
}

fn open(table: &Table, path: &Path) -> Result<Option<Stream>> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.with_batch_size(ROWS).build())
        .map_err(|e| damaged(path, e))?;
    let batch = RecordBatch::new_empty(table.schema.clone());
    let mut stream = Stream { path: path.into(), reader, batch, row: 0 };
    Ok(if advance(&mut stream)? { Some(stream) } else { None })
}

/// Reads the next batch that has rows; false at the end.
fn advance(stream: &mut Stream) -> Result<bool> {
    for batch in stream.reader.by_ref() {
        let batch = batch.map_err(|e| damaged(&stream.path, e))?;
        if batch.num_rows() > 0 {
            (stream.batch, stream.row) = (batch, 0);
            return Ok(true);
        }
    }
    Ok(false)
}

fn head(stream: &Stream) -> Option<(Option<i64>, u32, u64)> {
    key(&stream.batch, stream.row)
}
