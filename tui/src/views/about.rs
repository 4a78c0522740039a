//! All about one user, account, pod, node, image, address, namespace or object: when it was seen and in what part, what
//! it did and touched, from where and with what, the findings on it, its states, and who is named with it. It is opened
//! from a cell or a finding and is no screen of its own: Esc leads back to where it was opened.

mod lines;

use ratatui::layout::Rect;

use self::lines::{Known, Line};
use crate::{
    ask::{self, Answer, Piece, Request, Ticket, Whom},
    clock,
    keys::{ABOUT, Action, Binding, EVERYWHERE, MOVE, RELOAD},
    text::{cut, cut_name, cut_object, grouped},
    theme::Role,
    views::{Context, Jump, Slot, View, complain, count, moved},
    widgets::{
        histogram,
        pen::{Pen, scroll, top},
    },
};

/// From this width on what is known besides the events stands at the right of them.
const WIDE: u16 = 150;
/// From this width on a line has room for when a value was first and last seen.
const SPANS: u16 = 100;
/// Bins of the bar beside a value; the bar at the top shows the same ones, each several columns wide.
pub const BINS: u16 = 24;
/// Pages that are kept to go back to.
const KEPT: usize = 50;

#[derive(Default)]
pub struct About {
    slot: Slot,
    page: Page,
    /// Pages left for others, and whether one was left by way of another screen.
    past: Vec<(Page, bool)>,
    area: Rect,
    note: Option<String>,
}

/// One page: whom it is about, what is known, and where the cursor is.
#[derive(Default)]
struct Page {
    whom: Option<Whom>,
    known: Option<Known>,
    /// What is known as it was told, so that more can be added, and how many pieces of it.
    told: ask::Entity,
    pieces: usize,
    cursor: u64,
}

