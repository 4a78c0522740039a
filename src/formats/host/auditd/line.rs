//! One line made a record: its prefix, type, time and serial. Fields are read in `fields`.

use std::borrow::Cow;

use super::record::{Clock, Record};
use super::{fields, kinds};
use crate::model::Micros;

/// A host name longer than this is not one (RFC 1035: 255).
const MOST_NODE: usize = 255;
/// How far into a line a syslog prefix may reach.
const MOST_PREFIX: usize = 512;

/// Reads one line of an audit log: raw, from `ausearch`, or behind a syslog or journal prefix (formats.md h.3).
///
/// `msg=audit()` and `msg=?` give a record without time and serial. The US date of `ausearch -i` is read as if it were
/// UTC and marked [`Clock::Local`], because the line does not say its zone.
///
/// # Errors
/// The reason why the line is no audit record or cannot be read as one.
pub fn line(text: &str) -> Result<Record<'_>, String> {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t']).trim_end_matches(['\r', '\n']);
    let (prefix, body) = opening(text).ok_or("no audit record in the line")?;
    let mut record = Record {
        kind: Cow::Borrowed(""),
        number: None,
        time: None,
        clock: Clock::Epoch,
        serial: None,
        node: None,
        prefix: (!prefix.is_empty()).then_some(Cow::Borrowed(prefix)),
        words: String::new(),
        fields: Vec::new(),
        enriched: Vec::new(),
    };
    let rest = match journal(prefix, body) {
        Some((kind, number, rest)) => {
            (record.kind, record.number) = (kind, Some(number));
            rest
        }
        None => heading(&mut record, body)?,
    };
    let (main, enriched) = parted(rest, !prefix.is_empty());
    fields::fill(&mut record, main, enriched)?;
    Ok(record)
}

/// Finds where the record begins, at the start or after the tag of a syslog line. Behind a quote mark it is a value of
/// something else, such as JSON.
fn opening(text: &str) -> Option<(&str, &str)> {
    if text.starts_with("type=") || (text.starts_with("node=") && text.contains(" type=")) {
        return Some(("", text));
    }
    let quote = memchr::memchr(b'"', text.as_bytes()).unwrap_or(text.len());
    let ends = text.bytes().zip(text.bytes().skip(1)).take(MOST_PREFIX.min(quote)).enumerate();
    for (at, _) in ends.filter(|(_, pair)| matches!(pair, (b':' | b']', b' '))) {
        let (prefix, body) = text.split_at(at + 2);
        let body = body.trim_start_matches(' ');
        if is_heading(body) || journal(prefix, body).is_some() {
            return Some((prefix.trim_end(), body));
        }
    }
    None
}

/// `type=… msg=audit(` or `type=… audit(`, a node in front or not. Prose that speaks of `type=` has no such head.
fn is_heading(body: &str) -> bool {
    let mut words = body.split(' ').filter(|word| !word.is_empty()).peekable();
    words.next_if(|word| word.starts_with("node="));
    words.next().is_some_and(|word| word.starts_with("type="))
        && words.next().is_some_and(|word| word.starts_with("msg=audit(") || word.starts_with("audit("))
}

/// The journal's own form, `audit[71]: SYSCALL arch=…` or `audit: <audit-1334> prog-id=…`: no time and no serial.
fn journal<'a>(prefix: &str, body: &'a str) -> Option<(Cow<'a, str>, u32, &'a str)> {
    let tag = prefix.trim_end().strip_suffix(':')?.rsplit([' ', ':']).next()?;
    if tag.split('[').next() != Some("audit") {
        return None;
    }
    let (word, rest) = body.split_once(' ')?;
    if let Some(number) = word.strip_prefix("<audit-").and_then(|word| word.strip_suffix('>')) {
        let number: u32 = number.parse().ok()?;
        let kind = kinds::kind_name(number).map_or(Cow::Borrowed(word), Cow::Borrowed);
        return Some((kind, number, rest));
    }
    Some((Cow::Borrowed(word), kinds::kind_number(word)?, rest))
}

