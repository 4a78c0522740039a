//! Secrets in command lines: variables given to containers, passwords given to clients.
//!
//! A command line comes as one text, as arguments in a JSON list, as `a0="…" a1="…"` of auditd, with zero bytes
//! between arguments (proctitle), or as `command=…&command=…` of the URI of an exec request.

use memchr::memmem;

use super::mark::Hides;
use super::names;
use super::quote::{self, Quote, blanks};
use super::spots::Spots;
use super::trigger;
use super::value::{Sign, Style};

/// Where the next argument begins and how it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next {
    pub(super) at: usize,
    /// The quotes it is in, when it is an element of a list.
    pub(super) quote: Option<Quote>,
    pub(super) style: Style,
}

/// Returns the argument behind the one that ends at `at`.
pub(super) fn separator(text: &[u8], at: usize) -> Option<Next> {
    let rest = text.get(at..)?;
    let gap = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | 0)).count();
    if gap > 0 {
        return Some(Next { at: at + gap, quote: None, style: Style::Argument });
    }
    for sign in ["&command=", "%20", "+"] {
        if rest.starts_with(sign.as_bytes()) {
            return Some(Next { at: at + sign.len(), quote: None, style: Style::Encoded });
        }
    }
    if rest.starts_with(b"\\u0000") {
        return Some(Next { at: at + 6, quote: None, style: Style::Argument });
    }
    let (quote, after) = quote::at(text, at, false)?;
    let next = blanks(text, after);
    let next = if text.get(next) == Some(&b',') {
        blanks(text, next + 1)
    } else {
        // auditd numbers the arguments: a1="--password" a2="…"
        let digits = text.get(next + 1..)?.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
        if text[next] != b'a' || digits == 0 || text.get(next + 1 + digits) != Some(&b'=') {
            return None;
        }
        next + 2 + digits
    };
    let at = quote::same(text, next, quote)?;
    Some(Next { at, quote: Some(quote), style: Style::Argument })
}

/// The programs whose short options are known, and where each was last seen.
#[derive(Debug, Default)]
pub(super) struct Programs {
    seen: usize,
    last: [usize; 5],
}

/// How far behind its program an option may stand.
const REACH: usize = 4096;

const RUNS: usize = 0;
const CURL: usize = 1;
const MYSQL: usize = 2;
const LOGIN: usize = 3;
const REDIS: usize = 4;

const PROGRAMS: [&[&[u8]]; 5] = [
    &[b"docker", b"podman", b"nerdctl", b"crictl", b"kubectl"],
    &[b"curl"],
    &[b"mysql", b"mariadb"],
    &[b"sshpass", b" login", b"+login", b"\"login", b"=login"],
    &[b"redis-cli"],
];

impl Programs {
    /// Tells whether a program stands before `at` on its line. Every byte is looked at once, however often this asks.
    fn before(&mut self, text: &[u8], at: usize, program: usize) -> bool {
        let from = self.seen.saturating_sub(9).max(at.saturating_sub(REACH)).min(at);
        let window = &text[from..at];
        for (names, last) in PROGRAMS.iter().zip(&mut self.last) {
            for name in *names {
                if let Some(found) = memmem::rfind(window, name) {
                    *last = (*last).max(from + found + 1);
                }
            }
        }
        if let Some(line) = memchr::memrchr(b'\n', window) {
            self.last.iter_mut().filter(|last| **last <= from + line).for_each(|last| *last = 0);
        }
        self.seen = at;
        self.last[program] > 0 && at - self.last[program] < REACH
    }
}

/// An option of one letter that begins at `start` with what stands before it.
pub(super) fn flag(spots: &mut Spots<'_, '_>, start: usize, end: usize) {
    let text = spots.text;
    let at = end - 1;
    // Behind these signs the option stands in a URI.
    let style = if matches!(text[start], b'=' | b'+') { Style::Encoded } else { Style::Argument };
    let attached = Next { at, quote: None, style };
    let next = separator(text, at);
    match text[start + 2] {
        b'e' if spots.programs.before(text, start, RUNS) => {
            let next = if text[at] == b'=' { Some(Next { at: at + 1, ..attached }) } else { next };
            assignment(spots, next.unwrap_or(attached), true);
        }
        b'u' if spots.programs.before(text, start, CURL) => {
            let Some((from, to)) = spots.argument_at(next.unwrap_or(attached)) else { return };
            // More than this is no user and password, and is not read to its end at every option in it.
            let value = &text[from..to.min(from + 1024)];
            if value.contains(&b'/') {
                return;
            }
            if let Some(colon) = memchr::memchr(b':', value) {
                // A user has no blank, and the colon of a mark is none behind a user.
                if value[..colon].contains(&b' ') || value[..colon].ends_with("‹redacted".as_bytes()) {
                    return;
                }
                spots.hide(from + colon + 1, to);
            } else if let Some(colon) = memmem::find(value, b"%3A") {
                spots.hide(from + colon + 3, to);
            }
        }
        b'p' => {
            let client = spots.programs.before(text, start, MYSQL);
            let login = spots.programs.before(text, start, LOGIN);
            match next {
                Some(next) if login => whole(spots, next),
                // mysql takes the password only without a blank; behind a blank is the name of the database.
                None if client || login => whole(spots, attached),
                _ => {}
            }
        }
        b'a' if spots.programs.before(text, start, REDIS) => {
            if let Some(next) = next {
                whole(spots, next);
            }
        }
        _ => {}
    }
}

