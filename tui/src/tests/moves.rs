//! What keys do: where the cursor goes, what is asked, what is dropped.

use super::*;
use crate::ask::{Answer, Column, Filter, Op};

fn timeline(width: u16, height: u16) -> (Stage, Desk) {
    let (mut stage, desk) = open(width, height);
    stage.play(&desk, "2");
    (stage, desk)
}

fn last_filter(stage: &Stage) -> Filter {
    let filters = stage.asked.iter().rev().filter_map(|(_, request)| match request {
        Request::Histogram { filter, .. } => Some(filter.clone()),
        _ => None,
    });
    filters.into_iter().next().expect("a strip was asked for")
}

#[test]
fn enter_on_an_event_of_a_finding_lands_on_that_very_event() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "3 Enter j j Enter");
    assert!(cursor_line(&stage).contains("02:24:30.090▲"), "{}", stage.screen());
    stage.play(&desk, "Esc");
    assert!(stage.screen().contains("[3 Findings]"));
}

#[test]
fn a_filter_that_hides_the_event_is_put_aside_and_comes_back() {
    let (mut stage, desk) = timeline(80, 24);
    stage.play(&desk, "l =").play(&desk, "3 Enter Enter");
    let screen = stage.screen();
    assert!(screen.contains("no filter") && screen.contains("put aside"), "{screen}");
    assert!(cursor_line(&stage).contains("02:14:03.118▲"));
    stage.play(&desk, "a");
    assert!(stage.screen().contains("actor=alice"));
}

#[test]
fn a_filter_keeps_the_cursor_on_its_event() {
    let (mut stage, desk) = timeline(80, 24);
    stage.play(&desk, "G k k l l +");
    let line = cursor_line(&stage);
    assert!(line.contains("leader-37"), "{line}");
    assert!(stage.screen().contains("verb=get") && stage.screen().contains("of 34, 38 in all"));
}

#[test]
fn plus_minus_and_only_build_the_filter_they_promise() {
    let (mut stage, desk) = timeline(80, 24);
    stage.play(&desk, "l l").press("+");
    assert_eq!(last_filter(&stage).chips[0].op, Op::Is);
    stage.settle(&desk).press("-");
    let filter = last_filter(&stage);
    assert_eq!((filter.chips.len(), filter.chips[0].op, filter.chips[0].column), (1, Op::IsNot, Column::Verb));
    stage.settle(&desk);
    assert!(cursor_line(&stage).contains("02:09:11"), "{}", stage.screen());
    stage.press("f");
    assert_eq!(last_filter(&stage).chips[0].value.as_deref(), Some("system:serviceaccount:web:ci"));
}

#[test]
fn next_and_previous_by_the_same_actor_are_each_others_reverse() {
    let (mut stage, desk) = timeline(80, 24);
    stage.play(&desk, "e o");
    assert!(cursor_line(&stage).contains("02:14:03.118▲"), "{}", stage.screen());
    stage.play(&desk, "o O");
    assert!(cursor_line(&stage).contains("02:14:03.118▲"));
    stage.play(&desk, "G o");
    assert!(stage.screen().contains("none further on"));
}

#[test]
fn search_moves_and_hides_nothing_until_asked_to() {
    let (mut stage, desk) = timeline(80, 24);
    stage.play(&desk, "/").write("LEADER-3").play(&desk, "Enter n");
    assert!(cursor_line(&stage).contains("leader-31"), "{}", stage.screen());
    stage.play(&desk, "N");
    assert!(cursor_line(&stage).contains("leader-3 "), "{}", stage.screen());
    assert!(stage.screen().contains("of 38"));
    stage.play(&desk, "&");
    assert!(
        stage.screen().contains("text~LEADER-3") && stage.screen().contains("of 10, 38 in all"),
        "{}",
        stage.screen()
    );
}

#[test]
fn zoom_halves_the_window_and_undo_restores_it() {
    let (mut stage, desk) = timeline(80, 24);
    stage.play(&desk, "e").press("z");
    let window = last_filter(&stage).window;
    let (from, to) = (window.from.unwrap(), window.to.unwrap());
    assert!((to - from - 39 * 30_000_000).abs() < 10, "{}", to - from);
    stage.settle(&desk).press("]");
    assert_eq!(last_filter(&stage).window.from.unwrap(), from + (to - from) / 2);
    stage.settle(&desk).play(&desk, "a a");
    assert!(stage.screen().contains("no filter"));
    assert!(cursor_line(&stage).contains("02:09:11"));
}

