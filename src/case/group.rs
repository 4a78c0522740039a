//! The rows of a row group to be, sorted by (time, evidence, offset) without being moved.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, MutableArrayData, PrimitiveArray, RecordBatch, make_array};
use arrow::compute::concat_batches;
use arrow::datatypes::{TimestampMicrosecondType, UInt32Type, UInt64Type};
use arrow::error::ArrowError;

use super::merge::Place;
use crate::error::{Error, Result};

/// Order of rows: rows without a time first.
pub type Key = (Option<i64>, u32, u64);

/// Rows of a batch that wait to be written, in order.
pub struct Lot {
    pub batch: RecordBatch,
    pub rows: Vec<Range<usize>>,
}

impl Lot {
    /// All rows of a batch.
    pub fn all(batch: RecordBatch) -> Lot {
        let rows = 0..batch.num_rows();
        Lot { batch, rows: vec![rows] }
    }

    pub fn count(&self) -> usize {
        self.rows.iter().map(ExactSizeIterator::len).sum()
    }

    /// Takes in rows that follow in the same batch; false when they do not.
    pub fn goes_on_with(&mut self, batch: &RecordBatch, rows: &Range<usize>) -> bool {
        match self.rows.last_mut() {
            Some(last) if last.end == rows.start && Arc::ptr_eq(self.batch.column(0), batch.column(0)) => {
                last.end = rows.end;
                true
            }
            _ => false,
        }
    }
}

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
    pub fn new(lots: Vec<Lot>) -> Group {
        let rows = lots.iter().map(Lot::count).sum();
        let (mut order, mut runs): (Vec<(Key, usize, usize)>, Vec<Run>) = (Vec::with_capacity(rows), Vec::new());
        for (batch, lot) in lots.iter().enumerate() {
            runs.extend(lot.rows.iter().map(|rows| Run { batch, start: rows.start, rows: rows.len() }));
            if let Some(keys) = Keys::of(&lot.batch) {
                order.extend(lot.rows.iter().cloned().flatten().map(|row| (keys.key(row), batch, row)));
            }
        }
        let batches = lots.into_iter().map(|lot| lot.batch).collect();
        if order.len() < rows || order.is_sorted() {
            return Group { batches, rows, runs };
        }
        // Finds the runs that are there and merges them.
        order.sort();
        runs.clear();
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

    /// Takes the rows from `at` on out of the group. Those of a batch of which most are written by then are copied, so
    /// that few rows do not hold the memory of many.
    pub fn split_off(&mut self, at: usize) -> Result<Vec<Lot>> {
        if at >= self.rows {
            return Ok(Vec::new());
        }
        self.rows = at;
        let (mut first, mut room) = (Vec::new(), at);
        let mut rest: Vec<Vec<Range<usize>>> = vec![Vec::new(); self.batches.len()];
        for run in self.runs.drain(..) {
            let here = room.min(run.rows);
            room -= here;
            if here > 0 {
                first.push(Run { rows: here, ..run });
            }
            if here < run.rows {
                rest[run.batch].push(run.start + here..run.start + run.rows);
            }
        }
        self.runs = first;
        let rest = self.batches.iter().zip(rest).map(|(batch, mut rows)| {
            rows.sort_unstable_by_key(|rows| rows.start);
            rows.dedup_by(|next, last| {
                let follows = last.end == next.start;
                if follows {
                    last.end = next.end;
                }
                follows
            });
            Lot { batch: batch.clone(), rows }
        });
        let (few, mut kept): (Vec<Lot>, Vec<Lot>) =
            rest.filter(|lot| !lot.rows.is_empty()).partition(|lot| lot.count() * 2 < lot.batch.num_rows());
        let slices = |lot: &Lot| lot.rows.iter().map(|r| lot.batch.slice(r.start, r.len())).collect::<Vec<_>>();
        let few: Vec<RecordBatch> = few.iter().flat_map(slices).collect();
        if let Some(one) = few.first() {
            let copy = concat_batches(&one.schema(), &few)
                .map_err(|source| Error::Bug { what: "sorting rows".into(), source: source.into() })?;
            kept.insert(0, Lot::all(copy));
        }
        Ok(kept)
    }

    /// The values of one column in order.
    pub fn column(&self, column: usize) -> Result<ArrayRef, ArrowError> {
        if let [run] = self.runs.as_slice() {
            return Ok(self.batches[run.batch].column(column).slice(run.start, run.rows));
        }
        let values: Vec<_> = self.batches.iter().map(|batch| batch.column(column).to_data()).collect();
        let mut all = MutableArrayData::new(values.iter().collect(), false, self.rows);
        for run in &self.runs {
            all.try_extend(run.batch, run.start, run.start + run.rows)?;
        }
        Ok(make_array(all.freeze()))
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
