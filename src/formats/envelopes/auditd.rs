//! Linux audit logs, raw or as text of ausearch: an item is an event, whose lines lie among those of other events.
//!
//! Serials start again with every boot, so an event is what shares node, time and serial. Lines of one event come close
//! together; the content is cut only where no event goes on within the next [`AHEAD`] lines. An event that has lines on
//! both sides of a cut nevertheless is two rows.

use std::collections::HashMap;
use std::ops::Range;

use memchr::memmem;
use xxhash_rust::xxh3::xxh3_64;

use super::{Cutter, Envelope, Found, lines, log_lines};
use crate::formats::block::{Block, Learnt, enough};
use crate::formats::host::auditd::{self, Dress, Event, Grouper, Limits};
use crate::formats::host::framing::Kind;
use crate::formats::host::{Gathered, syslog};
use crate::formats::payloads::auditd_event::AuditdEvent;
use crate::formats::payloads::syslog_line::SyslogLine;
use crate::formats::{Fit, Item};

/// How many lines are looked at behind a cut. The kernel writes the records of a call together when it ends; only one
/// that is written before, such as a denial in a call that then waits, may come much earlier.
const AHEAD: usize = 4096;
/// When so many bytes have no such place, the event that is in the way is cut.
const MOST_HELD: usize = 16 << 20;

/// No record is longer than a few kilobytes (`MAX_AUDIT_MESSAGE_LENGTH` of the audit library); a line that is nothing but
/// short fields would take many times its length.
const LONGEST: usize = 1 << 20;

/// Within a block an event ends only by its own records, as files that were sorted or merged have no order in time.
/// The bound of memory is for lines that are nothing but short fields.
const LIMITS: Limits = Limits {
    records: u64::MAX / 2,
    seconds: i64::MAX,
    eoe: 64,
    open: usize::MAX,
    of_event: 1 << 16,
    bytes: 64 << 20,
    remembered: 1 << 16,
};

/// See the module's description.
pub struct Auditd;

#[allow(private_interfaces, reason = "see the trait")]
impl Envelope for Auditd {
    fn name(&self) -> &'static str {
        "auditd"
    }

    fn doc(&self) -> &'static str {
        "Linux audit log: raw lines, enriched or not, also behind syslog, and text of ausearch; events are put together"
    }

    fn fit(&self, head: &[u8]) -> Fit {
        log_lines::fit(head, |kind| matches!(kind, Kind::Auditd | Kind::Ausearch))
    }

    fn cutter(&self) -> Box<dyn Cutter> {
        Box::new(Events { next: 2 * enough() })
    }

    fn open(&self, block: &Block, _: &Learnt, each: &mut dyn FnMut(Found<'_>)) {
        let mut grouper = Grouper::new(LIMITS);
        lines::each(block, each, |line, each| {
            let lines::Line { at, number, text } = line;
            match auditd::dress(text) {
                // ausearch puts it between events, and the records have their own time.
                Some(Dress::Separator | Dress::NoMatches | Dress::Time(Some(_))) => return,
                Some(Dress::Time(None)) => {
                    let reason = "time-> of ausearch cannot be read".to_owned();
                    return each(Found::Reject { at, line: number, reason, bytes: text.as_bytes() });
                }
                None => {}
            }
            let long = || format!("audit line longer than {} KB", LONGEST >> 10);
            let record = if text.len() > LONGEST { Err(long()) } else { auditd::line(text) };
            // What the journal writes has no time of its own, but the line of syslog around it has one.
            let timeless = |record: &auditd::Record<'_>| record.prefix.is_some() && record.time.is_none();
            if record.as_ref().map_or(true, timeless) && syslog::line(text).is_ok() {
                return each(Found::Item(Item { payload: Some(&SyslogLine), ..Item::new(at, number, text) }));
            }
            match record {
                Ok(record) => grouper.feed(record, number, at).iter().for_each(|event| give(block, event, each)),
                Err(reason) => each(Found::Reject { at, line: number, reason, bytes: text.as_bytes() }),
            }
        });
        grouper.finish().iter().for_each(|event| give(block, event, each));
    }
}

