//! The screen of the rules, and why a rule hits an event.

use super::*;

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
