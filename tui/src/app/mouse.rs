//! What a mouse does, for those who asked for one. Nothing needs it: a click and a turn of the wheel are what keys do.

use ratatui::layout::{Position, Rect};

use super::{Model, frame};
use crate::{keys::Action, msg::Mouse, text::columns, theme::Role, views::SCREENS};

/// Lines that a turn of the wheel goes.
const TURN: usize = 3;

impl Model {
    pub(super) fn mouse(&mut self, did: Mouse, x: u16, y: u16) {
        // Who is writing, or is asked something, answers by keys.
        if self.is_asking() {
            return;
        }
        match did {
            Mouse::Click => self.click(Position { x, y }),
            Mouse::WheelUp => (0..TURN).for_each(|_| self.turn(Action::Up)),
            Mouse::WheelDown => (0..TURN).for_each(|_| self.turn(Action::Down)),
        }
    }

    fn click(&mut self, at: Position) {
        let parts = frame(self.size, &self.replay);
        if parts.tabs.contains(at) {
            if let Some(screen) = self.tab_at(at.x - parts.tabs.x, parts.tabs) {
                self.close_books();
                self.switch(screen);
            }
        } else if parts.replay.contains(at) {
            self.point_at_bar(parts.replay, at);
        } else if parts.body.contains(at) && !self.has_book() {
            self.point(at);
        }
    }

    /// The screen whose name stands at a column of the tabs.
    fn tab_at(&self, x: u16, area: Rect) -> Option<usize> {
        let names: Vec<String> = self.tab_words(area).into_iter().map(|(words, _)| words).collect();
        let mut edge = 0usize;
        let at = names.iter().position(|words| {
            edge += columns(words);
            usize::from(x) < edge
        });
        // A page is on the screen already when its name is seen.
        at.filter(|at| *at < SCREENS)
    }

    /// The names of the screens; where they do not fit, the digits of the others and the name of this one. A page that
    /// another screen opened has a name and no digit, and is shown while one is on it.
    pub(super) fn tab_words(&self, area: Rect) -> Vec<(String, Role)> {
        let page = self.views.get(self.current).filter(|_| self.current >= SCREENS);
        let page = page.map(|view| (format!("[{}]", view.title()), Role::Title));
        let screens = &self.views[..SCREENS];
        let wide: usize = screens.iter().map(|view| columns(view.title()) + 4).sum();
        let names = wide + page.as_ref().map_or(0, |(words, _)| columns(words)) <= usize::from(area.width);
        let titles = screens.iter().map(|view| view.title());
        let word = |(at, title)| {
            let digit = at + 1;
            match (at == self.current, names) {
                (true, _) => (format!("[{digit} {title}]"), Role::Title),
                (false, true) => (format!(" {digit} {title} "), Role::Plain),
                (false, false) => (format!(" {digit}"), Role::Plain),
            }
        };
        titles.enumerate().map(word).chain(page).collect()
    }

    /// Keys are text now, or an answer.
    fn is_asking(&self) -> bool {
        let typing =
            self.views[self.current].typing() && !self.has_book() && self.views[self.current].prompt().is_some();
        let manual = self.manual.as_ref().is_some_and(|manual| manual.prompt().is_some());
        let bar = self.replay.prompt().is_some();
        self.asks_to_quit || self.zone_prompt.is_some() || self.palette.is_some() || typing || manual || bar
    }

    /// The help or the manual covers the screen.
    fn has_book(&self) -> bool {
        self.help.is_some() || self.manual.is_some()
    }

    fn close_books(&mut self) {
        (self.help, self.manual) = (None, None);
    }

    /// One line up or down, in whatever is in sight.
    fn turn(&mut self, action: Action) {
        if self.help.is_some() {
            self.move_help(action);
        } else if let Some(manual) = &mut self.manual {
            manual.act(action, self.context.area, self.options);
        } else {
            let (view, context) = self.view();
            view.act(action, context);
        }
    }

    /// A click on the screen, which gets the keys by it.
    fn point(&mut self, at: Position) {
        self.replay.leave();
        let (view, context) = self.view();
        view.point(at, context);
    }

    /// A click on the replay bar, which gets the keys by it; on its track, a time to go to.
    fn point_at_bar(&mut self, area: Rect, at: Position) {
        self.replay.point(area, at, &mut self.context);
        self.lay_out();
    }
}