#[test]
fn an_answer_to_an_old_question_is_dropped() {
    let (mut stage, desk) = timeline(80, 24);
    stage.press("l =");
    let old: Vec<_> = std::mem::take(&mut stage.asked);
    stage.press("a");
    let (ticket, request) = old.iter().find(|(_, r)| matches!(r, Request::Histogram { .. })).unwrap();
    let late = desk.answer(request).unwrap();
    stage.settle(&desk);
    let before = stage.screen();
    stage.send(Msg::Loaded(*ticket, late));
    stage.send(Msg::Failed(*ticket, "late".to_string()));
    assert_eq!(stage.screen(), before);
}

#[test]
fn escape_stops_what_is_loading_and_the_worker_is_told() {
    let (mut stage, _) = open(80, 24);
    stage.press("2");
    let waited: Vec<Ticket> = stage.asked.iter().map(|(ticket, _)| *ticket).collect();
    assert!(stage.screen().contains("Esc stops"));
    stage.press("Esc");
    let told = |ticket: &Ticket| stage.asked.iter().any(|(_, r)| *r == Request::Cancel(*ticket));
    assert!(waited.iter().all(told) && stage.screen().contains("idle"));
}

#[test]
fn an_answer_of_the_wrong_kind_changes_nothing() {
    let (mut stage, _) = open(80, 24);
    stage.press("2");
    let ticket = stage.asked[0].0;
    stage.send(Msg::Loaded(ticket, Answer::Found(Some(3))));
    assert!(stage.screen().contains("reading the timeline"));
}

#[test]
fn scrolling_far_asks_for_the_next_page_only_when_it_is_needed() {
    let mut desk = Desk::empty();
    desk.events = (0..2000).map(|at| desk::event(at, "a", "get", &format!("pods/p{at}"), "200", "", None)).collect();
    let mut stage = Stage::new(80, 24);
    stage.settle(&desk).play(&desk, "2").press("j j PgDn");
    assert!(stage.asked.is_empty());
    stage.press("G");
    assert!(matches!(stage.asked[..], [(_, Request::Timeline { .. })]));
    assert!(stage.screen().contains("pods/p"), "the old page stays");
    stage.settle(&desk);
    assert!(cursor_line(&stage).contains("pods/p1999"));
}

#[test]
fn sql_history_goes_back_and_forth() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4").write("select 1").play(&desk, "^j");
    stage.write("0").play(&desk, "^j Up");
    assert!(stage.screen().lines().any(|line| line == "select 1"), "{}", stage.screen());
    stage.press("Down");
    assert!(stage.screen().contains("select 10"));
}

#[test]
fn digits_are_text_in_the_editor_and_screens_outside() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4 2");
    assert!(stage.screen().contains("[4 SQL]"));
    stage.play(&desk, "Esc 2");
    assert!(stage.screen().contains("[2 Timeline]"));
}

#[test]
fn q_closes_first_and_then_asks_and_capital_q_asks_at_once() {
    let (mut stage, desk) = timeline(80, 24);
    stage.play(&desk, "Enter q");
    assert!(stage.screen().contains("ACTOR"));
    stage.press("q j");
    assert!(!stage.quit);
    assert!(stage.press("q y").quit);
    let (mut stage, desk) = timeline(80, 24);
    stage.play(&desk, "Enter Q");
    assert!(stage.screen().contains("Quit?") && stage.screen().contains("Record:") && !stage.quit);
    assert!(stage.press("y").quit);
    assert!(open(80, 24).0.press("^c").quit);
}

#[test]
fn the_overview_leads_to_what_it_shows() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "Enter");
    assert!(stage.screen().contains("source=kube-audit"), "{}", stage.screen());
    stage.play(&desk, "Esc j Enter");
    assert!(stage.screen().contains("[3 Findings]"), "{}", stage.screen());
}

#[test]
fn when_the_worker_is_gone_nothing_waits_for_it() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4").write("select 1").press("^j");
    assert!(stage.model.busy());
    stage.send(Msg::WorkerGone);
    assert!(!stage.model.busy() && stage.screen().contains("the worker is gone"));
    assert!(stage.press("^c").quit);
}

#[test]
fn the_column_of_the_cursor_stays_the_same_when_others_drop() {
    let (mut stage, desk) = timeline(140, 24);
    stage.play(&desk, "l l l");
    stage.send(Msg::Resize(60, 24));
    stage.settle(&desk).press("+");
    assert_eq!(last_filter(&stage).chips[0].column, Column::Verb);
}