/// Gives an event: the item is the first run of its lines, the others are said beside.
fn give(block: &Block, event: &Event, each: &mut dyn FnMut(Found<'_>)) {
    let runs = lines::runs(block, event.records.iter().map(|kept| &kept.range));
    let (Some(first), Some((run, more))) = (event.records.first(), runs.split_first()) else { return };
    let gathered = Some(Gathered::Audit(event, more));
    let item = Item::new(run.clone(), first.line, lines::text(block, run));
    each(Found::Item(Item { payload: Some(&AuditdEvent), gathered, ..item }));
}

struct Events {
    /// How much must be held to look for a cut: after a look in vain twice as much, so that looking stays cheap.
    next: usize,
}

#[allow(private_interfaces, reason = "see the trait")]
impl Cutter for Events {
    fn cut(&mut self, held: &[u8], last: bool, notes: &mut Vec<String>) -> Option<(usize, Learnt)> {
        if last && !held.is_empty() {
            if held.trim_ascii() == b"<no matches>" {
                notes.push("ausearch found nothing".to_owned());
            }
            return Some((held.len(), Learnt::default()));
        }
        if held.len() < self.next {
            return None;
        }
        let starts = starts(held);
        let free = free(held, &starts);
        let place = match free.iter().rev().find(|line| starts.len() - **line > AHEAD) {
            Some(line) => starts[*line],
            None if held.len() < MOST_HELD => {
                self.next = (held.len() * 2).min(MOST_HELD);
                return None;
            }
            // Few long lines: half of what is held must do.
            None => match free.iter().rev().map(|line| starts[*line]).find(|start| *start <= held.len() / 2) {
                Some(start) => start,
                None => {
                    // A line without an end asks for more, and is refused when it is too long.
                    let start = starts.iter().rev().find(|start| **start <= held.len() / 2).or(starts.first())?;
                    notes.push("lines of one audit event lie far apart: it is in several rows".to_owned());
                    *start
                }
            },
        };
        self.next = 2 * enough();
        Some((place, Learnt::default()))
    }
}

/// Where lines begin, but for the first.
fn starts(held: &[u8]) -> Vec<usize> {
    memchr::memchr_iter(b'\n', held).map(|end| end + 1).collect()
}

/// Returns the places in `starts` of lines before which no event is open, in order.
fn free(held: &[u8], starts: &[usize]) -> Vec<usize> {
    let mut spans: HashMap<u64, Range<usize>> = HashMap::new();
    let mut start = 0;
    let finder = memmem::Finder::new("audit(");
    for (number, end) in starts.iter().enumerate() {
        if let Some(name) = name(&held[start..*end], &finder) {
            spans.entry(name).or_insert(number..number).end = number;
        }
        start = *end;
    }
    // Line `number` ends where `starts[number]` is.
    let mut opened = vec![0_i32; starts.len() + 1];
    for span in spans.values() {
        opened[span.start] += 1;
        opened[span.end] -= 1;
    }
    let mut open = 0;
    let is_free = |number: &usize| {
        open += opened[*number];
        open == 0
    };
    (0..starts.len()).filter(is_free).collect()
}

/// What tells the event of a line from others: a hash of its node, time and serial as they are written.
fn name(line: &[u8], finder: &memmem::Finder<'_>) -> Option<u64> {
    let stamp = &line[finder.find(line)?..];
    let stamp = &stamp[..memchr::memchr(b')', stamp)?];
    let node = if line.starts_with(b"node=") { memchr::memchr(b' ', line).unwrap_or(0) } else { 0 };
    Some(xxh3_64(stamp) ^ xxh3_64(&line[..node]).rotate_left(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free_lines(text: &str) -> Vec<usize> {
        free(text.as_bytes(), &starts(text.as_bytes()))
    }

    #[test]
    fn between_lines_of_an_event_is_no_free_place() {
        let line = |serial: u32| format!("type=CWD msg=audit(1933135628.034:{serial}): cwd=\"/\"\n");
        let text = [1, 1, 2, 3, 2, 4].map(line).concat();
        // Behind lines 1, 4 and 5, counted from 0.
        assert_eq!(free_lines(&text), [1, 4, 5]);
        assert_eq!(free_lines(&format!("x\n{}y\n", line(1))), [0, 1, 2]);
    }

    #[test]
    fn same_serial_of_another_node_is_another_event() {
        let line = |node: &str| format!("node={node} type=CWD msg=audit(1933135628.034:1): cwd=\"/\"\n");
        assert_eq!(free_lines(&["a", "b"].map(line).concat()), [0, 1]);
        assert_eq!(free_lines(&["a", "b", "a"].map(line).concat()), [2]);
    }

    #[test]
    fn a_cut_waits_until_no_event_goes_on_within_the_lines_behind_it() {
        let pad = "x".repeat(400);
        let line = |serial: usize| format!("type=CWD msg=audit(1933135628.034:{serial}): cwd=\"/{pad}\"\n");
        // Pairs of lines, the second of a pair 2000 lines later.
        let text = (0..6000).map(|number| line(number % 2000 + number / 4000 * 2000)).collect::<String>();
        let mut cutter = Events { next: 2 * enough() };
        assert!(cutter.cut(text.as_bytes(), false, &mut Vec::new()).is_none());
        let text = format!("{text}{}", (10_000..20_000).map(line).collect::<String>());
        let (place, _) = cutter.cut(text.as_bytes(), false, &mut Vec::new()).unwrap();
        assert!(text[place..].starts_with(&line(20_000 - AHEAD)[..40]), "{}", &text[place..place + 60]);
    }

    #[test]
    fn an_event_without_end_is_cut_and_said() {
        let line = format!("type=CWD msg=audit(1933135628.034:1): cwd=\"/{}\"\n", "x".repeat(400));
        let text = line.repeat(MOST_HELD / line.len() + 1);
        let mut notes = Vec::new();
        let (place, _) = Events { next: 2 * enough() }.cut(text.as_bytes(), false, &mut notes).unwrap();
        assert!(place > 0 && place % line.len() == 0 && place <= text.len() / 2);
        assert_eq!(notes.len(), 1);
    }
}
