//! Where the keys of the timeline lead: to other rows, to other times, to another filter. The questions they raise and
//! what becomes of the answers are here; what is held is in the view.

use super::{Anchor, Timeline, chips};
use crate::{
    ask::{Column, Direction, Filter, RecordId, Request, Want, Whom, Window},
    clock,
    keys::Action,
    shown::Shown,
    views::{Context, Jump},
};

const DAY: i64 = 86_400_000_000;
/// Before any event, so that its place is where its time begins.
const NO_EVENT: RecordId = RecordId { evidence: 0, offset: 0, len: 0 };

/// What the prompt asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Text,
    Time,
}

/// Where the cursor goes when the place that was asked for is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Landing {
    /// The event itself.
    #[default]
    Event,
    /// The first event from a time on.
    From,
    /// The last event before a time.
    Before,
    /// The first event of a finding from a time on.
    NextFinding,
    /// The last event of a finding before a time.
    FindingBefore,
}

/// What was looked for last, and how many times more the same key was pressed before the answer came.
#[derive(Debug, Default)]
pub struct Sought {
    last: Option<(Want, Direction)>,
    more: u32,
}

impl Question {
    pub fn words(self) -> &'static str {
        match self {
            Question::Text => "find:",
            Question::Time => "go to:",
        }
    }

    /// What Enter would do with this text, before it is pressed.
    pub fn hint(self, text: &str, now: i64) -> String {
        match self {
            Question::Text => String::new(),
            Question::Time => clock::hint(text, now),
        }
    }
}

impl Timeline {
    /// Does what a key of movement asks. Returns false when it is none.
    pub fn step(&mut self, action: Action, context: &mut Context) -> bool {
        match action {
            Action::Next | Action::Previous if self.pattern.is_empty() => self.search_first(),
            Action::Next => self.seek(Want::Text(self.pattern.clone()), Direction::Forward, context),
            Action::Previous => self.seek(Want::Text(self.pattern.clone()), Direction::Back, context),
            Action::NextSame => self.seek_actor(Direction::Forward, context),
            Action::PreviousSame => self.seek_actor(Direction::Back, context),
            Action::NextFinding => self.seek(Want::Finding, Direction::Forward, context),
            Action::PreviousFinding => self.seek(Want::Finding, Direction::Back, context),
            Action::NextNoted => self.seek(Want::Noted, Direction::Forward, context),
            Action::PreviousNoted => self.seek(Want::Noted, Direction::Back, context),
            Action::BinBack | Action::BinOn => {
                if let Some((start, end)) = self.bin() {
                    self.beside(action == Action::BinOn, start, end, context);
                }
            }
            Action::PreviousFindingDay | Action::NextFindingDay => {
                let start = clock::day_start(self.now());
                match action == Action::NextFindingDay {
                    true => self.go_to(start.saturating_add(DAY), Landing::NextFinding, context),
                    false => self.go_to(start, Landing::FindingBefore, context),
                }
            }
            Action::DayBack | Action::DayOn => {
                let start = clock::day_start(self.now());
                self.beside(action == Action::DayOn, start, start.saturating_add(DAY), context);
            }
            _ => return false,
        }
        true
    }

    pub fn act_in_prompt(&mut self, action: Action, context: &mut Context) -> bool {
        let Some((question, input)) = self.prompt.take() else { return true };
        if action != Action::Submit || input.text().is_empty() {
            return true;
        }
        match (question, clock::instant(input.text(), self.now())) {
            (Question::Text, _) => {
                self.pattern = input.text().to_string();
                self.seek(Want::Text(self.pattern.clone()), Direction::Forward, context);
            }
            (Question::Time, Some(at)) => self.go_to(at, Landing::From, context),
            // What was written stays, so that it can be corrected.
            (Question::Time, None) => self.prompt = Some((question, input)),
        }
        true
    }

    /// The time of the row under the cursor, else the start of what is shown.
    pub fn now(&self) -> i64 {
        self.row().map(|row| row.time).or_else(|| Some(self.strip.as_ref()?.1.from)).unwrap_or(0)
    }

    pub fn go_to(&mut self, time: i64, landing: Landing, context: &mut Context) {
        self.landing = landing;
        self.sent_to = None;
        let request = Request::Locate { filter: self.filter.clone(), record: NO_EVENT, time };
        self.place_slot.ask(context, request);
    }

