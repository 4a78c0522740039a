//! Which kind of log lines a file holds, told from its first bytes and never from its name.
//!
//! Several lines vote and one kind must have more than half of them, klog a quarter when no line is of another kind. A file of JSON documents is not for this: of JSON
//! only Docker's container log lines are recognised, by keys that nothing else has.

mod falco;
#[cfg(test)]
mod tests;

pub use falco::{FalcoText, Priority, falco_text};

use crate::formats::host::{auditd, cri, klog, syslog};

/// A kind of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Auditd,
    /// Text output of ausearch, with its separators or interpreted.
    Ausearch,
    Syslog,
    Klog,
    Cri,
    FalcoText,
}

/// So many lines are looked at, and so many bytes.
const MOST_LINES: usize = 64;
const MOST_BYTES: usize = 64 << 10;

/// Returns the kind that the first lines have by their vote, None when there is no such kind.
///
/// Lines that may belong to any kind do not vote: blank ones, those that begin with a blank or a bracket as the lines
/// of a Go panic do, and the last one when the head may have cut it.
pub fn fit(head: &[u8]) -> Option<Kind> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    // A rotated log may begin with a hole of NUL bytes (formats.md 0.1).
    let start = head.iter().position(|b| *b != 0)?;
    let head = &head[start..];
    let cut = &head[..head.len().min(MOST_BYTES)];
    let mut lines: Vec<&[u8]> = cut.split(|b| *b == b'\n').take(MOST_LINES + 1).collect();
    if lines.len() > 1 {
        lines.pop();
    }
    let votes: Vec<Vote> = lines.into_iter().filter_map(vote).collect();
    let audit = |vote: &Vote| matches!(vote, Vote::For(Kind::Auditd | Kind::Ausearch) | Vote::Behind | Vote::Journal);
    let timed = |vote: &Vote| audit(vote) && *vote != Vote::Journal;
    let all_audit = votes.iter().all(audit) && votes.iter().any(timed);
    // Interpreted lines and separators decide what the rest of audit lines are.
    let interpreted = votes.contains(&Vote::For(Kind::Ausearch));
    let kind = |vote: &Vote| match vote {
        Vote::Behind | Vote::Journal if !all_audit => Some(Kind::Syslog),
        Vote::Behind | Vote::Journal | Vote::For(Kind::Auditd) if interpreted => Some(Kind::Ausearch),
        Vote::Behind | Vote::Journal => Some(Kind::Auditd),
        Vote::For(kind) => Some(*kind),
        Vote::Against => None,
    };
    let kinds = [Kind::Auditd, Kind::Ausearch, Kind::Syslog, Kind::Klog, Kind::Cri, Kind::FalcoText];
    let count = |of: Kind| votes.iter().filter(|vote| kind(vote) == Some(of)).count();
    let most = kinds.into_iter().find(|of| count(*of) * 2 > votes.len());
    // Lines of a panic and values of many lines are of no kind, and no prose begins as klog does.
    let others = || votes.iter().any(|vote| kind(vote).is_some_and(|kind| kind != Kind::Klog));
    most.or_else(|| (count(Kind::Klog) * 4 > votes.len() && !others()).then_some(Kind::Klog))
}

/// Says whether a line of the head could be one of a container: the runtime's begin with a time, docker's have a field
/// `log`.
pub fn may_be_containers(head: &[u8]) -> bool {
    const LOG: &[u8] = b"\"log\"";
    let cut = &head[..head.len().min(MOST_BYTES)];
    let timed = |start: usize| cut.get(start).is_some_and(u8::is_ascii_digit);
    let later = memchr::memchr_iter(b'\n', cut).any(|end| timed(end + 1));
    // Pods have a subresource of that name too, so that events of the API server have the word as a value.
    let field = |end: usize| cut[end..].trim_ascii_start().first() == Some(&b':');
    timed(0) || later || memchr::memmem::find_iter(cut, LOG).any(|at| field(at + LOG.len()))
}

/// What a line says of the kind of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vote {
    For(Kind),
    /// An audit record behind the prefix of syslog: audit where every line is, a line of syslog among others.
    Behind,
    /// The same as the journal writes it, without a time of the record's own.
    Journal,
    /// It is of no kind.
    Against,
}

/// Returns how a line votes; None when it may belong to any kind.
fn vote(line: &[u8]) -> Option<Vote> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let Ok(text) = str::from_utf8(line) else { return Some(Vote::Against) };
    if text.trim().is_empty() {
        return None;
    }
    if matches!(auditd::dress(text), Some(auditd::Dress::Time(_) | auditd::Dress::NoMatches)) {
        return Some(Vote::For(Kind::Ausearch));
    }
    // `----` is also a rule in prose and the start of other things: it says nothing by itself.
    if text.trim() == "----" {
        return None;
    }
    let record = auditd::line(text).ok();
    if let Some(record) = record.as_ref().filter(|record| record.prefix.is_none()) {
        let local = record.clock == auditd::Clock::Local;
        return Some(Vote::For(if local { Kind::Ausearch } else { Kind::Auditd }));
    }
    if cri::line(text).is_ok() {
        return Some(Vote::For(Kind::Cri));
    }
    if falco_text(text).is_ok() {
        return Some(Vote::For(Kind::FalcoText));
    }
    if syslog::line(text).is_ok() {
        return Some(match record {
            Some(record) if record.time.is_some() => Vote::Behind,
            Some(_) => Vote::Journal,
            None => Vote::For(Kind::Syslog),
        });
    }
    let continued = match klog::line(text) {
        // JSON documents are told apart by their keys elsewhere.
        Ok(klog::Line::Entry(entry)) if entry.form == klog::Form::Json => return Some(Vote::Against),
        Ok(klog::Line::Entry(_)) => return Some(Vote::For(Kind::Klog)),
        Ok(klog::Line::Continuation(_)) => text.starts_with([' ', '\t', ')', '}', ']']),
        Err(_) => false,
    };
    // A cell of a table may hold a record too.
    if record.is_some_and(|record| record.prefix.is_some_and(|prefix| !prefix.contains(','))) {
        return Some(Vote::For(Kind::Auditd));
    }
    if continued { None } else { Some(Vote::Against) }
}
