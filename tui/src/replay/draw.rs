//! How the replay bar looks: the track, the event, the windows. One line is enough for it, and more lines say more.

use ratatui::layout::Rect;

use super::{Bar, SPEEDS};
use crate::{
    ask::Open,
    clock,
    text::columns,
    theme::Role,
    views::{complain, count},
    widgets::pen::{Pen, top},
};

/// The columns before the track: how it plays and the time.
const HEAD: u16 = 32;
/// The columns behind it: how many findings there are, and on a wide screen when the case ends.
const TAIL: u16 = 20;
const LONG_TAIL: u16 = 36;
const WIDE: u16 = 120;
/// The columns of a window's gauge.
const GAUGE: usize = 8;

/// The place of the track in the bar; of no width on a narrow screen.
pub fn track(area: Rect) -> Rect {
    let tail = if area.width < WIDE { TAIL } else { LONG_TAIL };
    let width = area.width.saturating_sub(HEAD + tail);
    Rect { x: area.x + HEAD.min(area.width), width, height: 1.min(area.height), ..area }
}

impl Bar {
    /// Draws it over the area.
    pub fn draw(&self, pen: &mut Pen<'_>, mut area: Rect) {
        if area.height == 0 {
            return;
        }
        let old = std::mem::replace(&mut pen.faint, false);
        let head = top(1, &mut area);
        self.draw_track(pen, head);
        if let Some(error) = &self.slot.error {
            complain(pen, area, "This moment could not be asked for:", error, "F5 tries again.");
        } else if self.known.is_none() {
            pen.write(area, (1, 0), "playing the rules over the case once…", Role::Faint);
        } else {
            let event = top(1, &mut area);
            self.draw_event(pen, event);
            let heading = top(1, &mut area);
            self.draw_heading(pen, heading, area.height);
            self.draw_windows(pen, area);
        }
        pen.faint = old;
    }

    fn draw_track(&self, pen: &mut Pen<'_>, area: Rect) {
        let glyph = match (self.playing, pen.theme.ascii) {
            (true, true) => ">",
            (true, false) => "▶",
            (false, true) => "=",
            (false, false) => "‖",
        };
        let word = match (self.playing, self.until) {
            (false, _) => "paused",
            (true, false) => "plays",
            (true, true) => "until",
        };
        let role = if self.keys { Role::Title } else { Role::Plain };
        let now = self.shown();
        let narrow = area.width < HEAD + TAIL;
        let speed = SPEEDS[self.speed].1;
        let words = if narrow { format!("{glyph} {speed} ") } else { format!("{glyph} {word} {speed} ") };
        let x = pen.write(area, (0, 0), &words, role);
        let time = if narrow { clock::time(now, 8) } else { clock::second(now) };
        let Some(known) = &self.known else { return };
        let x = pen.write(area, (x, 0), &format!("{time} "), Role::Heading);
        let moment = &known.moment;
        let found = format!(" {} of {} found ", moment.found, moment.findings);
        if narrow {
            return pen.right(area, x, 0, &found, Role::Plain);
        }
        let place = track(area);
        let (line, mark, dot) = if pen.theme.ascii { ("-", "^", "O") } else { ("─", "▲", "●") };
        pen.write(place, (0, 0), &line.repeat(usize::from(place.width)), Role::Faint);
        for (x, marked) in (0..place.width).zip(&moment.marks) {
            if *marked {
                pen.put(place, (x, 0), 1, mark, Role::Bad);
            }
        }
        if let (Some(from), Some(to)) = (moment.case.from, moment.case.to) {
            let (past, all) = (i128::from(now) - i128::from(from), (i128::from(to) - i128::from(from)).max(1));
            let x = (past * i128::from(place.width) / all).clamp(0, i128::from(place.width.saturating_sub(1)));
            pen.put(place, (u16::try_from(x).unwrap_or(0), 0), 1, dot, Role::Title);
            if area.width >= WIDE {
                let end = format!(" {}", clock::minute(to));
                pen.write(area, (HEAD + place.width, 0), &end, Role::Faint);
            }
        }
        pen.right(area, HEAD + place.width, 0, &found, Role::Plain);
    }

    /// The event, and how long until the next.
    fn draw_event(&self, pen: &mut Pen<'_>, area: Rect) {
        let Some(known) = &self.known else { return };
        let moment = &known.moment;
        let next = match (moment.next, self.note) {
            (_, Some(note)) => format!("{note} "),
            (Some(at), _) => format!("next in {} ", clock::length(at.saturating_sub(moment.time).max(0))),
            (None, _) => "the last event ".to_string(),
        };
        let room = area.width.saturating_sub(u16::try_from(columns(&next)).unwrap_or(0) + 1);
        let words = match &moment.event {
            Some(event) => format!(" {} {}", clock::time(event.time, 12), known.event.text()),
            None => " before the first event".to_string(),
        };
        let x = pen.put(area, (0, 0), room, &words, Role::Plain);
        pen.right(area, x, 0, &next, Role::Faint);
    }

    fn draw_heading(&self, pen: &mut Pen<'_>, area: Rect, rows: u16) {
        let Some(known) = &self.known else { return };
        let shown = self.windows().saturating_sub(self.first).min(u64::from(rows));
        let open = known.moment.open;
        let words = match open {
            0 => "no window of a correlation is open".to_string(),
            _ if shown < open && rows > 0 => format!("{}, {shown} shown", count(open, "open window")),
            _ => count(open, "open window"),
        };
        let x = pen.write(area, (1, 0), &words, Role::Heading);
        if let Some((fired, title)) = &known.last {
            let now = fired.time == known.moment.time;
            let word = if now { "FOUND" } else { "found" };
            let mark = if pen.theme.ascii { "^" } else { "▲" };
            let time = clock::time(fired.time, 8);
            let words = format!("{mark} {word} {time} {}  {}", fired.level.name(), title.text());
            let role = if now { Role::Level(fired.level) } else { Role::Faint };
            pen.put(area, (x + 3, 0), area.width.saturating_sub(x + 4), &words, role);
        }
    }

    fn draw_windows(&self, pen: &mut Pen<'_>, area: Rect) {
        let Some(known) = &self.known else { return };
        for (y, (open, words)) in (0..area.height).zip(known.windows.iter().skip(self.first as usize)) {
            let left = match open.complete {
                Some(_) => "COMPLETE".to_string(),
                None => format!("{} left", clock::length(open.ends.saturating_sub(known.moment.time).max(0))),
            };
            let role = if open.complete.is_some() { Role::Level(open.level) } else { Role::Plain };
            let x = pen.put(area, (1, y), GAUGE as u16, &gauge(open, pen.theme.ascii), Role::Bar);
            let x = pen.write(area, (x + 1, y), &format!("{:>9}", open.reached), role);
            let x = pen.write(area, (x + 2, y), &format!("{left:<12}"), role);
            pen.write(area, (x + 1, y), &format!("{:<8} {}", open.level.name(), words.text()), role);
        }
        let left = known.windows.len() as u64 - self.first.min(known.windows.len() as u64);
        pen.more(area, self.first > 0, left);
    }
}

/// How full a window is. One whose condition more hits do not bring nearer has no gauge.
fn gauge(open: &Open, ascii: bool) -> String {
    let (full, empty, none) = if ascii { ("#", ".", "?") } else { ("█", "░", "·") };
    let filled = match (open.complete, open.share) {
        (Some(_), _) => GAUGE,
        (None, Some(share)) => usize::from(share) * GAUGE / 100,
        (None, None) => return none.repeat(GAUGE),
    };
    full.repeat(filled) + &empty.repeat(GAUGE - filled)
}
