//! What stands in the place of a hidden value, and the list of places to hide.
//!
//! The mark says that something was hidden and how many bytes it had in this text. It gives no fingerprint: most
//! secrets are short or guessable, and a hash without a key lets anybody who holds the report test guesses against
//! it; a hash with a key would need a key that is kept apart from the report, which a pure function cannot have.

use std::borrow::Cow;

use super::quote::Quote;

const OPEN: &[u8] = "‹redacted: ".as_bytes();
const CLOSE: &[u8] = " bytes›".as_bytes();

/// Returns the length of the mark a text begins with.
pub(super) fn mark_len(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(OPEN)?;
    let digits = rest.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0 && rest[digits..].starts_with(CLOSE)).then_some(OPEN.len() + digits + CLOSE.len())
}

/// A range of bytes to hide, with the quotes the mark needs where the value had none (a number, a plain scalar).
#[derive(Debug, Clone, Copy)]
struct Hide {
    start: usize,
    end: usize,
    quote: Option<Quote>,
}

/// The places of one text that are to be hidden.
pub(super) struct Hides<'a> {
    pub(super) text: &'a [u8],
    list: Vec<Hide>,
}

impl<'a> Hides<'a> {
    pub(super) fn new(text: &'a [u8]) -> Hides<'a> {
        Hides { text, list: Vec::new() }
    }

    pub(super) fn hide(&mut self, start: usize, end: usize) {
        self.push(start, end, None);
    }

    /// Hides a value that stands without quotes and puts the mark in quotes, as the text around needs it.
    pub(super) fn hide_bare(&mut self, start: usize, end: usize, quote: Quote) {
        self.push(start, end, Some(quote));
    }

    fn push(&mut self, start: usize, end: usize, quote: Option<Quote>) {
        if start >= end || end > self.text.len() {
            return;
        }
        let value = &self.text[start..end];
        // A value that is a mark, or of which the mark is all that was seen, was hidden before.
        if mark_len(&self.text[start..]).is_some_and(|mark| mark >= value.len()) {
            return;
        }
        // A row of asterisks was put there by whoever wrote the evidence, and says so better than a second mark.
        if value.iter().all(|byte| *byte == b'*') {
            return;
        }
        self.list.push(Hide { start, end, quote });
    }

    /// Returns where each hidden range begins and ends.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (usize, usize)> {
        self.list.iter().map(|hide| (hide.start, hide.end))
    }

    /// Returns the same places of another text, in which they stand elsewhere.
    pub(super) fn moved(self, text: &[u8], place: impl Fn(usize) -> usize) -> Hides<'_> {
        let mut moved = Hides::new(text);
        for hide in self.list {
            moved.push(place(hide.start), place(hide.end), hide.quote);
        }
        moved
    }

    /// Returns the text with a mark in the place of every hidden range; ranges that overlap become one.
    pub(super) fn apply(mut self) -> Cow<'a, [u8]> {
        if self.list.is_empty() {
            return Cow::Borrowed(self.text);
        }
        self.list.sort_by_key(|hide| (hide.start, std::cmp::Reverse(hide.end)));
        let mut out = Vec::with_capacity(self.text.len() + 32);
        let mut written = 0;
        let mut all = self.list.iter().copied().peekable();
        while let Some(mut hide) = all.next() {
            while let Some(next) = all.next_if(|next| next.start < hide.end) {
                hide.end = hide.end.max(next.end);
            }
            out.extend_from_slice(&self.text[written..hide.start]);
            if let Some(quote) = hide.quote {
                quote.write(&mut out);
            }
            out.extend_from_slice(OPEN);
            out.extend_from_slice((hide.end - hide.start).to_string().as_bytes());
            out.extend_from_slice(CLOSE);
            if let Some(quote) = hide.quote {
                quote.write(&mut out);
            }
            written = hide.end;
        }
        out.extend_from_slice(&self.text[written..]);
        Cow::Owned(out)
    }
}
