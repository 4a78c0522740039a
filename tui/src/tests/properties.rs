//! What must hold whatever is typed and whatever the evidence says.

use proptest::prelude::*;
use ratatui::style::Color;

use super::*;
use crate::Mouse;

const KEYS: &[&str] = &[
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "r",
    "w",
    "L",
    "?",
    "Esc",
    "^r",
    "q",
    "j",
    "k",
    "g",
    "G",
    "^d",
    "^u",
    "Space",
    "PgDn",
    "Enter",
    "p",
    "Tab",
    "h",
    "l",
    "+",
    "-",
    "=",
    "/",
    "n",
    "N",
    "&",
    "o",
    "O",
    "f",
    "e",
    "E",
    "z",
    "Z",
    "[",
    "]",
    "a",
    "x",
    "i",
    "^j",
    "^t",
    "y",
    "v",
    "c",
    "<",
    ">",
    "(",
    ")",
    ":",
    "@",
    ";",
    "F1",
    "F5",
    "Up",
    "Down",
    "Backspace",
    "Left",
    "s",
    "m",
    "t",
    "T",
    "P",
    "A",
    "D",
    "X",
    "u",
    "U",
    "*",
    "d",
    "w",
    "W",
    "^n",
    "^p",
    "M",
    "R",
    ".",
    ",",
    "é",
    "漢",
];

#[derive(Clone, Debug)]
enum Deed {
    Press(usize),
    Answer(usize),
    Fail(usize),
    Resize(u16, u16),
    Paste(String),
    Tick,
    Passed(i64),
    Mouse(u8, u16, u16),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => (0..KEYS.len()).prop_map(Deed::Press),
        6 => (0usize..8).prop_map(Deed::Answer),
        1 => (0usize..8).prop_map(Deed::Fail),
        1 => (1u16..200, 1u16..60).prop_map(|(width, height)| Deed::Resize(width, height)),
        1 => any::<String>().prop_map(Deed::Paste),
        1 => Just(Deed::Tick),
        1 => (0i64..5_000_000).prop_map(Deed::Passed),
        2 => (0u8..3, 0u16..210, 0u16..70).prop_map(|(did, x, y)| Deed::Mouse(did, x, y)),
    ]
}

fn play(stage: &mut Stage, desk: &Desk, deed: &Deed) {
    match deed {
        Deed::Press(at) => drop(stage.press(KEYS[*at])),
        Deed::Answer(at) if *at < stage.asked.len() => {
            let (ticket, request) = stage.asked.remove(*at);
            if let Some(answer) = desk.answer(&request) {
                stage.send(Msg::Loaded(ticket, answer));
            }
        }
        Deed::Fail(at) if *at < stage.asked.len() => {
            let (ticket, _) = stage.asked.remove(*at);
            stage.send(Msg::Failed(ticket, format!("it broke\n{}", desk.poison)));
        }
        Deed::Resize(width, height) => stage.send(Msg::Resize(*width, *height)),
        Deed::Paste(text) => stage.send(Msg::Paste(text.clone())),
        Deed::Tick => stage.send(Msg::Tick),
        Deed::Mouse(did, x, y) => {
            let did = [Mouse::Click, Mouse::WheelUp, Mouse::WheelDown][usize::from(*did)];
            stage.send(Msg::Mouse(did, *x, *y));
        }
        Deed::Passed(micros) => stage.send(Msg::Passed(*micros)),
        _ => {}
    }
}

