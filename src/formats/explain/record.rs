//! What a record came to: the row or reject of a batch, its columns, and where each of its values went.

use std::collections::BTreeSet;
use std::ops::Range;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, TimestampMicrosecondType, UInt64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::Value as Json;

use super::{Outcome, Shown};
use crate::formats::Batch;
use crate::model::Micros;

/// Values of one record that are listed.
const MOST_LEAVES: usize = 2_000;
/// JSON inside of JSON text is opened this deep.
const DEEPEST: u32 = 3;

pub struct Record<'a> {
    pub at: Range<u64>,
    pub what: What<'a>,
}

pub enum What<'a> {
    Row(String, &'a RecordBatch, usize),
    Reject(usize),
}

/// Returns what a batch holds, in the order of the content.
pub fn all(batch: &Batch) -> Vec<Record<'_>> {
    let mut all: Vec<Record<'_>> = Vec::new();
    let sheets = batch.sheets.iter().filter(|sheet| !sheet.derived).map(|sheet| (sheet.table.as_str(), &sheet.rows));
    for (table, rows) in [("audit", &batch.audit), ("object", &batch.object)].into_iter().chain(sheets) {
        let places = |name: &str| rows.column_by_name(name).map(|array| array.as_primitive::<UInt64Type>());
        let (Some(offsets), Some(lengths)) = (places("offset"), places("length")) else { continue };
        for row in 0..rows.num_rows() {
            let start = offsets.value(row);
            all.push(Record { at: start..start + lengths.value(row), what: What::Row(table.to_owned(), rows, row) });
        }
    }
    for (place, reject) in batch.rejects.iter().enumerate() {
        all.push(Record { at: reject.offset..reject.offset + reject.length, what: What::Reject(place) });
    }
    all.sort_by_key(|record| record.at.start);
    all
}

/// Says what became of a record whose text is `text`.
pub fn outcome(batch: &Batch, what: What<'_>, text: &str, shown: Shown<'_>) -> Outcome {
    match what {
        What::Reject(place) => {
            let reject = &batch.rejects[place];
            Outcome::Reject { reason: reject.reason.clone(), sample: shown(&reject.sample) }
        }
        What::Row(table, rows, row) => {
            let columns = columns(rows, row).into_iter().map(|(name, value)| (name, shown(&value))).collect::<Vec<_>>();
            let fields = fields(&shown(text), rows, row, &columns);
            Outcome::Row { table, columns, fields }
        }
    }
}

fn columns(rows: &RecordBatch, row: usize) -> Vec<(String, String)> {
    let options = FormatOptions::default();
    let schema = rows.schema();
    let named = schema.fields().iter().zip(rows.columns()).filter(|(_, array)| !array.is_null(row));
    let shown = named.filter_map(|(field, array)| {
        if let DataType::Timestamp(..) = array.data_type() {
            let time = Micros(array.as_primitive::<TimestampMicrosecondType>().value(row));
            return Some((field.name().clone(), time.to_string()));
        }
        let formatter = ArrayFormatter::try_new(array.as_ref(), &options).ok()?;
        Some((field.name().clone(), formatter.value(row).to_string()))
    });
    shown.collect()
}

/// Every value of the record and the columns that hold it.
fn fields(
    text: &str,
    rows: &RecordBatch,
    row: usize,
    columns: &[(String, String)],
) -> Vec<(String, String, Vec<String>)> {
    let mut leaves = Vec::new();
    match serde_json::from_str::<Json>(text.trim()) {
        Ok(value) => gather(&value, String::new(), 0, &mut leaves),
        // A row of a CSV, a log line: there is nothing to take apart but its columns.
        Err(_) => return Vec::new(),
    }
    let holds = |leaf: &str, (name, value): &(String, String)| {
        if value == leaf {
            return true;
        }
        let column = rows.column_by_name(name);
        match column.map(|array| array.data_type()) {
            Some(DataType::Timestamp(..)) => Micros::parse(leaf).is_some_and(|time| time.to_string() == *value),
            Some(DataType::List(_)) => column.is_some_and(|array| lists(array.as_ref(), row).contains(leaf)),
            // A body, or another part that is kept as JSON text.
            _ => value.starts_with(['{', '[']) && value.contains(leaf.trim_matches('"')) && leaf.len() > 1,
        }
    };
    let ours = ["evidence", "offset", "length", "row_key"];
    let place = |(path, leaf): (String, String)| {
        let at = columns.iter().filter(|c| !ours.contains(&c.0.as_str()) && holds(&leaf, c));
        let mut at: Vec<String> = at.map(|(name, _)| name.clone()).collect();
        // Exactly the value before any text that has it somewhere.
        at.sort_by_key(|name| columns.iter().all(|(known, value)| known != name || *value != leaf));
        at.truncate(3);
        (path, leaf, at)
    };
    leaves.into_iter().map(place).collect()
}

fn lists(array: &dyn Array, row: usize) -> BTreeSet<String> {
    let Some(list) = array.as_list_opt::<i32>() else { return BTreeSet::new() };
    let items = list.value(row);
    let texts = items.as_string_opt::<i32>().map(|texts| texts.iter().flatten().map(str::to_owned).collect());
    texts.unwrap_or_default()
}

/// Gathers the values of a JSON value by their paths; text that is JSON itself is opened.
fn gather(value: &Json, path: String, depth: u32, leaves: &mut Vec<(String, String)>) {
    if leaves.len() >= MOST_LEAVES {
        return;
    }
    match value {
        Json::Object(members) => {
            for (key, value) in members {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                gather(value, path, depth, leaves);
            }
        }
        Json::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                gather(item, format!("{path}[{place}]"), depth, leaves);
            }
        }
        Json::String(text) => match serde_json::from_str::<Json>(text.trim()) {
            Ok(inner @ (Json::Object(_) | Json::Array(_))) if depth < DEEPEST => {
                gather(&inner, format!("{path} →"), depth + 1, leaves);
            }
            _ => leaves.push((path, text.clone())),
        },
        Json::Null => {}
        other => leaves.push((path, other.to_string())),
    }
}
