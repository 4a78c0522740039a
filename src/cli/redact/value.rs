//! What stands between a name and its value, and where a value without quotes ends.

use super::mark::mark_len;
use super::quote::{self, Quote, blanks};

/// How a value stands behind its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `name=value` of settings, URLs and connection strings: ends at `&` and `;` as well.
    Pair,
    /// An argument of a command: ends at a blank only.
    Argument,
    /// As either of them, percent-encoded in a request URI.
    Encoded,
}

/// What stands between a name and its value, and where the value begins.
pub(super) enum Sign {
    Equals(usize, Style),
    Colon(usize, Style),
    Member(usize, Quote),
}

impl Style {
    pub(super) fn argument(self) -> Style {
        if self == Style::Pair { Style::Argument } else { self }
    }
}

impl Sign {
    pub(super) fn read(text: &[u8], at: usize) -> Option<Sign> {
        let rest = text.get(at..)?;
        if let Some((quote, after)) = quote::at(text, at, false) {
            let colon = blanks(text, after);
            return (text.get(colon) == Some(&b':')).then(|| Sign::Member(blanks(text, colon + 1), quote));
        }
        let has = |sign: &str| rest.len() >= sign.len() && rest[..sign.len()].eq_ignore_ascii_case(sign.as_bytes());
        if has("=") {
            return Some(Sign::Equals(at + 1, Style::Pair));
        }
        if has("%3d") {
            return Some(Sign::Equals(at + 3, Style::Encoded));
        }
        if has("\\u003d") {
            return Some(Sign::Equals(at + 6, Style::Pair));
        }
        if has(":") && rest.get(1) != Some(&b':') {
            return Some(Sign::Colon(at + 1, Style::Argument));
        }
        has("%3a").then_some(Sign::Colon(at + 3, Style::Encoded))
    }
}

/// Returns where the value of a member begins that has this name and these quotes and stands at `at`.
pub(super) fn after_key(text: &[u8], at: usize, quote: Quote, name: &[u8]) -> Option<usize> {
    let begin = quote::same(text, blanks(text, at), quote)?;
    let rest = text.get(begin..)?;
    if !rest.starts_with(name) {
        return None;
    }
    let after = quote::same(text, begin + name.len(), quote)?;
    let colon = blanks(text, after);
    (text.get(colon) == Some(&b':')).then(|| blanks(text, colon + 1))
}

pub(super) fn part_of_scalar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_')
}

/// Returns where a value without quotes ends.
pub(super) fn bare_end(text: &[u8], at: usize, style: Style) -> usize {
    if let Some(mark) = mark_len(&text[at..]) {
        return at + mark;
    }
    let mut end = at;
    let mut escapes = 0;
    while let Some(byte) = text.get(end) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | 0 | b'`' | b'\'' | b'<' | b'>' => break,
            // The quote ends the value, and so do the backslashes that belong to it.
            b'"' => return end - escapes,
            b'&' if style != Style::Argument || text[end..].starts_with(b"&command=") => break,
            b';' if style == Style::Pair => break,
            b'+' if style == Style::Encoded => break,
            b'%' if style == Style::Encoded && encoded_end(&text[end..]) => break,
            b'n' | b'r' | b't' if escapes > 0 => return end - escapes,
            b'u' if escapes > 0 && escaped_end(&text[end..]) => return end - escapes,
            _ => {}
        }
        escapes = if *byte == b'\\' { escapes + 1 } else { 0 };
        end += 1;
    }
    end - escapes
}

/// A blank, quote or line end, percent-encoded.
fn encoded_end(rest: &[u8]) -> bool {
    [b"%20", b"%22", b"%27", b"%0A", b"%0a", b"%09"].iter().any(|sign| rest.starts_with(*sign))
}

/// A zero byte, an ampersand, a quote or an angle bracket, as JSON may escape them.
fn escaped_end(rest: &[u8]) -> bool {
    const SIGNS: [&str; 6] = ["u0000", "u0026", "u0022", "u0027", "u003c", "u003e"];
    SIGNS.iter().any(|sign| rest.get(..5).is_some_and(|rest| rest.eq_ignore_ascii_case(sign.as_bytes())))
}
