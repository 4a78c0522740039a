//! The keys of one screen, from the tables the screen obeys.

use ratatui::layout::Rect;

use crate::{
    keys::Binding,
    theme::Role,
    widgets::pen::{Pen, scroll},
};

/// Returns how many lines the help of these tables has.
pub fn lines(tables: &[&[Binding]]) -> u64 {
    tables.iter().map(|table| table.len() as u64).sum()
}

/// Draws the help, `first` lines down.
pub fn draw(pen: &mut Pen<'_>, area: Rect, title: &str, tables: &[&[Binding]], first: u64) {
    pen.write(area, (0, 0), &format!(" Keys of {title}    (Esc closes, j k move)"), Role::Title);
    let height = u64::from(area.height.saturating_sub(1));
    let first = scroll(first, first.min(lines(tables).saturating_sub(height)), 1);
    let bindings = tables.iter().copied().flatten().skip(first as usize);
    for (y, binding) in (1..area.height).zip(bindings) {
        let keys = binding.key.replace(' ', " or ").replace("Up", "↑").replace("Down", "↓");
        let keys = if pen.theme.ascii { binding.key.replace(' ', " or ") } else { keys };
        pen.put(area, (1, y), 13, &keys.replace("Left", "←").replace("Right", "→"), Role::Key);
        pen.write(area, (15, y), binding.doc, Role::Plain);
    }
}
