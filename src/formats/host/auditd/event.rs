//! An event: the records that share node, time and serial.

use std::ops::Range;

use super::record::{Clock, Record};
use crate::model::Micros;

/// Why an event was taken to be complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By its EOE record.
    Eoe,
    /// By PROCTITLE, see [`super::Grouper`].
    Proctitle,
    /// Its record is of a type that is an event of its own.
    Alone,
    /// Its record has no time or no serial, so that no other can be told to belong to it.
    Nameless,
    /// No record of it came for as long as the limits say.
    Window,
    /// It, or all open events together, reached a limit of memory: more records may follow.
    Full,
    /// The input ended.
    Finish,
}

/// A record of an event with the place it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub record: Record<'static>,
    /// The line number that the caller passed in.
    pub line: u64,
    /// The range of bytes that the caller passed in.
    pub range: Range<u64>,
}

/// The records of one event in the order they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub node: Option<String>,
    pub time: Option<Micros>,
    pub clock: Clock,
    pub serial: Option<u64>,
    pub records: Vec<Kept>,
    pub ended: Ended,
    /// Whether an event of the same node, time and serial was given out before: this is more of it, or a copy of it.
    pub continues: bool,
}
