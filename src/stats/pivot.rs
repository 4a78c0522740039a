//! One column against another.

use std::sync::Arc;

use polars::prelude::*;

use super::{Measure, events, free, sorted};
use crate::error::Result;

pub const METHOD: &str = "\
Counts rows for each value of column --rows and each value of column --columns: a line for each of the first, a column for each \
of the second, 0 where they never meet, and total for the line. Only the --most most frequent values get a column of their own, \
among equally frequent ones the first by its text; all others are counted together in (others). Null is a value of its own: (none) as a column, \
empty at the head of a line. The line with the highest total is first, among equals by its value; columns are in the order of \
their texts. Rows without a time count as well.";

/// `pivot`.
pub struct Pivot {
    pub rows: String,
    pub columns: String,
    pub most: usize,
    /// A value as it may be shown: it becomes a name.
    pub shown: fn(&str, &str) -> String,
}

impl Measure for Pivot {
    fn columns(&self) -> Vec<&str> {
        vec![&self.rows, &self.columns]
    }

    fn measure(&self, rows: DataFrame) -> Result<DataFrame> {
        let (line, of) = ("\u{0}line", "\u{0}of");
        let pair = [col(self.rows.as_str()).alias(line), col(self.columns.as_str()).cast(DataType::String).alias(of)];
        let pairs = rows.lazy().select(pair).group_by([col(line), col(of)]).agg([events()]).collect()?;
        let values = pairs.clone().lazy().group_by([col(of)]).agg([col("events").sum()]);
        let values = sorted(values, &[("events", true), (of, false)]).collect()?;
        let texts: Vec<Option<String>> =
            values.column(of)?.str()?.iter().map(|value| value.map(str::to_owned)).collect();
        // Each value, and the name of the column it is counted in.
        let mut names: Vec<String> = Vec::new();
        for text in texts.iter().take(self.most) {
            let name = text.as_ref().map_or_else(|| "(none)".to_owned(), |text| (self.shown)(&self.columns, text));
            names.push(free(&name, |name| {
                name == self.rows || name == "total" || names.iter().any(|other| other == name)
            }));
        }
        let mut heads = names.clone();
        heads.sort();
        if texts.len() > names.len() {
            let others = free("(others)", |name| name == self.rows || names.iter().any(|other| other == name));
            names.resize(texts.len(), others.clone());
            heads.push(others);
        }
        let into = DataFrame::new(
            texts.len(),
            vec![
                StringChunked::from_iter_options(of.into(), texts.iter().map(Option::as_deref)).into_column(),
                StringChunked::from_iter_options("\u{0}name".into(), names.iter().map(Some)).into_column(),
            ],
        )?;
        let how = JoinArgs { nulls_equal: true, ..JoinArgs::new(JoinType::Left) };
        let named = pairs.lazy().join(into.lazy(), [col(of)], [col(of)], how);
        let named = named.group_by([col(line), col("\u{0}name")]).agg([col("events").sum()]);
        let columns = StringChunked::from_iter_options("\u{0}name".into(), heads.iter().map(Some)).into_column();
        let wide = named.pivot(
            cols(["\u{0}name"]),
            Arc::new(DataFrame::new(heads.len(), vec![columns])?),
            cols([line]),
            cols(["events"]),
            element().sum(),
            true,
            "_".into(),
            Default::default(),
        );
        let wide = wide.collect()?;
        let counts: Vec<Expr> = wide
            .get_column_names()
            .into_iter()
            .filter(|name| name.as_str() != line)
            .map(|name| col(name.clone()).fill_null(lit(0)).cast(DataType::Int64))
            .collect();
        let total = counts.iter().cloned().reduce(|a, b| a + b).unwrap_or_else(|| lit(0_i64)).alias("total");
        let columns = [vec![col(line), total], counts].concat();
        let wide = sorted(wide.lazy().select(columns), &[("total", true), (line, false)]);
        Ok(wide.collect()?.rename(line, self.rows.as_str().into())?.clone())
    }
}
