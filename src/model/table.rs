//! What a table of a case is: a name, a meaning, columns with their meanings, and its lines of the timeline.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};

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
    /// The column that names a row's event or object; None when equal rows of one input may be two events.
    pub id: Option<&'static str>,
}

impl Table {
    /// Says whether its rows may have columns that it does not list.
    pub fn is_open(&self) -> bool {
        self.columns.iter().any(|column| column.name == "row_key")
    }
}

/// Every table, in the order `coldcase tables` lists them.
pub static TABLES: &[&Table] = &[
    &super::tables::audit::TABLE,
    &super::tables::control_plane::TABLE,
    &super::tables::auditd::TABLE,
    &super::tables::container_log::TABLE,
    &super::tables::text_line::TABLE,
    &super::tables::object::TABLE,
    &super::tables::falco::TABLE,
    &super::tables::tetragon::TABLE,
    &super::tables::hubble_flow::TABLE,
    &super::tables::network_flow::TABLE,
    &super::tables::kubeshark_entry::TABLE,
    &super::tables::policy_violation::TABLE,
    &super::tables::gatekeeper_log::TABLE,
    &super::tables::policy_state::TABLE,
    &super::tables::azure_resource::TABLE,
    &super::tables::resource_log::TABLE,
    &super::tables::finding::TABLE,
    &super::tables::evidence::TABLE,
    &super::tables::note::TABLE,
    &super::tables::duplicate::TABLE,
    &super::tables::reject::TABLE,
];

/// Columns of a Log Analytics table: our `time` first, then its own, the tail that nearly all of them have, and ours.
pub fn azure(own: Vec<Column>) -> Vec<Column> {
    let time = Column::new("time", timestamp(), "event time, UTC: TimeGenerated unless the table says otherwise");
    [vec![time], own, tail(), ours()].into_iter().flatten().collect()
}

/// The columns that nearly every table of Log Analytics has (formats.md c).
fn tail() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TenantId", word(), "id of the workspace, not of the Entra tenant"),
        new("SourceSystem", word(), "what kind of agent or service sent the row"),
        new("Type", word(), "name of the table"),
        new("_ResourceId", word(), "ARM resource id, mostly lower case"),
        new("_SubscriptionId", word(), "subscription of the resource"),
        new("_BilledSize", DataType::Float64, "bytes that were billed"),
        new("_IsBillable", word(), "true or false, as text"),
    ]
}

/// Says whether a column, its name in lower case, is one that nearly every table has: it tells no table from another, and
/// a route may add it or leave it out.
pub fn is_tail(name: &str) -> bool {
    static NAMES: LazyLock<Vec<String>> =
        LazyLock::new(|| tail().iter().map(|column| column.name.to_ascii_lowercase()).collect());
    NAMES.iter().any(|known| known == name)
}

/// The columns every row of an open table ends with: what did not fit, its key, and where it lies.
pub fn ours() -> Vec<Column> {
    vec![
        Column::new(
            "unread",
            text(),
            "values that do not fit their column, as JSON: column name to the text that was there",
        ),
        Column::new(
            "row_key",
            DataType::UInt64,
            "hash of the row's values, by which the same row of another export is found",
        ),
        Column::new("evidence", DataType::UInt32, "number of the evidence in table evidence").required(),
        Column::new("offset", DataType::UInt64, "first byte in that evidence, after decompression").required(),
        Column::new("length", DataType::UInt64, "bytes").required(),
    ]
}

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
    match item {
        DataType::Utf8 => DataType::List(Arc::clone(&TEXTS)),
        item => DataType::List(Arc::new(Field::new("item", item, true))),
    }
}

/// The item of a list of texts, one for all: whoever compares columns with a schema sees at once that it is the same.
pub static TEXTS: LazyLock<FieldRef> = LazyLock::new(|| Arc::new(Field::new("item", DataType::Utf8, true)));

/// A structure of named, nullable parts.
pub fn structure(parts: &[(&str, DataType)]) -> DataType {
    DataType::Struct(parts.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true)).collect())
}