impl View for About {
    fn title(&self) -> &'static str {
        "About"
    }

    fn keys(&self) -> Vec<&'static [Binding]> {
        vec![ABOUT, RELOAD, MOVE, EVERYWHERE]
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Open => self.line().is_some_and(|line| line.is_way()),
            Action::ToEvents | Action::Copy => self.page.known.is_some(),
            _ => true,
        }
    }

    fn visit(&mut self, context: &mut Context) {
        self.area = context.area;
        self.stay();
        if !self.slot.open() && self.slot.error.is_none() {
            self.ask_on(context);
        }
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        if !matches!(action, Action::Back | Action::Close) {
            self.note = None;
        }
        let height = context.area.height.saturating_sub(head_height(context.area));
        if let Some(to) = moved(action, self.page.cursor, self.stops(), height) {
            self.page.cursor = to;
            return true;
        }
        match action {
            Action::Open => self.open(context),
            Action::Focus => self.page.cursor = self.other_side(),
            Action::ToEvents => {
                let filter = self.page.known.as_ref().map(|known| known.filter(None));
                context.jump = filter.map(Jump::Filtered);
            }
            Action::Copy => {
                let text = self.page.known.as_ref().map(Known::text);
                self.note = Some(text.map_or("nothing to copy here".to_string(), |text| context.copy(&text)));
            }
            Action::Reload => {
                // What was not read is asked for; when all was, all of it again.
                if self.page.pieces == Piece::ALL.len() {
                    self.page.forget();
                }
                self.slot.error = None;
                self.visit(context);
            }
            Action::Back | Action::Close => {
                let Some((page, elsewhere)) = self.past.pop() else { return false };
                self.slot.stop(context);
                self.slot.error = None;
                self.page = page;
                self.visit(context);
                return !elsewhere;
            }
            _ => return false,
        }
        true
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer, context: &mut Context) {
        if let Answer::Entity(piece, entity) = answer
            && self.slot.takes(ticket)
        {
            // Lines may come before the one that the cursor is on.
            let here = self.line().map(|line| line.spot());
            self.page.told.take(piece, *entity);
            self.page.pieces += 1;
            self.page.known =
                Some(Known::new(self.page.told.clone(), Piece::ALL.get(self.page.pieces..).unwrap_or_default()));
            if let Some(at) = here.and_then(|here| self.lines().position(|line| line.spot() == here)) {
                self.page.cursor = at as u64;
            }
            self.stay();
            self.ask_on(context);
        }
    }

    /// Names and notes on this page are old now.
    fn noted(&mut self, _ticket: Ticket, _words: &str, context: &mut Context) {
        self.slot.stop(context);
        self.page.forget();
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        self.slot.fails(ticket, words);
    }

    fn arrive(&mut self, jump: Jump, context: &mut Context) {
        if let Jump::About(whom) = jump {
            self.turn(whom, true, context);
        }
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.slot]
    }

    fn waits(&self) -> bool {
        self.slot.open()
    }

    fn refreshes(&self) -> bool {
        false
    }

    fn status(&self) -> String {
        if let Some(note) = &self.note {
            return note.clone();
        }
        let stops = self.stops();
        let at = if stops == 0 { 0 } else { self.page.cursor + 1 };
        match self.line() {
            Some(line) => format!("{} of {}   {}", grouped(at), grouped(stops), line.leads()),
            None => String::new(),
        }
    }

    fn place(&self) -> (u64, u64) {
        (self.page.cursor, self.stops())
    }

    fn draw(&self, pen: &mut Pen<'_>, mut area: Rect) {
        let Some(known) = &self.page.known else {
            if let Some(error) = &self.slot.error {
                complain(pen, area, "The page could not be made:", error, "^r tries again; Esc goes back.");
                return;
            }
            let words = match (self.slot.open(), &self.page.whom) {
                (true, _) => "gathering what is known…",
                (false, Some(_)) => "The page was not read. ^r asks for it.",
                (false, None) => "Nobody was asked about: * in the timeline or in the findings does.",
            };
            pen.write(area, (1, 0), words, Role::Faint);
            return;
        };
        let head = top(head_height(area), &mut area);
        draw_head(known, pen, head);
        if let Some(error) = &self.slot.error {
            let y = complain(pen, area, "The rest of the page could not be made:", error, "^r tries again.");
            top(y.min(area.height), &mut area);
        }
        let lacks = if self.slot.open() { "…" } else { "not read: ^r asks for it" };
        let (left, right) = known.lines(area.width >= WIDE);
        let stops = |lines: &[Line<'_>]| lines.iter().filter(|line| line.is_stop()).count() as u64;
        let split = stops(&left);
        let (near, far) = sides(area);
        let here = self.page.cursor;
        column(pen, near, &left, (here < split).then_some(here), lacks);
        if far.width > 0 {
            column(pen, far, &right, here.checked_sub(split), lacks);
        }
    }
}

impl Page {
    /// All of it is to be read again.
    fn forget(&mut self) {
        (self.known, self.told, self.pieces) = (None, ask::Entity::default(), 0);
    }
}

impl About {
    /// Asks for the next piece of the page that is not known, if there is one.
    fn ask_on(&mut self, context: &mut Context) {
        let Some(whom) = &self.page.whom else { return };
        let Some(piece) = Piece::ALL.get(self.page.pieces).copied() else { return };
        let whom = match self.page.pieces {
            0 => whom.clone(),
            _ => Whom::Thing(self.page.told.thing.clone()),
        };
        self.slot.ask(context, Request::Entity { whom, bins: BINS, piece });
    }

