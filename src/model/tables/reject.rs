//! Table `reject`: every record that could not be read, with its place and the reason.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{UInt32, UInt64};

use crate::model::table::{Column, Table, schema, text, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "reject",
    doc: "Records that could not be read, each with its bytes and the reason",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: None,
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("reason", word(), "why it could not be read"),
        new("line", UInt64, "line it starts on, from 1; null for binary content"),
        new("sample", text(), "its first 200 bytes; bytes that are no UTF-8 are replaced"),
        new("evidence", UInt32, "number of the evidence in table evidence").required(),
        new("offset", UInt64, "first byte in that evidence, after decompression").required(),
        new("length", UInt64, "bytes").required(),
    ]
}
