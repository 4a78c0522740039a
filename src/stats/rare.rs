//! What hardly ever happens.

use polars::prelude::*;

use super::{Measure, TIME, all, distinct, events, rounded, sorted};
use crate::error::Result;

pub const METHOD: &str = "\
Counts the combinations of values of the columns --of and shows the rarest first: how many rows, their share of all rows in \
per cent with four digits after the point, the first and the last time. With --by the share is of the rows with the same value there, so that it says what is \
rare for an actor and not for all. distinct_X is the number of different values of column X, null aside. Null is a value of its \
own in --of and --by. --top N shows as many combinations, and all that are as frequent as the last of them: ties are not cut. \
Among equal counts the smaller share is first, then the earlier, then by the values. Rows without a time count and have none.";

/// `rare`.
pub struct Rare {
    pub of: Vec<String>,
    pub by: Vec<String>,
    pub distinct: Vec<String>,
    pub top: usize,
}

impl Measure for Rare {
    fn columns(&self) -> Vec<&str> {
        self.by.iter().chain(&self.of).chain(&self.distinct).map(String::as_str).collect()
    }

    fn measure(&self, rows: DataFrame) -> Result<DataFrame> {
        let keys = [self.by.clone(), self.of.clone()].concat();
        let counts = [events(), col(TIME).min().alias("first"), col(TIME).max().alias("last")];
        let counts: Vec<Expr> = counts.into_iter().chain(distinct(&self.distinct)).collect();
        let whole = col("events").sum();
        let whole = if self.by.is_empty() { whole } else { whole.over(all(&self.by))? };
        let share = (lit(100.0) * col("events").cast(DataType::Float64) / whole.cast(DataType::Float64)).alias("share");
        let columns = [all(&keys), vec![col("events"), share, col("first"), col("last")]].concat();
        let more = self.distinct.iter().map(|name| col(format!("distinct_{name}")));
        let counted = rows.lazy().group_by(all(&keys)).agg(counts).select([columns, more.collect()].concat());
        let order = ["events", "share", "first"].into_iter().chain(keys.iter().map(String::as_str));
        let order: Vec<(&str, bool)> = order.map(|name| (name, false)).collect();
        let counted = sorted(counted, &order).collect()?;
        // Ties with the last one shown are shown as well.
        let last = self.top.saturating_sub(1);
        let least = if last < counted.height() { counted.column("events")?.i64()?.get(last) } else { None };
        let shown = match least {
            Some(least) => counted.lazy().filter(col("events").lt_eq(lit(least))).collect()?,
            None => counted,
        };
        rounded(shown, &["share"], 1e4)
    }
}
