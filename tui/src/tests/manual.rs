//! The manual inside the program.

use super::*;

#[test]
fn it_opens_at_the_chapter_of_the_screen_with_its_keys() {
    let (mut stage, desk) = open(80, 28);
    stage.play(&desk, "6 F1");
    // How long the manual is changes with its texts.
    let screen: Vec<_> = stage.screen().lines().filter(|line| !line.contains("lines 1–")).map(str::to_string).collect();
    insta::assert_snapshot!(framed(&screen.join("\n")), @r###"
    | 1 Overview  2 Timeline  3 Findings  4 SQL  5 Snapshot [6 Rules] 7 Case
    | Rules
    |
    | Every rule of the pack and how it fares on this case: hits, noisy (more
    | findings than anybody reads), quiet, blind (the evidence cannot answer it, and
    | why), blind in part. `r` runs one alone, now, and writes nothing. `h` and `l`
    | keep one state.
    |
    | `e` opens the rule in the editor that VISUAL or EDITOR names: a copy in the
    | folder `CASE.rules` beside the case, or in that of `--rules`; the bundled rule
    | stays as it is. When the editor ends, the rule is read and run, and what it
    | finds is compared with what it found before: events gained, lost and the same.
    | A file that cannot be read is told with line and column, and the bundled rule
    | goes on in its place. A rule of one's own says `own:` in the list; what is
    | said of findings there is of the last replay. Taking the file out of the
    | folder brings the bundled rule back. Any other rule in that folder is listed
    | as well.
    |
    | Findings are those of the last replay. One whose rule was edited since says
    | `(rule edited)`, and above why the rule fired what that means; the overview
    | says which rules these are. `coldcase replay --edited` replays with them.
    |
    | Keys of Rules
    | Enter          the findings of this rule
    | r              run this rule alone, now; nothing is written
    | 1 of 5, 5 in all   by state                                               idle
    | / find  n N next  h l chapter  q quit  Esc back  ? keys
    "###);
    stage.play(&desk, "l");
    assert!(stage.screen().contains("Manual: The screens"), "{}", stage.screen());
    stage.play(&desk, "l l h");
    assert!(stage.screen().contains("Manual: Overview"), "{}", stage.screen());
    stage.play(&desk, "Esc");
    assert!(stage.screen().contains("[6 Rules]") && !stage.screen().contains("Manual"));
}

#[test]
fn text_is_found_and_the_next_and_the_one_before() {
    let (mut stage, desk) = open(120, 40);
    stage.play(&desk, "F1 n");
    assert!(stage.screen().contains("nothing was searched for yet"));
    stage.play(&desk, "/").write("openssl genpkey").play(&desk, "Enter");
    assert!(stage.screen().lines().nth(2).unwrap().contains("openssl genpkey"), "{}", stage.screen());
    assert!(stage.screen().contains("Manual: 6. Prove"));
    stage.play(&desk, "n");
    assert!(stage.screen().contains("none further on"), "{}", stage.screen());
    stage.play(&desk, "N g /").write("JOURNAL").play(&desk, "Enter");
    assert!(stage.screen().to_lowercase().lines().nth(2).unwrap().contains("journal"), "{}", stage.screen());
}

#[test]
fn on_a_wide_screen_its_lines_stay_readable() {
    let (mut stage, desk) = open(200, 60);
    stage.play(&desk, "2 F1");
    let widest = stage.screen().lines().skip(2).take(56).map(|line| line.chars().count()).max();
    assert!(widest <= Some(101), "{}", stage.screen());
    assert!(stage.screen().contains("Manual: Timeline"));
}

#[test]
fn over_the_replay_bar_it_is_the_bars_and_both_stay_apart() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 R F1");
    assert!(stage.screen().contains("Manual: Replay bar") && stage.screen().contains("paused"), "{}", stage.screen());
    stage.play(&desk, "Esc .");
    assert!(stage.screen().contains("02:01:00"));
}
