//! Events as the API server writes them, read in one pass.
//!
//! Most evidence is millions of such events, without a blank between their parts. Anything else (blanks, null, a key
//! twice or with escapes, a field of another type, text that is no JSON) is left to `serde_json`: this reader gives the
//! same or nothing, and the fuzz target `event` holds it to that.

use super::{Annotations, Code, Created, Event, ObjectRef, Status, User};
use crate::formats::text::{Raw, Stamp, Text};
use crate::formats::written::{Name, Named};

/// Deeper values are left to `serde_json`: what their brackets are is remembered in as many bits.
const DEEPEST: u32 = 64;
/// Bytes that are looked at together, and how many of these are looked at before their strings are read: to wait for
/// each alone would take longer than to look.
const BLOCK: usize = 64;
const BLOCKS: usize = 64;

/// Reads an event; None says nothing of the text.
pub fn event(text: &str) -> Option<Event<'_>> {
    let mut cursor = Cursor::new(text);
    let event = cursor.event()?;
    (cursor.at == text.len()).then_some(event)
}

/// Reads annotations; None says nothing of the text.
pub fn annotations(text: &str) -> Option<Annotations<'_>> {
    let mut cursor = Cursor::new(text);
    let notes = cursor.notes()?;
    (cursor.at == text.len()).then_some(notes)
}

/// Reads the name of an object; None says nothing of the text.
pub fn named(text: &str) -> Option<Named<'_>> {
    let mut cursor = Cursor::new(text);
    let named = cursor.named()?;
    (cursor.at == text.len()).then_some(named)
}

/// Where reading is.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// Where the bytes begin of which `marks` says which are special, and has a bit for each.
    marked: usize,
    marks: [u64; BLOCKS + 1],
}

/// Makes a method that reads an object: each key with its field and the method that reads the field. A second value of
/// a key is refused, other keys are passed over.
macro_rules! object {
    ($name:ident: $kind:ident { $($key:literal => $field:ident: $read:ident),* $(,)? }) => {
        fn $name(&mut self) -> Option<$kind<'a>> {
            let mut found = $kind::default();
            self.each(b'{', b'}', |cursor| {
                let key = cursor.plain()?;
                cursor.eat(b':')?;
                match key {
                    $($key => match found.$field.replace(cursor.$read()?) {
                        None => Some(()),
                        Some(_) => None,
                    },)*
                    _ => cursor.skip(),
                }
            })?;
            Some(found)
        }
    };
}

impl<'a> Cursor<'a> {
    object!(event: Event {
        "kind" => kind: string,
        "apiVersion" => api_version: string,
        "level" => level: string,
        "auditID" => audit_id: string,
        "stage" => stage: string,
        "requestURI" => request_uri: string,
        "verb" => verb: string,
        "user" => user: user,
        "impersonatedUser" => impersonated_user: user,
        "sourceIPs" => source_ips: strings,
        "userAgent" => user_agent: string,
        "objectRef" => object_ref: object_ref,
        "responseStatus" => response_status: status,
        "requestObject" => request_object: raw,
        "responseObject" => response_object: raw,
        "requestReceivedTimestamp" => request_received_timestamp: stamp,
        "stageTimestamp" => stage_timestamp: stamp,
        "annotations" => annotations: raw,
        "timestamp" => timestamp: stamp,
        "metadata" => metadata: created,
    });

    object!(user: User {
        "username" => username: string,
        "uid" => uid: string,
        "groups" => groups: strings,
        "extra" => extra: raw,
    });

    object!(object_ref: ObjectRef {
        "resource" => resource: string,
        "namespace" => namespace: string,
        "name" => name: string,
        "uid" => uid: string,
        "apiGroup" => api_group: string,
        "apiVersion" => api_version: string,
        "subresource" => subresource: string,
    });

    object!(status: Status {
        "status" => status: string,
        "message" => message: string,
        "reason" => reason: string,
        "code" => code: code,
    });

    object!(created: Created {
        "creationTimestamp" => creation_timestamp: stamp,
    });

    object!(named: Named {
        "metadata" => metadata: name,
    });

    object!(name: Name {
        "name" => name: string,
    });

    object!(notes: Annotations {
        "authorization.k8s.io/decision" => decision: string,
        "authorization.k8s.io/reason" => reason: string,
        "audit.k8s.io/truncated" => truncated: string,
    });

    fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0, marked: usize::MAX, marks: [0; BLOCKS + 1] }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    /// Reads what stands between two brackets, with a comma between each and the next.
    fn each(&mut self, open: u8, close: u8, mut one: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.eat(open)?;
        if self.peek()? == close {
            self.at += 1;
            return Some(());
        }
        loop {
            one(self)?;
            match self.peek()? {
                b',' => self.at += 1,
                other => return (other == close).then(|| self.at += 1),
            }
        }
    }

    /// Reads a string without escapes.
    fn plain(&mut self) -> Option<&'a str> {
        match self.string()?.0 {
            std::borrow::Cow::Borrowed(text) => Some(text),
            std::borrow::Cow::Owned(_) => None,
        }
    }

    fn string(&mut self) -> Option<Text<'a>> {
        self.eat(b'"')?;
        let start = self.at;
        let (end, escaped) = self.string_end(start)?;
        self.at = end + 1;
        match escaped {
            false => Some(Text(self.text.get(start..end)?.into())),
            true => serde_json::from_str(self.text.get(start - 1..=end)?).ok(),
        }
    }

    fn strings(&mut self) -> Option<Vec<Text<'a>>> {
        let mut all = Vec::with_capacity(3);
        self.each(b'[', b']', |cursor| {
            all.push(cursor.string()?);
            Some(())
        })?;
        Some(all)
    }

    fn stamp(&mut self) -> Option<Stamp<'a>> {
        self.string().map(Stamp::from)
    }

    fn code(&mut self) -> Option<Code> {
        let start = self.at;
        self.at = number_end(self.text.as_bytes(), start)?;
        self.text.get(start..self.at)?.parse().ok().map(Code)
    }

    fn raw(&mut self) -> Option<Raw<'a>> {
        let start = self.at;
        self.skip()?;
        let text = self.text.get(start..self.at)?;
        (text != "null").then_some(Raw(text))
    }

    /// Passes over a value, which is JSON then.
    fn skip(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        // The brackets that are open, the innermost in the lowest bit: 1 is an object.
        let (mut depth, mut objects) = (0, 0_u64);
        loop {
            // Here a value begins.
            match *bytes.get(at)? {
                b'"' => at = self.string_end(at + 1)?.0 + 1,
                open @ (b'{' | b'[') => {
                    let object = open == b'{';
                    if *bytes.get(at + 1)? == if object { b'}' } else { b']' } {
                        at += 2;
                    } else {
                        if depth == DEEPEST {
                            return None;
                        }
                        depth += 1;
                        objects = objects << 1 | u64::from(object);
                        at = if object { self.key_end(at + 1)? } else { at + 1 };
                        continue;
                    }
                }
                b't' => at = literal_end(bytes, at, b"true")?,
                b'f' => at = literal_end(bytes, at, b"false")?,
                b'n' => at = literal_end(bytes, at, b"null")?,
                _ => at = number_end(bytes, at)?,
            }
            // Here it has ended, and perhaps what it is in.
            loop {
                if depth == 0 {
                    self.at = at;
                    return Some(());
                }
                let object = objects & 1 == 1;
                match *bytes.get(at)? {
                    b',' => {
                        at = if object { self.key_end(at + 1)? } else { at + 1 };
                        break;
                    }
                    close if close == if object { b'}' } else { b']' } => {
                        depth -= 1;
                        objects >>= 1;
                        at += 1;
                    }
                    _ => return None,
                }
            }
        }
    }

    /// Returns where the value begins whose key begins at `at`.
    fn key_end(&mut self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        if *bytes.get(at)? != b'"' {
            return None;
        }
        let colon = self.string_end(at + 1)?.0 + 1;
        (*bytes.get(colon)? == b':').then_some(colon + 1)
    }

    /// Returns where the quote is that ends the string of which `at` is the first byte, and whether it has escapes.
    #[inline]
    fn string_end(&mut self, at: usize) -> Option<(usize, bool)> {
        let end = self.special(at)?;
        if self.text.as_bytes()[end] == b'"' { Some((end, false)) } else { Some((self.escaped_end(end)?, true)) }
    }

    /// Returns where the quote is that ends a string with a backslash or a control character at `at`.
    fn escaped_end(&mut self, mut at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        loop {
            at += match bytes[at] {
                b'"' => return Some(at),
                b'\\' => match *bytes.get(at + 1)? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                    b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
                    _ => return None,
                },
                // A control character cannot stand in a string.
                _ => return None,
            };
            at = self.special(at)?;
        }
    }

    /// Returns where the next quote, backslash or control character is.
    #[inline]
    fn special(&mut self, mut at: usize) -> Option<usize> {
        while at < self.text.len() {
            let block = at / BLOCK;
            if block / BLOCKS != self.marked {
                self.mark(block / BLOCKS);
            }
            // The next 64 bytes lie in two blocks; few strings are longer.
            let (here, next) = (self.marks[block % BLOCKS], self.marks[block % BLOCKS + 1]);
            let ahead = here >> (at % BLOCK) | next << 1 << (BLOCK - 1 - at % BLOCK);
            if ahead != 0 {
                return Some(at + ahead.trailing_zeros() as usize);
            }
            at += BLOCK;
        }
        None
    }

    /// Looks at the bytes of some blocks and of the one after them.
    #[inline(never)]
    fn mark(&mut self, blocks: usize) {
        let rest = &self.text.as_bytes()[blocks * BLOCKS * BLOCK..];
        let (whole, rest) = rest[..rest.len().min((BLOCKS + 1) * BLOCK)].as_chunks();
        self.marked = blocks;
        self.marks.iter_mut().zip(whole).for_each(|(to, bytes)| *to = marks(bytes));
        if let Some(last) = self.marks.get_mut(whole.len()) {
            let mut bytes = [b' '; BLOCK];
            bytes[..rest.len()].copy_from_slice(rest);
            *last = marks(&bytes);
        }
        // Behind the text there is nothing.
        if let Some(after) = self.marks.get_mut(whole.len() + 1) {
            *after = 0;
        }
    }
}

