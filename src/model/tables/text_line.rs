//! Table `text_line`: text that no reader takes apart, one row per line.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Int64;

use crate::model::table::{Column, Table, ours, schema, text, timestamp, word};

/// See the module's description. Its rows are no events: nothing says when a line was written.
pub static TABLE: Table = Table {
    name: "text_line",
    doc: "Lines of text that is of no known kind: output of kubectl describe and of other programs, notes, histories",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: None,
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "null: a time in the text is not read, since nothing says what it is of"),
        new("file", word(), "name of the file, as in column path of table evidence"),
        new("line", Int64, "number of the line in the file, from 1; blank lines have no row"),
        new("text", text(), "the line, blanks in front kept; a key or certificate in PEM is one row"),
    ];
    columns.extend(ours());
    columns
}
