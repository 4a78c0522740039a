//! A row of a Log Analytics table, whatever it arrived in: JSON object, positional array or CSV record.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json;
use super::rows::value::Value;
use super::text::Text;

macro_rules! columns {
    ($($variant:ident $name:literal,)*) => {
        /// The columns we read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Column { $($variant),* }

        const NAMES: &[&str] = &[$($name),*];
    };
}

columns! {
    TimeGenerated "TimeGenerated",
    Type "Type",
    TableName "TableName",
    ResourceId "_ResourceId",
    UpperResourceId "ResourceId",
    Category "Category",
    Log "log_s",
    Pod "pod_s",
    Stream "stream_s",
    AdditionalFields "AdditionalFields",
    AuditId "AuditId",
    Level "Level",
    Stage "Stage",
    RequestUri "RequestUri",
    Verb "Verb",
    User "User",
    SourceIps "SourceIps",
    UserAgent "UserAgent",
    ObjectRef "ObjectRef",
    ResponseStatus "ResponseStatus",
    RequestObject "RequestObject",
    ResponseObject "ResponseObject",
    RequestReceivedTime "RequestReceivedTime",
    StageReceivedTime "StageReceivedTime",
    Annotations "Annotations",
}

/// Returns the column of that name, upper or lower case.
pub fn column(name: &str) -> Option<u8> {
    let found = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name))?;
    u8::try_from(found).ok()
}

/// One value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Cell<'a> {
    /// The table has no such column.
    #[default]
    NoColumn,
    Null,
    /// JSON text.
    Json(&'a str),
    /// Text of a CSV cell.
    Text(&'a str),
}

/// See the module's description.
#[derive(Debug, Default, Clone)]
pub struct Cells<'a> {
    /// The columns we read.
    known: [Cell<'a>; NAMES.len()],
    /// Every column by the name it has here; of a row that is a JSON object they are not gathered.
    all: Vec<(&'a str, Value<'a>)>,
}

impl<'a> Cells<'a> {
    /// Sets a CSV cell; an empty one is null.
    pub fn set_text(&mut self, column: Option<u8>, name: &'a str, text: &'a str) {
        if let Some(column) = column {
            self.known[usize::from(column)] = if text.is_empty() { Cell::Null } else { Cell::Text(text) };
        }
        self.all.push((name, Value::text(text)));
    }

    /// Sets a JSON value; `loose` when the table says that it is no text, though it may be written as one.
    pub fn set_json(&mut self, column: Option<u8>, name: &'a str, raw: &'a str, loose: bool) {
        self.set_known(column, raw);
        let text = if loose { json::string(raw) } else { None };
        self.all.push((name, text.map_or(Value::Json(raw), Value::Text)));
    }

    fn set_known(&mut self, column: Option<u8>, raw: &'a str) {
        if let Some(column) = column {
            // Azure writes "" for what has no value.
            let cell = if matches!(raw, "null" | "\"\"") { Cell::Null } else { Cell::Json(raw) };
            self.known[usize::from(column)] = cell;
        }
    }

    /// Every column with its value.
    pub fn all(&self) -> &[(&'a str, Value<'a>)] {
        &self.all
    }

    /// Says whether the table has that column at all.
    pub fn has(&self, column: Column) -> bool {
        self.known[column as usize] != Cell::NoColumn
    }

    /// Returns the value as text: of a JSON string what it says, of other JSON its text.
    pub fn text(&self, column: Column) -> Option<Cow<'a, str>> {
        let text = match self.known[column as usize] {
            Cell::NoColumn | Cell::Null => return None,
            Cell::Text(text) => Cow::Borrowed(text),
            Cell::Json(raw) => json::string(raw).unwrap_or(Cow::Borrowed(raw)),
        };
        // `az` writes Python's None for what has no value.
        (text != "None" || self.known[Column::TableName as usize] == Cell::NoColumn).then_some(text)
    }

    /// As [`Cells::text`], in the shape the event has it.
    pub fn word(&self, column: Column) -> Option<Text<'a>> {
        self.text(column).map(Text)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cells<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cells<'a>, D::Error> {
        struct Row;
        impl<'de> Visitor<'de> for Row {
            type Value = Cells<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table row")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cells<'de>, A::Error> {
                let mut cells = Cells::default();
                while let Some(name) = map.next_key::<Text<'de>>()? {
                    let raw = map.next_value::<&'de RawValue>()?;
                    // To the letter: `auditID` is a field of an event, `AuditId` a column.
                    let Some(column) = NAMES.iter().position(|known| *known == &*name) else { continue };
                    if cells.known[column] != Cell::NoColumn {
                        return Err(Error::custom(format_args!("duplicate field `{}`", &*name)));
                    }
                    cells.set_known(Some(column as u8), raw.get());
                }
                Ok(cells)
            }
        }
        deserializer.deserialize_map(Row)
    }
}
