//! Notes from the timeline and the findings, and the case screen that gathers them.

use super::*;
use crate::ask::{Note, Subject};

#[test]
fn a_mark_is_seen_at_once_and_taken_back_by_the_same_key() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 e m");
    let screen = stage.screen();
    assert!(screen.contains("marked"), "{screen}");
    stage.play(&desk, "j");
    let line = stage.screen().lines().find(|line| line.contains("secrets")).unwrap().to_string();
    assert!(line.starts_with('◆'), "{line}");
    stage.play(&desk, "k m j");
    assert!(!stage.screen().contains('◆'));
}

#[test]
fn a_tag_a_comment_and_a_story_step_are_asked_for_and_written() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 e e t");
    assert!(stage.screen().contains("tag:"), "{}", stage.screen());
    stage.write("odd").play(&desk, "Enter T");
    stage.write("no such user").play(&desk, "Enter P Enter");
    let on = || Subject::Event(desk.events.iter().find(|e| e.status.as_deref() == Some("101")).unwrap().id);
    let wanted =
        [Note::Tag(on(), "odd".into()), Note::Comment(on(), "no such user".into()), Note::Story(on(), String::new())];
    assert_eq!(*desk.notes.borrow(), wanted);
    stage.play(&desk, "z Z");
    assert!(stage.screen().contains("in the story, tags: odd, 1 comment"), "{}", stage.screen());
    // The last one is taken back from anywhere.
    stage.play(&desk, "3 D");
    assert_eq!(desk.notes.borrow().len(), 2);
    assert!(stage.screen().contains("taken back"), "{}", stage.screen());
}

#[test]
fn what_is_left_unwritten_writes_nothing() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 e t Enter T");
    stage.write("never mind").play(&desk, "Esc");
    assert!(desk.notes.borrow().is_empty());
    let empty = Desk::empty();
    let mut stage = Stage::new(80, 24);
    stage.settle(&empty).play(&empty, "2 m t");
    assert!(stage.screen().contains("there is nothing to write on here"), "{}", stage.screen());
}

#[test]
fn only_what_has_a_note_is_shown_or_stepped_to() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 e m e m g u");
    assert!(cursor_line(&stage).contains("secrets"), "{}", stage.screen());
    stage.play(&desk, "u");
    assert!(cursor_line(&stage).contains("pods/exec"));
    stage.play(&desk, "U M");
    let screen = stage.screen();
    assert!(screen.contains("with a note") && screen.contains("1 of 2, 38 in all"), "{screen}");
    stage.play(&desk, "M");
    assert!(stage.screen().contains("no filter"));
}

#[test]
fn a_name_is_shown_for_the_identity_and_filters_still_ask_for_the_real_one() {
    let (mut stage, desk) = open(120, 40);
    stage.play(&desk, "2 e A");
    stage.write("the build server").play(&desk, "Enter l +");
    let screen = stage.screen();
    assert!(screen.contains("~the build serv") && screen.contains("actor=system:serviceaccount:web:ci"), "{screen}");
    assert!(screen.contains("1 of 3, 38 in all"), "{screen}");
}

#[test]
fn a_note_that_cannot_be_written_is_told() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2").press("m");
    let (ticket, _) = stage.asked.remove(0);
    stage.send(Msg::Failed(ticket, "another command is writing to the case".into()));
    assert!(stage.screen().contains("another command is writing"), "{}", stage.screen());
    assert!(!stage.model.busy());
}

