//! `coldcase query` as people and scripts use it: its files and formats.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{project, run, text};

const LOG: &str = "sample-data/incidents/aks-intrusion/evidence/audit-log/audit.log.gz";

/// A folder with a case of the sample's audit log.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let log = project(LOG);
    assert_eq!(run(folder.path(), &["ingest", "--quiet", log.to_str().unwrap()]).status.code(), Some(0));
    folder
}

fn parquet_rows(path: &Path) -> usize {
    let file = fs::File::open(path).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    reader.map(|batch| batch.unwrap().num_rows()).sum()
}

#[test]
fn the_name_of_the_file_chooses_the_format_of_queries_hunts_and_findings() {
    let folder = folder();
    let dir = folder.path();
    let verbs = "SELECT verb, count(*) AS n FROM audit GROUP BY verb ORDER BY n DESC, verb";
    let file = |name: &str| fs::read(dir.join(name)).unwrap();
    let ask = |args: &[&str]| {
        let output = run(dir, args);
        assert_eq!(output.status.code(), Some(0), "{args:?} {:?}", text(&output));
        text(&output).0
    };
    let lines = ask(&["query", verbs, "--format", "jsonl"]);
    for name in ["a.csv", "a.jsonl", "a.json", "a.md", "a.txt", "a.parquet", "a.arrow"] {
        assert_eq!(ask(&["query", verbs, "-o", name]), "");
    }
    assert_eq!(file("a.jsonl"), lines.as_bytes());
    assert!(file("a.csv").starts_with(b"verb,n\n") && file("a.md").starts_with(b"| verb | n |\n|---|---:|\n"));
    assert!(file("a.txt").ends_with(b"rows\n"));
    let array: Value = serde_json::from_slice(&file("a.json")).unwrap();
    assert_eq!(array.as_array().unwrap().len(), lines.lines().count());
    assert_eq!(parquet_rows(&dir.join("a.parquet")), lines.lines().count());
    let reader = arrow_ipc::reader::FileReader::try_new(fs::File::open(dir.join("a.arrow")).unwrap(), None).unwrap();
    assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), lines.lines().count());
    assert!(ask(&["query", verbs, "--chart", "bar"]).contains("get  "));
    for chart in ["bar", "line"] {
        assert!(ask(&["query", verbs, "--chart", chart]).starts_with(if chart == "bar" { "verb" } else { "n\n" }));
        ask(&["query", verbs, "--chart", chart, "-o", "a.svg"]);
        assert!(file("a.svg").starts_with(b"<svg "));
    }
    // The same of what is not asked by hand.
    ask(&["hunt", "actors", "-o", "hunt.md"]);
    assert!(file("hunt.md").starts_with(b"| "));
    ask(&["hunt", "actors", "-o", "hunt.arrow"]);
    assert!(file("hunt.arrow").starts_with(b"ARROW1"));
    ask(&["replay", "-o", "findings.arrow"]);
    assert!(file("findings.arrow").starts_with(b"ARROW1"));
    ask(&["incidents", "-o", "incidents.csv"]);
    assert!(file("incidents.csv").contains(&b','));
    for args in [&["query", verbs, "-o", "a.svg"][..], &["query", "SELECT verb FROM audit", "--chart", "bar"]] {
        assert_eq!(run(dir, args).status.code(), Some(2), "{args:?}");
    }
}
