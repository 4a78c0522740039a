//! Table `tetragon`: what processes did, one row per event.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Int64;

use crate::model::table::{Column, Table, ours, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "tetragon",
    doc: "Events of Tetragon: programs started and ended, kernel functions called, connections",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'tetragon' AS source, CAST(uid AS VARCHAR) AS actor, CAST(kind AS VARCHAR) AS verb, \
         concat_ws(' ', CAST(function_name AS VARCHAR), \"binary\", arguments) AS object, return_code AS status, \
         CAST(namespace AS VARCHAR) AS namespace, parent_binary AS agent, CAST(NULL AS VARCHAR) AS address, \
         exec_id AS id, evidence, \"offset\", length FROM tetragon",
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "when the kernel saw it, UTC"),
        new("kind", word(), "process_exec, process_exit, process_kprobe …; rate_limit_info = events were dropped"),
        new("node", word(), "node_name"),
        new("cluster", word(), "cluster_name, of newer versions"),
        new("binary", text(), "path of the program"),
        new("arguments", text(), "its arguments as one text"),
        new("cwd", text(), "working directory"),
        new("pid", Int64, "process id on the host"),
        new("uid", Int64, "effective user id on the host"),
        new("auid", Int64, "user id of the login that started it; null when none did (4294967295)"),
        new("exec_id", text(), "id of this run of the program: base64 of node, kernel time and pid"),
        new("parent_exec_id", text(), "exec_id of the parent"),
        new("parent_binary", text(), "path of the parent's program"),
        new("parent_arguments", text(), "the parent's arguments"),
        new("namespace", word(), "namespace of the pod; null for processes of the host"),
        new("pod", text(), "name of the pod"),
        new("workload", word(), "what the pod belongs to"),
        new("container_id", text(), "pod.container.id with its runtime in front, else docker: its first characters"),
        new("container_name", word(), "name of the container"),
        new("image", word(), "name of its image"),
        new("flags", word(), "how it was started: execve, clone, procFS (before Tetragon), auid, rootcwd …"),
        new("start_time", timestamp(), "when the process began, UTC"),
        new("function_name", word(), "kernel function or hook, symbol of a uprobe, subsystem/event of a tracepoint"),
        new("action", word(), "what Tetragon did: KPROBE_ACTION_POST, KPROBE_ACTION_SIGKILL …"),
        new("policy_name", word(), "tracing policy that asked for the event"),
        new(
            "return_code",
            Int64,
            "number that the function returned; of process_exit the exit status, 0 is not written",
        ),
        new("args", text(), "arguments of the function as JSON"),
        new("event", text(), "the whole event as the JSON text it arrived in"),
    ];
    columns.extend(ours());
    columns
}
