//! Taking over the notes of another person's case: its folder is asked for, what would come is shown, and only then is
//! anything written.

use ratatui::layout::Rect;

use super::{NoteLine, Section};
use crate::{
    ask::{self, Note, Request, Ticket},
    keys::Action,
    shown::Shown,
    text::{cut, grouped},
    theme::Role,
    views::{Context, Slot, count, noting::Noting},
    widgets::{
        input::Input,
        panes::{Line, Panes},
        pen::Pen,
    },
};

#[derive(Default)]
pub struct Merging {
    /// The folder that is being written.
    pub prompt: Option<Input>,
    pub slot: Slot,
    pub coming: Option<Coming>,
    pub panes: Panes,
}

/// What would come.
pub struct Coming {
    path: String,
    case: Shown,
    pub notes: Vec<NoteLine>,
    known: u64,
    elsewhere: u64,
}

impl Merging {
    pub fn ask(&mut self) {
        self.prompt = Some(Input::default());
    }

    /// Does what a key asks while a folder is asked for or what would come is shown; `None`: the key is not for this.
    pub fn act(&mut self, action: Action, area: Rect, noting: &mut Noting, context: &mut Context) -> Option<bool> {
        if let Some(input) = self.prompt.take() {
            let path = input.text().trim().to_string();
            if action == Action::Submit && !path.is_empty() {
                self.slot.ask(context, Request::Coming(path));
            }
            return Some(true);
        }
        let coming = self.coming.as_ref()?;
        let rows = coming.notes.len() as u64;
        let lines = self.about(coming, usize::from(self.panes.split(area).1.width.saturating_sub(2))).len() as u64;
        if self.panes.moved(action, rows, lines, area) {
            return Some(true);
        }
        match action {
            Action::Submit if rows > 0 => {
                noting.write(Note::Merge(coming.path.clone()), context);
                self.coming = None;
            }
            Action::Back | Action::Close => self.coming = None,
            Action::Reload => self.slot.ask(context, Request::Coming(coming.path.clone())),
            _ => return Some(false),
        }
        Some(true)
    }

    pub fn loaded(&mut self, ticket: Ticket, coming: ask::Coming) {
        if self.slot.takes(ticket) {
            self.coming = Some(Coming {
                path: coming.path,
                case: Shown::new(coming.case),
                notes: coming.notes.into_iter().map(NoteLine::new).collect(),
                known: coming.known,
                elsewhere: coming.elsewhere,
            });
            self.panes = Panes::default();
        }
    }

    pub fn draw(&self, coming: &Coming, pen: &mut Pen<'_>, head: Rect, area: Rect) {
        let new = coming.notes.len() as u64;
        let elsewhere = match coming.elsewhere {
            0 => String::new(),
            some => format!(", {} on evidence that is not here", grouped(some)),
        };
        let words = format!(
            "{} would come from {}, {} here already{elsewhere}",
            count(new, "note"),
            coming.case.text(),
            grouped(coming.known)
        );
        pen.write(head, (1, 0), &cut(&words, usize::from(head.width.saturating_sub(2))), Role::Title);
        if new == 0 {
            pen.paragraphs(area, 0, &["All its notes are here already. Esc goes back.".to_string()], Role::Plain);
            return;
        }
        let width = usize::from(self.panes.split(area).0.width.saturating_sub(2));
        let line = |at: u64| {
            let words =
                coming.notes.get(at as usize).map_or(String::new(), |note| note.line(Section::Notes, at as usize));
            (Role::Plain, cut(&words, width).into_owned())
        };
        self.panes.draw(pen, area, new, &line, ("Would come", &|width| self.about(coming, width)));
    }

    fn about(&self, coming: &Coming, width: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some(note) = coming.notes.get(self.panes.cursor as usize) {
            note.about(&mut lines, width);
        }
        lines
    }
}
