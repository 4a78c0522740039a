//! What a click on the SQL screen means.

use ratatui::layout::{Position, Rect};

use super::{Focus, Query};
use crate::{
    views::{Context, View},
    widgets::pen::{scroll, top},
};

impl Query {
    /// The pane that was hit gets the keys, and a row the cursor.
    pub fn point_at(&mut self, at: Position, context: &mut Context) -> bool {
        let panes = self.panes(context.area);
        let row = |area: Rect, cursor: u64| scroll(0, cursor, u64::from(area.height)) + u64::from(at.y - area.y);
        if panes.editor.contains(at) {
            self.focus = Focus::Editor;
        } else if panes.tables.contains(at) {
            self.focus = Focus::Tables;
            let lines = self.tables.as_ref().map_or(0, |tables| tables.lines.len() as u64);
            self.table_line = row(panes.tables, self.table_line).min(lines.saturating_sub(1));
        } else if panes.result.contains(at) && self.result.is_some() {
            self.focus = Focus::Result;
            let mut rows = panes.result;
            let _ = top(u16::from(rows.height >= 2), &mut rows);
            if self.full.is_none() && rows.contains(at) {
                self.cursor = row(rows, self.cursor).min(self.place().1.saturating_sub(1));
            }
        } else {
            return false;
        }
        true
    }
}
