//! JSON that does not keep to lines: arrays, pretty-printed or concatenated values, one endless line.
//!
//! Only one value is held at a time, and the elements of an array at the top are values of their own, so a long array
//! never is in memory as a whole. What is broken is rejected up to the next line that starts with a bracket.

use super::{Cutter, Envelope, Found};
use crate::formats::block::{Block, Learnt, Piece, enough, lines};
use crate::formats::host::Gathered;
use crate::formats::json::{self, Balance, Scan};
use crate::formats::payloads::container_line::ContainerLine;
use crate::formats::{Fit, Item, classify};

/// How often the end of a value is looked for in vain before the rest is given up: each look may read to the end.
const TRIES: u32 = 64;

/// See the module's description.
pub struct JsonDocuments;

#[allow(private_interfaces, reason = "see the trait")]
impl Envelope for JsonDocuments {
    fn name(&self) -> &'static str {
        "json-documents"
    }

    fn doc(&self) -> &'static str {
        "JSON that is not one value a line: an array, pretty-printed or concatenated values, one long line; \
         what `kubectl cluster-info dump` prints, with the logs between"
    }

    fn fit(&self, head: &[u8]) -> Fit {
        // A program may have said something before it printed its document.
        let opens = |line: &[u8]| matches!(line.trim_ascii_end(), b"{" | b"[");
        let later = head.split(|b| *b == b'\n').take(20).any(opens);
        if json::opens(head) || later { Fit::Maybe } else { Fit::No }
    }

    fn cutter(&self) -> Box<dyn Cutter> {
        Box::new(Documents::default())
    }

    fn open(&self, block: &Block, learnt: &Learnt, each: &mut dyn FnMut(Found<'_>)) {
        let (mut counted, mut line) = (0, block.line);
        for piece in &learnt.pieces {
            line += lines(&block.bytes[counted..piece.at.start]);
            counted = piece.at.start;
            let bytes = json::trim(&block.bytes[piece.at.clone()]).1;
            let start = block.offset + piece.at.start as u64;
            let at = start..start + bytes.len() as u64;
            match piece.broken {
                _ if piece.log => log(block, &piece.at, line, each),
                None => super::json(at, line, bytes, each),
                Some(reason) => each(Found::Reject { at, line, reason: reason.to_owned(), bytes }),
            }
        }
    }
}

