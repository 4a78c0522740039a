//! The SQL screen: names completed, queries recalled, rows opened, and the keys that hold on every screen.

use super::*;
use crate::ask::{Answer, Grid, GridColumn, Total};

/// The screen with a query answered by these columns and one row.
fn answered(desk: &Desk, cells: &[(&str, &str)]) -> Stage {
    let mut stage = Stage::new(80, 24);
    stage.settle(desk).play(desk, "4").write("select 1").press("^j");
    let (ticket, _) = stage.asked.pop().expect("a query");
    let columns = cells.iter().map(|(name, _)| GridColumn { name: name.to_string(), number: false }).collect();
    let rows = vec![cells.iter().map(|(_, cell)| Some(cell.to_string())).collect()];
    let grid = Grid { columns, rows, total: Total::Exactly(1), millis: 7, note: String::new() };
    stage.send(Msg::Loaded(ticket, Answer::Grid(grid)));
    stage.press("Esc");
    stage
}

fn editor(stage: &Stage) -> String {
    stage.screen().lines().nth(1).unwrap_or("").trim().to_string()
}

#[test]
fn a_name_is_completed_and_a_choice_is_listed() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4").write("select ve").play(&desk, "Tab");
    assert_eq!(editor(&stage), "select verb");
    stage.write(", ti").play(&desk, "Tab Tab");
    assert!(editor(&stage).ends_with("verb, time") && stage.screen().contains("time  timeline"), "{}", stage.screen());
    stage.write(" ").play(&desk, "Tab");
    assert!(stage.screen().contains("i edit"), "after a blank Tab leaves the editor");
}

#[test]
fn a_query_is_recalled_by_what_it_contains() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4");
    for query in ["select 1", "from audit", "select 2"] {
        stage.write(query).play(&desk, "^j ^u");
    }
    stage.write("sel").play(&desk, "^r");
    assert_eq!(editor(&stage), "select 2");
    stage.play(&desk, "^r");
    assert_eq!(editor(&stage), "select 1");
    stage.play(&desk, "^r");
    assert!(editor(&stage) == "select 1" && stage.screen().contains("no query before"));
}

#[test]
fn a_row_is_opened_in_full() {
    let desk = Desk::sample();
    let long = "x".repeat(200);
    let mut stage = answered(&desk, &[("verb", "get"), ("body", &long)]);
    assert!(!stage.screen().contains(&"x".repeat(60)));
    stage.press("Enter");
    assert!(stage.screen().contains("Row 1 in full") && stage.screen().contains(&"x".repeat(60)), "{}", stage.screen());
    stage.press("y");
    assert_eq!(stage.copied, Some(format!("verb: get\nbody: {long}\n")));
    stage.press("Esc l y");
    assert_eq!(stage.copied.as_deref(), Some(long.as_str()));
}

#[test]
fn the_event_of_a_row_is_shown_in_the_timeline() {
    let desk = Desk::sample();
    let cells = [("evidence", "1"), ("offset", "843118"), ("length", "700"), ("time", "2026-03-12T02:14:03.118000Z")];
    let mut stage = answered(&desk, &cells);
    stage.press("^t").settle(&desk);
    assert!(cursor_line(&stage).contains("02:14:03.118▲"), "{}", stage.screen());
    stage.play(&desk, "Esc");
    assert!(stage.screen().contains("[4 SQL]"));
    let mut stage = answered(&desk, &cells[..3]);
    stage.press("^t");
    assert!(stage.screen().contains("no event here: select time"), "{}", stage.screen());
}

#[test]
fn a_result_is_drawn_as_bars_of_its_numbers() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4").write("select 1").play(&desk, "^j Esc b");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview  2 Timeline  3 Findings [4 SQL] 5 Snapshot  6 Rules  7 Case
    |select 1
    |
    |
    |
    |─ the first 2 of at least 2 rows   0.41 s   3 rows body cut ────────────────────
    | Bars of n                       b: the table again, of the rows that came back
    |>system:serviceaccount:web:ci  3 ███████████▌
    | null                         12 ██████████████████████████████████████████████
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    | row 1 of at least 2   column 1 of 2: actor                                idle
    | i edit  Enter open  Tab next pane  ^j run  ^t timeline  Esc back  ? keys
    "###);
    stage.play(&desk, "j");
    assert!(cursor_line(&stage).contains("12"), "{}", stage.screen());
    stage.play(&desk, "b");
    assert!(!stage.screen().contains("Bars of"), "{}", stage.screen());
    let desk = Desk::sample();
    let mut stage = answered(&desk, &[("evidence", "1")]);
    stage.press("b");
    assert!(stage.screen().contains("no column of numbers"), "{}", stage.screen());
}