    /// To the first event after a stretch of time, or to the last one before it.
    fn beside(&mut self, on: bool, start: i64, end: i64, context: &mut Context) {
        match on {
            true => self.go_to(end, Landing::From, context),
            false => self.go_to(start, Landing::Before, context),
        }
    }

    /// The bin of the strip the cursor is in.
    fn bin(&mut self) -> Option<(i64, i64)> {
        let now = self.now();
        let Some((_, strip)) = self.strip.as_ref().filter(|(filter, _)| *filter == self.filter) else {
            self.note = Some("the strip is still loading; try again".to_string());
            return None;
        };
        let width = strip.to.saturating_sub(strip.from) / (strip.bins.len() as i64).max(1);
        let width = width.max(1);
        let start = strip.from.saturating_add(now.saturating_sub(strip.from).div_euclid(width).saturating_mul(width));
        Some((start, start.saturating_add(width)))
    }

    pub fn placed(&mut self, row: u64, exact: bool, context: &mut Context) {
        let sent_to = self.sent_to.take();
        let row = match self.landing {
            // What is looked for is not the row itself but what comes after or before it, so the cursor waits.
            Landing::NextFinding if row == 0 => return self.seek_from(Want::Finding, Direction::Forward, 0, context),
            Landing::NextFinding => return self.seek_from(Want::Finding, Direction::Forward, row - 1, context),
            Landing::FindingBefore => return self.seek_from(Want::Finding, Direction::Back, row, context),
            Landing::Event => match self.reveal(exact, sent_to, context) {
                true => row,
                false => return,
            },
            Landing::From if row >= self.known() => {
                self.note = Some("no event from that time on; this is the last".to_string());
                self.known().saturating_sub(1)
            }
            Landing::From => row,
            Landing::Before if row == 0 => {
                self.note = Some("no event before that time; this is the first".to_string());
                0
            }
            Landing::Before => row - 1,
        };
        self.cursor = row;
        let height = u64::from(self.layout(context.area).rows.height);
        self.first = row.saturating_sub(height / 3);
        self.need(context);
        self.follow_detail(context);
    }

    /// Returns whether the event is in view; if a filter hides the one another screen sent us to, the filter goes.
    fn reveal(&mut self, exact: bool, sent_to: Option<Anchor>, context: &mut Context) -> bool {
        if exact || sent_to.is_none() {
            return true;
        }
        if self.filter != Filter::default() {
            // What only hides it among repeats is taken away before what keeps it out.
            let folded = self.filter.fold.is_some();
            let filter = if folded { Filter { fold: None, ..self.filter.clone() } } else { Filter::default() };
            self.change(filter, context);
            self.refresh(sent_to, context);
            self.sent_to = sent_to;
            if folded {
                self.note = Some("repeats unfolded to show this event; a folds them again".to_string());
                return false;
            }
            self.note = Some("filter put aside to show this event; a brings it back".to_string());
            return false;
        }
        self.note = Some("this event is not in the timeline; the cursor is where it would be".to_string());
        true
    }

    fn known(&self) -> u64 {
        self.page.as_ref().filter(|page| page.filter == self.filter).map_or(u64::MAX, |page| page.known())
    }

    /// Looks for the next row. Keys pressed ahead of the answer are steps to come, not the same step again.
    fn seek(&mut self, want: Want, direction: Direction, context: &mut Context) {
        let same = self.sought.last.as_ref().is_some_and(|(w, d)| *w == want && *d == direction);
        if same && self.seek_slot.open() {
            self.sought.more += 1;
            return;
        }
        self.sought = Sought { last: Some((want.clone(), direction)), more: 0 };
        self.seek_from(want, direction, self.cursor, context);
    }

    fn seek_from(&mut self, want: Want, direction: Direction, from: u64, context: &mut Context) {
        self.need(context);
        let request = Request::Seek { filter: self.filter.clone(), want, from, direction };
        self.seek_slot.ask(context, request);
    }

    pub fn found(&mut self, row: Option<u64>, context: &mut Context) {
        let Some(row) = row else {
            self.note = Some("none further on in this direction".to_string());
            return;
        };
        // An event out of sight is shown with events before and after it, not at the edge.
        let height = u64::from(self.layout(context.area).rows.height);
        if !(self.first..self.first.saturating_add(height)).contains(&row) {
            self.first = row.saturating_sub(height / 3);
        }
        self.go(row, context);
        let more = self.sought.more;
        if let (true, Some((want, direction))) = (more > 0, self.sought.last.clone()) {
            self.seek(want, direction, context);
            self.sought.more = more - 1;
        }
    }

