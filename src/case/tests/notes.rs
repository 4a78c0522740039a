//! Notes: they are lines of the journal, they can be taken back, and they mean the same in another case.

use super::*;
use crate::case::{Deed, Subject, verify};

fn case(folder: &Path, name: &str, inputs: &[PathBuf]) -> Case {
    let mut case = Case::create(&folder.join(name), AT).unwrap();
    case.ingest(inputs, AT, &mut |_| {}).unwrap();
    case
}

fn counting(case: &Case) -> Vec<String> {
    let notes = case.notes().into_iter().filter(|note| note.counts && note.deed.word() != "undo");
    notes.map(|note| format!("{} {}", note.deed.word(), note.deed.text())).collect()
}

#[test]
fn notes_are_covered_by_custody_and_can_be_taken_back_and_brought_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = case(folder.path(), "a", &[events(&folder.path().join("one.jsonl"), 0..3)]);
    let on = case.subject(Span { evidence: EvidenceId(0), offset: 0, length: 9 }).unwrap();
    let tag = |tag: &str| Deed::Tag { on: on.clone(), tag: tag.into() };
    let ids = case.note(vec![Deed::Mark { on: on.clone() }, tag("odd"), tag("odd")], AT).unwrap();
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "equal notes are notes of their own");
    assert_eq!(case.undo(AT).unwrap().unwrap().id, ids[2]);
    let undone = case.note(vec![Deed::Undo { of: ids[0].clone() }], AT).unwrap();
    assert_eq!(counting(&case), ["tag odd"]);
    case.note(vec![Deed::Undo { of: undone[0].clone() }], AT).unwrap();
    let again = Case::open(case.dir()).unwrap();
    assert_eq!(counting(&again), ["mark ", "tag odd"]);
    assert!(verify(case.dir(), None).unwrap().mismatches.is_empty());
    let journal = case.dir().join("journal.jsonl");
    fs::write(&journal, fs::read_to_string(&journal).unwrap().replacen("odd", "old", 1)).unwrap();
    assert!(verify(case.dir(), None).unwrap().mismatches[0].what.contains("line 3 was changed"));
}

#[test]
fn there_is_nothing_to_take_back_in_a_new_case_and_unknown_notes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::create(&folder.path().join("a"), AT).unwrap();
    assert!(case.undo(AT).unwrap().is_none());
    let error = case.note(vec![Deed::Undo { of: "feed".into() }], AT).unwrap_err();
    assert_eq!(error.to_string(), "there is no note feed");
    let long = Deed::Name { of: "x".into(), is: "y".repeat(20_000) };
    assert!(case.note(vec![long], AT).unwrap_err().to_string().contains("20000"));
    assert_eq!(case.entries().len(), 1, "nothing of it was written");
}

#[test]
fn two_peoples_notes_merge_by_the_bytes_they_are_on() {
    let folder = tempfile::tempdir().unwrap();
    let one = events(&folder.path().join("one.jsonl"), 0..2);
    let two = events(&folder.path().join("two.jsonl"), 2..4);
    let three = events(&folder.path().join("three.jsonl"), 4..6);
    let mut ana = case(folder.path(), "ana", &[one.clone(), two.clone()]);
    // The other took the same files in another order, and one more.
    let mut bob = case(folder.path(), "bob", &[two]);
    bob.ingest(&[one, three], AT, &mut |_| {}).unwrap();
    let (two_here, two_there) = (ana.input(EvidenceId(1)).unwrap(), bob.input(EvidenceId(0)).unwrap());
    assert_eq!(two_here.sha256, two_there.sha256);
    let span = |evidence| Span { evidence: EvidenceId(evidence), offset: 0, length: 9 };
    let on = [bob.subject(span(0)).unwrap(), bob.subject(span(2)).unwrap(), Subject::Finding("f".into())];
    let deeds = on.iter().map(|on| Deed::Comment { on: on.clone(), text: "look".into() });
    let ids = bob.note(deeds.collect(), AT).unwrap();
    ana.note(vec![Deed::Mark { on: on[0].clone() }], AT).unwrap();
    let merged = ana.merge(&bob, AT).unwrap();
    assert_eq!((merged.added, merged.known, merged.elsewhere), (3, 0, 1));
    assert_eq!(ana.places()(&on[0]), Some(span(1)), "the same bytes have another number here");
    assert_eq!(ana.places()(&on[1]), None);
    // Again, and back: nothing comes twice, and what is taken back there is taken back here.
    let merged = ana.merge(&bob, AT).unwrap();
    assert_eq!((merged.added, merged.known), (0, 3));
    bob.note(vec![Deed::Undo { of: ids[0].clone() }], AT).unwrap();
    assert_eq!(ana.merge(&bob, AT).unwrap().added, 1);
    assert_eq!(counting(&ana), ["mark ", "comment look", "comment look"]);
    assert_eq!(bob.merge(&ana, AT).unwrap().added, 1);
    assert_eq!(bob.merge(&ana, AT).unwrap().added, 0);
    assert!(verify(ana.dir(), None).unwrap().mismatches.is_empty());
}

#[test]
fn a_window_of_time_is_named_merged_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut ana = Case::create(&folder.path().join("ana"), AT).unwrap();
    let mut bob = Case::create(&folder.path().join("bob"), AT).unwrap();
    let window = |name: &str, from, to| vec![Deed::Window { name: name.into(), from, to }];
    let ids = bob.note(window("hands on", 10, 20), AT).unwrap();
    assert_eq!((ana.merge(&bob, AT).unwrap().added, counting(&ana)), (1, vec!["window hands on".to_owned()]));
    // A case of the same evidence has it as it was written, and who opens it again reads the same.
    assert_eq!(Case::open(ana.dir()).unwrap().notes()[0].deed, window("hands on", 10, 20)[0]);
    ana.note(vec![Deed::Undo { of: ids[0].clone() }], AT).unwrap();
    assert!(counting(&ana).is_empty());
    for refused in [window(" ", 10, 20), window("none", 10, 10), window("turned", 20, 10)] {
        assert!(ana.note(refused, AT).unwrap_err().to_string().contains("needs a name"));
    }
}
