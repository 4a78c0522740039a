//! The palette: everything this screen can do, found by name or by what it does, with its keys shown before it is done.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use crate::{
    keymap::Keymap,
    keys::{Action, Binding, PALETTE, find},
    theme::Role,
    widgets::{
        input::Input,
        pen::{Pen, bottom, scroll},
    },
};

/// What asks for words: they may be written behind its name at once, `go-to 02:14`.
const WITH_WORDS: [Action; 13] = [
    Action::Search,
    Action::GoTo,
    Action::Tag,
    Action::Comment,
    Action::Story,
    Action::Name,
    Action::NameWindow,
    Action::Export,
    Action::Fixture,
    Action::WhoCan,
    Action::Zone,
    Action::SaveHunt,
    Action::Merge,
];

/// The most lines it takes.
const HEIGHT: u16 = 12;

#[derive(Debug, Default)]
pub struct Palette {
    input: Input,
    cursor: usize,
}

/// One thing that can be done.
pub struct Entry {
    pub name: String,
    pub binding: Binding,
}

/// What a key did to the palette.
pub enum Outcome {
    Stays,
    Leaves,
    Quits,
    /// With the words that were written behind its name.
    Does(Action, Option<String>),
}

/// Returns the name of an action: `FilterIn` is `filter-in`.
pub fn name(action: Action) -> String {
    let mut name = String::new();
    for c in format!("{action:?}").chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(c.to_lowercase());
    }
    name
}

impl Palette {
    /// Returns what fits the text: every word of it occurs in the name, the keys or the sentence. Names that begin with
    /// it come first.
    pub fn entries(&self, tables: &[&'static [Binding]]) -> Vec<Entry> {
        let text = self.input.text().to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let all = || tables.iter().copied().flatten().filter(|binding| binding.action != Action::Palette);
        if let Some((action, _)) = self.words()
            && let Some(binding) = all().find(|binding| binding.action == action)
        {
            return vec![Entry { name: name(action), binding: *binding }];
        }
        let mut entries: Vec<Entry> = all()
            .map(|binding| Entry { name: name(binding.action), binding: *binding })
            .filter(|entry| {
                let whole = format!("{} {} {}", entry.name, entry.binding.key, entry.binding.doc).to_lowercase();
                words.iter().all(|word| whole.contains(word))
            })
            .collect();
        entries.sort_by_key(|entry| !words.first().is_some_and(|word| entry.name.starts_with(word)));
        entries
    }

    /// The name at the beginning of the text that takes words, and the words behind it.
    fn words(&self) -> Option<(Action, String)> {
        let (first, rest) = self.input.text().trim_start().split_once(' ')?;
        let action = WITH_WORDS.into_iter().find(|action| name(*action) == first.to_lowercase())?;
        Some((action, rest.trim().to_string())).filter(|(_, rest)| !rest.is_empty())
    }

    pub fn key(&mut self, key: KeyEvent, tables: &[&'static [Binding]], map: &Keymap) -> Outcome {
        let entries = self.entries(tables);
        let here = self.cursor.min(entries.len().saturating_sub(1));
        match find(map, &[PALETTE], key) {
            Some(Action::Submit) => match entries.get(here) {
                Some(entry) => {
                    let words = self.words().filter(|(action, _)| *action == entry.binding.action);
                    Outcome::Does(entry.binding.action, words.map(|(_, words)| words))
                }
                None => Outcome::Stays,
            },
            Some(Action::Complete) => {
                if let Some(entry) = entries.get(here) {
                    let blank = if WITH_WORDS.contains(&entry.binding.action) { " " } else { "" };
                    self.input.set(&format!("{}{blank}", entry.name));
                    self.cursor = 0;
                }
                Outcome::Stays
            }
            Some(Action::Older) => {
                self.cursor = here.saturating_sub(1);
                Outcome::Stays
            }
            Some(Action::Newer) => {
                self.cursor = (here + 1).min(entries.len().saturating_sub(1));
                Outcome::Stays
            }
            Some(Action::Back) => Outcome::Leaves,
            Some(Action::Quit) => Outcome::Quits,
            _ => {
                self.input.key(key);
                self.cursor = 0;
                Outcome::Stays
            }
        }
    }

    pub fn paste(&mut self, text: &str) {
        self.input.insert(text.lines().next().unwrap_or(""));
        self.cursor = 0;
    }

    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Draws what fits over the bottom of the area.
    pub fn draw(&self, pen: &mut Pen<'_>, mut area: Rect, tables: &[&'static [Binding]]) {
        let entries = self.entries(tables);
        let lines = u16::try_from(entries.len().max(1)).unwrap_or(HEIGHT).saturating_add(1);
        let mut place = bottom(lines.min(HEIGHT).min(area.height), &mut area);
        let blank = " ".repeat(usize::from(place.width));
        (0..place.height).for_each(|y| {
            pen.write(place, (0, y), &blank, Role::Plain);
        });
        if place.height > 1 {
            let head = crate::widgets::pen::top(1, &mut place);
            pen.rule(head, 0);
            let count = format!(" {} of what this screen can do ", entries.len());
            pen.right(head, 1, 0, &count, Role::Faint);
        }
        if entries.is_empty() {
            pen.write(place, (1, 0), "Nothing here has this name or does this.", Role::Faint);
            return;
        }
        let here = self.cursor.min(entries.len() - 1);
        let first = scroll(0, here as u64, u64::from(place.height)) as usize;
        let wide = place.width >= 60;
        for (y, (at, entry)) in (0..place.height).zip(entries.iter().enumerate().skip(first)) {
            let role = if at == here { Role::Cursor } else { Role::Plain };
            if at == here {
                pen.write(place, (0, y), ">", Role::Key);
            }
            let keys = pen.theme.keys.of(&entry.binding).replace(' ', " or ");
            let words = match wide {
                true => format!("{:<18} {keys:<14} {}", entry.name, entry.binding.doc),
                false => format!("{} {keys}", entry.name),
            };
            pen.write(place, (1, y), &words, role);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_name_means_one_thing() {
        let mut known: HashMap<String, Action> = HashMap::new();
        for (_, tables) in crate::screens() {
            for binding in tables.into_iter().flatten() {
                let before = known.insert(name(binding.action), binding.action);
                assert!(before.is_none_or(|before| before == binding.action), "{}", name(binding.action));
            }
        }
        assert_eq!(name(Action::FilterIn), "filter-in");
        assert_eq!(name(Action::Sql), "sql");
    }
}
