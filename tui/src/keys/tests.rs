//! Keys have one meaning each, say what they do, and leave the terminal its own.

use std::collections::HashSet;

use super::*;

#[test]
fn no_key_has_two_meanings_on_one_screen() {
    for (screen, tables) in SCREENS {
        let (mut keys, mut actions) = (HashSet::new(), HashSet::new());
        for binding in tables.iter().copied().flatten() {
            assert!(actions.insert(binding.action), "{screen}: {:?} is bound twice", binding.action);
            assert!(!binding.doc.is_empty(), "{screen}: {} has no doc", binding.key);
            for key in binding.key.split(' ') {
                assert!(keys.insert(key), "{screen}: {key} has two meanings");
            }
        }
    }
}

#[test]
fn every_key_and_its_sentence_fit_a_line_of_the_help() {
    let tables = [
        EVERYWHERE, RELOAD, MOVE, OVERVIEW, TIMELINE, FINDINGS, NOTES, OUTGOING, SNAPSHOT, RULES, CASE, MERGE, ABOUT,
        COMPARE, SQL, EDITOR, PROMPT, PALETTE, REPLAY, MANUAL,
    ];
    for binding in tables.iter().copied().flatten() {
        assert!(binding.doc.len() <= 63, "{}: {}", binding.key, binding.doc);
        assert!(binding.key.replace(' ', " or ").len() < 15, "{}", binding.key);
    }
}

#[test]
fn the_terminal_keeps_its_own_keys() {
    for binding in [
        EVERYWHERE, RELOAD, MOVE, OVERVIEW, TIMELINE, FINDINGS, NOTES, OUTGOING, SNAPSHOT, RULES, CASE, MERGE, ABOUT,
        COMPARE, SQL, EDITOR, PROMPT, PALETTE, REPLAY, MANUAL,
    ]
    .iter()
    .copied()
    .flatten()
    {
        // ^z reaches us as a key, and does what the terminal would have done.
        let own = binding.action == Action::Suspend;
        let is_own = |key: &str| ["^s", "^q"].contains(&key) || key == "^z" && !own;
        assert!(!binding.key.split(' ').any(is_own), "{}", binding.key);
    }
}

#[test]
fn keys_are_spelled_as_the_tables_write_them() {
    let key = |code, modifiers| spell(KeyEvent::new(code, modifiers)).unwrap_or_default();
    assert_eq!(key(KeyCode::Char('G'), KeyModifiers::SHIFT), "G");
    assert_eq!(key(KeyCode::Char('d'), KeyModifiers::CONTROL), "^d");
    assert_eq!(key(KeyCode::Char(' '), KeyModifiers::NONE), "Space");
    assert_eq!(key(KeyCode::F(5), KeyModifiers::NONE), "F5");
}
