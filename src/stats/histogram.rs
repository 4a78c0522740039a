//! Events, identities and refusals per window of time.

use polars::prelude::*;

use super::{Lens, Sheet, shown, times, window};

/// `histogram`.
pub struct Histogram;

impl Lens for Histogram {
    fn name(&self) -> &'static str {
        "histogram"
    }

    fn doc(&self) -> &'static str {
        "events, distinct identities and refusals (401, 403) per window"
    }

    fn look(&self, events: LazyFrame, every: i64) -> PolarsResult<Sheet> {
        let refused = col("response_code").eq(lit(401)).or(col("response_code").eq(lit(403)));
        let options = DynamicGroupOptions {
            every: window(every),
            period: window(every),
            offset: Duration::parse("0us"),
            ..Default::default()
        };
        let frame = events
            .group_by_dynamic(col("time"), [], options)
            .agg([
                len().alias("events"),
                col("user_name").n_unique().alias("identities"),
                refused.cast(DataType::UInt32).sum().alias("refused"),
            ])
            .collect()?;
        let number = |name: &str| -> PolarsResult<Vec<u64>> {
            let column = frame.column(name)?.cast(&DataType::UInt64)?;
            Ok(column.u64()?.iter().map(Option::unwrap_or_default).collect())
        };
        let (events, identities, refused) = (number("events")?, number("identities")?, number("refused")?);
        let most = events.iter().copied().max().unwrap_or(1).max(1);
        let rows = times(&frame, "time")?.into_iter().enumerate().map(|(row, time)| {
            let bar = "█".repeat(usize::try_from((events[row] * 40).div_ceil(most)).unwrap_or(0));
            vec![shown(time), events[row].to_string(), identities[row].to_string(), refused[row].to_string(), bar]
        });
        Ok(Sheet {
            heads: vec!["window", "events", "identities", "refused", "share"],
            numbers: vec![false, true, true, true, false],
            rows: rows.collect(),
        })
    }
}
