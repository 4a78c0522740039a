//! Two events and two windows side by side, and windows that have a name in the case.

use super::{desk::*, *};
use crate::ask::*;

pub fn compare(desk: &Desk, a: RecordId, b: RecordId) -> Comparison {
    let side = |id: RecordId| Side { id, place: desk.text(&format!("kube-03.gz:{}", id.offset)) };
    let fields = |id| desk.record(id).fields;
    let row = |((path, a), (_, b)): ((String, Cell), (String, Cell))| Compared { path: desk.text(&path), a, b };
    let mut rows: Vec<Compared> = fields(a).into_iter().zip(fields(b)).map(row).collect();
    rows.retain(|row| row.a.is_some() || row.b.is_some());
    let poison = desk.text("tool: curl");
    rows.push(Compared { path: "request_object.spec.containers[0].image".to_string(), a: None, b: Some(poison) });
    Comparison { a: side(a), b: side(b), rows }
}

pub fn between(desk: &Desk, a: Window, b: Window) -> Between {
    let count = |window: Window| desk.under(&Filter { window, ..Filter::default() }).count() as u64;
    let part = |name: &str, column: Column| {
        let within = |event: &&EventRow, window: Window| {
            window.from.is_none_or(|from| event.time >= from) && window.to.is_none_or(|to| event.time < to)
        };
        let mut rows: Vec<InEach> = Vec::new();
        for event in &desk.events {
            let (a, b) = (u64::from(within(&event, a)), u64::from(within(&event, b)));
            if a + b == 0 {
                continue;
            }
            match rows.iter_mut().find(|row| row.value == *cell(event, column)) {
                Some(row) => (row.a, row.b) = (row.a + a, row.b + b),
                None => rows.push(InEach { value: cell(event, column).clone(), a, b }),
            }
        }
        rows.sort_by_key(|row| (row.b != 0, row.a != 0, std::cmp::Reverse(row.a.max(row.b))));
        Part { name: name.to_string(), column: Some(column), distinct: rows.len() as u64, rows }
    };
    Between { a: count(a), b: count(b), parts: vec![part("who", Column::Actor), part("from where", Column::Address)] }
}

pub fn windows(desk: &Desk) -> Vec<Named> {
    let notes = desk.notes.borrow();
    let named = notes.iter().enumerate().filter_map(|(at, note)| match note {
        Note::Window { name, from, to } => {
            let window = Window { from: Some(*from), to: Some(*to) };
            Some(Named { id: at.to_string(), name: desk.text(name), window })
        }
        _ => None,
    });
    named.collect()
}

/// A case with two named windows: the hour before the break-in and the break-in.
fn named(width: u16, height: u16) -> (Stage, Desk) {
    let (mut stage, desk) = open(width, height);
    let minute = 60_000_000;
    let window = |name: &str, from: i64, to: i64| Note::Window {
        name: name.to_string(),
        from: START + from * minute,
        to: START + to * minute,
    };
    desk.notes.borrow_mut().extend([window("quiet", 0, 9), window("break-in", 9, 26)]);
    stage.play(&desk, "2");
    (stage, desk)
}

#[test]
fn two_events_stand_side_by_side_and_only_what_differs_is_shown() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 d");
    assert!(stage.screen().contains("this event is A"), "{}", stage.screen());
    stage.play(&desk, "e d");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 2 3 4 5 6 7[Compare]                                         coldcase breach
    | A  Mar 12 02:00:00  alice@example.org get configmaps kube-system/leader-0 200…
    | B  Mar 12 02:09:11  system:serviceaccount:web:ci list secrets 403  [kube-03.g…
    |>≠ verb                        get                      list
    | ≠ user_name                   alice@example.org        system:serviceaccount:…
    | ≠ object                      configmaps kube-system…  secrets
    | ≠ ….spec.containers[0].image  –                        tool: curl
    |
    |
    |
    |
    |
    |
    | In full ───────────────────────────────────────────────────────────────────────
    | verb
    | A          get
    | B          list
    |
    |
    |
    |
    |
    | 1 of 4   what differs: 4 differ, 0 are the same                           idle
    | Enter open  d differences  Tab list/in full  F5 reload  Esc back  ? keys
    "###);
    stage.play(&desk, "Esc");
    assert!(stage.screen().contains("[2 Timeline]"), "{}", stage.screen());
}

