//! Where one YAML document ends and the next begins.
//!
//! A line that begins with `---` or `...` and a blank behind it is a document marker wherever it stands (YAML 1.2.2,
//! 9.1: no scalar may hold one), so text can be cut there without being parsed, and damage stays in its document.

use std::ops::Range;

/// What the beginning of a line says about the documents around it.
enum Line {
    /// `---`
    Start,
    /// `...`
    End,
    /// Blank, a comment or a directive: content of no document.
    Between,
    Content,
    /// Cannot be told, since the text ends too early.
    Unknown,
}

/// Returns the byte behind the last complete document in `held`; None when no document ends in it yet.
///
/// What follows begins with a `---` line, or behind a `...` line. Directives stay with the document they are for.
pub fn cut(held: &[u8]) -> Option<usize> {
    let mut last = None;
    boundaries(held, false, &mut |at| last = Some(at));
    last
}

/// Returns the bytes behind each complete document, those of a text that is all there.
pub fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    boundaries(bytes, true, &mut |at| ends.push(at));
    ends
}

/// Returns the parts of the text that hold one document each, all of the text in order.
pub(super) fn chunks(text: &str) -> Vec<Range<usize>> {
    let (mut chunks, mut start) = (Vec::new(), 0);
    for at in ends(text.as_bytes()) {
        chunks.push(start..at);
        start = at;
    }
    if start < text.len() {
        chunks.push(start..text.len());
    }
    chunks
}

fn boundaries(bytes: &[u8], whole: bool, each: &mut dyn FnMut(usize)) {
    // Whether nothing of a document has come since the start of the text or the last `...`.
    let mut fresh = true;
    let mut at = 0;
    while at < bytes.len() {
        let end = line_end(bytes, at, whole);
        match kind(&bytes[at..], fresh, whole) {
            Line::Start => {
                if !fresh {
                    each(at);
                }
                fresh = false;
            }
            Line::End => {
                if let Some(end) = end {
                    each(end);
                }
                fresh = true;
            }
            Line::Between => {}
            Line::Content => fresh = false,
            Line::Unknown => return,
        }
        let Some(end) = end else { return };
        at = end;
    }
}

fn kind(line: &[u8], fresh: bool, whole: bool) -> Line {
    let line = if fresh { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
    let marker = match line {
        [b'-', b'-', b'-', ..] => Line::Start,
        [b'.', b'.', b'.', ..] => Line::End,
        [b'%', ..] if fresh => return Line::Between,
        _ => {
            let first = line.iter().find(|b| !matches!(b, b' ' | b'\t'));
            return match first {
                Some(b'#' | b'\n' | b'\r') => Line::Between,
                Some(_) => Line::Content,
                None if whole => Line::Between,
                None => Line::Unknown,
            };
        }
    };
    match line.get(3) {
        Some(b' ' | b'\t' | b'\n' | b'\r') => marker,
        Some(_) => Line::Content,
        None if whole => marker,
        None => Line::Unknown,
    }
}

/// One past the line break of the line at `at`; None when the text goes on behind what is there.
fn line_end(bytes: &[u8], at: usize, whole: bool) -> Option<usize> {
    let Some(length) = bytes[at..].iter().position(|b| matches!(b, b'\n' | b'\r')) else {
        return whole.then_some(bytes.len());
    };
    let end = at + length + 1;
    match (bytes[end - 1], bytes.get(end)) {
        (b'\r', Some(b'\n')) => Some(end + 1),
        // The line feed of this line may be yet to come.
        (b'\r', None) if !whole => None,
        _ => Some(end),
    }
}
