//! Stretches of work.

use polars::prelude::*;

use super::{Measure, TIME, all, distinct, events, sorted, timed};
use crate::error::Result;

pub const METHOD: &str = "\
Cuts the rows of each combination of values of --key (one actor from one address with one client) into stretches: a row more \
than --gap after the one before it begins a new one, a row exactly --gap after does not. number counts the sessions of a key from \
1, seconds is from the first row to the last, distinct_X the number of different values of column X, null aside. Null is a value \
of its own in a key. Rows without a time are in no session. The earliest session is first, among equals by key. View session \
is the same over the audit log with its own columns.";

/// `sessions`.
pub struct Sessions {
    pub key: Vec<String>,
    /// Microseconds.
    pub gap: i64,
    pub distinct: Vec<String>,
}

impl Measure for Sessions {
    fn columns(&self) -> Vec<&str> {
        self.key.iter().chain(&self.distinct).map(String::as_str).collect()
    }

    fn measure(&self, rows: DataFrame) -> Result<DataFrame> {
        let micros = |column: &str| col(column).cast(DataType::Int64);
        let since = (micros(TIME) - micros(TIME).shift(lit(1)).over(all(&self.key))?).alias("since");
        let mut rows = sorted(timed(rows).with_column(since), &self.order(TIME)).collect()?;
        // A row without one before it begins a key.
        let mut number = 0;
        let numbers = rows.column("since")?.i64()?.iter().map(|since| {
            number = match since {
                None => 1,
                Some(since) if since > self.gap => number + 1,
                Some(_) => number,
            };
            number
        });
        let numbers = Int64Chunked::from_vec("number".into(), numbers.collect());
        rows.with_column(numbers.into_column())?;
        let seconds = (micros("last") - micros("first")).cast(DataType::Float64) / lit(1e6);
        let counts = [col(TIME).min().alias("first"), col(TIME).max().alias("last"), events()];
        let columns = [
            vec![col("first"), col("last")],
            all(&self.key),
            vec![col("number"), seconds.alias("seconds"), col("events")],
            self.distinct.iter().map(|name| col(format!("distinct_{name}"))).collect(),
        ];
        let sessions = rows
            .lazy()
            .group_by([all(&self.key), vec![col("number")]].concat())
            .agg(counts.into_iter().chain(distinct(&self.distinct)).collect::<Vec<_>>());
        let order = [vec![("first", false)], self.order("number")].concat();
        Ok(sorted(sessions, &order).select(columns.concat()).collect()?)
    }
}

impl Sessions {
    /// By key, and by one more column within each.
    fn order<'a>(&'a self, within: &'a str) -> Vec<(&'a str, bool)> {
        self.key.iter().map(String::as_str).chain([within]).map(|name| (name, false)).collect()
    }
}