    fn seek_actor(&mut self, direction: Direction, context: &mut Context) {
        let actor = match (self.row(), &self.sought.last) {
            (Some(row), _) => row.cell(Column::Actor).map(|cell| cell.raw().to_string()),
            // The row of the step before is still loading; it has the actor that was looked for.
            (None, Some((Want::Actor(actor), _))) => actor.clone(),
            (None, _) => return,
        };
        self.seek(Want::Actor(actor), direction, context);
    }

    /// Opens the page about whom the cell names; the worker knows names by their form.
    pub fn about(&self, context: &mut Context) {
        let Some(row) = self.row() else { return };
        let column = self.column_among(&self.lanes(context.area));
        let raw = |column| row.cell(column).map(|cell: &Shown| cell.raw().to_string());
        context.jump = Some(Jump::About(Whom::Cell {
            column,
            value: raw(column),
            actor: raw(Column::Actor),
            object: raw(Column::Object),
        }));
    }

    fn search_first(&mut self) {
        self.note = Some("nothing was searched for yet: / finds text".to_string());
    }

    pub fn copy(&mut self, context: &mut Context) {
        let column = self.column_among(&self.lanes(context.area));
        if let (Some(words), false) = (self.disagree(Action::Copy, column), self.detail_has_focus(context.area)) {
            self.note = Some(words);
            return;
        }
        let text = match &self.detail {
            Some(detail) if self.detail_has_focus(context.area) => detail.text(),
            _ => self.row().and_then(|row| match self.column_among(&self.lanes(context.area)) {
                Column::Time => Some(clock::exact(row.time)),
                column => row.cell(column).map(|cell| cell.raw().to_string()),
            }),
        };
        self.note = Some(text.map_or("nothing to copy here".to_string(), |text| context.copy(&text)));
    }

    pub fn act_on_filter(&mut self, action: Action, context: &mut Context) -> bool {
        let filter = &self.filter.clone();
        let changed = match action {
            Action::ShowAll => Filter::default(),
            Action::OnlyNoted => Filter { noted: !filter.noted, ..filter.clone() },
            Action::KeepMatches if self.pattern.is_empty() => {
                self.search_first();
                return true;
            }
            Action::KeepMatches => Filter { search: self.pattern.clone(), ..filter.clone() },
            Action::ZoomIn | Action::ZoomOut | Action::Earlier | Action::Later => match self.window(action) {
                Some(window) => Filter { window, ..filter.clone() },
                None => return true,
            },
            Action::FilterIn | Action::FilterOut | Action::OnlyThis if self.covered(context.area) => {
                self.note = Some("the cell is behind the record: Esc closes it".to_string());
                return true;
            }
            _ => {
                let Some(row) = self.row() else { return true };
                let column = match action {
                    Action::Follow => Column::Actor,
                    _ => self.column_among(&self.lanes(context.area)),
                };
                if let Some(words) = self.disagree(action, column) {
                    self.note = Some(words);
                    return true;
                }
                let spot = chips::Spot { column, value: row.cell(column).map(Shown::raw), time: row.time };
                match action {
                    Action::FilterIn => chips::keep(filter, &spot),
                    Action::FilterOut => chips::drop(filter, &spot),
                    Action::OnlyThis | Action::Follow => chips::only(filter, &spot),
                    Action::Context => chips::context(row.time),
                    _ => return false,
                }
            }
        };
        self.change(changed, context);
        true
    }

    /// The window a zoom or a shift makes, once the strip has told how long the present one is.
    fn window(&mut self, action: Action) -> Option<Window> {
        let Some((_, strip)) = self.strip.as_ref().filter(|(filter, _)| *filter == self.filter) else {
            self.note = Some("the strip is still loading; try again".to_string());
            return None;
        };
        let (from, to) = (strip.from, strip.to);
        let middle = from.midpoint(to);
        let around = self.row().map_or(middle, |row| row.time);
        Some(match action {
            Action::ZoomIn => chips::zoom(from, to, around, 1),
            Action::ZoomOut => chips::zoom(from, to, middle, 4),
            action => chips::shift(from, to, action == Action::Later),
        })
    }
}
