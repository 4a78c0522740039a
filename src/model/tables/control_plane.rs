//! Table `control_plane`: what the programs of the control plane wrote, one row per line.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Int64;

use crate::model::table::{Column, Table, ours, schema, text, timestamp, word};

/// See the module's description. Rows of AKSControlPlane are here too.
pub static TABLE: Table = Table {
    name: "control_plane",
    doc: "Log lines of the control plane that are no audit events: scheduler, controllers, guard, API server …",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'control_plane' AS source, CAST(category AS VARCHAR) AS actor, CAST(level AS VARCHAR) AS verb, \
         message AS object, CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, \
         CAST(NULL AS VARCHAR) AS agent, CAST(NULL AS VARCHAR) AS address, CAST(NULL AS VARCHAR) AS id, evidence, \
         \"offset\", length FROM control_plane",
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "the line's own time, else that of the record around it, UTC; see time_source"),
        new(
            "time_source",
            word(),
            "line = written in the line, the year by its record or as given; line before = of the nearest line above that has one; envelope = the export's own time, a little late",
        ),
        new("envelope_time", timestamp(), "time of the record around the line, UTC; null when it came bare"),
        new("category", word(), "diagnostic category: kube-scheduler, guard, cluster-autoscaler …"),
        new("level", word(), "Debug, Info, Warning, Error or Fatal, as the line says it"),
        new("message", text(), "the line without its header; the whole line when it has none"),
        new("line", text(), "the line as it was written, where message is less than that"),
        new("fields", text(), "keys and values of a structured line as JSON; values are text"),
        new("logger", word(), "name of the logger that the line says"),
        new("time_text", word(), "the line's time as written, when it lacks a year that nothing gives"),
        new("source_file", word(), "file and line of the program that wrote it, as klog says it"),
        new("thread", Int64, "thread or process number of the klog header"),
        new("pod", word(), "control-plane pod that wrote it; not one of the cluster's own pods"),
        new("stream", word(), "stdout or stderr"),
        new("cluster_id", word(), "ARM resource id of the cluster in lower case"),
    ];
    columns.extend(ours());
    columns
}
