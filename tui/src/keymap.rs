//! Keys of the user's own: a preset, lines of a file, or both. A set in which one key would mean two things on a screen is
//! refused, and so is a key that the terminal keeps for itself.

use crate::{
    keys::{Action, Binding, SCREENS},
    palette::name,
};

/// What is changed of the built-in keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    changed: Vec<(Action, String)>,
}

/// Nothing is changed.
pub static BUILT_IN: Keymap = Keymap { changed: Vec::new() };

/// Habits of other programs, where they differ from the built-in keys: name, and what is changed.
pub static PRESETS: &[(&str, &[(Action, &str)])] = &[
    ("lnav", &[(Action::DayOn, "d )"), (Action::DayBack, "D ("), (Action::UndoNote, "C"), (Action::Compare, "%")]),
    (
        "k9s",
        &[
            (Action::Open, "Enter d"),
            (Action::Compare, "%"),
            (Action::Raw, "y"),
            (Action::Copy, "c"),
            (Action::Context, "C"),
            (Action::PageDown, "^f Space PgDn"),
            (Action::PageUp, "^b PgUp"),
        ],
    ),
    (
        "vim",
        &[
            (Action::PageDown, "^f Space PgDn"),
            (Action::PageUp, "^b PgUp"),
            (Action::Undo, "u a"),
            (Action::NextNoted, "'"),
            (Action::PreviousNoted, "\""),
        ],
    ),
];

impl Keymap {
    /// Returns a preset; `None` when there is none of this name.
    pub fn preset(preset: &str) -> Option<Keymap> {
        let (_, changed) = PRESETS.iter().find(|(known, _)| *known == preset)?;
        Some(Keymap { changed: changed.iter().map(|(action, keys)| (*action, (*keys).to_string())).collect() })
    }

    /// Reads lines such as `preset = vim` and `filter-in = + i`; `#` begins a comment.
    ///
    /// # Errors
    /// In words, with the line: an unknown name, a key that cannot be had, or one with two meanings on a screen.
    pub fn read(text: &str) -> Result<Keymap, String> {
        let mut map = Keymap::default();
        for (number, line) in (1..).zip(text.lines()) {
            // A key may be # itself, so only a line that begins with one is a comment.
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (what, keys) = line.split_once('=').ok_or(format!("line {number}: there is no = in it"))?;
            let (what, keys) = (what.trim(), keys.split_whitespace().collect::<Vec<_>>().join(" "));
            if what == "preset" {
                map = Keymap::preset(&keys).ok_or_else(|| {
                    let names = PRESETS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                    format!("line {number}: presets are {names}")
                })?;
                continue;
            }
            let actions = SCREENS.iter().flat_map(|(_, tables)| tables.iter().copied().flatten());
            let action = actions.map(|binding| binding.action).find(|action| name(*action) == what);
            let action = action.ok_or(format!("line {number}: nothing is called {what}; : lists all names"))?;
            if keys.is_empty() || keys.split(' ').any(|key| ["^z", "^s", "^q"].contains(&key)) {
                return Err(format!("line {number}: {what} needs a key, and ^z, ^s and ^q are the terminal's"));
            }
            map.changed.retain(|(known, _)| *known != action);
            map.changed.push((action, keys));
        }
        map.check()?;
        Ok(map)
    }

    /// Returns the keys that do it, a space between.
    pub fn of<'a>(&'a self, binding: &'a Binding) -> &'a str {
        self.own(binding.action).unwrap_or(binding.key)
    }

    /// Returns the keys that were changed for it.
    pub fn own(&self, action: Action) -> Option<&str> {
        self.changed.iter().find(|(known, _)| *known == action).map(|(_, keys)| keys.as_str())
    }

    /// Refuses a key with two meanings on one screen.
    fn check(&self) -> Result<(), String> {
        for (screen, tables) in SCREENS {
            let mut known: Vec<(&str, Action)> = Vec::new();
            for binding in tables.iter().copied().flatten() {
                for key in self.of(binding).split(' ') {
                    if let Some((_, other)) = known.iter().find(|(known, _)| *known == key) {
                        let (one, two) = (name(*other), name(binding.action));
                        return Err(format!("{key} would be both {one} and {two} on the screen {screen}"));
                    }
                    known.push((key, binding.action));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_preset_gives_a_key_two_meanings() {
        assert_eq!(BUILT_IN.check(), Ok(()));
        for (preset, changed) in PRESETS {
            assert_eq!(Keymap::preset(preset).unwrap().check(), Ok(()), "{preset}");
            assert_eq!(Keymap::read(&format!("preset = {preset}")).unwrap().changed.len(), changed.len());
        }
    }

    #[test]
    fn a_file_changes_a_preset_and_says_what_is_wrong_with_it() {
        let map = Keymap::read("# mine\npreset = vim\n\nzoom-in = { z\n").unwrap();
        assert_eq!((map.own(Action::ZoomIn), map.own(Action::Undo)), (Some("{ z"), Some("u a")));
        let error = |text: &str| Keymap::read(text).unwrap_err();
        assert_eq!(error("zoom-in"), "line 1: there is no = in it");
        assert_eq!(error("\nzoomin = z"), "line 2: nothing is called zoomin; : lists all names");
        assert_eq!(error("preset = emacs"), "line 1: presets are lnav, k9s, vim");
        assert!(error("zoom-in = ^z").contains("are the terminal's") && error("zoom-in =").contains("needs a key"));
        assert_eq!(error("zoom-in = m"), "m would be both zoom-in and mark on the screen timeline");
    }
}
