//! Table `finding`: what the last replay found, one row per finding.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{UInt32, UInt64};

use crate::model::table::{Column, Table, list, schema, structure, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "finding",
    doc: "What the last replay found, with its chain of evidence",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: None,
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("id", text(), "stable id: the same evidence and rule give the same id"),
        new("rule", word(), "slug of the rule"),
        new("level", word(), "informational, low, medium, high or critical"),
        new("title", text(), "title of the rule"),
        new("first", timestamp(), "earliest event, UTC"),
        new("last", timestamp(), "latest event, UTC"),
        new("count", UInt64, "requests, each counted once whatever its stages"),
        new("actor", text(), "who acted"),
        new("target", text(), "on what"),
        new("techniques", list(text()), "ATT&CK technique ids as the rule tags them, of the old or the new matrix"),
        new("tactics", list(text()), "ATT&CK tactics as the rule tags them, of the old or the new matrix"),
        new("threat_matrix", list(text()), "ids in Microsoft's threat matrix for Kubernetes"),
        new("defender", list(text()), "Microsoft Defender alert types it corresponds to"),
        new("remediation", text(), "what to do about it"),
        new("entities", list(entity()), "who acted, from where and on what, sorted"),
        new("incident", text(), "incident it is part of; null when it is part of none"),
        new("shared", list(entity()), "entities that link it to other findings of the incident"),
        new("audit_ids", list(text()), "audit ids of its events, in event order"),
        new("evidence", list(UInt32), "evidence numbers of its events, in event order"),
        new("offset", list(UInt64), "first bytes of its events, in event order"),
        new("length", list(UInt64), "bytes of its events, in event order"),
    ]
}

/// One entity: `kind` is user, service account, pod, node, image, address, namespace, object or cluster.
pub fn entity() -> arrow::datatypes::DataType {
    structure(&[("kind", text()), ("name", text())])
}
