//! Where in the text the parser is: it counts characters, evidence is quoted in bytes and lines.

use std::ops::Range;

/// Characters from one checkpoint to the next.
const CHARS: usize = 64;
/// Bytes from one checkpoint of line breaks to the next.
const BLOCK: usize = 512;

/// Counts of one part of a text, made in one pass over it.
pub(super) struct Places<'t> {
    part: &'t str,
    start: usize,
    line: u64,
    /// Byte of every [`CHARS`]th character; empty when all characters are one byte.
    bytes: Vec<usize>,
    /// Line breaks before every [`BLOCK`]th byte.
    breaks: Vec<u64>,
}

impl<'t> Places<'t> {
    /// `line` is the line of the text on which the part at `range` begins.
    pub fn new(text: &'t str, range: &Range<usize>, line: u64) -> Self {
        let part = &text[range.clone()];
        let bytes =
            if part.is_ascii() { Vec::new() } else { part.char_indices().step_by(CHARS).map(|(at, _)| at).collect() };
        let mut sum = 0;
        let breaks = part.as_bytes().chunks(BLOCK).map(|block| {
            let before = sum;
            sum += lines(block);
            before
        });
        Self { part, start: range.start, line, bytes, breaks: breaks.collect() }
    }

    /// Returns the byte in the text of the character `index` of the part.
    pub fn byte(&self, index: usize) -> usize {
        if self.bytes.is_empty() {
            return self.start + index.min(self.part.len());
        }
        let Some(from) = self.bytes.get(index / CHARS) else { return self.start + self.part.len() };
        let rest = &self.part[*from..];
        self.start + from + rest.char_indices().nth(index % CHARS).map_or(rest.len(), |(at, _)| at)
    }

    /// Returns the line of the text on which its byte `at` stands.
    pub fn line(&self, at: usize) -> u64 {
        let at = at.saturating_sub(self.start).min(self.part.len());
        let block = (at / BLOCK).min(self.breaks.len().saturating_sub(1));
        let before = self.breaks.get(block).copied().unwrap_or(0);
        self.line + before + lines(&self.part.as_bytes()[block * BLOCK..at])
    }
}

/// Counts line feeds.
pub(super) fn lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b == b'\n').count() as u64
}
