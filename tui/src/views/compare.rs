//! Two events field by field, or two windows of time by who did what from where. It is opened with d on a second event
//! or a second window and is no screen of its own: Esc leads back.

use ratatui::layout::Rect;

use crate::{
    ask::{
        Answer, Between, Chip, Column, Compared, Comparison, Filter, InEach, Named, Op, RecordId, Request, Ticket,
        Window,
    },
    clock,
    keys::{Action, Binding, COMPARE, EVERYWHERE, MOVE, RELOAD},
    shown::Shown,
    text::{columns, cut, cut_name, cut_start, grouped, visible},
    theme::Role,
    views::{Context, Jump, Slot, View, complain, count},
    widgets::{
        panes::{Line, Panes, field, wrapped},
        pen::{Pen, top},
    },
};

/// An event to be compared: its bytes, when it was, and what it is in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: RecordId,
    pub time: i64,
    pub words: String,
}

/// The two of a kind that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pair {
    Events(Event, Event),
    Windows(Named, Named),
}

#[derive(Default)]
pub struct Compare {
    pair: Option<Pair>,
    slot: Slot,
    known: Option<Known>,
    /// Also what is the same in both.
    all: bool,
    panes: Panes,
    note: Option<String>,
}

enum Known {
    Events { places: [Shown; 2], rows: Vec<Compared>, same: u64 },
    Windows { counts: [u64; 2], rows: Vec<Row> },
}

/// A line of two windows: the name of a part, or one of its values.
enum Row {
    Part { name: String, listed: u64, distinct: u64 },
    Value { part: String, column: Option<Column>, value: InEach },
}

impl View for Compare {
    fn title(&self) -> &'static str {
        "Compare"
    }

    fn keys(&self) -> Vec<&'static [Binding]> {
        vec![COMPARE, RELOAD, MOVE, EVERYWHERE]
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Compare | Action::Open | Action::Focus | Action::Copy => self.known.is_some(),
            _ => true,
        }
    }

    fn visit(&mut self, context: &mut Context) {
        let asked = self.known.is_some() || self.slot.open() || self.slot.error.is_some();
        if let (Some(pair), false) = (&self.pair, asked) {
            let request = match pair {
                Pair::Events(a, b) => Request::Compare { a: a.id, b: b.id },
                Pair::Windows(a, b) => Request::Between { a: a.window, b: b.window },
            };
            self.slot.ask(context, request);
        }
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        if !matches!(action, Action::Back | Action::Close) {
            self.note = None;
        }
        let (_, area) = heading(context.area);
        let lines = self.about(usize::from(self.panes.split(area).1.width.saturating_sub(2))).len() as u64;
        if self.panes.moved(action, self.rows(), lines, area) {
            return true;
        }
        match action {
            Action::Compare => {
                self.all = !self.all;
                self.panes.stay(self.rows());
            }
            Action::Open => match self.jump() {
                Some(jump) => context.jump = Some(jump),
                None => self.note = Some("this leads nowhere".to_string()),
            },
            Action::Focus => self.panes.in_pane = !self.panes.in_pane && self.rows() > 0,
            Action::Copy => {
                let text: Vec<String> = self.about(200).into_iter().map(|(_, words)| words).collect();
                self.note = Some(context.copy(&text.join("\n")));
            }
            Action::Reload => {
                (self.known, self.slot.error) = (None, None);
                self.visit(context);
            }
            Action::Back | Action::Close => return std::mem::take(&mut self.panes.in_pane),
            _ => return false,
        }
        true
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer, _context: &mut Context) {
        let known = match answer {
            Answer::Compare(comparison) if self.slot.takes(ticket) => Known::events(comparison),
            Answer::Between(between) if self.slot.takes(ticket) => Known::windows(between),
            _ => return,
        };
        self.known = Some(known);
        self.panes.stay(self.rows());
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        self.slot.fails(ticket, words);
    }

    fn arrive(&mut self, jump: Jump, context: &mut Context) {
        if let Jump::Compare(pair) = jump {
            self.slot.stop(context);
            *self = Compare { pair: Some(pair), ..Compare::default() };
        }
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.slot]
    }

    fn waits(&self) -> bool {
        self.slot.open()
    }

    fn status(&self) -> String {
        if let Some(note) = &self.note {
            return note.clone();
        }
        let at = if self.rows() == 0 { 0 } else { self.panes.cursor + 1 };
        let of = format!("{} of {}", grouped(at), grouped(self.rows()));
        match &self.known {
            Some(Known::Events { rows, same, .. }) => {
                let differ = rows.len() as u64 - same;
                let what = if self.all { "all fields" } else { "what differs" };
                format!("{of}   {what}: {} differ, {} are the same", grouped(differ), grouped(*same))
            }
            Some(Known::Windows { .. }) => {
                format!("{of}   {}", if self.all { "in one or in both" } else { "in one of them alone" })
            }
            None => String::new(),
        }
    }

    fn place(&self) -> (u64, u64) {
        (self.panes.cursor, self.rows())
    }

    fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        if let Some(error) = &self.slot.error {
            complain(pen, area, "They could not be compared:", error, "^r tries again; Esc goes back.");
            return;
        }
        let (Some(known), Some(pair)) = (&self.known, &self.pair) else {
            let words = match (self.slot.open(), &self.pair) {
                (true, _) => "comparing…",
                (false, Some(_)) => "They were not compared. ^r asks again.",
                (false, None) => "Nothing is compared: d on two events of the timeline, or on two windows of the case.",
            };
            pen.write(area, (1, 0), words, Role::Faint);
            return;
        };
        let (head, area) = heading(area);
        for (y, (letter, words)) in (0..head.height).zip(["A", "B"].into_iter().zip(known.heads(pair))) {
            let x = pen.write(head, (1, y), letter, Role::Title) + 2;
            let room = usize::from(head.width.saturating_sub(x + 1));
            pen.write(head, (x, y), &cut(&words, room), Role::Plain);
        }
        if self.rows() == 0 {
            pen.paragraphs(area, 0, &[self.empty()], Role::Plain);
            return;
        }
        let width = usize::from(self.panes.split(area).0.width.saturating_sub(2));
        let shown = self.shown();
        self.panes.draw(
            pen,
            area,
            self.rows(),
            &|at| shown.get(at as usize).map_or((Role::Plain, String::new()), |row| known.line(*row, width)),
            ("In full", &|width| self.about(width)),
        );
    }
}

