//! The preset questions on the screen of the case: which it answers, which it cannot, and why.

use super::*;

fn questions(width: u16, height: u16) -> (Stage, Desk) {
    let (mut stage, desk) = open(width, height);
    stage.play(&desk, "7 h h");
    (stage, desk)
}

#[test]
fn which_questions_the_case_answers_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let (stage, _) = questions(width, height);
        let screen = stage.screen();
        assert!(screen.contains("[Questions 3 of 6]"), "{screen}");
        match width {
            80 => insta::assert_snapshot!(framed(&screen), @r###"
            | 1 Overview  2 Timeline  3 Findings  4 SQL  5 Snapshot  6 Rules [7 Case]
            |  Story 0  Notes 0  Names 0  Evidence 1  Journal 1 [Questions 3 of 6] Windows 0
            |>actors               34 rows             Who was there
            | tokens-minted        2 rows, in part     Tokens that were minted
            | exposed              nothing             What was exposed
            | sign-ins             cannot answer       Who signed in
            | pivot                cannot answer       Who went on from where
            | who-can              asks for a value    Who may do it
            |
            |
            |
            |
            | Questions ─────────────────────────────────────────────────────────────────────
            | Who was there, and when?
            | Answered: 34 rows.
            | first      Mar 12 02:00:00
            | needs      requests of the audit log
            | hunt       actors
            |
            |
            |
            |
            | 1 of 6                                                                    idle
            | Enter open  h l section  Tab list/pane  M merge  F5 reload  q quit  ? keys
            "###),
            120 => insta::assert_snapshot!(framed(&screen), @r###"
            | 1 Overview  2 Timeline  3 Findings  4 SQL  5 Snapshot  6 Rules [7 Case]                                coldcase breach
            |  Story 0  Notes 0  Names 0  Evidence 1  Journal 1 [Questions 3 of 6] Windows 0
            |>actors               34 rows             Who was there            Questions ───────────────────────────────────────────
            | tokens-minted        2 rows, in part     Tokens that were mint…   Who was there, and when?
            | exposed              nothing             What was exposed         Answered: 34 rows.
            | sign-ins             cannot answer       Who signed in            first      Mar 12 02:00:00
            | pivot                cannot answer       Who went on from where   needs      requests of the audit log
            | who-can              asks for a value    Who may do it            hunt       actors
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
            |
            |
            |
            |
            | 1 of 6                                                                                                            idle
            | Enter open  h l section  Tab list/pane  M merge  F5 reload  q quit  ? keys
            "###),
            _ => insta::assert_snapshot!(framed(&screen), @r###"
            | 1 Overview  2 Timeline  3 Findings  4 SQL  5 Snapshot  6 Rules [7 Case]                                                                                                                coldcase breach
            |  Story 0  Notes 0  Names 0  Evidence 1  Journal 1 [Questions 3 of 6] Windows 0
            |>actors               34 rows             Who was there                                                        Questions ───────────────────────────────────────────────────────────────────────────────
            | tokens-minted        2 rows, in part     Tokens that were minted                                              Who was there, and when?
            | exposed              nothing             What was exposed                                                     Answered: 34 rows.
            | sign-ins             cannot answer       Who signed in                                                        first      Mar 12 02:00:00
            | pivot                cannot answer       Who went on from where                                               needs      requests of the audit log
            | who-can              asks for a value    Who may do it                                                        hunt       actors
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
            | 1 of 6                                                                                                                                                                                            idle
            | Enter open  h l section  Tab list/pane  M merge  F5 reload  q quit  ? keys
            "###),
        }
    }
}

#[test]
fn each_says_why_and_leads_to_its_rows_or_says_what_it_asks_for() {
    let (mut stage, desk) = questions(120, 40);
    stage.play(&desk, "j");
    let screen = stage.screen();
    assert!(cursor_line(&stage).contains("in part") && screen.contains("the case has no"), "{screen}");
    stage.play(&desk, "j j");
    assert!(stage.screen().contains("This case cannot answer it"), "{}", stage.screen());
    stage.play(&desk, "G");
    let screen = stage.screen();
    assert!(cursor_line(&stage).contains("asks for a value") && screen.contains("verb: what is done"), "{screen}");
    stage.play(&desk, "Enter");
    assert!(stage.screen().contains("[7 Case]") && stage.screen().contains("Tab to the hunts"), "{}", stage.screen());
    stage.play(&desk, "g Enter");
    assert!(stage.screen().contains("[4 SQL]") && stage.screen().contains("hunt('actors')"), "{}", stage.screen());
}

#[test]
fn they_are_asked_when_they_are_opened_and_not_waited_for_elsewhere() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "7");
    assert!(stage.screen().contains("Questions ?"), "{}", stage.screen());
    stage.press("h h");
    assert!(stage.screen().contains("asking the preset questions"), "{}", stage.screen());
    let asked = stage.asked.clone();
    assert!(matches!(asked.as_slice(), [(_, Request::Sweep { .. })]), "{asked:?}");
    stage.asked.clear();
    stage.press("l");
    assert!(
        matches!(stage.asked.as_slice(), [(_, Request::Cancel(ticket))] if *ticket == asked[0].0),
        "{:?}",
        stage.asked
    );
    stage.asked.clear();
    stage.press("h Esc");
    assert!(stage.screen().contains("were not asked. ^r asks them"), "{}", stage.screen());
    stage.asked.clear();
    stage.press("F5");
    let (ticket, _) = stage.asked.remove(0);
    stage.send(Msg::Failed(ticket, "no table is named hunt".to_string()));
    assert!(stage.screen().contains("no table is named hunt") && stage.screen().contains("^r asks again"));
    stage.play(&desk, "F5");
    assert!(stage.screen().contains("[Questions 3 of 6]"), "{}", stage.screen());
}
