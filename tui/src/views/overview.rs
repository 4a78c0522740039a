//! The first thing seen: which evidence there is, where it has gaps, what was found, and which rules could not answer.
//! It draws no conclusion; Enter leads to the events.

mod lines;
mod sweep;

use ratatui::layout::{Position, Rect};

use self::{
    lines::{Known, Line},
    sweep::Sweep,
};
use crate::{
    ask::{Answer, Chip, Column, Filter, Op, Request, Ticket},
    clock,
    keys::{Action, Binding, EVERYWHERE, MOVE, OVERVIEW, RELOAD},
    text::grouped,
    theme::Role,
    views::{Context, Jump, Slot, View, complain, count, moved},
    widgets::{
        histogram,
        pen::{Pen, scroll, top},
    },
};

/// The columns of a name, and those behind a bar: a number and a remark.
const NAME: u16 = 14;
const TAIL: u16 = 29;
/// Below this width there is no room for bars.
const BARS: u16 = 60;

#[derive(Default)]
pub struct Overview {
    slot: Slot,
    asked: Option<u16>,
    known: Option<Known>,
    sweep: Option<Sweep>,
    sweep_slot: Slot,
    /// How many bins the sweep was asked for with.
    sweep_asked: Option<u16>,
    /// The cursor goes to the sweep when it is there: on a small screen it is out of sight.
    sought: bool,
    /// Which of the lines that can be stood on the cursor is on.
    cursor: u64,
    /// The first line shown, as far as the cursor lets it be.
    first: u64,
    /// Where the view was last shown: its lines are wrapped to it.
    area: Rect,
}

impl View for Overview {
    fn title(&self) -> &'static str {
        "Overview"
    }

    fn keys(&self) -> Vec<&'static [Binding]> {
        vec![OVERVIEW, RELOAD, MOVE, EVERYWHERE]
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Open => self.jump().is_some(),
            Action::Sweep => self.known.as_ref().is_some_and(|known| known.events > 0),
            Action::Back => false,
            _ => true,
        }
    }

    fn visit(&mut self, context: &mut Context) {
        self.area = context.area;
        self.stay();
        let bins = bar_width(context.area.width);
        if self.asked != Some(bins) {
            self.asked = Some(bins);
            self.slot.ask(context, Request::Overview { bins });
            // The bars of the sweep are to be as wide as those above them.
            if self.sweep_asked.is_some() {
                self.ask_sweep(context);
            }
        }
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        let height = context.area.height.saturating_sub(head_height(context.area));
        if let Some(to) = moved(action, self.cursor, self.stops(), height) {
            self.cursor = to;
            // What is above the first line to stand on is seen from there.
            self.first = if to == 0 { 0 } else { scroll(self.first, self.here().unwrap_or(0), u64::from(height)) };
            return true;
        }
        match action {
            Action::Open => context.jump = self.jump(),
            Action::Sweep => {
                self.sought = true;
                self.ask_sweep(context);
            }
            Action::Reload => {
                self.asked = None;
                self.visit(context);
            }
            _ => return false,
        }
        true
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer, _context: &mut Context) {
        match answer {
            Answer::Overview(overview) if self.slot.takes(ticket) => {
                self.known = Some(Known::new(overview));
                self.stay();
            }
            Answer::Sweep(sweep) if self.sweep_slot.takes(ticket) => {
                // The cursor stays on what it is on, however many lines come before it.
                self.sweep = Some(Sweep::new(sweep));
                self.stay();
                if std::mem::take(&mut self.sought) {
                    self.go_to_sweep();
                }
            }
            _ => {}
        }
    }

    /// It says which rules were edited since the findings were made.
    fn edited(&mut self, _done: &Result<(), String>, _context: &mut Context) {
        self.asked = None;
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        self.slot.fails(ticket, words);
        self.sweep_slot.fails(ticket, words);
    }

    fn point(&mut self, at: Position, context: &mut Context) -> bool {
        let mut area = context.area;
        let _ = top(head_height(area), &mut area);
        let Some(known) = self.known.as_ref().filter(|_| area.contains(at)) else { return false };
        let lines = self.lines(known, self.area.width);
        let stops: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].is_stop()).collect();
        let here = stops.get(self.cursor as usize).copied().unwrap_or(0) as u64;
        let line = scroll(self.first, here, u64::from(area.height)) as usize + usize::from(at.y - area.y);
        if let Some(stop) = stops.iter().position(|stop| *stop == line) {
            self.cursor = stop as u64;
        }
        true
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.slot, &mut self.sweep_slot]
    }

    fn waits(&self) -> bool {
        self.slot.open() || self.sweep_slot.open()
    }

    fn refreshes(&self) -> bool {
        self.known.is_some() && self.slot.open()
    }

    /// What Enter would show.
    fn status(&self) -> String {
        let Some(known) = &self.known else { return String::new() };
        match self.line() {
            Some(Line::Source { name, source, rows, .. }) if name.raw() == source => {
                format!("Enter shows {} of {}", count(rows, "event"), name.text())
            }
            // One of several categories that brought the same events.
            Some(Line::Source { source, .. }) => format!("Enter shows all {source} events"),
            Some(Line::Swept(swept)) => swept.words(),
            Some(Line::Level(level, found)) => {
                format!("Enter shows {}", count(found, &format!("{} finding", level.name())))
            }
            _ => count(known.events, "event"),
        }
    }

    fn place(&self) -> (u64, u64) {
        (self.cursor, self.stops())
    }

    fn draw(&self, pen: &mut Pen<'_>, mut area: Rect) {
        if let Some(error) = &self.slot.error {
            complain(pen, area, "The overview could not be read:", error, "^r tries again.");
            return;
        }
        let Some(known) = &self.known else {
            let words = if self.slot.open() { "reading the case…" } else { "The case was not read. ^r asks for it." };
            pen.write(area, (1, 0), words, Role::Faint);
            return;
        };
        let old = std::mem::replace(&mut pen.faint, self.slot.open());
        let head = top(head_height(area), &mut area);
        draw_head(known, pen, head);
        let lines = self.lines(known, area.width);
        let here = self.here();
        let first = scroll(self.first, here.unwrap_or(0), u64::from(area.height));
        for (y, (at, line)) in (0..area.height).zip(lines.iter().enumerate().skip(first as usize)) {
            draw_line(line, pen, area, y);
            if Some(at as u64) == here {
                pen.write(area, (0, y), ">", Role::Key);
                pen.line(area, y, Role::Line);
            }
        }
        pen.more(area, first > 0, (lines.len() as u64).saturating_sub(first));
        pen.faint = old;
    }
}

