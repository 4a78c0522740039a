//! The messages that Kubernetes stores, as tables of fields: number, JSON name, and what is under it.
//!
//! The tables are text, one message a line, because they are read more often than they are changed:
//!
//! ```text
//! Container: 1 name!, 3 command [], 8 resources ResourceRequirements, 11 livenessProbe Probe, 16 stdin bool
//! ```
//!
//! A type that is left out is text; `[T]` is a list, `{T}` a map with text keys, `+T` a message whose members are
//! written into the one around it. A mark behind the name says when a field without a value is written, as the `json`
//! tags of Kubernetes' Go types have it (k8s.io/api, k8s.io/apimachinery, k8s.io/apiextensions-apiserver and
//! k8s.io/kube-aggregator, versions 0.22 to 0.37):
//!
//! - no mark: not when it is empty, zero or false (`omitempty`)
//! - `?`: when it is stored at all, also as zero or false (a pointer)
//! - `!`: always; what is not stored is null, for absence is all that the bytes say
//! - `~`: not when it is the zero time (`omitzero`)
//!
//! One table serves several API versions where their numbers and names do not contradict each other. Field numbers
//! are never given to another field within a version, so tables for newer releases read older objects.

mod access;
mod core;
mod extensions;
mod kinds;
mod network;
mod storage;
mod workloads;

use std::collections::HashMap;
use std::sync::LazyLock;

/// What one value of a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Bytes,
    Bool,
    Int,
    Real,
    /// `meta/v1.Time`: seconds.
    Time,
    /// `meta/v1.MicroTime`: six digits of a second.
    MicroTime,
    /// A number with a unit, kept as it is written.
    Quantity,
    IntOrString,
    /// JSON text in a message of its own: `FieldsV1`, `RawExtension` and apiextensions' `JSON`.
    Json,
    /// A list of texts in a message of its own, for there are no maps of lists.
    Texts,
    SchemaOrList,
    SchemaOrBool,
    SchemaOrTexts,
    /// Index of another message.
    Message(usize),
}

/// How many values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Many {
    One,
    /// Its members are written into the message around it.
    Inline,
    List,
    Map,
}

/// When a field without a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    Filled,
    Stored,
    Always,
    NotZeroTime,
}

#[derive(Debug)]
pub struct Field {
    pub number: u32,
    pub name: &'static str,
    pub kind: Kind,
    pub many: Many,
    pub write: Write,
}

#[derive(Debug)]
pub struct Message {
    pub name: &'static str,
    /// In the order of their numbers.
    pub fields: Vec<Field>,
}

impl Message {
    /// Returns the index of the field with a number.
    pub fn find(&self, number: u32) -> Option<usize> {
        // Most messages number their fields from 1 without gaps.
        let guess = (number as usize).wrapping_sub(1);
        match self.fields.get(guess) {
            Some(field) if field.number == number => Some(guess),
            _ => self.fields.binary_search_by_key(&number, |field| field.number).ok(),
        }
    }
}

#[derive(Debug, Default)]
pub struct Tables {
    pub messages: Vec<Message>,
    kinds: HashMap<(&'static str, &'static str), usize>,
    /// What `SchemaOr…` hold.
    pub schema: usize,
}

impl Tables {
    /// Returns the index of the message that holds objects of a kind.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<usize> {
        self.kinds.get(&(api_version, kind)).copied()
    }

    #[cfg(any(test, fuzzing))]
    pub fn all_kinds(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.kinds.keys().copied()
    }
}

static SOURCES: [&str; 6] =
    [core::FIELDS, workloads::FIELDS, access::FIELDS, network::FIELDS, storage::FIELDS, extensions::FIELDS];

/// All tables, read once. What is wrong in their text is a test's to find, below.
pub static TABLES: LazyLock<Tables> = LazyLock::new(|| read(&SOURCES, kinds::KINDS).0);

