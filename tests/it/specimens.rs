//! Every specimen of a format: its books; of those that are several inputs in one, their rows and rejects too.

use std::path::{Path, PathBuf};

use serde_json::Value;
use walkdir::WalkDir;

use crate::support::{AT, project};
use coldcase::case::{Case, Receipt};
use coldcase::engine::Engine;

/// Expectations written before a choice was made otherwise; the reasons are in docs/decisions.md.
const OTHERWISE: &[&str] = &[
    "damaged/no-audit-id.jsonl",
    "damaged/no-time.jsonl",
    "damaged/gzip-then-garbage.jsonl.gz",
    "damaged/gzip-wrong-checksum.jsonl.gz",
    "damaged/truncated.jsonl.gz",
];

/// Specimens whose rows only a case can show: what is in them are inputs of their own, or rows of a whole file.
const WHOLE: &[&str] = &["archives", "etcd", "captures", "parquet"];

#[test]
fn the_books_of_every_specimen_balance_and_are_as_expected() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for entry in WalkDir::new(project("sample-data/formats")).sort_by_file_name() {
        let entry = entry.unwrap();
        let name = entry.path().to_string_lossy().into_owned();
        if !name.ends_with(".expect.json") {
            continue;
        }
        let specimen = PathBuf::from(name.trim_end_matches(".expect.json"));
        let expect: Value = serde_json::from_str(&std::fs::read_to_string(entry.path()).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut case = Case::create(&folder.path().join("case"), AT).unwrap();
        let receipt = case.ingest(std::slice::from_ref(&specimen), AT, &mut |_| {}).unwrap();
        let mut differences = books(&receipt, &expect);
        if WHOLE.iter().any(|kind| specimen.parent().is_some_and(|parent| parent.ends_with(kind))) {
            differences.extend(contents(&case, &receipt, &expect));
        }
        if !differences.is_empty() && !OTHERWISE.iter().any(|part| name.contains(part)) {
            wrong.push(format!("{name}:\n    {}", differences.join("\n    ")));
        }
        seen += 1;
    }
    assert!(seen > 200, "only {seen} specimens");
    assert!(wrong.is_empty(), "{} of {seen} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn books(receipt: &Receipt, expect: &Value) -> Vec<String> {
    let new: Vec<_> = receipt.inputs.iter().filter(|input| !input.known).collect();
    for input in &new {
        assert_eq!(input.read, input.stored + input.duplicate + input.rejected, "{}", input.path);
    }
    let books = [
        ("read", new.iter().map(|input| input.read).sum::<u64>()),
        ("stored", new.iter().map(|input| input.stored).sum()),
        ("duplicate", new.iter().map(|input| input.duplicate).sum()),
        ("rejected", new.iter().map(|input| input.rejected).sum()),
        ("inputs", receipt.inputs.len() as u64),
    ];
    let wanted = |key: &str| expect[key].as_u64();
    let differ = books.iter().filter(|(key, value)| wanted(key).is_some_and(|wanted| wanted != *value));
    differ.map(|(key, value)| format!("{key} {value}, expected {}", expect[key])).collect()
}

/// What differs in rows, rejects and notes of a case.
fn contents(case: &Case, receipt: &Receipt, expect: &Value) -> Vec<String> {
    let engine = Engine::open(case).unwrap();
    let mut differences = Vec::new();
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    for row in expect["rows"].as_array().unwrap() {
        let mut tests = vec!["true".to_owned()];
        for (column, value) in row.as_object().unwrap().iter().filter(|(column, _)| *column != "table") {
            let column = format!("CAST(\"{column}\" AS VARCHAR)");
            tests.push(match value {
                Value::Null => format!("{column} IS NULL"),
                Value::String(text) => format!("starts_with({column}, {})", quoted(text)),
                other => format!("{column} = {}", quoted(&other.to_string())),
            });
        }
        let table = row["table"].as_str().unwrap();
        let sql = format!("SELECT 1 FROM \"{table}\" WHERE {}", tests.join(" AND "));
        match engine.sql(&sql, &[]) {
            Ok(answer) if answer.rows() > 0 => {}
            Ok(_) => differences.push(format!("no row {row}")),
            Err(error) => differences.push(format!("{row}: {error}")),
        }
    }
    for reject in expect["rejects"].as_array().unwrap() {
        let word = quoted(&reject["reason_contains"].as_str().unwrap().to_lowercase());
        let sql = format!("SELECT 1 FROM reject WHERE strpos(lower(CAST(reason AS VARCHAR)), {word}) > 0");
        if engine.sql(&sql, &[]).unwrap().rows() == 0 {
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
fn nothing_is_written_by_the_name_an_archive_gives() {
    let folder = tempfile::tempdir().unwrap();
    let specimen = project("sample-data/formats/archives/path-traversal.tar");
    let mut case = Case::create(&folder.path().join("deep/er/case"), AT).unwrap();
    case.ingest(&[specimen], AT, &mut |_| {}).unwrap();
    let named = |path: &Path| path.ends_with("evil.json") || path.ends_with("abs/pods.json");
    let written = WalkDir::new(folder.path()).into_iter().map(|entry| entry.unwrap().into_path());
    assert!(!written.into_iter().any(|path| named(&path)));
    assert!(!Path::new("/tmp/evil.json").exists() && !Path::new("/abs/pods.json").exists());
}