/// Gives every line of the log of a container.
fn log(block: &Block, at: &std::ops::Range<usize>, first: u64, each: &mut dyn FnMut(Found<'_>)) {
    let text = &block.bytes[at.clone()];
    let head_end = memchr::memchr(b'\n', text).map_or(text.len(), |end| end + 1);
    // `==== START logs for container C of pod NS/POD ====`
    let head = String::from_utf8_lossy(&text[LOG_START.len()..head_end]).into_owned();
    let named = head.trim_end().trim_end_matches(" ====").split_once(" of pod ");
    let (container, (namespace, pod)) =
        named.map_or(("", ("", "")), |(container, pod)| (container, pod.split_once('/').unwrap_or(("", pod))));
    let gathered = Some(Gathered::Pod { namespace, pod, container });
    let body_end = memchr::memmem::rfind(text, LOG_END).map_or(text.len(), |end| end + 1);
    let (mut start, mut line) = (head_end, first + 1);
    while start < body_end {
        let end = memchr::memchr(b'\n', &text[start..body_end]).map_or(body_end, |length| start + length);
        let (blanks, bytes) = json::trim(&text[start..end]);
        let offset = block.offset + (at.start + start + blanks) as u64;
        let span = offset..offset + bytes.len() as u64;
        match std::str::from_utf8(bytes) {
            Ok("") => {}
            Ok(text) => {
                each(Found::Item(Item { payload: Some(&ContainerLine), gathered, ..Item::new(span, line, text) }));
            }
            Err(_) => {
                let reason = "line of a container's log that is no UTF-8".to_owned();
                each(Found::Reject { at: span, line, reason, bytes });
            }
        }
        start = end + 1;
        line += 1;
    }
}

/// Where the cutter is in what is held.
#[derive(Default)]
struct Documents {
    at: usize,
    state: State,
    in_array: bool,
    pieces: Vec<Piece>,
    tries: u32,
    noted: bool,
}

#[derive(Default)]
enum State {
    #[default]
    Between,
    Value {
        start: usize,
        balance: Balance,
    },
    Broken {
        start: usize,
        reason: Option<&'static str>,
    },
    /// In the log of a container.
    Log {
        start: usize,
    },
}

/// How `kubectl cluster-info dump` begins and ends the log of a container between its documents.
const LOG_START: &[u8] = b"==== START logs for container ";
const LOG_END: &[u8] = b"\n==== END logs for container ";

#[allow(private_interfaces, reason = "see the trait")]
impl Cutter for Documents {
    fn cut(&mut self, held: &[u8], last: bool, notes: &mut Vec<String>) -> Option<(usize, Learnt)> {
        while self.step(held, last) {
            if !self.noted && !self.pieces.is_empty() {
                self.noted = true;
                let first = held[self.pieces[0].at.clone()].trim_ascii();
                notes.extend(Some(first).filter(|_| !self.in_array).and_then(classify::note));
            }
            if self.at >= enough() && matches!(self.state, State::Between) {
                break;
            }
        }
        let whole = last && !held.is_empty();
        if !whole && (self.at < enough() || !matches!(self.state, State::Between)) {
            return None;
        }
        let length = std::mem::take(&mut self.at);
        Some((length, Learnt { pieces: std::mem::take(&mut self.pieces), ..Learnt::default() }))
    }
}

impl Documents {
    /// Goes one value or one gap on; false when it needs more bytes.
    fn step(&mut self, held: &[u8], last: bool) -> bool {
        match &mut self.state {
            State::Between => self.between(held, last),
            State::Value { start, balance } => {
                let start = *start;
                let (scan, at) = balance.scan(held, self.at, last);
                self.at = at;
                match scan {
                    Scan::Whole(end) => self.piece(start, end, None),
                    Scan::Bad(_) => self.broken(start, None),
                    Scan::Cut if last => {
                        self.tries += 1;
                        self.broken(start, None);
                    }
                    Scan::Cut => return false,
                }
                true
            }
            State::Log { start } => {
                let start = *start;
                self.log(start, held, last)
            }
            State::Broken { start, reason } => {
                let (start, reason) = (*start, *reason);
                match next_line(held, self.at.max(start + 1)).filter(|_| self.tries < TRIES) {
                    Some(next) => self.piece(start, next, reason),
                    None if last => self.piece(start, held.len(), reason),
                    None => {
                        // The line end may be the last byte that is here.
                        self.at = held.len().saturating_sub(1).max(start);
                        return false;
                    }
                }
                true
            }
        }
    }

    fn log(&mut self, start: usize, held: &[u8], last: bool) -> bool {
        let end = memchr::memmem::find(&held[self.at..], LOG_END).map(|at| self.at + at + 1);
        let line = end.and_then(|end| Some(end + memchr::memchr(b'\n', &held[end..])? + 1));
        match (line, last) {
            (Some(end), _) => self.log_piece(start, end),
            (None, true) => self.log_piece(start, held.len()),
            (None, false) => {
                // The end of the log may have begun in what is here.
                self.at = self.at.max(held.len().saturating_sub(LOG_END.len() + 512));
                return false;
            }
        }
        true
    }

    fn log_piece(&mut self, start: usize, end: usize) {
        self.pieces.push(Piece { at: start..end, broken: None, log: true });
        self.at = end;
        self.state = State::Between;
    }

    fn between(&mut self, held: &[u8], last: bool) -> bool {
        while let Some(byte) = held.get(self.at) {
            match byte {
                b if json::blank(*b) => {}
                b',' if self.in_array => {}
                b']' if self.in_array => self.in_array = false,
                b'[' if !self.in_array => self.in_array = true,
                0xef if held[self.at..].starts_with(b"\xef\xbb\xbf") => self.at += 2,
                0xef if held.len() - self.at < 3 && !last => return false,
                b'{' => return self.value(),
                b'=' if held[self.at..].starts_with(LOG_START) && !self.in_array => {
                    self.state = State::Log { start: self.at };
                    return true;
                }
                b'=' if held.len() - self.at < LOG_START.len() && !last => return false,
                b'}' | b']' | b':' | b',' => return self.broken_here("JSON punctuation where a value should begin"),
                _ if self.in_array => return self.value(),
                _ => return self.broken_here("text between JSON values"),
            }
            self.at += 1;
        }
        false
    }

    fn value(&mut self) -> bool {
        self.state = State::Value { start: self.at, balance: Balance::default() };
        true
    }

    fn broken_here(&mut self, reason: &'static str) -> bool {
        self.broken(self.at, Some(reason));
        true
    }

    /// Gives up on what begins at `start`; without a reason, whoever reads it will find out what is wrong.
    fn broken(&mut self, start: usize, reason: Option<&'static str>) {
        self.at = start;
        self.state = State::Broken { start, reason };
    }

    fn piece(&mut self, start: usize, end: usize, broken: Option<&'static str>) {
        self.pieces.push(Piece { at: start..end, broken, log: false });
        self.at = end;
        self.state = State::Between;
    }
}

/// Finds the next line that starts with a bracket.
fn next_line(held: &[u8], from: usize) -> Option<usize> {
    let from = from.saturating_sub(1).min(held.len());
    let starts = memchr::memchr_iter(b'\n', &held[from..]).map(|at| from + at + 1);
    starts.into_iter().find(|at| matches!(held.get(*at), Some(b'{' | b'[')))
}
