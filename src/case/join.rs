//! Copies of one event that complete one another become one row: a table that lacks a column, and a record that was cut
//! elsewhere, together hold all of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray, UInt32Array, new_null_array};
use arrow::compute::{cast, concat_batches, interleave, take_record_batch};
use arrow::error::ArrowError;

use super::group::Keys;
use super::known::text;
use super::merge::Place;
use crate::error::{Error, Result};
use crate::model::Recorded;

/// What an intake found out about rows that are stored already.
#[derive(Default)]
pub struct Amends {
    /// Rows that another took the place of.
    out: HashSet<Place>,
    /// Rows to be completed, and by which rows that are left out.
    joins: HashMap<Place, Vec<Place>>,
}

impl Amends {
    /// Notes that the rows at `poorer` have nothing that another row does not have.
    pub fn replace(&mut self, poorer: &[Place]) {
        for place in poorer {
            self.joins.remove(place);
        }
        self.out.extend(poorer);
    }

    /// Notes that the row at `into` takes what the rows at `from` have more.
    pub fn join(&mut self, into: Place, from: &[Place]) {
        let mut all: Vec<Place> = from.to_vec();
        all.extend(from.iter().filter_map(|place| self.joins.remove(place)).flatten());
        self.out.extend(from);
        self.joins.entry(into).or_default().extend(all);
    }

    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Says whether any row is to be completed.
    pub fn joins(&self) -> bool {
        !self.joins.is_empty()
    }

    /// Every row that is to change or to go.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.out.iter().chain(self.joins.keys()).copied()
    }

    pub fn leaves_out(&self, place: Place) -> bool {
        self.out.contains(&place)
    }
}

/// The rows that complete others.
pub struct Spare<'a> {
    amends: &'a Amends,
    wanted: HashSet<Place>,
    batches: Vec<RecordBatch>,
    rows: HashMap<Place, (usize, usize)>,
}

impl<'a> Spare<'a> {
    pub fn new(amends: &'a Amends) -> Spare<'a> {
        let wanted = amends.joins.values().flatten().copied().collect();
        Spare { amends, wanted, batches: Vec::new(), rows: HashMap::new() }
    }

    /// Keeps those rows of `batch` that are to complete others.
    pub fn gather(&mut self, batch: &RecordBatch) -> Result<()> {
        let Some(keys) = Keys::of(batch) else { return Ok(()) };
        let mut indices = Vec::new();
        for row in 0..batch.num_rows() {
            let place = keys.place(row);
            if self.wanted.contains(&place) {
                self.rows.insert(place, (self.batches.len(), indices.len()));
                indices.push(u32::try_from(row).unwrap_or(u32::MAX));
            }
        }
        if !indices.is_empty() {
            self.batches.push(take_record_batch(batch, &UInt32Array::from(indices)).map_err(bug)?);
        }
        Ok(())
    }

    /// Completes the rows of `batch` that are to be.
    pub fn complete(&self, batch: RecordBatch) -> Result<RecordBatch> {
        let Some(keys) = Keys::of(&batch).filter(|_| !self.wanted.is_empty()) else { return Ok(batch) };
        let mut done = Vec::new();
        let mut from = 0;
        for row in 0..batch.num_rows() {
            let Some(more) = self.amends.joins.get(&keys.place(row)) else { continue };
            let mut whole = batch.slice(row, 1);
            for other in more {
                if let Some((place, other)) = self.rows.get(other) {
                    whole = joined(&whole, &self.batches[*place].slice(*other, 1)).map_err(bug)?;
                }
            }
            done.push(batch.slice(from, row - from));
            done.push(whole);
            from = row + 1;
        }
        if done.is_empty() {
            return Ok(batch);
        }
        done.push(batch.slice(from, batch.num_rows() - from));
        concat_batches(&batch.schema(), &done).map_err(bug)
    }
}

/// Makes one row of two: what the first lacks is taken from the second.
fn joined(row: &RecordBatch, more: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let missing = |row: &RecordBatch| text(row, "not_recorded", 0).map_or(Recorded::ALL, Recorded::parse);
    let missing = missing(row).both(missing(more));
    let has = |row: &RecordBatch, column: &str| row.column_by_name(column).is_some_and(|array| !array.is_null(0));
    let whole_request = has(row, "request_object") || has(more, "request_object");
    let recorded = [row, more].into_iter().find(|row| text(row, "body", 0) == Some("recorded"));
    let schema = row.schema();
    let columns = schema.fields().iter().zip(row.columns().iter().zip(more.columns()));
    let columns = columns.map(|(field, (here, there))| -> Result<ArrayRef, ArrowError> {
        match field.name().as_str() {
            "not_recorded" => {
                let words = (missing != Recorded::ALL).then(|| missing.to_string());
                let words: ArrayRef = Arc::new(StringArray::from(vec![words]));
                cast(&words, field.data_type())
            }
            "body" => {
                recorded.and_then(|row| row.column_by_name("body")).map_or(Ok(Arc::clone(here)), |a| Ok(a.clone()))
            }
            // How a request begins says nothing beside all of it.
            "request_cut" if whole_request => Ok(new_null_array(field.data_type(), 1)),
            _ if here.is_null(0) && !there.is_null(0) => interleave(&[here.as_ref(), there.as_ref()], &[(1, 0)]),
            _ => Ok(Arc::clone(here)),
        }
    });
    RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<_, _>>()?)
}

fn bug(source: ArrowError) -> Error {
    Error::Bug { what: "joining copies of an event".into(), source: source.into() }
}
