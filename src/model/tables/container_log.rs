//! Table `container_log`: what a container wrote, as the runtime of its node kept it, one row per line.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Boolean, Int64};

use crate::model::table::{Column, Table, ours, schema, text, timestamp, word};

/// See the module's description. Log Analytics has its own tables for the same, ContainerLog and ContainerLogV2.
pub static TABLE: Table = Table {
    name: "container_log",
    doc: "Lines of container log files (CRI, Docker json-file); which pod it was only the path of the evidence says",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'container_log' AS source, CAST(NULL AS VARCHAR) AS actor, CAST(\"stream\" AS VARCHAR) AS verb, \
         message AS object, CAST(NULL AS BIGINT) AS status, CAST(namespace AS VARCHAR) AS namespace, \
         CAST(NULL AS VARCHAR) AS agent, CAST(NULL AS VARCHAR) AS address, CAST(NULL AS VARCHAR) AS id, evidence, \
         \"offset\", length FROM container_log",
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "when the runtime took the line, or the first part of it, UTC"),
        new("stream", word(), "stdout or stderr"),
        new("message", text(), "the line as the container wrote it, its parts joined"),
        new("lines", Int64, "how many lines of the file hold its parts"),
        new(
            "more_lines",
            text(),
            "where the parts lie that offset and length do not cover: JSON, [[offset, length], …]",
        ),
        new("ended", word(), "whole; full = too long, the next row goes on; end = the last part is not in the file"),
        new("continues", Boolean, "whether it goes on from a row that is full"),
        new("namespace", word(), "namespace of the pod, where the log says it"),
        new("pod", word(), "pod, where the log says it"),
        new("container", word(), "container, where the log says it"),
        new("attrs", text(), "labels of the container that Docker was told to log, JSON"),
    ];
    columns.extend(ours());
    columns
}
