//! What a click on the findings means.

use ratatui::layout::Position;

use super::Findings;
use crate::{
    views::Context,
    widgets::pen::{scroll, top},
};

impl Findings {
    /// A row that was hit gets the cursor, the chain the keys.
    pub fn point_at(&mut self, at: Position, context: &mut Context) -> bool {
        let (mut list, chain) = self.split(context.area);
        if chain.contains(at) {
            self.in_chain = self.chain().is_some();
            return true;
        }
        // Its heading is no row.
        let _ = top(u16::from(list.height >= 3), &mut list);
        if !list.contains(at) {
            return false;
        }
        let row = scroll(0, self.cursor, u64::from(list.height)) + u64::from(at.y - list.y);
        if row < self.rows() {
            (self.cursor, self.in_chain) = (row, false);
            self.need_chain(context);
        }
        true
    }
}
