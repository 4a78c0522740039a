//! Table `evidence`: every input ever given to the case, with its hash and its books.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{UInt32, UInt64};

use crate::model::table::{Column, Table, schema, text, timestamp, word};

/// See the module's description. Its rows are made from the journal when a case is opened; it has no Parquet.
pub static TABLE: Table = Table {
    name: "evidence",
    doc: "Inputs of the case: path, SHA-256, what was read, stored, found twice and rejected",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: None,
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("evidence", UInt32, "number of the evidence, from 0").required(),
        new("path", text(), "path as given; - is standard input"),
        new("member_of", UInt32, "number of the archive it is a member of"),
        new("sha256", text(), "SHA-256 of the file as it lay on disk, in hex"),
        new("blake3", text(), "BLAKE3 of the same, in hex; null for evidence of a case of format 1"),
        new("size", UInt64, "bytes on disk"),
        new("content_size", UInt64, "bytes after decompression"),
        new("format", text(), "envelope that was recognised"),
        new("read", UInt64, "records read; equals stored + duplicate + rejected"),
        new("stored", UInt64, "records that became rows"),
        new("duplicate", UInt64, "records already stored"),
        new("rejected", UInt64, "records that could not be read; see table reject"),
        new("first", timestamp(), "earliest event time, UTC"),
        new("last", timestamp(), "latest event time, UTC"),
        new("cut", UInt64, "events whose body was cut"),
        new("embedded", text(), "path of the copy within the case, when there is one"),
        new("note", word(), "what a reader must know: cut gzip, rows at the portal's limit …"),
    ]
}
