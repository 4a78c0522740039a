//! What the programs of the control plane wrote: `product: kubernetes`, services control_plane, guard, cluster-autoscaler.

use super::{LogField, LogSource, Reading, SILENT, Words, field, means};

static FIELDS: &[LogField] = &[
    field!("category", "diagnostic category: kube-scheduler, guard, cluster-autoscaler …"),
    field!("severity", "Debug, Info, Warning, Error or Fatal, as the line says it"),
    field!("message", "the line without its header"),
    field!(tree "fields", "keys and values of a structured line"),
    field!("pod", "control-plane pod that wrote it"),
    field!("cluster", "ARM resource id of the cluster in lower case"),
];

macro_rules! reading {
    ($only:literal) => {
        Reading {
            table: "control_plane",
            from: "",
            only: $only,
            event: Words {
                actor: "CAST(category AS VARCHAR)",
                verb: "coalesce(CAST(level AS VARCHAR), 'line')",
                kind: "'line'",
                name: "message",
                ..SILENT
            },
            fields: &[
                ("any text", "concat_ws(' ', message, fields)"),
                ("category", "category"),
                ("severity", "level"),
                ("message", "message"),
                ("fields", "fields"),
                ("pod", "pod"),
                ("cluster", "cluster_id"),
            ],
        }
    };
}

/// All of it.
pub static CONTROL_PLANE: LogSource = LogSource {
    name: "control_plane",
    doc: "log lines of the control plane that are no audit events",
    means: &[means("", "kubernetes", "control_plane")],
    fields: FIELDS,
    readings: &[reading!("")],
    remedy: "switch on the other diagnostic categories of the cluster and export them, or table AKSControlPlane",
};

/// Sign-in with Entra ID.
pub static GUARD: LogSource = LogSource {
    name: "guard",
    doc: "log lines of guard, which signs users of Entra ID in to the cluster",
    means: &[means("", "kubernetes", "guard")],
    fields: FIELDS,
    readings: &[reading!("CAST(category AS VARCHAR) = 'guard'")],
    remedy: "switch on the diagnostic category guard and export it",
};

/// Nodes that come and go.
pub static AUTOSCALER: LogSource = LogSource {
    name: "cluster-autoscaler",
    doc: "log lines of the cluster autoscaler",
    means: &[means("", "kubernetes", "cluster-autoscaler")],
    fields: FIELDS,
    readings: &[reading!("CAST(category AS VARCHAR) = 'cluster-autoscaler'")],
    remedy: "switch on the diagnostic category cluster-autoscaler and export it",
};
