//! Events per window of time.

use polars::prelude::*;

use super::{Measure, TIME, all, distinct, events, length, sorted, timed};
use crate::error::{Error, Result};

pub const METHOD: &str = "\
Counts rows in bins of one length (--every). A bin begins at a whole multiple of its length since Monday, 0001-01-01 UTC, as \
function bin has it, and holds its begin but not its end. With --by each value is counted apart; null is a value of its own. \
distinct_X is the number of different values of column X in the bin, null aside. Without --by bins without rows between the \
first and the last are shown with 0, with --by they are left out. Rows without a time are in no bin.";

/// Microseconds from 0001-01-01 to 1970-01-01, where polars' bins begin.
const BEFORE_1970: i64 = 719_162 * 86_400_000_000;

/// More bins than anybody reads.
const MOST: i64 = 1_000_000;

/// `histogram`.
pub struct Histogram {
    /// Microseconds.
    pub every: i64,
    pub by: Vec<String>,
    pub distinct: Vec<String>,
}

impl Measure for Histogram {
    fn columns(&self) -> Vec<&str> {
        self.by.iter().chain(&self.distinct).map(String::as_str).collect()
    }

    fn measure(&self, rows: DataFrame) -> Result<DataFrame> {
        let bins = binned(timed(rows), self.every, &self.by, &self.distinct).rename([TIME], ["begin"], true);
        let bins = if self.by.is_empty() { filled(bins.collect()?, self.every)?.lazy() } else { bins };
        let order: Vec<(&str, bool)> =
            std::iter::once("begin").chain(self.by.iter().map(String::as_str)).map(|name| (name, false)).collect();
        Ok(sorted(bins, &order).collect()?)
    }
}

/// Counts timed rows by bins and values.
pub fn binned(rows: LazyFrame, every: i64, by: &[String], of: &[String]) -> LazyFrame {
    let options = DynamicGroupOptions {
        every: length(every),
        period: length(every),
        offset: length(-(BEFORE_1970 % every)),
        ..Default::default()
    };
    let counts: Vec<Expr> = std::iter::once(events()).chain(distinct(of)).collect();
    let names = of.iter().map(|name| col(format!("distinct_{name}")));
    let columns = [vec![col(TIME)], all(by), vec![col("events")], names.collect()].concat();
    rows.group_by_dynamic(col(TIME), all(by), options).agg(counts).select(columns)
}

/// Puts a row of zeros where a bin between the first and the last has none.
fn filled(bins: DataFrame, every: i64) -> Result<DataFrame> {
    let names = bins.get_column_names_owned();
    let times = bins.column("begin")?.cast(&DataType::Int64)?;
    let times = times.i64()?;
    let Some((first, last)) = times.min().zip(times.max()) else { return Ok(bins) };
    if (last - first) / every >= MOST {
        let what = format!("there would be more than {MOST} bins");
        return Err(Error::Usage { what, hint: Some("a longer --every gives fewer".into()) });
    }
    let begins: Vec<i64> = (0..=(last - first) / every).map(|bin| first + bin * every).collect();
    let begins = Int64Chunked::from_vec("begin".into(), begins).into_datetime(TimeUnit::Microseconds, None);
    let whole = DataFrame::new(begins.len(), vec![begins.into_column()])?.lazy();
    let joined = whole.join(bins.lazy(), [col("begin")], [col("begin")], JoinArgs::new(JoinType::Left));
    let counts = names.iter().filter(|name| *name != "begin").map(|name| col(name.clone()).fill_null(lit(0_i64)));
    Ok(joined.with_columns(counts.collect::<Vec<_>>()).collect()?)
}
