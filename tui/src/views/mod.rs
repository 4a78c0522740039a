//! The screens, one file each, all of one shape. A view keeps what it knows, asks through `Context` and draws from
//! what it keeps; it never waits.

pub mod about;
pub mod casefile;
pub mod clauses;
pub mod compare;
pub mod findings;
pub mod help;
pub mod noting;
pub mod overview;
pub mod query;
pub mod record;
pub mod rules;
pub mod snapshot;
pub mod timeline;

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

use crate::{
    ask::{Answer, Filter, Level, Noted, RecordId, Request, Ticket, Whom, Window},
    keys::{Action, Binding},
    msg::Effect,
    shown,
    text::{cut, grouped, visible},
    theme::Role,
    widgets::{input::Input, pen::Pen},
};

/// One screen.
pub trait View {
    fn title(&self) -> &'static str;
    /// The tables of keys that hold now, in the order of the footer.
    fn keys(&self) -> Vec<&'static [Binding]>;
    /// All tables of keys of the screen, for its help.
    fn all_keys(&self) -> Vec<&'static [Binding]> {
        self.keys()
    }
    /// Keys are text now: only the view's own tables are looked up.
    fn typing(&self) -> bool {
        false
    }
    /// The action has an effect now, so the footer may offer it.
    fn offers(&self, _action: Action) -> bool {
        true
    }
    /// The screen is shown, or its size changed: ask for what is missing.
    fn visit(&mut self, context: &mut Context);
    /// Does what a key asks. Returns false when it means nothing here.
    fn act(&mut self, action: Action, context: &mut Context) -> bool;
    /// A key or a paste that is text.
    fn typed(&mut self, _typed: &Typed, _context: &mut Context) {}
    fn loaded(&mut self, ticket: Ticket, answer: Answer, context: &mut Context);
    /// A note was written by some screen: what is shown of notes is old now.
    fn noted(&mut self, _ticket: Ticket, _words: &str, _context: &mut Context) {}
    fn failed(&mut self, ticket: Ticket, words: &str);
    /// The file that this screen wanted edited was, or why not.
    fn edited(&mut self, _done: &Result<(), String>, _context: &mut Context) {}
    /// Another screen sends the user here.
    fn arrive(&mut self, _jump: Jump, _context: &mut Context) {}
    /// A replay has come to this event: show it, if this screen shows events.
    fn go_along(&mut self, _record: RecordId, _time: i64, _context: &mut Context) {}
    /// The time of the event under the cursor, if this screen shows events.
    fn here(&self) -> Option<i64> {
        None
    }
    /// A click: what is there gets the keys, and a row the cursor. Returns false when nothing is there.
    fn point(&mut self, _at: Position, _context: &mut Context) -> bool {
        false
    }
    /// The slots that may have an open question.
    fn slots(&mut self) -> Vec<&mut Slot>;
    /// One of the slots waits for an answer.
    fn waits(&self) -> bool;
    /// What is shown is older than what was asked for.
    fn refreshes(&self) -> bool {
        false
    }
    /// The left of the status line: what is shown, of how many.
    fn status(&self) -> String;
    /// A question the user is writing the answer to; it takes the status line, which every size of screen has.
    fn prompt(&self) -> Option<(&'static str, &Input)> {
        None
    }
    /// The line the cursor is on and how many there are.
    fn place(&self) -> (u64, u64);
    fn draw(&self, pen: &mut Pen<'_>, area: Rect);
}

/// The screens in the order of their digits, and after them the pages that other screens open.
pub static VIEWS: &[fn() -> Box<dyn View>] = &[
    || Box::new(overview::Overview::default()),
    || Box::new(timeline::Timeline::default()),
    || Box::new(findings::Findings::default()),
    || Box::new(query::Query::default()),
    || Box::new(snapshot::Snapshot::default()),
    || Box::new(rules::Rules::default()),
    || Box::new(casefile::CaseFile::default()),
    || Box::new(about::About::default()),
    || Box::new(compare::Compare::default()),
];

pub const TIMELINE: usize = 1;
pub const FINDINGS: usize = 2;
pub const SQL: usize = 3;
pub const SNAPSHOT: usize = 4;
pub const RULES: usize = 5;
pub const CASE: usize = 6;
/// How many screens have a digit and a tab.
pub const SCREENS: usize = 7;
pub const ABOUT: usize = 7;
pub const COMPARE: usize = 8;

/// Text from the keyboard.
#[derive(Clone, Debug)]
pub enum Typed {
    Key(KeyEvent),
    Paste(String),
}

impl Typed {
    /// Types into a field of one line.
    pub fn apply_to(&self, input: &mut Input) {
        match self {
            Typed::Key(key) => input.key(*key),
            Typed::Paste(text) => input.insert(text.lines().next().unwrap_or("")),
        }
    }
}

