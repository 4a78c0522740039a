//! The little of JSON that must be known before a value is whole: where values end.
//!
//! It balances brackets and strings and nothing else; whether a value is valid JSON is for `serde_json` to say.

use std::borrow::Cow;

/// Where a value ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// One past its last byte.
    Whole(usize),
    /// The text ends before the value does.
    Cut,
    /// A bracket that closes nothing, at this byte.
    Bad(usize),
}

/// A scan over a value that may arrive in pieces.
#[derive(Debug, Default, Clone)]
pub struct Balance {
    /// Closing brackets still owed, the innermost last.
    owed: Vec<u8>,
    in_string: bool,
}

impl Balance {
    /// Goes on at `at` with all of `text` that is there; returns what it came to and where to go on.
    ///
    /// The first byte it is ever shown must be the first of the value.
    pub fn scan(&mut self, text: &[u8], mut at: usize, last: bool) -> (Scan, usize) {
        while at < text.len() {
            if self.in_string {
                let Some(next) = memchr::memchr2(b'"', b'\\', &text[at..]) else { return (Scan::Cut, text.len()) };
                at += next;
                if text[at] == b'\\' {
                    if at + 1 >= text.len() {
                        return (Scan::Cut, at);
                    }
                    at += 2;
                    continue;
                }
                self.in_string = false;
            } else {
                match text[at] {
                    b'"' => {
                        self.in_string = true;
                        at += 1;
                        continue;
                    }
                    b'{' => self.owed.push(b'}'),
                    b'[' => self.owed.push(b']'),
                    close @ (b'}' | b']') => {
                        if self.owed.pop() != Some(close) {
                            return (Scan::Bad(at), at);
                        }
                    }
                    _ if self.owed.is_empty() => return scalar(text, at, last),
                    _ => {
                        at += 1;
                        continue;
                    }
                }
            }
            at += 1;
            if self.owed.is_empty() {
                return (Scan::Whole(at), at);
            }
        }
        (Scan::Cut, at)
    }
}

/// A number or a literal ends where something else begins, or with the text.
fn scalar(text: &[u8], at: usize, last: bool) -> (Scan, usize) {
    let more = |b: &u8| matches!(b, b'{' | b'[' | b']' | b'}' | b',' | b':' | b'"') || blank(*b);
    match text[at..].iter().position(more) {
        Some(0) => (Scan::Bad(at), at),
        Some(length) => (Scan::Whole(at + length), at + length),
        None if last => (Scan::Whole(text.len()), text.len()),
        // Scalars are short; looking at one again costs nothing.
        None => (Scan::Cut, at),
    }
}

/// Finds the end of the value that starts at `at`. A scalar at the very end of the text counts as cut.
pub fn value_end(text: &[u8], at: usize) -> Scan {
    Balance::default().scan(text, at, false).0
}

/// What JSON calls white space, and the NULs a log rotation leaves behind.
pub fn blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0)
}

/// Returns `bytes` without blanks and byte order marks at both ends, and how many were taken off in front.
pub fn trim(bytes: &[u8]) -> (usize, &[u8]) {
    let mut start = 0;
    loop {
        match &bytes[start..] {
            [0xef, 0xbb, 0xbf, ..] => start += 3,
            [b, ..] if blank(*b) => start += 1,
            _ => break,
        }
    }
    let mut end = bytes.len();
    while end > start && blank(bytes[end - 1]) {
        end -= 1;
    }
    (start, &bytes[start..end])
}

/// Reads `\uXXXX` at the start of `bytes`.
pub fn unit(bytes: &[u8]) -> Option<u32> {
    let hex = bytes.strip_prefix(b"\\u")?.get(..4)?;
    hex.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
}

/// Returns what a JSON string says, borrowed when it has no escapes; None when `raw` is no JSON string.
pub fn string(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.starts_with('"') {
        return None;
    }
    serde_json::from_str::<super::text::Text<'_>>(raw).ok().map(|text| text.0)
}

/// Says whether text may begin a JSON document: an object, or an array and not a word in brackets as logs and settings
/// have it.
pub fn opens(head: &[u8]) -> bool {
    let [bracket @ (b'{' | b'['), inner @ ..] = head else { return false };
    let inner = inner.trim_ascii_start();
    // Quotes of Python and symbols of Ruby: no JSON, but meant to be.
    if *bracket == b'{' || matches!(inner.first(), None | Some(b'{' | b'[' | b']' | b'"' | b'\'' | b':')) {
        return true;
    }
    let end = inner.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b',' | b']')).unwrap_or(inner.len());
    let word = std::str::from_utf8(&inner[..end]).unwrap_or_default();
    let value = matches!(word, "true" | "false" | "null" | "None" | "True" | "False") || word.parse::<f64>().is_ok();
    match inner[end..].trim_ascii_start() {
        [] | [b',', ..] => value,
        [b']', rest @ ..] => value && rest.iter().take_while(|b| **b != b'\n').all(u8::is_ascii_whitespace),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_at_its_own_bracket() {
        assert_eq!(value_end(br#"{"a":["}",{}]} {"#, 0), Scan::Whole(14));
        assert_eq!(value_end(br#""a\"b","#, 0), Scan::Whole(6));
        assert_eq!(value_end(b"12,", 0), Scan::Whole(2));
    }

    #[test]
    fn an_unfinished_value_is_cut_and_a_wrong_bracket_is_bad() {
        assert_eq!(value_end(br#"{"a":"b"#, 0), Scan::Cut);
        assert_eq!(value_end(br#""a\"#, 0), Scan::Cut);
        assert_eq!(value_end(b"[}", 0), Scan::Bad(1));
    }

    proptest::proptest! {
        #[test]
        fn scanning_in_pieces_comes_to_the_same_end(text in "[\\[\\]{}\",:\\\\ a1]{0,40}", cut in 0_usize..40) {
            let bytes = text.as_bytes();
            let cut = cut.min(bytes.len());
            let whole = Balance::default().scan(bytes, 0, true);
            let mut balance = Balance::default();
            let (first, at) = balance.scan(&bytes[..cut], 0, false);
            let pieces = if first == Scan::Cut { balance.scan(bytes, at, true) } else { (first, at) };
            proptest::prop_assert_eq!(whole.0, pieces.0);
        }
    }
}
