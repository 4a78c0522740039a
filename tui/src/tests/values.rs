//! The values of a column: counted under the filter, and a way to set it.

use super::*;

fn values(width: u16, height: u16, keys: &str) -> (Stage, Desk) {
    let (mut stage, desk) = open(width, height);
    stage.play(&desk, "2").play(&desk, keys);
    (stage, desk)
}

#[test]
fn the_values_of_a_column_are_counted_with_when_they_occur() {
    let (stage, _) = values(80, 16, "l v");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | no filter: all events
    | Mar 12 02:00:00   bin 30.0s   ▲ finding  ┄ no evidence         Mar 12 02:39:00
    | ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄▄┄┄┄┄┄┄┄┄┄┄  ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄▄
    | │                 ▲         ▲             ▲      ▲
    |    EVENTS    OF ALL  WHEN                     ACTOR
    |>       34        34  ██▄██▄█▄██▄██▄█ ┄┄ ██▄██ alice@example.org
    |         3         3       █  █    █  ┄┄       system:serviceaccount:web:ci
    |         1         1                 █┄┄       …:kube-system:deployer
    |
    |
    |
    |
    |
    | value 1 of 3 of actor                                                     idle
    | Enter open  h l column  + - filter  = only  / find  Esc back  ? keys
    "###);
}

#[test]
fn on_a_large_screen_the_values_stand_beside_the_table() {
    let (stage, _) = values(160, 40, "l l v");
    let screen = stage.screen();
    let line = screen.lines().find(|line| line.contains("ACTOR") && line.contains("OBJECT")).unwrap_or("");
    assert!(line.starts_with(" ACTOR                   3 "), "{screen}");
}

#[test]
fn a_value_is_kept_dropped_or_the_only_one_and_the_counts_follow() {
    let (mut stage, desk) = values(80, 24, "l v j +");
    let screen = stage.screen();
    assert!(
        screen.contains("actor=system:serviceaccount:web:ci") && screen.contains("value 1 of 1 of actor"),
        "{screen}"
    );
    stage.play(&desk, "a");
    assert!(stage.screen().contains("no filter"), "{}", stage.screen());
    stage.play(&desk, "j -");
    assert!(stage.screen().contains("actor≠") && stage.screen().contains("of 2 of actor"), "{}", stage.screen());
    stage.play(&desk, "Enter");
    assert!(cursor_line(&stage).contains("02:"), "Enter leads to the table: {}", stage.screen());
}

#[test]
fn other_columns_are_one_key_away_and_escape_closes() {
    let (mut stage, desk) = values(80, 24, "l v l");
    assert!(stage.screen().contains("of 3 of verb"), "{}", stage.screen());
    stage.play(&desk, "h h h h");
    assert!(stage.screen().contains("of 1 of source"));
    stage.play(&desk, "Esc");
    assert!(stage.screen().contains("OBJECT"));
    stage.play(&desk, "h h h h v");
    assert!(stage.screen().contains("the strip counts times"));
}
