//! The rows around the cursor: what is held, what must be asked next, and where on the screen it goes.

use ratatui::layout::Rect;

use super::{Strip, Timeline};
use crate::{
    ask::{Column, EventRow, Filter, Folded, Level, Noted, RecordId, Request, TimelinePage, Total},
    shown::Shown,
    views::Context,
    widgets::{
        grid::{self, Lane, Set},
        pen::{right, scroll, top},
    },
};

/// Rows asked before and after those on the screen, so that a few pages of scrolling need no question.
const AHEAD: u64 = 100;
/// From this width on the detail stands beside the table.
const WIDE: u16 = 120;
/// From this size of body on the strip is tall by itself, and from the next it shows the findings as bars too.
pub const TALL: (u16, u16) = (160, 36);
/// The columns the values have beside the table.
const VALUES: u16 = 26;
const TALLEST: (u16, u16) = (200, 56);

/// A stretch of rows that was asked for, answered or not.
#[derive(Debug)]
pub struct Asked {
    filter: Filter,
    from: u64,
    to: u64,
}

/// Rows that were answered.
#[derive(Debug)]
pub struct Page {
    pub filter: Filter,
    pub offset: u64,
    pub rows: Vec<Row>,
    pub total: Total,
    pub all: u64,
    pub events: u64,
}

#[derive(Debug)]
pub struct Row {
    pub id: RecordId,
    pub time: i64,
    pub finding: Option<Level>,
    cells: [Option<Shown>; 8],
    pub noted: Noted,
    /// What people call the actor.
    pub name: Option<Shown>,
    /// It stands for several events.
    pub fold: Option<Folded>,
}

/// Where the parts of the timeline stand. A part without room has no height.
pub struct Layout {
    pub chips: Rect,
    pub strip: Rect,
    /// Bars of the events in findings, below those of all events.
    pub hits: Rect,
    /// The values of a column: at the left of the table, or in its place.
    pub values: Rect,
    pub head: Rect,
    pub rows: Rect,
    pub detail: Option<Rect>,
}

impl Page {
    pub fn new(filter: Filter, page: TimelinePage) -> Page {
        let rows = page.rows.into_iter().map(Row::new).collect();
        Page { filter, offset: page.offset, rows, total: page.total, all: page.all, events: page.events }
    }

    /// Returns how many rows there are for certain.
    pub fn known(&self) -> u64 {
        match self.total {
            Total::Exactly(rows) => rows,
            Total::AtLeast(rows) => rows.max(self.offset.saturating_add(self.rows.len() as u64)),
        }
    }

    pub fn row(&self, at: u64) -> Option<&Row> {
        self.rows.get(usize::try_from(at.checked_sub(self.offset)?).ok()?)
    }
}

impl Row {
    fn new(row: EventRow) -> Row {
        let cells = [row.source, row.actor, row.verb, row.object, row.status, row.namespace, row.agent, row.address]
            .map(Shown::cell);
        let name = Shown::cell(row.name);
        Row { id: row.id, time: row.time, finding: row.finding, cells, noted: row.noted, name, fold: row.fold }
    }

    /// Returns the notes in words that may be drawn.
    pub fn noted_words(&self) -> String {
        crate::text::visible(&self.noted.words()).into_owned()
    }

    /// Returns the cell of a column; the time is no cell.
    pub fn cell(&self, column: Column) -> Option<&Shown> {
        let at = match column {
            Column::Time => return None,
            Column::Source => 0,
            Column::Actor => 1,
            Column::Verb => 2,
            Column::Object => 3,
            Column::Status => 4,
            Column::Namespace => 5,
            Column::Agent => 6,
            Column::Address => 7,
        };
        self.cells[at].as_ref()
    }
}

impl Timeline {
    /// Asks for the rows of the screen unless they are held or asked for already.
    pub fn need(&mut self, context: &mut Context) {
        if self.place_slot.open() {
            return; // The row is not known yet; asking now would be asking for the wrong page.
        }
        let height = u64::from(self.layout(context.area).rows.height).max(1);
        self.first = scroll(self.first, self.cursor, height);
        let mut to = self.first.saturating_add(height);
        if let Some(page) = self.page.as_ref().filter(|page| page.filter == self.filter) {
            to = to.min(page.known());
        }
        let held = self
            .asked
            .as_ref()
            .is_some_and(|asked| asked.filter == self.filter && asked.from <= self.first && to <= asked.to);
        if held {
            return;
        }
        let offset = self.first.saturating_sub(AHEAD);
        let limit = u32::try_from(self.first - offset + height + AHEAD).unwrap_or(u32::MAX);
        let filter = self.filter.clone();
        self.asked = Some(Asked { filter: filter.clone(), from: offset, to: offset.saturating_add(u64::from(limit)) });
        self.page_slot.ask(context, Request::Timeline { filter, offset, limit });
    }

