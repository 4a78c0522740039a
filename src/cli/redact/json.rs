//! Reads the nesting of JSON text, cut or whole, and of JSON inside its strings, in one pass.
//!
//! A string may hold JSON, whose strings may hold JSON: an audit event in an envelope of Azure, an annotation in the
//! event. Nothing is unescaped; the depth of every quote says which string it begins or ends (see `quote`). Text that
//! is not JSON at all does no harm: quotes open and close, and nothing is ever an object with data.

use super::frames::{Focus, Frames, Value};
use super::mark::Hides;
use super::quote::{level, own};

/// A string that has begun and not ended.
#[derive(Debug, Clone, Copy)]
struct Open {
    level: u32,
    /// Where its content begins.
    start: usize,
}

struct Reader<'h, 'a> {
    text: &'a [u8],
    frames: Frames<'h, 'a>,
    strings: Vec<Open>,
    /// The text is inside a quoted cell of CSV, which is the outermost string; quotes are doubled.
    cell: bool,
}

/// Reads a text and hides what its objects say is secret.
pub(super) fn read(hides: &mut Hides<'_>, focus: Focus) {
    let text = hides.text;
    let frames = Frames::new(hides, focus);
    let mut reader = Reader { text, frames, strings: Vec::new(), cell: false };
    let mut at = 0;
    while let Some(found) = text[at..].iter().position(|byte| MEANS[usize::from(*byte)]) {
        at = reader.sign(at + found);
    }
    while reader.shut(text.len(), None) {}
    reader.frames.finish();
}

/// The bytes that mean anything to nesting.
static MEANS: [bool; 256] = {
    let mut means = [false; 256];
    let signs = b"\"{}[],";
    let mut at = 0;
    while at < signs.len() {
        means[signs[at] as usize] = true;
        at += 1;
    }
    means
};

impl Reader<'_, '_> {
    /// Takes the sign at `at`, and returns where to go on.
    fn sign(&mut self, at: usize) -> usize {
        let depth = self.strings.len();
        match self.text[at] {
            b'{' => self.frames.open(false, depth),
            b'[' => self.frames.open(true, depth),
            b'}' => self.frames.end(false, depth),
            b']' => self.frames.end(true, depth),
            b',' => self.frames.next(depth),
            _ => return self.quote(at),
        }
        at + 1
    }

    fn quote(&mut self, at: usize) -> usize {
        let mut level = level(self.text, 0, at);
        let mut end = at + 1;
        let pair = self.text.get(at + 1) == Some(&b'"');
        if self.cell {
            // The cell itself is the string of depth 0; all in it is one deeper than its backslashes say.
            if pair {
                (level, end) = (level + 1, at + 2);
            } else {
                level = 0;
            }
        } else if pair && level == 0 && self.strings.len() == 1 && self.strings[0].level == 0 {
            // In JSON no string begins right behind the end of another; this one is a cell of CSV.
            self.cell = true;
            (level, end) = (1, at + 2);
        }
        let start = at - own(if self.cell { level.saturating_sub(1) } else { level }).min(at);
        while self.strings.last().is_some_and(|open| open.level > level) {
            self.shut(start, None);
        }
        if self.strings.last().is_some_and(|open| open.level == level) {
            self.shut(start, Some(end));
        } else if self.opens(start, end) {
            self.strings.push(Open { level, start: end });
        }
        end
    }

    /// Ends the innermost string, whose content ends at `at`. `after` is where its closing quote ends; none when it
    /// has none, because the text or the string around it ends first. Returns false when no string is open.
    fn shut(&mut self, at: usize, after: Option<usize>) -> bool {
        let Some(open) = self.strings.pop() else { return false };
        let depth = self.strings.len();
        self.cell &= depth > 0;
        self.frames.end_deeper(depth, at);
        if after.is_some_and(|after| self.text[after..].iter().find(|byte| !blank(**byte)) == Some(&b':')) {
            self.frames.key(&self.text[open.start..at], depth);
        } else {
            self.frames.value(Value { start: open.start, end: at, quote: None, cut: after.is_none() }, depth);
        }
        true
    }

    /// Tells whether a quote can begin a string. One that only can end one is left of a string whose beginning was
    /// cut off, and must not turn everything behind it inside out.
    fn opens(&self, start: usize, end: usize) -> bool {
        let before = self.text[..start].iter().rev().find(|byte| !blank(**byte));
        let after = self.text[end..].iter().find(|byte| !blank(**byte));
        matches!(before, None | Some(b'{' | b'[' | b',' | b':' | b'"'))
            || !matches!(after, None | Some(b',' | b':' | b'}' | b']'))
    }
}

fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
