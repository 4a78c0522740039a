//! The values of one column under the filter: how often each occurs, of how many in the whole case, and when. It is
//! asked anew with every filter, so that it never counts what is not shown.

use ratatui::layout::Rect;

use super::{Timeline, chips, page};
use crate::{
    ask::{self, Bin, Column, Filter, Request, Ticket, Whom},
    keys::Action,
    shown::Shown,
    text::{columns, cut_name, cut_object, grouped},
    theme::Role,
    views::{Context, Jump, Slot, complain, moved},
    widgets::{
        histogram,
        pen::{Pen, scroll, top},
    },
};

/// More values than a person reads.
const LIMIT: u32 = 500;
/// Bins of the bar beside a value.
const BINS: u16 = 24;

/// The pane.
#[derive(Debug)]
pub struct Values {
    pub column: Column,
    pub slot: Slot,
    asked: Option<(Filter, Column)>,
    shown: Option<Counted>,
    cursor: u64,
}

#[derive(Debug)]
struct Counted {
    filter: Filter,
    column: Column,
    rows: Vec<Value>,
    distinct: u64,
}

#[derive(Debug)]
struct Value {
    value: Option<Shown>,
    count: u64,
    all: u64,
    bins: Vec<Bin>,
}

impl Values {
    fn new(column: Column) -> Values {
        Values { column, slot: Slot::default(), asked: None, shown: None, cursor: 0 }
    }

    fn need(&mut self, filter: &Filter, context: &mut Context) {
        let wanted = Some((filter.clone(), self.column));
        if self.asked != wanted {
            self.asked = wanted;
            let request = Request::Values { filter: filter.clone(), column: self.column, bins: BINS, limit: LIMIT };
            self.slot.ask(context, request);
        }
    }

    /// Asks again at the next chance.
    pub fn forget(&mut self) {
        self.asked = None;
    }

    fn rows(&self) -> &[Value] {
        self.shown.as_ref().filter(|shown| shown.column == self.column).map_or(&[], |shown| &shown.rows)
    }

    pub fn loaded(&mut self, ticket: Ticket, values: ask::Values) {
        let Some((filter, column)) = self.asked.clone().filter(|_| self.slot.takes(ticket)) else { return };
        let row = |value: ask::ValueCount| Value {
            value: Shown::cell(value.value),
            count: value.count,
            all: value.all,
            bins: value.bins,
        };
        let rows: Vec<Value> = values.rows.into_iter().map(row).collect();
        self.cursor = self.cursor.min((rows.len() as u64).saturating_sub(1));
        self.shown = Some(Counted { filter, column, rows, distinct: values.distinct });
    }

    /// What the status line says while the pane has the focus.
    pub fn status(&self) -> String {
        let Some(shown) = self.shown.as_ref().filter(|shown| shown.column == self.column) else {
            return String::new();
        };
        let at = if shown.rows.is_empty() { 0 } else { self.cursor + 1 };
        let mut words = format!("value {} of {} of {}", grouped(at), grouped(shown.distinct), self.column.name());
        if (shown.rows.len() as u64) < shown.distinct {
            words += &format!(", the {} most frequent listed", grouped(shown.rows.len() as u64));
        }
        words
    }

