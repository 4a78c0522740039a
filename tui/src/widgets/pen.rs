//! Writes text into the buffer, cut to its place. It writes nothing outside the area it is given.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    text::{columns, cut},
    theme::{Options, Role},
};

pub struct Pen<'a> {
    pub buffer: &'a mut Buffer,
    pub theme: Options,
    /// Everything drawn now is old: it is dimmed.
    pub faint: bool,
}

impl Pen<'_> {
    pub fn style(&self, role: Role) -> Style {
        let style = self.theme.style(role);
        if self.faint { style.patch(self.theme.style(Role::Faint)) } else { style }
    }

    /// Writes at column `x` of line `y` of the area, in at most `width` columns. Returns the column after the text.
    pub fn put(&mut self, area: Rect, (x, y): (u16, u16), width: u16, text: &str, role: Role) -> u16 {
        if x >= area.width || y >= area.height {
            return x;
        }
        let width = width.min(area.width - x);
        let text = cut(text, usize::from(width));
        let style = self.style(role);
        let place = area.intersection(self.buffer.area);
        if place != area {
            return x;
        }
        self.buffer.set_stringn(area.x + x, area.y + y, text.as_ref(), usize::from(width), style);
        x + u16::try_from(columns(&text)).unwrap_or(width)
    }

    /// Writes from column `x` to the end of the line. Returns the column after the text.
    pub fn write(&mut self, area: Rect, at: (u16, u16), text: &str, role: Role) -> u16 {
        self.put(area, at, area.width, text, role)
    }

    /// Writes so that the text ends at the right edge of the line, unless that would touch column `from`.
    pub fn right(&mut self, area: Rect, from: u16, y: u16, text: &str, role: Role) {
        let wide = u16::try_from(columns(text)).unwrap_or(u16::MAX);
        if let Some(x) = area.width.checked_sub(wide)
            && x >= from
        {
            self.write(area, (x, y), text, role);
        }
    }

    /// Gives a whole line of the area a style and leaves its text.
    pub fn line(&mut self, area: Rect, y: u16, role: Role) {
        if y < area.height {
            let style = self.style(role);
            self.buffer.set_style(Rect { y: area.y + y, height: 1, ..area }, style);
        }
    }

    /// Writes paragraphs from line `y` down, each wrapped and a column from the edges. Returns the line after them.
    pub fn paragraphs(&mut self, area: Rect, mut y: u16, words: &[String], role: Role) -> u16 {
        for words in words {
            for line in crate::text::wrap(words, usize::from(area.width.saturating_sub(2))) {
                self.write(area, (1, y), &line, role);
                y = y.saturating_add(1);
            }
        }
        y
    }

    /// Marks at the right edge that there are lines above the first one seen, or below the last.
    pub fn more(&mut self, area: Rect, above: bool, left: u64) {
        let (up, down) = if self.theme.ascii { ("^", "v") } else { ("▴", "▾") };
        let x = area.width.saturating_sub(1);
        if above {
            self.write(area, (x, 0), up, Role::Key);
        }
        if left > u64::from(area.height) && area.height > 0 {
            self.write(area, (x, area.height - 1), down, Role::Key);
        }
    }

    /// Draws a line across the area.
    pub fn rule(&mut self, area: Rect, y: u16) {
        let glyph = if self.theme.ascii { "-" } else { "─" };
        self.write(area, (0, y), &glyph.repeat(usize::from(area.width)), Role::Faint);
    }
}

/// Cuts `height` lines off the top of the area; fewer if there are not that many.
pub fn top(height: u16, area: &mut Rect) -> Rect {
    let height = height.min(area.height);
    let taken = Rect { height, ..*area };
    area.y += height;
    area.height -= height;
    taken
}

/// Cuts `height` lines off the bottom of the area; fewer if there are not that many.
pub fn bottom(height: u16, area: &mut Rect) -> Rect {
    let height = height.min(area.height);
    area.height -= height;
    Rect { y: area.y + area.height, height, ..*area }
}

/// Cuts `width` columns off the right of the area, and a column of space.
pub fn right(width: u16, area: &mut Rect) -> Rect {
    let width = width.min(area.width);
    area.width -= width;
    let taken = Rect { x: area.x + area.width, width, ..*area };
    area.width = area.width.saturating_sub(1);
    taken
}

/// Returns the first line to show so that `cursor` is among `height` lines, moving as little as it must.
pub fn scroll(first: u64, cursor: u64, height: u64) -> u64 {
    let height = height.max(1);
    first.clamp(cursor.saturating_sub(height - 1), cursor)
}
