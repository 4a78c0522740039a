//! Silences: stretches without any event, as a cut export or a stopped log leaves them.

use polars::prelude::*;

use super::{Lens, Sheet, shown, times};
use crate::model::Micros;

/// `quiet`.
pub struct Quiet;

impl Lens for Quiet {
    fn name(&self) -> &'static str {
        "quiet"
    }

    fn doc(&self) -> &'static str {
        "stretches of at least one window without any event"
    }

    fn look(&self, events: LazyFrame, every: i64) -> PolarsResult<Sheet> {
        let frame = events.select([col("time")]).collect()?;
        let times: Vec<Micros> = times(&frame, "time")?.into_iter().flatten().collect();
        let gaps = times.windows(2).filter(|pair| pair[1].0 - pair[0].0 >= every).map(|pair| {
            let seconds = (pair[1].0 - pair[0].0) as f64 / 1e6;
            vec![shown(Some(pair[0])), shown(Some(pair[1])), format!("{seconds:.3}")]
        });
        Ok(Sheet {
            heads: vec!["last event before", "first event after", "seconds"],
            numbers: vec![false, false, true],
            rows: gaps.collect(),
        })
    }
}
