//! Where the keys of the timeline lead besides the next line: to a time, to a bin, to a day, to what was copied.

use super::*;
use crate::ask::{Filter, Want};

const DAY: i64 = 86_400_000;

fn timeline(keys: &str) -> (Stage, Desk) {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2").play(&desk, keys);
    (stage, desk)
}

/// Three days with two events each.
fn days() -> (Stage, Desk) {
    let mut desk = Desk::empty();
    desk.events = (0..6).map(|at| desk::event(at / 2 * DAY + at % 2, "a", "get", "nodes", "200", "", None)).collect();
    let mut stage = Stage::new(80, 24);
    stage.settle(&desk).play(&desk, "2");
    (stage, desk)
}

fn status(stage: &Stage) -> String {
    stage.screen().lines().rev().nth(1).unwrap_or("").to_string()
}

#[test]
fn a_time_is_gone_to_and_shown_before_enter_is_pressed() {
    let (mut stage, desk) = timeline("@");
    stage.write("02:14");
    assert!(status(&stage).contains("go to: 02:14") && status(&stage).contains("Mar 12 2026 02:14:00.000 UTC"));
    stage.play(&desk, "Enter");
    assert!(cursor_line(&stage).contains("02:14:00.000"), "{}", stage.screen());
    stage.play(&desk, "@").write("+10m").play(&desk, "Enter");
    assert!(cursor_line(&stage).contains("02:24:00.000"));
}

#[test]
fn what_is_no_time_stays_to_be_corrected() {
    let (mut stage, desk) = timeline("@");
    stage.write("2am").play(&desk, "Enter");
    assert!(status(&stage).contains("go to: 2am") && status(&stage).contains("+10m"), "{}", stage.screen());
    stage.play(&desk, "Esc");
    assert!(status(&stage).contains("1 of 38"));
}

#[test]
fn a_time_after_everything_is_said_to_be_so() {
    let (mut stage, desk) = timeline("@");
    stage.write("2030-01-01").play(&desk, "Enter");
    assert!(status(&stage).contains("no event from that time on"), "{}", stage.screen());
    assert!(cursor_line(&stage).contains("leader-39"));
}

#[test]
fn one_bin_on_and_one_back_always_move() {
    let (mut stage, desk) = timeline("> >");
    assert!(cursor_line(&stage).contains("02:02:00"), "{}", stage.screen());
    stage.play(&desk, "< < <");
    assert!(cursor_line(&stage).contains("02:00:00") && status(&stage).contains("this is the first"));
}

#[test]
fn one_day_on_is_the_first_event_of_a_later_day_and_one_back_the_last_of_an_earlier() {
    let (mut stage, desk) = days();
    stage.play(&desk, ")");
    assert!(status(&stage).starts_with(" 3 of 6"), "{}", stage.screen());
    stage.play(&desk, ")").play(&desk, "(");
    assert!(status(&stage).starts_with(" 4 of 6"));
}

#[test]
fn the_first_event_of_a_day_says_the_day() {
    let (stage, _) = days();
    let screen = stage.screen();
    let rows: Vec<&str> = screen.lines().skip(5).take(5).map(|line| &line[1..13]).collect();
    assert_eq!(rows, ["Mar 12 UTC  ", "02:00:00.000", "02:00:00.001", "Mar 13 02:00", "02:00:00.001"]);
}

#[test]
fn context_shows_what_everybody_did_and_keeps_the_cursor() {
    let (mut stage, desk) = timeline("e f");
    assert!(status(&stage).contains("1 of 3,"));
    stage.play(&desk, "c");
    assert!(cursor_line(&stage).contains("02:09:11.402"), "{}", stage.screen());
    assert!(status(&stage).contains("filtered: 3 of 5, 38 in all"), "{}", stage.screen());
    stage.play(&desk, "a");
    assert!(status(&stage).contains("1 of 3,"));
}

#[test]
fn keys_pressed_ahead_of_the_answer_are_not_lost() {
    let (mut stage, desk) = timeline("g");
    stage.press("e e e Enter");
    let seeks = stage.asked.iter().filter(|(_, request)| matches!(request, Request::Seek { .. })).count();
    assert_eq!(seeks, 1, "one question at a time");
    stage.settle(&desk).play(&desk, "Esc");
    assert!(cursor_line(&stage).contains("02:21:07"), "{}", stage.screen());
}

