//! The preset questions on the overview.

use super::*;

#[test]
fn what_has_hits_and_what_has_none_are_told_apart_at_every_size() {
    for (width, height) in [(80, 40), (120, 40), (200, 60)] {
        let (mut stage, desk) = open(width, height);
        stage.play(&desk, "s");
        let screen = stage.screen();
        assert!(screen.contains("Sweep: 2 of 5 questions with hits"), "{screen}");
        assert!(screen.contains("NEW Mar 12 02:21"), "{screen}");
        assert!(screen.contains("No hit, and the data is there: exposed"), "{screen}");
        assert!(screen.contains("Cannot tell, the case has no such data: sign-ins  pivot"), "{screen}");
    }
}

#[test]
fn on_a_small_screen_its_lines_come_into_sight_and_the_top_is_a_key_away() {
    let (mut stage, desk) = open(80, 16);
    stage.play(&desk, "s");
    let screen = stage.screen();
    assert!(screen.contains("Sweep: 2 of 5") && cursor_line(&stage).contains("actors"), "{screen}");
    stage.play(&desk, "j");
    assert!(cursor_line(&stage).contains("tokens-minted"), "{}", stage.screen());
    stage.play(&desk, "g");
    assert!(stage.screen().contains("Coverage"), "{}", stage.screen());
    stage.play(&desk, "2 1");
    assert!(stage.screen().contains("Coverage"), "{}", stage.screen());
}

#[test]
fn it_waits_until_it_is_asked_for_and_esc_stops_it() {
    let (mut stage, desk) = open(80, 40);
    assert!(!stage.screen().contains("Sweep"), "{}", stage.screen());
    stage.press("s");
    assert!(stage.screen().contains("asking the preset questions"), "{}", stage.screen());
    stage.press("Esc");
    assert!(!stage.screen().contains("asking"), "{}", stage.screen());
    stage.asked.clear();
    stage.press("s");
    let (ticket, _) = stage.asked.remove(0);
    stage.send(Msg::Failed(ticket, "no table is named hunt".to_string()));
    assert!(stage.screen().contains("no table is named hunt") && stage.screen().contains("s asks again"));
    stage.play(&desk, "s");
    assert!(stage.screen().contains("2 of 5 questions with hits"), "{}", stage.screen());
}
