//! Seals: what they state, and every way in which one does not hold.

use std::collections::HashMap;
use std::path::Path;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use proptest::prelude::*;

use super::journal;
use crate::case::act::Who;
use crate::case::chain::Chain;
use crate::case::check::{Item, Look, Present, Problem, Verdict, check};
use crate::case::custody::{Action, Journal};
use crate::case::encoding::base64;
use crate::case::key::public_text;
use crate::case::seal::{Seal, Sealed, SealedEvidence, SealedFile, numbers, seal};
use crate::error::Error;

pub fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

pub fn facts(lines: Vec<String>) -> Sealed {
    let evidence = |number: u32, blake3: Option<&str>| SealedEvidence {
        number,
        path: format!("/evidence/é \"{number}\".json"),
        sha256: "aa".into(),
        blake3: blake3.map(str::to_owned),
        size: 4,
    };
    Sealed {
        case: "breach".into(),
        at: "2031-04-05T06:07:08.000000Z".into(),
        who: Who { investigator: Some("R. Example".into()), user: Some("rex".into()), host: None },
        lines,
        evidence: vec![evidence(0, None), evidence(1, Some("bb"))],
        files: vec![SealedFile { path: "tables/audit/1-0.parquet".into(), sha256: "cc".into(), size: 10 }],
    }
}

/// A case of five journal lines, sealed.
struct Scene {
    folder: tempfile::TempDir,
    seal: Seal,
    now: HashMap<String, Look>,
    trusted: Option<VerifyingKey>,
    case: String,
}

impl Scene {
    fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let chain = Chain::read(&journal(folder.path())).unwrap();
        let facts = facts(chain.hashes().map(str::to_owned).collect());
        let seal = seal(&facts, &key(7));
        Scene { folder, seal, now: HashMap::new(), trusted: Some(key(7).verifying_key()), case: "breach".into() }
    }

    fn journal(&self) -> std::path::PathBuf {
        self.folder.path().join("journal.jsonl")
    }

    fn lines(&self, change: impl FnOnce(&mut Vec<String>)) {
        let mut lines: Vec<String> =
            std::fs::read_to_string(self.journal()).unwrap().lines().map(str::to_owned).collect();
        change(&mut lines);
        std::fs::write(self.journal(), lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    }

    fn check(&self) -> Verdict {
        let chain = Chain::read(&self.journal()).unwrap();
        let present = Present { case: &self.case, chain: &chain, trusted: self.trusted.as_ref() };
        check(&self.seal, &present, &mut |item| {
            let (path, sha256, blake3, size) = match item {
                Item::Evidence(e) => (&e.path, &e.sha256, e.blake3.clone(), e.size),
                Item::File(f) => (&f.path, &f.sha256, None, f.size),
            };
            self.now.get(path).cloned().unwrap_or(Look::Found { sha256: sha256.clone(), blake3, size })
        })
    }

    #[track_caller]
    fn finds(&self, problem: &Problem) {
        assert_eq!(self.check().problems, std::slice::from_ref(problem));
    }
}

#[test]
fn a_seal_of_a_case_nobody_touched_holds() {
    let mut scene = Scene::new();
    assert_eq!(scene.check(), Verdict::default());
    scene.trusted = None;
    assert!(scene.check().holds());
}

/// Written by hand after the head of `seal.rs`.
#[test]
fn the_statement_is_canonical() {
    let seal = seal(&facts(vec!["11".into(), "22".into()]), &key(7));
    let expected = concat!(
        r#"{"kind":"coldcase seal","format":1,"case":"breach","at":"2031-04-05T06:07:08.000000Z","#,
        r#""who":{"investigator":"R. Example","user":"rex","host":null},"tool":"coldcase 0.1.0","key":"KEY","#,
        r#""journal":{"length":2,"head":"22","lines":["11","22"]},"#,
        r#""evidence":[{"number":0,"path":"/evidence/é \"0\".json","sha256":"aa","blake3":null,"size":4},"#,
        r#"{"number":1,"path":"/evidence/é \"1\".json","sha256":"aa","blake3":"bb","size":4}],"#,
        r#""files":[{"path":"tables/audit/1-0.parquet","sha256":"cc","size":10}]}"#
    );
    assert_eq!(seal.statement.canonical(), expected.replace("KEY", &seal.public_key));
    let text = seal.text();
    assert_eq!(text.lines().nth(1).unwrap(), seal.statement.canonical());
    assert_eq!((text.lines().count(), Seal::parse(text.as_bytes())), (3, Ok(seal)));
}

