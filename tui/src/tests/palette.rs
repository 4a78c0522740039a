//! The palette: completion, preview, and that it does what the key would have done.

use super::*;
use crate::ask::Note;

#[test]
fn what_is_typed_narrows_the_list_and_enter_does_it() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let (mut stage, desk) = open(size.0, size.1);
        stage.play(&desk, "2 e l :");
        let screen = stage.screen();
        assert!(screen.contains("of what this screen can do") && screen.contains("do:"), "{screen}");
        stage.write("filter-in");
        let screen = stage.screen();
        assert!(screen.contains("filter-in          +              keep rows with this cell's value"), "{screen}");
        stage.play(&desk, "Enter");
        assert!(stage.screen().contains("x shows all"), "{}", stage.screen());
    }
}

#[test]
fn words_of_the_sentence_find_it_too_and_tab_completes_the_name() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 :").write("two minutes").play(&desk, "Tab");
    assert!(stage.screen().contains("do: context"), "{}", stage.screen());
    stage.play(&desk, "Enter");
    assert!(stage.screen().contains("x shows all"), "{}", stage.screen());
}

#[test]
fn screens_are_reached_by_name_and_nothing_found_does_nothing() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, ":").write("who fares").play(&desk, "Enter");
    assert!(stage.screen().contains("Nothing here has this name"), "{}", stage.screen());
    stage.play(&desk, "Esc :").write("rules").play(&desk, "Enter");
    assert!(stage.screen().contains("[6 Rules]"), "{}", stage.screen());
}

#[test]
fn arrows_choose_and_esc_leaves_things_as_they_were() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "3");
    let before = stage.screen();
    stage.play(&desk, ": Down Down Esc");
    assert_eq!(stage.screen(), before);
    let (mut small, desk) = open(20, 5);
    small.play(&desk, "2 :").write("zoom").play(&desk, "Down Enter");
    assert!(!small.quit);
}

#[test]
fn keys_of_the_users_own_work_and_are_shown() {
    let map: &'static crate::Keymap = Box::leak(Box::new(crate::Keymap::read("preset = vim\nfollow = F").unwrap()));
    let desk = Desk::sample();
    let mut stage = Stage::with(120, 40, Options { colour: false, ascii: false, theme: Theme::Colours, keys: map });
    stage.settle(&desk).play(&desk, "2 e f");
    assert!(stage.screen().contains("no filter"), "the built-in key means nothing now: {}", stage.screen());
    stage.play(&desk, "F");
    assert!(stage.screen().contains("actor=") && stage.screen().contains("u undo"), "{}", stage.screen());
    stage.play(&desk, "u");
    assert!(stage.screen().contains("no filter"));
    stage.play(&desk, "?");
    assert!(stage.screen().contains("F              follow the actor"), "{}", stage.screen());
}

#[test]
fn another_time_zone_changes_every_screen_and_questions_stay_in_utc() {
    let (mut stage, desk) = open(120, 40);
    stage.play(&desk, "L").write("+05:30");
    assert!(stage.screen().contains("time zone: +05:30"), "{}", stage.screen());
    stage.play(&desk, "Enter");
    let screen = stage.screen();
    assert!(screen.contains("07:30:00 – 08:09:00 +05:30") && screen.contains("Mar 12 07:55:08"), "{screen}");
    stage.play(&desk, "2 e");
    let screen = stage.screen();
    assert!(cursor_line(&stage).contains("07:39:11.402") && screen.contains("Mar 12 +05:30"), "{screen}");
    // What is typed is in the zone that is shown.
    stage.play(&desk, "@").write("07:44:03").play(&desk, "Enter");
    assert!(cursor_line(&stage).contains("07:44:03.118"), "{}", stage.screen());
    stage.play(&desk, "3");
    assert!(stage.screen().contains("Mar 12 +05:30") && stage.screen().contains("07:44:03"), "{}", stage.screen());
    stage.play(&desk, "L").write("nowhere").play(&desk, "Enter");
    assert!(stage.screen().contains("time zone: nowhere"), "it stays to be corrected: {}", stage.screen());
    stage.play(&desk, "Esc 2 g y");
    assert_eq!(stage.copied.as_deref(), Some("2026-03-12T02:00:00.000000Z"));
}

#[test]
fn words_behind_a_name_are_what_the_action_asks_for() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "7 :").write("merge ../bens");
    assert!(
        stage.screen().contains("1 of what this screen can do") && stage.screen().contains("merge"),
        "{}",
        stage.screen()
    );
    stage.play(&desk, "Enter");
    assert!(stage.screen().contains("would come from bens"), "{}", stage.screen());
    stage.play(&desk, "Esc 2 :").write("go-to 02:14").play(&desk, "Enter");
    assert!(cursor_line(&stage).contains("02:14:00.000"), "{}", stage.screen());
    stage.play(&desk, ":").write("zone +02:00").play(&desk, "Enter");
    assert!(stage.screen().contains("04:14:00.000"), "{}", stage.screen());
    stage.play(&desk, ":").write("tag odd").play(&desk, "Enter");
    assert!(matches!(&desk.notes.borrow()[..], [Note::Tag(_, tag)] if tag == "odd"));
    // Where nothing asks for words they only look for a name.
    stage.play(&desk, ":").write("mark it");
    assert!(stage.screen().contains("do: mark it"), "{}", stage.screen());
    stage.play(&desk, "Esc :").write("go-t").play(&desk, "Tab").write("02:09").play(&desk, "Enter");
    assert!(!stage.screen().contains("do:"), "{}", stage.screen());
}
