//! Windows of time that have a name in the case: where they lie on the strip, and how one gets its name; and the event
//! that another is compared with.

use ratatui::layout::Rect;

use super::{Timeline, draw::bin_of};
use crate::{
    ask::{Column, Named, Request, Ticket},
    shown::Shown,
    text::{columns, cut},
    theme::Role,
    views::{
        Context, Jump, Slot,
        compare::{Event, Pair},
    },
    widgets::pen::Pen,
};

#[derive(Debug, Default)]
pub struct Windows {
    pub slot: Slot,
    asked: bool,
    /// Name, begin and end, the earliest first.
    named: Vec<(Shown, i64, i64)>,
}

impl Windows {
    pub fn need(&mut self, context: &mut Context) {
        if !self.asked {
            self.asked = true;
            self.slot.ask(context, Request::Windows);
        }
    }

    /// Asks again at the next chance.
    pub fn forget(&mut self) {
        self.asked = false;
    }

    pub fn loaded(&mut self, ticket: Ticket, named: Vec<Named>) {
        if self.slot.takes(ticket) {
            let both = |one: Named| Some((Shown::new(one.name), one.window.from?, one.window.to?));
            self.named = named.into_iter().filter_map(both).collect();
        }
    }

    /// The names of the windows a time is in.
    pub fn at(&self, time: i64) -> Option<String> {
        let within = self.named.iter().filter(|(_, from, to)| (*from..*to).contains(&time));
        let names: Vec<&str> = within.map(|(name, ..)| name.text()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Says whether any of them is seen in this stretch.
    pub fn within(&self, from: i64, to: i64) -> bool {
        self.named.iter().any(|(_, start, end)| *end > from && *start < to)
    }

    /// Draws each below its bins: `├─hands on─┤`, an open end where it goes on beyond the strip.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect, (from, to, bins): (i64, i64, usize)) {
        for (name, start, end) in &self.named {
            if *end <= from || *start >= to || bins == 0 {
                continue;
            }
            let last = u16::try_from(bins - 1).unwrap_or(u16::MAX);
            let first_bin = bin_of(*start, from, to, bins).unwrap_or(0);
            let last_bin = bin_of(end.saturating_sub(1), from, to, bins).unwrap_or(last);
            let width = usize::from(last_bin.saturating_sub(first_bin)) + 1;
            let (line, left, right) = if pen.theme.ascii { ("-", "[", "]") } else { ("─", "├", "┤") };
            let left = if *start < from { line } else { left };
            let right = if *end > to { line } else { right };
            let words = match width {
                1 => left.to_string(),
                2 => format!("{left}{right}"),
                _ => {
                    let name = cut(name.text(), width - 2);
                    let room = width - 2 - columns(&name);
                    let (before, after) = (line.repeat(room / 2), line.repeat(room - room / 2));
                    format!("{left}{before}{name}{after}{right}")
                }
            };
            pen.put(area, (first_bin, 0), u16::try_from(width).unwrap_or(u16::MAX), &words, Role::Chip);
        }
    }
}

impl Timeline {
    /// Asks for the name of the window that is seen.
    pub fn name_window(&mut self) {
        let strip = self.strip.as_ref().filter(|(filter, strip)| *filter == self.filter && strip.to > strip.from);
        let window = self.filter.window;
        match (window.from.or(strip.map(|(_, strip)| strip.from)), window.to.or(strip.map(|(_, strip)| strip.to))) {
            (Some(from), Some(to)) if from < to => self.noting.name_window(from, to),
            _ => self.note = Some("there is no window to name yet: z zooms in".to_string()),
        }
    }

    /// Takes the event under the cursor as A, or compares it with the one taken.
    pub fn compare(&mut self, context: &mut Context) {
        let Some(row) = self.row() else { return };
        let words = [Column::Actor, Column::Verb, Column::Object, Column::Status];
        let words: Vec<&str> = words.iter().filter_map(|column| row.cell(*column)).map(Shown::text).collect();
        let here = Event { id: row.id, time: row.time, words: words.join(" ") };
        match &self.compared {
            Some(a) if a.id != here.id => {
                context.jump = Some(Jump::Compare(Pair::Events(a.clone(), here)));
            }
            Some(_) => {
                self.compared = None;
                self.note = Some("no longer taken for a comparison".to_string());
            }
            None => {
                self.compared = Some(here);
                self.note = Some("this event is A: d on another compares the two".to_string());
            }
        }
    }
}
