//! Table `ContainerLog`: container output, first version (formats.md c.5).
//!
//! It names no pod and no namespace: join `KubePodInventory` on ContainerID.

use std::sync::LazyLock;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "ContainerLog",
    doc: "Lines containers wrote, without pod or namespace (Container Insights, first version)",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'ContainerLog' AS source,
        coalesce(nullif(CAST("Name" AS VARCHAR), ''), CAST("ContainerID" AS VARCHAR)) AS actor,
        CAST("LogEntrySource" AS VARCHAR) AS verb, "LogEntry" AS object, CAST(NULL AS BIGINT) AS status,
        CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent, CAST(NULL AS VARCHAR) AS address,
        CAST("ContainerID" AS VARCHAR) AS id, evidence, "offset", length FROM "ContainerLog""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "time of the line"),
        new("TimeOfCommand", timestamp(), "when the agent read the line; optional"),
        new("Computer", word(), "node the container ran on"),
        new("ContainerID", word(), "id of the container; leads to its pod through KubePodInventory"),
        new("Name", word(), "pod's uid and container's name, joined by /"),
        new("LogEntrySource", word(), "stdout or stderr"),
        new("LogEntry", text(), "the line; its writer controls all of it"),
        new("Image", word(), "image of the container"),
        new("ImageTag", word(), "tag of that image; AKS leaves it empty"),
        new("Repository", word(), "repository of that image; AKS leaves it empty"),
    ]
}
