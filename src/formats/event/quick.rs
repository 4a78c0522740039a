//! Events as the API server writes them, read in one pass.
//!
//! Most evidence is millions of such events, without a blank between their parts. Anything else (blanks, null, a key
//! twice or with escapes, a field of another type, text that is no JSON) is left to `serde_json`: this reader gives the
//! same or nothing, and the fuzz target `event` holds it to that.

use super::{Annotations, Code, Created, Event, ObjectRef, Status, User};
use crate::formats::text::{Raw, Stamp, Text};

/// Deeper values are left to `serde_json`: what their brackets are is remembered in as many bits.
const DEEPEST: u32 = 64;

/// Reads an event; None says nothing of the text.
pub fn event(text: &str) -> Option<Event<'_>> {
    let mut cursor = Cursor { text, at: 0 };
    let event = cursor.event()?;
    (cursor.at == text.len()).then_some(event)
}

/// Reads annotations; None says nothing of the text.
pub fn annotations(text: &str) -> Option<Annotations<'_>> {
    let mut cursor = Cursor { text, at: 0 };
    let notes = cursor.notes()?;
    (cursor.at == text.len()).then_some(notes)
}

/// Where reading is.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
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

    object!(notes: Annotations {
        "authorization.k8s.io/decision" => decision: string,
        "authorization.k8s.io/reason" => reason: string,
        "audit.k8s.io/truncated" => truncated: string,
    });

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
        let (end, escaped) = string_end(self.text.as_bytes(), start)?;
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
                b'"' => at = string_end(bytes, at + 1)?.0 + 1,
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
                        at = if object { key_end(bytes, at + 1)? } else { at + 1 };
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
                        at = if object { key_end(bytes, at + 1)? } else { at + 1 };
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
}

/// Returns where the value begins whose key begins at `at`.
fn key_end(bytes: &[u8], at: usize) -> Option<usize> {
    if *bytes.get(at)? != b'"' {
        return None;
    }
    let colon = string_end(bytes, at + 1)?.0 + 1;
    (*bytes.get(colon)? == b':').then_some(colon + 1)
}

/// Returns where the quote is that ends the string of which `at` is the first byte, and whether it has escapes.
fn string_end(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at = special(bytes, at)?;
        match bytes[at] {
            b'"' => return Some((at, escaped)),
            b'\\' => {
                escaped = true;
                at += match *bytes.get(at + 1)? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                    b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
                    _ => return None,
                };
            }
            // A control character cannot stand in a string.
            _ => return None,
        }
    }
}

/// Returns where the next quote, backslash or control character is.
fn special(bytes: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // A byte that is zero, or less than a number up to 128, sets its highest bit; only bytes above it can be wrong.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = |word: u64| word.wrapping_sub(ONES * 0x20) & !word;
    while let Some(eight) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(eight.try_into().ok()?);
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let slash = zero(word ^ (ONES * u64::from(b'\\')));
        let found = (quote | slash | control(word)) & HIGH;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    Some(at + rest)
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
