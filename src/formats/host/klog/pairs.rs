//! `key="value"` pairs of structured klog and of logfmt, with the quoting of Go.

/// A key is no longer than this.
const MOST_KEY: usize = 128;

/// Message, pairs, and whether the last value goes on in the next lines.
pub(super) type Structured = (String, Vec<(String, String)>, bool);

/// Reads `"message" key="value" …`; None unless all of the line has that form, so that no text is lost.
pub(super) fn structured(text: &str) -> Option<Structured> {
    let (message, rest) = quoted(text)?;
    let mut pairs = Vec::new();
    let mut rest = rest;
    while !rest.is_empty() {
        rest = rest.strip_prefix(' ')?;
        let (key, after) = key(rest)?;
        if after == "<" {
            // klog writes `err=<` and the value in lines of its own, each behind a tab.
            pairs.push((key.to_owned(), "<".to_owned()));
            return Some((message, pairs, true));
        }
        let (value, after) = value(after, true)?;
        pairs.push((key.to_owned(), value));
        rest = after;
    }
    Some((message, pairs, false))
}

/// Reads `key=` and returns the key and what follows.
pub(super) fn key(text: &str) -> Option<(&str, &str)> {
    let named = |b: u8| b.is_ascii_graphic() && !matches!(b, b'=' | b'"');
    let length = text.bytes().take(MOST_KEY + 1).take_while(|b| named(*b)).count();
    if !(1..=MOST_KEY).contains(&length) {
        return None;
    }
    Some((&text[..length], text[length..].strip_prefix('=')?))
}

/// Reads a value in quotes, or one that ends at a blank outside of braces and brackets.
pub(super) fn value(text: &str, nested: bool) -> Option<(String, &str)> {
    if text.starts_with('"') {
        return quoted(text);
    }
    let mut depth = 0_usize;
    let mut end = text.len();
    for (at, sign) in text.char_indices() {
        match sign {
            '{' | '[' if nested => depth += 1,
            '}' | ']' if nested => depth = depth.saturating_sub(1),
            ' ' if depth == 0 => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    (depth == 0).then(|| (text[..end].to_owned(), &text[end..]))
}

/// Reads a string as Go's `%q` writes it and returns what follows its closing quote.
///
/// A backslash that begins no escape of Go stands for itself; a string without an end is None.
pub(super) fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut value = Vec::new();
    let mut rest = inner;
    loop {
        let stop = rest.find(['"', '\\'])?;
        value.extend_from_slice(&rest.as_bytes()[..stop]);
        rest = &rest[stop..];
        if let Some(after) = rest.strip_prefix('"') {
            return Some((shown(&value), after));
        }
        let length = escape(rest, &mut value);
        rest = &rest[length..];
    }
}

/// Go escapes bytes that are not UTF-8 as `\xNN`, and so they stay.
fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// Decodes the escape at the start of the text and returns how long it is.
fn escape(text: &str, value: &mut Vec<u8>) -> usize {
    let code = |digits: usize| {
        let digits = text.get(2..2 + digits).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let simple = match text.as_bytes().get(1) {
        Some(b'n') => Some(b'\n'),
        Some(b't') => Some(b'\t'),
        Some(b'r') => Some(b'\r'),
        Some(b'a') => Some(7),
        Some(b'b') => Some(8),
        Some(b'f') => Some(12),
        Some(b'v') => Some(11),
        Some(sign @ (b'"' | b'\\')) => Some(*sign),
        _ => None,
    };
    if let Some(byte) = simple {
        value.push(byte);
        return 2;
    }
    let (digits, sign) = match text.as_bytes().get(1) {
        Some(b'x') => (2, code(2)),
        Some(b'u') => (4, code(4)),
        Some(b'U') => (8, code(8)),
        _ => (0, None),
    };
    if digits == 2
        && let Some(byte) = sign.and_then(|byte| u8::try_from(byte).ok())
    {
        value.push(byte);
        return 4;
    }
    if let Some(sign) = sign.and_then(char::from_u32) {
        value.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
        return 2 + digits;
    }
    value.push(b'\\');
    1
}
