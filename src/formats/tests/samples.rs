//! The specimens of `sample-data/formats`, each beside what a reader must make of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::Array;
use arrow::record_batch::RecordBatch;
use serde_json::Value;

use super::{cell, read};
use crate::formats::{AuditKey, Batch};
use crate::model::Recorded;
use crate::model::tables::azure::AZURE;

fn specimens(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // What is several inputs in one, only a case can take in.
        let whole = ["archives", "etcd", "captures", "parquet"].iter().any(|kind| path.ends_with(kind));
        if whole {
            continue;
        }
        if path.is_dir() {
            specimens(&path, into);
        } else if !path.to_string_lossy().ends_with(".expect.json") {
            into.push(path);
        }
    }
}

/// Where we read otherwise than the expectation says, and why.
const OTHERWISE: &[(&str, &str)] = &[
    ("damaged/no-audit-id.jsonl", "an event with verb and requestURI is evidence without its id"),
    ("damaged/no-time.jsonl", "an event without a time is kept, its time null"),
    ("damaged/gzip-then-garbage.jsonl.gz", "a damaged archive is a note when content came out of it"),
    ("damaged/gzip-wrong-checksum.jsonl.gz", "a damaged archive is a note when content came out of it"),
    ("damaged/truncated.jsonl.gz", "a cut archive is a note when content came out of it"),
];

/// Says whether two copies are one event: where both have a body, it is the same.
fn same(a: &AuditKey, b: &AuditKey) -> bool {
    let agree = |a: u64, b: u64| a == 0 || b == 0 || a == b;
    let one = (a.id, a.stage_time, a.content) == (b.id, b.stage_time, b.content);
    one && agree(a.request, b.request) && agree(a.response, b.response)
}

/// The rows a case would store, in the order of the content: table, row.
fn stored(batch: &Batch) -> Vec<(&str, usize)> {
    let keys = &batch.audit_keys;
    let first = |row: &usize| !keys[..*row].iter().any(|earlier| same(earlier, &keys[*row]));
    let mut rows = (0..keys.len()).filter(first).map(|row| ("audit", row)).collect::<Vec<_>>();
    let keys = &batch.object_keys;
    rows.extend((0..keys.len()).filter(|row| !keys[..*row].contains(&keys[*row])).map(|row| ("object", row)));
    for sheet in batch.sheets.iter().filter(|sheet| !sheet.derived) {
        let first = |row: &usize| !sheet.keys[*row].unique || !sheet.keys[..*row].contains(&sheet.keys[*row]);
        rows.extend((0..sheet.keys.len()).filter(first).map(|row| (sheet.table.as_str(), row)));
    }
    rows.sort_by_key(|(table, row)| at(batch, table, *row));
    rows
}

fn at(batch: &Batch, table: &str, row: usize) -> u64 {
    cell(columns(batch, table), "offset", row).unwrap().parse().unwrap()
}

fn columns<'a>(batch: &'a Batch, table: &str) -> &'a RecordBatch {
    match table {
        "audit" => &batch.audit,
        "object" => &batch.object,
        name => &batch.sheets.iter().find(|sheet| sheet.table == name).unwrap().rows,
    }
}

