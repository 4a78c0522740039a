//! How often each value of a column occurs under a filter, of how many in the whole case, and when.

use std::collections::HashMap;

use coldcase_tui::ask::{Bin, Cell, Column, Filter, ValueCount, Values};

use super::Ask;
use super::answers::{bin, width};
use super::rows::{as_text, rows};
use crate::error::Result;

impl Ask<'_> {
    pub fn values(&self, filter: &Filter, column: Column, bins: u16, limit: u32) -> Result<Values> {
        let condition = self.condition(filter)?;
        let (value, test) = (as_text(column.name()), &condition.sql);
        let counted = self.sql(
            &format!(
                "SELECT t.value, t.n, a.n AS whole FROM (SELECT {value} AS value, count(*) AS n FROM timeline \
                 WHERE {test} GROUP BY 1 ORDER BY n DESC, value NULLS FIRST LIMIT {limit}) t JOIN \
                 (SELECT {value} AS value, count(*) AS n FROM timeline WHERE time IS NOT NULL GROUP BY 1) a \
                 ON t.value IS NOT DISTINCT FROM a.value ORDER BY t.n DESC, t.value NULLS FIRST"
            ),
            &condition.parameters,
        )?;
        let bar = vec![Bin::default(); usize::from(bins)];
        let row = |row: super::rows::Row<'_>| ValueCount {
            value: row.text(0),
            count: row.count(1),
            all: row.count(2),
            bins: bar.clone(),
        };
        let mut out: Vec<ValueCount> = rows(&counted).map(row).collect();
        let distinct = self.one(
            &format!("SELECT count(*) AS n FROM (SELECT DISTINCT {value} AS value FROM timeline WHERE {test})"),
            &condition.parameters,
        )?;
        let extent = self.extent()?;
        let (Some(from), Some(to)) = (filter.window.from.or(extent.0), filter.window.to.or(extent.1)) else {
            return Ok(Values { rows: out, distinct });
        };
        let width = width(from, to, bins);
        let when = self.sql(
            &format!(
                "SELECT {value} AS value, {} AS bin, count(*) AS n FROM timeline WHERE {test} GROUP BY 1, 2",
                bin("time", from, width)
            ),
            &condition.parameters,
        )?;
        let places: HashMap<Cell, usize> = out.iter().enumerate().map(|(at, row)| (row.value.clone(), at)).collect();
        for row in rows(&when) {
            let bin = usize::try_from(row.number(1)).ok();
            if let (Some(at), Some(bin)) = (places.get(&row.text(0)), bin)
                && let Some(bin) = out[*at].bins.get_mut(bin)
            {
                bin.count = row.count(2);
            }
        }
        Ok(Values { rows: out, distinct })
    }
}