#[test]
fn a_record_asked_for_before_its_row_came_is_opened_when_it_comes() {
    let mut desk = Desk::empty();
    desk.events = (0..2000).map(|at| desk::event(at, "a", "get", &format!("pods p{at}"), "200", "", None)).collect();
    let mut stage = Stage::new(80, 24);
    stage.settle(&desk).play(&desk, "2").press("G Enter").settle(&desk);
    assert!(stage.screen().contains("kube-03.gz:1999"), "{}", stage.screen());
}

#[test]
fn steps_by_the_same_actor_go_on_over_rows_that_are_not_loaded() {
    let mut desk = Desk::empty();
    let actor = |at: i64| if at % 500 == 0 { "a" } else { "b" };
    desk.events = (0..2000).map(|at| desk::event(at, actor(at), "get", "nodes", "200", "", None)).collect();
    let mut stage = Stage::new(80, 24);
    stage.settle(&desk).play(&desk, "2").press("o o").settle(&desk);
    assert!(status(&stage).starts_with(" 1,001 of 2,000"), "{}", stage.screen());
    assert!(stage.asked.is_empty());
}

#[test]
fn an_event_found_out_of_sight_has_others_around_it() {
    let (stage, _) = timeline("e e");
    let screen = stage.screen();
    let below = screen.lines().skip_while(|line| !line.starts_with('>')).count();
    assert!(below > 8, "{screen}");
}

#[test]
fn a_cell_is_copied_as_it_is_shown() {
    let (mut stage, desk) = timeline("e y");
    assert_eq!(stage.copied.as_deref(), Some("2026-03-12T02:09:11.402000Z"));
    stage.play(&desk, "l y");
    assert_eq!(stage.copied.as_deref(), Some("system:serviceaccount:web:ci"));
    assert!(status(&stage).contains("copied: system:serviceaccount:web:ci"));
    stage.play(&desk, "l l l l y");
    assert!(status(&stage).contains("nothing to copy"), "{}", stage.screen());
}

#[test]
fn what_hides_in_a_cell_is_spelled_out_on_the_clipboard() {
    let mut desk = Desk::sample();
    desk.events.truncate(1);
    desk.events[0].actor = Some("bob\r\u{202e}".to_string());
    let mut stage = Stage::new(80, 24);
    stage.settle(&desk).play(&desk, "2 l y");
    assert_eq!(stage.copied.as_deref(), Some("bob␍<U+202E>"));
    assert!(status(&stage).contains("hidden characters spelled out"));
}

#[test]
fn the_record_is_copied_in_the_way_it_is_read() {
    let (mut stage, desk) = timeline("e Enter y");
    let fields = "verb: list\nuser_name: system:serviceaccount:web:ci\nobject: secrets\n";
    assert_eq!(stage.copied.as_deref(), Some(fields));
    stage.play(&desk, "p y");
    assert!(stage.copied.as_deref().is_some_and(|text| text.starts_with("{\"kind\":\"Event\"")));
}

#[test]
fn a_cell_behind_the_record_is_no_filter() {
    let (mut stage, desk) = timeline("l Enter +");
    assert!(status(&stage).contains("Esc closes it"), "{}", stage.screen());
    stage.play(&desk, "Esc +");
    assert!(stage.screen().contains("actor=alice"));
}

#[test]
fn the_strip_grows_with_the_screen_and_shows_findings_as_bars_on_the_largest() {
    let (mut stage, desk) = open(160, 40);
    stage.play(&desk, "2");
    let rows = |stage: &Stage| stage.screen().lines().position(|line| line.contains("ACTOR"));
    assert_eq!(rows(&stage), Some(8));
    stage.send(Msg::Resize(200, 60));
    stage.settle(&desk);
    assert_eq!(rows(&stage), Some(11));
    assert!(stage.screen().contains("events of findings, at most 1 in a bin"));
    stage.play(&desk, "i");
    assert_eq!(rows(&stage), Some(2), "i goes on from what is seen");
}

#[test]
fn going_to_a_time_asks_for_its_place_under_the_filter() {
    let (mut stage, _) = timeline("e");
    stage.press(")");
    let (_, request) = &stage.asked[0];
    assert!(matches!(request, Request::Locate { filter, .. } if *filter == Filter::default()), "{request:?}");
    stage.asked.clear();
    stage.press("Esc e");
    assert!(stage.asked.iter().any(|(_, request)| matches!(request, Request::Seek { want: Want::Finding, .. })));
}
