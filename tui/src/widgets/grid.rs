//! A table of cells in as many columns as fit. It knows widths and nothing else.

use ratatui::layout::Rect;

use crate::{
    text::{columns, cut_name, cut_object},
    theme::Role,
    widgets::pen::Pen,
};

/// One column as it is laid out: how many columns of the terminal it has and how it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    pub width: u16,
    pub set: Set,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    Left,
    Right,
    /// Set to the left, and cut as the name of who acted.
    Name,
    /// Set to the left, and cut as an object: its kind and its own name are kept.
    Object,
}

/// Writes one line of cells from column `x`, a space between them.
pub fn line(pen: &mut Pen<'_>, area: Rect, (mut x, y): (u16, u16), lanes: &[Lane], cells: &[(&str, Role)]) {
    for (lane, (text, role)) in lanes.iter().zip(cells) {
        let wide = u16::try_from(columns(text)).unwrap_or(u16::MAX);
        match lane.set {
            Set::Right if wide < lane.width => {
                pen.put(area, (x + lane.width - wide, y), wide, text, *role);
            }
            Set::Name => {
                pen.put(area, (x, y), lane.width, &cut_name(text, usize::from(lane.width)), *role);
            }
            Set::Object => {
                pen.put(area, (x, y), lane.width, &cut_object(text, usize::from(lane.width)), *role);
            }
            _ => {
                pen.put(area, (x, y), lane.width, text, *role);
            }
        }
        // The cursor shows on an empty cell too.
        if *role == Role::Cursor && wide < lane.width && x < area.width && y < area.height {
            let style = pen.style(Role::Cursor);
            let width = lane.width.min(area.width - x);
            pen.buffer.set_style(Rect { x: area.x + x, y: area.y + y, width, height: 1 }, style);
        }
        x = x.saturating_add(lane.width + 1);
    }
}

/// Takes columns from the widest lanes until all of them fit the width, leaving each at least three.
pub fn squeeze(lanes: &mut [Lane], width: u16) {
    while total(lanes) > width {
        let Some(widest) = lanes.iter_mut().max_by_key(|lane| lane.width) else { return };
        if widest.width <= 3 {
            return;
        }
        widest.width -= 1;
    }
}

/// Returns the columns the lanes take, the spaces between them included.
pub fn total(lanes: &[Lane]) -> u16 {
    lanes.iter().map(|lane| lane.width + 1).sum::<u16>().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_lane_gives_first() {
        let mut lanes = [5, 20, 4].map(|width| Lane { width, set: Set::Left });
        squeeze(&mut lanes, 16);
        assert_eq!(lanes.map(|lane| lane.width), [5, 5, 4]);
        squeeze(&mut lanes, 2);
        assert_eq!(lanes.map(|lane| lane.width), [3, 3, 3]);
    }
}
