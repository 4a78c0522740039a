//! The rows of a row group to be, sorted by (time, evidence, offset) without being moved.

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RecordBatch};
use arrow::compute::{concat_batches, interleave};
use arrow::datatypes::{TimestampMicrosecondType, UInt32Type, UInt64Type};

use super::merge::Place;
use crate::error::{Error, Result};

/// Runs of at least so many rows are written as they lie.
const LONG_RUN: usize = 32;
/// Short runs put together at a time.
const PIECE: usize = 1_024;

/// Order of rows: rows without a time first.
pub type Key = (Option<i64>, u32, u64);

/// The rows of a row group to be, in order.
pub struct Group {
    pub batches: Vec<RecordBatch>,
    pub rows: usize,
    pub runs: Vec<Run>,
}

/// Rows of one batch that follow one another in the group as they do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub batch: usize,
    pub start: usize,
    pub rows: usize,
}

impl Group {
    /// Finds the order. Batches are mostly in order themselves, so what there is to do is where one ends and the next
    /// begins.
    pub fn new(batches: Vec<RecordBatch>) -> Group {
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
    pub fn first(&self) -> Option<Key> {
        self.runs.first().and_then(|run| key(&self.batches[run.batch], run.start))
    }

    /// Key of the last row.
    pub fn last(&self) -> Option<Key> {
        self.runs.last().and_then(|run| key(&self.batches[run.batch], run.start + run.rows - 1))
    }

    /// Takes the rows from `at` on out of the group, as a copy that does not hold the memory of the others.
    pub fn split_off(&mut self, at: usize) -> Result<Option<RecordBatch>> {
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
    pub fn each(
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
