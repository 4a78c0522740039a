//! The replay bar: it plays, stops, steps and seeks, and what it shows hangs on the moment alone.

use proptest::prelude::*;

use super::*;

const SECOND: i64 = 1_000_000;

/// The timeline with the bar below it.
fn bar(width: u16, height: u16) -> (Stage, Desk) {
    let (mut stage, desk) = open(width, height);
    stage.play(&desk, "2 R");
    (stage, desk)
}

/// The lines of the bar.
fn shown(stage: &Stage) -> Vec<String> {
    let screen = stage.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let from = lines.iter().position(|line| line.starts_with(['‖', '▶'])).unwrap();
    lines[from..lines.len() - 2].iter().map(|line| line.to_string()).collect()
}

/// The clock goes on, and every question is answered.
fn pass(stage: &mut Stage, desk: &Desk, micros: i64) {
    stage.send(Msg::Passed(micros));
    stage.settle(desk);
}

#[test]
fn it_opens_on_the_first_event_and_the_timeline_stands_there() {
    let (stage, _) = bar(80, 24);
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | no filter: all events
    | Mar 12 02:00:00   bin 30.0s   ▲ finding  ┄ no evidence         Mar 12 02:39:00
    | ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄▄┄┄┄┄┄┄┄┄┄┄  ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄▄
    | │                 ▲         ▲             ▲      ▲
    | Mar 12 UTC    ACTOR            VERB    OBJECT                  CODE NAMESPACE
    |>02:00:00.000  alice@example.o… get     configmaps …/leader-0   200  kube-system
    | 02:01:00.000  alice@example.o… get     configmaps …/leader-1   200  kube-system
    | 02:02:00.000  alice@example.o… get     configmaps …/leader-2   200  kube-system
    | 02:03:00.000  alice@example.o… get     configmaps …/leader-3   200  kube-system
    | 02:04:00.000  alice@example.o… get     configmaps …/leader-4   200  kube-system
    | 02:05:00.000  alice@example.o… get     configmaps …/leader-5   200  kube-system
    | 02:06:00.000  alice@example.o… get     configmaps …/leader-6   200  kube-system
    | 02:07:00.000  alice@example.o… get     configmaps …/leader-7   200  kube-system
    | 02:08:00.000  alice@example.o… get     configmaps …/leader-8   200  kube-system
    | 02:09:00.000  alice@example.o… get     configmaps …/leader-9   200  kube-system
    |‖ paused 60x Mar 12 02:00:00    ●─────────▲─────────────────       0 of 2 found
    | 02:00:00.000 alice@example.org get configmaps kube-system/leade… next in 1m00s
    | 1 open window
    | ░░░░░░░░   1 of 50  10m00s left  low      Many reads  username=system:servicea…
    |
    |
    | 1 of 38   Mar 12 2026 UTC   12% without evidence                          idle
    | Space play  . , event  > < finding  [ ] speed  Esc back  ? keys
    "###);
}