    /// The lines that the cursor can be on.
    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let both = self.page.known.iter().map(|known| known.lines(self.area.width >= WIDE));
        both.flat_map(|(left, right)| left.into_iter().chain(right)).filter(Line::is_stop)
    }

    fn stops(&self) -> u64 {
        self.lines().count() as u64
    }

    fn stay(&mut self) {
        self.page.cursor = self.page.cursor.min(self.stops().saturating_sub(1));
    }

    fn line(&self) -> Option<Line<'_>> {
        self.lines().nth(usize::try_from(self.page.cursor).ok()?)
    }

    /// The first stop of the other column, or of the next part where there is but one column.
    fn other_side(&self) -> u64 {
        let Some(known) = &self.page.known else { return 0 };
        let (left, right) = known.lines(self.area.width >= WIDE);
        let mut starts = vec![0];
        let mut stops = 0;
        for line in left.iter().chain(&right) {
            match line {
                Line::Heading(..) if stops > 0 => starts.push(stops),
                line if line.is_stop() => stops += 1,
                _ => {}
            }
        }
        if !right.is_empty() && !left.is_empty() {
            let split = left.iter().filter(|line| line.is_stop()).count() as u64;
            starts = vec![0, split];
        }
        starts.retain(|start| *start < stops);
        starts.iter().copied().find(|start| *start > self.page.cursor).unwrap_or(0)
    }

    fn open(&mut self, context: &mut Context) {
        let Some(known) = &self.page.known else { return };
        let jump = match self.line() {
            Some(Line::Value { column: Some(column), value, .. }) => {
                Jump::Filtered(known.filter(Some((column, value.raw()))))
            }
            Some(Line::Finding(finding)) => Jump::Finding(finding.id.clone()),
            Some(Line::State { id, time: Some(time), .. }) => Jump::Event { record: id, time },
            Some(Line::Related(thing)) => {
                let whom = Whom::Thing(thing.clone());
                return self.turn(whom, false, context);
            }
            _ => {
                self.note = Some("this leads nowhere".to_string());
                return;
            }
        };
        context.jump = Some(jump);
    }

    /// Turns to another page; the one before is kept with its place.
    fn turn(&mut self, whom: Whom, elsewhere: bool, context: &mut Context) {
        let before = std::mem::take(&mut self.page);
        if before.whom.is_some() {
            self.past.push((before, elsewhere));
            if self.past.len() > KEPT {
                self.past.remove(0);
            }
        }
        self.slot.stop(context);
        self.slot.error = None;
        self.page.whom = Some(whom);
        self.visit(context);
    }
}

/// The two columns; the second has no width on a narrow screen.
fn sides(area: Rect) -> (Rect, Rect) {
    if area.width < WIDE {
        return (area, Rect { width: 0, ..area });
    }
    let half = area.width / 2;
    (Rect { width: half - 1, ..area }, Rect { x: area.x + half, width: area.width - half, ..area })
}

/// Draws one column; `lacks` is said of what is not known yet.
fn column(pen: &mut Pen<'_>, area: Rect, lines: &[Line<'_>], cursor: Option<u64>, lacks: &str) {
    let here = cursor.and_then(|cursor| {
        let stops = lines.iter().enumerate().filter(|(_, line)| line.is_stop());
        stops.map(|(at, _)| at as u64).nth(usize::try_from(cursor).ok()?)
    });
    let first = scroll(0, here.unwrap_or(0), u64::from(area.height));
    for (y, (at, line)) in (0..area.height).zip(lines.iter().enumerate().skip(first as usize)) {
        draw_line(line, pen, area, y, lacks);
        if Some(at as u64) == here {
            pen.write(area, (0, y), ">", Role::Key);
            pen.line(area, y, Role::Line);
        }
    }
    pen.more(area, first > 0, (lines.len() as u64).saturating_sub(first));
}

fn head_height(area: Rect) -> u16 {
    match area.height {
        12.. => 4,
        6.. => 2,
        _ => 1,
    }
}

