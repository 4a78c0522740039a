//! Events that are read again by their places, because only then it was known that they end in a finding.

use ahash::{AHashMap, AHashSet};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{UInt32Type, UInt64Type};
use datafusion::physical_plan::execute_stream_partitioned;
use datafusion::prelude::col;
use futures::TryStreamExt;

use super::finding::Event;
use super::scan::CARRIED;
use super::steps::Place;
use super::{Engine, damaged, places};
use crate::error::Result;

/// Rows of table `audit` by their places.
#[derive(Default)]
pub struct Picked {
    batches: Vec<RecordBatch>,
    at: AHashMap<Place, (usize, usize)>,
}

impl Picked {
    /// Finds rows of `batches` by their places.
    pub fn new(batches: Vec<RecordBatch>) -> Picked {
        let mut at = AHashMap::new();
        for (number, batch) in batches.iter().enumerate() {
            let of = |name: &str| batch.column_by_name(name);
            let (Some(evidence), Some(offset)) = (of("evidence"), of("offset")) else { continue };
            let (evidence, offset) = (evidence.as_primitive::<UInt32Type>(), offset.as_primitive::<UInt64Type>());
            let places = evidence.values().iter().zip(offset.values()).enumerate();
            at.extend(places.map(|(row, (evidence, offset))| ((*evidence, *offset), (number, row))));
        }
        Picked { batches, at }
    }

    /// The event at a place; None when no row is there.
    pub fn event(&self, place: Place) -> Option<Event> {
        self.at.get(&place).map(|(batch, row)| Event::read(&self.batches[*batch], *row))
    }
}

impl Engine {
    /// Reads what findings show of the audit events at some places.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub(super) fn pick(&self, places: AHashSet<Place>) -> Result<Picked> {
        if places.is_empty() {
            return Ok(Picked::default());
        }
        let batches = self.runtime.block_on(async {
            // The images are in the containers.
            let columns: Vec<_> =
                CARRIED.into_iter().chain(["containers"]).map(|name| col(format!("\"{name}\""))).collect();
            let frame = self.context.table("audit").await?.filter(places::at(places))?.select(columns)?;
            let streams = execute_stream_partitioned(frame.create_physical_plan().await?, self.context.task_ctx())?;
            let tasks: Vec<_> =
                streams.into_iter().map(|stream| tokio::spawn(stream.try_collect::<Vec<RecordBatch>>())).collect();
            let mut batches = Vec::new();
            for task in tasks {
                batches.extend(task.await.map_err(|e| datafusion::error::DataFusionError::External(e.into()))??);
            }
            Ok::<_, datafusion::error::DataFusionError>(batches)
        });
        Ok(Picked::new(batches.map_err(damaged)?))
    }
}
