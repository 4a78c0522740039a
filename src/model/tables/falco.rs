//! Table `falco`: what Falco's rules found, one row per alert.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Int64;

use crate::model::table::{Column, Table, list, ours, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "falco",
    doc: "Alerts of Falco: system calls of containers and hosts, Kubernetes audit events, other sources",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'falco' AS source, user_name AS actor, CAST(rule AS VARCHAR) AS verb, \
         coalesce(output, message, command) AS object, CAST(NULL AS BIGINT) AS status, \
         CAST(namespace AS VARCHAR) AS namespace, CAST(process AS VARCHAR) AS agent, \
         CAST(NULL AS VARCHAR) AS address, uuid AS id, evidence, \"offset\", length FROM falco",
    ),
    id: Some("uuid"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "time, UTC; when it is not there, evt.time of output_fields"),
        new("rule", word(), "name of the rule that fired"),
        new("priority", word(), "Emergency, Alert, Critical, Error, Warning, Notice, Informational or Debug"),
        new("source", word(), "syscall, k8s_audit, or the name of a plugin's source"),
        new("hostname", word(), "node on which Falco ran"),
        new("output", text(), "the alert as a sentence, with the time of day in front; null when switched off"),
        new("message", text(), "the same without time and priority, of newer versions"),
        new("tags", list(text()), "tags of the rule; null when switched off"),
        new("container_id", word(), "container.id, mostly 12 characters; host = no container"),
        new("container_name", word(), "container.name"),
        new("image", word(), "container.image, else container.image.repository with :tag"),
        new("namespace", word(), "k8s.ns.name, of audit events ka.target.namespace"),
        new("pod", text(), "k8s.pod.name; of audit events about a pod its name"),
        new("process", word(), "proc.name"),
        new("command", text(), "proc.cmdline: program and arguments, as the process itself set them"),
        new("parent", word(), "proc.pname"),
        new("user_name", text(), "user.name, of audit events ka.user.name; a container's names are those of the host"),
        new("user_uid", Int64, "user.uid; null when unset (-1 or 4294967295)"),
        new("fd_name", text(), "fd.name: file, or addresses of a connection"),
        new("evt_time", Int64, "evt.time: nanoseconds since 1970, exact"),
        new("output_fields", text(), "every field of the alert as the JSON text it arrived in"),
        new("uuid", text(), "id of the alert, of newer versions and of Falcosidekick"),
    ];
    columns.extend(ours());
    columns
}