/// Who it is, how much there is of it and when, and the bar of all its events with its findings below.
fn draw_head(known: &Known, pen: &mut Pen<'_>, area: Rect) {
    let kind = format!("{} ", known.kind.text());
    let hits = known.hits.map_or("…".to_string(), grouped);
    let tail = format!("   {}, {hits} in findings ", count(known.events, "event"));
    let room = usize::from(area.width).saturating_sub(kind.len() + 1);
    let x = pen.write(area, (1, 0), &kind, Role::Plain);
    let x = pen.write(area, (x, 0), &cut_name(known.name.text(), room), Role::Title);
    pen.right(area, x, 0, &tail, Role::Plain);
    let seen = match (known.first, known.last) {
        (Some(first), Some(last)) => {
            let same = clock::date(first) == clock::date(last);
            let end = if same { clock::time(last, 8) } else { clock::second(last) };
            let span = clock::length(last.saturating_sub(first));
            format!("seen {} – {end} {}   {span}", clock::second(first), clock::zone())
        }
        _ => "no event with a time concerns it".to_string(),
    };
    let x = pen.write(area, (1, 1), &seen, Role::Plain);
    if !known.called.is_empty() {
        let called = format!("   also called {}", known.called.join(", "));
        pen.put(area, (x, 1), area.width.saturating_sub(x), &called, Role::Warn);
    }
    if area.height >= 4 && !known.bins.is_empty() {
        let bins = known.bins.len() as u16;
        let wide = (area.width.saturating_sub(2) / bins).max(1);
        let bins: Vec<_> = known.bins.iter().flat_map(|bin| std::iter::repeat_n(*bin, usize::from(wide))).collect();
        let inner = Rect { x: area.x + 1, y: area.y + 2, width: area.width.saturating_sub(2), height: 2 };
        histogram::bars(pen, Rect { height: 1, ..inner }, &bins, Role::Bar);
        histogram::marks(pen, inner, 1, &bins);
    }
}

fn draw_line(line: &Line<'_>, pen: &mut Pen<'_>, area: Rect, y: u16, lacks: &str) {
    let room = usize::from(area.width.saturating_sub(2));
    match line {
        Line::Blank => {}
        Line::Heading(words, more) => {
            let x = pen.write(area, (1, y), words, Role::Heading);
            pen.write(area, (x + 2, y), more, Role::Faint);
        }
        Line::Lacks(words) => {
            let x = pen.write(area, (1, y), words, Role::Faint);
            pen.write(area, (x + 2, y), lacks, Role::Faint);
        }
        Line::Words(role, words) => {
            pen.write(area, (1, y), &cut(words, room), *role);
        }
        Line::Value { count, bins, value, first, last, column } => {
            let bars = area.width >= 60;
            let mut x = pen.write(area, (1, y), &format!("{:>7}", grouped(*count)), Role::Plain) + 2;
            if bars {
                let bar = Rect { x: area.x + x, y: area.y + y, width: BINS, height: 1 };
                histogram::bars(pen, bar, bins, Role::Bar);
                x += BINS + 2;
            }
            let spans = match area.width >= SPANS || (bars && area.width >= 74) {
                true if area.width >= SPANS => format!("{} – {} ", clock::second(*first), clock::second(*last)),
                true => format!("{} ", clock::time(*first, 8)),
                false => String::new(),
            };
            let room = usize::from(area.width.saturating_sub(x)).saturating_sub(spans.chars().count() + 1);
            let text = match column {
                Some(crate::ask::Column::Object) => cut_object(value.text(), room),
                _ => cut_name(value.text(), room),
            };
            let role = if value.raw().is_none() { Role::Faint } else { Role::Plain };
            let x = pen.write(area, (x, y), &text, role);
            pen.right(area, x, y, &spans, Role::Faint);
        }
        Line::Finding(finding) => {
            let x = pen.write(area, (1, y), &format!("{:<9}", finding.level.name()), Role::Level(finding.level));
            let when = format!(" {} ", clock::second(finding.first));
            let room = usize::from(area.width.saturating_sub(x)).saturating_sub(when.len() + 1);
            let x = pen.write(area, (x, y), &cut(finding.title.text(), room), Role::Plain);
            pen.right(area, x, y, &when, Role::Faint);
        }
        Line::State { time, what, .. } => {
            let when = time.map_or("no time".to_string(), clock::second);
            let words = format!("{when:<15}  {}", what.text());
            pen.write(area, (1, y), &cut(&words, room), Role::Plain);
        }
        Line::Related(thing) => {
            let x = pen.write(area, (1, y), &format!("{:<16}", thing.kind), Role::Faint);
            let room = usize::from(area.width.saturating_sub(x + 1));
            pen.write(area, (x, y), &cut_name(&crate::text::visible(&thing.name), room), Role::Plain);
        }
    }
}
