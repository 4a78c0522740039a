//! Where values begin and end in the text, and what else the parser says that the text does not.
//!
//! `saphyr-parser` 0.3 counts a block scalar from its first line, gives values that are not there the place of what
//! comes next, takes a comma before a brace for the brace, ends a text that ends in a block scalar with a line break,
//! counts bytes for characters in directives, and refuses a tab behind the colon of a key.

use std::ops::Range;

use saphyr_parser::{ScalarStyle, Span};

use super::place::lines;

/// Finds the `|` or `>` of a block scalar that has its first line at `to`.
pub(super) fn header(text: &str, from: usize, to: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < to {
        match bytes[at] {
            b'|' | b'>' => return at,
            b'#' if is_comment(bytes, at) => at = comment_end(bytes, at, to),
            _ => at += 1,
        }
    }
    to
}

/// Moves the end of a block value over what stands behind its last scalar and is no comment: the `:` of a key without
/// a value, the `-` of an item without one.
pub(super) fn extend(text: &str, from: usize, to: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut end) = (from, from);
    while at < to {
        match bytes[at] {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'#' if is_comment(bytes, at) => at = comment_end(bytes, at, to),
            _ => {
                at += 1;
                end = at;
            }
        }
    }
    end
}

/// Returns the end of a mapping in braces; the parser takes a comma before the last brace, at `last`, for the brace.
pub(super) fn closed(text: &str, last: usize, end: usize) -> usize {
    let bytes = text.as_bytes();
    if bytes.get(last) != Some(&b',') {
        return end;
    }
    let mut at = last + 1;
    while let Some(b) = bytes.get(at) {
        match b {
            b'}' => return at + 1,
            b'#' if is_comment(bytes, at) => at = comment_end(bytes, at, bytes.len()),
            _ => at += 1,
        }
    }
    end
}

fn is_comment(bytes: &[u8], at: usize) -> bool {
    at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'\r')
}

fn comment_end(bytes: &[u8], at: usize, to: usize) -> usize {
    bytes[at..to].iter().position(|b| matches!(b, b'\n' | b'\r')).map_or(to, |length| at + length)
}

/// Says whether the parser ended `scalar`, written at `at`, with a line break that is not in the text: where the text
/// ends in a block scalar without one (YAML 1.2.2, 8.1.1.2, keeps or drops line breaks, it adds none).
pub(super) fn added_break(text: &str, scalar: &str, style: ScalarStyle, at: Range<usize>, span: &Span) -> bool {
    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    if !block || at.end < text.len() || text.ends_with(['\n', '\r']) {
        return false;
    }
    // Without content the place is that of the header, whose own line break is none of the scalar's.
    if scalar.bytes().all(|b| b == b'\n') {
        return scalar.len() as u64 >= lines(&text.as_bytes()[at]).max(1);
    }
    span.end.col() >= span.start.col().max(1)
}

/// Finds a directive that makes the parser lose count of characters: it takes their bytes for them.
pub(super) fn uncounted(part: &str) -> Option<usize> {
    if part.is_ascii() {
        return None;
    }
    let mut at = 0;
    for line in part.split_inclusive(['\n', '\r']) {
        let directive = line.trim_start_matches('\u{feff}');
        if directive.starts_with('%') && !directive.is_ascii() {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// Finds the tab because of which the parser refuses `key:<tab>value`, which is YAML (1.2.2, 6.2).
pub(super) fn tab(part: &str, refusal: &str, at: usize) -> Option<usize> {
    if refusal != "':' must be followed by a valid YAML whitespace" {
        return None;
    }
    let before = part[..at].trim_end_matches('\t');
    (before.ends_with(':') && before.len() < at).then_some(before.len())
}