#[test]
fn a_seal_laid_out_anew_by_an_editor_still_holds() {
    let mut scene = Scene::new();
    let value: serde_json::Value = serde_json::from_str(&scene.seal.text()).unwrap();
    // Keys sorted, blanks and lines added.
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    scene.seal = Seal::parse(pretty.as_bytes()).unwrap();
    assert!(scene.check().holds());
}

#[test]
fn any_change_of_the_statement_breaks_the_signature() {
    let scene = Scene::new();
    let text = scene.seal.text();
    for (from, to) in [
        ("breach", "breack"),
        ("R. Example", "R. Exbmple"),
        ("2031-04", "2031-05"),
        ("\"host\":null", "\"host\":\"x\""),
        ("\"blake3\":null", "\"blake3\":\"dd\""),
        ("\"size\":10", "\"size\":11"),
        ("\"number\":1", "\"number\":2"),
        ("\"length\":5", "\"length\":4"),
        ("coldcase seal", "coldcase soul"),
        ("tables/audit", "tables/audiu"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        let mut scene = Scene::new();
        scene.seal = Seal::parse(changed.as_bytes()).unwrap();
        scene.finds(&Problem::Signature);
    }
}

#[test]
fn a_signature_by_another_key_under_this_name_is_wrong() {
    let mut scene = Scene::new();
    let other = seal(&facts(vec!["11".into()]), &key(8));
    scene.seal.public_key = other.public_key.clone();
    scene.finds(&Problem::Signature);
    let mut scene = Scene::new();
    scene.seal.signature = other.signature;
    scene.finds(&Problem::Signature);
    for junk in ["", "!", "AAAA"] {
        scene.seal.signature = junk.into();
        scene.finds(&Problem::Signature);
    }
}

#[test]
fn a_statement_that_names_one_key_and_is_signed_by_another_is_wrong() {
    let mut scene = Scene::new();
    scene.trusted = None;
    let other = key(8);
    scene.seal.public_key = public_text(&other.verifying_key());
    scene.seal.signature = base64(&other.sign(scene.seal.statement.canonical().as_bytes()).to_bytes());
    scene.finds(&Problem::Signature);
}

#[test]
fn a_seal_made_again_with_another_key_is_told_when_a_key_is_given() {
    let mut scene = Scene::new();
    let chain = Chain::read(&scene.journal()).unwrap();
    scene.seal = seal(&facts(chain.hashes().map(str::to_owned).collect()), &key(8));
    scene.finds(&Problem::Key { found: scene.seal.public_key.clone() });
    scene.trusted = None;
    assert!(scene.check().holds());
}

#[test]
fn later_lines_are_fine_and_counted() {
    let scene = Scene::new();
    let mut journal = Journal::read(&scene.journal()).unwrap();
    journal.append("2031-04-06T00:00:00Z", Action::Repair { bytes: 1 }).unwrap();
    let verdict = scene.check();
    assert!(verdict.holds());
    assert_eq!(verdict.later, 1);
}

#[test]
fn a_chain_cut_below_the_seal_is_told() {
    for left in 0..5_u64 {
        let scene = Scene::new();
        scene.lines(|lines| lines.truncate(left as usize));
        scene.finds(&Problem::Cut { sealed: 5, found: left });
    }
}

#[test]
fn a_change_of_the_last_line_which_no_chain_shows_is_told() {
    let scene = Scene::new();
    scene.lines(|lines| lines[4] = lines[4].replace("2031", "2030"));
    assert_eq!(Chain::read(&scene.journal()).unwrap().first_broken(), None);
    assert!(matches!(scene.check().problems[..], [Problem::Line { line: 5, .. }]));
}

#[test]
fn a_chain_made_anew_from_a_line_on_is_told_by_that_line() {
    let scene = Scene::new();
    let text = std::fs::read_to_string(scene.journal()).unwrap();
    let kept: String = text.split_inclusive('\n').take(2).collect();
    std::fs::write(scene.journal(), kept).unwrap();
    let mut journal = Journal::read(&scene.journal()).unwrap();
    for bytes in 0..5 {
        journal.append("2031-04-05T06:07:09.000000Z", Action::Repair { bytes }).unwrap();
    }
    assert_eq!(Chain::read(&scene.journal()).unwrap().first_broken(), None);
    assert!(matches!(scene.check().problems[..], [Problem::Line { line: 3, .. }]));
}

#[test]
fn changed_evidence_and_files_are_named_with_what_differs() {
    let found = |sha256: &str, blake3: Option<&str>, size| Look::Found {
        sha256: sha256.into(),
        blake3: blake3.map(str::to_owned),
        size,
    };
    let mut scene = Scene::new();
    let path = scene.seal.statement.evidence[1].path.clone();
    let evidence = |what: &str| Problem::Evidence { number: 1, path: path.clone(), what: what.into() };
    for (look, what) in [
        (found("aa", Some("bb"), 5), "has 5 bytes, had 4"),
        (found("ab", Some("bb"), 4), "has SHA-256 ab, had aa"),
        (found("aa", Some("bc"), 4), "has BLAKE3 bc, had bb, though its SHA-256 is the same"),
        (Look::Unreadable("cannot open it".into()), "cannot open it"),
        (Look::Replaced { line: 9 }, "line 9 of the journal says that it was replaced"),
    ] {
        scene.now.insert(path.clone(), look);
        scene.finds(&evidence(what));
    }
    let mut scene = Scene::new();
    let path = scene.seal.statement.files[0].path.clone();
    scene.now.insert(path.clone(), found("cd", None, 10));
    scene.finds(&Problem::File { path, what: "has SHA-256 cd, had cc".into() });
}

#[test]
fn a_file_that_a_later_line_replaced_is_told_and_no_problem() {
    let mut scene = Scene::new();
    let path = scene.seal.statement.files[0].path.clone();
    scene.now.insert(path.clone(), Look::Replaced { line: 6 });
    let verdict = scene.check();
    assert!(verdict.holds());
    assert_eq!(verdict.replaced, [(path.clone(), 6)]);
    scene.now.insert(path, Look::Replaced { line: 5 });
    assert!(matches!(scene.check().problems[..], [Problem::File { .. }]));
}

#[test]
fn a_seal_of_another_case_is_told() {
    let mut scene = Scene::new();
    scene.case = "other".into();
    scene.finds(&Problem::Case { sealed: "breach".into(), found: "other".into() });
}

#[test]
fn a_newer_seal_is_told_from_a_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seal-1.json");
    let text = Scene::new().seal.text();
    let read = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Seal::read(&path).unwrap_err()
    };
    let newer = text.replace("\"format\":1,", "\"format\":2,\"new\":true,");
    assert!(matches!(read(&newer), Error::NewerCase { found: 2, known: 1, .. }));
    for damaged in ["", "{}", "[1]", &text.replace("\"format\":1", "\"format\":0"), &text[..text.len() / 2]] {
        assert!(matches!(read(damaged), Error::Damaged { .. }), "{damaged}");
    }
    // Nothing may stand in a seal unsigned, and nothing twice.
    for more in ["\"format\":1,\"note\":1", "\"format\":1,\"format\":1"] {
        assert!(matches!(read(&text.replace("\"format\":1", more)), Error::Damaged { .. }), "{more}");
    }
}

