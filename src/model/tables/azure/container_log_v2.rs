//! Table `ContainerLogV2`: container output with pod and namespace (formats.md c.5).

use std::sync::LazyLock;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "ContainerLogV2",
    doc: "Lines containers wrote, with pod and namespace (Container Insights, second version)",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'ContainerLogV2' AS source,
        nullif(concat_ws('/', nullif(CAST("PodName" AS VARCHAR), ''), nullif(CAST("ContainerName" AS VARCHAR), '')),
            '') AS actor,
        coalesce(nullif(CAST("LogLevel" AS VARCHAR), ''), CAST("LogSource" AS VARCHAR)) AS verb,
        "LogMessage" AS object, CAST(NULL AS BIGINT) AS status, CAST("PodNamespace" AS VARCHAR) AS namespace,
        CAST(NULL AS VARCHAR) AS agent, CAST(NULL AS VARCHAR) AS address, CAST("ContainerId" AS VARCHAR) AS id,
        evidence, "offset", length FROM "ContainerLogV2""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "time of the line"),
        new("Computer", word(), "node the container ran on"),
        new("ContainerId", word(), "id of the container; a restart makes a new one"),
        new("ContainerName", word(), "name of the container in its pod"),
        new("PodName", word(), "pod"),
        new("PodNamespace", word(), "namespace of the pod"),
        new("LogMessage", text(), "JSON: the line, an object when the container wrote one, else text; up to 64 KB"),
        new("LogSource", word(), "stdout or stderr"),
        new("LogLevel", word(), "level read from the line; the container controls it"),
        new("KubernetesMetadata", text(), "JSON: pod uid, labels, annotations, image, when their collection is on"),
    ]
}
