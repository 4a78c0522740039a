//! What containers wrote: `product: kubernetes, service: container`.

use super::{LogField, LogSource, Reading, SILENT, Words, field, means};

static FIELDS: &[LogField] = &[
    field!("message", "the line, of some tables as JSON"),
    field!("stream", "stdout or stderr"),
    field!("namespace", "namespace of the pod"),
    field!("pod", "pod"),
    field!("container", "container"),
    field!("containerId", "id of the container"),
    field!("image", "image of the container"),
    field!("node", "node"),
];

/// See the module's description.
pub static CONTAINER: LogSource = LogSource {
    name: "container",
    doc: "lines that containers wrote",
    means: &[means("", "kubernetes", "container"), means("application", "kubernetes", "")],
    fields: FIELDS,
    readings: &[FILES, V2, V1, KUBEFORENSYS],
    remedy: "add the log files of /var/log/containers, or tables ContainerLogV2 or ContainerLog",
};

const FILES: Reading = Reading {
    table: "container_log",
    from: "",
    only: "",
    event: Words {
        verb: "coalesce(CAST(\"stream\" AS VARCHAR), 'line')",
        kind: "'line'",
        namespace: "namespace",
        name: "concat_ws(': ', CAST(pod AS VARCHAR), message)",
        ..SILENT
    },
    fields: &[
        ("any text", "message"),
        ("message", "message"),
        ("stream", "\"stream\""),
        ("namespace", "namespace"),
        ("pod", "pod"),
        ("container", "container"),
    ],
};

const V2: Reading = Reading {
    table: "ContainerLogV2",
    from: "",
    only: "",
    event: Words {
        host: "\"Computer\"",
        verb: "coalesce(CAST(\"LogSource\" AS VARCHAR), 'line')",
        kind: "'line'",
        namespace: "\"PodNamespace\"",
        name: "concat_ws(': ', CAST(\"PodName\" AS VARCHAR), \"LogMessage\")",
        ..SILENT
    },
    fields: &[
        ("any text", "\"LogMessage\""),
        ("message", "\"LogMessage\""),
        ("stream", "\"LogSource\""),
        ("namespace", "\"PodNamespace\""),
        ("pod", "\"PodName\""),
        ("container", "\"ContainerName\""),
        ("containerId", "\"ContainerId\""),
        ("node", "\"Computer\""),
    ],
};

const V1: Reading = Reading {
    table: "ContainerLog",
    from: "",
    only: "",
    event: Words {
        host: "\"Computer\"",
        verb: "coalesce(CAST(\"LogEntrySource\" AS VARCHAR), 'line')",
        kind: "'line'",
        name: "\"LogEntry\"",
        ..SILENT
    },
    fields: &[
        ("any text", "\"LogEntry\""),
        ("message", "\"LogEntry\""),
        ("stream", "\"LogEntrySource\""),
        ("containerId", "\"ContainerID\""),
        ("image", "\"Image\""),
        ("node", "\"Computer\""),
    ],
};

const KUBEFORENSYS: Reading = Reading {
    table: "kubelogs_CL",
    from: "",
    only: "",
    event: Words {
        verb: "'line'",
        kind: "'line'",
        namespace: "\"namespace\"",
        name: "concat_ws(': ', CAST(\"pod_name\" AS VARCHAR), \"message\")",
        ..SILENT
    },
    fields: &[
        ("any text", "\"message\""),
        ("message", "\"message\""),
        ("namespace", "\"namespace\""),
        ("pod", "\"pod_name\""),
        ("container", "\"container_name\""),
    ],
};
