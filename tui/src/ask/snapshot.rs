//! Objects of snapshots: what stands, what was done to one, and whom RBAC allows what.

use super::{Cell, Level, RecordId, Total};

/// The objects that stand at the end of the snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objects {
    /// By namespace (those of none first), kind and name.
    pub rows: Vec<ObjectLine>,
    pub total: Total,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectLine {
    pub id: RecordId,
    pub namespace: Cell,
    pub kind: String,
    pub name: String,
    /// The worst level of the rules that fire on it as it stands.
    pub risk: Option<Level>,
    /// The titles of these rules.
    pub risks: Vec<String>,
}

/// One object in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectText {
    pub id: RecordId,
    /// Name and value: api version, created, uid, owner, service account.
    pub facts: Vec<(String, String)>,
    /// Oldest first.
    pub history: Vec<Change>,
    /// JSON, secrets hidden.
    pub body: String,
}

/// Something that was done to an object, or a state it was seen in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub time: Option<i64>,
    /// Who did it; `None` for a state of a snapshot.
    pub actor: Cell,
    /// "patch → 200", "in a snapshot", "revision 4711".
    pub what: String,
    /// What became another: "spec.replicas: 1 → 3".
    pub changes: Vec<String>,
}

/// Whom RBAC allows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhoCan {
    /// The question as it was understood.
    pub question: String,
    pub grants: Vec<Grant>,
    /// What the reader must know: "the snapshot has no roles: cannot tell".
    pub remarks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// "ServiceAccount web/ci".
    pub subject: String,
    pub binding: String,
    pub role: String,
    /// The rule of the role that allows it.
    pub rule: String,
    /// `None`: in the whole cluster.
    pub namespace: Cell,
}
