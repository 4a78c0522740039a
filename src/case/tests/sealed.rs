//! A sealed case: it verifies as long as nobody touches it, and every place where somebody did is named.

use std::fs;
use std::path::PathBuf;

use arrow::array::RecordBatch;

use super::{AT, case_of, event, events, lines, tar_of};
use crate::case::act::{Act, Who};
use crate::case::{Action, Case, Report, verify};
use crate::error::Error;
use crate::model::tables;

/// A case of a file and an archive, replayed and sealed.
struct Scene {
    folder: tempfile::TempDir,
}

fn act() -> Act {
    let who = Who { investigator: Some("R. Example".into()), user: Some("rex".into()), host: Some("lab-7".into()) };
    Act::new(AT, who, ["coldcase", "case", "seal"].map(std::ffi::OsString::from))
}

impl Scene {
    fn new() -> Scene {
        let scene = Scene { folder: tempfile::tempdir().unwrap() };
        events(&scene.path("one.jsonl"), 0..3);
        fs::write(scene.path("two.tar"), tar_of(&[("a.jsonl", &event(3)), ("b.jsonl", &event(4))])).unwrap();
        scene.keys();
        let mut case = case_of(&scene.path("case"), &[scene.path("one.jsonl"), scene.path("two.tar")]);
        scene.replay(&mut case);
        case.seal(&scene.path("seal.key"), act()).unwrap();
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Keys from their seeds; the public halves are those of RFC 8032 section 7.1, tests 1 and 2.
    fn keys(&self) {
        for (name, text) in [
            ("seal.key", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
            ("seal.pub", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
            ("other.key", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
            ("other.pub", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
        ] {
            fs::write(self.path(name), text).unwrap();
        }
    }

    fn replay(&self, case: &mut Case) {
        case.record_replay(1, &RecordBatch::new_empty(tables::finding::TABLE.schema.clone()), AT).unwrap();
    }

    fn verify(&self) -> Report {
        verify(&self.path("case"), Some(&self.path("seal.pub"))).unwrap()
    }

    fn journal(&self, change: impl FnOnce(&mut Vec<String>)) {
        let path = self.path("case/journal.jsonl");
        let mut lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
        change(&mut lines);
        fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    }

    /// What is found, in lines.
    fn finds(&self) -> Vec<String> {
        lines(&self.verify().mismatches)
    }
}

#[test]
fn nobody_touched_it_and_everything_matches() {
    let scene = Scene::new();
    let report = scene.verify();
    assert_eq!(report.mismatches, []);
    assert_eq!(report.remarks, []);
    // One file, one archive, two members; the table of the events.
    assert_eq!((report.evidence, report.files, report.journal), (4, 1, 4));
    let [seal] = &report.seals[..] else { panic!("{:?}", report.seals) };
    assert!(seal.holds && seal.is_of_key_given);
    assert_eq!((seal.length, seal.later, &*seal.who), (3, 1, "R. Example (rex@lab-7)"));
    let case = Case::open(&scene.path("case")).unwrap();
    let last = case.entries().last().unwrap();
    assert!(matches!(&last.action, Action::Seal { path, length: 3, .. } if path == "seal-1.json"));
    assert_eq!(last.who, act().who);
    assert_eq!(last.command, ["coldcase", "case", "seal"]);
}

#[test]
fn without_a_key_a_seal_holds_but_nobody_says_whose_it_is() {
    let scene = Scene::new();
    let report = verify(&scene.path("case"), None).unwrap();
    assert_eq!(report.mismatches, []);
    assert!(report.seals[0].holds && !report.seals[0].is_of_key_given);
}

#[test]
fn a_second_seal_covers_the_first_and_what_came_between() {
    let scene = Scene::new();
    let mut case = Case::open(&scene.path("case")).unwrap();
    scene.replay(&mut case);
    let seal = case.seal(&scene.path("seal.key"), AT).unwrap();
    assert_eq!((&*seal.name, seal.length), ("seal-2.json", 5));
    let report = scene.verify();
    assert_eq!(report.mismatches, []);
    let later: Vec<u64> = report.seals.iter().map(|seal| seal.later).collect();
    assert_eq!(later, [3, 1]);
}

#[test]
fn changed_evidence_is_named_by_the_check_and_by_the_seal() {
    let scene = Scene::new();
    let path = scene.path("one.jsonl");
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("get", "put")).unwrap();
    let found = scene.finds();
    let [own, sealed] = &found[..] else { panic!("{found:?}") };
    assert!(own.starts_with(&format!("{}: has SHA-256 ", path.display())), "{own}");
    assert!(own.ends_with(" when it was recorded"), "{own}");
    assert!(sealed.starts_with(&format!("seal-1.json: evidence 0, {}: has SHA-256 ", path.display())), "{sealed}");
    assert!(!scene.verify().seals[0].holds);
}

#[test]
fn a_changed_member_is_told_from_the_others_of_its_archive() {
    let scene = Scene::new();
    let path = scene.path("two.tar");
    fs::write(&path, tar_of(&[("a.jsonl", &event(3)), ("b.jsonl", &event(5))])).unwrap();
    let report = scene.verify();
    let found = lines(&report.mismatches);
    let [archive, member, sealed] = &found[..] else { panic!("{found:?}") };
    assert!(archive.starts_with(&format!("{}: has SHA-256 ", path.display())), "{archive}");
    assert!(member.starts_with(&format!("{}!b.jsonl: has SHA-256 ", path.display())), "{member}");
    assert!(sealed.starts_with("seal-1.json: evidence 1, "), "{sealed}");
    let [remark] = &report.remarks[..] else { panic!("{:?}", report.remarks) };
    assert_eq!(remark.what, "1 of the 2 members that are evidence are what they were");
}

#[test]
fn an_archive_that_is_gone_is_one_mismatch_and_not_one_a_member() {
    let scene = Scene::new();
    fs::remove_file(scene.path("two.tar")).unwrap();
    let found = scene.finds();
    let [archive, sealed] = &found[..] else { panic!("{found:?}") };
    assert!(archive.contains("cannot open") && sealed.contains("cannot open"), "{found:?}");
}

#[test]
fn a_changed_case_file_is_named() {
    let scene = Scene::new();
    let case = Case::open(&scene.path("case")).unwrap();
    let path = case.files("audit").remove(0);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let found = scene.finds();
    let name = path.strip_prefix(scene.path("case")).unwrap().to_string_lossy().into_owned();
    assert!(found[0].starts_with(&format!("{name}: has SHA-256 ")), "{found:?}");
    assert!(found[1].starts_with(&format!("seal-1.json: {name}: has SHA-256 ")), "{found:?}");
    assert_eq!(found.len(), 2);
}

#[test]
fn a_broken_chain_is_named_by_its_first_line_and_the_rest_is_checked() {
    let scene = Scene::new();
    scene.journal(|lines| lines[1] = lines[1].replace("2031-04-05T06", "2031-04-05T05"));
    assert!(matches!(Case::open(&scene.path("case")), Err(Error::Tampered { .. })));
    let found = scene.finds();
    let [chain, sealed] = &found[..] else { panic!("{found:?}") };
    assert!(chain.starts_with("journal.jsonl: line 2 was changed: "), "{chain}");
    assert!(sealed.starts_with("seal-1.json: line 2 of the journal is not the one that was sealed"), "{sealed}");
    assert_eq!(scene.verify().evidence, 4);
}

#[test]
fn a_journal_that_was_cut_and_chained_anew_is_told_by_the_seal_alone() {
    let scene = Scene::new();
    // The seal's own line and the replay before it.
    scene.journal(|lines| lines.truncate(2));
    let found = scene.finds();
    assert_eq!(
        found[0],
        "seal-1.json: no line of the journal lists it: a command was killed while it sealed, or it was put in"
    );
    assert_eq!(found[1], "seal-1.json: the journal was cut: 3 lines were sealed, 2 are left");
    assert_eq!(found.len(), 2);
    let mut case = Case::open(&scene.path("case")).unwrap();
    let none = RecordBatch::new_empty(tables::finding::TABLE.schema.clone());
    case.record_replay(2, &none, AT).unwrap();
    let found = scene.finds();
    assert!(found[1].starts_with("seal-1.json: line 3 of the journal is not the one that was sealed"), "{found:?}");
    assert_eq!(found.len(), 2);
}

#[test]
fn an_unfinished_line_is_told_and_is_no_mismatch() {
    let scene = Scene::new();
    let path = scene.path("case/journal.jsonl");
    let text = fs::read_to_string(&path).unwrap() + "{\"seq\":4";
    fs::write(&path, text).unwrap();
    let report = scene.verify();
    assert_eq!(report.mismatches, []);
    assert!(report.remarks[0].what.starts_with("line 5 is unfinished (8 bytes)"), "{:?}", report.remarks);
    // Sealing goes on after it.
    let mut case = Case::open(&scene.path("case")).unwrap();
    case.seal(&scene.path("seal.key"), AT).unwrap();
    assert_eq!(scene.finds(), [""; 0]);
}

#[test]
fn a_changed_seal_counts_for_nothing() {
    let scene = Scene::new();
    let path = scene.path("case/seal-1.json");
    let text = fs::read_to_string(&path).unwrap().replace("R. Example", "S. Example");
    fs::remove_file(&path).unwrap();
    fs::write(&path, text).unwrap();
    assert_eq!(
        scene.finds(),
        [
            "seal-1.json: is not the one that line 4 of the journal lists",
            "seal-1.json: the signature is not that of the statement; nothing it states counts"
        ]
    );
}

#[test]
fn a_seal_that_was_taken_away_is_missed_and_its_number_is_not_given_again() {
    let scene = Scene::new();
    fs::remove_file(scene.path("case/seal-1.json")).unwrap();
    assert_eq!(
        scene.finds(),
        [
            "seal-1.json: is gone, line 4 of the journal lists it",
            "seals: a public key was given, and there is no seal to check with it"
        ]
    );
    let mut case = Case::open(&scene.path("case")).unwrap();
    assert_eq!(case.seal(&scene.path("seal.key"), AT).unwrap().name, "seal-2.json");
}

#[test]
fn a_seal_by_another_key_is_told_when_a_key_is_given() {
    let scene = Scene::new();
    let mut case = Case::open(&scene.path("case")).unwrap();
    case.seal(&scene.path("other.key"), AT).unwrap();
    let found = scene.finds();
    let [line] = &found[..] else { panic!("{found:?}") };
    assert!(line.starts_with("seal-2.json: signed by another key than the one given: MCow"), "{line}");
}

#[test]
fn files_that_a_later_command_replaced_are_told_and_are_no_mismatch() {
    let scene = Scene::new();
    // One event by two routes; only the second says who was impersonated, so it takes the place of the first.
    let poor = r#"{"TimeGenerated":"2031-04-05T06:07:08Z","Type":"AKSAudit","Level":"Metadata","AuditId":"a","Stage":"ResponseComplete","RequestUri":"/api/v1/pods","Verb":"list","User":{"username":"lena@contoso.example"},"ObjectRef":{"resource":"pods","apiVersion":"v1"},"ResponseStatus":{"code":200},"RequestReceivedTime":"2031-04-05T06:07:08.000001Z","StageReceivedTime":"2031-04-05T06:07:08.000002Z"}"#;
    let full = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a","stage":"ResponseComplete","requestURI":"/api/v1/pods","verb":"list","user":{"username":"lena@contoso.example"},"impersonatedUser":{"username":"admin"},"objectRef":{"resource":"pods","apiVersion":"v1"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2031-04-05T06:07:08.000001Z","stageTimestamp":"2031-04-05T06:07:08.000002Z"}"#;
    let mut case = Case::open(&scene.path("case")).unwrap();
    fs::write(scene.path("poor.jsonl"), poor).unwrap();
    case.ingest(&[scene.path("poor.jsonl")], AT, &mut |_| {}).unwrap();
    case.seal(&scene.path("seal.key"), AT).unwrap();
    fs::write(scene.path("full.jsonl"), full).unwrap();
    case.ingest(&[scene.path("full.jsonl")], AT, &mut |_| {}).unwrap();
    let report = scene.verify();
    assert_eq!(report.mismatches, []);
    let told = report.remarks.iter().filter(|remark| remark.path == "seal-2.json").map(|remark| &*remark.what);
    let told: Vec<&str> = told.collect();
    assert!(told.iter().all(|what| what.ends_with(" was replaced later, line 7 of the journal says so")), "{told:?}");
    assert_eq!(told.len(), 2, "the first intake's file and the second's: {told:?}");
    assert!(report.seals.iter().all(|seal| seal.holds));
}

#[test]
fn what_is_not_what_it_was_is_not_sealed() {
    let scene = Scene::new();
    fs::remove_file(scene.path("one.jsonl")).unwrap();
    let mut case = Case::open(&scene.path("case")).unwrap();
    let before = fs::read(scene.path("case/journal.jsonl")).unwrap();
    let error = case.seal(&scene.path("seal.key"), AT).unwrap_err();
    assert!(matches!(&error, Error::Tampered { path, .. } if *path == scene.path("one.jsonl")), "{error}");
    assert!(!scene.path("case/seal-2.json").exists());
    assert_eq!(fs::read(scene.path("case/journal.jsonl")).unwrap(), before);
}