    /// Asks for the strip unless the one held or asked for is of this filter and width.
    pub fn need_strip(&mut self, context: &mut Context) {
        let bins = context.area.width.saturating_sub(2);
        let wanted = Some((self.filter.clone(), bins));
        if bins == 0 || self.strip_asked == wanted {
            return;
        }
        self.strip_asked = wanted;
        self.strip_slot.ask(context, Request::Histogram { filter: self.filter.clone(), bins });
    }

    /// How tall the strip is: what the user chose, else what the size suggests.
    pub(super) fn strip_size(&self, area: Rect) -> Strip {
        let tall = area.width >= TALL.0 && area.height >= TALL.1;
        self.strip_size.unwrap_or(if tall { Strip::Tall } else { Strip::Small })
    }

    pub fn layout(&self, mut area: Rect) -> Layout {
        let whole = area;
        let chips = top(u16::from(area.height >= 4), &mut area);
        let strip = match self.strip_size(whole) {
            Strip::Small => 3,
            Strip::Tall => 6,
            Strip::Off => 0,
        };
        let narrow_detail = self.detail.is_some() && area.width < WIDE;
        let strip = if area.height < strip + 5 || narrow_detail { 0 } else { strip };
        let most = whole.width >= TALLEST.0 && whole.height >= TALLEST.1 && strip == 6;
        let strip = top(strip, &mut area);
        let hits = top(if most { 3 } else { 0 }, &mut area);
        let detail = match &self.detail {
            None => None,
            Some(_) if narrow_detail => {
                let all = area;
                area.height = 0;
                Some(all)
            }
            Some(_) => {
                let width = u16::try_from(u32::from(area.width) * 45 / 100).unwrap_or(area.width);
                Some(right(width, &mut area))
            }
        };
        let mut values = Rect { height: 0, ..area };
        if self.values.is_some() {
            values = area;
            if Timeline::values_beside(whole) {
                values.width = VALUES.min(area.width);
                area.x += values.width + 1;
                area.width = area.width.saturating_sub(values.width + 1);
            } else {
                area.height = 0;
            }
        }
        let head = top(u16::from(area.height >= 3), &mut area);
        Layout { chips, strip, hits, values, head, rows: area, detail }
    }

    /// The columns that fit, in reading order.
    pub fn lanes(&self, area: Rect) -> Vec<Column> {
        lanes(self.layout(area).rows.width).into_iter().map(|(column, _)| column).collect()
    }
}

/// Returns the columns that fit the width of the table, and how wide each is. The first column of the screen is the
/// cursor's. What drops, drops in a fixed order, so that a reader knows what a narrower screen will show.
pub fn lanes(width: u16) -> Vec<(Column, Lane)> {
    let width = width.saturating_sub(1);
    let mut columns: Vec<Column> = Column::ALL.into();
    let fits = |columns: &[Column]| columns.iter().map(|c| natural(*c) + 1).sum::<u16>() <= width + 1;
    for least in [Column::Source, Column::Agent, Column::Address, Column::Status, Column::Namespace] {
        if fits(&columns) {
            break;
        }
        columns.retain(|column| *column != least);
    }
    let mut lanes: Vec<Lane> = columns
        .iter()
        .map(|column| Lane {
            width: natural(*column),
            set: match column {
                Column::Actor => Set::Name,
                Column::Object => Set::Object,
                _ => Set::Left,
            },
        })
        .collect();
    if grid::total(&lanes) > width {
        // A cut time says nothing, so it loses whole parts instead: first the mark and the fraction, then the seconds.
        lanes[0].width = if width >= 44 { 8 } else { 5 };
        let rest = width.saturating_sub(lanes[0].width + 1);
        grid::squeeze(&mut lanes[1..], rest);
    }
    let spare = width.saturating_sub(grid::total(&lanes));
    for (column, lane) in columns.iter().zip(&mut lanes) {
        match column {
            Column::Object => lane.width += spare - spare / 3,
            Column::Actor => lane.width += spare / 3,
            _ => {}
        }
    }
    columns.into_iter().zip(lanes).collect()
}

fn natural(column: Column) -> u16 {
    match column {
        Column::Time => 13, // and a finding's mark
        Column::Source => 10,
        Column::Actor => 16, // system:anonymous
        Column::Verb => 7,
        Column::Object => 22,
        Column::Status => 4,
        Column::Namespace => 11,
        Column::Agent => 14,
        Column::Address => 15,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_drop_in_the_promised_order() {
        let names = |width| lanes(width).iter().map(|(column, _)| column.name()).collect::<Vec<_>>().join(" ");
        assert_eq!(names(140), "time source actor verb object status namespace agent address");
        assert_eq!(names(120), "time actor verb object status namespace agent address");
        assert_eq!(names(100), "time actor verb object status namespace address");
        assert_eq!(names(80), "time actor verb object status namespace");
        assert_eq!(names(78), "time actor verb object namespace");
        assert_eq!(names(20), "time actor verb object");
    }

    #[test]
    fn columns_never_take_more_than_the_width() {
        for width in 18..300 {
            let lanes: Vec<_> = lanes(width).into_iter().map(|(_, lane)| lane).collect();
            assert!(grid::total(&lanes) < width, "{width}");
        }
    }
}
