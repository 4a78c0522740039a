//! One note as a line of a list, and all about it.

use super::Section;
use crate::{
    ask::{self, Subject, Window},
    clock,
    shown::Shown,
    theme::Role,
    views::compare,
    widgets::panes::{Line, field, wrapped},
};

/// A note, its texts made visible.
pub struct NoteLine {
    pub id: String,
    pub kind: Shown,
    pub time: Option<i64>,
    pub on: Option<Subject>,
    pub what: Shown,
    pub text: Shown,
    by: Shown,
    at: Shown,
    place: Shown,
    pub window: Option<Window>,
}

impl NoteLine {
    pub fn new(note: ask::NoteLine) -> NoteLine {
        NoteLine {
            id: note.id,
            kind: Shown::new(note.kind),
            time: note.time,
            on: note.on,
            what: Shown::new(note.what),
            text: Shown::new(note.text),
            by: Shown::new(note.by),
            at: Shown::new(note.at),
            place: Shown::new(note.place),
            window: note.window,
        }
    }

    /// Its line among others of a section.
    pub fn line(&self, section: Section, at: usize) -> String {
        let when = self.time.map_or("no time".to_string(), clock::second);
        let text = if self.text.text().is_empty() { "" } else { "  – " };
        let what = format!("{}{text}{}", self.what.text(), self.text.text());
        match section {
            Section::Story => format!("{:>2}  {when:<15}  {what}", at + 1),
            Section::Windows => {
                let span = self.window.map_or(String::new(), compare::span);
                format!("{span:<34}  {}", self.text.text())
            }
            Section::Notes => format!("{:<8} {when:<15}  {what}", self.kind.text()),
            _ => what,
        }
    }

    /// All about it.
    pub fn about(&self, lines: &mut Vec<Line>, width: usize) {
        wrapped(lines, Role::Heading, self.what.text(), width);
        if !self.text.text().is_empty() {
            wrapped(lines, Role::Plain, self.text.text(), width);
        }
        if let Some(time) = self.time.filter(|_| self.window.is_none()) {
            field(lines, "happened", &clock::exact(time), width);
        }
        for (name, value) in [("written in", &self.place), ("note", &self.kind), ("by", &self.by), ("at", &self.at)] {
            if !value.text().is_empty() {
                field(lines, name, value.text(), width);
            }
        }
        field(lines, "id", Shown::new(self.id.as_str()).text(), width);
    }
}
