//! The keys of one screen, from the tables the screen obeys.

use ratatui::layout::Rect;

use crate::{
    keys::Binding,
    text::wrap,
    theme::{Options, Role},
    widgets::pen::{Pen, scroll},
};

/// The column where the sentences begin.
const DOC: u16 = 16;

/// Returns the lines of the help at this width: what is the key's, and what it does. Tables are set apart by a blank
/// line; on a narrow screen the sentence goes below its keys.
pub fn lines(tables: &[&[Binding]], width: u16, theme: Options) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let below = width < 48;
    let room = usize::from(width.saturating_sub(if below { 3 } else { DOC + 1 }));
    for table in tables {
        if !lines.is_empty() {
            lines.push((String::new(), String::new()));
        }
        for binding in *table {
            let mut key = spelled(theme.keys.of(binding), theme);
            if below {
                lines.push((std::mem::take(&mut key), String::new()));
            }
            lines.extend(wrap(binding.doc, room).into_iter().map(|line| (std::mem::take(&mut key), line)));
        }
    }
    lines
}

/// Draws the help, `first` lines down.
pub fn draw(pen: &mut Pen<'_>, area: Rect, title: &str, tables: &[&[Binding]], first: u64) {
    let lines = lines(tables, area.width, pen.theme);
    let height = u64::from(area.height.saturating_sub(1));
    let first = scroll(first, first.min((lines.len() as u64).saturating_sub(height)), 1);
    let x = pen.write(area, (1, 0), &format!("Keys of {title}"), Role::Title);
    let last = (first + height).min(lines.len() as u64);
    pen.right(area, x + 1, 0, &format!("lines {}–{last} of {} ", first + 1, lines.len()), Role::Faint);
    let doc = if area.width < 48 { 2 } else { DOC };
    for (y, (key, words)) in (1..area.height).zip(lines.iter().skip(first as usize)) {
        let x = pen.write(area, (1, y), key, Role::Key);
        if !words.is_empty() {
            pen.write(area, (doc.max(x), y), words, Role::Plain);
        }
    }
}

fn spelled(keys: &str, theme: Options) -> String {
    let arrows = [("Up", "↑"), ("Down", "↓"), ("Left", "←"), ("Right", "→")];
    let mut keys = keys.replace(' ', " or ");
    if !theme.ascii {
        // PgUp and PgDn are names of their own and hold none of these words.
        arrows.iter().for_each(|(word, arrow)| keys = keys.replace(&format!(" or {word}"), &format!(" or {arrow}")));
    }
    keys
}