impl Compare {
    /// The places of the rows that are shown.
    fn shown(&self) -> Vec<usize> {
        match &self.known {
            None => Vec::new(),
            Some(Known::Events { rows, .. }) => {
                (0..rows.len()).filter(|at| self.all || rows[*at].a != rows[*at].b).collect()
            }
            Some(Known::Windows { rows, .. }) => {
                let shown = |row: &Row| match row {
                    Row::Part { .. } => true,
                    Row::Value { value, .. } => self.all || value.a == 0 || value.b == 0,
                };
                (0..rows.len()).filter(|at| shown(&rows[*at])).collect()
            }
        }
    }

    fn rows(&self) -> u64 {
        self.shown().len() as u64
    }

    fn empty(&self) -> String {
        match (&self.known, self.all) {
            (Some(Known::Events { same, .. }), false) => {
                format!("All {} fields are the same in both. d shows them.", grouped(*same))
            }
            _ => "There is nothing in either.".to_string(),
        }
    }

    fn at(&self) -> Option<usize> {
        self.shown().get(usize::try_from(self.panes.cursor).ok()?).copied()
    }

    fn jump(&self) -> Option<Jump> {
        match (self.known.as_ref()?, self.pair.as_ref()?) {
            // The field is of two events; the second is the one the user was on last.
            (Known::Events { .. }, Pair::Events(_, b)) => Some(Jump::Event { record: b.id, time: b.time }),
            (Known::Windows { rows, .. }, Pair::Windows(a, b)) => {
                let Row::Value { column: Some(column), value, .. } = rows.get(self.at()?)? else { return None };
                let window = if value.b == 0 { a.window } else { b.window };
                let chips = vec![Chip { column: *column, op: Op::Is, value: value.value.clone() }];
                Some(Jump::Filtered(Filter { window, chips, ..Filter::default() }))
            }
            _ => None,
        }
    }

    /// The row under the cursor in full.
    fn about(&self, width: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let (Some(known), Some(at)) = (&self.known, self.at()) else { return lines };
        match known {
            Known::Events { rows, .. } => {
                let Some(row) = rows.get(at) else { return lines };
                wrapped(&mut lines, Role::Heading, &visible(&row.path), width);
                for (letter, value) in [("A", &row.a), ("B", &row.b)] {
                    let text = value.as_ref().map_or("not there, or null".into(), |text| visible(text));
                    field(&mut lines, letter, &text, width);
                }
            }
            Known::Windows { rows, counts } => match rows.get(at) {
                Some(Row::Value { part, value, column }) => {
                    let text = value.value.as_ref().map_or("null".into(), |text| visible(text));
                    wrapped(&mut lines, Role::Heading, &text, width);
                    field(&mut lines, "by", part, width);
                    for (letter, n, all) in [("in A", value.a, counts[0]), ("in B", value.b, counts[1])] {
                        field(&mut lines, letter, &format!("{} of {}", grouped(n), count(all, "event")), width);
                    }
                    if column.is_some() {
                        let of = if value.b == 0 { "A" } else { "B" };
                        wrapped(&mut lines, Role::Faint, &format!("Enter shows its events in {of}"), width);
                    }
                }
                Some(Row::Part { name, listed, distinct }) => {
                    wrapped(&mut lines, Role::Heading, name, width);
                    let words = match distinct > listed {
                        true => format!("{} of {} values are listed", grouped(*listed), grouped(*distinct)),
                        false => count(*distinct, "value"),
                    };
                    wrapped(&mut lines, Role::Plain, &words, width);
                }
                None => {}
            },
        }
        lines
    }
}