/// Reads `[node=N ]type=T [msg=]audit(time:serial):` into the record and returns what follows.
fn heading<'a>(record: &mut Record<'a>, body: &'a str) -> Result<&'a str, String> {
    let mut body = body;
    if let Some(rest) = body.strip_prefix("node=") {
        let (node, rest) = rest.split_once(' ').ok_or("audit line ends after its node")?;
        if node.is_empty() || node.len() > MOST_NODE {
            return Err("node of the audit line is no host name".into());
        }
        record.node = Some(Cow::Borrowed(node));
        body = rest.trim_start_matches(' ');
    }
    let rest = body.strip_prefix("type=").ok_or("audit line without a type")?;
    let (kind, rest) = rest.split_once(' ').ok_or("audit line ends after its type")?;
    if !is_kind(kind) {
        return Err("type of the audit line is no name and no number".into());
    }
    match kind.parse() {
        Ok(number) => {
            record.number = Some(number);
            record.kind = kinds::kind_name(number).map_or(Cow::Borrowed(kind), Cow::Borrowed);
        }
        Err(_) => {
            record.number = kinds::kind_number(kind);
            record.kind = Cow::Borrowed(kind);
        }
    }
    let rest = rest.trim_start_matches(' ');
    let rest = rest.strip_prefix("msg=").unwrap_or(rest);
    // auditd writes this for a message that it could not take apart.
    if rest == "?" {
        return Ok("");
    }
    let rest = rest.strip_prefix("audit(").ok_or("audit line without audit(time:serial)")?;
    let (stamp, rest) = rest.split_once(')').ok_or("audit( of the line is not closed")?;
    read_stamp(record, stamp)?;
    // ausearch -i puts a blank before the colon, DAEMON_CONFIG has no colon at all.
    let rest = rest.trim_start_matches(' ');
    Ok(rest.strip_prefix(':').unwrap_or(rest))
}

fn is_kind(kind: &str) -> bool {
    let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'[' | b']');
    (1..=64).contains(&kind.len()) && kind.bytes().all(named)
}

/// Reads `1933135628.034:4711`, the same without its milliseconds or serial, a US date, or nothing.
fn read_stamp(record: &mut Record<'_>, stamp: &str) -> Result<(), String> {
    if stamp.is_empty() {
        return Ok(());
    }
    let (time, serial) = match stamp.rsplit_once(':') {
        Some((time, serial)) => (time, Some(serial)),
        None => (stamp, None),
    };
    let read = if time.contains('/') {
        record.clock = Clock::Local;
        Micros::parse(time)
    } else {
        epoch(time)
    };
    record.time = Some(read.ok_or("time of the audit line cannot be read")?);
    if let Some(serial) = serial {
        let digits = serial.bytes().all(|b| b.is_ascii_digit());
        let serial = if digits { serial.parse().ok() } else { None };
        record.serial = Some(serial.ok_or("serial of the audit line is no number")?);
    }
    Ok(())
}

/// Seconds with or without a fraction. A machine that has not set its clock yet writes few digits.
fn epoch(time: &str) -> Option<Micros> {
    let (whole, part) = time.split_once('.').map_or((time, None), |(whole, part)| (whole, Some(part)));
    if whole.is_empty() || whole.len() > 10 || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match part {
        Some(part) => Micros::parse(&format!("{whole:0>10}.{part}")),
        None => Micros::parse(&format!("{whole:0>10}")),
    }
}

/// Parts the record from what auditd added after byte 0x1d, which rsyslog turns into `#035`.
fn parted(text: &str, prefixed: bool) -> (&str, &str) {
    if let Some(parts) = text.split_once('\u{1d}') {
        return parts;
    }
    let escaped = if prefixed { text.split_once("#035") } else { None };
    let names = |rest: &str| rest.starts_with(|c: char| c.is_ascii_uppercase()) && rest.contains('=');
    escaped.filter(|(_, rest)| names(rest)).unwrap_or((text, ""))
}