/// Neither a cell of the screen nor the clipboard holds anything a terminal would obey or hide.
fn is_safe(stage: &Stage) -> Result<(), String> {
    let copied = stage.copied.iter().flat_map(|text| text.split('\n'));
    if let Some(line) = copied.into_iter().find(|line| crate::visible(line) != *line) {
        return Err(format!("{line:?} reached the clipboard"));
    }
    for cell in stage.buffer().content() {
        let symbol = cell.symbol();
        let plain = !symbol.chars().any(char::is_control) && crate::visible(symbol) == symbol;
        if !plain {
            return Err(format!("{symbol:?} reached the screen"));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_events_breaks_the_screens(deeds in prop::collection::vec(deed(), 1..50), poison in ".{0,6}") {
        let mut desk = Desk::sample();
        desk.poison = poison;
        let mut stage = Stage::new(80, 24);
        for deed in &deeds {
            play(&mut stage, &desk, deed); // Stage checks that tickets grow.
            let (cursor, rows) = stage.model.place();
            prop_assert!(rows == 0 || cursor < rows, "{deed:?}: {cursor} of {rows}");
            is_safe(&stage).map_err(TestCaseError::fail)?;
        }
        stage.settle(&desk);
        is_safe(&stage).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn hostile_evidence_never_reaches_the_terminal(poison in any::<String>(), keys in prop::collection::vec(0..KEYS.len(), 0..8)) {
        let mut desk = Desk::sample();
        desk.poison = format!("\u{1b}]0;x\u{7}\r\u{202e}\u{9b}\u{200b}{poison}");
        for event in &mut desk.events {
            for cell in [&mut event.actor, &mut event.verb, &mut event.object, &mut event.agent, &mut event.source] {
                *cell = cell.as_ref().map(|text| format!("{}{text}", desk.poison));
            }
        }
        for size in [(80, 24), (130, 40)] {
            let mut stage = Stage::new(size.0, size.1);
            stage.settle(&desk);
            for screen in ["2 y l y Enter p y p y p", "Esc Esc l + a", "3 y Enter y Enter", "1", "4 s ^j Esc y Enter y Esc Tab Enter",
                "Esc Esc 2 m u M P x ^j Esc", "3 m T y ^j", "7 y l y l y l y l y Tab y", "6 y r j y Tab y",
                "5 y l l j j y p y r y w", "^j Esc Esc", "2 g l * y j Enter", "Esc * j j j j j j Enter > Esc", "3 *", "2 x r j Enter y a", "2 d j d j y d Tab y Esc", "W x ^j w y Enter w d", "Esc Esc Esc 2 R > . Enter y R Esc"] {
                stage.play(&desk, screen);
                is_safe(&stage).map_err(TestCaseError::fail)?;
            }
            for at in &keys {
                stage.play(&desk, KEYS[*at]);
                is_safe(&stage).map_err(TestCaseError::fail)?;
            }
        }
    }
}

#[test]
fn hostile_evidence_is_shown_and_the_filter_still_asks_for_the_real_value() {
    let mut desk = Desk::sample();
    desk.events.truncate(1);
    desk.events[0].actor = Some("bob\r\u{202e}".to_string());
    let mut stage = Stage::new(80, 24);
    stage.settle(&desk).play(&desk, "2 l +");
    let screen = stage.screen();
    assert!(screen.contains("actor=bob␍<U+202E>") && screen.contains("1 of 1, 1 in all"), "{screen}");
}

#[test]
fn every_size_is_survived_on_every_screen() {
    let desk = Desk::sample();
    let widths = [1, 2, 7, 20, 33, 57, 79, 80, 99, 100, 119, 120, 160, 300];
    let heights = [1, 2, 3, 4, 5, 6, 9, 12, 24, 40, 100];
    let mut stage = Stage::new(80, 24);
    stage.settle(&desk);
    for keys in [
        "1",
        "2",
        "2 Enter",
        "2 p i",
        "2 i i Esc",
        "3",
        "3 Enter j",
        "4 s ^j",
        "Esc",
        "Tab",
        "Esc 7",
        "l l l",
        "Tab",
        "6",
        "j r",
        "5",
        "l j l j",
        "r",
        "2 l *",
        "j j j",
        "2 r",
        "Enter",
        "2 d j d",
        "d",
        "R > .",
        "?",
        "Esc F1",
        "l /",
    ] {
        stage.play(&desk, keys);
        for width in widths {
            for height in heights {
                stage.send(Msg::Resize(width, height));
                stage.buffer();
                stage.settle(&desk);
                stage.buffer();
            }
        }
    }
}

#[test]
fn twenty_by_five_still_says_who_did_what() {
    let desk = Desk::sample();
    let mut stage = Stage::new(20, 5);
    stage.settle(&desk).play(&desk, "2 e");
    let screen = stage.screen();
    assert!(screen.contains("02:09 …:ci list"), "{screen}");
}

#[test]
fn without_colour_no_cell_has_one_and_with_it_some_do() {
    let desk = Desk::sample();
    for colour in [false, true] {
        let mut stage =
            Stage::with(120, 40, Options { colour, ascii: false, theme: Theme::Colours, keys: &crate::BUILT_IN });
        stage.settle(&desk);
        let mut coloured = 0;
        for keys in ["1", "2", "Enter", "3", "4", "Esc ?"] {
            stage.play(&desk, keys);
            let buffer = stage.buffer();
            coloured += buffer.content().iter().filter(|c| c.fg != Color::Reset || c.bg != Color::Reset).count();
        }
        assert_eq!(coloured > 0, colour);
    }
}

#[test]
fn plain_terminals_get_no_block_glyph() {
    let desk = Desk::sample();
    let mut stage =
        Stage::with(120, 40, Options { colour: false, ascii: true, theme: Theme::Colours, keys: &crate::BUILT_IN });
    stage.settle(&desk).play(&desk, "2");
    assert!(!stage.screen().contains(['▁', '█', '┄', '▲']) && stage.screen().contains('~'));
}
