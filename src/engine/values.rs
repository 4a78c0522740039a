//! The values of one field in one row, as text: for group-by keys, field comparison and explanations.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int32Type};
use arrow::record_batch::RecordBatch;
use memchr::memmem::Finder;

use super::bodies::{self, BODIES};
use super::columns::{column_of, columns_of, is_public, number, seconds};
use super::derived;
use super::leaves::{self, Paths};
use crate::formats::reason::granted;
use crate::formats::written::parameter;
use crate::sigma::matcher::Value;
use crate::sigma::{Field, Source};

/// Returns every value of `field` in `row`, in order; empty when it is missing.
pub fn of(batch: &RecordBatch, row: usize, field: &Field) -> Vec<String> {
    if let Source::Body { side, path } = &field.source {
        return bodies::values(batch, row, *side, path);
    }
    if derived::is_derived(field) {
        return derived::values(batch, row, field);
    }
    let Some(array) = batch.column_by_name(column_of(&field.source)) else {
        return Vec::new();
    };
    match &field.source {
        Source::Annotation(key) | Source::Extra(key) => {
            text(array.as_ref(), row).map(|text| leaves::member(text, key, &Finder::new(key))).unwrap_or_default()
        }
        Source::Log { path, .. } if !path.is_empty() => json(array.as_ref(), row, path),
        Source::PublicSourceIps => texts(array.as_ref(), row).into_iter().filter(|text| is_public(text)).collect(),
        Source::Shred { part, .. } => shred(array.as_ref(), row, part),
        Source::AllowedBy(part) => {
            let reason = text(array.as_ref(), row);
            reason.and_then(|reason| granted(reason, part)).map(str::to_owned).into_iter().collect()
        }
        Source::Seconds { from, to } => {
            let [from, to] = [from, to].map(|name| batch.column_by_name(name).map(AsRef::as_ref));
            seconds(from, to, row).map(|n| n.to_string()).into_iter().collect()
        }
        Source::Query(name) => text(array.as_ref(), row).map(|uri| parameter(uri, name)).unwrap_or_default(),
        _ => texts(array.as_ref(), row),
    }
}

/// The columns the values of a field are read from.
pub fn columns(field: &Field) -> Vec<&str> {
    match &field.source {
        Source::Body { .. } | Source::State { .. } | Source::Certificate(_) => {
            vec!["request_object", "response_object", "verb", "resource"]
        }
        source => columns_of(source),
    }
}

/// Says whether a field is read from a body.
pub fn is_in_bodies(field: &Field) -> bool {
    columns(field).iter().any(|name| BODIES.contains(name))
}

/// Says whether a batch has all the columns a field is read from.
pub fn are_there(batch: &RecordBatch, field: &Field) -> bool {
    let state = matches!(field.source, Source::State { .. });
    let columns = columns(field).into_iter().chain(state.then_some(derived::BEFORE));
    columns.into_iter().all(|name| batch.column_by_name(name).is_some())
}

/// Reads the text of one cell; None when it is null or no text.
pub fn text(array: &dyn Array, row: usize) -> Option<&str> {
    if array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Utf8 => Some(array.as_string::<i32>().value(row)),
        DataType::Dictionary(_, _) => {
            let words = array.as_dictionary::<Int32Type>();
            // A key may point at a null value; the row is null then too.
            let (values, key) = (words.values().as_string::<i32>(), words.keys().value(row) as usize);
            (!values.is_null(key)).then(|| values.value(key))
        }
        _ => None,
    }
}

/// The texts of a column; none when there is no such column.
pub fn texts_of(batch: &RecordBatch, column: &str, row: usize) -> Vec<String> {
    batch.column_by_name(column).map(|array| texts(array.as_ref(), row)).unwrap_or_default()
}

/// The images of the pod spec an event writes.
pub fn images(batch: &RecordBatch, row: usize) -> Vec<String> {
    batch.column_by_name("containers").map(|array| shred(array.as_ref(), row, "image")).unwrap_or_default()
}

/// Shows every text of an event to `hit` until it says yes: all columns, and every scalar of the bodies.
pub fn everything(batch: &RecordBatch, row: usize, hit: &mut dyn FnMut(&str) -> bool) -> bool {
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let found = match field.name().as_str() {
            "request_object" | "response_object" | "user_extra" | "annotations" => {
                let tree = text(array.as_ref(), row).and_then(|text| serde_json::from_str(text).ok());
                tree.is_some_and(|tree: serde_json::Value| scalars(&tree, hit))
            }
            // Where the event lies in its evidence is no part of it.
            "evidence" | "offset" | "length" | "category" | "cluster_id" | "body" | "not_recorded" | "time_source" => {
                false
            }
            _ => texts(array.as_ref(), row).iter().any(|text| hit(text)),
        };
        if found {
            return true;
        }
    }
    false
}

fn scalars(tree: &serde_json::Value, hit: &mut dyn FnMut(&str) -> bool) -> bool {
    match tree {
        serde_json::Value::Null => false,
        serde_json::Value::Array(items) => items.iter().any(|item| scalars(item, hit)),
        serde_json::Value::Object(fields) => fields.values().any(|value| scalars(value, hit)),
        serde_json::Value::String(text) => hit(text),
        other => hit(&other.to_string()),
    }
}

/// Writes a scalar the way Sigma compares it as text.
pub fn show(value: Value<'_>) -> Option<String> {
    match value {
        Value::Null | Value::Object => None,
        Value::Bool(b) => Some(b.to_string()),
        Value::Int(n) => Some(n.to_string()),
        Value::Float(f) => Some(f.to_string()),
        Value::Text(t) => Some(t.to_owned()),
    }
}

/// All texts of a cell.
pub fn texts(array: &dyn Array, row: usize) -> Vec<String> {
    if array.is_null(row) {
        return Vec::new();
    }
    match array.data_type() {
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            (0..items.len()).flat_map(|i| texts(items.as_ref(), i)).collect()
        }
        DataType::Boolean => vec![array.as_boolean().value(row).to_string()],
        _ => match text(array, row) {
            Some(text) => vec![text.to_owned()],
            None => number(array, row).map(|n| n.to_string()).into_iter().collect(),
        },
    }
}

fn json(array: &dyn Array, row: usize, path: &[String]) -> Vec<String> {
    let Some(text) = text(array, row) else {
        return Vec::new();
    };
    let mut paths = Paths::default();
    paths.ask(path, 0);
    let mut found = Vec::new();
    // Stored as valid JSON; a text that is none has no value here.
    let _ = paths.walk(text, &mut |_, value| found.extend(show(value)));
    found
}

fn shred(array: &dyn Array, row: usize, part: &str) -> Vec<String> {
    if array.is_null(row) {
        return Vec::new();
    }
    let items = array.as_list::<i32>().value(row);
    match items.as_struct().column_by_name(part) {
        Some(column) => (0..column.len()).flat_map(|i| texts(column.as_ref(), i)).collect(),
        None => Vec::new(),
    }
}
