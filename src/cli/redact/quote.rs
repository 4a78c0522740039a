//! Double quotes at any depth of escaping.
//!
//! A quote of JSON inside a JSON string is written `\"`, one string deeper `\\\"`: depth k has 2^k - 1 backslashes
//! (RFC 8259 section 7, applied again and again). Backslashes that belong to the value itself come before them in
//! even numbers at every depth, so the depth of a quote is the number of trailing one bits of the count of
//! backslashes before it. Inside a quoted cell of CSV every quote is doubled (RFC 4180 section 2).

use memchr::memchr;

/// How a quote is written: its depth of escaping, and whether it is doubled as in CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quote {
    pub(super) level: u32,
    pub(super) doubled: bool,
}

/// The plain quote of JSON that was not put into anything.
pub(super) const PLAIN: Quote = Quote { level: 0, doubled: false };

impl Quote {
    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend(std::iter::repeat_n(b'\\', own(self.level)));
        out.extend_from_slice(if self.doubled { b"\"\"" } else { b"\"" });
    }

    /// Tells whether a quote like this one ends at `at`.
    pub(super) fn stands_before(self, text: &[u8], at: usize) -> bool {
        let mut written = Vec::new();
        self.write(&mut written);
        text[..at].ends_with(&written)
    }
}

/// Returns the number of backslashes a quote of a depth has of its own.
pub(super) fn own(level: u32) -> usize {
    // No text is long enough to hold a quote deeper than this.
    (1usize << level.min(40)) - 1
}

/// Returns the depth of the quote at `at`, looking back no further than `from`.
pub(super) fn level(text: &[u8], from: usize, at: usize) -> u32 {
    let run = text[from..at].iter().rev().take_while(|byte| **byte == b'\\').count();
    run.trailing_ones()
}

/// Returns the quote that begins exactly at `at`, backslashes included, and where it ends. Two quotes in a row are
/// the doubled quote of CSV unless `single` says that the second one must stand for itself.
pub(super) fn at(text: &[u8], at: usize, single: bool) -> Option<(Quote, usize)> {
    let run = text[at.min(text.len())..].iter().take(64 * 1024).take_while(|byte| **byte == b'\\').count();
    let level = run.trailing_ones();
    if own(level) != run || text.get(at + run) != Some(&b'"') {
        return None;
    }
    let doubled = !single && text.get(at + run + 1) == Some(&b'"');
    Some((Quote { level, doubled }, at + run + 1 + usize::from(doubled)))
}

/// Returns the quote at `at` when it is written as `like`, and where it ends.
pub(super) fn same(text: &[u8], at: usize, like: Quote) -> Option<usize> {
    self::at(text, at, !like.doubled).filter(|(quote, _)| *quote == like).map(|(_, end)| end)
}

/// Returns where the content of a string ends that was opened by `quote` and begins at `from`, and where the quote
/// that ends it ends. A string around it that ends sooner ends it too; so does the end of the text.
pub(super) fn close(text: &[u8], from: usize, quote: Quote) -> (usize, usize) {
    let mut at = from;
    while let Some(found) = memchr(b'"', &text[at..]).map(|found| at + found) {
        let level = level(text, from, found);
        if !quote.doubled {
            if level <= quote.level {
                return (found - own(level), found + 1);
            }
            at = found + 1;
        } else if text.get(found + 1) != Some(&b'"') {
            return (found, found + 1);
        } else if level <= quote.level {
            return (found - own(level), found + 2);
        } else {
            at = found + 2;
        }
    }
    (text.len(), text.len())
}

/// Returns where the line or the outermost string ends that `from` is in.
pub(super) fn close_line(text: &[u8], from: usize) -> usize {
    memchr::memchr2_iter(b'"', b'\n', &text[from..])
        .map(|found| from + found)
        .find(|found| text[*found] == b'\n' || level(text, from, *found) == 0)
        .unwrap_or(text.len())
}

/// Returns where the blanks (written out, or as escapes of a line end or tab) that begin at `at` end.
pub(super) fn blanks(text: &[u8], mut at: usize) -> usize {
    loop {
        match text.get(at) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
            Some(b'\\') => {
                let run = text[at..].iter().take(64 * 1024).take_while(|byte| **byte == b'\\').count();
                if !matches!(text.get(at + run), Some(b'n' | b'r' | b't')) {
                    return at;
                }
                at += run + 1;
            }
            _ => return at,
        }
    }
}

/// Where a byte of a text stands in the text it was made from: from the first on, until the next of them.
pub(super) type Places = Vec<(usize, usize)>;

/// Returns a text with its quotes that are escaped by their number, as .NET does by default, written as everybody else
/// does, to be read in its place; none when it has none. The two are the same to every reader of JSON (RFC 8259
/// section 7). Of the backslashes before the number every factor of two is one depth of escaping, at which a quote has
/// a backslash where `u0022` has none.
pub(super) fn by_number(text: &[u8]) -> Option<(Vec<u8>, Places)> {
    const NUMBER: &[u8] = b"\\u0022";
    let first = memchr(b'\\', text)?;
    let mut all = memchr::memmem::find_iter(&text[first..], NUMBER).map(|at| first + at).peekable();
    all.peek()?;
    let (mut out, mut from) = (Vec::with_capacity(text.len()), 0);
    let mut places = vec![(0, 0)];
    for at in all {
        let run = text[from..=at].iter().rev().take_while(|byte| **byte == b'\\').count();
        out.extend_from_slice(&text[from..=at]);
        // A value ends before the backslashes of its quote, so no place among those that are added is asked for.
        out.extend(std::iter::repeat_n(b'\\', own(run.trailing_zeros())));
        out.push(b'"');
        from = at + NUMBER.len();
        places.push((out.len(), from));
    }
    out.extend_from_slice(&text[from..]);
    Some((out, places))
}

/// Returns the place in the original of a place in the text that [`by_number`] made of it.
pub(super) fn place(places: &Places, at: usize) -> usize {
    let next = places.partition_point(|(made, _)| *made <= at);
    let (made, original) = places[next.saturating_sub(1)];
    let end = places.get(next).map_or(usize::MAX, |(_, after)| after - 5);
    (original + (at - made)).min(end)
}
