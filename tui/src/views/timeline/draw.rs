//! The timeline on the screen, from what the view holds and nothing else.

use ratatui::layout::Rect;

use super::{Timeline, chips, fold, page};
use crate::{
    ask::{Bin, Column, Filter},
    clock,
    shown::Shown,
    text::grouped,
    theme::Role,
    views::{
        complain, mark,
        timeline::page::{Page, Row},
    },
    widgets::{
        grid::{self, Lane},
        histogram,
        pen::{Pen, scroll},
    },
};

pub fn draw(view: &Timeline, pen: &mut Pen<'_>, area: Rect) {
    let layout = view.layout(area);
    chip_line(view, pen, layout.chips);
    if layout.strip.height > 0 {
        strip(view, pen, layout.strip);
    }
    if layout.hits.height > 0 {
        hits(view, pen, layout.hits);
    }
    if let Some(values) = view.values.as_ref().filter(|_| layout.values.height > 0) {
        values.draw(pen, layout.values, &view.filter);
    }
    if layout.rows.height > 0 {
        let lanes = page::lanes(layout.rows.width);
        heading(view, pen, layout.head, &lanes);
        table(view, pen, layout.rows, &lanes);
    }
    if let Some(pane) = layout.detail
        && let Some(detail) = &view.detail
    {
        detail.draw(pen, pane, view.detail_has_focus(area));
        let edge = if pen.theme.ascii { "|" } else { "│" };
        if layout.rows.height > 0 && pane.x > 0 {
            let edge_area = Rect { x: pane.x - 1, width: 1, ..pane };
            (0..pane.height).for_each(|y| {
                pen.write(edge_area, (0, y), edge, Role::Faint);
            });
        }
    }
}

fn chip_line(view: &Timeline, pen: &mut Pen<'_>, area: Rect) {
    let words = chips::words(&view.filter);
    if words.is_empty() {
        pen.write(area, (1, 0), "no filter: all events", Role::Faint);
        return;
    }
    let way_out = "x shows all ";
    let room = usize::from(area.width).saturating_sub(way_out.len() + 4);
    let (mut shown, mut left) = chips::fitted(&words, room);
    if left > 0 {
        (shown, left) = chips::fitted(&words, room.saturating_sub(9)); // for the number of those left out
    }
    let mut x = 1;
    for word in shown {
        x = pen.write(area, (x, 0), &word, Role::Chip) + 3;
    }
    if left > 0 {
        x = pen.write(area, (x, 0), &format!("+{left} more"), Role::Warn) + 2;
    }
    pen.right(area, x, 0, way_out, Role::Faint);
}

fn strip(view: &Timeline, pen: &mut Pen<'_>, area: Rect) {
    if let Some(error) = &view.strip_slot.error {
        pen.write(area, (1, 0), "The strip could not be counted:", Role::Bad);
        pen.write(area, (1, 1), error.first().map_or("", String::as_str), Role::Plain);
        return;
    }
    let Some((filter, strip)) = &view.strip else {
        pen.write(area, (1, 1), "counting…", Role::Faint);
        return;
    };
    let old = std::mem::replace(&mut pen.faint, *filter != view.filter);
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    if !strip.bins.is_empty() {
        let x = pen.write(inner, (0, 0), &clock::second(strip.from), Role::Plain);
        let bin = strip.to.saturating_sub(strip.from) / strip.bins.len() as i64;
        let marks = if pen.theme.ascii { "^ finding  ~ no evidence" } else { "▲ finding  ┄ no evidence" };
        let bin = if bin > 0 { format!("   bin {}", clock::length(bin)) } else { String::new() };
        let middle = format!("{bin}   {marks}");
        let x = pen.put(inner, (x, 0), inner.width.saturating_sub(x + 17), &middle, Role::Faint);
        pen.right(inner, x + 1, 0, &clock::second(strip.to), Role::Plain);
        // A tall strip gives the names a row of their own; a small one has them behind the marks.
        let own = u16::from(inner.height >= 6 && view.windows.within(strip.from, strip.to));
        let bars = Rect { y: inner.y + 1, height: inner.height - 2 - own, ..inner };
        histogram::bars(pen, bars, &strip.bins, Role::Bar);
        let names = Rect { y: inner.y + inner.height - 1 - own, height: 1, ..inner };
        view.windows.draw(pen, names, (strip.from, strip.to, strip.bins.len()));
        let here = view.row().and_then(|row| bin_of(row.time, strip.from, strip.to, strip.bins.len()));
        if let Some(here) = here {
            pen.write(inner, (here, inner.height - 1), if pen.theme.ascii { "|" } else { "│" }, Role::Title);
        }
        histogram::marks(pen, inner, inner.height - 1, &strip.bins);
    }
    pen.faint = old;
}

