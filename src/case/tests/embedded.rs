//! Copies of evidence in a case: the case alone is enough, and a copy that is not true is named.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{AT, event, events, lines, spans, tar_of, tree, whole};
use crate::case::act::Act;
use crate::case::{Case, Intaking, Receipt, verify};

fn embedding() -> Intaking {
    Intaking { embed: true, ..Intaking::from(Act::from(AT)) }
}

fn embed(case: &mut Case, inputs: &[PathBuf]) -> Receipt {
    whole(case.ingest(inputs, embedding(), &mut |_| {}).unwrap())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A case with copies of a file, a tar, and a packed tar.
fn scene(folder: &Path) -> Case {
    let inputs = ["one.jsonl", "two.tar", "three.tgz"].map(|name| folder.join(name));
    events(&inputs[0], 0..3);
    fs::write(&inputs[1], tar_of(&[("a.jsonl", &event(3)), ("b.jsonl", &(event(4) + &event(5)))])).unwrap();
    fs::write(&inputs[2], gzip(&tar_of(&[("c.jsonl", &event(6))]))).unwrap();
    let mut case = Case::create(&folder.join("case"), AT).unwrap();
    embed(&mut case, &inputs);
    case
}

/// The bytes of every row are those of the event they are of.
#[track_caller]
fn shows_every_row(case: &Case, ids: impl Iterator<Item = u32>) {
    let mut shown: Vec<String> = Vec::new();
    for span in spans(case) {
        let bytes = case.bytes(span).unwrap();
        assert!(bytes.same, "{span:?}");
        shown.push(String::from_utf8(bytes.bytes).unwrap());
    }
    shown.sort();
    assert_eq!(shown, ids.map(|id| event(id).trim_end().to_owned()).collect::<Vec<_>>());
}

#[test]
fn every_input_is_copied_once_and_members_are_in_the_copy_of_their_archive() {
    let folder = tempfile::tempdir().unwrap();
    let case = scene(folder.path());
    let copies: Vec<_> =
        case.evidence().iter().map(|input| input.embedded.as_ref().map(|copy| copy.path.clone())).collect();
    let expected = [Some("evidence/0.zst"), Some("evidence/1.zst"), None, None, Some("evidence/4.raw"), None];
    assert_eq!(copies, expected.map(|path| path.map(str::to_owned)));
    let names: Vec<_> = tree(&case.dir().join("evidence")).into_keys().skip(1).collect();
    assert_eq!(names, ["0.zst", "1.zst", "4.raw"].map(|name| case.dir().join("evidence").join(name)));
    // What is packed already is stored as it is.
    assert_eq!(fs::read(&names[2]).unwrap(), fs::read(folder.path().join("three.tgz")).unwrap());
}

#[test]
fn a_moved_case_whose_originals_are_gone_shows_every_row_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let case = scene(folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let dir = elsewhere.path().join("moved");
    for (path, bytes) in tree(case.dir()) {
        let to = dir.join(path.strip_prefix(case.dir()).unwrap());
        if path.is_dir() { fs::create_dir(to).unwrap() } else { fs::write(to, bytes).unwrap() }
    }
    drop(folder);
    let case = Case::open(&dir).unwrap();
    shows_every_row(&case, 0..7);
    let report = case.verify(None).unwrap();
    assert_eq!(report.mismatches, []);
    let told: Vec<&str> = report.remarks.iter().map(|remark| &*remark.what).collect();
    let gone = ["evidence/0.zst", "evidence/1.zst", "evidence/4.raw"];
    assert_eq!(told, gone.map(|copy| format!("not there any more, its copy {copy} is true")));
    // It can be sealed there too.
    let key = elsewhere.path().join("seal.key");
    fs::write(&key, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
    let mut case = case;
    let seal = case.seal(&key, AT).unwrap();
    // Three inputs; one table and three copies.
    assert_eq!((seal.evidence, seal.files), (3, 4));
    assert_eq!(case.verify(None).unwrap().mismatches, []);
}

#[test]
fn another_file_in_the_place_of_the_original_changes_no_answer_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let case = scene(folder.path());
    events(&folder.path().join("one.jsonl"), 7..9);
    shows_every_row(&case, 0..7);
    let report = case.verify(None).unwrap();
    assert_eq!(report.mismatches, []);
    assert_eq!(report.remarks[0].what, "is another file now, the copy evidence/0.zst in the case is true");
}

#[test]
fn a_copy_that_was_changed_is_named_and_the_original_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let case = scene(folder.path());
    let copy = case.dir().join("evidence/0.zst");
    let mut bytes = fs::read(&copy).unwrap();
    let last = bytes.len() - 6;
    bytes[last] ^= 1;
    fs::remove_file(&copy).unwrap();
    fs::write(&copy, bytes).unwrap();
    let found = lines(&case.verify(None).unwrap().mismatches);
    let [line] = &found[..] else { panic!("{found:?}") };
    assert!(line.starts_with("evidence/0.zst: has SHA-256 "), "{line}");
    fs::remove_file(folder.path().join("one.jsonl")).unwrap();
    let found = lines(&case.verify(None).unwrap().mismatches);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("one.jsonl: cannot open"), "{found:?}");
}

#[test]
fn a_journal_that_names_a_copy_outside_of_the_case_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let case = scene(folder.path());
    let path = case.dir().join("journal.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("evidence/0.zst", "../one.jsonl.zst")).unwrap();
    let found = lines(&verify(case.dir(), None).unwrap().mismatches);
    assert!(found.iter().any(|line| line.contains("which leads out of the case")), "{found:?}");
}

#[test]
fn what_a_killed_command_left_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("case");
    let mut case = Case::create(&dir, AT).unwrap();
    fs::create_dir(dir.join("evidence")).unwrap();
    for name in ["0.zst", "0.raw", "7.zst", ".embed-x", "stdin-3", "mine.txt"] {
        fs::write(dir.join("evidence").join(name), b"left").unwrap();
    }
    embed(&mut case, &[events(&folder.path().join("one.jsonl"), 0..3)]);
    // What the program does not write it does not take away, and standard input cannot be read twice.
    let left: Vec<_> = tree(&dir.join("evidence")).into_keys().skip(1).collect();
    assert_eq!(left, ["0.zst", "mine.txt", "stdin-3"].map(|name| dir.join("evidence").join(name)));
    assert_eq!(case.verify(None).unwrap().mismatches, []);
    shows_every_row(&case, 0..3);
    // Copies that are listed stay.
    embed(&mut case, &[events(&folder.path().join("two.jsonl"), 3..4)]);
    shows_every_row(&case, 0..4);
}

#[test]
fn the_table_of_evidence_says_where_copies_and_archives_are() {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::UInt32Type;
    let folder = tempfile::tempdir().unwrap();
    let batch = scene(folder.path()).evidence_batch().unwrap();
    let within = batch.column_by_name("member_of").unwrap().as_primitive::<UInt32Type>().iter().collect::<Vec<_>>();
    assert_eq!(within, [None, None, Some(1), Some(1), None, Some(4)]);
    let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
    assert_eq!(text("embedded").value(4), "evidence/4.raw");
    assert!(text("embedded").is_null(5));
    assert!(text("blake3").iter().all(|digest| digest.is_some_and(|digest| digest.len() == 64)));
}
