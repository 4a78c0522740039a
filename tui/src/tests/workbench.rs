//! The SQL screen: names completed, queries recalled, rows opened, and the keys that hold on every screen.

use super::*;
use crate::ask::{Answer, Asked, Call, Grid, GridColumn, Outgoing, TableInfo, Total};

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

/// The screen with one stored question, the cursor on it.
fn with_hunt() -> (Stage, Desk) {
    let (mut stage, desk) = open(120, 40);
    stage.press("4");
    let (ticket, _) = stage.asked.pop().expect("the tables");
    let asked = |name: &str, usual: &str| Asked { name: name.into(), usual: usual.into(), doc: format!("the {name}") };
    let call = Call {
        hunt: "around".into(),
        title: "Around a moment".into(),
        asks: vec![asked("at", "1970-01-01"), asked("user", "%")],
    };
    let hunt = TableInfo { name: "hunt around".to_string(), rows: None, call: Some(call), columns: Vec::new() };
    stage.send(Msg::Loaded(ticket, Answer::Tables(vec![hunt], Vec::new())));
    (stage, desk)
}

fn sql(stage: &Stage) -> Option<(String, Vec<(String, String)>)> {
    stage.asked.iter().rev().find_map(|(_, request)| match request {
        Request::Sql { text, given, .. } => Some((text.clone(), given.clone())),
        _ => None,
    })
}

fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

#[test]
fn a_stored_question_is_written_with_its_parameters_to_be_filled_in() {
    let (mut stage, desk) = with_hunt();
    stage.write("select 1").play(&desk, "^j Esc H");
    assert!(stage.screen().contains("hunt around"), "{}", stage.screen());
    stage.play(&desk, "Enter");
    let screen = stage.screen();
    assert!(screen.contains("SELECT * FROM hunt('around',") && screen.contains("'at=1970-01-01'"), "{screen}");
}

#[test]
fn a_stored_question_asks_for_its_values_and_is_run_with_them() {
    let (mut stage, desk) = with_hunt();
    stage.play(&desk, "Esc H").press("^j");
    assert!(
        stage.screen().contains("value: 1970-01-01") && stage.screen().contains("$at 1 of 2: the at"),
        "{}",
        stage.screen()
    );
    stage.press("^u").write("2031-04-05").press("Enter");
    assert!(stage.screen().contains("value: %") && sql(&stage).is_none(), "{}", stage.screen());
    stage.press("^u").write("o'neil").press("Enter");
    let asked = "-- Around a moment\nSELECT * FROM hunt('around',\n    'at=2031-04-05',\n    'user=o''neil')";
    assert_eq!(sql(&stage), Some((asked.to_string(), Vec::new())));
    // Esc leaves things as they are.
    let (mut stage, desk) = with_hunt();
    stage.play(&desk, "Esc H").press("^j Enter Esc");
    assert!(sql(&stage).is_none() && !stage.screen().contains("value:"), "{}", stage.screen());
}

#[test]
fn a_query_asks_for_the_names_it_leaves_open_and_remembers_what_they_were_given() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4").write("select $ns, $n").press("^j").write("web").press("Enter").write("3").press("Enter");
    assert_eq!(sql(&stage), Some(("select $ns, $n".to_string(), pairs(&[("ns", "web"), ("n", "3")]))));
    stage.settle(&desk);
    assert!(stage.screen().contains("$ns=web   $n=3"), "{}", stage.screen());
    stage.press("^j");
    assert!(stage.screen().contains("value: web"), "{}", stage.screen());
}

#[test]
fn a_query_is_saved_under_a_name_with_what_it_was_given_and_listed_at_once() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4").write("select $ns").press("^j").write("web").press("Enter").settle(&desk);
    stage.press("^o");
    assert!(stage.screen().contains("save as:"), "{}", stage.screen());
    stage.write("mine What I ask").press("Enter");
    let (ticket, request) = stage.asked.pop().unwrap();
    let Request::Write(Outgoing::Hunt { name, title, text, given }) = request else { panic!("{request:?}") };
    assert_eq!((name.as_str(), title.as_str(), text.as_str()), ("mine", "What I ask", "select $ns"));
    assert_eq!(given, pairs(&[("ns", "web")]));
    stage.send(Msg::Loaded(ticket, Answer::Noted("hunt mine is in x.sql".to_string())));
    assert!(stage.screen().contains("hunt mine is in x.sql"), "{}", stage.screen());
    assert!(stage.asked.iter().any(|(_, request)| *request == Request::Tables), "{:?}", stage.asked);
    // Without a query there is nothing to save; a refusal is said.
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4").press("^o");
    assert!(stage.screen().contains("there is no query to save"), "{}", stage.screen());
    stage.write("select 1").press("^o").write("a b").press("Enter");
    let (ticket, _) = stage.asked.pop().unwrap();
    stage.send(Msg::Failed(ticket, "there is a hunt a already\ngive this one another name".to_string()));
    assert!(stage.screen().contains("there is a hunt a already give this one"), "{}", stage.screen());
}

/// The prompts as they look, on each size of terminal.
#[test]
fn a_value_is_asked_for_on_every_size_of_screen() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let (mut stage, desk) = open(width, height);
        stage.play(&desk, "4").write("-- param: ns text = web : which namespace\nselect $ns").press("^j");
        let screen = stage.screen();
        let status = screen.lines().nth(usize::from(height) - 2).unwrap_or_default();
        assert!(status.starts_with(" value: web") && status.ends_with("$ns: which namespace"), "{status}");
        assert!(screen.lines().last().is_some_and(|line| line.contains("Enter go")), "{screen}");
    }
}
