//! Logs of lines: syslog, klog and its relatives, output of containers, text of Falco.
//!
//! The kind is told by most of the first lines and is that of the whole content. A block ends where a line that needs
//! the lines above it is not cut off from them: what belongs together is looked for in the last [`BACK`] lines.

use super::csv_table::CsvTable;
use super::{Cutter, Envelope, Found, lines};
use crate::formats::block::{Block, Learnt, enough, lines as line_ends};
use crate::formats::host::cri::{self, Joined, Joiner};
use crate::formats::host::framing::{self, Kind};
use crate::formats::host::{Gathered, klog};
use crate::formats::payloads::container_line::ContainerLine;
use crate::formats::payloads::control_plane::LogLine;
use crate::formats::payloads::falco_line::FalcoLine;
use crate::formats::payloads::syslog_line::SyslogLine;
use crate::formats::{Fit, Item, Payload};

/// How many lines before the end of what is held are asked whether a block may end there.
const BACK: usize = 1024;
/// Parts of a line of the other output are looked for so many lines back.
const OTHER: usize = 64;
/// When so many bytes have no such place, the block ends at any line.
const MOST_HELD: usize = 16 << 20;
/// A message of syslog that says its length is no longer than this; a greater number is no length.
const MOST_COUNTED: usize = 1 << 20;

/// Bytes of a count and of what stands behind it.
const COUNT: usize = 10;

/// See the module's description.
pub struct LogLines;

#[allow(private_interfaces, reason = "see the trait")]
impl Envelope for LogLines {
    fn name(&self) -> &'static str {
        "log-lines"
    }

    fn doc(&self) -> &'static str {
        "Lines of a log: syslog, klog, logfmt, zap, container output of CRI and Docker, text of Falco"
    }

    fn fit(&self, head: &[u8]) -> Fit {
        fit(head, |kind| !matches!(kind, Kind::Auditd | Kind::Ausearch))
    }

    fn cutter(&self) -> Box<dyn Cutter> {
        Box::new(Lines::default())
    }

    fn open(&self, block: &Block, learnt: &Learnt, each: &mut dyn FnMut(Found<'_>)) {
        match learnt.lines {
            Some(Kind::Cri) => containers(block, each),
            Some(Kind::Klog) => programs(block, each),
            Some(Kind::FalcoText) => single(block, &FalcoLine, each),
            _ => syslog(block, each),
        }
    }
}

/// Says whether the first lines are of a kind that counts.
///
/// Tables and JSON documents may hold lines of a log, and what they hold beside is more: a table whose columns we know,
/// one whose header is no line of a log, and whatever begins as JSON but for Docker's own lines.
pub fn fit(head: &[u8], counts: impl Fn(Kind) -> bool) -> Fit {
    // All lines of a head of JSON would be read three times to find this out.
    if is_json(head) && !framing::may_be_containers(head) {
        return Fit::No;
    }
    let Some(kind) = framing::fit(head).filter(|kind| counts(*kind)) else { return Fit::No };
    if kind != Kind::Cri && is_json(head) {
        return Fit::No;
    }
    let first = || memchr::memchr(b'\n', head).map_or(head, |end| &head[..=end]);
    match CsvTable.fit(head) {
        Fit::Sure => Fit::Maybe,
        Fit::Maybe if framing::fit(first()) != Some(kind) => Fit::No,
        _ => Fit::Sure,
    }
}

/// The kernel begins its lines with a bracket too, and a number in it.
fn is_json(head: &[u8]) -> bool {
    match head {
        [b'{', ..] => true,
        [b'[', inner @ ..] => matches!(inner.trim_ascii_start().first(), Some(b'{' | b'[' | b'"')),
        _ => false,
    }
}

/// Gives every line to one payload.
fn single(block: &Block, payload: &'static dyn Payload, each: &mut dyn FnMut(Found<'_>)) {
    lines::each(block, each, |line, each| {
        each(Found::Item(Item { payload: Some(payload), ..Item::new(line.at, line.number, line.text) }));
    });
}

