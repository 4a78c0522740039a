//! Table `KubeServices`: which services were there (formats.md c.5).
//!
//! A row a minute is a state, not an event, so it has no line in the timeline.

use std::sync::LazyLock;

use crate::model::table::{Column, Table, azure, schema, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "KubeServices",
    doc: "Kubernetes services as they were, a row per service and minute",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: None,
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "minute of the snapshot"),
        new("ClusterId", word(), "ARM resource id of the cluster"),
        new("ClusterName", word(), "name of the cluster"),
        new("Namespace", word(), "namespace of the service"),
        new("ServiceName", word(), "name of the service"),
        new("ServiceType", word(), "ClusterIP, NodePort, LoadBalancer or ExternalName: how far it is exposed"),
        new("ClusterIp", word(), "address inside the cluster"),
        new("SelectorLabels", word(), "labels of the pods it sends traffic to"),
    ]
}