/// A way from one screen to a place in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jump {
    /// The timeline, on this event.
    Event { record: RecordId, time: i64 },
    /// The timeline under this filter.
    Filtered(Filter),
    /// The findings, on the first of this level.
    Level(Level),
    /// The findings, on the one with this id.
    Finding(String),
    /// The findings, on the first of this rule.
    Rule(String),
    /// The page about somebody or something.
    About(Whom),
    /// Two events or two windows side by side.
    Compare(compare::Pair),
    /// The timeline in this window, its other conditions kept.
    Window(Window),
    /// The named windows of the case.
    Windows,
    /// The SQL screen, with the query that finds the events of the finding with this id.
    Behind(String),
    /// The SQL screen, with this query, which is run.
    Query(String),
}

/// What a view may do besides changing itself: ask, and send the user elsewhere.
#[derive(Debug, Default)]
pub struct Context {
    tickets: u64,
    pub effects: Vec<Effect>,
    pub jump: Option<Jump>,
    /// The place of the view on the screen.
    pub area: Rect,
}

impl Context {
    /// Asks, and returns the number the answer will carry.
    pub fn ask(&mut self, request: Request) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.effects.push(Effect::Ask(ticket, request));
        ticket
    }

    /// Copies the text as it is shown, because a pasted escape or line break would be obeyed. Returns what to say of it.
    pub fn copy(&mut self, text: &str) -> String {
        let shown: Vec<_> = text.split('\n').map(visible).collect();
        let shown = shown.join("\n");
        let hidden = if shown == text { "" } else { ", hidden characters spelled out" };
        let words = format!("copied{hidden}: {}", cut(shown.lines().next().unwrap_or(""), 40));
        self.effects.push(Effect::Copy(shown));
        words
    }
}

/// Says what could not be done, why, and the way out. Returns the line after it.
pub fn complain(pen: &mut Pen<'_>, area: Rect, what: &str, why: &[String], way_out: &str) -> u16 {
    let y = pen.paragraphs(area, 0, &[what.to_string()], Role::Bad);
    let y = pen.paragraphs(area, y, why, Role::Plain);
    pen.paragraphs(area, y, &[way_out.to_string()], Role::Faint)
}

/// Returns the mark of what has notes: in the story, marked, or something written.
pub fn mark(noted: &Noted, ascii: bool) -> Option<&'static str> {
    match (noted.any(), noted.story, noted.marked) {
        (false, ..) => None,
        (_, true, _) => Some(if ascii { "#" } else { "■" }),
        (_, _, true) => Some(if ascii { "*" } else { "◆" }),
        _ => Some(if ascii { "+" } else { "◇" }),
    }
}

/// Returns `one` with its number, or with an s: `1 event`, `2,310 events`.
pub fn count(number: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// One kind of question of a view. Only the latest is waited for: an answer to an older one is dropped here, which is
/// all there is to staleness.
#[derive(Debug, Default)]
pub struct Slot {
    open: Option<Ticket>,
    /// Why the latest question got no answer.
    pub error: Option<Vec<String>>,
}

impl Slot {
    pub fn ask(&mut self, context: &mut Context, request: Request) {
        self.stop(context);
        self.error = None;
        self.open = Some(context.ask(request));
    }

    pub fn open(&self) -> bool {
        self.open.is_some()
    }

    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.open == Some(ticket)
    }

    /// Returns whether this is the answer that is waited for, and stops waiting if so.
    pub fn takes(&mut self, ticket: Ticket) -> bool {
        let wanted = self.waits_for(ticket);
        if wanted {
            self.open = None;
        }
        wanted
    }

    /// Keeps the words if they are about the latest question.
    pub fn fails(&mut self, ticket: Ticket, words: &str) -> bool {
        let wanted = self.takes(ticket);
        if wanted {
            self.error = Some(shown::lines(words));
        }
        wanted
    }

    /// Waits no longer; nobody is there to be told.
    pub fn abandon(&mut self) {
        if self.open.take().is_some() {
            self.error = Some(vec!["the worker is gone".to_string()]);
        }
    }

    /// Waits no longer, and tells the worker.
    pub fn stop(&mut self, context: &mut Context) -> bool {
        let Some(ticket) = self.open.take() else { return false };
        context.ask(Request::Cancel(ticket));
        true
    }
}

/// Moves a cursor as the action says among `rows` rows seen `height` at a time. `None`: the action is no movement.
pub fn moved(action: Action, cursor: u64, rows: u64, height: u16) -> Option<u64> {
    let height = u64::from(height.max(1));
    let half = (height / 2).max(1);
    let to = match action {
        Action::Down => cursor.saturating_add(1),
        Action::Up => cursor.saturating_sub(1),
        Action::Top => 0,
        Action::End => rows,
        Action::HalfDown => cursor.saturating_add(half),
        Action::HalfUp => cursor.saturating_sub(half),
        Action::PageDown => cursor.saturating_add(height),
        Action::PageUp => cursor.saturating_sub(height),
        _ => return None,
    };
    Some(to.min(rows.saturating_sub(1)))
}
