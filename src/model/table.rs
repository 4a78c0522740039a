//! What a table of a case is: a name, a meaning, columns with their meanings, and its lines of the timeline.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// One column: its name is a promise to other programs that read the Parquet.
pub struct Column {
    pub name: &'static str,
    pub kind: DataType,
    /// Whether a row may lack it. Missing evidence is null, never "" or 0.
    pub nullable: bool,
    /// One line, unit and source included.
    pub doc: &'static str,
}

/// A table of a case.
pub struct Table {
    pub name: &'static str,
    /// One line.
    pub doc: &'static str,
    pub columns: LazyLock<Vec<Column>>,
    pub schema: LazyLock<SchemaRef>,
    /// The SELECT that turns its rows into lines of view `timeline`; None when its rows are no events.
    pub timeline: Option<&'static str>,
}

/// Every table, in the order `coldcase tables` lists them.
pub static TABLES: &[&Table] = &[
    &super::tables::audit::TABLE,
    &super::tables::object::TABLE,
    &super::tables::finding::TABLE,
    &super::tables::evidence::TABLE,
    &super::tables::duplicate::TABLE,
    &super::tables::reject::TABLE,
];

/// Builds the Arrow schema of `columns`.
pub fn schema(columns: &[Column]) -> SchemaRef {
    let fields = columns.iter().map(|c| Field::new(c.name, c.kind.clone(), c.nullable));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

impl Column {
    pub(crate) fn new(name: &'static str, kind: DataType, doc: &'static str) -> Column {
        Column { name, kind, nullable: true, doc }
    }

    /// The same column, never null.
    pub(crate) fn required(self) -> Column {
        Column { nullable: false, ..self }
    }
}

/// UTC microseconds. The zone is spelled as an offset because not every reader knows zone names.
pub fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into()))
}

/// Text.
pub fn text() -> DataType {
    DataType::Utf8
}

/// Text that repeats: read back as a dictionary, so a test on it costs one comparison per distinct value.
pub fn word() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// A list of `item`.
pub fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

/// A structure of named, nullable parts.
pub fn structure(parts: &[(&str, DataType)]) -> DataType {
    DataType::Struct(parts.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true)).collect())
}
