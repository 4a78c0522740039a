//! What the rules found, worst first, and for each finding the events that prove it, with the time between them.
//! Enter on an event leads to that very event in the timeline.

mod chain;
mod explain;
mod list;
mod point;

use ratatui::layout::{Position, Rect};

use self::{
    chain::{Chain, Event, Lines},
    list::{Finding, List, Sort},
};
use crate::{
    ask::{Answer, Chip, Column, Exported, Filter, Level, Op, Request, Subject, Ticket, Whom, Why},
    keys::{Action, Binding, EVERYWHERE, FINDINGS, MOVE, NOTES, OUTGOING, PROMPT, RELOAD},
    shown::Shown,
    text::{grouped, wrap},
    theme::Role,
    views::{Context, Jump, Slot, Typed, View, complain, moved, noting::Noting},
    widgets::{
        input::Input,
        pen::{Pen, bottom, right, scroll, top},
    },
};

/// More findings than a person reads; the status line says when there are more.
const LIST: u32 = 2000;
const EVENTS: u32 = 500;
/// From this width on the chain stands beside the list; both have room for all their columns then.
const WIDE: u16 = 185;

#[derive(Default)]
pub struct Findings {
    list_slot: Slot,
    asked: bool,
    list: Option<List>,
    sort: Sort,
    cursor: u64,
    chain_slot: Slot,
    chain: Option<Chain>,
    chain_of: Option<String>,
    /// Where in the chain the cursor is: an event, or a line below them.
    stop: u64,
    in_chain: bool,
    wanted: Option<Wanted>,
    pattern: String,
    prompt: Option<Input>,
    note: Option<String>,
    noting: Noting,
    why_slot: Slot,
    why: Option<Why>,
}

/// The finding that another screen sent us to.
enum Wanted {
    First(Level),
    Rule(String),
    Id(String),
}

