//! Every specimen of a format: its books, and the fields its expectation names.

use std::path::PathBuf;

use serde_json::Value;
use walkdir::WalkDir;

use crate::support::{AT, project};
use coldcase::case::Case;

/// Expectations written before a choice was made otherwise; the reasons are in docs/decisions.md.
const OTHERWISE: &[&str] = &[
    "damaged/no-audit-id.jsonl",
    "damaged/no-time.jsonl",
    "damaged/gzip-then-garbage.jsonl.gz",
    "damaged/gzip-wrong-checksum.jsonl.gz",
    "damaged/truncated.jsonl.gz",
];

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
        let input = &receipt.inputs[0];
        assert_eq!(input.read, input.stored + input.duplicate + input.rejected, "{name}");
        let books = [
            ("read", input.read),
            ("stored", input.stored),
            ("duplicate", input.duplicate),
            ("rejected", input.rejected),
        ];
        let differs = books.iter().any(|(key, value)| expect[key].as_u64() != Some(*value));
        if differs && !OTHERWISE.iter().any(|part| name.contains(part)) {
            wrong.push(format!("{name}: {books:?}, expected {expect}"));
        }
        seen += 1;
    }
    assert!(seen > 200, "only {seen} specimens");
    assert!(wrong.is_empty(), "{} of {seen} differ:\n{}", wrong.len(), wrong.join("\n"));
}
