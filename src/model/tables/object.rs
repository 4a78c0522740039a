//! Table `object`: Kubernetes objects of cluster snapshots, as they were when the snapshot was taken.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Boolean, Int64, UInt32, UInt64};

use crate::model::table::{Column, Table, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "object",
    doc: "Kubernetes objects of cluster snapshots",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'object' AS source, CAST(NULL AS VARCHAR) AS actor, 'created' AS verb, \
         kind || coalesce(' ' || concat_ws('/', namespace, name), '') AS object, CAST(NULL AS BIGINT) AS status, \
         namespace, CAST(NULL AS VARCHAR) AS agent, CAST(NULL AS VARCHAR) AS address, uid AS id, evidence, \
         \"offset\", length FROM object",
    ),
    id: Some("uid"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("time", timestamp(), "metadata.creationTimestamp, UTC; a snapshot says nothing of when it was taken"),
        new("kind", word(), "kind; of a typed list's items, the list's kind without List"),
        new("api_version", word(), "apiVersion"),
        new("namespace", word(), "metadata.namespace"),
        new("name", text(), "metadata.name"),
        new("uid", text(), "metadata.uid"),
        new("resource_version", text(), "metadata.resourceVersion; of an etcd revision, the revision"),
        new("deletion_time", timestamp(), "metadata.deletionTimestamp, UTC"),
        new("body", text(), "the object as the JSON text it arrived in"),
        new("revision", Int64, "etcd revision that wrote this state; null when the snapshot has no revisions"),
        new("superseded", Boolean, "a later revision of the object exists; null when not known"),
        new("deleted", Boolean, "this revision is a deletion; null when not known"),
        new("key", text(), "key in etcd; null when the snapshot has none"),
        new("storage", word(), "how etcd held it: protobuf, json, sealed (provider and key), tombstone …"),
        new("evidence", UInt32, "number of the evidence in table evidence").required(),
        new("offset", UInt64, "first byte in that evidence, after decompression").required(),
        new("length", UInt64, "bytes").required(),
    ]
}
