//! Table `note`: what investigators wrote into the case.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Boolean, UInt32, UInt64};

use crate::model::table::{Column, Table, schema, text, timestamp};

/// See the module's description. Its rows are made from the journal when a case is opened; it has no Parquet.
pub static TABLE: Table = Table {
    name: "note",
    doc: "Notes of investigators: marks, tags, comments, steps of the story and names, as they were when the case was opened",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: None,
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("id", text(), "id of the note"),
        new("noted", timestamp(), "when it was made, UTC"),
        new("investigator", text(), "name that was given with it"),
        new("account", text(), "account it was made under"),
        new("does", text(), "mark, tag, comment, story, name or undo"),
        new("text", text(), "what was written; of a name what people call the identity, of an undo the id of the note"),
        new("identity", text(), "of a name: the identity as column actor has it"),
        new("finding", text(), "id of the finding it is on"),
        new("evidence", UInt32, "number of the evidence it is on; null when the case does not hold it"),
        new("offset", UInt64, "first byte of what it is on, after decompression"),
        new("length", UInt64, "bytes"),
        new("counts", Boolean, "it was not taken back"),
    ]
}
