//! Charts of characters, 80 columns wide.

use std::fmt::Write as _;

use super::{Axis, Plot, Series};

/// Columns a bar or a line may take.
const BAR: usize = 44;
const WIDTH: usize = 68;
const HEIGHT: usize = 12;
/// The longest name of a bar.
const NAME: usize = 30;

/// A bar for every value, its number behind it.
pub fn bars(plot: &Plot) -> String {
    if plot.labels.is_empty() {
        return "no rows\n".to_owned();
    }
    let several = plot.series.len() > 1;
    let values = plot.series.iter().flat_map(|series| series.values.iter().flatten());
    let most = values.fold(0.0_f64, |most, value| most.max(value.abs()));
    let width =
        |texts: &mut dyn Iterator<Item = &String>| texts.map(|t| t.chars().count()).max().unwrap_or(0).min(NAME);
    let names = width(&mut plot.labels.iter().chain([&plot.name]));
    let of = if several { width(&mut plot.series.iter().map(|series| &series.name)) + 2 } else { 0 };
    let head = if several { String::new() } else { plot.series[0].name.clone() };
    let mut out = format!("{}  {}\n", fitted(&plot.name, names), " ".repeat(of) + &head);
    for (row, label) in plot.labels.iter().enumerate() {
        for (number, series) in plot.series.iter().enumerate() {
            let name = fitted(if number == 0 { label } else { "" }, names);
            let which = if several { fitted(&series.name, of - 2) + "  " } else { String::new() };
            let bar = series.values[row].map_or_else(String::new, |value| bar(value, most));
            let cell = series.values[row].map_or("(none)", |_| &series.cells[row]);
            let space = if bar.is_empty() { "" } else { " " };
            let _ = writeln!(out, "{name}  {which}{bar}{space}{cell}");
        }
    }
    out + &said(plot)
}

/// Eighths of a column at the end; a number below zero has a bar of another look.
fn bar(value: f64, most: f64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if most == 0.0 {
        return String::new();
    }
    let eighths = (value.abs() / most * (BAR * 8) as f64).round() as usize;
    // What is more than nothing is seen.
    let eighths = if value != 0.0 { eighths.max(1) } else { 0 };
    if value < 0.0 {
        return "░".repeat(eighths.div_ceil(8));
    }
    "█".repeat(eighths / 8) + PARTS[eighths % 8]
}

/// A block of lines for every column of numbers, one under the other.
pub fn lines(plot: &Plot) -> String {
    if plot.labels.is_empty() {
        return "no rows\n".to_owned() + &said(plot);
    }
    let mut out = String::new();
    for series in &plot.series {
        line(&mut out, plot, series);
    }
    out + &said(plot)
}

fn line(out: &mut String, plot: &Plot, series: &Series) {
    let (low, high) = Plot::range(series.values.iter().flatten());
    let (from, to) = ends(plot);
    let mut dots = Dots::default();
    let mut before: Option<(i64, i64)> = None;
    for (place, value) in plot.places.iter().zip(&series.values) {
        let at = value.map(|value| {
            let x = if to > from { (place - from) / (to - from) * (WIDTH * 2 - 1) as f64 } else { 0.0 };
            (x.round() as i64, ((high - value) / (high - low) * (HEIGHT * 4 - 1) as f64).round() as i64)
        });
        if let Some(at) = at {
            dots.line(before.unwrap_or(at), at);
        }
        before = at;
    }
    let _ = writeln!(out, "{}", series.name);
    let (top, ground) = (number(high), number(low));
    let margin = top.chars().count().max(ground.chars().count());
    for row in 0..HEIGHT {
        let label = match row {
            0 => top.as_str(),
            _ if row == HEIGHT - 1 => ground.as_str(),
            _ => "",
        };
        let _ = writeln!(out, "{label:>margin$} ┤{}", dots.row(row).trim_end_matches('\u{2800}'));
    }
    let (first, last) = edges(plot);
    let (first, last) = (fitted(first, NAME), fitted(last, NAME));
    let (first, last) = (first.trim_end(), last.trim_end());
    let gap = WIDTH.saturating_sub(first.chars().count() + last.chars().count());
    let _ = writeln!(out, "{:margin$} └{}", "", "─".repeat(WIDTH));
    let _ = writeln!(out, "{:margin$}  {first}{}{last}", "", " ".repeat(gap.max(1)));
}

/// The lowest and the highest place.
pub fn ends(plot: &Plot) -> (f64, f64) {
    let (from, to) = plot.places.iter().fold((f64::MAX, f64::MIN), |(from, to), p| (from.min(*p), to.max(*p)));
    (from, to)
}

/// The labels at both ends.
fn edges(plot: &Plot) -> (&str, &str) {
    let at = |end: Option<usize>| end.map_or("", |row| plot.labels[row].as_str());
    let rows = || 0..plot.places.len();
    match plot.axis {
        Axis::Rows | Axis::Words => (at(rows().next()), at(rows().next_back())),
        Axis::Numbers | Axis::Times => (
            at(rows().min_by(|a, b| plot.places[*a].total_cmp(&plot.places[*b]))),
            at(rows().max_by(|a, b| plot.places[*a].total_cmp(&plot.places[*b]))),
        ),
    }
}

/// A number as short as it can be said.
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return super::super::grouped(value as i64);
    }
    if value.abs() >= 0.01 && value.abs() < 1e15 { format!("{value:.2}") } else { format!("{value:e}") }
}

/// What was left out, in a line of its own.
fn said(plot: &Plot) -> String {
    plot.left_out().map_or_else(String::new, |words| words + "\n")
}

/// A text of exactly so many characters, cut with a mark.
fn fitted(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return format!("{text:<width$}");
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Dots of Braille: two a column, four a row (Unicode, block 2800).
struct Dots([[u8; WIDTH]; HEIGHT]);

impl Default for Dots {
    fn default() -> Dots {
        Dots([[0; WIDTH]; HEIGHT])
    }
}

impl Dots {
    fn set(&mut self, x: i64, y: i64) {
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if let Some(cell) = self.0.get_mut(y / 4).and_then(|row| row.get_mut(x / 2)) {
            *cell |= BITS[x % 2][y % 4];
        }
    }

    fn line(&mut self, from: (i64, i64), to: (i64, i64)) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs());
        for step in 0..=steps {
            let part = |a: i64, b: i64| if steps == 0 { a } else { a + ((b - a) * step + steps / 2).div_euclid(steps) };
            self.set(part(from.0, to.0), part(from.1, to.1));
        }
    }

    fn row(&self, row: usize) -> String {
        self.0[row].iter().filter_map(|dots| char::from_u32(0x2800 + u32::from(*dots))).collect()
    }
}
