//! Table `duplicate`: records that brought an event the case already holds, so that every source of it is kept.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{UInt32, UInt64};

use crate::model::table::{Column, Table, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "duplicate",
    doc: "Further sources of rows already stored: the same event by another route, or the same line again",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: None,
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("of_table", word(), "table that holds the row"),
        new("id", text(), "audit_id or uid of the row"),
        new("stage", word(), "stage of the event"),
        new("time", timestamp(), "event time of the row, UTC"),
        new("category", word(), "diagnostic category or table this copy came from"),
        new("evidence", UInt32, "evidence of this copy").required(),
        new("offset", UInt64, "first byte of this copy, after decompression").required(),
        new("length", UInt64, "bytes of this copy").required(),
    ]
}
