//! The screen of the rules, and why a rule hits an event.

use super::*;
use crate::ask::{Answer, ChainEvent, Changed, RecordId, Run};

#[test]
fn each_rule_says_how_it_fares_and_in_every_size() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let (mut stage, desk) = open(size.0, size.1);
        stage.play(&desk, "6");
        let screen = stage.screen();
        for words in ["[all 5]", "noisy 1", "blind 1", "quiet 1", "1 of 5, 5 in all", "by state"] {
            assert!(screen.contains(words), "{words}\n{screen}");
        }
        assert!(cursor_line(&stage).contains("noisy      21 medium   di-denied"), "{screen}");
        stage.play(&desk, "s");
        assert!(cursor_line(&stage).contains("di-denied"), "the cursor stays on its rule");
        stage.play(&desk, "g");
        assert!(cursor_line(&stage).contains("token-then-admin"));
        assert!(stage.screen().contains("Somebody outside of the cluster"), "{}", stage.screen());
    }
}

#[test]
fn a_blind_rule_says_why_and_the_states_are_stepped_through() {
    let (mut stage, desk) = open(120, 40);
    stage.play(&desk, "6 l l l");
    let screen = stage.screen();
    assert!(screen.contains("[blind 1]") && screen.contains("it looks for reads. Way out: kube-audit"), "{screen}");
    stage.play(&desk, "l");
    assert!(stage.screen().contains("No rule is in this state"));
    stage.play(&desk, "h h h h");
    assert!(stage.screen().contains("[all 5]"));
}

#[test]
fn one_rule_is_run_alone_and_says_what_it_could_not_tell() {
    let (mut stage, desk) = open(120, 40);
    stage.play(&desk, "6 j j").press("r");
    assert!(stage.screen().contains("running the rule"), "{}", stage.screen());
    stage.settle(&desk);
    let screen = stage.screen();
    for words in
        ["Run alone now: 1 finding in 412 ms", "cannot tell of 2 requests: the body was cut", "7 events excepted"]
    {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    // Another rule's line does not show it.
    stage.play(&desk, "k");
    assert!(!stage.screen().contains("Run alone now"));
}

#[test]
fn a_rule_leads_to_its_findings_and_one_without_any_says_so() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "6 /").write("exec-from").play(&desk, "Enter Enter");
    let screen = stage.screen();
    assert!(screen.contains("[3 Findings]") && cursor_line(&stage).contains("Exec into a pod"), "{screen}");
    stage.play(&desk, "Esc G Enter");
    assert!(stage.screen().contains("this rule has no finding"), "{}", stage.screen());
}

#[test]
fn before_any_replay_the_rules_say_so_and_errors_are_told() {
    let desk = Desk::empty();
    let mut stage = Stage::new(120, 40);
    stage.settle(&desk).press("6");
    assert!(stage.screen().contains("reading the rules"));
    stage.settle(&desk);
    assert!(
        stage.screen().contains("not run") && stage.screen().contains("have not been replayed"),
        "{}",
        stage.screen()
    );
    stage.press("^r");
    let (ticket, _) = stage.asked.remove(0);
    stage.send(Msg::Failed(ticket, "a rule is broken".into()));
    assert!(stage.screen().contains("a rule is broken"));
}

#[test]
fn a_finding_is_explained_part_by_part_with_shape_and_word() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let (mut stage, desk) = open(size.0, size.1);
        stage.play(&desk, "3 Enter j e G");
        let screen = stage.screen();
        for words in
            ["asked of event 2", "PASS   verb is create", "FAIL   sourceIPs is in 10.0.0.0/8", "?      requestObject"]
        {
            assert!(screen.contains(words), "{words}\n{screen}");
        }
        assert!(screen.contains("← sourceIPs: 203.0.113.7"), "{screen}");
        stage.play(&desk, "e");
        assert!(!stage.screen().contains("asked of event"));
    }
}

/// An edited rule, as it was run again.
fn run_again(stage: &mut Stage, changed: Changed) {
    let at = stage.asked.iter().position(|(_, request)| matches!(request, Request::RunRule(_))).expect("it is run");
    let (ticket, request) = stage.asked.remove(at);
    let Request::RunRule(rule) = request else { unreachable!() };
    let run = Run { rule, total: 1, millis: 7, changed: Some(changed), ..Run::default() };
    stage.send(Msg::Loaded(ticket, Answer::Ran(run)));
}

#[test]
fn a_rule_is_edited_in_a_copy_and_run_again_and_says_what_it_gained_and_lost() {
    for (width, height) in [(80, 40), (120, 40), (200, 60)] {
        let (mut stage, desk) = open(width, height);
        stage.play(&desk, "6 /").write("exec-from").play(&desk, "Enter").press("e").settle(&desk);
        assert_eq!(stage.edited.take().as_deref(), Some("/cases/breach.rules/exec-from-outside.yml"));
        stage.send(Msg::Edited(Ok(())));
        let event = |what: &str| ChainEvent {
            id: RecordId { evidence: 0, offset: 1, len: 1 },
            time: 0,
            actor: Some("ci\u{1b}[2J".into()),
            what: what.into(),
            place: String::new(),
            note: String::new(),
        };
        let events = vec![(true, event("get secrets")), (false, event("create pods/exec"))];
        run_again(&mut stage, Changed { gained: 3, lost: 1, same: 4, events });
        let screen = stage.settle(&desk).screen();
        let pane = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in ["3 gained, 1 lost, 4 the same", "+ gained", "ci␛[2J get secrets", "- lost", "and 2 more"] {
            assert!(pane.contains(words), "{words}\n{screen}");
        }
    }
}

#[test]
fn without_an_editor_it_is_said_and_a_rule_that_cannot_be_read_is_told_with_its_place() {
    let (mut stage, desk) = open(120, 40);
    stage.play(&desk, "6").press("e").settle(&desk);
    stage.send(Msg::Edited(Err("no editor is known: name one in VISUAL or EDITOR".into())));
    assert!(stage.screen().contains("no editor is known: name one in VISUAL") && stage.asked.is_empty());
    stage.press("e").settle(&desk);
    stage.send(Msg::Edited(Ok(())));
    let at = stage.asked.iter().position(|(_, request)| matches!(request, Request::RunRule(_))).unwrap();
    let (ticket, _) = stage.asked.remove(at);
    stage.send(Msg::Failed(ticket, "x.yml:3:1: there is no field verbs\nfields are in docs".into()));
    stage.settle(&desk);
    assert!(stage.screen().contains("x.yml:3:1: there is no field verbs"), "{}", stage.screen());
    // It is said of the rule that was edited only.
    stage.play(&desk, "j");
    assert!(!stage.screen().contains("there is no field verbs"), "{}", stage.screen());
}
