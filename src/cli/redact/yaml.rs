//! Reads the nesting of YAML as Kubernetes tools write it: block style, one member a line, nesting by indentation.
//!
//! It is no YAML reader: anchors, tags and flow style are taken as plain values. That is enough to hide what a
//! manifest says is secret, and it never fails. JSON is also YAML, but JSON is read by `json`.

use memchr::memchr;

use super::frames::{Focus, Frames, Value};
use super::mark::Hides;
use super::quote::PLAIN;

/// Lists in lists beyond this many are no manifest; their dashes are taken as text.
const MOST: usize = 1024;

/// Reads a text by its lines and hides what its objects say is secret.
pub(super) fn read(hides: &mut Hides<'_>, focus: Focus) {
    let text = hides.text;
    let mut frames = Frames::new(hides, focus);
    // Columns of the objects and lists that are open; every one of them is a frame, one deeper than the last.
    let mut columns: Vec<(usize, bool)> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = line_end(text, at);
        let mut column = indent(text, at);
        let mut from = at + column;
        if text[at..end].starts_with(b"---") || from == end || text[from] == b'#' {
            if from != end && text[from] != b'#' {
                columns.drain(..).rev().for_each(|(_, list)| frames.end(list, 0));
            }
            at = end + 1;
            continue;
        }
        // Every dash in front is an item of a list at its column, and ends what the item before it opened.
        while columns.len() < MOST && (text[from..end].starts_with(b"- ") || &text[from..end] == b"-") {
            shut(&mut frames, &mut columns, |open, _| open > column);
            if columns.last() != Some(&(column, true)) {
                frames.open(true, 0);
                columns.push((column, true));
            }
            let blanks = 1 + text[(from + 1).min(end)..end].iter().take_while(|byte| **byte == b' ').count();
            column += blanks;
            from = (from + blanks).min(end);
        }
        let Some((name, value)) = member(text, from, end) else {
            if from < end && text[at + indent(text, at)] == b'-' {
                let (value, next) = scalar(text, from, end, column.saturating_sub(1));
                frames.value(value, 0);
                at = next;
            } else {
                at = end + 1;
            }
            continue;
        };
        // A list may stand at the column of the member it belongs to; a member there ends it.
        shut(&mut frames, &mut columns, |open, list| open > column || open == column && list);
        if columns.last() != Some(&(column, false)) {
            frames.open(false, 0);
            columns.push((column, false));
        }
        frames.key(bare(&text[name.0..name.1]), 0);
        if value == end {
            at = end + 1;
            continue;
        }
        let (value, next) = scalar(text, value, end, column);
        frames.value(value, 0);
        at = next;
    }
    frames.finish();
}

fn shut(frames: &mut Frames<'_, '_>, columns: &mut Vec<(usize, bool)>, ends: impl Fn(usize, bool) -> bool) {
    while let Some((column, list)) = columns.last().copied()
        && ends(column, list)
    {
        columns.pop();
        frames.end(list, 0);
    }
}

pub(super) fn line_end(text: &[u8], at: usize) -> usize {
    memchr(b'\n', &text[at..]).map_or(text.len(), |found| at + found)
}

pub(super) fn indent(text: &[u8], at: usize) -> usize {
    text[at..].iter().take_while(|byte| **byte == b' ').count()
}

/// Returns the column of the member on the line that begins at `line`, behind the dashes of list items.
pub(super) fn column(text: &[u8], line: usize) -> usize {
    text[line..].iter().take(1024).take_while(|byte| matches!(byte, b' ' | b'-')).count()
}

fn bare(name: &[u8]) -> &[u8] {
    let inner = |sign: &[u8]| name.strip_prefix(sign).and_then(|rest| rest.strip_suffix(sign)).map(<[u8]>::trim_ascii);
    inner(b"\"").or_else(|| inner(b"'")).unwrap_or(name)
}

/// Returns where the name of a member is, and where its value begins (the end of the line when it has none there).
fn member(text: &[u8], from: usize, end: usize) -> Option<((usize, usize), usize)> {
    let line = &text[from..end];
    let colon = memchr::memchr_iter(b':', line)
        .find(|colon| matches!(line.get(colon + 1), None | Some(b' ' | b'\r')))
        .filter(|colon| !matches!(line[0], b'{' | b'[') && *colon > 0)?;
    let blanks = line[colon + 1..].iter().take_while(|byte| matches!(byte, b' ' | b'\r')).count();
    Some(((from, from + colon), from + colon + 1 + blanks))
}

/// Returns the scalar that begins at `from` on a line that ends at `end`, as a member of a mapping at `column`, and
/// where the next line begins that is not part of it: lines that are further in than the mapping are.
pub(super) fn scalar(text: &[u8], from: usize, end: usize, column: usize) -> (Value, usize) {
    let mut last = end;
    let mut next = (end + 1).min(text.len());
    while next < text.len() {
        let stop = line_end(text, next);
        let inside = indent(text, next);
        if next + inside < stop && text[next + inside] != b'\r' {
            if inside <= column {
                break;
            }
            last = stop;
        }
        next = (stop + 1).min(text.len());
    }
    let trim = |start: usize, end: usize| start + text[start..end].trim_ascii_end().len();
    let value = match text[from] {
        b'|' | b'>' | b'\n' => {
            let begin = (end + 1).min(last);
            let first = begin + text[begin..last].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            // A mark is text of the block and needs no quotes.
            Value { start: first, end: trim(first, last), quote: None, cut: false }
        }
        sign @ (b'"' | b'\'') => {
            let stop = trim(from + 1, last);
            let stop = if stop > from + 1 && text[stop - 1] == sign { stop - 1 } else { stop };
            Value { start: from + 1, end: stop, quote: None, cut: false }
        }
        _ => Value { start: from, end: trim(from, last), quote: Some(PLAIN), cut: last == text.len() },
    };
    (value, next.max(end + 1))
}