impl Overview {
    fn stops(&self) -> u64 {
        let lines = self.known.as_ref().map_or(Vec::new(), |known| self.lines(known, self.area.width));
        lines.iter().filter(|line| line.is_stop()).count() as u64
    }

    fn lines<'a>(&'a self, known: &'a Known, width: u16) -> Vec<Line<'a>> {
        let sweep = match (&self.sweep, self.sweep_slot.open(), &self.sweep_slot.error) {
            (Some(sweep), ..) => lines::Sweeping::Done(sweep),
            (None, true, _) => lines::Sweeping::Asked,
            (None, false, Some(error)) => lines::Sweeping::Failed(error),
            (None, false, None) => lines::Sweeping::Waits,
        };
        known.lines(width, sweep)
    }

    fn ask_sweep(&mut self, context: &mut Context) {
        let bins = bar_width(context.area.width);
        self.sweep_asked = Some(bins);
        self.sweep_slot.ask(context, Request::Sweep { bins });
    }

    /// The line that the cursor is on.
    fn here(&self) -> Option<u64> {
        let lines = self.lines(self.known.as_ref()?, self.area.width);
        let mut stops = lines.iter().enumerate().filter(|(_, line)| line.is_stop());
        stops.nth(self.cursor as usize).map(|(at, _)| at as u64)
    }

    /// To the first question with hits; its heading is then the first line shown, if it was out of sight.
    fn go_to_sweep(&mut self) {
        let Some(known) = &self.known else { return };
        let lines = self.lines(known, self.area.width);
        let Some(line) = lines.iter().position(|line| matches!(line, Line::Swept(_))) else { return };
        let before = lines[..line].iter().filter(|line| line.is_stop()).count();
        let height = usize::from(self.area.height.saturating_sub(head_height(self.area)));
        let fits = lines.len() <= height;
        (self.cursor, self.first) = (before as u64, if fits { 0 } else { line.saturating_sub(1) as u64 });
    }