#[test]
fn a_table_gives_its_name_to_the_editor() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4").write("select ").play(&desk, "Tab Tab j Enter");
    assert_eq!(editor(&stage), "select time");
    stage.write("!");
    assert_eq!(editor(&stage), "select time!", "the editor has the focus again");
}

#[test]
fn the_cell_under_the_cursor_is_always_seen() {
    let desk = Desk::sample();
    let cells: Vec<(String, String)> = (0..30).map(|at| (format!("column{at}"), format!("value{at}"))).collect();
    let cells: Vec<(&str, &str)> = cells.iter().map(|(name, cell)| (name.as_str(), cell.as_str())).collect();
    let mut stage = answered(&desk, &cells);
    for at in 0..30 {
        assert!(stage.screen().contains(&format!("value{at}")), "{at}: {}", stage.screen());
        stage.press("l");
    }
    assert!(stage.screen().contains("column 30 of 30: column29"));
}

#[test]
fn before_the_first_query_there_is_something_to_begin_with() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4");
    let screen = stage.screen();
    assert!(screen.contains("For example:") && screen.contains("Tables: audit 2,310   timeline"), "{screen}");
}

#[test]
fn tables_that_cannot_be_read_say_so_and_the_way_out() {
    let mut stage = Stage::new(120, 24);
    stage.press("4");
    let (ticket, _) = stage.asked.pop().expect("the tables");
    stage.send(Msg::Failed(ticket, "no such file".to_string()));
    let screen = stage.screen();
    assert!(
        screen.contains("The tables could not be") && screen.contains("no such file") && screen.contains("tries"),
        "{screen}"
    );
}

#[test]
fn the_keys_of_other_tools_lead_where_their_users_expect() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "F1");
    assert!(stage.screen().contains("Manual: Overview"));
    stage.play(&desk, "Esc ;");
    assert!(stage.screen().contains("[4 SQL]"));
    stage.play(&desk, "F1");
    assert!(stage.screen().contains("Manual: SQL"), "also in the editor");
    stage.play(&desk, "Esc Esc 3").press("F5");
    assert!(matches!(stage.asked[..], [(_, Request::Findings { .. })]));
}

#[test]
fn every_screen_says_where_it_is_even_where_tabs_do_not_fit() {
    let (mut stage, desk) = open(20, 5);
    for (key, title) in [("1", "[1 Overview]"), ("2", "[2 Timeline]"), ("3", "[3 Findings]"), ("4", "[4 SQL]")] {
        stage.play(&desk, "Esc").play(&desk, key);
        assert!(stage.screen().lines().next().is_some_and(|line| line.contains(title)), "{}", stage.screen());
    }
}

#[test]
fn on_a_narrow_screen_the_help_is_wrapped_and_a_prompt_is_seen() {
    let (mut stage, desk) = open(20, 8);
    stage.play(&desk, "2 ?");
    assert!(stage.screen().contains("the event in"), "{}", stage.screen());
    stage.play(&desk, "Esc /").write("secr");
    assert!(stage.screen().contains("find: secr"), "{}", stage.screen());
}

#[test]
fn a_stored_question_is_written_with_its_parameters_to_be_filled_in() {
    use crate::ask::{Answer, TableInfo};
    let (mut stage, desk) = open(120, 40);
    stage.press("4");
    let (ticket, _) = stage.asked.pop().expect("the tables");
    let call = Some("SELECT * FROM hunt('around', 'minutes=5')".to_string());
    let hunt = TableInfo { name: "hunt around".to_string(), rows: None, call, columns: Vec::new() };
    stage.send(Msg::Loaded(ticket, Answer::Tables(vec![hunt], Vec::new())));
    stage.write("select 1").play(&desk, "^j Esc H");
    assert!(stage.screen().contains("hunt around"), "{}", stage.screen());
    stage.play(&desk, "Enter");
    assert!(stage.screen().contains("SELECT * FROM hunt('around', 'minutes=5')"), "{}", stage.screen());
}