/// Gives lines of programs; each knows the nearest line above that has a header.
fn programs(block: &Block, each: &mut dyn FnMut(Found<'_>)) {
    let mut above = None;
    lines::each(block, each, |line, each| {
        let item = Item::new(line.at, line.number, line.text);
        // An API server may write its audit log to its output too.
        if line.text.starts_with('{') && line.text.contains("\"auditID\"") {
            return each(Found::Item(item));
        }
        let gathered = above.map(Gathered::Below);
        each(Found::Item(Item { payload: Some(&LogLine), gathered, ..item }));
        if matches!(klog::line(line.text), Ok(klog::Line::Entry(_))) {
            above = Some(line.text);
        }
    });
}

/// Gives lines of a container, their parts joined.
fn containers(block: &Block, each: &mut dyn FnMut(Found<'_>)) {
    let mut joiner = Joiner::new(MOST_HELD);
    lines::each(block, each, |line, each| match cri::line(line.text) {
        Ok(part) => joiner.feed(part, line.number, line.at).iter().for_each(|joined| give(block, joined, each)),
        Err(reason) => each(Found::Reject { at: line.at, line: line.number, reason, bytes: line.text.as_bytes() }),
    });
    joiner.finish().iter().for_each(|joined| give(block, joined, each));
}

fn give(block: &Block, joined: &Joined, each: &mut dyn FnMut(Found<'_>)) {
    let runs = lines::runs(block, joined.ranges.iter());
    let Some((run, more)) = runs.split_first() else { return };
    let gathered = Some(Gathered::Container(joined, more));
    let item = Item::new(run.clone(), joined.line, lines::text(block, run));
    each(Found::Item(Item { payload: Some(&ContainerLine), gathered, ..item }));
}

/// Gives lines of syslog; a message that says its length may hold line ends.
fn syslog(block: &Block, each: &mut dyn FnMut(Found<'_>)) {
    let (mut start, mut number) = (0, block.line);
    while start < block.bytes.len() {
        let end = message_end(&block.bytes, start);
        match lines::read(block, start..end, number) {
            Some(Ok(line)) => {
                each(Found::Item(Item { payload: Some(&SyslogLine), ..Item::new(line.at, line.number, line.text) }));
            }
            Some(Err(reject)) => each(reject),
            None => {}
        }
        number += line_ends(&block.bytes[start..end]);
        start = end;
    }
}

/// Where the message ends that begins at `start`: behind its line end, or where its octet count says (RFC 6587 section
/// 3.4.1) when there the line or the content ends or another counted message begins.
fn message_end(bytes: &[u8], start: usize) -> usize {
    let line_end = || memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |end| start + end + 1);
    let Some((digits, count)) = counted(&bytes[start..]) else { return line_end() };
    let end = start + digits + 1 + count;
    match bytes.get(end) {
        None if end == bytes.len() => end,
        Some(b'\n') => end + 1,
        Some(_) if bytes[end - 1] == b'\n' || counted(&bytes[end..]).is_some() => end,
        _ => line_end(),
    }
}

/// Reads `83 <`: how many digits there are, and what they say.
fn counted(bytes: &[u8]) -> Option<(usize, usize)> {
    let digits = bytes.iter().take(COUNT - 2).take_while(|b| b.is_ascii_digit()).count();
    let count: usize = str::from_utf8(&bytes[..digits]).ok()?.parse().ok()?;
    let known = bytes[0] != b'0' && bytes[digits..].starts_with(b" <") && count <= MOST_COUNTED;
    known.then_some((digits, count))
}

#[derive(Default)]
struct Lines {
    kind: Option<Kind>,
    /// How much of what is held has no line end.
    seen: usize,
    /// Of counted messages: the end of the last one that is here.
    walked: usize,
}

#[allow(private_interfaces, reason = "see the trait")]
impl Cutter for Lines {
    fn cut(&mut self, held: &[u8], last: bool, _: &mut Vec<String>) -> Option<(usize, Learnt)> {
        self.kind = self.kind.or_else(|| framing::fit(held));
        if held.is_empty() || (!last && held.len() < enough()) {
            return None;
        }
        let length = if last { held.len() } else { self.place(held)? };
        (self.seen, self.walked) = (0, 0);
        Some((length, Learnt { lines: self.kind, ..Learnt::default() }))
    }
}

impl Lines {
    fn place(&mut self, held: &[u8]) -> Option<usize> {
        if self.kind == Some(Kind::Syslog) && (self.walked > 0 || counted(held).is_some()) {
            return self.walk(held);
        }
        let Some(end) = memchr::memrchr(b'\n', &held[self.seen..]).map(|at| self.seen + at + 1) else {
            self.seen = held.len();
            return None;
        };
        let fitting = match self.kind {
            Some(Kind::Klog) => before_header(&held[..end]),
            Some(Kind::Cri) => behind_whole(&held[..end]),
            _ => Some(end),
        };
        fitting.or((held.len() >= MOST_HELD).then_some(end))
    }

    /// Goes from message to message; one whose end is not here yet is left for the next block.
    fn walk(&mut self, held: &[u8]) -> Option<usize> {
        while self.walked < enough() {
            let count = counted(&held[self.walked..]).map_or(0, |(digits, count)| digits + 1 + count);
            let end = message_end(held, self.walked).max(self.walked + count);
            // What follows a message says whether its count is one.
            if end + COUNT > held.len() {
                return None;
            }
            self.walked = message_end(held, self.walked);
        }
        Some(self.walked)
    }
}

/// Lines from the end on: where they begin, and their text.
fn backwards(held: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut end = held.len();
    std::iter::from_fn(move || {
        let whole = &held[..end.checked_sub(1)?];
        let start = memchr::memrchr(b'\n', whole).map_or(0, |at| at + 1);
        end = start;
        Some((start, &whole[start..]))
    })
}

/// Where the last line with a header begins; what follows it may go on from it.
fn before_header(held: &[u8]) -> Option<usize> {
    let header =
        |line: &[u8]| str::from_utf8(line).is_ok_and(|text| matches!(klog::line(text), Ok(klog::Line::Entry(_))));
    backwards(held).take(BACK).find(|(start, line)| *start > 0 && header(line)).map(|(start, _)| start)
}

/// Where the last line ends behind which neither output of the container is in the middle of a line.
fn behind_whole(held: &[u8]) -> Option<usize> {
    let part = |line: &[u8]| {
        let line = cri::line(str::from_utf8(line).ok()?.trim_end_matches('\r')).ok()?;
        Some((line.stream, line.partial))
    };
    let parts: Vec<_> = backwards(held).take(BACK).map(|(start, line)| (start + line.len() + 1, part(line))).collect();
    let closed = |from: usize| {
        let mut above = parts[from..].iter().take(OTHER).filter_map(|(_, part)| *part);
        let Some((stream, partial)) = above.next() else { return true };
        !partial && above.find(|(other, _)| *other != stream).is_none_or(|(_, partial)| !partial)
    };
    (0..parts.len()).find(|from| closed(*from)).map(|from| parts[from].0)
}
