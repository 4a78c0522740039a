//! Findings, their chains, and the rules that could not tell: what the keys do and what is never left unsaid.

use super::*;
use crate::ask::{Answer, Blind, ChainEvent, Column, Overview};

fn findings(width: u16, height: u16, keys: &str) -> (Stage, Desk) {
    let (mut stage, desk) = open(width, height);
    stage.play(&desk, "3").play(&desk, keys);
    (stage, desk)
}

/// Answers the open question for a chain with this many events, the last of them by somebody else.
fn long_chain(stage: &mut Stage, desk: &Desk, events: usize) {
    let at = stage.asked.iter().position(|(_, request)| matches!(request, Request::Chain { .. })).expect("a chain");
    let (ticket, request) = stage.asked.remove(at);
    let Some(Answer::Chain(mut chain)) = desk.answer(&request) else { panic!("no chain") };
    let first = chain.events[0].clone();
    chain.events = vec![ChainEvent { note: "body cut at 16 KiB".to_string(), ..first }; events];
    chain.total = 1319;
    stage.send(Msg::Loaded(ticket, Answer::Chain(chain)));
}

#[test]
fn the_words_below_a_long_chain_can_be_reached() {
    let (mut stage, desk) = open(80, 24);
    stage.press("3");
    let (ticket, request) = stage.asked.pop().expect("the list");
    stage.send(Msg::Loaded(ticket, desk.answer(&request).expect("an answer")));
    long_chain(&mut stage, &desk, 42);
    stage.press("Enter");
    assert!(!stage.screen().contains("Fired because") && stage.screen().contains('▾'), "{}", stage.screen());
    stage.press("G");
    let screen = stage.screen();
    assert!(screen.contains("and 1,277 more") && screen.contains("cluster-admin within 30 minutes."), "{screen}");
    assert!(screen.contains("why the rule fired"));
    stage.press("Enter");
    assert!(stage.screen().contains("[3 Findings]"), "words lead nowhere");
}

#[test]
fn a_remark_on_a_run_of_events_is_said_once_and_marked_on_each() {
    let (mut stage, desk) = open(80, 40);
    stage.press("3");
    let (ticket, request) = stage.asked.pop().expect("the list");
    stage.send(Msg::Loaded(ticket, desk.answer(&request).expect("an answer")));
    long_chain(&mut stage, &desk, 5);
    let screen = stage.screen();
    assert_eq!(screen.matches("! body cut at 16 KiB").count(), 1, "{screen}");
    assert_eq!(screen.matches("! create pods/exec").count(), 5, "{screen}");
}

#[test]
fn sorting_keeps_the_cursor_on_its_finding() {
    let (mut stage, desk) = findings(80, 24, "j s");
    assert!(cursor_line(&stage).contains("Exec into a pod") && stage.screen().contains("by time"));
    stage.play(&desk, "s s s");
    assert!(cursor_line(&stage).contains("Exec into a pod") && stage.screen().contains("worst first"));
}

#[test]
fn a_finding_is_searched_for_and_nothing_is_hidden() {
    let (mut stage, desk) = findings(80, 24, "/");
    stage.write("EXEC into").play(&desk, "Enter");
    assert!(cursor_line(&stage).contains("Exec into a pod") && stage.screen().contains("Token minted"));
    stage.play(&desk, "n");
    assert!(stage.screen().contains("none further on"));
}

#[test]
fn the_actor_of_a_finding_and_of_an_event_are_followed() {
    let (mut stage, desk) = findings(80, 24, "f");
    assert!(stage.screen().contains("[2 Timeline]") && stage.screen().contains("actor=system:serviceaccount:web:ci"));
    stage.play(&desk, "Esc Enter j j f");
    assert!(stage.screen().contains("actor=system:serviceaccount:kube-system:deployer"), "{}", stage.screen());
    let chip = stage.asked.iter().all(|(_, request)| !matches!(request, Request::Timeline { .. }));
    assert!(chip, "everything was answered");
}

#[test]
fn a_finding_and_an_event_are_copied_in_one_line() {
    let (mut stage, desk) = findings(80, 24, "y");
    let finding = stage.copied.clone().unwrap_or_default();
    assert!(finding.starts_with("critical  token-then-admin  Token minted") && finding.contains("T1528"), "{finding}");
    stage.play(&desk, "Enter j y");
    let event = stage.copied.clone().unwrap_or_default();
    assert!(event.starts_with("2026-03-12T02:21:07.664000Z") && event.contains("kube-03.gz:1267664"), "{event}");
}

#[test]
fn on_a_very_small_screen_the_chain_takes_the_place_of_the_list() {
    let (stage, _) = findings(20, 5, "Enter");
    assert!(stage.screen().contains("token-then-admin") && cursor_line(&stage).contains("02:14:03"));
}

#[test]
fn blind_rules_stand_together_under_their_reason() {
    let mut stage = Stage::new(80, 24);
    let (ticket, _) = stage.asked.remove(0);
    let blind = |rule: &str, reason: &str| Blind { rule: rule.to_string(), reason: reason.to_string() };
    let blind = vec![blind("a", "no reads"), blind("b", "writes only"), blind("c", "no reads")];
    let overview = Overview { events: 1, replayed: true, blind, ..Overview::default() };
    stage.send(Msg::Loaded(ticket, Answer::Overview(overview)));
    let screen = stage.screen();
    assert!(screen.contains("3 blind rules: silence proves nothing here"), "{screen}");
    assert!(screen.contains(">no reads\n   a  c\n writes only\n   b\n"), "{screen}");
}

#[test]
fn a_level_without_findings_is_said_and_leads_nowhere() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "j j j j");
    assert!(cursor_line(&stage).contains("low           0"), "{}", stage.screen());
    assert!(!stage.screen().contains("Enter open"));
    stage.play(&desk, "Enter");
    assert!(stage.screen().contains("[1 Overview]"));
}

#[test]
fn a_source_leads_to_its_events_alone() {
    let (mut stage, _) = open(80, 24);
    stage.press("Enter");
    let chips = stage.asked.iter().find_map(|(_, request)| match request {
        Request::Timeline { filter, .. } => Some(filter.chips.clone()),
        _ => None,
    });
    assert_eq!(chips.map(|chips| chips[0].column), Some(Column::Source));
}

#[test]
fn a_finding_of_a_rule_that_was_edited_since_says_so_and_is_asked_for_again() {
    let (mut stage, mut desk) = findings(80, 24, "g");
    assert!(!stage.screen().contains("(rule edited)"), "{}", stage.screen());
    desk.edited = Some("exec-from-outside");
    stage.send(Msg::Edited(Ok(())));
    stage.play(&desk, "1 3");
    let screen = stage.screen();
    assert!(screen.contains("(rule edited) Exec into a pod"), "{screen}");
    assert_eq!(screen.matches("(rule edited)").count(), 1, "{screen}");
}
