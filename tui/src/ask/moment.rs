//! One moment of a replay. It is a fact of the case and its time alone: however a replay came there, it is the same.

use super::{Direction, Level, RecordId, Window};

/// Where a replay goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Go {
    /// To this time, whether or not anything happened then.
    To(i64),
    /// To the event after (or before) this one in the order of the timeline; `None`: before all events.
    Event { from: Option<(i64, RecordId)>, direction: Direction },
    /// To the next (or the last) instant after (or before) this time at which a finding comes to be.
    Finding { from: i64, direction: Direction },
}

/// What the rules have seen by a time, events of that very instant included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    pub time: i64,
    /// There was nothing further on in the direction that was asked for, and this is where it was asked from.
    pub end: bool,
    /// First and one past the last event of the case.
    pub case: Window,
    /// The event that was gone to, else the last one by this time; `None` before all events.
    pub event: Option<Seen>,
    /// When the next event is, and when the next finding comes to be.
    pub next: Option<i64>,
    pub next_finding: Option<i64>,
    /// The findings that have come to be by now, of how many in all, and the last of them.
    pub found: u64,
    pub findings: u64,
    pub last: Option<Fired>,
    /// Windows of correlations that are open now, complete ones first, then by level and by how near they are to their
    /// condition; not more than were asked for.
    pub windows: Vec<Open>,
    pub open: u64,
    /// In equal bins over the case, whether a finding comes to be in it.
    pub marks: Vec<bool>,
}

/// An event as a replay passes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub id: RecordId,
    pub time: i64,
    /// Who, and what was done: "ci", "create pods/exec web/api-7d9 → 101".
    pub actor: Option<String>,
    pub what: String,
}

/// A finding as it comes to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    pub time: i64,
    pub level: Level,
    pub title: String,
}

/// A window of one group of a correlation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    pub rule: String,
    pub title: String,
    pub level: Level,
    /// What makes the group: "actor=ci". Empty: all events are one.
    pub group: String,
    /// How far it is, in words: "2 of 3", "41 of 50", "12".
    pub reached: String,
    /// How much of what is wanted is there, in percent; `None` when more is not nearer.
    pub share: Option<u8>,
    /// The steps of a correlation in time, and whether each was hit.
    pub steps: Vec<(String, bool)>,
    /// When the earliest hit that counts falls out of it.
    pub ends: i64,
    /// When the condition last held.
    pub complete: Option<i64>,
}
