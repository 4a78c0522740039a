//! What the rules found, worst first, and for each finding the events that prove it, with the time between them.
//! Enter on an event leads to that very event in the timeline.

use ratatui::layout::Rect;

use crate::{
    ask::{self, Answer, Level, RecordId, Request, Ticket},
    clock,
    keys::{Action, Binding, EVERYWHERE, FINDINGS, MOVE},
    shown::Shown,
    text::{columns, cut_middle, cut_start, grouped, wrap},
    theme::Role,
    views::{Context, Jump, Slot, View, moved},
    widgets::{
        grid::{self, Lane, Set},
        pen::{Pen, bottom, right, scroll, top},
    },
};

/// More findings than a person reads; the status line says when there are more.
const LIST: u32 = 2000;
const EVENTS: u32 = 500;

#[derive(Default)]
pub struct Findings {
    list_slot: Slot,
    asked: bool,
    list: Option<List>,
    cursor: u64,
    chain_slot: Slot,
    chain: Option<Chain>,
    chain_of: Option<String>,
    event: u64,
    in_chain: bool,
    wanted: Option<Level>,
}

struct List {
    rows: Vec<Finding>,
    total: u64,
    replayed: bool,
}

struct Finding {
    id: String,
    level: Level,
    rule: Shown,
    title: Shown,
    actor: Shown,
    target: Shown,
    first: i64,
    last: i64,
    events: String,
    techniques: Shown,
}

struct Chain {
    finding: String,
    events: Vec<Event>,
    total: u64,
    why: Vec<String>,
}

struct Event {
    id: RecordId,
    time: i64,
    actor: Shown,
    what: Shown,
    place: Shown,
    note: Shown,
}

impl View for Findings {
    fn title(&self) -> &'static str {
        "Findings"
    }

    fn keys(&self) -> Vec<&'static [Binding]> {
        vec![FINDINGS, MOVE, EVERYWHERE]
    }

    fn offers(&self, action: Action) -> bool {
        !matches!(action, Action::Open | Action::Focus) || self.finding().is_some()
    }

    fn visit(&mut self, context: &mut Context) {
        if !self.asked {
            self.asked = true;
            self.list_slot.ask(context, Request::Findings { limit: LIST });
        }
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        let (list, chain) = split(context.area);
        if self.in_chain {
            let events = self.chain().map_or(0, |chain| chain.events.len() as u64);
            if let Some(to) = moved(action, self.event, events, (chain.height / 2).max(1)) {
                self.event = to;
                return true;
            }
        } else if let Some(to) = moved(action, self.cursor, self.rows(), list.height.saturating_sub(1)) {
            self.cursor = to;
            self.need_chain(context);
            return true;
        }
        match action {
            Action::Open if self.in_chain => {
                let event = self.chain().and_then(|chain| chain.events.get(self.event as usize));
                context.jump = event.map(|event| Jump::Event { record: event.id, time: event.time });
            }
            Action::Open => self.in_chain = self.finding().is_some(),
            Action::Focus => self.in_chain = !self.in_chain && self.finding().is_some(),
            Action::Back | Action::Close => return std::mem::take(&mut self.in_chain),
            Action::Reload => {
                (self.asked, self.chain_of) = (false, None);
                self.visit(context);
            }
            _ => return false,
        }
        true
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer, context: &mut Context) {
        match answer {
            Answer::Findings(findings) if self.list_slot.takes(ticket) => {
                self.list = Some(List::new(findings));
                self.cursor = self.cursor.min(self.rows().saturating_sub(1));
                self.go_to_level();
                self.need_chain(context);
            }
            Answer::Chain(chain) if self.chain_slot.takes(ticket) => {
                self.event = self.event.min((chain.events.len() as u64).saturating_sub(1));
                self.chain = Some(Chain::new(chain));
            }
            _ => {}
        }
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        self.list_slot.fails(ticket, words);
        self.chain_slot.fails(ticket, words);
    }

    fn arrive(&mut self, jump: Jump, context: &mut Context) {
        if let Jump::Level(level) = jump {
            self.wanted = Some(level);
            self.in_chain = false;
            if self.list.is_some() {
                self.go_to_level();
                self.need_chain(context);
            }
        }
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.list_slot, &mut self.chain_slot]
    }

    fn waits(&self) -> bool {
        self.list_slot.open() || self.chain_slot.open()
    }

    fn status(&self) -> String {
        let Some(list) = &self.list else { return String::new() };
        let at = if list.rows.is_empty() { 0 } else { self.cursor + 1 };
        let mut words = format!("{at} of {}", grouped(list.total));
        if (list.rows.len() as u64) < list.total {
            words += &format!(", the worst {} listed", grouped(list.rows.len() as u64));
        }
        if let (true, Some(chain)) = (self.in_chain, self.chain()) {
            words += &format!("   event {} of {}", self.event + 1, grouped(chain.total));
        }
        words
    }

    fn place(&self) -> (u64, u64) {
        (self.cursor, self.rows())
    }

    fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        if let Some(error) = &self.list_slot.error {
            let y = pen.paragraphs(area, 0, &["The findings could not be read:".to_string()], Role::Bad);
            let y = pen.paragraphs(area, y, error, Role::Plain);
            pen.paragraphs(area, y, &["^r tries again.".to_string()], Role::Faint);
            return;
        }
        let Some(list) = &self.list else {
            let words =
                if self.list_slot.open() { "reading the findings…" } else { "Nothing was read. ^r asks again." };
            pen.write(area, (1, 0), words, Role::Faint);
            return;
        };
        if list.rows.is_empty() {
            pen.paragraphs(area, 0, &list.empty(), Role::Plain);
            return;
        }
        let (list_area, chain_area) = split(area);
        let old = std::mem::replace(&mut pen.faint, self.list_slot.open());
        self.draw_list(pen, list_area, list);
        pen.faint = old;
        self.draw_chain(pen, chain_area);
    }
}