impl Known {
    fn events(comparison: Comparison) -> Known {
        let same = comparison.rows.iter().filter(|row| row.a == row.b).count() as u64;
        let places = [comparison.a.place, comparison.b.place].map(Shown::new);
        Known::Events { places, rows: comparison.rows, same }
    }

    fn windows(between: Between) -> Known {
        let mut rows = Vec::new();
        for part in between.parts {
            let listed = part.rows.len() as u64;
            rows.push(Row::Part { name: part.name.clone(), listed, distinct: part.distinct });
            let value = |value| Row::Value { part: part.name.clone(), column: part.column, value };
            rows.extend(part.rows.into_iter().map(value));
        }
        Known::Windows { counts: [between.a, between.b], rows }
    }

    /// What the two are, one line each.
    fn heads(&self, pair: &Pair) -> [String; 2] {
        match (self, pair) {
            (Known::Events { places, .. }, Pair::Events(a, b)) => {
                let head = |event: &Event, place: &Shown| {
                    format!("{}  {}  [{}]", clock::second(event.time), event.words, place.text())
                };
                [head(a, &places[0]), head(b, &places[1])]
            }
            (Known::Windows { counts, .. }, Pair::Windows(a, b)) => {
                let head = |one: &Named, events: u64| {
                    format!("{}  {}  {}", visible(&one.name), span(one.window), count(events, "event"))
                };
                [head(a, counts[0]), head(b, counts[1])]
            }
            _ => [String::new(), String::new()],
        }
    }

    fn line(&self, at: usize, width: usize) -> Line {
        match self {
            Known::Events { rows, .. } => rows.get(at).map_or((Role::Plain, String::new()), |row| {
                let path = (width / 3).clamp(10, 44);
                let value = width.saturating_sub(path + 6) / 2;
                let cell = |cell: &Option<String>| match cell {
                    None => "–".to_string(),
                    Some(text) => cut(&visible(text).replace('\n', " "), value).into_owned(),
                };
                let differ = if row.a == row.b { " " } else { "≠" };
                let words = format!(
                    "{differ} {}  {}  {}",
                    padded(&cut_start(&visible(&row.path), path), path),
                    padded(&cell(&row.a), value),
                    cell(&row.b)
                );
                (if row.a == row.b { Role::Faint } else { Role::Plain }, words)
            }),
            Known::Windows { rows, .. } => match rows.get(at) {
                Some(Row::Part { name, .. }) => {
                    (Role::Heading, format!("{}  {:>9} {:>9}", padded(&name.to_uppercase(), 12), "A", "B"))
                }
                Some(Row::Value { value, .. }) => {
                    let side = match (value.a, value.b) {
                        (_, 0) => "only in A",
                        (0, _) => "only in B",
                        _ => "in both",
                    };
                    let text = value.value.as_ref().map_or("null".into(), |text| visible(text));
                    let words = format!("  {}  {:>9} {:>9}  ", padded(side, 10), grouped(value.a), grouped(value.b));
                    let room = width.saturating_sub(columns(&words));
                    let role = if value.a > 0 && value.b > 0 { Role::Faint } else { Role::Plain };
                    (role, format!("{words}{}", cut_name(&text, room)))
                }
                None => (Role::Plain, String::new()),
            },
        }
    }
}

/// A window in words.
pub fn span(window: Window) -> String {
    match (window.from, window.to) {
        (Some(from), Some(to)) => {
            let same = clock::date(from) == clock::date(to);
            let end = if same { clock::time(to, 8) } else { clock::second(to) };
            format!("{} – {end}", clock::second(from))
        }
        (Some(from), None) => format!("from {}", clock::second(from)),
        (None, Some(to)) => format!("before {}", clock::second(to)),
        (None, None) => "all of it".to_string(),
    }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

fn heading(mut area: Rect) -> (Rect, Rect) {
    let head = top(if area.height >= 6 { 2 } else { 0 }, &mut area);
    (head, area)
}
