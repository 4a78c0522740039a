//! What leaves a case by a key: tests of rules, exports, and the query behind a finding.

use super::*;
use crate::ask::{Exported, Filter, Outgoing, Subject};

#[test]
fn a_finding_becomes_a_test_in_a_file_that_is_asked_for() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "3 K");
    assert!(stage.screen().contains("test to file:"), "{}", stage.screen());
    stage.write("rules/a.yml").play(&desk, "Enter");
    let sent = desk.sent.borrow().clone();
    let [Outgoing::Fixture { on: Subject::Finding(_), rule: None, file }] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(file, "rules/a.yml");
    assert!(stage.screen().contains("written"), "{}", stage.screen());
    // In the chain it is still the finding, and without a file it is that of the rule.
    stage.play(&desk, "Enter K Enter");
    assert!(
        matches!(&desk.sent.borrow()[1], Outgoing::Fixture { on: Subject::Finding(_), file, .. } if file.is_empty())
    );
}

#[test]
fn an_event_becomes_a_test_of_a_rule_that_is_named() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 K");
    assert!(stage.screen().contains("test of rule:"), "{}", stage.screen());
    stage.write("ex-exec-download quiet.yml").play(&desk, "Enter");
    let sent = desk.sent.borrow().clone();
    let [Outgoing::Fixture { on: Subject::Event(_), rule: Some(rule), file }] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!((rule.as_str(), file.as_str()), ("ex-exec-download", "quiet.yml"));
    // A rule must be named, and what is left unwritten writes nothing.
    stage.play(&desk, "K Enter K Esc");
    assert_eq!(desk.sent.borrow().len(), 1);
}

#[test]
fn what_is_shown_is_exported_with_its_filter() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 e f Y");
    stage.write("events.csv").play(&desk, "Enter 3 Y");
    stage.write("finding.json").play(&desk, "Enter");
    let sent = desk.sent.borrow().clone();
    let [
        Outgoing::Export { what: Exported::Events(filter), .. },
        Outgoing::Export { what: Exported::Finding(_), file },
    ] = sent.as_slice()
    else {
        panic!("{sent:?}")
    };
    assert_ne!(*filter, Filter::default());
    assert_eq!(file, "finding.json");
}

#[test]
fn the_query_behind_a_finding_runs_on_the_sql_screen_and_esc_comes_back() {
    let (mut stage, desk) = open(100, 30);
    stage.play(&desk, "3 B");
    let screen = stage.screen();
    assert!(screen.contains("[4 SQL]") && screen.contains("SELECT '"), "{screen}");
    stage.play(&desk, "Esc");
    assert!(stage.screen().contains("[3 Findings]"), "{}", stage.screen());
}
