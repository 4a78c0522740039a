//! A result as bars: a line for each row, as long as its number. The rows are those of the grid, in their order.

use ratatui::layout::Rect;

use super::result::Grid;
use crate::{
    shown::Shown,
    text::columns,
    theme::Role,
    widgets::pen::{Pen, scroll, top},
};

const EIGHTHS: [&str; 9] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
/// Words beside a bar, in columns.
const WORDS: usize = 40;

/// What bars are drawn of, the same for every line.
pub struct Chart {
    column: usize,
    /// The greatest number without its sign, over all rows that came back.
    most: f64,
    numbers: Vec<Option<f64>>,
}

impl Chart {
    /// Of a column, when it holds numbers, else of the first that does. None: no column does.
    pub fn new(grid: &Grid, column: usize) -> Option<Chart> {
        let columns = std::iter::once(column).chain(0..grid.columns());
        let column = columns.into_iter().find(|column| grid.is_number(*column))?;
        let number = |cell: &Shown| cell.raw().parse().ok().filter(|number: &f64| number.is_finite());
        let cell = |row: &Vec<Option<Shown>>| row.get(column)?.as_ref().and_then(number);
        let numbers: Vec<Option<f64>> = grid.rows.iter().map(cell).collect();
        let most = numbers.iter().flatten().fold(0.0, |most: f64, number| most.max(number.abs()));
        Some(Chart { column, most, numbers })
    }

    /// A number as eighths of a column of the screen; what is not zero is seen.
    fn eighths(&self, number: f64, room: u16) -> usize {
        if number == 0.0 || self.most == 0.0 {
            return 0;
        }
        ((number.abs() / self.most * f64::from(room) * 8.0).round() as usize).max(1)
    }

    pub fn draw(&self, grid: &Grid, pen: &mut Pen<'_>, mut area: Rect, cursor: u64, focus: bool) {
        let head = top(u16::from(area.height >= 2), &mut area);
        let x = pen.write(head, (1, 0), &format!("Bars of {}", grid.name(self.column)), Role::Title);
        let of_held = if grid.is_whole() { "" } else { ", of the rows that came back" };
        let words = format!("b: the table again{of_held} ");
        pen.right(head, x + 1, 0, &words, Role::Faint);
        let first = scroll(0, cursor, u64::from(area.height)) as usize;
        let seen = first..grid.rows.len().min(first + usize::from(area.height));
        let labels: Vec<String> = seen.clone().map(|row| self.label(grid, row)).collect();
        let values: Vec<&str> =
            seen.clone().map(|row| grid.cell(row as u64, self.column).map_or("null", Shown::text)).collect();
        let widest = |words: &mut dyn Iterator<Item = usize>| words.max().unwrap_or(0);
        let most = usize::from(area.width / 2).min(WORDS);
        let wide = widest(&mut labels.iter().map(|label| columns(label))).min(most) as u16;
        let value = widest(&mut values.iter().map(|value| columns(value))).min(20) as u16;
        let bar = wide + value + 3;
        let room = area.width.saturating_sub(bar + 1);
        for (y, row) in (0..area.height).zip(seen) {
            let at = usize::from(y);
            let here = row as u64 == cursor && focus;
            if here {
                pen.write(area, (0, y), ">", Role::Key);
            }
            pen.put(area, (1, y), wide, &labels[at], if here { Role::Cursor } else { Role::Plain });
            let set = value.saturating_sub(columns(values[at]) as u16);
            let number = self.numbers[row];
            pen.put(area, (wide + 2 + set, y), value, values[at], number.map_or(Role::Faint, |_| Role::Plain));
            let Some(number) = number else { continue };
            let eighths = self.eighths(number, room);
            // What is below zero has a minus before it and another colour.
            let role = if number < 0.0 { Role::Bad } else { Role::Bar };
            let words = match pen.theme.ascii {
                true => "#".repeat(eighths.div_ceil(8)),
                false => EIGHTHS[8].repeat(eighths / 8) + EIGHTHS[eighths % 8],
            };
            pen.put(area, (bar, y), room, &words, role);
        }
        pen.more(area, first > 0, (grid.rows.len() - first.min(grid.rows.len())) as u64);
    }

    /// The words of a row that are no numbers; of a row that has none, its place.
    fn label(&self, grid: &Grid, row: usize) -> String {
        let others = (0..grid.columns()).filter(|column| !grid.is_number(*column));
        let words: Vec<&str> = others.map(|column| grid.cell(row as u64, column).map_or("null", Shown::text)).collect();
        if words.is_empty() { format!("row {}", row + 1) } else { words.join("  ") }
    }
}
