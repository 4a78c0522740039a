//! Text that is of no kind we know: what `kubectl describe` prints, tables of a firewall, output of a program, notes.
//!
//! It is kept line by line, so that it can be searched; a key in PEM stays whole, since no line of it alone says that it is
//! secret. Content that has the shape of another format is not for this: broken, it is a reject and does not become text.

use super::{Cutter, Envelope, Found, lines, refused};
use crate::formats::block::{Block, Learnt, enough, lines as line_ends};
use crate::formats::payloads::text_line::TextLine;
use crate::formats::{Fit, Item, json};

/// How much is looked at to tell text from other bytes.
const LOOKED_AT: usize = 4 << 10;
/// Where a text in PEM begins and ends (RFC 7468), and how long it is at most.
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const LONGEST_PEM: usize = 64 << 10;

/// See the module's description.
pub struct TextLines;

#[allow(private_interfaces, reason = "see the trait")]
impl Envelope for TextLines {
    fn name(&self) -> &'static str {
        "text"
    }

    fn doc(&self) -> &'static str {
        "Text of any other kind (`kubectl describe`, AKS Periscope, notes), line by line; last of all, and never broken JSON"
    }

    fn fit(&self, head: &[u8]) -> Fit {
        match () {
            () if json::opens(head) || !is_text(head) || refused::named(head).is_some() => Fit::No,
            // Of YAML, which it looks like, it would be a broken document.
            () if is_laid_out(head) => Fit::Sure,
            () => Fit::Maybe,
        }
    }

    fn cutter(&self) -> Box<dyn Cutter> {
        Box::new(Lines::default())
    }

    fn open(&self, block: &Block, _: &Learnt, each: &mut dyn FnMut(Found<'_>)) {
        let (mut start, mut number) = (0, block.line);
        while start < block.bytes.len() {
            let end = record_end(&block.bytes, start);
            match lines::read(block, start..end, number) {
                Some(Ok(line)) => {
                    each(Found::Item(Item { payload: Some(&TextLine), ..Item::new(line.at, line.number, line.text) }));
                }
                Some(Err(reject)) => each(reject),
                None => {}
            }
            number += line_ends(&block.bytes[start..end]);
            start = end;
        }
    }
}

/// Where the line ends that begins at `start`, or the text in PEM that it begins.
fn record_end(bytes: &[u8], start: usize) -> usize {
    let line_end = |from: usize| memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |end| from + end + 1);
    let line = line_end(start);
    if !bytes[start..line].trim_ascii_start().starts_with(BEGIN) {
        return line;
    }
    let inside = &bytes[line..bytes.len().min(start + LONGEST_PEM).max(line)];
    match (memchr::memmem::find(inside, END), memchr::memmem::find(inside, BEGIN)) {
        (Some(end), begin) if begin.is_none_or(|begin| end < begin) => line_end(line + end),
        _ => line,
    }
}

/// Where a text in PEM begins whose end is not in `held` and may still come.
fn open_pem(held: &[u8]) -> Option<usize> {
    let from = held.len().saturating_sub(LONGEST_PEM);
    let begin = from + memchr::memmem::rfind(&held[from..], BEGIN)?;
    let start = memchr::memrchr(b'\n', &held[..begin]).map_or(0, |at| at + 1);
    let alone = held[start..begin].iter().all(u8::is_ascii_whitespace);
    (alone && memchr::memmem::find(&held[begin..], END).is_none()).then_some(start)
}

/// Says whether content begins as text does: a first line of UTF-8, and no control characters but those of a terminal.
/// A later line in another encoding is its own reject.
fn is_text(head: &[u8]) -> bool {
    let head = &head[..head.len().min(LOOKED_AT)];
    let first = head.split(|b| *b == b'\n').next().unwrap_or_default();
    let control = |b: &u8| *b < b' ' && !matches!(*b, 7..=13 | 27);
    let cut = |error: std::str::Utf8Error| error.error_len().is_none() && first.len() == head.len();
    !head.iter().any(control) && std::str::from_utf8(first).map_or_else(cut, |_| true)
}

/// Says whether the values of the first two lines stand in a column, as `kubectl describe` and `lscpu` print them.
fn is_laid_out(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&head[..head.len().min(LOOKED_AT)]);
    let padded = |line: &str| {
        let value = line.split_once(':').map(|(name, value)| (name, value.trim_end()));
        value.is_some_and(|(name, value)| {
            !name.is_empty()
                && name.chars().all(|c| c.is_alphanumeric() || " _-()./".contains(c))
                && value.starts_with("  ")
        })
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (first, second) = (lines.next(), lines.next());
    first.is_some_and(padded) && second.is_some_and(padded)
}

#[derive(Default)]
struct Lines {
    /// How much of what is held has no line end.
    seen: usize,
}

#[allow(private_interfaces, reason = "see the trait")]
impl Cutter for Lines {
    fn cut(&mut self, held: &[u8], last: bool, _: &mut Vec<String>) -> Option<(usize, Learnt)> {
        if held.is_empty() || (!last && held.len() < enough()) {
            return None;
        }
        let end = match last {
            true => Some(held.len()),
            false => memchr::memrchr(b'\n', &held[self.seen..]).map(|at| self.seen + at + 1),
        };
        self.seen = if end.is_some() { 0 } else { held.len() };
        let end = if last { end? } else { open_pem(&held[..end?]).unwrap_or(end?) };
        (end > 0).then(|| (end, Learnt::default()))
    }
}
