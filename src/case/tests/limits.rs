//! Every limit and every way to lie about one's size or shape: what is said of it, word for word, in one line.

use std::path::Path;

use super::specimens::{cell, stored};
use super::{AT, tar_of};
use crate::case::Case;

/// Specimen, and what is said of it: the reason of a reject, or a note about the input.
const SAID: &[(&str, &str)] = &[
    (
        "archives/bomb.gz",
        "stopped: 268500992 bytes of content from 262154 compressed bytes, over 1000:1 (a decompression bomb?)",
    ),
    ("archives/nested-seven.tar", "tar archive inside more than four others; unpack it first"),
    ("archives/path-traversal.tar", "path climbs out of its folder with .."),
    ("archives/path-traversal.tar", "path is absolute"),
    ("archives/links-and-devices.tar", "member bundle/current: a link to /etc/passwd, not followed"),
    ("archives/links-and-devices.tar", "member bundle/hard: a link to bundle/pods.json, not followed"),
    ("archives/links-and-devices.tar", "member bundle/null: character device, no file"),
    ("archives/encrypted.zip", "member secret.json: encrypted"),
    ("archives/cut.tar.gz", "ends early: 124 of 4000 bytes"),
    ("archives/utf-16.json", "UTF-16 text, read as UTF-8: places count in UTF-8 bytes"),
    ("yaml/billion-laughs.yaml", "YAML: line 9: aliases expand to more than 400000 values"),
    ("yaml/bad-byte.yaml", "YAML document that is no UTF-8, from byte 54 of it"),
    ("damaged/deep-garbage.jsonl", "not JSON: the record is cut short"),
    (
        "damaged/duplicate-keys.jsonl",
        "not readable: duplicate field `verb`, in verb, at character 205 of line 1 of the record",
    ),
    ("damaged/nan.jsonl", "not JSON: NaN, for which JSON has no number, at character 397 of line 1 of the record"),
    (
        "damaged/nan.jsonl",
        "not JSON: -Infinity, for which JSON has no number, at character 397 of line 1 of the record",
    ),
    ("damaged/lone-surrogate.jsonl", "half a surrogate pair in a string, at character 324 of the record"),
    ("damaged/invalid-utf8.jsonl", "no UTF-8 at byte 321 of the record"),
    ("workspace-csv/cut-in-quotes.csv", "the row is cut short inside quotes"),
    ("workspace-csv/portal-limit.csv.gz", "exactly 30,000 rows, the portal's limit: more rows are likely missing"),
    ("parquet/cut.parquet", "Parquet file: it is cut short or damaged, and without its end nothing of it can be read"),
];

/// What has a limit and is far below it, or looks like a trick and is none: read, and nothing is said.
const READ: &[(&str, u64)] = &[
    ("damaged/deep-body.jsonl", 2),
    ("damaged/duplicate-keys-in-body.jsonl", 1),
    ("damaged/lone-surrogate-in-body.jsonl", 1),
    ("workspace-csv/portal-raw-newline.csv", 2),
    ("json-lines/long-line.jsonl.gz", 2),
    ("compressed/gzip-in-gzip.jsonl.gz", 2),
];

/// Everything that is said of an input and what is in it.
fn said(path: &Path) -> (u64, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::create(&folder.path().join("case"), AT).unwrap();
    let receipt = case.ingest(&[path.to_path_buf()], AT, &mut |_| {}).unwrap();
    let mut said: Vec<String> = receipt.inputs.iter().flat_map(|input| input.notes.clone()).collect();
    for batch in stored(&case, "reject") {
        said.extend((0..batch.num_rows()).filter_map(|row| cell(&batch, "reason", row)));
    }
    (receipt.inputs.iter().map(|input| input.stored).sum(), said)
}

fn specimen(name: &str) -> Option<std::path::PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/formats").join(name);
    path.exists().then_some(path)
}

#[test]
fn of_every_limit_one_line_is_said() {
    for (name, line) in SAID {
        let Some(path) = specimen(name) else { return };
        let (_, said) = said(&path);
        assert!(said.iter().any(|said| said == line), "{name}: {said:#?}");
        assert!(said.iter().all(|said| !said.contains('\n') && said.len() <= 303), "{name}: {said:#?}");
    }
}

#[test]
fn what_keeps_within_a_limit_is_read_without_a_word() {
    for (name, rows) in READ {
        let Some(path) = specimen(name) else { return };
        assert_eq!(said(&path), (*rows, Vec::new()), "{name}");
    }
}

#[test]
fn archives_within_archives_are_opened_four_deep_and_no_deeper() {
    let folder = tempfile::tempdir().unwrap();
    let mut inner = tar_of(&[("a.txt", "read\n")]);
    for depth in 1..=4 {
        let path = folder.path().join(format!("{depth}.tar"));
        std::fs::write(&path, &inner).unwrap();
        let (stored, said) = said(&path);
        assert_eq!(stored, 1, "{depth}: {said:?}");
        let mut header = tar::Header::new_gnu();
        header.set_size(inner.len() as u64);
        let mut outer = tar::Builder::new(Vec::new());
        outer.append_data(&mut header, "inner.tar", inner.as_slice()).unwrap();
        inner = outer.into_inner().unwrap();
    }
    let path = folder.path().join("5.tar");
    std::fs::write(&path, &inner).unwrap();
    let (stored, said) = said(&path);
    let reason = "tar archive inside more than four others; unpack it first";
    assert!(stored == 0 && said.iter().any(|said| said == reason), "{said:?}");
}
