//! The sweep: preset questions asked of the whole case at once.

use super::{Bin, Window};

/// What became of every preset question that needs no value from who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// The time that the bars of the answers stand for.
    pub window: Window,
    pub lines: Vec<Swept>,
    /// The others.
    pub unasked: Vec<Unasked>,
}

/// A preset question that needs a value from who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unasked {
    pub hunt: String,
    pub title: String,
    pub question: String,
    /// What it asks for: "subject: the identity, as evidence has it".
    pub asks: Vec<String>,
}

/// What became of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    /// Its name: "hands-on".
    pub hunt: String,
    pub title: String,
    pub question: String,
    /// The evidence it depends on, and what it cannot see.
    pub needs: String,
    pub hits: u64,
    /// When the first of them begins; `None` without any, or when they have no time.
    pub first: Option<i64>,
    /// Hits by when they begin.
    pub bins: Vec<Bin>,
    pub data: Data,
    /// What the case has no row of: "audit WHERE verb = 'list'".
    pub missing: Vec<String>,
    /// It began in the case: none of the hits is in the first quarter of its time.
    pub new: bool,
}

/// Whether the evidence could have shown a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Data {
    /// All that is asked of is there: no hit means that there was nothing to see.
    Present,
    /// Some of it is: there may be more than is shown.
    Part,
    /// None of it is: no hit says nothing.
    Absent,
}
