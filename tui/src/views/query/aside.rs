//! What stands beside a result, or in its place before there is one: tables, stored questions and examples.

use ratatui::layout::Rect;

use super::{Focus, Query};
use crate::{
    text::wrap,
    theme::Role,
    views::complain,
    widgets::pen::{Pen, scroll},
};

/// Texts to begin with. The view they ask is promised by whoever answers.
const EXAMPLES: [&str; 3] = [
    "SELECT actor, verb, count(*) AS n FROM timeline GROUP BY 1, 2 ORDER BY n DESC",
    "SELECT time, actor, verb, object FROM timeline WHERE status = 403 ORDER BY time",
    "SELECT * FROM timeline WHERE address = '203.0.113.7' ORDER BY time LIMIT 100",
];

impl Query {
    /// What one may ask, while nothing was asked yet.
    pub(super) fn draw_examples(&self, pen: &mut Pen<'_>, area: Rect) {
        if self.run_slot.open() || area.width < 24 {
            return;
        }
        let mut y = pen.paragraphs(area, 0, &["For example:".to_string()], Role::Faint);
        for example in EXAMPLES {
            let lines = wrap(example, usize::from(area.width.saturating_sub(4)));
            for line in lines {
                pen.write(area, (3, y), &line, Role::Plain);
                y = y.saturating_add(1);
            }
        }
        let Some(tables) = &self.tables else { return };
        let names = format!("Tables: {}", tables.names().join("   "));
        let y = pen.paragraphs(area, y + 1, &[names], Role::Plain);
        pen.paragraphs(
            area,
            y,
            &["Tab goes to their columns; while writing, Tab completes a name. Esc and H: the stored questions."
                .to_string()],
            Role::Faint,
        );
    }

    pub(super) fn draw_tables(&self, pen: &mut Pen<'_>, area: Rect) {
        if area.width == 0 {
            return;
        }
        if let Some(error) = &self.tables_slot.error {
            complain(pen, area, "The tables could not be read:", error, "^r outside the editor tries again.");
            return;
        }
        let Some(tables) = &self.tables else {
            let words = if self.tables_slot.open() { "reading the tables…" } else { "The tables were not read." };
            pen.write(area, (1, 0), words, Role::Faint);
            return;
        };
        if tables.lines.is_empty() {
            pen.write(area, (1, 0), "no tables yet", Role::Faint);
        }
        let first = scroll(0, self.table_line, u64::from(area.height));
        for (y, (at, line)) in (0..area.height).zip(tables.lines.iter().enumerate().skip(first as usize)) {
            let (role, words) = line.words();
            pen.write(area, (1, y), &words, role);
            if at as u64 == self.table_line && self.focus == Focus::Tables {
                pen.write(area, (0, y), ">", Role::Key);
                pen.line(area, y, Role::Cursor);
            }
        }
        pen.more(area, first > 0, (tables.lines.len() as u64).saturating_sub(first));
    }
}
