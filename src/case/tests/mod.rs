//! Tests of custody: every expectation comes from a standard, another tool or the text of the input.

mod act;
mod chain;
mod embed;
mod embedded;
mod encoding;
mod files;
mod group;
mod hash;
mod intake;
mod key;
mod limits;
mod notes;
mod oracle;
mod pages;
mod seal;
mod sealed;
mod specimens;
mod text;
mod upgrade;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::AsArray;
use arrow::datatypes::{UInt32Type, UInt64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::custody::{Action, Journal};
use super::{Case, Mismatch, Receipt};
use crate::model::{EvidenceId, Span};

const AT: &str = "2031-04-05T06:07:08.000000Z";

/// A journal of five lines: create and four replays.
fn journal(folder: &Path) -> PathBuf {
    let path = folder.join("journal.jsonl");
    let mut journal = Journal::read(&path).unwrap();
    journal.append("2031-04-05T06:07:08.000000Z", Action::Create { name: "a".into(), by: "b".into() }).unwrap();
    for rules in 10..14 {
        let replay = Action::Replay { rules, findings: 0, files: Vec::new(), replaced: Vec::new() };
        journal.append("2031-04-05T06:07:09.000000Z", replay).unwrap();
    }
    path
}

/// An audit event on a line of its own.
fn event(id: u32) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id-{id}","stage":"ResponseComplete","verb":"get","requestURI":"/api","stageTimestamp":"2031-04-05T06:07:08.{id:06}Z"}}"#
    ) + "\n"
}

/// A file of such events.
fn events(path: &Path, ids: impl Iterator<Item = u32>) -> PathBuf {
    fs::write(path, ids.map(event).collect::<String>()).unwrap();
    path.to_path_buf()
}

/// A tar of files.
fn tar_of(members: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A case of inputs, without problems.
fn case_of(dir: &Path, inputs: &[PathBuf]) -> Case {
    let mut case = Case::create(dir, AT).unwrap();
    whole(case.ingest(inputs, AT, &mut |_| {}).unwrap());
    case
}

#[track_caller]
fn whole(receipt: Receipt) -> Receipt {
    assert!(receipt.problems.is_empty(), "{:?}", receipt.problems);
    receipt
}

/// Every file and folder below a folder, with its bytes.
fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = walkdir::WalkDir::new(dir).into_iter().map(|entry| entry.unwrap().into_path());
    entries.map(|path| (path.clone(), if path.is_file() { fs::read(&path).unwrap() } else { Vec::new() })).collect()
}

/// The spans of the rows of table `audit`.
fn spans(case: &Case) -> Vec<Span> {
    let mut spans = Vec::new();
    for path in case.files("audit") {
        let file = fs::File::open(path).unwrap();
        for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
            let batch = batch.unwrap();
            let column = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<UInt64Type>().clone();
            let evidence = batch.column_by_name("evidence").unwrap().as_primitive::<UInt32Type>();
            let (offset, length) = (column("offset"), column("length"));
            spans.extend((0..batch.num_rows()).map(|row| Span {
                evidence: EvidenceId(evidence.value(row)),
                offset: offset.value(row),
                length: length.value(row),
            }));
        }
    }
    spans
}

/// What does not match, a line each.
fn lines(mismatches: &[Mismatch]) -> Vec<String> {
    mismatches.iter().map(|mismatch| format!("{}: {}", mismatch.path, mismatch.what)).collect()
}
