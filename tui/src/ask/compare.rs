//! Two of something side by side: events field by field, and stretches of time by who did what from where.

use super::{Cell, Column, RecordId, Window};

/// Two events, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    pub a: Side,
    pub b: Side,
    /// In the order of the tables; what is JSON is told path by path: "request_object.spec.replicas".
    pub rows: Vec<Compared>,
}

/// One of the two events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    pub id: RecordId,
    /// Where it is written: "kube-03.gz:8841".
    pub place: String,
}

/// One field of both. `None`: it is not there, or null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    pub path: String,
    pub a: Cell,
    pub b: Cell,
}

/// A window of time with the name it has in the case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Named {
    /// Of the note that named it.
    pub id: String,
    pub name: String,
    /// Both ends are set.
    pub window: Window,
}

/// Two windows of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// Events in each.
    pub a: u64,
    pub b: u64,
    pub parts: Vec<Part>,
}

/// What occurs in one of two windows or in both, by one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// What it is: "who", "what", "from where".
    pub name: String,
    /// The column of the timeline that has it.
    pub column: Option<Column>,
    /// What is in one window alone comes first, then the most frequent.
    pub rows: Vec<InEach>,
    /// How many values there are, listed or not.
    pub distinct: u64,
}

/// How often a value occurs in each of two windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InEach {
    pub value: Cell,
    pub a: u64,
    pub b: u64,
}
