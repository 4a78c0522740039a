//! What a flow log that was cut in a record still says: its whole tuples.
//!
//! The blob of the running hour ends anywhere. A record that was cut is closed behind its last whole tuple and read as
//! if it ended there; what follows is for the caller to reject. Half a tuple is never taken.

use crate::formats::block::lines;
use crate::formats::members::Object;
use crate::formats::payloads::Payload;
use crate::formats::payloads::network_flow::NetworkFlow;
use crate::formats::rows::Rows;
use crate::formats::{Item, wrappings};

/// Reads the whole tuples of a cut record, or of a wrapping cut in its first; returns where the last of them ends.
pub fn salvage(item: &Item<'_>, rows: &mut Rows) -> Option<usize> {
    let mark = memchr::memmem::find(item.text.as_bytes(), b"\"flowTuples\"");
    let (text, end) = closed(item.text).filter(|_| mark.is_some())?;
    let at = if item.made { item.at.clone() } else { item.at.start..item.at.start + end as u64 };
    let whole = Item { text: &text, at: at.clone(), ..item.clone() };
    let members = Object::of(&text).ok()?;
    let record = match members.raw("records") {
        // Only the first can be cut here: with a whole one before it the caller opens the wrapping.
        Some(records) => {
            let range = wrappings::range(&whole, wrappings::elements(records)?.first()?.get());
            let line = item.line + lines(&text.as_bytes()[..range.start]);
            let inner = wrappings::inner(&whole, range, line);
            Item { at: inner.at.start..at.end, ..inner }
        }
        None => whole,
    };
    NetworkFlow.decode(&record, rows).ok()?;
    Some(end)
}

/// A flow log is nine deep; what is deeper is none.
const MOST_OPEN: usize = 32;

/// Closes cut JSON behind the last text in an array that is whole; says where that was.
fn closed(text: &str) -> Option<(String, usize)> {
    let bytes = text.as_bytes();
    let mut owed: Vec<u8> = Vec::new();
    let (mut at, mut end, mut then) = (0, 0, Vec::new());
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' => owed.push(b'}'),
            b'[' => owed.push(b']'),
            // What closes something else is broken, not cut.
            b'}' | b']' if owed.pop() != Some(*byte) => return None,
            // A record that ends was not cut.
            b'}' | b']' if owed.is_empty() => return None,
            b'"' => {
                let Some(next) = string_end(bytes, at) else { break };
                at = next;
                if owed.last() == Some(&b']') {
                    end = next;
                    then.clone_from(&owed);
                }
            }
            _ => {}
        }
        if owed.len() > MOST_OPEN {
            return None;
        }
    }
    let closers = then.iter().rev().map(|byte| char::from(*byte));
    (end > 0).then(|| (text[..end].chars().chain(closers).collect(), end))
}

/// Returns one past the quote that ends a string, whose first byte is at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_json_is_closed_behind_its_last_whole_text_in_an_array() {
        let whole = r#"{"a":"x","b":[{"c":["1","2"]},{"d":"y","c":["3"#;
        let (text, end) = closed(whole).unwrap();
        assert_eq!(text, r#"{"a":"x","b":[{"c":["1","2"]}]}"#);
        assert_eq!(&whole[..end], r#"{"a":"x","b":[{"c":["1","2""#);
        assert_eq!(closed(r#"{"a":[]}"#), None, "a whole value needs no closing");
        assert_eq!(closed(r#"{"a":"x","b":[{"c":["1"#), None, "nothing in an array is whole");
        assert_eq!(closed(r#"{"a":["x\"#), None);
        assert_eq!(closed(""), None);
    }

    proptest::proptest! {
        #[test]
        fn any_beginning_of_json_is_closed_to_valid_json(cut in 0_usize..61) {
            let whole = r#"{"a":"x\"y","b":[{"c":["1","2"],"e":7},{"d":"é","c":["3\\"]}]}"#;
            let cut = whole.floor_char_boundary(cut);
            if let Some((text, end)) = closed(&whole[..cut]) {
                proptest::prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
                proptest::prop_assert!(text.starts_with(&whole[..end]) && end <= cut);
            }
        }

        #[test]
        fn any_text_is_closed_or_not(text in "[\\[\\]{}\",:\\\\a1é]{0,60}") {
            let _ = closed(&text);
        }
    }
}