#[test]
fn seals_are_numbered_and_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let seal = Scene::new().seal;
    let name = |path: &Path| path.file_name().unwrap().to_owned();
    assert_eq!(name(&seal.write(folder.path(), 0).unwrap()), "seal-1.json");
    assert_eq!(name(&seal.write(folder.path(), 0).unwrap()), "seal-2.json");
    std::fs::remove_file(folder.path().join("seal-1.json")).unwrap();
    let path = seal.write(folder.path(), 0).unwrap();
    assert_eq!(name(&path), "seal-3.json");
    assert_eq!(Seal::read(&path).unwrap(), seal);
    // One that the journal lists keeps its number when its file is gone.
    assert_eq!(name(&seal.write(folder.path(), 6).unwrap()), "seal-7.json");
    assert_eq!(numbers(folder.path()).unwrap().into_iter().collect::<Vec<_>>(), [2, 3, 7]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_hold(place: prop::sample::Index, byte: u8) {
        let mut scene = Scene::new();
        let mut text = scene.seal.text().into_bytes();
        let place = place.index(text.len());
        text[place] = byte;
        if let Ok(seal) = Seal::parse(&text) {
            let same = seal == scene.seal;
            scene.seal = seal;
            prop_assert_eq!(scene.check().holds(), same);
        }
    }

    #[test]
    fn what_is_sealed_reads_the_same(case in ".*", path in ".*", sha256 in ".*", size: u64) {
        let mut facts = facts(vec![]);
        facts.case = case;
        facts.files = vec![SealedFile { path, sha256, size }];
        let seal = seal(&facts, &key(7));
        prop_assert!(seal.key().is_some());
        prop_assert_eq!(Seal::parse(seal.text().as_bytes()), Ok(seal));
    }
}
