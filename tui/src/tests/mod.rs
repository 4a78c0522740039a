//! The screens as scripts: keys in, answers from a desk that really filters its few events, a screen out.

mod about;
mod cluster;
mod compare;
mod desk;
mod evidence;
mod fold;
mod manual;
mod mouse;
mod moves;
mod notebook;
mod notes;
mod outgoing;
mod palette;
mod player;
mod properties;
mod questions;
mod replay;
mod rulebook;
mod rules;
mod small;
mod snapshot;
mod states;
mod steps;
mod sweep;
mod values;
mod wide;
mod workbench;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};

use crate::{
    app::{Model, update, view},
    ask::{Request, Ticket},
    msg::{Effect, Msg},
    theme::{Options, Theme},
};

pub use desk::Desk;

/// The program on a stage: a model, a screen of a given size, and the questions nobody has answered yet.
pub struct Stage {
    pub model: Model,
    pub size: (u16, u16),
    pub asked: Vec<(Ticket, Request)>,
    pub quit: bool,
    /// What was last put on the clipboard.
    pub copied: Option<String>,
    /// The file that an editor is to be opened on.
    pub edited: Option<String>,
    last: u64,
}

impl Stage {
    pub fn new(width: u16, height: u16) -> Stage {
        Stage::with(
            width,
            height,
            Options { colour: false, ascii: false, theme: Theme::Colours, keys: &crate::BUILT_IN },
        )
    }

    pub fn with(width: u16, height: u16, options: Options) -> Stage {
        let model = Model::new(options);
        let mut stage =
            Stage { model, size: (width, height), asked: Vec::new(), quit: false, copied: None, edited: None, last: 0 };
        stage.send(Msg::Resize(width, height));
        stage
    }

    pub fn send(&mut self, msg: Msg) {
        if let Msg::Resize(width, height) = msg {
            self.size = (width, height);
        }
        for effect in update(&mut self.model, msg) {
            match effect {
                Effect::Ask(ticket, request) => {
                    assert!(ticket.0 > self.last, "tickets must grow");
                    self.last = ticket.0;
                    self.asked.push((ticket, request));
                }
                Effect::Copy(text) => self.copied = Some(text),
                Effect::Suspend => {}
                Effect::Edit(path) => self.edited = Some(path),
                Effect::Quit => self.quit = true,
            }
        }
    }

    /// Presses keys, written as in the key tables with spaces between.
    pub fn press(&mut self, keys: &str) -> &mut Stage {
        for name in keys.split(' ') {
            self.send(Msg::Key(key(name)));
        }
        self
    }

    pub fn write(&mut self, text: &str) -> &mut Stage {
        for c in text.chars() {
            self.send(Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        self
    }

    /// Answers every question, also those that answers raise.
    pub fn settle(&mut self, desk: &Desk) -> &mut Stage {
        while !self.asked.is_empty() {
            let (ticket, request) = self.asked.remove(0);
            if let Some(answer) = desk.answer(&request) {
                self.send(Msg::Loaded(ticket, answer));
            }
        }
        self
    }

    /// Answers so many questions, those that answers raise among them.
    pub fn settle_some(&mut self, desk: &Desk, most: usize) -> &mut Stage {
        for _ in 0..most {
            if self.asked.is_empty() {
                break;
            }
            let (ticket, request) = self.asked.remove(0);
            if let Some(answer) = desk.answer(&request) {
                self.send(Msg::Loaded(ticket, answer));
            }
        }
        self
    }

    /// Presses keys one by one and lets the desk answer each.
    pub fn play(&mut self, desk: &Desk, keys: &str) -> &mut Stage {
        for name in keys.split(' ') {
            self.press(name).settle(desk);
        }
        self
    }

    pub fn buffer(&self) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).unwrap();
        terminal.draw(|frame| view(&self.model, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text, without trailing spaces.
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let mut text = String::new();
        for y in 0..self.size.1 {
            let mut line = String::new();
            let mut x = 0;
            while x < self.size.0 {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += (crate::text::columns(symbol) as u16).max(1);
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

/// The line the cursor is on.
pub fn cursor_line(stage: &Stage) -> String {
    stage.screen().lines().skip(1).find(|line| line.starts_with('>')).unwrap_or("").to_string()
}

/// The screen with its left edge drawn, so that a snapshot keeps leading spaces and empty lines.
pub fn framed(screen: &str) -> String {
    screen.lines().map(|line| format!("|{line}\n")).collect()
}

/// A case opened and its overview answered.
pub fn open(width: u16, height: u16) -> (Stage, Desk) {
    let desk = Desk::sample();
    let mut stage = Stage::new(width, height);
    stage.settle(&desk);
    (stage, desk)
}

fn key(name: &str) -> KeyEvent {
    let (code, modifiers) = match name {
        "Space" => (KeyCode::Char(' '), KeyModifiers::NONE),
        "Enter" => (KeyCode::Enter, KeyModifiers::NONE),
        "Esc" => (KeyCode::Esc, KeyModifiers::NONE),
        "Tab" => (KeyCode::Tab, KeyModifiers::NONE),
        "Up" => (KeyCode::Up, KeyModifiers::NONE),
        "Down" => (KeyCode::Down, KeyModifiers::NONE),
        "F1" => (KeyCode::F(1), KeyModifiers::NONE),
        "F5" => (KeyCode::F(5), KeyModifiers::NONE),
        "Backspace" => (KeyCode::Backspace, KeyModifiers::NONE),
        "Left" => (KeyCode::Left, KeyModifiers::NONE),
        "PgDn" => (KeyCode::PageDown, KeyModifiers::NONE),
        _ => match name.strip_prefix('^').and_then(|rest| rest.chars().next()) {
            Some(c) => (KeyCode::Char(c), KeyModifiers::CONTROL),
            None => (KeyCode::Char(name.chars().next().unwrap()), KeyModifiers::NONE),
        },
    };
    KeyEvent::new(code, modifiers)
}
