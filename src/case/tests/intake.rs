//! An intake: both digests of every input, how far it is, who did it, and an end that leaves nothing.

use std::fs;
use std::sync::atomic::Ordering;

use super::{AT, case_of, event, events, spans, tar_of, tree, whole};
use crate::case::act::{Act, Who};
use crate::case::{Case, Intaking, Progress};
use crate::error::Error;

/// The digests of `abc`: FIPS 180-2 appendix B.1, and what b3sum says.
const ABC: [&str; 2] = [
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
];

#[test]
fn a_file_and_a_member_have_both_digests() {
    let folder = tempfile::tempdir().unwrap();
    let [plain, archive] = ["abc.txt", "abc.tar"].map(|name| folder.path().join(name));
    fs::write(&plain, "abc").unwrap();
    fs::write(&archive, tar_of(&[("abc", "abc"), ("other", "abcd")])).unwrap();
    for inputs in [[plain.clone(), archive.clone()], [archive, plain]] {
        let folder = tempfile::tempdir().unwrap();
        let case = case_of(&folder.path().join("case"), &inputs);
        let of_abc = |input: &crate::case::InputRecord| input.size == 3;
        let found: Vec<_> = case.evidence().into_iter().filter(of_abc).map(|i| [Some(i.sha256), i.blake3]).collect();
        // The second is known by its hash, whichever of the two it is.
        assert_eq!(found, [ABC.map(|digest| Some(digest.to_owned()))]);
        assert!(case.evidence().iter().all(|input| input.blake3.is_some()));
    }
}

#[test]
fn the_journal_says_who_took_it_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::create(&folder.path().join("case"), AT).unwrap();
    let who = Who { investigator: Some("R. Example".into()), ..Who::default() };
    let act = Act::new(AT, who.clone(), ["coldcase", "ingest", "one.jsonl"].map(std::ffi::OsString::from));
    let input = events(&folder.path().join("one.jsonl"), 0..3);
    whole(case.ingest(&[input], act, &mut |_| {}).unwrap());
    let entries = Case::open(case.dir()).unwrap().entries().to_vec();
    assert_eq!((&entries[0].who, &entries[1].who), (&None, &Some(who)));
    assert_eq!(entries[1].command, ["coldcase", "ingest", "one.jsonl"]);
    assert_eq!(entries[1].tool.as_deref(), Some(concat!("coldcase ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn progress_goes_up_to_everything() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = ["one.jsonl", "two.tar", "three.jsonl"].map(|name| folder.path().join(name));
    events(&inputs[0], 0..2_000);
    fs::write(&inputs[1], tar_of(&[("a", &(2_000..3_000).map(event).collect::<String>())])).unwrap();
    events(&inputs[2], 3_000..3_001);
    let total = inputs.iter().map(|path| fs::metadata(path).unwrap().len()).sum::<u64>();
    let mut told: Vec<Progress> = Vec::new();
    let mut case = Case::create(&folder.path().join("case"), AT).unwrap();
    whole(case.ingest(&inputs, AT, &mut |far| told.push(far)).unwrap());
    for pair in told.windows(2) {
        let [before, after] = pair.as_array().unwrap();
        assert!((before.file, before.done, before.records) <= (after.file, after.done, after.records), "{pair:?}");
        assert!(after.bytes <= after.done && after.done <= after.total, "{pair:?}");
    }
    let last = told.last().unwrap();
    assert_eq!((last.file, last.files, last.done, last.total, last.records), (3, 3, total, total, 3_001));
}

#[test]
fn a_stop_leaves_the_case_byte_for_byte_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let first = events(&folder.path().join("first.jsonl"), 0..3);
    let mut case = case_of(&folder.path().join("case"), &[first]);
    let more = ["one.jsonl", "two.jsonl", "three.tar"].map(|name| folder.path().join(name));
    events(&more[0], 3..50);
    events(&more[1], 50..20_000);
    let half = (30_000..31_000).map(event).collect::<String>();
    fs::write(&more[2], tar_of(&[("a.jsonl", &half), ("b.jsonl", &event(40_000))])).unwrap();
    let before = tree(case.dir());
    // Before anything, in the first file, after its copy was made, and within the archive.
    for records in [0, 1, 60, 20_500] {
        let how = Intaking { embed: true, ..Intaking::from(AT) };
        let stop = how.stop.clone();
        stop.store(records == 0, Ordering::Relaxed);
        let mut most = 0;
        let result = case.ingest(&more, how, &mut |far| {
            most = far.records;
            stop.fetch_or(far.records >= records, Ordering::Relaxed);
        });
        assert!(matches!(result, Err(Error::Stopped)), "{records} {:?}", result.err());
        assert_eq!(most >= records, records > 0 || most == 0, "{most}");
        assert_eq!(tree(case.dir()), before, "{records}");
    }
    // The same command starts again.
    whole(case.ingest(&more, Intaking { embed: true, ..Intaking::from(AT) }, &mut |_| {}).unwrap());
    assert_eq!(spans(&case).len(), 20_000 + 1_000 + 1);
    assert_eq!(case.verify(None).unwrap().mismatches, []);
}

#[test]
fn a_file_that_grows_while_it_is_copied_is_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let input = events(&folder.path().join("one.jsonl"), 0..3);
    let mut case = Case::create(&folder.path().join("case"), AT).unwrap();
    let how = Intaking { embed: true, ..Intaking::from(AT) };
    let receipt = case.ingest(std::slice::from_ref(&input), how, &mut |_| {
        // The first batch is there, so the file was read to its end.
        events(&input, 0..4);
    });
    let receipt = receipt.unwrap();
    assert!(
        matches!(&receipt.problems[..], [Error::Tampered { path, .. }] if *path == input),
        "{:?}",
        receipt.problems
    );
    assert_eq!(receipt.inputs[0].embedded, None);
    assert_eq!(tree(&case.dir().join("evidence")).len(), 1, "no copy is left");
}
