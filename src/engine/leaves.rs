//! One walk over a body's JSON text for all the paths any rule asks for.
//!
//! A path through an array means any element, as in Sigma. Nothing is built but what is asked for.

use std::fmt;

use ahash::AHashMap;
use memchr::memmem::Finder;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::values::show;
use crate::sigma::matcher::Value;

/// The paths that are asked for, as a tree of keys; `ids` are the askers whose path ends here.
#[derive(Debug, Default)]
pub struct Paths {
    children: AHashMap<String, Paths>,
    ids: Vec<usize>,
}

impl Paths {
    /// Asks for `path` under the number `id`.
    pub fn ask(&mut self, path: impl IntoIterator<Item = impl AsRef<str>>, id: usize) {
        let mut node = self;
        for key in path {
            node = node.children.entry(key.as_ref().to_owned()).or_default();
        }
        node.ids.push(id);
    }

    /// The paths below a key. A key with dots, such as an annotation's, may spell several steps of a path.
    fn below(&self, key: &str) -> Option<&Paths> {
        match self.children.get(key) {
            None if key.contains('.') => key.split('.').try_fold(self, |node, step| node.children.get(step)),
            child => child,
        }
    }

    /// Says whether anything is asked for.
    pub fn is_empty(&self) -> bool {
        self.children.is_empty() && self.ids.is_empty()
    }

    /// Walks `text` once and reports every value that was asked for: scalars, and objects as such. An array is its
    /// elements.
    ///
    /// # Errors
    /// When the text is no JSON; leaves seen before the fault were reported.
    pub fn walk(&self, text: &str, found: &mut dyn FnMut(usize, Value<'_>)) -> Result<(), serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(text);
        Walk { node: self, found }.deserialize(&mut reader)?;
        reader.end()
    }
}

/// The scalars of one member of an object, as text; those of an array each. `find` looks for the key.
pub fn member(text: &str, key: &str, find: &Finder<'_>) -> Vec<String> {
    if let Some(value) = plain(text, key.len(), find) {
        return value.map(str::to_owned).into_iter().collect();
    }
    let mut paths = Paths::default();
    paths.ask([key], 0);
    let mut found = Vec::new();
    // Stored as valid JSON; a text that is none has no value here.
    let _ = paths.walk(text, &mut |_, value| found.extend(show(value)));
    found
}

/// The same without reading the JSON, where that is sure to give the same: in an object without escapes and other objects
/// in it, such as the API server writes, and for an array of one text. None where it is not sure. `length` is the key's.
pub fn plain<'a>(text: &'a str, length: usize, find: &Finder<'_>) -> Option<Option<&'a str>> {
    let inner = text.strip_prefix('{')?;
    if memchr::memchr2(b'\\', b'{', inner.as_bytes()).is_some() {
        return None;
    }
    let Some(place) = find.find(inner.as_bytes()) else { return Some(None) };
    // Without escapes each quote begins or ends a text; one after a comma begins it, and no text ends before a colon but a key.
    let begins = matches!(inner.as_bytes()[..place], [.., b',', b'"'] | [b'"']);
    let rest = inner[place + length..].strip_prefix("\":[\"").filter(|_| begins)?;
    let (value, rest) = rest.split_once('"')?;
    let once = rest.starts_with(']') && find.find(rest.as_bytes()).is_none();
    once.then_some(Some(value))
}

struct Walk<'a> {
    node: &'a Paths,
    found: &'a mut dyn FnMut(usize, Value<'_>),
}

impl Walk<'_> {
    fn scalar<E>(self, value: Value<'_>) -> Result<(), E> {
        for id in &self.node.ids {
            (self.found)(*id, value);
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.scalar(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.scalar(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        // Beyond i64 only as far as f64 tells numbers apart; no Kubernetes field is that large.
        self.scalar(i64::try_from(value).map_or(Value::Float(value as f64), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.scalar(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.scalar(Value::Text(value))
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.scalar(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Walk { node, found } = self;
        while items.next_element_seed(Walk { node, found: &mut *found })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let Walk { node, found } = self;
        node.ids.iter().for_each(|id| found(*id, Value::Object));
        while let Some(key) = entries.next_key::<std::borrow::Cow<'_, str>>()? {
            match node.below(&key) {
                Some(child) => entries.next_value_seed(Walk { node: child, found: &mut *found })?,
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_through_arrays_means_any_element() {
        let mut paths = Paths::default();
        paths.ask(["spec", "containers", "securityContext", "privileged"], 7);
        let mut seen = Vec::new();
        let text = r#"{"spec":{"containers":[{"name":"a"},{"securityContext":{"privileged":true}}]}}"#;
        paths
            .walk(text, &mut |id, value| match value {
                Value::Bool(b) => seen.push((id, b)),
                _ => panic!("only the flag was asked for"),
            })
            .unwrap();
        assert_eq!(seen, [(7, true)]);
    }

    #[test]
    fn a_member_is_the_same_whether_read_or_looked_for() {
        for (text, key, found) in [
            (r#"{"a/uid":["x"]}"#, "a/uid", &["x"][..]),
            (r#"{"b":["y"],"a/uid":["x"]}"#, "a/uid", &["x"]),
            (r#"{"b":["a/uid"],"a/uid":["x"]}"#, "a/uid", &["x"]),
            (r#"{"b":["a/uid"]}"#, "a/uid", &[]),
            (r#"{"ba/uid":["x"]}"#, "a/uid", &[]),
            (r#"{"a/uidb":["x"]}"#, "a/uid", &[]),
            (r#"{"b":["x"]}"#, "a/uid", &[]),
            (r#"{"a/uid":["x","y"]}"#, "a/uid", &["x", "y"]),
            (r#"{"a/uid":[]}"#, "a/uid", &[]),
            (r#"{"a/uid":["x"],"a/uid":["y"]}"#, "a/uid", &["x", "y"]),
            (r#"{"a/uid":"x"}"#, "a/uid", &["x"]),
            (r#"{"a/uid": ["x"]}"#, "a/uid", &["x"]),
            (r#"{"a\/uid":["x"]}"#, "a/uid", &["x"]),
            (r#"{"b\"a/uid":["x"]}"#, "a/uid", &[]),
            (r#"{"b":["\"a/uid\":[\"z"],"a/uid":["x"]}"#, "a/uid", &["x"]),
            (r#"{"a/uid":["x\n"]}"#, "a/uid", &["x\n"]),
            (r#"{"b":{"a/uid":["x"]}}"#, "a/uid", &[]),
            (r#"{"a/uid":[7,null,true]}"#, "a/uid", &["7", "true"]),
            (r#"{"b":[",\"a/uid\":"],"c":["a/uid"]}"#, "a/uid", &[]),
            ("", "a/uid", &[]),
            ("[1]", "a/uid", &[]),
        ] {
            assert_eq!(member(text, key, &Finder::new(key)), found, "{text}");
        }
    }

    #[test]
    fn a_key_with_dots_is_found_by_its_spelling() {
        let mut paths = Paths::default();
        paths.ask("metadata.annotations.example.com/role".split('.'), 1);
        let mut seen = 0;
        paths.walk(r#"{"metadata":{"annotations":{"example.com/role":"x"}}}"#, &mut |_, _| seen += 1).unwrap();
        assert_eq!(seen, 1);
    }
}