/// Sets a bit for each quote, backslash and control character. Written so that the compiler makes one comparison of
/// many bytes: a loop that looks at every string by itself costs twice as much.
fn marks(bytes: &[u8; BLOCK]) -> u64 {
    // With this bit changed the quote is right behind the control characters.
    let special = bytes.map(|byte| u8::from(((byte ^ 2) < 0x21) | (byte == b'\\')));
    let eights = special.as_chunks().0.iter().map(|eight| u64::from_le_bytes(*eight));
    // Byte k has in bit j what is said of byte 8j + k; what follows makes rows of the columns.
    let mut all = eights.zip(0..).fold(0, |all, (eight, place)| all | eight << place);
    for (distance, mask) in [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)] {
        let change = (all ^ all >> distance) & mask;
        all ^= change ^ change << distance;
    }
    all
}

fn literal_end(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes.get(at..)?.starts_with(word).then_some(at + word.len())
}

/// Returns where the number ends that begins at `at`.
fn number_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let digits = |at: usize| bytes.get(at..).map_or(0, |rest| rest.iter().take_while(|b| b.is_ascii_digit()).count());
    if *bytes.get(at)? == b'-' {
        at += 1;
    }
    at += match *bytes.get(at)? {
        b'0' => 1,
        b'1'..=b'9' => digits(at),
        _ => return None,
    };
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at);
        if exponent == 0 {
            return None;
        }
        at += exponent;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_as_the_api_server_writes_it_is_read_in_one_pass() {
        let text = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"a","verb":"create","user":{"username":"u","groups":["g","h"],"extra":{"k":["v"]}},"sourceIPs":["203.0.113.7"],"userAgent":"q \"x\"","objectRef":{"resource":"pods","namespace":"web"},"responseStatus":{"metadata":{},"code":201},"requestObject":{"a":[1,-2.5e3,true,null,"\u00e9\n",{}],"b":[]},"stageTimestamp":"2031-04-05T06:07:08.000000Z","annotations":{"authorization.k8s.io/decision":"allow"}}"#;
        let event = event(text).expect("nothing in it is unusual");
        assert_eq!(event.user_agent.as_deref(), Some("q \"x\""));
        assert_eq!(event.request_object, Some(Raw(r#"{"a":[1,-2.5e3,true,null,"\u00e9\n",{}],"b":[]}"#)));
        assert_eq!(event.response_status.and_then(|status| status.code), Some(Code(201)));
        let groups = event.user.and_then(|user| user.groups).unwrap_or_default();
        assert_eq!(groups.iter().map(|group| &**group).collect::<Vec<_>>(), ["g", "h"]);
    }

    #[test]
    fn every_special_character_is_marked_and_no_other() {
        for byte in 0..=u8::MAX {
            for place in 0..BLOCK {
                let mut bytes = [b'a'; BLOCK];
                bytes[place] = byte;
                let special = matches!(byte, b'"' | b'\\' | 0..0x20);
                assert_eq!(marks(&bytes), u64::from(special) << place, "{byte} at {place}");
            }
        }
    }

    #[test]
    fn strings_of_every_length_are_read_and_those_without_an_end_are_not() {
        for length in (0..200).chain(3_900..4_400).chain(8_000..8_400) {
            let text = format!(r#"{{"verb":"{}\n","level":"x"}}"#, "a".repeat(length));
            let event = event(&text).expect("nothing in it is unusual");
            assert_eq!(event.verb.map(|verb| verb.len()), Some(length + 1));
            assert!(super::event(&text[..length + 9]).is_none() && super::event(&text[..length + 12]).is_none());
        }
    }

    #[test]
    fn what_is_unusual_or_wrong_is_left_alone() {
        for text in [
            r#"{"verb": "get"}"#,
            r#"{"verb":"get","verb":"list"}"#,
            r#"{"v\u0065rb":"get"}"#,
            r#"{"verb":null}"#,
            r#"{"verb":7}"#,
            r#"{"verb":"get"} "#,
            r#"{"verb":"get"}}"#,
            "{\"verb\":\"g\tt\"}",
            r#"{"requestObject":{"a":01}}"#,
            r#"{"requestObject":{"a":"\x"}}"#,
            r#"{"requestObject":{"a":[1,]}}"#,
            r#"{"requestObject":{"a":1]}}"#,
            r#"{"requestObject":{"a":1"#,
            r#"{"requestObject":nul}"#,
            "",
        ] {
            assert!(event(text).is_none(), "{text}");
        }
        let deep = |depth: usize| format!(r#"{{"requestObject":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert!(event(&deep(64)).is_some() && event(&deep(70)).is_none());
    }
}
