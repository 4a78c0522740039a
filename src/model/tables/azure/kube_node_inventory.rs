//! Table `KubeNodeInventory`: which nodes were there (formats.md c.5).
//!
//! A row a minute is a state, not an event, so it has no line in the timeline.

use std::sync::LazyLock;

use crate::model::table::{Column, Table, azure, schema, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "KubeNodeInventory",
    doc: "Nodes as they were, a row per node and minute",
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
        new("Computer", word(), "name of the node"),
        new("CreationTimeStamp", timestamp(), "when the node joined; scaling makes new ones"),
        new("Status", word(), "conditions that were true, comma-separated"),
        new("LastTransitionTimeReady", timestamp(), "when the node last became ready, or ceased to be"),
        new("OperatingSystem", word(), "operating system image"),
        new("KubeletVersion", word(), "version of its kubelet"),
        new("KubeProxyVersion", word(), "version of its kube-proxy"),
        new("DockerVersion", word(), "container runtime and its version, whatever the column is called"),
        new("KubernetesProviderID", word(), "Azure's name of the machine behind the node"),
        new("Labels", word(), "labels of the node"),
    ]
}
