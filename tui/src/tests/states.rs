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
    |[1 Overview] 2 Timeline  3 Findings  4 SQL                      coldcase breach
    | breach   0 events   evidence: verified
    |
    | Coverage
    |>  No evidence yet. Add some: coldcase ingest --case DIR PATH
    | Findings
    |   The rules have not been replayed: coldcase replay --case DIR
    |
    |
    |
    | case breach                                                               idle
    | ? keys
    "###);
}

#[test]
fn an_empty_timeline_says_how_to_add_evidence() {
    insta::assert_snapshot!(empty("2"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL                      coldcase breach
    | no filter: all events
    |
    |
    |
    | TIME UTC      ACTOR           VERB    OBJECT                 STATUS NAMESPACE
    |No events in this case.
    |Add evidence: coldcase ingest --case DIR PATH
    |
    |
    | 0 of 0                                                                    idle
    | / find  e finding  z zoom  ? keys
    "###);
}

#[test]
fn findings_before_any_replay_say_so() {
    insta::assert_snapshot!(empty("3"), @r###"
    | 1 Overview  2 Timeline [3 Findings] 4 SQL                      coldcase breach
    |The rules have not been replayed over this case.
    |Run: coldcase replay --case DIR, then ^r here.
    |
    |
    |
    |
    |
    |
    |
    | 0 of 0                                                                    idle
    | ? keys
    "###);
}

#[test]
fn no_findings_after_a_replay_point_to_the_blind_rules() {
    let desk = Desk { replayed: true, ..Desk::empty() };
    let mut stage = Stage::new(80, 12);
    stage.settle(&desk).play(&desk, "3");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview  2 Timeline [3 Findings] 4 SQL                      coldcase breach
    |No rule fired on this evidence.
    |1 shows the rules that could not tell; 2 shows every event.
    |
    |
    |
    |
    |
    |
    |
    | 0 of 0                                                                    idle
    | ? keys
    "###);
}

#[test]
fn a_filter_that_nothing_passes_says_how_to_undo_it() {
    let (mut stage, desk) = open(80, 16);
    stage.play(&desk, "2 f e - f");
    stage.play(&desk, "/").write("nowhere").play(&desk, "Enter &");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL                      coldcase breach
    | actor=alice@example.org   any~nowhere   before Mar 12 02:00:00
    | Mar 12 02:00:00   bin 0µs   ▲ finding  ┄ no evidence           Mar 12 02:00:00
    |
    |
    | TIME UTC      ACTOR           VERB    OBJECT                 STATUS NAMESPACE
    |No event passes this filter.
    |a undoes the last change, x shows all events.
    |
    |
    |
    |
    |
    |
    | 0 of 0 shown of 38 [filtered]                                             idle
    | / find  e finding  z zoom  a undo  ? keys
    "###);
}

#[test]
fn while_the_timeline_loads_the_spinner_offers_to_stop() {
    let (mut stage, _) = open(80, 12);
    stage.press("2");
    stage.send(Msg::Tick);
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL                      coldcase breach
    | no filter: all events
    |
    | counting…
    |
    | TIME UTC      ACTOR           VERB    OBJECT                 STATUS NAMESPACE
    | reading the timeline…
    |
    |
    |
    |                                                           working, Esc stops /
    | / find  e finding  z zoom  ? keys
    "###);
}

#[test]
fn while_a_filter_loads_the_old_page_stays_without_a_cursor() {
    use ratatui::style::Modifier;
    let (mut stage, desk) = open(80, 14);
    stage.play(&desk, "2 l").press("=");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL                      coldcase breach
    | actor=alice@example.org
    | Mar 12 02:00:00   bin 30.0s   ▲ finding  ┄ no evidence         Mar 12 02:39:00
    | ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄▄┄┄┄┄┄┄┄┄┄┄  ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄▄
    |                   ▲         ▲             ▲      ▲
    | TIME UTC      ACTOR           VERB    OBJECT                 STATUS NAMESPACE
    | 02:00:00.000  …ce@example.org get     configmaps…em/leader-0 200    kube-system
    | 02:01:00.000  …ce@example.org get     configmaps…em/leader-1 200    kube-system
    | 02:02:00.000  …ce@example.org get     configmaps…em/leader-2 200    kube-system
    | 02:03:00.000  …ce@example.org get     configmaps…em/leader-3 200    kube-system
    | 02:04:00.000  …ce@example.org get     configmaps…em/leader-4 200    kube-system
    | 02:05:00.000  …ce@example.org get     configmaps…em/leader-5 200    kube-system
    | 1 of 38 shown of 38 [filtered]                            working, Esc stops |
    | / find  e finding  z zoom  a undo  ? keys
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
    | 1 Overview [2 Timeline] 3 Findings  4 SQL                      coldcase breach
    | no filter: all events
    | The strip could not be counted:
    | cannot read tables/audit/00.parquet: permission denied␛[2J
    |
    | TIME UTC      ACTOR           VERB    OBJECT                 STATUS NAMESPACE
    |The timeline could not be read:
    |cannot read tables/audit/00.parquet: permission denied␛[2J
    |^r tries again; a undoes the last change.
    |
    |
    |
    |                                                                           idle
    | / find  e finding  z zoom  ? keys
    "###);
}

#[test]
fn a_query_that_fails_shows_the_whole_complaint() {
    let (mut stage, desk) = open(80, 16);
    stage.play(&desk, "4").write("select x from y").press("^j");
    let ticket = stage.asked[0].0;
    stage.send(Msg::Failed(ticket, "no table is named y\n  select x from y\n                ^".to_string()));
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview  2 Timeline  3 Findings [4 SQL]                     coldcase breach
    |select x from y
    |
    |
    |
    |─ failed ───────────────────────────────────────────────────────────────────────
    |no table is named y
    |  select x from y
    |                ^
    |i goes back to the editor.
    |
    |
    |
    |
    |                                                                           idle
    | ^j run  Esc leave  Tab next pane  Up history
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
