//! The first thing seen: which evidence there is, where it has gaps, what was found, and which rules could not answer.
//! It draws no conclusion; Enter leads to the events.

use ratatui::layout::Rect;

use crate::{
    ask::{Answer, Bin, Chip, Column, Filter, Level, Op, Request, Ticket, Window},
    clock,
    keys::{Action, Binding, EVERYWHERE, MOVE, OVERVIEW},
    shown::Shown,
    text::grouped,
    theme::Role,
    views::{Context, Jump, Slot, View, moved},
    widgets::{
        histogram,
        pen::{Pen, scroll, top},
    },
};

const NAME: u16 = 16;
const TAIL: u16 = 24;

#[derive(Default)]
pub struct Overview {
    slot: Slot,
    asked: Option<u16>,
    known: Option<Known>,
    cursor: u64,
}

struct Known {
    case: Shown,
    evidence: Shown,
    window: Window,
    events: u64,
    lines: Vec<Line>,
}

/// One line of the list below the head; the cursor moves over all of them.
enum Line {
    Heading(String),
    Words(Role, String),
    Source { name: Shown, bins: Vec<Bin>, rows: u64, note: Shown },
    Level(Level, u64),
    Blind { rule: Shown, reason: Shown },
}

impl View for Overview {
    fn title(&self) -> &'static str {
        "Overview"
    }

    fn keys(&self) -> Vec<&'static [Binding]> {
        vec![OVERVIEW, MOVE, EVERYWHERE]
    }

    fn offers(&self, action: Action) -> bool {
        action != Action::Open || self.jump().is_some()
    }

    fn visit(&mut self, context: &mut Context) {
        let bins = bar_width(context.area.width);
        if self.asked != Some(bins) {
            self.asked = Some(bins);
            self.slot.ask(context, Request::Overview { bins });
        }
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        let height = context.area.height.saturating_sub(head_height(context.area));
        if let Some(to) = moved(action, self.cursor, self.lines().len() as u64, height) {
            self.cursor = to;
            return true;
        }
        match action {
            Action::Open => context.jump = self.jump(),
            Action::Reload => {
                self.asked = None;
                self.visit(context);
            }
            _ => return false,
        }
        true
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer, _context: &mut Context) {
        if let Answer::Overview(overview) = answer
            && self.slot.takes(ticket)
        {
            let first = self.known.is_none();
            self.known = Some(Known::new(overview));
            if first {
                self.cursor = 1; // Past the first heading, where Enter means something.
            }
            self.cursor = self.cursor.min((self.lines().len() as u64).saturating_sub(1));
        }
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        self.slot.fails(ticket, words);
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.slot]
    }

    fn waits(&self) -> bool {
        self.slot.open()
    }

    fn status(&self) -> String {
        self.known.as_ref().map_or(String::new(), |known| format!("case {}", known.case.text()))
    }

    fn place(&self) -> (u64, u64) {
        (self.cursor, self.lines().len() as u64)
    }

    fn draw(&self, pen: &mut Pen<'_>, mut area: Rect) {
        if let Some(error) = &self.slot.error {
            let y = pen.paragraphs(area, 0, &["The overview could not be read:".to_string()], Role::Bad);
            let y = pen.paragraphs(area, y, error, Role::Plain);
            pen.paragraphs(area, y, &["^r tries again.".to_string()], Role::Faint);
            return;
        }
        let Some(known) = &self.known else {
            let words = if self.slot.open() { "reading the case…" } else { "The case was not read. ^r asks for it." };
            pen.write(area, (1, 0), words, Role::Faint);
            return;
        };
        let old = std::mem::replace(&mut pen.faint, self.slot.open());
        let height = head_height(area);
        let head = top(height, &mut area);
        known.head(pen, head);
        let first = scroll(0, self.cursor, u64::from(area.height));
        for y in 0..area.height {
            let at = first + u64::from(y);
            let Some(line) = known.lines.get(at as usize) else { break };
            line.draw(pen, area, y);
            if at == self.cursor {
                pen.write(area, (0, y), ">", Role::Key);
                pen.line(area, y, Role::Line);
            }
        }
        pen.faint = old;
    }
}

impl Overview {
    fn lines(&self) -> &[Line] {
        self.known.as_ref().map_or(&[], |known| &known.lines)
    }

    fn jump(&self) -> Option<Jump> {
        match self.lines().get(self.cursor as usize)? {
            Line::Source { name, .. } => {
                let value = Some(name.raw().to_string());
                let chips = vec![Chip { column: Column::Source, op: Op::Is, value }];
                Some(Jump::Filtered(Filter { chips, ..Filter::default() }))
            }
            Line::Level(level, _) => Some(Jump::Level(*level)),
            _ => None,
        }
    }
}

