//! What a click on the timeline means: a bin of the strip is a time to go to, a row gets the cursor on the cell that was hit.

use ratatui::layout::Position;

use super::{Timeline, page, steps::Landing};
use crate::views::Context;

impl Timeline {
    pub fn point_at(&mut self, at: Position, context: &mut Context) -> bool {
        let layout = self.layout(context.area);
        if layout.detail.is_some_and(|detail| detail.contains(at)) {
            self.in_detail = true;
            return true;
        }
        if layout.strip.contains(at) || layout.hits.contains(at) {
            self.point_at_bin(at.x.saturating_sub(layout.strip.x), context);
            return true;
        }
        if !layout.rows.contains(at) {
            return false;
        }
        self.in_detail = false;
        let row = self.first + u64::from(at.y - layout.rows.y);
        if row < self.rows() {
            // A cell begins a column after the last one ended; the first has the mark of the cursor before it.
            let mut edge = layout.rows.x + 1;
            for (column, lane) in page::lanes(layout.rows.width) {
                if at.x >= edge {
                    self.column = Some(column);
                }
                edge = edge.saturating_add(lane.width + 1);
            }
            self.go(row, context);
        }
        true
    }

    /// To the first event of a bin.
    fn point_at_bin(&mut self, x: u16, context: &mut Context) {
        let Some((_, strip)) = self.strip.as_ref().filter(|(filter, _)| *filter == self.filter) else { return };
        // The strip begins a column from the edge.
        let Some(bin) = x.checked_sub(1).filter(|bin| usize::from(*bin) < strip.bins.len()) else { return };
        let (from, width) = (i128::from(strip.from), i128::from(strip.to) - i128::from(strip.from));
        let start = from + width * i128::from(bin) / strip.bins.len() as i128;
        if let Ok(start) = i64::try_from(start) {
            self.go_to(start, Landing::From, context);
        }
    }
}
