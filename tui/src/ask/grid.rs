//! What a query gives, and what can be asked.

use super::{Cell, Total};

/// The result of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    pub columns: Vec<GridColumn>,
    pub rows: Vec<Vec<Cell>>,
    pub total: Total,
    pub millis: u64,
    /// What the reader must know about completeness: "3 rows had their body cut". Empty: nothing.
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridColumn {
    pub name: String,
    /// Numbers are set to the right.
    pub number: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    pub name: String,
    /// `None` for a view whose rows were not counted.
    pub rows: Option<u64>,
    /// Of a stored question, what it is asked with; its `columns` are these.
    pub call: Option<Call>,
    pub columns: Vec<ColumnInfo>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    pub name: String,
    /// Short: "text", "time", "int", "bool", "list".
    pub kind: String,
}

/// A stored question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub hunt: String,
    pub title: String,
    pub asks: Vec<Asked>,
}

/// A value that a question is asked with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub name: String,
    pub usual: String,
    /// What it means.
    pub doc: String,
}

impl Call {
    /// Returns the query that asks it with these values, or with the usual ones where there are none.
    pub fn text(&self, values: &[String]) -> String {
        let quoted = |text: &str| text.replace('\'', "''");
        let given =
            self.asks.iter().enumerate().map(|(at, asked)| {
                format!(",\n    '{}={}'", asked.name, quoted(values.get(at).unwrap_or(&asked.usual)))
            });
        let title = self.title.replace(['\n', '\r'], " ");
        format!("-- {title}\nSELECT * FROM hunt('{}'{})", quoted(&self.hunt), given.collect::<String>())
    }
}