    pub fn draw(&self, pen: &mut Pen<'_>, mut area: Rect, filter: &Filter) {
        if let Some(error) = &self.slot.error {
            complain(pen, area, "The values could not be counted:", error, "^r tries again.");
            return;
        }
        let head = top(u16::from(area.height >= 2), &mut area);
        let Some(shown) = self.shown.as_ref().filter(|shown| shown.column == self.column) else {
            pen.write(head, (1, 0), &self.column.name().to_uppercase(), Role::Title);
            pen.write(area, (1, 0), "counting…", Role::Faint);
            return;
        };
        // Wide enough for everything, or beside the table with the value and its count alone.
        let roomy = area.width >= 60;
        let name = self.column.name().to_uppercase();
        if roomy {
            let when = format!("{:>9} {:>9}  {:<width$} {name}", "EVENTS", "OF ALL", "WHEN", width = usize::from(BINS));
            pen.write(head, (1, 0), &when, Role::Heading);
        } else {
            let x = pen.write(head, (1, 0), &name, Role::Title);
            pen.right(head, x + 1, 0, &grouped(shown.distinct), Role::Faint);
        }
        let old = std::mem::replace(&mut pen.faint, shown.filter != *filter);
        if shown.rows.is_empty() {
            pen.write(area, (1, 0), "No event passes this filter.", Role::Plain);
        }
        let first = scroll(0, self.cursor, u64::from(area.height));
        for (y, (at, row)) in (0..area.height).zip(shown.rows.iter().enumerate().skip(first as usize)) {
            let cursor = at as u64 == self.cursor;
            if cursor {
                pen.write(area, (0, y), ">", Role::Key);
            }
            let role = match (cursor, &row.value) {
                (true, _) => Role::Cursor,
                (false, None) => Role::Faint,
                (false, Some(_)) => Role::Plain,
            };
            let text = row.value.as_ref().map_or("null", |value| match value.text() {
                "" => "\"\"",
                text => text,
            });
            let count = grouped(row.count);
            let x = match roomy {
                true => {
                    let words = format!("{count:>9} {:>9}", grouped(row.all));
                    let x = pen.write(area, (1, y), &words, Role::Plain) + 2;
                    let bar = Rect { x: area.x + x, y: area.y + y, width: BINS, height: 1 };
                    histogram::bars(pen, bar, &row.bins, Role::Bar);
                    x + BINS + 1
                }
                false => 1,
            };
            let tail = if roomy { 0 } else { columns(&count) + 2 };
            let room = usize::from(area.width.saturating_sub(x + 1)).saturating_sub(tail);
            let text = match self.column {
                Column::Object => cut_object(text, room),
                _ => cut_name(text, room),
            };
            pen.write(area, (x, y), &text, role);
            if !roomy {
                pen.right(area, 1, y, &format!("{count} "), Role::Plain);
            }
        }
        pen.more(area, first > 0, (shown.rows.len() as u64).saturating_sub(first));
        pen.faint = old;
    }
}

impl Timeline {
    /// Shows the values of the column the cursor is on.
    pub(super) fn open_values(&mut self, context: &mut Context) {
        match self.column_among(&self.lanes(context.area)) {
            Column::Time => self.note = Some("the strip counts times: l moves to a column with values".to_string()),
            column => {
                if self.covered(context.area) {
                    self.detail = None;
                }
                let mut values = Values::new(column);
                values.need(&self.filter, context);
                self.values = Some(values);
            }
        }
    }

    pub(super) fn need_values(&mut self, context: &mut Context) {
        if let Some(values) = &mut self.values {
            values.need(&self.filter, context);
        }
    }

    /// Does what a key asks while the values have the focus. Returns `None` when it means nothing to them.
    pub(super) fn act_on_values(&mut self, action: Action, context: &mut Context) -> Option<bool> {
        let height = self.layout(context.area).values.height.saturating_sub(1);
        let values = self.values.as_mut()?;
        if let Some(to) = moved(action, values.cursor, values.rows().len() as u64, height) {
            values.cursor = to;
            return Some(true);
        }
        match action {
            Action::Left | Action::Right => {
                let all = &Column::ALL[1..];
                let at = all.iter().position(|column| *column == values.column).unwrap_or(0);
                let to = if action == Action::Right { at + 1 } else { at.saturating_sub(1) };
                values.column = all.get(to).copied().unwrap_or(values.column);
                values.cursor = 0;
                self.column = Some(values.column);
                self.need_values(context);
            }
            Action::Open | Action::FilterIn | Action::FilterOut | Action::OnlyThis => {
                let row = values.rows().get(usize::try_from(values.cursor).ok()?)?;
                let value = row.value.as_ref().map(Shown::raw);
                let spot = chips::Spot { column: values.column, value, time: 0 };
                let filter = match action {
                    Action::FilterOut => chips::drop(&self.filter, &spot),
                    Action::OnlyThis => chips::only(&self.filter, &spot),
                    _ => chips::keep(&self.filter, &spot),
                };
                if action == Action::Open {
                    self.values = None;
                }
                self.change(filter, context);
            }
            Action::About => {
                let row = values.rows().get(usize::try_from(values.cursor).ok()?)?;
                let value = row.value.as_ref().map(|value| value.raw().to_string());
                context.jump =
                    Some(Jump::About(Whom::Cell { column: values.column, value, actor: None, object: None }));
            }
            Action::Copy => {
                let row = values.rows().get(usize::try_from(values.cursor).ok()?)?;
                self.note = row.value.as_ref().map(|value| context.copy(value.raw()));
            }
            Action::Back | Action::Close | Action::Values => self.values = None,
            _ => return None,
        }
        Some(true)
    }

    /// The values stand beside the table on a large screen, else in its place.
    pub(super) fn values_beside(area: Rect) -> bool {
        area.width >= page::TALL.0 && area.height >= page::TALL.1
    }
}
