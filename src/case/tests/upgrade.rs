//! A case of format 1 opens, verifies, and becomes one of the newest when something is written.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{AT, events, spans, whole};
use crate::case::encoding::hex;
use crate::case::{Action, Case, Deed, FORMAT, Manifest};
use crate::error::Error;

/// A case as the first version wrote it: one input of which nothing was stored.
fn old_case(folder: &Path) -> Case {
    let dir = folder.join("old");
    fs::create_dir_all(dir.join("tables")).unwrap();
    fs::write(dir.join("case.toml"), "format = 1\nname = \"breach\"\n").unwrap();
    let input = folder.join("abc.txt");
    fs::write(&input, "abc").unwrap();
    let path = serde_json::to_string(&input).unwrap();
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let zeros = "0".repeat(64);
    let create = format!(
        r#"{{"seq":0,"at":"{AT}","action":"create","name":"breach","by":"coldcase 0.1.0","previous":"{zeros}"}}"#
    );
    let before = hex(&Sha256::digest(&create));
    let ingest = format!(
        r#"{{"seq":1,"at":"{AT}","action":"ingest","inputs":[{{"path":{path},"sha256":"{sha256}","size":3,"content_size":3,"format":"empty","read":0,"stored":0,"duplicate":0,"rejected":0,"first":null,"last":null,"cut":0,"notes":[]}}],"files":[],"replaced":[],"previous":"{before}"}}"#
    );
    fs::write(dir.join("journal.jsonl"), format!("{create}\n{ingest}\n")).unwrap();
    Case::open(&dir).unwrap()
}

fn manifest(case: &Case) -> String {
    fs::read_to_string(case.dir().join("case.toml")).unwrap()
}

#[test]
fn it_opens_and_verifies_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let case = old_case(folder.path());
    assert_eq!((case.format(), case.name(), case.evidence().len()), (1, "breach", 1));
    let report = case.verify(None).unwrap();
    assert_eq!((report.mismatches, report.evidence, report.journal), (vec![], 1, 2));
    assert_eq!(manifest(&case), "format = 1\nname = \"breach\"\n");
}

#[test]
fn it_becomes_one_of_the_newest_with_the_first_new_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = old_case(folder.path());
    let before = fs::read_to_string(case.dir().join("journal.jsonl")).unwrap();
    let known = folder.path().join("abc.txt");
    whole(case.ingest(&[known], AT, &mut |_| {}).unwrap());
    assert_eq!(manifest(&case), "format = 1\nname = \"breach\"\n", "nothing was written");
    let new = events(&folder.path().join("one.jsonl"), 0..3);
    whole(case.ingest(&[new], AT, &mut |_| {}).unwrap());
    assert_eq!(manifest(&case), "format = 4\nname = \"breach\"\n");
    assert!(fs::read_to_string(case.dir().join("journal.jsonl")).unwrap().starts_with(&before));
    let case = Case::open(case.dir()).unwrap();
    assert_eq!((case.format(), spans(&case).len()), (4, 3));
    assert_eq!(case.verify(None).unwrap().mismatches, []);
}

#[test]
fn it_can_be_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = old_case(folder.path());
    let key = folder.path().join("seal.key");
    fs::write(&key, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
    case.seal(&key, AT).unwrap();
    assert_eq!(manifest(&case), "format = 4\nname = \"breach\"\n");
    assert!(matches!(case.entries()[2].action, Action::Seal { length: 2, .. }));
    let report = case.verify(None).unwrap();
    assert!(report.mismatches.is_empty() && report.seals[0].holds);
}

#[test]
fn a_program_that_knows_no_windows_refuses_a_case_that_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = old_case(folder.path());
    assert!(Manifest::read_by(case.dir(), 3).is_ok());
    case.note(vec![Deed::Window { name: "the night".into(), from: 0, to: 1 }], AT).unwrap();
    let Err(error) = Manifest::read_by(case.dir(), 3) else { panic!("windows came with format 4") };
    assert!(matches!(error, Error::NewerCase { found: 4, known: 3, .. }), "{error:?}");
    assert!(error.to_string().contains("has case format 4, this coldcase reads up to 3"), "{error}");
    // The next format is refused by this program in the same way, whatever else is in the case.
    fs::write(case.dir().join("case.toml"), format!("format = {}\nname = \"breach\"\n", FORMAT + 1)).unwrap();
    assert!(matches!(Case::open(case.dir()), Err(Error::NewerCase { .. })));
}
