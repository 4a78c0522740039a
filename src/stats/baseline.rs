//! What stands out from one's own past.

use polars::prelude::*;

use super::histogram::binned;
use super::{Measure, TIME, all, length, rounded, sorted, timed};
use crate::error::Result;

pub const METHOD: &str = "\
For each value of the columns --key, rows and different values of --distinct are counted in bins of length --every (as histogram \
has them; bins in which the key did nothing do not count). Each bin is held against those of the same key in the --window before \
it, itself not included: usual is their median, spread the median of their distances from it (MAD), score how far the \
count is above the usual, (count - usual) / max(1.4826 * spread, sqrt(usual), 1), with four digits after the point. 1.4826 makes the \
spread comparable with a standard deviation; counts of things that come by chance vary by the square root of what is usual, so a \
key that was steady for a short while is not odd for a little more, and one event more than never is no more than 1. past is the number of bins it is held against; below --min-past there \
is no score, since nothing can be told. A bin is shown when one of its scores is at least --at-least (3.5 is the usual cut of \
such scores), with --all every bin. Null is a key of its own, and no value of --distinct. Rows without a time are left out. The \
highest score is first, among equals the earlier bin, then by key.";

/// `baseline`.
pub struct Baseline {
    pub key: Vec<String>,
    pub distinct: String,
    /// Microseconds.
    pub every: i64,
    /// Microseconds.
    pub window: i64,
    pub min_past: u32,
    /// Null shows every bin.
    pub at_least: Option<f64>,
}

impl Measure for Baseline {
    fn columns(&self) -> Vec<&str> {
        self.key.iter().chain([&self.distinct]).map(String::as_str).collect()
    }

    fn measure(&self, rows: DataFrame) -> Result<DataFrame> {
        let different = format!("distinct_{}", self.distinct);
        let bins = binned(timed(rows), self.every, &self.key, std::slice::from_ref(&self.distinct)).collect()?;
        // Rolling windows come in the order of the keys and of time within each.
        let order: Vec<(&str, bool)> =
            self.key.iter().map(String::as_str).chain([TIME]).map(|name| (name, false)).collect();
        let bins = sorted(bins.lazy(), &order);
        let options = RollingGroupOptions {
            period: length(self.window),
            offset: length(-self.window),
            closed_window: ClosedWindow::Left,
            ..Default::default()
        };
        let past = [
            len().cast(DataType::Int64).alias("past"),
            usual("events").alias("usual_events"),
            usual(&different).alias("usual_distinct"),
        ];
        let keys = [all(&self.key), vec![col(TIME)]].concat();
        let past = bins.clone().rolling(col(TIME), all(&self.key), options).agg(past);
        let how = JoinArgs { nulls_equal: true, ..JoinArgs::new(JoinType::Left) };
        let mut both = sorted(bins.join(past, keys.clone(), keys, how), &order).collect()?;
        for (count, of) in [("events", "events"), (different.as_str(), "distinct")] {
            let spread = spread(&both, count, &format!("usual_{of}"), &format!("spread_{of}"))?;
            both.with_column(spread)?;
        }
        let enough = col("past").gt_eq(lit(i64::from(self.min_past)));
        let score = |count: &str, of: &str| {
            let usual = col(format!("usual_{of}"));
            let chance = usual.clone().sqrt();
            let scale = lit(1.4826) * col(format!("spread_{of}"));
            let scale = when(scale.clone().gt(chance.clone())).then(scale).otherwise(chance);
            let scale = when(scale.clone().gt(lit(1.0))).then(scale).otherwise(lit(1.0));
            let score = (col(count).cast(DataType::Float64) - usual) / scale;
            when(enough.clone()).then(score).otherwise(lit(NULL).cast(DataType::Float64)).alias(format!("score_{of}"))
        };
        let (by_events, by_distinct) = (score("events", "events"), score(&different, "distinct"));
        let higher = when(col("score_events").gt_eq(col("score_distinct")))
            .then(col("score_events"))
            .otherwise(col("score_distinct"))
            .alias("highest");
        let mut scored = both.lazy().with_columns([by_events, by_distinct]).with_column(higher);
        if let Some(least) = self.at_least {
            scored = scored.filter(col("highest").gt_eq(lit(least)));
        }
        let order =
            [("highest", true), (TIME, false)].into_iter().chain(self.key.iter().map(|key| (key.as_str(), false)));
        let columns = [
            vec![col(TIME).alias("begin")],
            all(&self.key),
            ["events", "usual_events", "spread_events", "score_events", &different, "usual_distinct"].map(col).to_vec(),
            ["spread_distinct", "score_distinct", "past"].map(col).to_vec(),
        ];
        let shown = sorted(scored, &order.collect::<Vec<_>>()).select(columns.concat()).collect()?;
        rounded(shown, &["score_events", "score_distinct"], 1e4)
    }
}

/// The median of a window.
fn usual(count: &str) -> Expr {
    col(count).cast(DataType::Float64).median()
}

/// The median distance of the bins before each from what is usual for it. They are the rows just before it, as many as `past`
/// says; polars aggregates no window with another aggregate of itself without copying it.
fn spread(bins: &DataFrame, count: &str, usual: &str, name: &str) -> Result<Column> {
    let counts: Vec<f64> = bins.column(count)?.i64()?.iter().map(|count| count.unwrap_or(0) as f64).collect();
    let (pasts, usuals) = (bins.column("past")?.i64()?, bins.column(usual)?.f64()?);
    let spreads = pasts.iter().zip(usuals.iter()).enumerate().map(|(row, (past, usual))| {
        let (past, usual) = (usize::try_from(past.unwrap_or(0)).unwrap_or(0), usual?);
        let mut distances: Vec<f64> = counts[row - past..row].iter().map(|count| (count - usual).abs()).collect();
        distances.sort_by(f64::total_cmp);
        let middle = past.checked_sub(1)? / 2;
        Some((distances[middle] + distances[past / 2]) / 2.0)
    });
    Ok(Float64Chunked::from_iter_options(name.into(), spreads).into_column())
}
