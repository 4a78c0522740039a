//! Puts the parts of long lines together again.

use std::ops::Range;

use super::{Line, Stream};
use crate::model::Micros;

/// Why a joined line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By a part that is whole.
    Whole,
    /// By the limit of memory: the next one of this stream is more of it.
    Full,
    /// By the end of the input: the last part was lost or never written.
    Finish,
}

/// A line as the container wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The time of the first part.
    pub time: Micros,
    pub stream: Stream,
    pub message: String,
    /// What the first part says of the container's labels.
    pub attrs: Option<String>,
    /// The number that the caller passed in with the first part.
    pub line: u64,
    /// The ranges of bytes that the caller passed in with the parts, in order.
    pub ranges: Vec<Range<u64>>,
    pub ended: Ended,
    /// Whether it goes on from a joined line that ended by the limit.
    pub continues: bool,
}

/// Joins the parts of one file; the two streams of a container interleave in it.
///
/// What is held is at most the given number of bytes for each stream, and one part.
pub struct Joiner {
    limit: usize,
    open: [Option<Joined>; 2],
    cut: [bool; 2],
}

/// Even a part without text takes memory for its range.
const PART: usize = size_of::<Range<u64>>();

impl Joiner {
    pub fn new(limit: usize) -> Self {
        Self { limit, open: [None, None], cut: [false; 2] }
    }

    /// Takes the next line with its number and the range of bytes it was read from, and returns a joined line when it is complete.
    pub fn feed(&mut self, line: Line<'_>, number: u64, range: Range<u64>) -> Option<Joined> {
        let at = line.stream as usize;
        let continues = self.cut[at];
        let joined = self.open[at].get_or_insert_with(|| Joined {
            time: line.time,
            stream: line.stream,
            message: String::new(),
            attrs: line.attrs.as_deref().map(str::to_owned),
            line: number,
            ranges: Vec::new(),
            ended: Ended::Whole,
            continues,
        });
        joined.message.push_str(&line.message);
        joined.ranges.push(range);
        let full = joined.message.len() + joined.ranges.len() * PART >= self.limit;
        if line.partial && !full {
            return None;
        }
        self.cut[at] = line.partial;
        let mut joined = self.open[at].take()?;
        joined.ended = if line.partial { Ended::Full } else { Ended::Whole };
        Some(joined)
    }

    /// Returns what is still open, of standard output first.
    pub fn finish(&mut self) -> Vec<Joined> {
        self.cut = [false; 2];
        let open = self.open.iter_mut().filter_map(Option::take);
        open.map(|joined| Joined { ended: Ended::Finish, ..joined }).collect()
    }
}
