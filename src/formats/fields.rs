//! Members of a JSON object on their way to a row: found in any spelling of their name, renamed, each column once.
//!
//! Looks only at what it is shown: no default, no guess. A member without a column keeps its own name.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::formats::classify::{Keys, problem};
use crate::formats::members::Members;
use crate::formats::payloads::Miss;
use crate::formats::rows::value::Value;
use crate::formats::text::Text;
use crate::formats::{Item, json};

/// Name in the source, name of the column.
pub type Names = &'static [(&'static str, &'static str)];

/// Says whether a record may be one of Azure's services: neither an audit event nor a Kubernetes object, whose writer
/// may give it any field.
pub fn is_azure(item: &Item<'_>, k: &Keys<'_>) -> bool {
    let object = k.metadata.is_some() && ((k.kind.is_some() && k.api_version.is_some()) || item.list.is_some());
    !object && k.audit_id.is_none()
}

/// Returns the members of a record that is a JSON object.
pub fn members<'a>(item: &Item<'a>) -> Result<Vec<(Text<'a>, &'a RawValue)>, Miss> {
    if item.cells.is_some() || !item.text.starts_with('{') {
        return Err(Miss::NotMine);
    }
    let Members(members) = serde_json::from_str(item.text).map_err(|e| Miss::Broken(problem(&e, item.text)))?;
    Ok(members)
}

/// Returns the member of exactly that name.
pub fn member<'a>(members: &[(Text<'a>, &'a RawValue)], name: &str) -> Option<&'a str> {
    members.iter().find(|(key, _)| &**key == name).map(|(_, raw)| raw.get()).filter(|raw| *raw != "null")
}

/// Says whether two names are one: REST, `az` and the SDKs differ in case and in underscores (formats.md d, f.7).
pub fn same(a: &str, b: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = u8> {
        text.bytes().filter(|b| *b != b'_').map(|b| b.to_ascii_lowercase())
    }
    letters(a).eq(letters(b))
}

/// Returns what lies at a path of names, in any spelling of them; None when there is nothing, or null.
pub fn part<'a>(raw: &'a str, path: &[&str]) -> Option<&'a str> {
    let mut at = raw;
    for name in path {
        let Members(members) = serde_json::from_str(at).ok()?;
        at = members.into_iter().find(|(key, _)| same(key, name))?.1.get();
    }
    (at != "null").then_some(at)
}

/// Returns the text a part is, if it is one and says something.
pub fn word<'a>(raw: &'a str, path: &[&str]) -> Option<Cow<'a, str>> {
    json::string(part(raw, path)?).filter(|text| !text.is_empty())
}

/// Returns what JSON is in a text that is JSON; of other JSON itself.
pub fn unwrapped(raw: &str) -> Cow<'_, str> {
    json::string(raw).unwrap_or(Cow::Borrowed(raw))
}

/// Returns the column a name stands for: itself when the list does not say.
pub fn column<'n>(names: &[(&'static str, &'static str)], name: &'n str) -> &'n str
where
    'static: 'n,
{
    names.iter().find(|(source, _)| *source == name).map_or(name, |(_, column)| column)
}

/// Returns the segment behind `name` of an ARM id.
pub fn segment<'i>(id: &'i str, name: &str) -> Option<&'i str> {
    let mut parts = id.split('/');
    parts.find(|part| part.eq_ignore_ascii_case(name))?;
    parts.next().filter(|part| !part.is_empty())
}

/// The values of a row being gathered.
#[derive(Default)]
pub struct Gathered<'a> {
    values: Vec<(Cow<'a, str>, Value<'a>)>,
    places: HashMap<String, usize>,
}

impl<'a> Gathered<'a> {
    /// Keeps a value. A column that already has the same one is left alone; one that has another keeps it, and the
    /// later value goes under the name with an underscore behind it.
    pub fn keep(&mut self, name: impl Into<Cow<'a, str>>, value: Value<'a>) {
        let mut name = name.into();
        if value.is_nothing() {
            return;
        }
        if let Some(place) = self.places.get(&name.to_lowercase()) {
            if self.values[*place].1.as_text() == value.as_text() {
                return;
            }
            name = format!("{name}_").into();
        }
        // What is taken even so stands twice in the row, and the sheet puts it into column unread.
        self.places.entry(name.to_lowercase()).or_insert(self.values.len());
        self.values.push((name, value));
    }

    /// Keeps JSON that may be absent.
    pub fn json(&mut self, name: impl Into<Cow<'a, str>>, raw: Option<&'a str>) {
        if let Some(raw) = raw {
            self.keep(name, Value::Json(raw));
        }
    }

    /// Returns the value of a column.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.places.get(&name.to_lowercase()).map(|place| &self.values[*place].1)
    }

    /// Returns the values with the names of their columns.
    pub fn row(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        self.values.iter().map(|(name, value)| (name.as_ref(), value.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_in_any_spelling() {
        let raw =
            r#"{"aadProfile":{"enableAzureRBAC":true,"x":null},"http_request":{"client_ip_address":"192.0.2.1"}}"#;
        assert_eq!(part(raw, &["aadProfile", "enableAzureRbac"]), Some("true"));
        assert_eq!(part(raw, &["httpRequest", "clientIpAddress"]), Some("\"192.0.2.1\""));
        assert_eq!(part(raw, &["aadProfile", "x"]), None);
        assert_eq!(part(raw, &["aadProfile", "enableAzureRbac", "deeper"]), None);
    }

    #[test]
    fn a_second_value_of_a_column_is_kept_beside_the_first() {
        let mut row = Gathered::default();
        row.keep("Category", Value::Json("\"UserManagement\""));
        row.keep("category", Value::text("UserManagement"));
        row.keep("Category", Value::text("AuditLogs"));
        row.keep("Empty", Value::Json("\"\""));
        let names: Vec<_> = row.row().map(|(name, value)| (name.to_owned(), value.as_text().into_owned())).collect();
        let expected = [("Category", "UserManagement"), ("Category_", "AuditLogs")];
        assert_eq!(names, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn segments_of_ids_are_found_in_any_case() {
        assert_eq!(segment("/SUBSCRIPTIONS/0A/RESOURCEGROUPS/RG", "resourceGroups"), Some("RG"));
        assert_eq!(segment("/subscriptions/0a", "resourceGroups"), None);
    }
}
