//! Silences: stretches without any event, as a cut export or a stopped log leaves them.

use polars::prelude::*;

use super::{Measure, TIME, all, sorted, timed};
use crate::error::Result;

pub const METHOD: &str = "\
Shows each stretch between two rows that follow one another in time when it is at least --every long: the last row before, the \
first after, and seconds. With --by each value is looked at apart; null is a value of its own. What was before the first row \
and after the last is not looked at. Rows without a time are left out.";

/// `quiet`.
pub struct Quiet {
    /// Microseconds.
    pub every: i64,
    pub by: Vec<String>,
}

impl Measure for Quiet {
    fn columns(&self) -> Vec<&str> {
        self.by.iter().map(String::as_str).collect()
    }

    fn measure(&self, rows: DataFrame) -> Result<DataFrame> {
        let before = col(TIME).shift(lit(1));
        let before = if self.by.is_empty() { before } else { before.over(all(&self.by))? };
        let seconds =
            (col(TIME).cast(DataType::Int64) - col("last_before").cast(DataType::Int64)).cast(DataType::Float64);
        let columns = [
            vec![col("last_before"), col(TIME).alias("first_after")],
            all(&self.by),
            vec![(seconds / lit(1e6)).alias("seconds")],
        ];
        let gaps = timed(rows).with_column(before.alias("last_before")).select(columns.concat());
        let gaps = gaps.filter(col("seconds").gt_eq(lit(self.every as f64 / 1e6)));
        let order = [("last_before", false), ("first_after", false)];
        let by: Vec<(&str, bool)> = self.by.iter().map(|name| (name.as_str(), false)).collect();
        Ok(sorted(gaps, &[order.to_vec(), by].concat()).collect()?)
    }
}
