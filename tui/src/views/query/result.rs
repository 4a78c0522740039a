//! What a query gave back: a grid with a cursor on one cell, and one row of it in full.

use ratatui::layout::Rect;

use crate::{
    ask::{self, RecordId, Total},
    clock,
    shown::Shown,
    text::{columns, grouped},
    theme::Role,
    views::{Jump, count},
    widgets::{
        fields,
        grid::{self, Lane, Set},
        pen::{Pen, scroll, top},
    },
};

const WIDEST: u16 = 48;

pub struct Grid {
    names: Vec<Shown>,
    lanes: Vec<Lane>,
    pub rows: Vec<Vec<Option<Shown>>>,
    pub total: Total,
    millis: u64,
    note: Shown,
}

impl Grid {
    pub fn new(grid: ask::Grid) -> Grid {
        let names: Vec<Shown> = grid.columns.iter().map(|column| Shown::new(column.name.as_str())).collect();
        let rows: Vec<Vec<Option<Shown>>> =
            grid.rows.into_iter().map(|row| row.into_iter().map(Shown::cell).collect()).collect();
        let lanes = names
            .iter()
            .zip(&grid.columns)
            .enumerate()
            .map(|(at, (name, column))| {
                let cells = rows
                    .iter()
                    .filter_map(|row| row.get(at))
                    .map(|cell| cell.as_ref().map_or(4, |cell| columns(cell.text())));
                let widest = cells.chain([columns(name.text())]).max().unwrap_or(1);
                let width = u16::try_from(widest).unwrap_or(WIDEST).clamp(1, WIDEST);
                Lane { width, set: if column.number { Set::Right } else { Set::Left } }
            })
            .collect();
        Grid { names, lanes, rows, total: grid.total, millis: grid.millis, note: Shown::new(grid.note) }
    }

    pub fn columns(&self) -> usize {
        self.names.len()
    }

    pub fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", Shown::text)
    }

    pub fn is_number(&self, column: usize) -> bool {
        self.lanes.get(column).is_some_and(|lane| lane.set == Set::Right)
    }

    /// Every row that the query has came back.
    pub fn is_whole(&self) -> bool {
        self.total == Total::Exactly(self.rows.len() as u64)
    }

    pub fn cell(&self, row: u64, column: usize) -> Option<&Shown> {
        self.rows.get(usize::try_from(row).ok()?)?.get(column)?.as_ref()
    }

    fn fields(&self, row: u64) -> impl Iterator<Item = (&Shown, Option<&Shown>)> {
        let row = usize::try_from(row).ok().and_then(|row| self.rows.get(row)).map_or(&[][..], Vec::as_slice);
        self.names.iter().zip(row.iter().map(Option::as_ref))
    }

    /// One row in full, for the clipboard.
    pub fn text(&self, row: u64) -> String {
        fields::text(self.fields(row))
    }

    /// One row in full, laid out.
    pub fn full(&self, row: u64, width: u16) -> Vec<(Role, String)> {
        fields::lines(self.fields(row), usize::from(width.saturating_sub(1)))
    }

    /// The event this row is about, if it says which bytes it was read from and when it was.
    pub fn event(&self, row: u64) -> Option<Jump> {
        let cell = |name: &str| {
            let at = self.names.iter().position(|column| column.raw() == name)?;
            self.cell(row, at).map(Shown::raw)
        };
        let record = RecordId {
            evidence: cell("evidence")?.parse().ok()?,
            offset: cell("offset")?.parse().ok()?,
            len: cell("length").and_then(|len| len.parse().ok()).unwrap_or(0),
        };
        Some(Jump::Event { record, time: clock::instant(cell("time")?, 0)? })
    }

    /// How much came back of how much, and how long it took.
    pub fn words(&self) -> String {
        let held = self.rows.len() as u64;
        let rows = match self.total {
            Total::Exactly(total) if total == held => format!("{}, complete", count(total, "row")),
            total => format!("the first {} of {total} rows", grouped(held)),
        };
        let mut words = format!("{rows}   {}.{:02} s", self.millis / 1000, self.millis / 10 % 100);
        if !self.note.text().is_empty() {
            words += &format!("   {}", self.note.text());
        }
        words
    }

    /// Draws the rows with the cursor on a cell, scrolled right as little as lets that cell be seen whole.
    pub fn draw(&self, pen: &mut Pen<'_>, mut area: Rect, (cursor, column): (u64, usize), focus: bool) {
        let room = area.width.saturating_sub(1);
        let column = column.min(self.lanes.len().saturating_sub(1));
        let fits = |from: &usize| grid::total(&self.lanes[*from..=column]) <= room;
        let skipped = (0..column).find(fits).unwrap_or(column);
        let lanes = self.lanes.get(skipped..).unwrap_or_default();
        let head = top(u16::from(area.height >= 2), &mut area);
        let heading = |at: usize| if at == column && focus { Role::Title } else { Role::Heading };
        let names = self.names.iter().enumerate().skip(skipped);
        let names: Vec<_> = names.map(|(at, name)| (name.text(), heading(at))).collect();
        grid::line(pen, head, (1, 0), lanes, &names);
        if self.rows.is_empty() {
            pen.write(area, (1, 0), "The query ran and no row came back.", Role::Plain);
        }
        let first = scroll(0, cursor, u64::from(area.height));
        for (y, (at, row)) in (0..area.height).zip(self.rows.iter().enumerate().skip(first as usize)) {
            let here = at as u64 == cursor && focus;
            let role = |at: usize, cell: &Option<Shown>| match (here, at == column, cell) {
                (true, true, _) => Role::Cursor,
                (_, _, None) => Role::Faint,
                (true, false, _) => Role::Line,
                (false, ..) => Role::Plain,
            };
            let cells = row.iter().enumerate().skip(skipped);
            let cells: Vec<_> =
                cells.map(|(at, cell)| (cell.as_ref().map_or("null", Shown::text), role(at, cell))).collect();
            if here {
                pen.write(area, (0, y), ">", Role::Key);
            }
            grid::line(pen, area, (1, y), lanes, &cells);
        }
    }
}
