//! Specimens that only a case can take in, because they are several inputs in one or are read from any place: their
//! books, rows, rejects and notes, without the query engine that `tests/it/specimens.rs` asks.

use std::fs;
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use super::AT;
use crate::case::{Case, Receipt};
use crate::model::Micros;

const FOLDERS: &[&str] = &["archives", "etcd", "captures", "parquet"];

pub fn stored(case: &Case, table: &str) -> Vec<RecordBatch> {
    let read = |path| ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path).unwrap()).unwrap().build().unwrap();
    case.files(table).into_iter().flat_map(read).map(Result::unwrap).collect()
}

/// A value as text; None for null, and for a column that no row has.
pub fn cell(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let array = batch.column_by_name(column).filter(|array| array.is_valid(row))?;
    if let DataType::Timestamp(..) = array.data_type() {
        return Some(Micros(array.as_primitive::<TimestampMicrosecondType>().value(row)).to_string());
    }
    Some(ArrayFormatter::try_new(array, &FormatOptions::default()).unwrap().value(row).to_string())
}

fn agrees(found: Option<&str>, wanted: &Value) -> bool {
    match wanted {
        Value::Null => found.is_none(),
        Value::String(text) => found.is_some_and(|found| found.starts_with(text)),
        other => found == Some(other.to_string().as_str()),
    }
}

fn differences(case: &Case, receipt: &Receipt, expect: &Value) -> Vec<String> {
    let new = || receipt.inputs.iter().filter(|input| !input.known);
    let mut differences = Vec::new();
    for (name, sum) in [
        ("read", new().map(|input| input.read).sum::<u64>()),
        ("stored", new().map(|input| input.stored).sum()),
        ("duplicate", new().map(|input| input.duplicate).sum()),
        ("rejected", new().map(|input| input.rejected).sum()),
        ("inputs", receipt.inputs.len() as u64),
    ] {
        if expect[name].as_u64().is_some_and(|wanted| wanted != sum) {
            differences.push(format!("{name} {sum}, expected {}", expect[name]));
        }
    }
    for row in expect["rows"].as_array().unwrap() {
        let columns = || row.as_object().unwrap().iter().filter(|(name, _)| *name != "table");
        let table = stored(case, row["table"].as_str().unwrap());
        let is =
            |batch: &RecordBatch, at| columns().all(|(name, wanted)| agrees(cell(batch, name, at).as_deref(), wanted));
        if !table.iter().any(|batch| (0..batch.num_rows()).any(|at| is(batch, at))) {
            differences.push(format!("no row {row}"));
        }
    }
    let rejects = stored(case, "reject");
    for reject in expect["rejects"].as_array().unwrap() {
        let word = reject["reason_contains"].as_str().unwrap().to_lowercase();
        let has = |batch: &RecordBatch| {
            (0..batch.num_rows()).any(|at| cell(batch, "reason", at).unwrap_or_default().to_lowercase().contains(&word))
        };
        if !rejects.iter().any(has) {
            differences.push(format!("no reject {reject}"));
        }
    }
    let notes: Vec<String> = receipt.inputs.iter().flat_map(|input| input.notes.clone()).collect();
    for word in expect["notes_contain"].as_array().into_iter().flatten() {
        let word = word.as_str().unwrap().to_lowercase();
        if !notes.iter().any(|note| note.to_lowercase().contains(&word)) {
            differences.push(format!("notes {notes:?}, expected {word:?}"));
        }
    }
    differences
}

#[test]
fn what_only_a_case_can_take_in_is_read_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/formats");
    let mut wrong = Vec::new();
    for entry in FOLDERS.iter().filter_map(|folder| fs::read_dir(root.join(folder)).ok()).flatten() {
        let path = entry.unwrap().path();
        let Some(specimen) = path.to_string_lossy().strip_suffix(".expect.json").map(Path::new).map(Path::to_path_buf)
        else {
            continue;
        };
        let expect: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut case = Case::create(&folder.path().join("case"), AT).unwrap();
        let receipt = case.ingest(std::slice::from_ref(&specimen), AT, &mut |_| {}).unwrap();
        let found = differences(&case, &receipt, &expect);
        wrong.extend(found.into_iter().map(|difference| format!("{}: {difference}", specimen.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