#[test]
fn what_is_the_same_is_one_key_away_and_an_event_is_let_go_again() {
    let (mut stage, desk) = open(120, 40);
    stage.play(&desk, "2 d j d");
    assert!(stage.screen().contains("what differs: 2 differ, 2 are the same"), "{}", stage.screen());
    stage.play(&desk, "d");
    assert!(stage.screen().contains("1 of 4") && stage.screen().contains("all fields"), "{}", stage.screen());
    stage.play(&desk, "Esc k d");
    assert!(stage.screen().contains("no longer taken"), "{}", stage.screen());
}

#[test]
fn a_window_is_named_shown_under_the_strip_listed_and_gone_to() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 j j j j j z z W");
    assert!(stage.screen().contains("name of this window:"), "{}", stage.screen());
    stage.write("first look").play(&desk, "Enter x");
    let screen = stage.screen();
    let strip = screen.lines().nth(4).unwrap_or("");
    assert!(strip.contains('├') && strip.contains('┤'), "{screen}");
    stage.play(&desk, "w");
    assert!(stage.screen().contains("[Windows 1]") && stage.screen().contains("first look"), "{}", stage.screen());
    stage.play(&desk, "Enter");
    let screen = stage.screen();
    assert!(
        screen.contains("[2 Timeline]") && screen.contains(" – 02:09:52") && screen.contains("filtered:"),
        "{screen}"
    );
    stage.play(&desk, "Esc");
    assert!(stage.screen().contains("[Windows 1]"));
    stage.play(&desk, "X");
    assert!(stage.screen().contains("No window has a name yet"), "{}", stage.screen());
}

#[test]
fn going_to_a_window_keeps_the_other_conditions() {
    let (mut stage, desk) = named(80, 24);
    stage.play(&desk, "e f w j Enter");
    let screen = stage.screen();
    assert!(screen.contains("actor=") && screen.contains("02:09:00 – 02:26:00"), "{screen}");
}

#[test]
fn two_windows_are_compared_by_who_did_what_from_where() {
    let (mut stage, desk) = named(80, 24);
    stage.play(&desk, "w d j d d");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 2 3 4 5 6 7[Compare]                                         coldcase breach
    | A  quiet  Mar 12 02:00:00 – 02:09:00  9 events
    | B  break-in  Mar 12 02:09:00 – 02:26:00  20 events
    |>WHO                   A         B
    |   only in B           0         3  system:serviceaccount:web:ci
    |   only in B           0         1  system:serviceaccount:kube-system:deployer
    |   in both             9        16  alice@example.org
    | FROM WHERE            A         B
    |   in both             9        20  203.0.113.7
    |
    |
    |
    |
    | In full ───────────────────────────────────────────────────────────────────────
    | who
    | 3 values
    |
    |
    |
    |
    |
    |
    | 1 of 6   in one or in both                                                idle
    | Enter open  d differences  Tab list/in full  F5 reload  Esc back  ? keys
    "###);
    stage.play(&desk, "j Enter");
    let screen = stage.screen();
    assert!(screen.contains("[2 Timeline]") && screen.contains("actor=") && screen.contains("02:09:00"), "{screen}");
}

#[test]
fn windows_are_drawn_with_their_names_on_a_large_screen() {
    let (stage, _) = named(200, 60);
    let screen = stage.screen();
    assert!(screen.contains("─quiet─") && screen.contains("─break-in─"), "{screen}");
}

#[test]
fn the_next_day_with_a_finding_is_found_past_days_without_one() {
    let (mut stage, mut desk) = open(80, 24);
    let day = 86_400_000;
    desk.events.push(event(day, "bob", "get", "pods web/a", "200", "web", None));
    desk.events.push(event(3 * day, "bob", "get", "pods web/a", "200", "web", None));
    desk.events.push(event(3 * day + 1000, "bob", "delete", "pods web/b", "200", "web", Some(Level::High)));
    stage.play(&desk, "2 ^n");
    assert!(cursor_line(&stage).contains("delete"), "{}", stage.screen());
    stage.play(&desk, "^n");
    assert!(stage.screen().contains("none further on"), "{}", stage.screen());
    stage.play(&desk, "^p");
    assert!(cursor_line(&stage).contains("clusterrolebindings"), "{}", stage.screen());
}

#[test]
fn a_step_in_time_is_taken_from_the_event_under_the_cursor() {
    for (text, wanted) in [("+15m", "02:15:00"), ("+1h", "02:39:00"), ("-2h", "02:00:00")] {
        let (mut stage, desk) = open(80, 24);
        stage.play(&desk, "2 @").write(text).play(&desk, "Enter");
        assert!(cursor_line(&stage).contains(wanted), "{text}: {}", stage.screen());
    }
}