fn differences(path: &Path, expected: &Value) -> Vec<String> {
    let (batch, content) = read(&fs::read(path).unwrap());
    let mut out = Vec::new();
    let rows = stored(&batch);
    let counts = [batch.read, rows.len() as u64, batch.rejects.len() as u64];
    let wanted = ["read", "stored", "rejected"].map(|name| expected[name].as_u64().unwrap());
    if counts != wanted {
        out.push(format!("read, stored, rejected {counts:?}, expected {wanted:?}; {:?}", batch.rejects));
        return out;
    }
    for ((table, row), wanted) in rows.iter().zip(expected["rows"].as_array().unwrap()) {
        let columns = columns(&batch, table);
        for (name, wanted) in wanted.as_object().unwrap() {
            let found = match name.as_str() {
                "table" => Some((*table).to_owned()),
                // A column that no row of an open table had is not there.
                _ if columns.column_by_name(name).is_none() => None,
                _ => cell(columns, name, *row),
            };
            if !agrees(name, found.as_deref(), wanted) {
                out.push(format!("row {row} {name}: {found:?}, expected {wanted}"));
            }
        }
    }
    for (table, wanted) in expected["derived"].as_object().into_iter().flatten() {
        let sheet = batch.sheets.iter().find(|sheet| sheet.derived && sheet.table == *table);
        let Some(sheet) = sheet else {
            out.push(format!("no derived rows of {table}"));
            continue;
        };
        for (row, wanted) in wanted.as_array().unwrap().iter().enumerate() {
            for (name, wanted) in wanted.as_object().unwrap() {
                let found = cell(&sheet.rows, name, row);
                if !agrees(name, found.as_deref(), wanted) {
                    out.push(format!("derived row {row} {name}: {found:?}, expected {wanted}"));
                }
            }
        }
    }
    for (reject, wanted) in batch.rejects.iter().zip(expected["rejects"].as_array().unwrap()) {
        let word = wanted["reason_contains"].as_str().unwrap().to_lowercase();
        if !reject.reason.to_lowercase().contains(&word) {
            out.push(format!("reason {:?}, expected {word:?}", reject.reason));
        }
    }
    for word in expected["notes_contain"].as_array().into_iter().flatten() {
        let word = word.as_str().unwrap().to_lowercase();
        if !content.notes.iter().any(|note| note.to_lowercase().contains(&word)) {
            out.push(format!("notes {:?}, expected {word:?}", content.notes));
        }
    }
    out
}

fn agrees(name: &str, found: Option<&str>, wanted: &Value) -> bool {
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    match (name, wanted) {
        (_, Value::Null) => found.is_none(),
        ("not_recorded", Value::Array(fields)) => {
            let missing = Recorded::parse(found.unwrap_or_default());
            fields.iter().all(|field| missing.misses(Recorded::parse(field.as_str().unwrap())))
        }
        ("request_object" | "response_object", _) => found.and_then(json).as_ref() == Some(wanted),
        (_, Value::Object(_)) => found.and_then(json).as_ref() == Some(wanted),
        (_, Value::Array(items)) if items.iter().any(|item| !item.is_string()) => {
            found.and_then(json).as_ref() == Some(wanted)
        }
        (_, Value::Array(items)) => {
            let items = items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>();
            found == Some(format!("[{}]", items.join(", ")).as_str())
        }
        (_, Value::String(text)) => found == Some(text),
        (_, other) => found == Some(other.to_string().as_str()),
    }
}

#[test]
fn every_specimen_is_read_as_its_expectation_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/formats");
    if !folder.exists() {
        return;
    }
    let mut all = Vec::new();
    specimens(&folder, &mut all);
    all.sort();
    assert!(!all.is_empty());
    let mut wrong = Vec::new();
    for path in &all {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".expect.json");
        let expected = serde_json::from_slice(&fs::read(beside).unwrap()).unwrap();
        let name = path.strip_prefix(&folder).unwrap().display();
        let found = differences(path, &expected);
        if OTHERWISE.iter().any(|(known, _)| *known == name.to_string()) {
            assert!(!found.is_empty(), "{name} is read as expected: take it out of the list");
            continue;
        }
        wrong.extend(found.into_iter().map(|difference| format!("{name}: {difference}")));
    }
    assert!(wrong.is_empty(), "{} of {} specimens:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

/// TimeGenerated is the column by which rows of a workspace are found, in whatever way they left it.
#[test]
fn every_table_of_azure_has_a_specimen_with_its_time() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/formats");
    if !folder.exists() {
        return;
    }
    let mut all = Vec::new();
    specimens(&folder, &mut all);
    let mut timed = BTreeSet::new();
    for path in &all {
        let (batch, _) = read(&fs::read(path).unwrap());
        let filled = |rows: &RecordBatch| {
            ["TimeGenerated", "time"]
                .iter()
                .all(|name| rows.column_by_name(name).is_some_and(|times| times.null_count() < times.len()))
        };
        timed.extend(batch.sheets.into_iter().filter(|sheet| filled(&sheet.rows)).map(|sheet| sheet.table));
    }
    let missing: Vec<&str> = AZURE.iter().map(|table| table.name).filter(|name| !timed.contains::<str>(name)).collect();
    assert!(missing.is_empty(), "no specimen with a time of {missing:?}");
}