#[test]
fn the_case_screen_gathers_story_notes_names_evidence_and_journal() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let (mut stage, desk) = open(size.0, size.1);
        stage.play(&desk, "7");
        assert!(stage.screen().contains("The story has no step yet"), "{}", stage.screen());
        stage.play(&desk, "2 e P");
        stage.write("tries secrets").play(&desk, "Enter e m 7");
        let screen = stage.screen();
        for words in ["[Story 1]", "Notes 1", "Evidence 1", "tries secrets", "kube-03.gz:551402", "by         ana"] {
            assert!(screen.contains(words), "{words}\n{screen}");
        }
        stage.play(&desk, "l");
        assert!(stage.screen().contains("mark     Mar 12 02:14:03"), "{}", stage.screen());
        stage.play(&desk, "l l");
        let screen = stage.screen();
        let ledger = "40 read = 38 stored + 1 duplicate + 1";
        assert!(screen.contains("ba7816bf8f01cfea4141") && screen.contains(ledger), "{screen}");
        stage.play(&desk, "l");
        assert!(stage.screen().contains("coldcase ingest exports") && stage.screen().contains("head 9f86d081"));
    }
}

#[test]
fn a_step_of_the_story_leads_to_its_event_and_can_be_taken_back() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 e P Enter g 7 Enter");
    assert!(cursor_line(&stage).contains("secrets"), "{}", stage.screen());
    stage.play(&desk, "Esc X");
    assert!(stage.screen().contains("The story has no step yet"), "{}", stage.screen());
    assert!(desk.notes.borrow().is_empty());
}

#[test]
fn a_finding_in_the_story_leads_back_to_the_finding() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "3 j P Enter 1 7 Enter");
    let screen = stage.screen();
    assert!(screen.contains("[3 Findings]") && cursor_line(&stage).contains("Exec into a pod"), "{screen}");
}

#[test]
fn the_case_screen_says_what_went_wrong_and_that_it_is_loading() {
    let (mut stage, desk) = open(80, 24);
    stage.press("7");
    assert!(stage.screen().contains("reading the case"));
    let (ticket, _) = stage.asked.remove(0);
    stage.send(Msg::Failed(ticket, "the journal is gone".into()));
    assert!(stage.screen().contains("the journal is gone"));
    stage.play(&desk, "^r l l l");
    assert!(stage.screen().contains("[Evidence 1]"));
    let empty = Desk::empty();
    let mut stage = Stage::new(80, 24);
    stage.settle(&empty).play(&empty, "7 l l l");
    assert!(stage.screen().contains("No evidence yet"), "{}", stage.screen());
}

#[test]
fn the_notes_of_another_case_are_seen_before_they_are_taken_over() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let (mut stage, desk) = open(width, height);
        stage.play(&desk, "7 M");
        assert!(stage.screen().contains("notes of case:") && stage.screen().contains("its folder; nothing is written"));
        stage.write("../bens").play(&desk, "Enter");
        let screen = stage.screen();
        for words in
            ["2 notes would come from bens, 2 here already, 1 on evidence that is not here", "he comes in", "ben"]
        {
            assert!(screen.contains(words), "{words}\n{screen}");
        }
        assert!(screen.contains("Enter take them over") && desk.notes.borrow().is_empty(), "{screen}");
        stage.play(&desk, "j");
        assert!(cursor_line(&stage).contains("takes back a note"), "{}", stage.screen());
        stage.play(&desk, "Esc");
        assert!(stage.screen().contains("[Story 0]") && desk.notes.borrow().is_empty(), "{}", stage.screen());
        stage.play(&desk, "M").write("../bens").play(&desk, "Enter Enter");
        assert_eq!(*desk.notes.borrow(), [Note::Merge("../bens".into())]);
        assert!(stage.screen().contains("noted") && stage.screen().contains("[Story"), "{}", stage.screen());
    }
}

#[test]
fn a_case_whose_notes_are_all_here_brings_none_and_one_that_is_none_is_told() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "7 M").write("same").play(&desk, "Enter");
    assert!(stage.screen().contains("All its notes are here already"), "{}", stage.screen());
    stage.play(&desk, "Enter");
    assert!(desk.notes.borrow().is_empty());
    stage.play(&desk, "Esc M").write("nowhere").press("Enter");
    let (ticket, _) = stage.asked.pop().unwrap();
    stage.send(Msg::Failed(ticket, "nowhere is not a case: there is no case.toml".into()));
    assert!(stage.screen().contains("nowhere is not a case"), "{}", stage.screen());
}
