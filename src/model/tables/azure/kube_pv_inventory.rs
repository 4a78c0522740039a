//! Table `KubePVInventory`: which persistent volumes were there (formats.md c.5).
//!
//! A row a minute is a state, not an event, so it has no line in the timeline.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Float64;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "KubePVInventory",
    doc: "Persistent volumes as they were, a row per volume and snapshot",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: None,
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "time of the snapshot"),
        new("ClusterId", word(), "ARM resource id of the cluster"),
        new("ClusterName", word(), "name of the cluster"),
        new("PVName", word(), "name of the volume"),
        new("PVCName", word(), "claim that holds it"),
        new("PVCNamespace", word(), "namespace of that claim"),
        new("PVType", word(), "volume plugin: which storage the data is on"),
        new("PVTypeInfo", text(), "JSON: details of that storage, such as the disk or the share"),
        new("PVAccessModes", word(), "how it may be mounted, comma-separated"),
        new("PVCapacityBytes", Float64, "size in bytes"),
        new("PVStatus", word(), "Available, Bound, Released or Failed; Released may still hold data"),
        new("PVStorageClassName", word(), "storage class"),
        new("PVCreationTimeStamp", timestamp(), "when the volume was created"),
    ]
}
