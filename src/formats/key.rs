//! What one event or object is recognised by, whatever route it took and however it was re-encoded on the way.

use std::borrow::Cow;
use std::cell::RefCell;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::json;

/// The columns of table `audit` that make the keys of an event.
///
/// `name` and `object_uid` are left out: a create takes its name from the response, which one route may lack, and
/// requestURI carries the name of everything else.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditColumns<'a> {
    pub audit_id: Option<&'a str>,
    pub stage: Option<&'a str>,
    pub level: Option<&'a str>,
    pub verb: Option<&'a str>,
    pub request_uri: Option<&'a str>,
    pub user_name: Option<&'a str>,
    pub resource: Option<&'a str>,
    pub subresource: Option<&'a str>,
    pub namespace: Option<&'a str>,
    pub api_group: Option<&'a str>,
    pub api_version: Option<&'a str>,
    pub response_code: Option<i32>,
}

impl AuditColumns<'_> {
    /// Hash of (auditID, stage).
    pub fn id(&self) -> u64 {
        hash(&[self.audit_id, self.stage], &[])
    }

    /// Hash of what every route records.
    pub fn content(&self) -> u64 {
        let texts = [
            self.level,
            self.verb,
            self.request_uri,
            self.user_name,
            self.resource,
            self.subresource,
            self.namespace,
            self.api_group,
            self.api_version,
        ];
        // One more than the code, so that no code is not code 0.
        hash(&texts, &self.response_code.map_or(0, |code| i64::from(code) + 1).to_le_bytes())
    }
}

/// Hashes `texts`, each with its length in front so that no two lists run into one another, then `tail`.
pub fn hash(texts: &[Option<&str>], tail: &[u8]) -> u64 {
    // Millions of times: one buffer for all.
    thread_local! {
        static BYTES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    let mut bytes = BYTES.take();
    for text in texts {
        let length = text.map_or(u32::MAX, |t| u32::try_from(t.len()).unwrap_or(u32::MAX - 1));
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
    }
    bytes.extend_from_slice(tail);
    let hash = xxh3_64(&bytes);
    bytes.clear();
    BYTES.set(bytes);
    hash
}

/// Hash of a body (valid JSON text), the same for every spelling of its blanks and escapes. Never 0.
pub fn body(text: &str) -> u64 {
    xxh3_64(&canonical(text)).max(1)
}

/// How a request body begins, as far as a cut copy of it can still show; nothing for the many bodies that are short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start(Option<Box<Beginning>>);

/// Blanks and escapes are evened out in everything here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Beginning {
    cut: bool,
    /// Of the text that is there.
    length: usize,
    /// Of all the text that is there.
    hash: u64,
    /// Hashes of the first 8, 9, 10 … 32 KiB.
    marks: Vec<u64>,
}

impl Start {
    const FIRST: usize = 8 << 10;
    const STEP: usize = 1 << 10;
    /// No route cuts later.
    const LAST: usize = 32 << 10;
    /// The last bytes of a cut text may be half an escape.
    const RAGGED: usize = 12;

    /// Reads a whole body.
    pub fn of_whole(text: &str) -> Start {
        Start((text.len() >= Start::FIRST).then(|| Box::new(Beginning::of(&canonical(text), false))))
    }

    /// Reads what is left of a body.
    pub fn of_cut(text: &str) -> Start {
        let text = canonical(text);
        Start(Some(Box::new(Beginning::of(&text[..text.len().saturating_sub(Start::RAGGED)], true))))
    }

    /// Says whether both show one body as far as the shorter goes. What shows less than 8 KiB could be the start of
    /// anything.
    pub fn agrees(&self, other: &Start) -> bool {
        let (Some(a), Some(b)) = (&self.0, &other.0) else { return false };
        let both = a.marks.len().min(b.marks.len());
        // A whole body that ends before the other does is another body.
        let reaches = |a: &Beginning, b: &Beginning| a.cut || a.length >= b.length;
        both > 0 && a.marks[..both] == b.marks[..both] && reaches(a, b) && reaches(b, a)
    }

    /// Says whether this shows at least as much of the body as `other`.
    pub fn shows_all(&self, other: &Start) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => !a.cut || (b.cut && a.length >= b.length),
            (Some(a), None) => !a.cut,
            (None, _) => true,
        }
    }
}

impl Beginning {
    fn of(text: &[u8], cut: bool) -> Beginning {
        let mut hash = Xxh3::new();
        let (mut marks, mut at) = (Vec::new(), 0);
        for end in (Start::FIRST..=text.len().min(Start::LAST)).step_by(Start::STEP) {
            hash.update(&text[at..end]);
            marks.push(hash.digest());
            at = end;
        }
        hash.update(&text[at..]);
        Beginning { cut, length: text.len(), hash: hash.digest(), marks }
    }
}

/// Returns the text without blanks outside strings and with one spelling per character. Text that has that shape
/// already, as everything the API server writes itself has, is returned as it is.
fn canonical(text: &str) -> Cow<'_, [u8]> {
    let bytes = text.as_bytes();
    if plain_blanks(bytes) && plain_escapes(bytes) {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = string(bytes, at, &mut out),
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            other => {
                out.push(other);
                at += 1;
            }
        }
    }
    Cow::Owned(out)
}