/// Reads tables; returns them with a line for whatever could not be read.
fn read(sources: &[&'static str], kinds: &'static str) -> (Tables, Vec<String>) {
    let mut wrong = Vec::new();
    let mut tables = Tables::default();
    let bodies: Vec<(&str, &str)> = sources.iter().flat_map(|source| entries(source)).collect();
    let mut names = HashMap::new();
    for (index, (name, _)) in bodies.iter().enumerate() {
        if names.insert(*name, index).is_some() {
            wrong.push(format!("{name} is there twice"));
        }
    }
    for (name, body) in bodies {
        let mut fields = Vec::new();
        for text in body.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            match field(text, &names) {
                Some(field) => fields.push(field),
                None => wrong.push(format!("{name}: {text}")),
            }
        }
        if !fields.is_sorted_by(|a, b| a.number < b.number) {
            wrong.push(format!("{name}: not in the order of numbers"));
            fields.sort_by_key(|field: &Field| field.number);
        }
        tables.messages.push(Message { name, fields });
    }
    match names.get("JSONSchemaProps") {
        Some(schema) => tables.schema = *schema,
        None => wrong.push("no JSONSchemaProps".into()),
    }
    for (versions, list) in entries(kinds) {
        for text in list.split(',').map(str::trim) {
            let (kind, message) = text.split_once('=').unwrap_or((text, text));
            let Some(index) = names.get(message) else {
                wrong.push(format!("{versions}: {text}"));
                continue;
            };
            tables.kinds.extend(versions.split(' ').map(|version| ((version, kind), *index)));
        }
    }
    (tables, wrong)
}

/// Cuts a text into entries `name: body`; a line that begins with a blank goes on with the entry before it.
fn entries(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut rest = text.trim_start();
    std::iter::from_fn(move || {
        let end = rest.match_indices('\n').map(|(at, _)| at + 1).find(|at| !rest[*at..].starts_with(' '));
        let (entry, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        entry.split_once(':').map(|(name, body)| (name, body.trim()))
    })
}

/// Reads `number name[mark] [type]` or `number +type`.
fn field(text: &'static str, names: &HashMap<&str, usize>) -> Option<Field> {
    let mut words = text.split_whitespace();
    let number = words.next()?.parse().ok()?;
    let name = words.next()?;
    let of = words.next().unwrap_or("");
    if words.next().is_some() {
        return None;
    }
    if let Some(inline) = name.strip_prefix('+') {
        let kind = Kind::Message(*names.get(inline)?);
        return Some(Field { number, name: inline, kind, many: Many::Inline, write: Write::Filled });
    }
    let mark = name.find(['!', '?', '~']).unwrap_or(name.len());
    let write = match &name[mark..] {
        "" => Write::Filled,
        "?" => Write::Stored,
        "!" => Write::Always,
        "~" => Write::NotZeroTime,
        _ => return None,
    };
    let inside = |open, close| of.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    let (many, of) = match (inside('[', ']'), inside('{', '}')) {
        (Some(of), _) => (Many::List, of),
        (_, Some(of)) => (Many::Map, of),
        _ => (Many::One, of),
    };
    let kind = match of {
        "" => Kind::Text,
        "bytes" => Kind::Bytes,
        "bool" => Kind::Bool,
        "int" => Kind::Int,
        "real" => Kind::Real,
        "Time" => Kind::Time,
        "MicroTime" => Kind::MicroTime,
        "Quantity" => Kind::Quantity,
        "IntOrString" => Kind::IntOrString,
        "Json" => Kind::Json,
        "Texts" => Kind::Texts,
        "SchemaOrList" => Kind::SchemaOrList,
        "SchemaOrBool" => Kind::SchemaOrBool,
        "SchemaOrTexts" => Kind::SchemaOrTexts,
        message => Kind::Message(*names.get(message)?),
    };
    Some(Field { number, name: &name[..mark], kind, many, write })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_tables_is_understood() {
        assert_eq!(read(&SOURCES, kinds::KINDS).1, Vec::<String>::new());
    }

    #[test]
    fn every_message_is_used() {
        let tables = &*TABLES;
        let mut open: Vec<usize> = tables.kinds.values().copied().chain([tables.schema]).collect();
        let mut used = vec![false; tables.messages.len()];
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut used[index], true) {
                continue;
            }
            open.extend(tables.messages[index].fields.iter().filter_map(|field| match field.kind {
                Kind::Message(of) => Some(of),
                _ => None,
            }));
        }
        let idle: Vec<_> = tables.messages.iter().zip(used).filter(|(_, used)| !used).map(|(m, _)| m.name).collect();
        assert_eq!(idle, Vec::<&str>::new());
    }

    #[test]
    fn a_table_says_what_it_cannot_read() {
        let (tables, wrong) = read(&["JSONSchemaProps: 1 a, 2 b Nothing\nB: 2 a,\n 1 b? int\n"], "v1: B, C");
        assert_eq!(wrong, ["JSONSchemaProps: 2 b Nothing", "B: not in the order of numbers", "v1: C"]);
        assert_eq!(tables.messages[1].find(1), Some(0));
        assert_eq!(tables.messages[1].find(3), None);
        assert_eq!(tables.kind("v1", "B"), Some(1));
    }
}