impl Findings {
    fn rows(&self) -> u64 {
        self.list.as_ref().map_or(0, |list| list.rows.len() as u64)
    }

    fn finding(&self) -> Option<&Finding> {
        self.list.as_ref()?.rows.get(self.cursor as usize)
    }

    /// The chain, if it is the one of the finding under the cursor.
    fn chain(&self) -> Option<&Chain> {
        let finding = self.finding()?;
        self.chain.as_ref().filter(|chain| chain.finding == finding.id)
    }

    fn need_chain(&mut self, context: &mut Context) {
        let Some(id) = self.finding().map(|finding| finding.id.clone()) else { return };
        if self.chain_of.as_ref() != Some(&id) {
            self.event = 0;
            self.chain_of = Some(id.clone());
            self.chain_slot.ask(context, Request::Chain { finding: id, limit: EVENTS });
        }
    }

    fn go_to_level(&mut self) {
        let Some(list) = &self.list else { return };
        if let Some(level) = self.wanted.take()
            && let Some(at) = list.rows.iter().position(|finding| finding.level == level)
        {
            self.cursor = at as u64;
        }
    }

    fn draw_list(&self, pen: &mut Pen<'_>, mut area: Rect, list: &List) {
        let lanes = list_lanes(area.width.saturating_sub(1));
        let head = top(u16::from(area.height >= 3), &mut area);
        let names = ["LEVEL", "TITLE", "ACTOR", "FIRST UTC", "EV", "TECHNIQUES"];
        grid::line(pen, head, (1, 0), &lanes, &names.map(|name| (name, Role::Heading)));
        let first = scroll(0, self.cursor, u64::from(area.height));
        for (y, (at, finding)) in (0..area.height).zip(list.rows.iter().enumerate().skip(first as usize)) {
            let under_cursor = at as u64 == self.cursor;
            let base = if under_cursor { Role::Line } else { Role::Plain };
            let when = clock::second(finding.first);
            let cells = [
                (finding.level.name(), Role::Level(finding.level)),
                (finding.title.text(), if under_cursor && !self.in_chain { Role::Cursor } else { base }),
                (finding.actor.text(), base),
                (when.as_str(), base),
                (finding.events.as_str(), base),
                (finding.techniques.text(), base),
            ];
            if under_cursor {
                pen.write(area, (0, y), ">", Role::Key);
            }
            grid::line(pen, area, (1, y), &lanes, &cells);
        }
    }

    fn draw_chain(&self, pen: &mut Pen<'_>, mut area: Rect) {
        if area.height == 0 {
            return;
        }
        if let Some(error) = &self.chain_slot.error {
            let y = pen.paragraphs(area, 0, &["The chain could not be read:".to_string()], Role::Bad);
            pen.paragraphs(area, y, error, Role::Plain);
            return;
        }
        let Some(finding) = self.finding() else { return };
        let head = top(if area.height >= 6 { 3 } else { 1 }, &mut area);
        pen.rule(head, 0);
        let mark = if self.in_chain { "▸" } else { " " };
        let x = pen.write(head, (0, 0), &format!("{mark}{} ", finding.rule.text()), Role::Title);
        pen.write(head, (x, 0), &format!("{} ", finding.level.name()), Role::Level(finding.level));
        pen.write(head, (1, 1), finding.title.text(), Role::Heading);
        let span = clock::length(finding.last.saturating_sub(finding.first));
        let who = format!("{} → {}   over {span}", finding.actor.text(), finding.target.text());
        pen.write(head, (1, 2), &who, Role::Faint);
        let Some(chain) = self.chain() else {
            pen.write(area, (1, 0), "reading the chain…", Role::Faint);
            return;
        };
        let (lines, here) = chain.lines(self.event, usize::from(area.width), pen.theme.ascii);
        let here = if self.in_chain { here } else { 0 };
        let first = scroll(0, here as u64, u64::from(area.height));
        for (y, (at, (role, line))) in (0..area.height).zip(lines.iter().enumerate().skip(first as usize)) {
            let under_cursor = self.in_chain && at == here;
            pen.write(area, (1, y), line, if under_cursor { Role::Cursor } else { *role });
            if under_cursor {
                pen.write(area, (0, y), ">", Role::Key);
            }
        }
    }
}

