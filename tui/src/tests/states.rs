//! What the screens say when there is nothing, not yet anything, or something went wrong.

use super::*;
use crate::ask::Answer;

/// The screen after these keys at a case without evidence.
fn empty(keys: &str) -> String {
    let desk = Desk::empty();
    let mut stage = Stage::new(80, 12);
    stage.settle(&desk).play(&desk, keys);
    framed(&stage.screen())
}

#[test]
fn an_empty_case_says_how_to_add_evidence() {
    insta::assert_snapshot!(empty("1"), @r###"
    |[1 Overview] 2 Timeline  3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | 0 events   0 sources
    | Evidence: verified
    | Coverage
    | No evidence yet. Add some: coldcase ingest --case DIR PATH
    |
    | Findings
    | The rules have not been replayed: coldcase replay --case DIR
    |
    |
    | 0 events                                                                  idle
    | F5 reload  q quit  ? keys
    "###);
}

#[test]
fn an_empty_timeline_says_how_to_add_evidence() {
    insta::assert_snapshot!(empty("2"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | no filter: all events
    |
    |
    |
    | TIME UTC      ACTOR            VERB    OBJECT                  CODE NAMESPACE
    | No events in this case.
    | Add evidence: coldcase ingest --case DIR PATH
    |
    |
    | 0 of 0                                                                    idle
    | u U notes  F5 reload  q quit  ? keys
    "###);
}

#[test]
fn findings_before_any_replay_say_so() {
    insta::assert_snapshot!(empty("3"), @r###"
    | 1 Overview  2 Timeline [3 Findings] 4 SQL  5 Snapshot  6 Rules  7 Case
    | The rules have not been replayed over this case.
    | Run: coldcase replay --case DIR, then F5 here.
    |
    |
    |
    |
    |
    |
    |
    | 0 of 0                                                                    idle
    | e explain  F5 reload  q quit  ? keys
    "###);
}

#[test]
fn no_findings_after_a_replay_point_to_the_blind_rules() {
    let desk = Desk { replayed: true, ..Desk::empty() };
    let mut stage = Stage::new(80, 12);
    stage.settle(&desk).play(&desk, "3");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview  2 Timeline [3 Findings] 4 SQL  5 Snapshot  6 Rules  7 Case
    | No rule fired on this evidence.
    | 1 shows the rules that could not tell; 2 shows every event.
    |
    |
    |
    |
    |
    |
    |
    | 0 of 0                                                                    idle
    | e explain  F5 reload  q quit  ? keys
    "###);
}

#[test]
fn a_filter_that_nothing_passes_says_how_to_undo_it() {
    let (mut stage, desk) = open(80, 16);
    stage.play(&desk, "2 f e - f");
    stage.play(&desk, "/").write("nowhere").play(&desk, "Enter &");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | actor=alice@example.org   text~nowhere   before Mar 12 02:00:00    x shows all
    | Mar 12 02:00:00   ▲ finding  ┄ no evidence                     Mar 12 02:00:00
    |
    |
    | TIME UTC      ACTOR            VERB    OBJECT                  CODE NAMESPACE
    | No event passes this filter.
    | a undoes the last change, x shows all events.
    |
    |
    |
    |
    |
    |
    | filtered: 0 of 0, 38 in all                                               idle
    | a undo  / find  e E finding  z Z zoom  @ go to  u U notes  F5 reload  ? keys
    "###);
}

#[test]
fn while_the_timeline_loads_the_spinner_offers_to_stop() {
    let (mut stage, _) = open(80, 12);
    stage.press("2");
    stage.send(Msg::Tick);
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | no filter: all events
    |
    | counting…
    |
    | TIME UTC      ACTOR            VERB    OBJECT                  CODE NAMESPACE
    | reading the timeline…
    |
    |
    |
    |                                                           loading, Esc stops /
    | u U notes  F5 reload  q quit  ? keys
    "###);
}

#[test]
fn while_a_filter_loads_the_old_page_stays_without_a_cursor() {
    use ratatui::style::Modifier;
    let (mut stage, desk) = open(80, 14);
    stage.play(&desk, "2 l").press("=");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | actor=alice@example.org                                            x shows all
    | Mar 12 02:00:00   bin 30.0s   ▲ finding  ┄ no evidence         Mar 12 02:39:00
    | ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄▄┄┄┄┄┄┄┄┄┄┄  ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄▄
    |                   ▲         ▲             ▲      ▲
    | Mar 12 UTC    ACTOR            VERB    OBJECT                  CODE NAMESPACE
    | 02:00:00.000  alice@example.o… get     configmaps …/leader-0   200  kube-system
    | 02:01:00.000  alice@example.o… get     configmaps …/leader-1   200  kube-system
    | 02:02:00.000  alice@example.o… get     configmaps …/leader-2   200  kube-system
    | 02:03:00.000  alice@example.o… get     configmaps …/leader-3   200  kube-system
    | 02:04:00.000  alice@example.o… get     configmaps …/leader-4   200  kube-system
    | 02:05:00.000  alice@example.o… get     configmaps …/leader-5   200  kube-system
    | filter changed: these are the events of before         refreshing, Esc stops |
    | a undo  / find  e E finding  z Z zoom  @ go to  u U notes  F5 reload  ? keys
    "###);
    let dimmed =
        stage.buffer().content().iter().filter(|c| c.symbol() == "c" && c.modifier.contains(Modifier::DIM)).count();
    assert!(dimmed > 5, "the old rows are dimmed: {dimmed}");
}

#[test]
fn a_question_that_fails_says_why_and_how_to_go_on() {
    let (mut stage, _) = open(80, 14);
    stage.press("2");
    let tickets: Vec<Ticket> = stage.asked.iter().map(|(ticket, _)| *ticket).collect();
    for ticket in tickets {
        stage.send(Msg::Failed(ticket, "cannot read tables/audit/00.parquet: permission denied\u{1b}[2J".to_string()));
    }
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | no filter: all events
    | The strip could not be counted:
    | cannot read tables/audit/00.parquet: permission denied␛[2J
    |
    | TIME UTC      ACTOR            VERB    OBJECT                  CODE NAMESPACE
    | The timeline could not be read:
    | cannot read tables/audit/00.parquet: permission denied␛[2J
    | ^r tries again; a undoes the last change.
    |
    |
    |
    |                                                                           idle
    | u U notes  F5 reload  q quit  ? keys
    "###);
}

#[test]
fn a_query_that_fails_shows_the_whole_complaint() {
    let (mut stage, desk) = open(80, 16);
    stage.play(&desk, "4").write("select x from y").press("^j");
    let ticket = stage.asked[0].0;
    stage.send(Msg::Failed(ticket, "no table is named y\n  select x from y\n                ^".to_string()));
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview  2 Timeline  3 Findings [4 SQL] 5 Snapshot  6 Rules  7 Case
    |select x from y
    |
    |
    |
    |─ failed ───────────────────────────────────────────────────────────────────────
    | no table is named y
    |   select x from y
    |                 ^
    | Change it and ^j runs it again.
    |
    |
    |
    |
    |                                                                           idle
    | ^j run  Tab complete  Up history  F1 manual  ^o save  Esc leave
    "###);
}

#[test]
fn a_changed_file_is_said_in_words_on_its_record() {
    let (mut stage, desk) = open(80, 14);
    stage.play(&desk, "2").press("Enter");
    let (ticket, request) = stage.asked.remove(0);
    let Some(Answer::Record(mut record)) = desk.answer(&request) else { panic!("no record was asked for") };
    record.hash = crate::ask::HashCheck::Differs;
    stage.send(Msg::Loaded(ticket, Answer::Record(record)));
    assert!(stage.screen().contains("HASH DIFFERS"));
}
