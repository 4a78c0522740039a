//! Counts as bars of block glyphs. A bin without evidence is a dashed line, never an empty bar: nothing happened and
//! nothing was recorded are different facts.

use ratatui::layout::Rect;

use crate::{ask::Bin, theme::Role, widgets::pen::Pen};

const BLOCKS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const ASCII: [&str; 9] = [" ", ".", ":", "-", "=", "+", "*", "#", "#"];

/// Draws the bars over the whole area, one column a bin.
pub fn bars(pen: &mut Pen<'_>, area: Rect, bins: &[Bin], role: Role) {
    let glyphs = if pen.theme.ascii { ASCII } else { BLOCKS };
    let gap = if pen.theme.ascii { "~" } else { "┄" };
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0);
    for (x, bin) in (0..area.width).zip(bins) {
        if bin.gap && bin.count == 0 {
            pen.write(area, (x, area.height.saturating_sub(1)), gap, Role::Faint);
            continue;
        }
        let mut eighths = height(bin.count, most, u64::from(area.height) * 8);
        for y in (0..area.height).rev() {
            let part = eighths.min(8);
            eighths -= part;
            pen.put(area, (x, y), 1, glyphs[part as usize], role);
        }
    }
}

/// Draws a mark under every bin with a finding.
pub fn marks(pen: &mut Pen<'_>, area: Rect, y: u16, bins: &[Bin]) {
    let glyph = if pen.theme.ascii { "^" } else { "▲" };
    for (x, bin) in (0..area.width).zip(bins) {
        if bin.findings > 0 {
            pen.write(area, (x, y), glyph, Role::Bad);
        }
    }
}

/// One event must be seen beside a million, so anything above zero is at least one eighth.
fn height(count: u64, most: u64, eighths: u64) -> u64 {
    if count == 0 || most == 0 {
        return 0;
    }
    let scaled = u128::from(count) * u128::from(eighths) / u128::from(most);
    u64::try_from(scaled).unwrap_or(eighths).clamp(1, eighths.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_is_seen_beside_a_million() {
        assert_eq!([height(0, 1_000_000, 8), height(1, 1_000_000, 8), height(1_000_000, 1_000_000, 8)], [0, 1, 8]);
        assert_eq!(height(u64::MAX, u64::MAX, 8), 8);
    }
}