impl Known {
    fn new(overview: crate::ask::Overview) -> Known {
        let mut lines = vec![Line::Heading("Coverage".to_string())];
        if overview.sources.is_empty() {
            lines.push(Line::Words(Role::Plain, "No evidence yet. Add some: coldcase ingest --case DIR PATH".into()));
        }
        lines.extend(overview.sources.into_iter().map(|source| Line::Source {
            name: Shown::new(source.name),
            bins: source.bins,
            rows: source.rows,
            note: Shown::new(source.note),
        }));
        lines.push(Line::Heading("Findings".to_string()));
        let found: Vec<_> = overview.findings.iter().filter(|(_, count)| *count > 0).collect();
        if !overview.replayed {
            lines.push(Line::Words(Role::Warn, "The rules have not been replayed: coldcase replay --case DIR".into()));
        } else if found.is_empty() {
            lines.push(Line::Words(Role::Plain, "No rule fired. See below for rules that could not tell.".into()));
        }
        lines.extend(found.into_iter().map(|(level, count)| Line::Level(*level, *count)));
        if !overview.notes.is_empty() {
            lines.push(Line::Heading("Look first".to_string()));
            lines.extend(
                overview
                    .notes
                    .iter()
                    .map(|note| Line::Words(Role::Warn, format!("! {}", Shown::new(note.as_str()).text()))),
            );
        }
        if overview.replayed || !overview.blind.is_empty() {
            lines.push(Line::Heading(format!("Cannot tell: {} blind rules", overview.blind.len())));
            if overview.blind.is_empty() {
                lines.push(Line::Words(Role::Plain, "Every rule could be answered from this evidence.".into()));
            }
        }
        lines.extend(
            overview
                .blind
                .into_iter()
                .map(|blind| Line::Blind { rule: Shown::new(blind.rule), reason: Shown::new(blind.reason) }),
        );
        Known {
            case: Shown::new(overview.case),
            evidence: Shown::new(overview.evidence),
            window: overview.window,
            events: overview.events,
            lines,
        }
    }

    fn head(&self, pen: &mut Pen<'_>, area: Rect) {
        let x = pen.write(area, (1, 0), self.case.text(), Role::Title);
        let words = format!("   {} events   evidence: {}", grouped(self.events), self.evidence.text());
        pen.write(area, (x, 0), &words, Role::Plain);
        let bar = Rect { x: area.x + NAME + 1, width: bar_width(area.width), ..area };
        if let (Some(from), Some(to), true) = (self.window.from, self.window.to, bar.right() <= area.right()) {
            pen.write(area, (1, 1), "UTC", Role::Faint);
            let x = pen.write(bar, (0, 1), &clock::minute(from), Role::Faint);
            pen.right(bar, x + 1, 1, &clock::minute(to), Role::Faint);
        }
    }
}

impl Line {
    fn draw(&self, pen: &mut Pen<'_>, area: Rect, y: u16) {
        match self {
            Line::Heading(words) => {
                pen.write(area, (1, y), words, Role::Heading);
            }
            Line::Words(role, words) => {
                pen.write(area, (3, y), words, *role);
            }
            Line::Source { name, bins, rows, note } => {
                pen.put(area, (3, y), NAME - 3, name.text(), Role::Plain);
                let bar = Rect { x: area.x + NAME + 1, y: area.y + y, width: bar_width(area.width), height: 1 };
                if bar.right() <= area.right() {
                    histogram::bars(pen, bar, bins);
                    let x = pen.write(area, (NAME + bar.width + 3, y), &grouped(*rows), Role::Plain);
                    pen.write(area, (x + 2, y), note.text(), Role::Warn);
                }
            }
            Line::Level(level, count) => {
                pen.put(area, (3, y), 10, level.name(), Role::Level(*level));
                pen.write(area, (NAME + 1, y), &grouped(*count), Role::Plain);
            }
            Line::Blind { rule, reason } => {
                let width = (area.width / 3).clamp(10, 36);
                pen.put(area, (3, y), width, rule.text(), Role::Plain);
                pen.write(area, (width + 4, y), reason.text(), Role::Faint);
            }
        }
    }
}

fn head_height(area: Rect) -> u16 {
    if area.height >= 6 { 2 } else { 1 }
}

fn bar_width(width: u16) -> u16 {
    width.saturating_sub(NAME + 1 + TAIL).max(8)
}
