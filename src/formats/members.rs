//! The members of a JSON object asked by name, and what of them is left when the known ones are taken.
//!
//! Keeps numbers and nested values as the text they arrived in: an integer beyond 2^53 stays what it was.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::formats::classify::problem;
use crate::formats::json;
use crate::formats::payloads::Miss;
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::formats::text::Text;
use crate::model::Micros;

/// The members of an object in order.
pub struct Members<'a>(pub Vec<(Text<'a>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'a>, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// See the module's description.
pub struct Object<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Reads the members of a record.
    pub fn of(text: &'a str) -> Result<Object<'a>, Miss> {
        let members = serde_json::from_str::<Members<'a>>(text);
        members.map(|Members(members)| Object(members)).map_err(|error| Miss::Broken(problem(&error, text)))
    }

    /// Reads a value that may be an object.
    pub fn maybe(raw: &'a str) -> Option<Object<'a>> {
        if raw.starts_with('{') { Object::of(raw).ok() } else { None }
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| &**key == name)
    }

    /// Says whether this is a row of a Log Analytics table, whatever its columns are called.
    pub fn is_row(&self) -> bool {
        self.has("TimeGenerated") || self.has("TableName")
    }

    /// Every member with its JSON text, in order.
    pub fn members(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(key, raw)| (&**key, raw.get()))
    }

    /// Returns the JSON text of a member; JSON null is no value.
    pub fn raw(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|(key, _)| &**key == name);
        found.map(|(_, raw)| raw.get()).filter(|raw| *raw != "null")
    }

    pub fn json(&self, name: &str) -> Option<Value<'a>> {
        self.raw(name).map(Value::Json)
    }

    /// Returns what a member says when it is a text that is not empty.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        json::string(self.raw(name)?).filter(|text| !text.is_empty())
    }

    pub fn object(&self, name: &str) -> Option<Object<'a>> {
        Object::maybe(self.raw(name)?)
    }

    /// Returns the members that are not among `taken`; of a key that stands twice only the first was.
    pub fn rest(&self, taken: &[&str]) -> Vec<(&str, &'a str)> {
        let mut left = taken.to_vec();
        let mut rest = Vec::new();
        for (key, raw) in self.members() {
            match left.iter().position(|name| *name == key) {
                Some(at) => drop(left.swap_remove(at)),
                None => rest.push((key, raw)),
            }
        }
        rest
    }

    /// As [`Object::rest`], for columns that are named like the members.
    pub fn columns(&self, taken: &[&str]) -> Vec<(&str, Value<'a>)> {
        self.rest(taken).into_iter().map(|(key, raw)| (key, Value::Json(raw))).collect()
    }
}

/// Writes members as an object again; None when there are none.
pub fn written<'a>(members: impl IntoIterator<Item = (&'a str, Cow<'a, str>)>) -> Option<String> {
    let mut text = String::new();
    for (key, raw) in members {
        text.push(if text.is_empty() { '{' } else { ',' });
        text.push_str(&serde_json::to_string(key).expect("a text is always written as JSON"));
        text.push(':');
        text.push_str(&raw);
    }
    (!text.is_empty()).then(|| text + "}")
}

/// Reads the time a record says; one that cannot be read stays as text, in a column named after the member.
pub fn time<'v>(
    record: &Object<'v>,
    name: &'static str,
    rows: &mut Rows,
    values: &mut Vec<(&'v str, Value<'v>)>,
) -> Option<Micros> {
    let said = record.json(name)?;
    let time = said.time();
    if time.is_none() && !said.is_nothing() {
        rows.note(format!("a time is written in a way that is not known here: it is in column {name}_, as it was"));
        values.push((name, said));
    }
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_text_and_null_is_no_value() {
        let object = Object::of(r#"{"a":1933135628034001001,"b":null,"c":"x\/y","d":{"e":""}}"#).unwrap();
        assert_eq!(object.raw("a"), Some("1933135628034001001"));
        assert_eq!((object.raw("b"), object.has("b")), (None, true));
        assert_eq!(object.text("c").as_deref(), Some("x/y"));
        assert_eq!(object.object("d").unwrap().text("e"), None);
    }

    #[test]
    fn a_key_that_stands_twice_is_left_once() {
        let object = Object::of(r#"{"a":1,"b":2,"a":3}"#).unwrap();
        assert_eq!(object.rest(&["a"]), [("b", "2"), ("a", "3")]);
        let rest = object.rest(&["a"]).into_iter().map(|(key, raw)| (key, raw.into()));
        assert_eq!(written(rest).as_deref(), Some(r#"{"b":2,"a":3}"#));
        assert_eq!(written([]), None);
    }
}
