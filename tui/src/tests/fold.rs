//! Repeats folded into one line each: what a line says, that nothing in it goes unsaid, and the ways to see it all.

use super::{desk::*, *};
use crate::ask::*;

const PAUSE: i64 = 600_000_000;

/// The runs of a filter, each with its events.
fn runs<'a>(desk: &'a Desk, filter: &'a Filter) -> Vec<Vec<&'a EventRow>> {
    let kind =
        |event: &EventRow| event.object.as_ref().map(|object| object.split(' ').next().unwrap_or("").to_string());
    let same = |a: &EventRow, b: &EventRow| {
        (&a.source, &a.actor, &a.verb, &a.status, &a.namespace, &a.agent, &a.address)
            == (&b.source, &b.actor, &b.verb, &b.status, &b.namespace, &b.agent, &b.address)
            && kind(a) == kind(b)
    };
    let mut runs: Vec<Vec<&EventRow>> = Vec::new();
    for event in desk.under(filter) {
        let last = |run: &&mut Vec<&EventRow>| {
            run.last().is_some_and(|last| same(last, event) && event.time - last.time <= PAUSE)
        };
        match runs.iter_mut().find(last) {
            Some(run) if filter.fold.is_some() => run.push(event),
            _ => runs.push(vec![event]),
        }
    }
    runs
}

/// The lines, each with the events that are on it.
fn lines<'a>(desk: &'a Desk, filter: &'a Filter) -> Vec<Vec<&'a EventRow>> {
    let open = filter.fold.clone().unwrap_or_default();
    let mut lines: Vec<Vec<&EventRow>> = Vec::new();
    for run in runs(desk, filter) {
        match open.iter().any(|id| run.iter().any(|event| event.id == *id)) {
            true => lines.extend(run.into_iter().map(|event| vec![event])),
            false => lines.push(run),
        }
    }
    lines.sort_by_key(|line| order(line[0]));
    lines
}

pub fn rows(desk: &Desk, filter: &Filter) -> Vec<EventRow> {
    let row = |line: Vec<&EventRow>| {
        let mut row = desk.noted(line[0]);
        if line.len() > 1 {
            let mut objects: Vec<&Cell> = line.iter().map(|event| &event.object).collect();
            objects.sort();
            objects.dedup();
            row.finding = line.iter().filter_map(|event| event.finding).max();
            row.fold = Some(Folded {
                events: line.len() as u64,
                last: line.last().map_or(0, |event| event.time),
                objects: objects.len() as u64,
                hits: line.iter().filter(|event| event.finding.is_some()).count() as u64,
                noted: line.iter().filter(|event| desk.notes_on(&Subject::Event(event.id)).any()).count() as u64,
            });
        }
        row
    };
    lines(desk, filter).into_iter().map(row).collect()
}

pub fn place(desk: &Desk, filter: &Filter, record: &RecordId, time: i64) -> Place {
    let lines = lines(desk, filter);
    if let Some(row) = lines.iter().position(|line| line.iter().any(|event| event.id == *record)) {
        return Place { row: row as u64, exact: lines[row][0].id == *record };
    }
    let key = (time, record.evidence, record.offset);
    Place { row: lines.iter().filter(|line| order(line[0]) < key).count() as u64, exact: false }
}

pub fn seek(desk: &Desk, filter: &Filter, want: &Want, from: u64, direction: Direction) -> Option<u64> {
    let fits = |event: &EventRow| match want {
        Want::Actor(actor) => event.actor == *actor,
        Want::Text(text) => contains(event, text),
        Want::Finding => event.finding.is_some(),
        Want::Noted => desk.notes_on(&Subject::Event(event.id)).any(),
    };
    let lines = lines(desk, filter);
    let found = (0u64..).zip(lines).filter(|(_, line)| line.iter().any(|event| fits(event))).map(|(at, _)| at);
    match direction {
        Direction::Forward => found.filter(|at| *at > from).min(),
        Direction::Back => found.filter(|at| *at < from).max(),
    }
}

fn folded(width: u16, height: u16, keys: &str) -> (Stage, Desk) {
    let (mut stage, desk) = open(width, height);
    stage.play(&desk, "2").play(&desk, keys);
    (stage, desk)
}