/// How many events of findings each bin has: where an attack was busy, a row of marks says only that there were some.
fn hits(view: &Timeline, pen: &mut Pen<'_>, area: Rect) {
    let Some((filter, strip)) = &view.strip else { return };
    let old = std::mem::replace(&mut pen.faint, *filter != view.filter);
    let bins: Vec<Bin> =
        strip.bins.iter().map(|bin| Bin { count: u64::from(bin.findings), findings: 0, gap: false }).collect();
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0);
    pen.write(area, (1, 0), &format!("events of findings, at most {} in a bin", grouped(most)), Role::Faint);
    let inner = Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: 2 };
    histogram::bars(pen, inner, &bins, Role::Bad);
    pen.faint = old;
}

/// The bin a time falls in, if it does.
pub fn bin_of(time: i64, from: i64, to: i64, bins: usize) -> Option<u16> {
    if time < from || time >= to {
        return None;
    }
    let part = (i128::from(time) - i128::from(from)) * bins as i128 / (i128::from(to) - i128::from(from));
    u16::try_from(part).ok()
}

fn heading(view: &Timeline, pen: &mut Pen<'_>, area: Rect, lanes: &[(Column, Lane)]) {
    let mut x = 1;
    let here = view.column_among(&columns(lanes));
    // The rows show the time of the day; the day of the first one is said once, above them.
    let first = view.page.as_ref().and_then(|page| page.row(view.first));
    let wide = lanes.first().is_some_and(|(_, lane)| lane.width >= 10);
    let day = match first {
        Some(row) if wide => format!("{} {}", clock::day(row.time), clock::zone()),
        _ if wide => format!("TIME {}", clock::zone()),
        _ => clock::zone(),
    };
    for (column, lane) in lanes {
        let name = match column {
            Column::Time => day.clone(),
            Column::Status => "CODE".to_string(),
            _ => column.name().to_uppercase(),
        };
        let role = if *column == here { Role::Title } else { Role::Heading };
        pen.put(area, (x, 0), lane.width, &name, role);
        x += lane.width + 1;
    }
}

fn columns(lanes: &[(Column, Lane)]) -> Vec<Column> {
    lanes.iter().map(|(column, _)| *column).collect()
}

fn table(view: &Timeline, pen: &mut Pen<'_>, area: Rect, lanes: &[(Column, Lane)]) {
    let failed = view.page_slot.error.as_ref().or(view.place_slot.error.as_ref());
    if let Some(error) = failed {
        complain(pen, area, "The timeline could not be read:", error, "^r tries again; a undoes the last change.");
        return;
    }
    let Some(page) = &view.page else {
        let words = if view.page_slot.open() || view.place_slot.open() {
            "reading the timeline…"
        } else {
            "The timeline was not read. ^r asks for it."
        };
        pen.write(area, (1, 0), words, Role::Faint);
        return;
    };
    let fresh = page.filter == view.filter;
    if page.known() == 0 && fresh {
        pen.paragraphs(area, 0, &empty(page, &view.filter), Role::Plain);
        return;
    }
    let height = u64::from(area.height);
    let first = scroll(view.first, view.cursor, height);
    let seen = first..first.saturating_add(height).min(page.known());
    let held = page.offset..page.offset + page.rows.len() as u64;
    // Until the page arrives, the nearest rows of the old one stay, dimmed and without a cursor.
    let current = fresh && held.contains(&view.cursor) && held.start <= seen.start;
    let first = if current { first } else { first.clamp(held.start, held.end.saturating_sub(height).max(held.start)) };
    let old = std::mem::replace(&mut pen.faint, !current);
    for y in 0..area.height {
        let at = first + u64::from(y);
        let Some(row) = page.row(at) else { break };
        let before = if y == 0 { None } else { page.row(at - 1) };
        let next_day = before.is_some_and(|before| clock::day(before.time) != clock::day(row.time));
        line(view, pen, (area, y), lanes, row, (current && at == view.cursor, next_day));
    }
    pen.faint = old;
}

