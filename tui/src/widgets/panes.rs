//! A list and, beside or below it, all about the line the cursor is on. Several screens are this and nothing more.

use ratatui::layout::{Position, Rect};

use crate::{
    keys::Action,
    text::wrap,
    theme::Role,
    views::moved,
    widgets::pen::{Pen, bottom, right, scroll},
};

/// From this width on the pane stands beside the list.
const WIDE: u16 = 120;

/// A line of either pane.
pub type Line = (Role, String);

/// Where the cursor is.
#[derive(Debug, Default)]
pub struct Panes {
    pub cursor: u64,
    /// The first line of the pane.
    pub scroll: u64,
    /// Keys of movement are the pane's.
    pub in_pane: bool,
}

impl Panes {
    /// Returns the list's place and the pane's; one of them has no height on a very small screen.
    pub fn split(&self, mut area: Rect) -> (Rect, Rect) {
        let none = Rect { height: 0, ..area };
        if area.height < 9 {
            return if self.in_pane { (none, area) } else { (area, none) };
        }
        if area.width >= WIDE {
            let pane = right(u16::try_from(u32::from(area.width) * 45 / 100).unwrap_or(area.width), &mut area);
            return (area, pane);
        }
        let pane = bottom(area.height / 2, &mut area);
        (area, pane)
    }

    /// Moves as the key says. Returns false when it is no movement; the line of the list may have changed.
    pub fn moved(&mut self, action: Action, rows: u64, lines: u64, area: Rect) -> bool {
        let (list, pane) = self.split(area);
        if self.in_pane {
            let height = pane.height.saturating_sub(1);
            let Some(to) = moved(action, self.scroll, lines, height) else { return false };
            self.scroll = to.min(lines.saturating_sub(u64::from(height)));
            return true;
        }
        let Some(to) = moved(action, self.cursor, rows, list.height) else { return false };
        self.to(to);
        true
    }

    /// Puts the cursor on a line of the list.
    pub fn to(&mut self, row: u64) {
        if row != self.cursor {
            self.scroll = 0;
        }
        self.cursor = row;
    }

    /// Keeps the cursor among so many lines.
    pub fn stay(&mut self, rows: u64) {
        self.cursor = self.cursor.min(rows.saturating_sub(1));
    }

    /// Takes a click: the pane gets the keys, or the list and its row the cursor. Returns false when it was on neither.
    pub fn point(&mut self, area: Rect, at: Position, rows: u64) -> bool {
        let (list, pane) = self.split(area);
        self.in_pane = pane.contains(at) && rows > 0;
        if list.contains(at) {
            let row = scroll(0, self.cursor, u64::from(list.height)) + u64::from(at.y - list.y);
            if row < rows {
                self.to(row);
            }
        }
        list.contains(at) || pane.contains(at)
    }

    /// Draws both. `line` gives the line at a place of the list, `about` the wrapped lines of the pane for its width.
    pub fn draw(
        &self,
        pen: &mut Pen<'_>,
        area: Rect,
        rows: u64,
        line: &dyn Fn(u64) -> Line,
        about: (&str, &dyn Fn(usize) -> Vec<Line>),
    ) {
        let (list, pane) = self.split(area);
        let first = scroll(0, self.cursor, u64::from(list.height));
        for (y, at) in (0..list.height).zip(first..rows) {
            let (role, words) = line(at);
            let here = at == self.cursor;
            pen.write(list, (1, y), &words, role);
            if here {
                pen.write(list, (0, y), ">", Role::Key);
                pen.line(list, y, if self.in_pane { Role::Line } else { Role::Cursor });
            }
        }
        pen.more(list, first > 0, rows.saturating_sub(first));
        self.pane(pen, pane, about);
    }

    fn pane(&self, pen: &mut Pen<'_>, mut area: Rect, (title, about): (&str, &dyn Fn(usize) -> Vec<Line>)) {
        if area.height == 0 {
            return;
        }
        let head = crate::widgets::pen::top(1, &mut area);
        pen.rule(head, 0);
        let mark = match (self.in_pane, pen.theme.ascii) {
            (true, true) => ">",
            (true, false) => "▸",
            (false, _) => " ",
        };
        pen.write(head, (0, 0), &format!("{mark}{title} "), Role::Title);
        let lines = about(usize::from(area.width.saturating_sub(2)));
        let first = self.scroll.min((lines.len() as u64).saturating_sub(1));
        for (y, (role, words)) in (0..area.height).zip(lines.iter().skip(first as usize)) {
            pen.write(area, (1, y), words, *role);
        }
        pen.more(area, first > 0, (lines.len() as u64).saturating_sub(first));
    }
}

/// Wraps words of one role.
pub fn wrapped(lines: &mut Vec<Line>, role: Role, words: &str, width: usize) {
    lines.extend(wrap(words, width.max(4)).into_iter().map(|line| (role, line)));
}

/// A name and what it is, the name in a column of its own.
pub fn field(lines: &mut Vec<Line>, name: &str, value: &str, width: usize) {
    const NAME: usize = 11;
    let room = width.saturating_sub(NAME).max(8);
    for (at, line) in wrap(value, room).into_iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        lines.push((Role::Plain, format!("{name:<NAME$}{line}")));
    }
}
