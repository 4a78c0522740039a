//! Table `KubePodInventory`: which pods and containers were there (formats.md c.5).
//!
//! A row a minute and container is a state, not an event, so it has no line in the timeline.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Int32;

use crate::model::table::{Column, Table, azure, schema, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "KubePodInventory",
    doc: "Pods and containers as they were, a row per container and minute",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: None,
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "minute of the snapshot; what lived shorter than one may be missing"),
        new("ClusterId", word(), "ARM resource id of the cluster"),
        new("ClusterName", word(), "name of the cluster"),
        new("Computer", word(), "node the pod is on; empty while it is not scheduled"),
        new("Namespace", word(), "namespace of the pod"),
        new("Name", word(), "name of the pod"),
        new("PodUid", word(), "uid of the pod: tells two pods of one name apart"),
        new("PodStatus", word(), "phase of the pod"),
        new("PodIp", word(), "address of the pod; joins it to network rows of that minute"),
        new("PodLabel", word(), "JSON: labels of the pod"),
        new("PodCreationTimeStamp", timestamp(), "when the pod was created"),
        new("PodStartTime", timestamp(), "when the pod started"),
        new("PodRestartCount", Int32, "restarts of all its containers"),
        new("ControllerKind", word(), "kind of the controller that owns the pod; empty is a bare pod"),
        new("ControllerName", word(), "name of that controller"),
        new("ServiceName", word(), "service in front of the pod"),
        new("ContainerID", word(), "id of the container; joins ContainerLog, ContainerLogV2 and Defender entities"),
        new("ContainerName", word(), "pod's uid and container's name, joined by /"),
        new("ContainerStatus", word(), "state of the container"),
        new("ContainerStatusReason", word(), "why it is in that state"),
        new("ContainerLastStatus", word(), "state before that"),
        new("ContainerCreationTimeStamp", timestamp(), "when the container was created"),
        new("ContainerStartTime", timestamp(), "when the container started"),
        new("ContainerRestartCount", Int32, "restarts of the container"),
        new("InstanceName", word(), "not used by Azure"),
    ]
}
