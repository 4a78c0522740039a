//! Lines of a log as an envelope takes them: where they are, their number, their text.

use std::ops::Range;

use super::Found;
use crate::formats::block::Block;
use crate::formats::json;

/// One line that is not blank.
pub struct Line<'b> {
    /// Bytes in the content.
    pub at: Range<u64>,
    /// From 1.
    pub number: u64,
    pub text: &'b str,
}

/// Gives every line of a block that is text; a line that is no UTF-8 is a reject, a blank one is nothing.
pub fn each<'b>(
    block: &'b Block,
    found: &mut dyn FnMut(Found<'_>),
    mut line: impl FnMut(Line<'b>, &mut dyn FnMut(Found<'_>)),
) {
    let (mut start, mut number) = (0, block.line);
    while start < block.bytes.len() {
        let end = memchr::memchr(b'\n', &block.bytes[start..]).map_or(block.bytes.len(), |length| start + length);
        match read(block, start..end, number) {
            Some(Ok(read)) => line(read, found),
            Some(Err(reject)) => found(reject),
            None => {}
        }
        start = end + 1;
        number += 1;
    }
}

/// Reads what lies at `place` of the block as one line; None when it is blank. Blanks in front are kept, since a
/// program may begin a line with them, holes of NULs are not.
pub fn read(block: &Block, place: Range<usize>, number: u64) -> Option<Result<Line<'_>, Found<'_>>> {
    let whole = &block.bytes[place.clone()];
    if json::trim(whole).1.is_empty() {
        return None;
    }
    let mut start = 0;
    while let Some(length) = [&b"\0"[..], b"\xef\xbb\xbf"].iter().find(|mark| whole[start..].starts_with(mark)) {
        start += length.len();
    }
    let mut end = whole.len();
    while matches!(whole[start..end].last(), Some(b'\r' | b'\n' | 0)) {
        end -= 1;
    }
    let bytes = &whole[start..end];
    let offset = block.offset + (place.start + start) as u64;
    let at = offset..offset + bytes.len() as u64;
    Some(match str::from_utf8(bytes) {
        Ok(text) => Ok(Line { at, number, text }),
        Err(error) => {
            let reason = format!("no UTF-8 at byte {} of the line", error.valid_up_to());
            Err(Found::Reject { at, line: number, reason, bytes })
        }
    })
}

/// Joins ranges of the content that have nothing but blanks between them.
pub fn runs<'r>(block: &Block, ranges: impl Iterator<Item = &'r Range<u64>>) -> Vec<Range<u64>> {
    let mut runs: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        let between = |end: u64| &block.bytes[(end - block.offset) as usize..(range.start - block.offset) as usize];
        match runs.last_mut() {
            Some(run) if json::trim(between(run.end)).1.is_empty() => run.end = range.end,
            _ => runs.push(range.clone()),
        }
    }
    runs
}

/// The text of a range that was read from the block.
pub fn text<'b>(block: &'b Block, range: &Range<u64>) -> &'b str {
    let bytes = &block.bytes[(range.start - block.offset) as usize..(range.end - block.offset) as usize];
    // Lines that are text, and blanks between them.
    str::from_utf8(bytes).unwrap_or_default()
}