fn whole(spots: &mut Spots<'_, '_>, next: Next) {
    if let Some((start, end)) = spots.argument_at(next)
        && spots.text[start] != b'-'
    {
        spots.hide(start, end);
    }
}

/// `--env NAME=value`; `at` is behind the option.
pub(super) fn env_flag(spots: &mut Spots<'_, '_>, at: usize) {
    if let Some(next) = behind(spots.text, at) {
        assignment(spots, next, true);
    }
}

/// `--from-literal=key=value` of kubectl create secret.
pub(super) fn from_literal(spots: &mut Spots<'_, '_>, end: usize) {
    let at = end + spots.text[end..].iter().take(4).take_while(|byte| byte.is_ascii_alphabetic()).count();
    if let Some(next) = behind(spots.text, at) {
        assignment(spots, next, false);
    }
}

/// Returns the argument of an option, joined by a sign of equality or not.
fn behind(text: &[u8], at: usize) -> Option<Next> {
    match Sign::read(text, at) {
        Some(Sign::Equals(at, Style::Pair)) => Some(Next { at, quote: None, style: Style::Argument }),
        Some(Sign::Equals(at, style)) => Some(Next { at, quote: None, style }),
        _ => separator(text, at),
    }
}

/// `kubectl set env deployment/x NAME=value …`
pub(super) fn set_env(spots: &mut Spots<'_, '_>, end: usize) {
    let text = spots.text;
    let before = end.saturating_sub(8);
    let exec = text[before..end].eq_ignore_ascii_case(b"mand=env");
    if end <= spots.assigned || exec && !text[..before].ends_with(b"set&com") {
        return;
    }
    let mut at = end + text[end..].iter().take(1).take_while(|byte| **byte == b'v').count();
    while let Some(next) = separator(text, at) {
        let (_, to) = assignment(spots, next, true);
        if to <= next.at || matches!(text[to - 1], b';' | b'|') {
            break;
        }
        at = to;
    }
    spots.assigned = at;
}

/// Hides the value of an assignment, and returns where its value and the argument end.
fn assignment(spots: &mut Spots<'_, '_>, next: Next, variables: bool) -> (usize, usize) {
    let text = spots.text;
    let (mut at, mut end) = (next.at, None);
    if let Some(quote) = next.quote {
        end = Some(quote::close(text, at, quote).0);
    } else if let Some((quote, begin)) = quote::at(text, at, false) {
        (at, end) = (begin, Some(quote::close(text, begin, quote).0));
    } else if text.get(at) == Some(&b'\'') {
        at += 1;
        end = memchr::memchr3(b'\'', b'"', b'\n', &text[at..]).map(|found| at + found);
        end = end.filter(|end| text[*end] == b'\'');
    }
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !variables && matches!(byte, b'.' | b'-');
    let name = text[at.min(text.len())..].iter().take(256).take_while(|byte| part(byte)).count();
    let style = next.style;
    let limit = end.unwrap_or_else(|| spots.bare(at, style));
    let sign = if text[at..].starts_with(b"=") { None } else { Sign::read(text, at + name) };
    let Some(Sign::Equals(value, sign)) = sign.filter(|_| name > 0 && at + name < limit) else {
        return (limit, limit);
    };
    let style = if sign == Style::Encoded { sign } else { style };
    let range = match end {
        Some(end) => Some((value, end)),
        None => spots.value(value, style),
    };
    let Some((from, to)) = range.filter(|(from, to)| from < to) else { return (limit, limit) };
    if !(variables && names::harmless_variable(&text[at..at + name])) {
        spots.hide(from, to);
    }
    (to, to.max(limit))
}

/// `proctitle=` of auditd in hexadecimal, as auditd writes a title with a blank in it.
pub(super) fn title(spots: &mut Spots<'_, '_>, end: usize) {
    let at = end + 1;
    if let Some(Sign::Equals(at, _)) = Sign::read(spots.text, at) {
        hexadecimal(spots, at);
    }
}

/// Reads a command line in hexadecimal and hides in it what would be hidden in the command line.
pub(super) fn hexadecimal(spots: &mut Spots<'_, '_>, at: usize) {
    let text = spots.text;
    let digits = text[at..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count() & !1;
    if digits < 8 {
        return;
    }
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or(0) as u8;
    let line: Vec<u8> =
        text[at..at + digits].chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    let mut hides = Hides::new(&line);
    let mut inner = Spots::new(&mut hides);
    trigger::each(&line, |rule, start, end| inner.look(rule, start, end));
    for (start, end) in hides.ranges() {
        spots.hides.hide(at + 2 * start, at + 2 * end);
    }
    spots.pass(at, at + digits);
}
