//! Events that are read again by their places, because only then it was known that they end in a finding.

use std::collections::BTreeSet;

use ahash::{AHashMap, AHashSet};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{UInt32Type, UInt64Type};
use datafusion::physical_plan::execute_stream_partitioned;
use datafusion::prelude::DataFrame;
use futures::TryStreamExt;

use super::events::{At, taken};
use super::program::CARRIED;
use super::steps::Place;
use super::threads::each;
use super::{Engine, damaged, places};
use crate::error::{Error, Result};
use crate::sigma::{LOGSOURCES, LogSource};

/// The log an event is of: another log source, or None for audit events. What a row says depends on who reads it.
pub type Log = Option<&'static LogSource>;

/// What a log is called here.
pub fn name(log: Log) -> Option<&'static str> {
    log.map(|source| source.name)
}

/// The events to be read, by log.
#[derive(Default)]
pub struct Wanted(AHashMap<Option<&'static str>, AHashSet<Place>>);

impl Wanted {
    /// Finds those of a log in a batch of it.
    ///
    /// # Errors
    /// When rows cannot be taken out of the batch.
    pub(super) fn among(&self, log: Log, batch: &RecordBatch) -> Result<Vec<(Place, At)>> {
        self.0.get(&name(log)).map_or(Ok(Vec::new()), |places| among(batch, places))
    }

    /// Adds the events at some places, each of one of `logs`.
    pub fn want(&mut self, logs: &[Log], places: &[Place]) {
        for log in logs.iter().filter(|_| !places.is_empty()) {
            self.0.entry(name(*log)).or_default().extend(places);
        }
    }
}

/// Events of logs by their places.
#[derive(Default)]
pub struct Picked(AHashMap<Option<&'static str>, Vec<(Place, At)>>);

impl Picked {
    /// Adds events of a log.
    pub(super) fn add(&mut self, log: Log, events: Vec<(Place, At)>) {
        let all = self.0.entry(name(log)).or_default();
        all.extend(events);
        all.sort_by_key(|(place, _)| *place);
    }

    /// The event of one of `logs` at a place; None when no row is there.
    pub(super) fn event(&self, logs: &[Log], place: Place) -> Option<At> {
        logs.iter().find_map(|log| {
            let all = self.0.get(&name(*log))?;
            let next = all.partition_point(|(other, _)| *other <= place);
            all[..next].last().filter(|(other, _)| *other == place).map(|(_, at)| at.clone())
        })
    }
}

/// The events of a batch that lie at some places.
///
/// # Errors
/// When rows cannot be taken out of the batch.
fn among(batch: &RecordBatch, places: &AHashSet<Place>) -> Result<Vec<(Place, At)>> {
    let of = |name: &str| batch.column_by_name(name);
    let (Some(evidence), Some(offset)) = (of("evidence"), of("offset")) else { return Ok(Vec::new()) };
    let (evidence, offset) = (evidence.as_primitive::<UInt32Type>(), offset.as_primitive::<UInt64Type>());
    let at = |row: usize| (evidence.value(row), offset.value(row));
    let rows: Vec<usize> = (0..batch.num_rows()).filter(|row| places.contains(&at(*row))).collect();
    let taken = taken(batch, &rows).map_err(damaged)?;
    Ok(rows.into_iter().map(at).zip(taken).collect())
}

impl Engine {
    /// Reads what findings show of the events at some places.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub(super) fn pick(&self, mut wanted: Wanted) -> Result<Picked> {
        let mut picked = Picked::default();
        if let Some(places) = wanted.0.remove(&None) {
            picked.add(None, self.audit_at(&places)?);
        }
        for source in LOGSOURCES {
            let Some(places) = wanted.0.remove(&Some(source.name)) else { continue };
            for reading in source.readings.iter().filter(|reading| self.has(reading.table)) {
                let sql = self.select(source, reading, Some(&BTreeSet::new()))?;
                let frame = self.runtime.block_on(self.context.sql(&sql));
                let frame = frame.and_then(|frame| frame.filter(places::at(places.clone())));
                for batch in self.rows_of(frame.map_err(damaged)?)? {
                    picked.add(Some(source), among(&batch, &places)?);
                }
            }
        }
        Ok(picked)
    }

    /// The events of table `audit` at some places. Where they are is looked for in two short columns.
    fn audit_at(&self, places: &AHashSet<Place>) -> Result<Vec<(Place, At)>> {
        // The images are in the containers.
        let columns = [&CARRIED[..], &["containers"]].concat();
        let all = each(self.audit.groups(), Vec::new, |group, events| {
            let of = self.audit.read(group, &["evidence", "offset"], None)?;
            let (evidence, offset) =
                (of.column(0).as_primitive::<UInt32Type>(), of.column(1).as_primitive::<UInt64Type>());
            let at = evidence.values().iter().zip(offset.values()).enumerate();
            let rows: Vec<usize> = at.filter(|(_, (e, o))| places.contains(&(**e, **o))).map(|(row, _)| row).collect();
            if !rows.is_empty() {
                events.extend(among(&self.audit.read(group, &columns, Some(&rows))?, places)?);
            }
            Ok::<_, Error>(())
        });
        Ok(all?.concat())
    }

    fn rows_of(&self, frame: DataFrame) -> Result<Vec<RecordBatch>> {
        let batches = self.runtime.block_on(async {
            let streams = execute_stream_partitioned(frame.create_physical_plan().await?, self.context.task_ctx())?;
            let tasks: Vec<_> =
                streams.into_iter().map(|stream| tokio::spawn(stream.try_collect::<Vec<RecordBatch>>())).collect();
            let mut batches = Vec::new();
            for task in tasks {
                batches.extend(task.await.map_err(|e| datafusion::error::DataFusionError::External(e.into()))??);
            }
            Ok::<_, datafusion::error::DataFusionError>(batches)
        });
        batches.map_err(damaged)
    }
}