impl List {
    fn new(findings: ask::Findings) -> List {
        let text = |cell: Option<String>| Shown::new(cell.unwrap_or_else(|| "?".to_string()));
        let mut rows: Vec<Finding> = findings
            .rows
            .into_iter()
            .map(|row| Finding {
                id: row.id,
                level: row.level,
                rule: Shown::new(row.rule),
                title: Shown::new(row.title),
                actor: text(row.actor),
                target: text(row.target),
                first: row.first,
                last: row.last,
                events: grouped(row.events),
                techniques: Shown::new(row.techniques),
            })
            .collect();
        // The order is promised by whoever answers; a stable sort costs nothing and keeps the promise here too.
        rows.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        List { rows, total: findings.total, replayed: findings.replayed }
    }

    fn empty(&self) -> Vec<String> {
        if self.replayed {
            return vec![
                "No rule fired on this evidence.".to_string(),
                "1 shows the rules that could not tell; 2 shows every event.".to_string(),
            ];
        }
        vec![
            "The rules have not been replayed over this case.".to_string(),
            "Run: coldcase replay --case DIR, then ^r here.".to_string(),
        ]
    }
}

impl Chain {
    fn new(chain: ask::Chain) -> Chain {
        let events = chain
            .events
            .into_iter()
            .map(|event| Event {
                id: event.id,
                time: event.time,
                actor: Shown::new(event.actor.unwrap_or_else(|| "?".to_string())),
                what: Shown::new(event.what),
                place: Shown::new(event.place),
                note: Shown::new(event.note),
            })
            .collect();
        let why = chain.why.iter().flat_map(|words| crate::shown::lines(words)).collect();
        Chain { finding: chain.finding, events, total: chain.total, why }
    }

    /// Returns the lines of the chain and which of them is the event asked about.
    fn lines(&self, event: u64, width: usize, ascii: bool) -> (Vec<(Role, String)>, usize) {
        let mut lines = Vec::new();
        let mut here = 0;
        let bar = if ascii { "|" } else { "│" };
        let width = width.saturating_sub(1);
        let mut before: Option<i64> = None;
        for (at, one) in self.events.iter().enumerate() {
            if let Some(before) = before {
                let gap = clock::length(one.time.saturating_sub(before));
                lines.push((Role::Faint, format!("{bar}  +{gap}")));
            }
            before = Some(one.time);
            if at as u64 == event {
                here = lines.len();
            }
            let actor = cut_start(one.actor.text(), if width < 100 { 14 } else { 20 });
            let head = format!("{} {}  {actor}  ", number(at, ascii), clock::time(one.time, 8));
            let left = width.saturating_sub(columns(&head));
            let what = cut_middle(one.what.text(), left);
            let rest = left - columns(&what).min(left);
            if columns(one.place.text()) + 2 <= rest {
                let pad = " ".repeat(rest - columns(one.place.text()));
                lines.push((Role::Plain, format!("{head}{what}{pad}{}", one.place.text())));
            } else {
                lines.push((Role::Plain, format!("{head}{what}")));
                lines.push((Role::Faint, format!("{bar}  {}", one.place.text())));
            }
            if !one.note.text().is_empty() {
                lines.push((Role::Warn, format!("{bar}  ! {}", one.note.text())));
            }
        }
        let left = self.total.saturating_sub(self.events.len() as u64);
        if left > 0 {
            lines.push((Role::Faint, format!("{bar}  and {} more events", grouped(left))));
        }
        for words in &self.why {
            lines.extend(wrap(words, width).into_iter().map(|line| (Role::Faint, line)));
        }
        (lines, here)
    }
}

/// ① to ⑳, then plain numbers.
fn number(at: usize, ascii: bool) -> String {
    match char::from_u32(0x2460 + at as u32) {
        Some(circled) if at < 20 && !ascii => circled.to_string(),
        _ => format!("({})", at + 1),
    }
}

/// The list and the chain: side by side on a wide screen, else one above the other.
fn split(mut area: Rect) -> (Rect, Rect) {
    if area.width >= 120 {
        let width = area.width / 2;
        let chain = right(width, &mut area);
        return (area, chain);
    }
    let height = if area.height < 6 { 0 } else { area.height - (area.height * 2 / 5).clamp(3, 12) };
    let chain = bottom(height, &mut area);
    (area, chain)
}

fn list_lanes(width: u16) -> Vec<Lane> {
    let left = |width| Lane { width, set: Set::Left };
    let keep_end = Lane { width: 18, set: Set::KeepEnd };
    let mut lanes = vec![left(8), left(20), keep_end, left(15), Lane { width: 5, set: Set::Right }, left(11)];
    while lanes.len() > 2 && grid::total(&lanes) > width {
        lanes.pop();
    }
    grid::squeeze(&mut lanes, width);
    let spare = width.saturating_sub(grid::total(&lanes));
    lanes[1].width += spare;
    lanes
}
