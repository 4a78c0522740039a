//! What was last before each event.

use polars::prelude::*;

use super::{Measure, TIME, all, rounded, sorted};
use crate::error::Result;

pub const METHOD: &str = "\
Puts beside each row the last row of a second query (--before) that is not later and has the same values in the columns --by: \
all its other columns as before_X, and seconds_before. Of several at the last moment it is the last by the values of its columns, \
in their order. Null equals nothing: a row without a value of --by has nothing before it, and so has one without a time. Rows stay in the \
order of time, those without a time first, then of their columns.";

/// `as-of`; its rows come from two queries.
pub struct AsOf {
    pub by: Vec<String>,
    /// Rows of the second query.
    pub before: super::Rows,
}

impl Measure for AsOf {
    fn columns(&self) -> Vec<&str> {
        self.by.iter().map(String::as_str).collect()
    }

    fn measure(&self, rows: DataFrame) -> Result<DataFrame> {
        let before = super::frame::frame(&self.before)?;
        let own = |name: &PlSmallStr| self.by.contains(&name.to_string());
        let key = |name: &str| format!("\u{0}{name}");
        // Its columns get names that no column of the rows has.
        let names = before.get_column_names_owned();
        let renamed = names.iter().map(|name| match own(name) {
            true => col(name.clone()).alias(key(name)),
            false => col(name.clone()).alias(format!("before_{name}")),
        });
        let renamed: Vec<Expr> = renamed.collect();
        let there = |name: &String| col(key(name)).is_not_null();
        let known = self.by.iter().map(there).fold(col("before_time").is_not_null(), Expr::and);
        let others: Vec<String> = names.iter().filter(|name| !own(name)).map(|name| format!("before_{name}")).collect();
        let order =
            std::iter::once("before_time").chain(others.iter().map(String::as_str).filter(|n| *n != "before_time"));
        let order: Vec<(&str, bool)> = order.map(|name| (name, false)).collect();
        let past = sorted(before.lazy().select(renamed).filter(known), &order);
        // The join takes the column it goes by along only once.
        let past = past.with_column(col("before_time").alias("\u{0}time")).collect()?;
        let columns = rows.get_column_names_owned();
        let order = columns.iter().map(PlSmallStr::as_str).filter(|name| *name != TIME);
        let order: Vec<(&str, bool)> = std::iter::once(TIME).chain(order).map(|name| (name, false)).collect();
        let rows = sorted(rows.lazy(), &order).collect()?.lazy();
        // What a row has beside it that nothing is before.
        let dtype = |name: &String| -> Result<DataType> { Ok(past.column(name)?.dtype().clone()) };
        let dtypes = others.iter().map(dtype).collect::<Result<Vec<DataType>>>()?;
        let missing = others.iter().zip(dtypes).map(|(name, dtype)| lit(NULL).cast(dtype).alias(name.as_str()));
        let missing = std::iter::once(lit(NULL).cast(DataType::Float64).alias("seconds_before")).chain(missing);
        let missing: Vec<Expr> = missing.collect();
        if past.height() == 0 {
            return Ok(rows.with_columns(missing).collect()?);
        }
        let timeless = rows.clone().filter(col(TIME).is_null()).with_columns(missing);
        let by = |key: &dyn Fn(&str) -> String| -> Option<Vec<PlSmallStr>> {
            let names = self.by.iter().map(|name| key(name).into());
            (!self.by.is_empty()).then(|| names.collect())
        };
        let options = AsOfOptions {
            strategy: AsofStrategy::Backward,
            left_by: by(&str::to_owned),
            right_by: by(&key),
            allow_eq: true,
            ..Default::default()
        };
        let timed = rows.filter(col(TIME).is_not_null());
        let join = timed.join_builder().with(past.lazy()).left_on([col(TIME)]).right_on([col("\u{0}time")]);
        let joined = join.how(JoinType::AsOf(Box::new(options))).finish();
        let micros = |name: &str| col(name).cast(DataType::Int64);
        let seconds =
            ((micros(TIME) - micros("before_time")).cast(DataType::Float64) / lit(1e6)).alias("seconds_before");
        let columns: Vec<Expr> = columns.iter().map(|name| col(name.clone())).collect();
        let joined = joined.select([columns, vec![seconds], all(&others)].concat());
        // Times are whole microseconds; a quotient need not be.
        rounded(concat([timeless, joined], UnionArgs::default())?.collect()?, &["seconds_before"], 1e6)
    }
}