#[test]
fn a_wide_screen_shows_the_track_and_the_steps() {
    let (mut stage, desk) = bar(120, 40);
    stage.play(&desk, ">");
    insta::assert_snapshot!(framed(&shown(&stage).join("\n")), @r###"
    |‖ paused 60x Mar 12 02:14:03    ──────────────────●───────────────────────────────── Mar 12 02:39          2 of 2 found
    | 02:14:03.118 system:serviceaccount:web:ci create pods/exec web/api-7d9                                   next in 56.8s
    | 2 open windows   ▲ FOUND 02:14:03 critical  Token minted then cluster-admin
    | █████░░░    2 of 3  25m08s left  critical Token minted then cluster-admin  username=system:serviceaccount:web:ci  +ca-…
    | █░░░░░░░  10 of 50  56.8s left   low      Many reads  username=system:serviceaccount:web:ci
    |
    |
    |
    "###);
    let (mut stage, desk) = bar(200, 60);
    stage.play(&desk, "@").write("02:25").play(&desk, "Enter");
    insta::assert_snapshot!(framed(&shown(&stage).join("\n")), @r###"
    |‖ paused 60x Mar 12 02:25:00    ───────────────────────────────────────────────▲────────────────────────────────────●─────────────────────────────────────────────── Mar 12 02:39          2 of 2 found
    | 02:24:30.090 system:serviceaccount:kube-system:deployer create clusterrolebindings x                                                                                                     next in 6m00s
    | 2 open windows   ▲ found 02:14:03 critical  Token minted then cluster-admin
    | ████████    4 of 3  COMPLETE     critical Token minted then cluster-admin  username=system:serviceaccount:web:ci  +ca-token +pe-bind
    | █░░░░░░░  10 of 50  0µs left     low      Many reads  username=system:serviceaccount:web:ci
    |
    |
    |
    |
    |
    |
    "###);
}

#[test]
fn events_go_by_one_by_one_and_the_cursor_goes_along() {
    let (mut stage, desk) = bar(80, 24);
    stage.play(&desk, ". .");
    assert!(cursor_line(&stage).contains("02:02:00"), "{}", stage.screen());
    stage.play(&desk, ",");
    assert!(cursor_line(&stage).contains("02:01:00"), "{}", stage.screen());
    stage.play(&desk, "G .");
    assert!(stage.screen().contains("none further on"), "{}", stage.screen());
    assert!(cursor_line(&stage).contains("leader-39"));
}

#[test]
fn keys_pressed_ahead_of_answers_are_steps_to_come() {
    let (mut stage, desk) = bar(80, 24);
    stage.press(". . . , .").settle(&desk);
    assert!(cursor_line(&stage).contains("02:03:00"), "{}", stage.screen());
}

#[test]
fn the_next_finding_is_where_it_comes_to_be() {
    let (mut stage, desk) = bar(80, 24);
    stage.play(&desk, ">");
    assert!(shown(&stage)[2].contains("FOUND 02:14:03"), "{}", stage.screen());
    assert!(cursor_line(&stage).contains("pods/exec"));
    stage.play(&desk, ".");
    assert!(shown(&stage)[2].contains("found 02:14:03"), "{}", stage.screen());
}

#[test]
fn it_plays_at_its_speed_pauses_and_stops_at_the_end() {
    let (mut stage, desk) = bar(80, 24);
    stage.play(&desk, "Space");
    pass(&mut stage, &desk, 2 * SECOND);
    assert!(shown(&stage)[0].starts_with("▶ plays 60x Mar 12 02:02:00"), "{}", stage.screen());
    stage.play(&desk, "]");
    pass(&mut stage, &desk, SECOND / 10);
    assert!(shown(&stage)[0].starts_with("▶ plays 600x Mar 12 02:03:00"), "{}", stage.screen());
    stage.play(&desk, "Space");
    pass(&mut stage, &desk, SECOND);
    assert!(shown(&stage)[0].starts_with("‖ paused 600x Mar 12 02:03:00"), "{}", stage.screen());
    stage.play(&desk, "Space");
    pass(&mut stage, &desk, 3600 * SECOND);
    assert!(shown(&stage)[0].starts_with("‖ paused 600x Mar 12 02:39:00"), "{}", stage.screen());
}

#[test]
fn while_a_moment_is_asked_for_time_runs_on_and_no_second_question_is_asked() {
    let (mut stage, desk) = bar(80, 24);
    stage.play(&desk, "Space");
    for _ in 0..10 {
        stage.send(Msg::Passed(SECOND));
    }
    let asked = stage.asked.iter().filter(|(_, request)| matches!(request, Request::Moment { .. })).count();
    assert_eq!(asked, 1);
    assert!(shown(&stage)[0].contains("02:00:00"), "what is shown was answered: {}", stage.screen());
    stage.settle(&desk);
    pass(&mut stage, &desk, 0);
    assert!(shown(&stage)[0].contains("02:10:00"), "{}", stage.screen());
}

#[test]
fn until_a_finding_stops_exactly_there() {
    let (mut stage, desk) = bar(80, 24);
    stage.play(&desk, "u");
    pass(&mut stage, &desk, 3600 * SECOND);
    assert!(shown(&stage)[0].starts_with("‖ paused 60x Mar 12 02:14:03"), "{}", stage.screen());
    assert!(shown(&stage)[2].contains("FOUND"));
}

#[test]
fn as_fast_as_shown_shows_every_event() {
    let (mut stage, desk) = bar(80, 24);
    stage.play(&desk, "] ] ]");
    stage.press("Space");
    let mut seen = Vec::new();
    while let Some(place) = stage.asked.iter().position(|(_, request)| matches!(request, Request::Moment { .. })) {
        let (ticket, request) = stage.asked.remove(place);
        let answer = desk.answer(&request).unwrap();
        if let crate::ask::Answer::Moment(moment) = &answer {
            seen.extend(moment.event.as_ref().map(|event| event.time).filter(|_| !moment.end));
        }
        stage.send(Msg::Loaded(ticket, answer));
    }
    assert_eq!(seen, desk.events.iter().skip(1).map(|event| event.time).collect::<Vec<_>>());
    assert!(shown(&stage)[0].starts_with("‖ paused"), "{}", stage.screen());
}

#[test]
fn a_time_is_sought_and_the_keys_can_be_the_screens_again() {
    let (mut stage, desk) = bar(80, 24);
    stage.play(&desk, "@").write("02:21:08").play(&desk, "Enter");
    assert!(shown(&stage)[0].contains("02:21:08") && shown(&stage)[1].contains("02:21:07.664"), "{}", stage.screen());
    assert!(cursor_line(&stage).contains("02:21:07.664"), "{}", stage.screen());
    stage.play(&desk, "Tab g");
    assert!(cursor_line(&stage).contains("02:00:00"), "the timeline has the keys");
    stage.play(&desk, "R ,");
    assert!(shown(&stage)[0].contains("02:21:07"), "back between events is to the event: {}", stage.screen());
    stage.play(&desk, "Esc");
    assert!(!stage.screen().contains("paused"));
}

#[test]
fn it_is_below_every_screen_and_says_its_own_keys() {
    let (mut stage, desk) = bar(80, 24);
    for screen in ["1", "3", "5", "6", "7", "2"] {
        stage.play(&desk, screen);
        assert!(shown(&stage)[0].contains("02:00:00"), "{}", stage.screen());
    }
    stage.play(&desk, "?");
    assert!(stage.screen().contains("Keys of Replay bar"), "{}", stage.screen());
    stage.play(&desk, "Esc : u n t i l Enter");
    assert!(shown(&stage)[0].starts_with("▶ until"), "{}", stage.screen());
}

#[test]
fn a_failed_question_is_told_with_its_way_out() {
    let (mut stage, desk) = bar(80, 24);
    stage.press(".");
    let (ticket, _) = stage.asked.pop().unwrap();
    stage.send(Msg::Failed(ticket, "the disk is gone".to_string()));
    assert!(stage.screen().contains("the disk is gone") && stage.screen().contains("F5 tries again"));
    stage.play(&desk, "F5");
    assert!(shown(&stage)[0].contains("02:00:00") && !stage.screen().contains("the disk is gone"));
}

#[derive(Clone, Debug)]
enum Deed {
    Press(&'static str),
    Pass(i64),
    Seek(i64),
    Answer,
}

fn deed() -> impl Strategy<Value = Deed> {
    let keys = [".", ",", ">", "<", "Space", "u", "[", "]", "g", "G"];
    prop_oneof![
        6 => (0..keys.len()).prop_map(move |at| Deed::Press(keys[at])),
        3 => (0i64..20 * SECOND).prop_map(Deed::Pass),
        2 => (0i64..2500).prop_map(Deed::Seek),
        3 => Just(Deed::Answer),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fresh_seek_shows_what_any_way_there_showed(deeds in prop::collection::vec(deed(), 1..40)) {
        let (mut stage, desk) = bar(120, 40);
        for deed in &deeds {
            match deed {
                Deed::Press(key) => drop(stage.press(key)),
                Deed::Pass(micros) => stage.send(Msg::Passed(*micros)),
                Deed::Seek(second) => {
                    let time = format!("02:{:02}:{:02}", second / 60, second % 60);
                    stage.press("@").write(&time).press("Enter");
                }
                Deed::Answer => drop(stage.settle_some(&desk, 3)),
            }
        }
        // Whatever plays is paused, so that it stands somewhere.
        stage.settle_some(&desk, 200);
        if stage.screen().contains('▶') {
            stage.press("Space");
        }
        stage.settle(&desk);
        let (time, state) = stage.model.replayed().unwrap();
        let (mut fresh, desk) = bar(120, 40);
        fresh.play(&desk, "@").write(&crate::clock::exact(time)).play(&desk, "Enter");
        prop_assert_eq!(Some((time, state)), fresh.model.replayed());
    }
}

#[test]
fn a_change_of_speed_while_it_plays_never_leaves_it_standing() {
    let (mut stage, desk) = bar(80, 24);
    stage.play(&desk, "Space ] ] ]");
    stage.send(Msg::Passed(1));
    stage.settle(&desk);
    assert!(shown(&stage)[0].starts_with("‖ paused max Mar 12 02:39"), "to the end: {}", stage.screen());
    stage.play(&desk, "g").press("Space [").settle_some(&desk, 1);
    pass(&mut stage, &desk, SECOND / 60);
    assert!(shown(&stage)[0].starts_with("▶ plays 3600x Mar 12 02:"), "{}", stage.screen());
}