#[test]
fn repeats_are_one_line_each_with_count_and_end() {
    let (stage, _) = folded(80, 16, "r");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | repeats folded                                                     x shows all
    | Mar 12 02:00:00   bin 30.0s   ▲ finding  ┄ no evidence         Mar 12 02:39:00
    | ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄▄┄┄┄┄┄┄┄┄┄┄  ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄▄
    | │                 ▲         ▲             ▲      ▲
    | Mar 12 UTC    ACTOR            VERB    OBJECT                  CODE NAMESPACE
    |>02:00:00.000  alice@example.o… get     configmaps … ×34        200  kube-system
    | 02:09:11.402▲ …:web:ci         list    secrets                 403
    | 02:14:03.118▲ …:web:ci         create  pods/exec web/api-7d9   101  web
    | 02:21:07.664▲ …:web:ci         create  serviceacco…em/deployer 201  kube-system
    | 02:24:30.090▲ …:deployer       create  clusterrolebindings x   201
    |
    |
    |
    | line 1 of 5, 38 events   34 events in 39m00s   Mar 12 2026 UTC            idle
    | Enter open  h l column  + - filter  = only  a undo  / find  ? keys
    "###);
}

#[test]
fn a_finding_and_a_note_in_a_run_are_said_on_its_line() {
    let (mut stage, mut desk) = open(120, 40);
    desk.events[4].finding = Some(Level::High);
    stage.play(&desk, "2 j j m k k r");
    let line = cursor_line(&stage);
    assert!(line.contains("configmaps … ×34 ▲1 ◆1") && line.contains('▲'), "{}", stage.screen());
    assert!(stage.screen().contains("34 events in 39m00s, 1 in findings, 1 noted"), "{}", stage.screen());
    stage.play(&desk, "g j j k k G g e");
    assert!(!stage.screen().contains("none further on"), "{}", stage.screen());
    stage.play(&desk, "G U");
    assert!(cursor_line(&stage).contains("◆1"), "a step to notes finds the line: {}", stage.screen());
}

#[test]
fn enter_unfolds_one_run_and_undo_folds_it_again() {
    let (mut stage, desk) = folded(80, 24, "r");
    assert!(stage.screen().contains("line 1 of 5, 38 events"), "{}", stage.screen());
    stage.play(&desk, "Enter");
    assert!(
        stage.screen().contains("repeats folded but 1") && stage.screen().contains("line 1 of 38"),
        "{}",
        stage.screen()
    );
    stage.play(&desk, "Enter");
    assert!(stage.screen().contains("Record:"), "an event is opened: {}", stage.screen());
    stage.play(&desk, "Esc a");
    assert!(stage.screen().contains("line 1 of 5"), "{}", stage.screen());
    stage.play(&desk, "r");
    assert!(stage.screen().contains("1 of 38") && stage.screen().contains("no filter"), "{}", stage.screen());
}

#[test]
fn filters_work_on_folded_lines_and_a_cell_they_do_not_agree_on_is_not_taken() {
    let (mut stage, desk) = folded(80, 24, "r l l +");
    let screen = stage.screen();
    assert!(
        screen.contains("verb=get") && screen.contains("repeats folded") && screen.contains("line 1 of 1, 34 events"),
        "{screen}"
    );
    stage.play(&desk, "l +");
    assert!(stage.screen().contains("these events name 34 objects"), "{}", stage.screen());
    stage.play(&desk, "y");
    assert_eq!(stage.copied, None);
}

#[test]
fn the_cursor_goes_to_the_line_its_event_is_folded_into_and_a_jump_unfolds() {
    let (mut stage, desk) = folded(80, 24, "G r");
    assert!(cursor_line(&stage).contains("×34"), "{}", stage.screen());
    stage.play(&desk, "a");
    assert!(cursor_line(&stage).contains("02:39:00"), "{}", stage.screen());
    let (mut stage, mut desk) = open(80, 24);
    desk.events[2].finding = Some(Level::Critical);
    stage.play(&desk, "2 r 3 Enter Enter");
    let screen = stage.screen();
    assert!(screen.contains("[2 Timeline]") && screen.contains("repeats unfolded to show this event"), "{screen}");
    assert!(cursor_line(&stage).contains("02:02:00"), "{screen}");
}