fn empty(page: &Page, filter: &Filter) -> Vec<String> {
    if *filter != Filter::default() && page.all > 0 {
        return vec![
            "No event passes this filter.".to_string(),
            "a undoes the last change, x shows all events.".to_string(),
        ];
    }
    vec!["No events in this case.".to_string(), "Add evidence: coldcase ingest --case DIR PATH".to_string()]
}

/// Draws one event. The first one of a further day says the day in place of its seconds.
fn line(
    view: &Timeline,
    pen: &mut Pen<'_>,
    (area, y): (Rect, u16),
    lanes: &[(Column, Lane)],
    row: &Row,
    (cursor, next_day): (bool, bool),
) {
    let base = if cursor { Role::Line } else { Role::Plain };
    let here = view.column_among(&columns(lanes));
    let needle = view.pattern.to_lowercase();
    let widths: Vec<Lane> = lanes.iter().map(|(_, lane)| *lane).collect();
    let time_width = widths.first().map_or(0, |lane| usize::from(lane.width));
    // The last column of the time is the mark's.
    let time = match next_day {
        true if time_width >= 12 => clock::minute(row.time),
        true if time_width >= 6 => clock::day(row.time),
        _ => clock::time(row.time, time_width.saturating_sub(usize::from(time_width > 8))),
    };
    let named = row.name.as_ref().map_or(String::new(), |name| format!("~{}", name.text()));
    let object = lanes.iter().find(|(column, _)| *column == Column::Object).map_or(0, |(_, lane)| lane.width);
    let folded = row.fold.map(|fold| fold::cell(row, &fold, usize::from(object), pen.theme.ascii));
    let cells: Vec<(&str, Role)> = lanes
        .iter()
        .map(|(column, _)| {
            let cell = row.cell(*column);
            let text = match column {
                Column::Time => time.as_str(),
                // A name people gave is told from what evidence says by its mark.
                Column::Actor if row.name.is_some() => named.as_str(),
                Column::Object if folded.is_some() => folded.as_deref().unwrap_or_default(),
                _ => cell.map_or("", Shown::text),
            };
            let matched = !needle.is_empty() && cell.is_some_and(|cell| cell.raw().to_lowercase().contains(&needle));
            let refused = *column == Column::Status && text.starts_with(['4', '5']);
            let role = match (cursor && *column == here, matched) {
                (true, _) => Role::Cursor,
                (_, true) => Role::Match,
                _ if refused => Role::Warn,
                _ => base,
            };
            (text, role)
        })
        .collect();
    if cursor {
        pen.write(area, (0, y), ">", Role::Key);
    }
    grid::line(pen, area, (1, y), &widths, &cells);
    if let Some(mark) = mark(&row.noted, pen.theme.ascii).filter(|_| !cursor) {
        pen.write(area, (0, y), mark, Role::Title);
    }
    if !cursor && view.compared.as_ref().is_some_and(|event| event.id == row.id) {
        pen.write(area, (0, y), "A", Role::Title);
    }
    if let Some(level) = row.finding
        && time_width > 8
    {
        let mark = if pen.theme.ascii { "^" } else { "▲" };
        pen.write(area, (time_width as u16, y), mark, Role::Level(level));
    }
}
