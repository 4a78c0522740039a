//! The lower half of the SQL screen: the line below the editor, and the result, its chart or what went wrong.

use ratatui::layout::Rect;

use super::{Focus, Query, chart::Chart};
use crate::{
    text::grouped,
    theme::Role,
    views::View,
    widgets::pen::{Pen, top},
};

impl Query {
    /// What the line between editor and result says.
    pub fn bar(&self) -> (Role, String) {
        if self.run_slot.open() {
            return (Role::Title, "running, Esc stops".to_string());
        }
        if self.run_slot.error.is_some() {
            return (Role::Bad, "failed".to_string());
        }
        if self.stopped {
            let before = if self.result.is_some() { "; below is the result before" } else { "" };
            return (Role::Warn, format!("stopped{before}"));
        }
        match &self.result {
            Some(grid) => (Role::Heading, grid.words() + &self.asked_with),
            None => (Role::Faint, "no query was run yet".to_string()),
        }
    }

    /// The result, or what came instead of it.
    pub fn draw_result(&self, pen: &mut Pen<'_>, mut area: Rect) {
        if let Some(error) = &self.run_slot.error {
            let way_out = if self.typing() { "Change it and ^j runs it again." } else { "i goes back to the editor." };
            let y = pen.paragraphs(area, 0, error, Role::Plain);
            pen.paragraphs(area, y, &[way_out.to_string()], Role::Faint);
            return;
        }
        let Some(grid) = &self.result else { return self.draw_examples(pen, area) };
        let old = std::mem::replace(&mut pen.faint, self.run_slot.open() || self.stopped);
        let focus = self.focus == Focus::Result;
        match self.full.filter(|_| focus) {
            Some(line) => {
                let head = top(1, &mut area);
                let x = pen.write(head, (1, 0), &format!("Row {} in full", grouped(self.cursor + 1)), Role::Title);
                pen.right(head, x + 1, 0, "Esc closes ", Role::Faint);
                let lines = self.full_lines(area.width);
                for (y, (role, words)) in (0..area.height).zip(lines.iter().skip(line as usize)) {
                    pen.write(area, (0, y), words, *role);
                }
                pen.more(area, line > 0, (lines.len() as u64).saturating_sub(line));
            }
            None => match Chart::new(grid, self.column).filter(|_| self.charted) {
                Some(chart) => chart.draw(grid, pen, area, self.cursor, focus),
                None => grid.draw(pen, area, (self.cursor, self.column), focus),
            },
        }
        pen.faint = old;
    }
}
