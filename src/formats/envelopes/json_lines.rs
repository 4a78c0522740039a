//! JSON lines: one value a line. A broken line is one reject, the next line goes on.

use std::sync::LazyLock;

use memchr::memmem::FinderRev;

use super::{Cutter, Envelope, Found};
use crate::formats::block::{Block, Learnt, enough};
use crate::formats::json::{self, Scan};
use crate::formats::{Fit, classify};

/// Behind the time stand only annotations.
const TAIL: usize = 1 << 10;

/// See the module's description.
pub struct JsonLines;

#[allow(private_interfaces, reason = "see the trait")]
impl Envelope for JsonLines {
    fn name(&self) -> &'static str {
        "json-lines"
    }

    fn doc(&self) -> &'static str {
        "One JSON value a line: audit logs, storage blobs, data export, Event Hub messages"
    }

    /// The first line may be the rest of one that a rotation cut, so the first twenty are asked.
    fn fit(&self, head: &[u8]) -> Fit {
        let lines = head.split(|b| *b == b'\n').map(|line| json::trim(line).1).filter(|line| !line.is_empty()).take(20);
        let (mut fit, mut open) = (Fit::No, false);
        for (number, line) in lines.enumerate() {
            if number == 0 {
                open = line[0] == b'{' && matches!(line.last(), Some(b'{' | b'[' | b','));
            } else if open && (matches!(line[0], b',' | b']' | b'}') || line.ends_with(b",")) {
                // A document with an element a line: no line of JSON lines begins or ends like this.
                return Fit::No;
            }
            let whole = json::value_end(line, 0) == Scan::Whole(line.len());
            if whole && line.len() > 2 && json::opens(line) {
                if number == 0 {
                    return Fit::Sure;
                }
                fit = Fit::Maybe;
                if !open {
                    return fit;
                }
            }
            // An array or a pretty-printed object, in which a later line may well be a value.
            if number == 0 && (line[0] == b'[' || line == b"{") {
                return Fit::No;
            }
        }
        fit
    }

    fn cutter(&self) -> Box<dyn Cutter> {
        Box::new(Lines { seen: 0, first: true })
    }

    /// Gives the records in the order of their stageTimestamp where they have one: a log is written in nearly that order,
    /// and rows that are built in it need not be sorted afterwards.
    fn open(&self, block: &Block, _: &Learnt, each: &mut dyn FnMut(Found<'_>)) {
        let (mut start, mut number) = (0, block.line);
        let mut lines: Vec<Line<'_>> = Vec::new();
        while start < block.bytes.len() {
            let end = memchr::memchr(b'\n', &block.bytes[start..]).map_or(block.bytes.len(), |length| start + length);
            let (blanks, text) = json::trim(&block.bytes[start..end]);
            if !text.is_empty() {
                let time = stage_time(text).or(lines.last().map(|line| line.time)).unwrap_or_default();
                lines.push(Line { time, at: start + blanks, number, text });
            }
            start = end + 1;
            number += 1;
        }
        lines.sort_by_key(|line| line.time);
        for Line { at, number, text, .. } in lines {
            let offset = block.offset + at as u64;
            super::json(offset..offset + text.len() as u64, number, text, each);
        }
    }
}

/// A line of a block.
struct Line<'a> {
    /// As it is written; of the line before where it has none.
    time: &'a [u8],
    at: usize,
    number: u64,
    text: &'a [u8],
}

/// Returns the stageTimestamp of an event as the API server writes it: near the end of the line.
fn stage_time(line: &[u8]) -> Option<&[u8]> {
    static KEY: LazyLock<FinderRev<'static>> = LazyLock::new(|| FinderRev::new(b"\"stageTimestamp\":\""));
    let tail = &line[line.len().saturating_sub(TAIL)..];
    let value = &tail[KEY.rfind(tail)? + KEY.needle().len()..];
    Some(&value[..memchr::memchr(b'"', value)?])
}

struct Lines {
    /// How much of what is held has no line end, or is too short to cut.
    seen: usize,
    first: bool,
}

#[allow(private_interfaces, reason = "see the trait")]
impl Cutter for Lines {
    fn cut(&mut self, held: &[u8], last: bool, notes: &mut Vec<String>) -> Option<(usize, Learnt)> {
        if held.is_empty() || (!last && held.len() < enough()) {
            return None;
        }
        let end = match last {
            true => Some(held.len()),
            false => memchr::memrchr(b'\n', &held[self.seen..]).map(|at| self.seen + at + 1),
        };
        self.seen = if end.is_some() { 0 } else { held.len() };
        if end.is_some() && std::mem::take(&mut self.first) {
            let line = memchr::memchr(b'\n', held).map_or(held, |end| &held[..end]);
            notes.extend(classify::note(json::trim(line).1));
        }
        Some((end?, Learnt::default()))
    }
}
