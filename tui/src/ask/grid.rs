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
    /// Of a stored question, the query that asks it with all its parameters; its `columns` are these.
    pub call: Option<String>,
    pub columns: Vec<ColumnInfo>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    pub name: String,
    /// Short: "text", "time", "int", "bool", "list".
    pub kind: String,
}
