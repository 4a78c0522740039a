//! The evidence of one finding: what happened, event by event, with the time between, where each is written and what
//! it lacks; below them why the rule fired. One event is one line, so that a burst of forty can be seen as one.

use super::Finding;
use crate::{
    ask::{self, RecordId},
    clock, shown,
    shown::Shown,
    text::{columns, cut_middle, cut_name, cut_start, grouped, wrap},
    theme::Role,
};

/// The most columns a name has beside what was done, on a screen below and above this width.
const ROOMY: usize = 100;
const NAME: [usize; 2] = [14, 24];

pub struct Chain {
    pub finding: String,
    pub events: Vec<Event>,
    pub total: u64,
    why: Vec<String>,
}

pub struct Event {
    pub id: RecordId,
    pub time: i64,
    pub actor: Option<Shown>,
    what: Shown,
    place: Shown,
    note: Shown,
}

/// The chain laid out for a width.
pub struct Lines {
    pub lines: Vec<(Role, String)>,
    /// The line of each place the cursor may be at: first the events, then every line below them.
    pub stops: Vec<usize>,
    /// How many lines the events have.
    events: usize,
}

impl Chain {
    pub fn new(chain: ask::Chain) -> Chain {
        let events = chain
            .events
            .into_iter()
            .map(|event| Event {
                id: event.id,
                time: event.time,
                actor: Shown::cell(event.actor),
                what: Shown::new(event.what),
                place: Shown::new(event.place),
                note: Shown::new(event.note),
            })
            .collect();
        let why = chain.why.iter().flat_map(|words| shown::lines(words)).collect();
        Chain { finding: chain.finding, events, total: chain.total, why }
    }

    pub fn lines(&self, finding: &Finding, width: usize, ascii: bool) -> Lines {
        let (mut lines, mut stops) = (Vec::new(), Vec::new());
        // Who acted is in the head of the chain; on the lines it stands only when there is more than one.
        let most = NAME[usize::from(width >= ROOMY)];
        let name = |event: &Event| columns(&cut_name(event.actor_text(), most));
        let alone = self.events.iter().all(|event| event.actor == finding.actor);
        let lane = if alone { 0 } else { self.events.iter().map(name).max().unwrap_or(0) };
        let (mut before, mut note) = (None, "");
        for (at, event) in self.events.iter().enumerate() {
            stops.push(lines.len());
            let number = number(at, self.events.len(), ascii);
            lines.push((Role::Plain, event.line(&number, before, lane, width)));
            before = Some(event.time);
            // A remark that holds for a whole run of events is said once; its mark stands on each.
            if event.note.text() != note && !event.note.text().is_empty() {
                let words = format!("! {}", event.note.text());
                let indent = " ".repeat(columns(&number) + 1);
                let room = width.saturating_sub(columns(&indent));
                lines.extend(wrap(&words, room).into_iter().map(|line| (Role::Warn, format!("{indent}{line}"))));
            }
            note = event.note.text();
        }
        let events = lines.len();
        let left = self.total.saturating_sub(self.events.len() as u64);
        if left > 0 {
            let words = format!("and {} more: f shows all events of the actor", grouped(left));
            lines.extend(wrap(&words, width).into_iter().map(|line| (Role::Warn, line)));
        }
        for words in &self.why {
            lines.push((Role::Plain, String::new()));
            lines.extend(wrap(words, width).into_iter().map(|line| (Role::Plain, line)));
        }
        stops.extend(events..lines.len());
        Lines { lines, stops, events }
    }
}

impl Lines {
    /// Puts an explanation in the place of what the rule says of itself.
    pub fn explained(&mut self, why: Vec<(Role, String)>) {
        self.lines.truncate(self.events);
        self.stops.retain(|stop| *stop < self.events);
        let from = self.lines.len();
        self.lines.push((Role::Plain, String::new()));
        self.lines.extend(why);
        self.stops.extend(from..self.lines.len());
    }
}

impl Event {
    fn line(&self, number: &str, before: Option<i64>, lane: usize, width: usize) -> String {
        let gap =
            before.map_or(String::new(), |before| format!("+{}", clock::length(self.time.saturating_sub(before))));
        let mut head = format!("{number} {} {gap:>8}  ", clock::time(self.time, 8));
        if width < 50 {
            head = format!("{number} {} ", clock::time(self.time, 8));
        }
        if lane > 0 {
            let actor = cut_name(self.actor_text(), lane);
            head += &format!("{actor}{}  ", " ".repeat(lane - columns(&actor).min(lane)));
        }
        if !self.note.text().is_empty() {
            head += "! ";
        }
        let left = width.saturating_sub(columns(&head));
        // The end of a place, its offset, leads to the record; the name of the file may be cut.
        let offset = self.place.text().rsplit(':').next().map_or(0, |offset| columns(offset) + 2);
        let least = columns(self.place.text()).min(if width < ROOMY { offset } else { usize::MAX });
        let what = cut_middle(self.what.text(), left.saturating_sub(least + 2).max(left / 2));
        let rest = left - columns(&what).min(left);
        let place = cut_start(self.place.text(), rest.saturating_sub(2));
        format!("{head}{what}{}{place}", " ".repeat(rest - columns(&place).min(rest)))
    }

    pub fn actor_text(&self) -> &str {
        self.actor.as_ref().map_or("cannot tell who", Shown::text)
    }

    /// The event in one line, for the clipboard.
    pub fn words(&self) -> String {
        let parts =
            [&clock::exact(self.time), self.actor_text(), self.what.text(), self.place.text(), self.note.text()];
        parts.join("  ").trim_end().to_string()
    }
}

/// ① to ⑳ while they suffice, else plain numbers of one width.
fn number(at: usize, of: usize, ascii: bool) -> String {
    match char::from_u32(0x2460 + u32::try_from(at).unwrap_or(u32::MAX / 2)) {
        Some(circled) if of <= 20 && !ascii => circled.to_string(),
        _ => format!("{:>width$}", at + 1, width = of.to_string().len()),
    }
}
