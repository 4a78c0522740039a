//! The mouse, for those who asked for one.

use super::*;
use crate::Mouse;

fn click(stage: &mut Stage, desk: &Desk, x: u16, y: u16) {
    stage.send(Msg::Mouse(Mouse::Click, x, y));
    stage.settle(desk);
}

/// Where a text stands on the screen.
fn place(stage: &Stage, text: &str) -> (u16, u16) {
    let screen = stage.screen();
    let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
    let before = line.split(text).next().unwrap();
    (crate::text::columns(before) as u16, y as u16)
}

fn click_on(stage: &mut Stage, desk: &Desk, text: &str) {
    let (x, y) = place(stage, text);
    click(stage, desk, x, y);
}

#[test]
fn a_click_on_a_tab_shows_that_screen() {
    for (width, titles) in [(80, ["2 Timeline", "7 Case", "1 Overview"]), (30, [" 2", " 7", " 1"])] {
        let (mut stage, desk) = open(width, 24);
        for title in titles {
            let (x, y) = place(&stage, title);
            click(&mut stage, &desk, x + 1, y);
            let digit = title.trim().chars().next().unwrap();
            assert!(stage.screen().contains(&format!("[{digit} ")), "{title}: {}", stage.screen());
        }
    }
}

#[test]
fn a_click_on_a_row_puts_the_cursor_there_on_every_screen() {
    let (mut stage, desk) = open(120, 40);
    stage.play(&desk, "2");
    click_on(&mut stage, &desk, "leader-7");
    assert!(cursor_line(&stage).contains("leader-7"));
    stage.play(&desk, "+");
    assert!(
        stage.screen().contains("object=configmaps kube-system/leader-7"),
        "the cell that was hit: {}",
        stage.screen()
    );
    stage.play(&desk, "x 3");
    click_on(&mut stage, &desk, "Exec into a pod");
    assert!(cursor_line(&stage).contains("Exec into a pod"), "{}", stage.screen());
    stage.play(&desk, "5 l l");
    click_on(&mut stage, &desk, "ns web");
    assert!(cursor_line(&stage).contains("ns web"), "{}", stage.screen());
    stage.play(&desk, "6 j");
    let before = cursor_line(&stage);
    click(&mut stage, &desk, 5, 2);
    assert_ne!(cursor_line(&stage), before);
    stage.play(&desk, "4").write("select 1").play(&desk, "^j");
    click_on(&mut stage, &desk, "null");
    assert!(cursor_line(&stage).contains("null"), "{}", stage.screen());
    stage.play(&desk, "1");
    click_on(&mut stage, &desk, "high ");
    assert!(cursor_line(&stage).contains("high"), "{}", stage.screen());
}

#[test]
fn a_click_on_a_bin_goes_to_its_first_event() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2");
    let bins = desk.answer(&Request::Histogram { filter: crate::ask::Filter::default(), bins: 78 });
    let Some(crate::ask::Answer::Histogram(histogram)) = bins else { panic!() };
    let start = histogram.from + (histogram.to - histogram.from) * 40 / 78;
    click(&mut stage, &desk, 41, 3);
    let first = desk.events.iter().find(|event| event.time >= start).unwrap();
    assert!(cursor_line(&stage).contains(&crate::clock::time(first.time, 12)), "{}", stage.screen());
}

#[test]
fn the_wheel_moves_what_is_in_sight() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2");
    stage.send(Msg::Mouse(Mouse::WheelDown, 5, 9));
    stage.settle(&desk);
    assert_eq!(stage.model.place().0, 3);
    stage.send(Msg::Mouse(Mouse::WheelUp, 5, 9));
    assert_eq!(stage.model.place().0, 0);
    stage.play(&desk, "?");
    stage.send(Msg::Mouse(Mouse::WheelDown, 5, 9));
    assert!(stage.screen().contains("lines 4"), "{}", stage.screen());
    stage.play(&desk, "Esc F1");
    stage.send(Msg::Mouse(Mouse::WheelDown, 5, 9));
    assert!(stage.screen().contains("lines 4"), "{}", stage.screen());
    assert_eq!(stage.model.place().0, 0, "what is covered stays");
}

#[test]
fn the_track_of_the_replay_is_a_way_to_a_time() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 R Tab");
    let (x, y) = place(&stage, "‖ paused");
    click(&mut stage, &desk, x + 46, y);
    let (time, _) = stage.model.replayed().unwrap();
    assert!(time > desk::START + 10 * 60_000_000, "{}", stage.screen());
    stage.play(&desk, ".");
    assert!(stage.model.replayed().unwrap().0 > time, "the bar has the keys");
    click_on(&mut stage, &desk, "leader-14");
    stage.play(&desk, "j");
    assert!(cursor_line(&stage).contains("pods/exec") && stage.screen().contains("paused"), "{}", stage.screen());
}