impl View for Findings {
    fn title(&self) -> &'static str {
        "Findings"
    }

    fn keys(&self) -> Vec<&'static [Binding]> {
        if self.typing() { vec![PROMPT] } else { self.all_keys() }
    }

    fn all_keys(&self) -> Vec<&'static [Binding]> {
        vec![FINDINGS, NOTES, OUTGOING, MOVE, RELOAD, EVERYWHERE]
    }

    fn typing(&self) -> bool {
        self.prompt.is_some() || self.noting.prompt().is_some()
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Open if self.in_chain => self.event().is_some(),
            Action::Open | Action::Focus | Action::Follow | Action::Copy | Action::Mark => self.finding().is_some(),
            Action::Search | Action::Sort => self.rows() > 1,
            Action::Back => self.in_chain,
            _ => true,
        }
    }

    fn visit(&mut self, context: &mut Context) {
        if !self.asked {
            self.asked = true;
            self.list_slot.ask(context, Request::Findings { limit: LIST });
        }
        self.stop = self.stop.min(self.stops(context.area).saturating_sub(1));
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        if !matches!(action, Action::Back | Action::Close) {
            (self.note, self.noting.said) = (None, None);
        }
        if self.noting.submit(action, context) {
            return true;
        }
        if let Some(input) = self.prompt.take() {
            if action == Action::Submit && !input.text().is_empty() {
                self.pattern = input.text().to_string();
                self.search(true, context);
            }
            return true;
        }
        let (list, chain) = self.split(context.area);
        if self.in_chain {
            let height = chain.height.saturating_sub(self.head_height(chain));
            if let Some(to) = moved(action, self.stop, self.stops(context.area), height) {
                self.stop = to;
                return true;
            }
        } else if let Some(to) = moved(action, self.cursor, self.rows(), list.height.saturating_sub(1)) {
            self.cursor = to;
            self.need_chain(context);
            return true;
        }
        match action {
            Action::Open if self.in_chain => {
                let jump = self.event().map(|event| Jump::Event { record: event.id, time: event.time });
                context.jump = jump;
            }
            Action::Open => self.in_chain = self.finding().is_some(),
            Action::Focus => self.in_chain = !self.in_chain && self.finding().is_some(),
            Action::Follow => context.jump = self.follow(),
            Action::About => {
                // Where nobody acted, as in what merely stands, it is about what the finding is on.
                let (_, value) = self.subject();
                let target = self.finding().and_then(|finding| finding.target.as_ref());
                let object = target.map(|target| target.raw().to_string());
                match value.is_some() || object.is_some() {
                    true => {
                        let whom = Whom::Cell { column: Column::Actor, value, actor: None, object };
                        context.jump = Some(Jump::About(whom));
                    }
                    false => self.note = Some("nobody acted here, and on nothing".to_string()),
                }
            }
            Action::Explain => self.explain(context),
            Action::Behind => context.jump = self.finding().map(|finding| Jump::Behind(finding.id.clone())),
            Action::Export => match self.finding().map(|finding| finding.id.clone()) {
                Some(id) => self.noting.export(Exported::Finding(id)),
                None => self.note = Some("there is nothing to export here".to_string()),
            },
            // A test is of the finding, wherever in its chain the cursor is.
            Action::Fixture => {
                let on = self.finding().map(|finding| Subject::Finding(finding.id.clone()));
                return self.noting.act(action, on, None, context);
            }
            Action::Sort => self.sort_by(self.sort.next(), context),
            Action::Search => self.prompt = Some(Input::default()),
            Action::Next => self.search(true, context),
            Action::Previous => self.search(false, context),
            Action::Copy => {
                let words = match self.in_chain {
                    true => self.event().map(Event::words),
                    false => self.finding().map(Finding::words),
                };
                self.note = Some(words.map_or("nothing to copy here".to_string(), |words| context.copy(&words)));
            }
            Action::Back | Action::Close => return std::mem::take(&mut self.in_chain),
            Action::Reload => {
                (self.asked, self.chain_of) = (false, None);
                self.visit(context);
            }
            _ => {
                let (on, actor) = self.subject();
                return self.noting.act(action, on, actor.as_deref(), context);
            }
        }
        true
    }

    fn typed(&mut self, typed: &Typed, _context: &mut Context) {
        self.noting.typed(typed);
        let Some(prompt) = &mut self.prompt else { return };
        typed.apply_to(prompt)
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer, context: &mut Context) {
        match answer {
            Answer::Findings(findings) if self.list_slot.takes(ticket) => {
                let before = self.finding().map(|finding| finding.id.clone());
                let mut list = List::new(findings);
                list.sort(self.sort);
                self.list = Some(list);
                self.cursor_to(before.as_deref());
                self.go_to_wanted();
                self.need_chain(context);
            }
            Answer::Chain(chain) if self.chain_slot.takes(ticket) => {
                self.chain = Some(Chain::new(chain));
                self.stop = self.stop.min(self.stops(context.area).saturating_sub(1));
            }
            Answer::Why(why) if self.why_slot.takes(ticket) => self.why = Some(why),
            _ => {}
        }
    }

    fn noted(&mut self, ticket: Ticket, words: &str, _context: &mut Context) {
        self.noting.answered(ticket, words);
        self.asked = false;
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        self.noting.answered(ticket, words);
        self.list_slot.fails(ticket, words);
        self.chain_slot.fails(ticket, words);
        self.why_slot.fails(ticket, words);
    }

    /// What was found is of another version of a rule now.
    fn edited(&mut self, _done: &Result<(), String>, _context: &mut Context) {
        (self.asked, self.chain_of) = (false, None);
    }

    fn arrive(&mut self, jump: Jump, context: &mut Context) {
        self.wanted = match jump {
            Jump::Level(level) => Some(Wanted::First(level)),
            Jump::Finding(id) => Some(Wanted::Id(id)),
            Jump::Rule(rule) => Some(Wanted::Rule(rule)),
            _ => return,
        };
        self.in_chain = false;
        if self.list.is_some() {
            self.sort_by(Sort::Level, context);
            self.go_to_wanted();
            self.need_chain(context);
        }
    }

    fn point(&mut self, at: Position, context: &mut Context) -> bool {
        self.point_at(at, context)
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.list_slot, &mut self.chain_slot, &mut self.why_slot]
    }

    fn waits(&self) -> bool {
        self.list_slot.open() || self.chain_slot.open() || self.why_slot.open() || self.noting.waits()
    }

    fn refreshes(&self) -> bool {
        self.list.is_some() && self.list_slot.open()
    }

    fn prompt(&self) -> Option<(&'static str, &Input)> {
        self.noting.prompt().or(self.prompt.as_ref().map(|input| ("find:", input)))
    }

    fn status(&self) -> String {
        if self.noting.prompt().is_some() {
            return self.noting.hint().to_string();
        }
        let Some(list) = self.list.as_ref().filter(|_| self.prompt.is_none()) else { return String::new() };
        if let Some(note) = self.noting.said.as_ref().or(self.note.as_ref()) {
            return note.clone();
        }
        let at = if list.rows.is_empty() { 0 } else { self.cursor + 1 };
        let noted = self.finding().map(|finding| &finding.noted).filter(|noted| noted.any());
        let mut words = format!("{at} of {}", grouped(list.total));
        if (list.rows.len() as u64) < list.total {
            words += &format!(", the worst {} listed", grouped(list.rows.len() as u64));
        }
        if !list.rows.is_empty() {
            words += &format!("   {}", self.sort.words());
        }
        if let Some(noted) = noted {
            words += &format!("   {}", crate::text::visible(&noted.words()));
        }
        if let (true, Some(chain)) = (self.in_chain, self.chain()) {
            let events = chain.events.len() as u64;
            words += &match self.stop < events {
                true => format!("   event {} of {}", grouped(self.stop + 1), grouped(chain.total)),
                false => "   why the rule fired".to_string(),
            };
        }
        words
    }

    fn place(&self) -> (u64, u64) {
        (self.cursor, self.rows())
    }

    fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        if let Some(error) = &self.list_slot.error {
            complain(pen, area, "The findings could not be read:", error, "^r tries again.");
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
        let (list_area, chain_area) = self.split(area);
        let old = std::mem::replace(&mut pen.faint, self.list_slot.open());
        if list_area.height > 0 {
            self.draw_list(pen, list_area, list);
        }
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

    /// The event of the chain the cursor is on.
    fn event(&self) -> Option<&Event> {
        self.chain()?.events.get(usize::try_from(self.stop).ok()?)
    }

    fn laid_out(&self, width: u16, ascii: bool) -> Option<Lines> {
        let width = usize::from(width.saturating_sub(2));
        let mut laid = self.chain()?.lines(self.finding()?, width, ascii);
        if let Some(why) = self.explanation(width) {
            laid.explained(why);
        }
        Some(laid)
    }

    fn stops(&self, area: Rect) -> u64 {
        let (_, chain) = self.split(area);
        self.laid_out(chain.width, false).map_or(0, |lines| lines.stops.len() as u64)
    }

    fn need_chain(&mut self, context: &mut Context) {
        let Some(id) = self.finding().map(|finding| finding.id.clone()) else { return };
        if self.chain_of.as_ref() != Some(&id) {
            self.stop = 0;
            self.why_slot = Slot::default();
            self.chain_of = Some(id.clone());
            self.chain_slot.ask(context, Request::Chain { finding: id, limit: EVENTS });
        }
    }

    fn go_to_wanted(&mut self) {
        let Some(list) = &self.list else { return };
        let Some(wanted) = self.wanted.take() else { return };
        let at = list.rows.iter().position(|finding| match &wanted {
            Wanted::First(level) => finding.level == *level,
            Wanted::Id(id) => finding.id == *id,
            Wanted::Rule(rule) => finding.rule.raw() == rule,
        });
        match at {
            Some(at) => self.cursor = at as u64,
            None => self.note = Some("that finding is not listed here".to_string()),
        }
    }

    /// What a note would be on, and whom a name would be given: the event in the chain, else the finding.
    fn subject(&self) -> (Option<Subject>, Option<String>) {
        if let (true, Some(event)) = (self.in_chain, self.event()) {
            let actor = event.actor.as_ref().map(|actor| actor.raw().to_string());
            return (Some(Subject::Event(event.id)), actor);
        }
        let finding = self.finding();
        let actor = finding.and_then(|finding| finding.actor.as_ref()).map(|actor| actor.raw().to_string());
        (finding.map(|finding| Subject::Finding(finding.id.clone())), actor)
    }

    /// Puts the cursor on this finding; when there is none, as near to where it was as there are rows.
    fn cursor_to(&mut self, id: Option<&str>) {
        let at = |list: &List| list.rows.iter().position(|finding| Some(finding.id.as_str()) == id);
        let at = self.list.as_ref().and_then(at);
        self.cursor = at.map_or(self.cursor.min(self.rows().saturating_sub(1)), |at| at as u64);
    }

    /// Sorts, the cursor staying on its finding.
    fn sort_by(&mut self, sort: Sort, context: &mut Context) {
        self.sort = sort;
        let before = self.finding().map(|finding| finding.id.clone());
        if let Some(list) = &mut self.list {
            list.sort(sort);
        }
        self.cursor_to(before.as_deref());
        self.need_chain(context);
    }

    fn search(&mut self, on: bool, context: &mut Context) {
        if self.pattern.is_empty() {
            self.note = Some("nothing was searched for yet: / finds text".to_string());
            return;
        }
        let Some(list) = &self.list else { return };
        let fits = |at: &usize| list.rows[*at].contains(&self.pattern);
        let here = self.cursor as usize;
        let found = match on {
            true => (here + 1..list.rows.len()).find(fits),
            false => (0..here.min(list.rows.len())).rev().find(fits),
        };
        match found {
            Some(at) => {
                (self.cursor, self.in_chain) = (at as u64, false);
                self.need_chain(context);
            }
            None => self.note = Some("none further on in this direction".to_string()),
        }
    }

    /// The timeline of who did it: of the event in the chain, else of the finding.
    fn follow(&self) -> Option<Jump> {
        let actor = match self.event().filter(|_| self.in_chain) {
            Some(event) => &event.actor,
            None => &self.finding()?.actor,
        };
        let value = actor.as_ref().map(|actor: &Shown| actor.raw().to_string());
        let chips = vec![Chip { column: Column::Actor, op: Op::Is, value }];
        Some(Jump::Filtered(Filter { chips, ..Filter::default() }))
    }

    /// The list and the chain: side by side on a wide screen, else one above the other, and on a very small one only
    /// the one with the focus. A short list leaves its room to the chain.
    fn split(&self, mut area: Rect) -> (Rect, Rect) {
        let none = Rect { height: 0, ..area };
        if area.height < 9 {
            return if self.in_chain { (none, area) } else { (area, none) };
        }
        if area.width >= WIDE {
            let width = u16::try_from(u32::from(area.width) * 45 / 100).unwrap_or(area.width);
            let chain = right(width, &mut area);
            return (area, chain);
        }
        let rows = u16::try_from(self.rows()).unwrap_or(u16::MAX);
        let list = (area.height * 2 / 5).clamp(4, 16).min(rows.saturating_add(2));
        let chain = bottom(area.height - list, &mut area);
        (area, chain)
    }

    /// The name, the title on as many lines as it needs, and who did it.
    fn head_height(&self, area: Rect) -> u16 {
        let title = self
            .finding()
            .map_or(1, |finding| wrap(finding.title.text(), usize::from(area.width.saturating_sub(2))).len());
        if area.height >= 8 { 2 + u16::try_from(title.min(3)).unwrap_or(1) } else { 1 }
    }

    fn draw_chain(&self, pen: &mut Pen<'_>, mut area: Rect) {
        let Some(finding) = self.finding().filter(|_| area.height > 0) else { return };
        let mut head = top(if area.width > 4 { self.head_height(area) } else { 0 }, &mut area);
        let name = top(1, &mut head);
        pen.rule(name, 0);
        let mark = match (self.in_chain, pen.theme.ascii) {
            (true, true) => ">",
            (true, false) => "▸",
            (false, _) => " ",
        };
        let x = pen.write(name, (0, 0), &format!("{mark}{} ", finding.rule.text()), Role::Title);
        let x = pen.write(name, (x, 0), &format!("{} ", finding.level.name()), Role::Level(finding.level));
        pen.right(name, x + 1, 0, &format!(" {} ", finding.techniques.text()), Role::Plain);
        let who = bottom(1, &mut head);
        pen.paragraphs(head, 0, &[finding.title.text().to_string()], Role::Heading);
        pen.write(who, (1, 0), &finding.who(usize::from(area.width.saturating_sub(2))), Role::Faint);
        if let Some(error) = &self.chain_slot.error {
            complain(pen, area, "The chain could not be read:", error, "^r tries again.");
            return;
        }
        let Some(laid) = self.laid_out(area.width, pen.theme.ascii) else {
            pen.write(area, (1, 0), "reading the chain…", Role::Faint);
            return;
        };
        let here = laid.stops.get(self.stop as usize).copied().filter(|_| self.in_chain);
        let first = scroll(0, here.unwrap_or(0) as u64, u64::from(area.height));
        for (y, (at, (role, line))) in (0..area.height).zip(laid.lines.iter().enumerate().skip(first as usize)) {
            let under_cursor = here == Some(at);
            pen.write(area, (1, y), line, if under_cursor { Role::Cursor } else { *role });
            if under_cursor {
                pen.write(area, (0, y), ">", Role::Key);
            }
        }
        pen.more(area, first > 0, (laid.lines.len() as u64).saturating_sub(first));
    }
}
