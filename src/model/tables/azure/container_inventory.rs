//! Table `ContainerInventory`: containers with image, command and environment (formats.md c.5).
//!
//! The agent sends it once a minute, as it does the Kube inventories, so it has no line in the timeline.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Int32;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "ContainerInventory",
    doc: "Containers as they were, with image, command and environment; may hold secrets",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: None,
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "time of the snapshot"),
        new("Computer", word(), "node the container is on"),
        new("ContainerID", word(), "id of the container"),
        new("Name", word(), "name of the container"),
        new("ContainerHostname", word(), "host name it sees, usually its pod"),
        new("ContainerState", word(), "last known state"),
        new("Command", text(), "entry point and command it runs"),
        new("EnvironmentVar", text(), "environment of the container; often holds secrets, so mind who reads it"),
        new("Image", word(), "image, without registry and tag"),
        new("ImageTag", word(), "tag of the image; a tag can be moved"),
        new("ImageID", word(), "digest of the image: what really ran"),
        new("Repository", word(), "registry the image came from"),
        new("CreatedTime", timestamp(), "when it was created"),
        new("StartedTime", timestamp(), "when it started"),
        new("FinishedTime", timestamp(), "when it ended"),
        new("ExitCode", Int32, "what it ended with"),
        new("Ports", text(), "ports it opens"),
        new("Links", text(), "links of old Docker set-ups"),
        new("ComposeGroup", word(), "project of Docker Compose"),
    ]
}
