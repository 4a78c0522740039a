//! Events of Kubernetes, which are no audit events: `product: kubernetes, service: events`.

use super::{LogSource, Reading, SILENT, Words, field, means};

/// See the module's description.
pub static EVENTS: LogSource = LogSource {
    name: "events",
    doc: "events of Kubernetes, as kubectl get events shows them",
    means: &[means("", "kubernetes", "events")],
    fields: &[
        field!("reason", "what happened, in one word"),
        field!("message", "what happened, in words"),
        field!("kind", "kind of the object it happened to"),
        field!("namespace", "namespace of that object"),
        field!("name", "name of that object"),
        field!("component", "component that reported it"),
        field!("node", "node it is about"),
    ],
    readings: &[
        Reading {
            table: "KubeEvents",
            from: "",
            only: "",
            event: Words {
                actor: "CAST(\"SourceComponent\" AS VARCHAR)",
                host: "\"Computer\"",
                verb: "coalesce(CAST(\"Reason\" AS VARCHAR), 'event')",
                kind: "coalesce(CAST(\"ObjectKind\" AS VARCHAR), 'object')",
                namespace: "\"Namespace\"",
                name: "concat_ws(': ', CAST(\"Name\" AS VARCHAR), \"Message\")",
                ..SILENT
            },
            fields: &[
                ("any text", "concat_ws(' ', \"Reason\", \"Message\", \"Name\")"),
                ("reason", "\"Reason\""),
                ("message", "\"Message\""),
                ("kind", "\"ObjectKind\""),
                ("namespace", "\"Namespace\""),
                ("name", "\"Name\""),
                ("component", "\"SourceComponent\""),
                ("node", "\"Computer\""),
            ],
        },
        Reading {
            table: "kubeevents_CL",
            from: "",
            only: "",
            event: Words {
                actor: "CAST(\"reporting_component\" AS VARCHAR)",
                verb: "coalesce(CAST(\"reason\" AS VARCHAR), 'event')",
                kind: "'object'",
                name: "concat_ws(': ', CAST(\"involved_object_name\" AS VARCHAR), \"message\")",
                ..SILENT
            },
            fields: &[
                ("any text", "concat_ws(' ', \"reason\", \"message\")"),
                ("reason", "\"reason\""),
                ("message", "\"message\""),
                ("name", "\"involved_object_name\""),
                ("component", "\"reporting_component\""),
            ],
        },
    ],
    remedy: "add table KubeEvents; kubectl get events shows the last hour only",
};
