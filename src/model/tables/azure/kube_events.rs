//! Table `KubeEvents`: core Kubernetes events, not audit events (formats.md c.5).

use std::sync::LazyLock;

use arrow::datatypes::DataType::Float64;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "KubeEvents",
    doc: "Kubernetes events (scheduling, pulls, failures), which are no audit events",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'KubeEvents' AS source, CAST("SourceComponent" AS VARCHAR) AS actor,
        CAST("Reason" AS VARCHAR) AS verb,
        nullif(concat_ws(': ', nullif(concat_ws(' ', nullif(CAST("ObjectKind" AS VARCHAR), ''),
            nullif(CAST("Name" AS VARCHAR), '')), ''), nullif("Message", '')), '') AS object,
        CAST(NULL AS BIGINT) AS status, CAST("Namespace" AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        CAST(NULL AS VARCHAR) AS address, CAST(NULL AS VARCHAR) AS id, evidence, "offset", length FROM "KubeEvents""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the row was made; the event is between FirstSeen and LastSeen"),
        new("FirstSeen", timestamp(), "when it happened first"),
        new("LastSeen", timestamp(), "when it happened last"),
        new("Count", Float64, "how often it happened so far"),
        new("KubeEventType", word(), "Normal or Warning; Normal is often not collected"),
        new("Reason", word(), "what happened, in one word"),
        new("Message", text(), "what happened, in words"),
        new("ObjectKind", word(), "kind of the object it happened to"),
        new("Name", word(), "name of that object"),
        new("Namespace", word(), "namespace of that object"),
        new("SourceComponent", word(), "component that reported it"),
        new("Computer", word(), "node it is about, else node of the collector"),
        new("ClusterId", word(), "ARM resource id of the cluster"),
        new("ClusterName", word(), "name of the cluster"),
    ]
}