/// Says whether every blank is certainly inside a string. A doubt costs time, never a wrong answer.
fn plain_blanks(bytes: &[u8]) -> bool {
    // These three cannot stand in a JSON string as they are.
    if memchr::memchr3(b'\n', b'\r', b'\t', bytes).is_some() {
        return false;
    }
    let mut at = 0;
    while let Some(next) = memchr::memchr(b' ', &bytes[at..]) {
        let first = at + next;
        at = first + bytes[first..].iter().take_while(|b| **b == b' ').count();
        let (Some(before), Some(after)) = (first.checked_sub(1).map(|i| bytes[i]), bytes.get(at)) else { return false };
        let ends = matches!(before, b'{' | b'}' | b'[' | b']' | b':' | b',' | b'"');
        if ends || matches!(after, b'}' | b']' | b',') {
            return false;
        }
    }
    true
}

/// Says whether every escape is the one spelling we keep.
fn plain_escapes(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'\\', &bytes[at..]) {
        at += next + 2;
        if !matches!(bytes.get(at - 1), Some(b'"' | b'\\' | b'n' | b't' | b'r' | b'b' | b'f')) {
            return false;
        }
    }
    true
}

/// Copies the string that starts at `at` and returns where it ends.
fn string(bytes: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    out.push(b'"');
    let mut at = at + 1;
    while let Some(next) = memchr::memchr2(b'"', b'\\', &bytes[at..]) {
        out.extend_from_slice(&bytes[at..at + next]);
        at += next;
        if bytes[at] == b'"' {
            out.push(b'"');
            return at + 1;
        }
        at = escape(bytes, at, out);
    }
    out.extend_from_slice(&bytes[at..]);
    bytes.len()
}

fn escape(bytes: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    let Some(first) = json::unit(&bytes[at..]) else {
        let end = (at + 2).min(bytes.len());
        let slash = bytes.get(at + 1) == Some(&b'/');
        out.extend_from_slice(&bytes[at + usize::from(slash)..end]);
        return end;
    };
    let (code, end) = match (first, json::unit(bytes.get(at + 6..).unwrap_or_default())) {
        (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => (0x10000 + ((first - 0xd800) << 10) + low - 0xdc00, at + 12),
        _ => (first, at + 6),
    };
    let short = match code {
        0x08 => Some(b'b'),
        0x09 => Some(b't'),
        0x0a => Some(b'n'),
        0x0c => Some(b'f'),
        0x0d => Some(b'r'),
        0x22 => Some(b'"'),
        0x5c => Some(b'\\'),
        _ => None,
    };
    match (short, char::from_u32(code)) {
        (Some(letter), _) => out.extend_from_slice(&[b'\\', letter]),
        (None, Some(c)) if code >= 0x20 => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        _ => out.extend_from_slice(format!("\\u{code:04x}").as_bytes()),
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_one_body_hashes_alike() {
        let plain = r#"{"image":"a/b","q":"x&y é","n":[1,2],"t":"a \"b\" c\\ d\n"}"#;
        for other in [
            r#"{"image":"a\/b","q":"x\u0026y \u00e9","n":[1,2],"t":"a \"b\" c\\ d\n"}"#,
            r#"{ "image" : "a/b", "q":"x&y é" ,"n":[1 , 2],"t":"a \u0022b\" c\u005c d\u000a"} "#,
            "{\n  \"image\": \"a/b\",\n\t\"q\": \"x&y é\",\r\n \"n\": [1,2], \"t\": \"a \\\"b\\\" c\\\\ d\\n\"}",
        ] {
            assert_eq!(body(plain), body(other), "{other}");
        }
    }

    #[test]
    fn a_cut_request_agrees_with_the_whole_it_was_cut_from_and_with_no_other() {
        let whole = |seed: usize| format!(r#"{{"data":"{}","tail":{seed}}}"#, "x&y é ".repeat(3_000));
        let other = whole(1).replacen("x&y", "x&z", 1_500);
        let short = format!(r#"{{"data":"{}"}}"#, "x&y é ".repeat(1_300));
        let spelt = whole(1).replace('&', "\\u0026");
        for length in [14_800, 19_000] {
            let end = (0..=length).rev().find(|at| spelt.is_char_boundary(*at)).unwrap();
            let cut = Start::of_cut(&spelt[..end]);
            assert!(cut.agrees(&Start::of_whole(&whole(1))) && Start::of_whole(&whole(1)).agrees(&cut));
            assert!(!cut.agrees(&Start::of_whole(&other)), "differs before the cut");
            assert!(!cut.agrees(&Start::of_whole(r#"{"data":"x&y"}"#)), "an innocent short request");
            assert!(Start::of_whole(&whole(1)).shows_all(&cut) && !cut.shows_all(&Start::of_whole(&whole(1))));
        }
        let long = whole(1);
        let end = (0..=15_000).rev().find(|at| long.is_char_boundary(*at)).unwrap();
        let cut = Start::of_cut(&long[..end]);
        assert!(!cut.agrees(&Start::of_whole(&short)), "a request that ends before the cut");
        assert!(!Start::of_cut("{").agrees(&Start::of_whole("{}")), "too little to tell");
    }

    #[test]
    fn blanks_inside_strings_count() {
        assert_ne!(body(r#"{"a":"b c"}"#), body(r#"{"a":"bc"}"#));
        assert_ne!(body(r#"{"a":", "}"#), body(r#"{"a":","}"#));
    }

    #[test]
    fn surrogate_pairs_equal_their_character() {
        assert_eq!(body(r#""\ud83d\ude00""#), body("\"😀\""));
    }

    proptest::proptest! {
        #[test]
        fn pretty_printing_changes_nothing(texts in proptest::collection::vec("[ a1,:{}\\[\\]\"\\\\\n/é&]{0,9}", 0..6)) {
            let value = serde_json::json!({ "a": texts, "b": [1, true, null, {"c d": -1.5e3}] });
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            proptest::prop_assert_eq!(body(&value.to_string()), body(&pretty));
        }
    }
}