    fn stay(&mut self) {
        self.cursor = self.cursor.min(self.stops().saturating_sub(1));
    }

    fn line(&self) -> Option<Line<'_>> {
        let lines = self.lines(self.known.as_ref()?, self.area.width);
        lines.into_iter().filter(Line::is_stop).nth(usize::try_from(self.cursor).ok()?)
    }

    fn jump(&self) -> Option<Jump> {
        match self.line()? {
            Line::Source { source, .. } => {
                let value = Some(source.to_owned());
                let chips = vec![Chip { column: Column::Source, op: Op::Is, value }];
                Some(Jump::Filtered(Filter { chips, ..Filter::default() }))
            }
            Line::Level(level, found) => (found > 0).then_some(Jump::Level(level)),
            Line::Swept(swept) => {
                Some(Jump::Query(format!("SELECT * FROM hunt('{}')", swept.hunt.raw().replace('\'', "''"))))
            }
            _ => None,
        }
    }
}

/// How much there is, from when to when, and what is known of the files. What it says is not repeated elsewhere.
fn draw_head(known: &Known, pen: &mut Pen<'_>, area: Rect) {
    let sources = known.sources.len() as u64;
    let x = pen.write(area, (1, 0), &count(known.events, "event"), Role::Title);
    let x = pen.write(area, (x, 0), &format!("   {}", count(sources, "source")), Role::Plain);
    if let (Some(from), Some(to)) = (known.window.from, known.window.to) {
        let same = clock::date(from) == clock::date(to);
        let end = if same { clock::time(to, 8) } else { clock::second(to) };
        let span = clock::length(to.saturating_sub(from));
        let words = format!("   {} {} – {end} {}   {span}", clock::date(from), clock::time(from, 8), clock::zone());
        pen.write(area, (x, 0), &words, Role::Plain);
    }
    pen.write(area, (1, 1), &format!("Evidence: {}", known.evidence.text()), Role::Faint);
}

fn draw_line(line: &Line<'_>, pen: &mut Pen<'_>, area: Rect, y: u16) {
    let bar = Rect { x: area.x + NAME + 1, y: area.y + y, width: bar_width(area.width), height: 1 };
    let bars = area.width >= BARS;
    match line {
        Line::Blank => {}
        Line::Heading(words) => {
            pen.write(area, (1, y), words, Role::Heading);
        }
        Line::Axis(window) => {
            pen.write(area, (1, y), "Coverage", Role::Heading);
            if let (Some(from), Some(to), true) = (window.from, window.to, bars) {
                let x = pen.write(bar, (0, 0), &clock::minute(from), Role::Faint);
                pen.right(bar, x + 1, 0, &clock::minute(to), Role::Faint);
                let gap = if pen.theme.ascii { "~" } else { "┄" };
                pen.write(
                    area,
                    (NAME + bar.width + 3, y),
                    &format!("{}   {gap} nothing recorded", clock::zone()),
                    Role::Faint,
                );
            }
        }
        Line::Words(role, words) | Line::Blind(role, words) => {
            pen.write(area, (1, y), words, *role);
        }
        Line::Source { name, bins, rows, note, .. } => {
            let rows = grouped(*rows);
            pen.put(area, (1, y), NAME - 1, name.text(), Role::Plain);
            if !bars {
                return pen.right(area, NAME, y, &format!("{rows} "), Role::Plain);
            }
            histogram::bars(pen, bar, bins, Role::Bar);
            let x = pen.write(area, (NAME + bar.width + 2, y), &format!("{rows:>9}"), Role::Plain);
            pen.write(area, (x + 2, y), note.text(), Role::Warn);
        }
        Line::Swept(swept) => swept.draw(pen, area, y),
        Line::Level(level, found) => {
            let role = if *found > 0 { Role::Level(*level) } else { Role::Faint };
            pen.put(area, (1, y), NAME - 1, level.name(), role);
            let role = if *found > 0 { Role::Plain } else { Role::Faint };
            pen.write(area, (if bars { NAME + 1 } else { 11 }, y), &grouped(*found), role);
        }
    }
}

fn head_height(area: Rect) -> u16 {
    match area.height {
        12.. => 3,
        5.. => 2,
        _ => 0,
    }
}

fn bar_width(width: u16) -> u16 {
    width.saturating_sub(NAME + 1 + TAIL).max(8)
}
