//! The keys that hold, and the help and the manual, which stand before a screen until they are closed.

use crossterm::event::KeyEvent;

use super::Model;
use crate::{
    keys::{Action, Binding, EVERYWHERE, MANUAL, MOVE, PROMPT, REPLAY, find},
    msg::Effect,
    views::{help, moved},
};

impl Model {
    /// The tables of keys that hold now.
    pub(super) fn keys(&self) -> Vec<&'static [Binding]> {
        if self.replay.has_keys() { vec![REPLAY, EVERYWHERE] } else { self.views[self.current].keys() }
    }

    /// The tables of the help, and whose keys they are.
    pub(super) fn help_keys(&self) -> Vec<&'static [Binding]> {
        if self.replay.has_keys() { vec![REPLAY, EVERYWHERE] } else { self.views[self.current].all_keys() }
    }

    pub(super) fn help_title(&self) -> &'static str {
        if self.replay.has_keys() { "Replay bar" } else { self.views[self.current].title() }
    }

    pub(super) fn key_in_help(&mut self, key: KeyEvent) {
        match find(self.options.keys, &[MOVE, EVERYWHERE], key) {
            Some(Action::Quit) => self.context.effects.push(Effect::Quit),
            Some(Action::AskToQuit) => self.asks_to_quit = true,
            Some(action) => self.move_help(action),
            None => {}
        }
    }

    pub(super) fn move_help(&mut self, action: Action) {
        let lines = help::lines(&self.help_keys(), self.context.area.width, self.options).len() as u64;
        let height = self.context.area.height.saturating_sub(1);
        let most = lines.saturating_sub(u64::from(height));
        // Closing keys are no movement, so they leave the help.
        self.help = moved(action, self.help.unwrap_or(0), lines, height).map(|to| to.min(most));
    }

    pub(super) fn key_in_manual(&mut self, key: KeyEvent) {
        let Some(manual) = &mut self.manual else { return };
        let tables: &[&[Binding]] = if manual.prompt().is_some() { &[PROMPT] } else { &[MANUAL, MOVE, EVERYWHERE] };
        match (find(self.options.keys, tables, key), manual.prompt_mut()) {
            (Some(Action::Quit), _) => self.context.effects.push(Effect::Quit),
            (Some(Action::AskToQuit), None) => self.asks_to_quit = true,
            (Some(action), _) => {
                if !manual.act(action, self.context.area, self.options) {
                    self.manual = None;
                }
            }
            (None, Some(input)) => input.key(key),
            (None, None) => {}
        }
    }
}
