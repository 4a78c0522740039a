//! Every event in order, under a filter. It holds one page of rows around the cursor and asks for the next before it
//! may show it; until then the old page stays, dimmed. It never sorts, filters or counts: the worker does.

mod chips;
mod draw;
mod fold;
mod follow;
mod page;
mod point;
mod steps;
mod values;
mod windows;

use ratatui::layout::{Position, Rect};

use self::{
    page::{Asked, Page, Row},
    steps::{Landing, Question, Sought},
    values::Values,
    windows::Windows,
};
use crate::{
    ask::{Answer, Column, Exported, Filter, Histogram, RecordId, Request, Subject, Ticket},
    clock,
    keys::{Action, Binding, EVERYWHERE, MOVE, NOTES, OUTGOING, PROMPT, RELOAD, TIMELINE},
    text::{columns, grouped},
    views::{Context, Jump, Slot, Typed, View, compare, count, moved, noting::Noting, record::Detail},
    widgets::{input::Input, pen},
};

/// An event the cursor holds on to while the filter changes.
type Anchor = (RecordId, i64);

#[derive(Default)]
pub struct Timeline {
    filter: Filter,
    past: Vec<(Filter, Option<Anchor>)>,
    page: Option<Page>,
    asked: Option<Asked>,
    page_slot: Slot,
    strip: Option<(Filter, Histogram)>,
    strip_asked: Option<(Filter, u16)>,
    strip_slot: Slot,
    /// What the user chose; `None`: what the size of the screen suggests.
    strip_size: Option<Strip>,
    cursor: u64,
    first: u64,
    column: Option<Column>,
    place_slot: Slot,
    landing: Landing,
    /// The event another screen sent us to; it must be seen, whatever the filter.
    sent_to: Option<Anchor>,
    /// The event a replay came to while the place of another was looked for.
    followed: Option<Anchor>,
    seek_slot: Slot,
    sought: Sought,
    pattern: String,
    prompt: Option<(Question, Input)>,
    detail: Option<Detail>,
    values: Option<Values>,
    in_detail: bool,
    /// Where the view was last shown: what the footer may offer depends on it.
    area: Rect,
    note: Option<String>,
    noting: Noting,
    /// The event that another is to be compared with.
    compared: Option<compare::Event>,
    windows: Windows,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strip {
    Small,
    Tall,
    Off,
}

impl View for Timeline {
    fn title(&self) -> &'static str {
        "Timeline"
    }

    fn keys(&self) -> Vec<&'static [Binding]> {
        if self.typing() { vec![PROMPT] } else { self.all_keys() }
    }

    fn all_keys(&self) -> Vec<&'static [Binding]> {
        vec![TIMELINE, NOTES, OUTGOING, MOVE, RELOAD, EVERYWHERE]
    }

    fn typing(&self) -> bool {
        self.prompt.is_some() || self.noting.prompt().is_some()
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Open | Action::FilterIn | Action::OnlyThis | Action::Right | Action::Back
                if self.values.is_some() =>
            {
                true
            }
            Action::Raw | Action::Back => self.detail.is_some(),
            Action::Focus => self.detail.is_some() && !self.covered(self.area),
            Action::Open => self.detail.is_none() && self.row().is_some(),
            Action::Undo => !self.past.is_empty(),
            Action::Values => self.row().is_some() && self.values.is_none(),
            Action::FilterIn | Action::FilterOut | Action::OnlyThis | Action::Right => {
                self.row().is_some() && !self.covered(self.area)
            }
            Action::NextSame | Action::About | Action::Fold | Action::Follow | Action::Context | Action::Mark => {
                self.row().is_some()
            }
            Action::Search | Action::GoTo | Action::ZoomIn | Action::NextFinding => {
                self.page.as_ref().is_some_and(|page| page.all > 0)
            }
            _ => true,
        }
    }

    fn visit(&mut self, context: &mut Context) {
        self.area = context.area;
        self.need(context);
        self.need_strip(context);
        self.need_values(context);
        self.windows.need(context);
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        if !matches!(action, Action::Back | Action::Close) {
            (self.note, self.noting.said) = (None, None);
        }
        if self.noting.submit(action, context) {
            return true;
        }
        if self.prompt.is_some() {
            return self.act_in_prompt(action, context);
        }
        if let Some(done) = self.act_on_values(action, context) {
            return done;
        }
        if self.detail_has_focus(context.area) && self.scroll_detail(action, context.area) {
            return true;
        }
        if let Some(to) = moved(action, self.cursor, self.rows(), self.layout(context.area).rows.height) {
            self.go(to, context);
            return true;
        }
        match action {
            Action::Left => self.step_column(false, context.area),
            Action::Right => self.step_column(true, context.area),
            Action::Open if self.unfold(context) => {}
            Action::Open => self.open(context),
            Action::Back | Action::Close => return self.detail.take().is_some(),
            Action::Focus => self.in_detail = self.detail.is_some() && !self.in_detail,
            Action::Raw => match &mut self.detail {
                Some(detail) => detail.turn(),
                None => self.note = Some("Enter opens the record first".to_string()),
            },
            Action::Search => self.prompt = Some((Question::Text, Input::default())),
            Action::GoTo => self.prompt = Some((Question::Time, Input::default())),
            Action::Copy => self.copy(context),
            Action::Values => self.open_values(context),
            Action::Strip => {
                self.strip_size = Some(match self.strip_size(context.area) {
                    Strip::Small => Strip::Tall,
                    Strip::Tall => Strip::Off,
                    Strip::Off => Strip::Small,
                });
                self.visit(context);
            }
            Action::Reload => {
                (self.asked, self.strip_asked) = (None, None);
                self.place_slot.error = None;
                if let Some(values) = &mut self.values {
                    values.forget();
                }
                if let Some(detail) = &mut self.detail {
                    detail.reload(context);
                }
                self.visit(context);
            }
            Action::Undo => self.undo(context),
            Action::About => self.about(context),
            Action::Fold => self.fold(context),
            Action::Compare => self.compare(context),
            Action::Windows => context.jump = Some(Jump::Windows),
            Action::NameWindow => self.name_window(),
            Action::Export => self.noting.export(Exported::Events(self.filter.clone())),
            _ => {
                let row = self.row().map(|row| (row.id, row.cell(Column::Actor).map(|cell| cell.raw().to_string())));
                let on = row.as_ref().map(|(id, _)| Subject::Event(*id));
                let actor = row.and_then(|(_, actor)| actor);
                return self.noting.act(action, on, actor.as_deref(), context)
                    || self.step(action, context)
                    || self.act_on_filter(action, context);
            }
        }
        true
    }

    fn typed(&mut self, typed: &Typed, _context: &mut Context) {
        self.noting.typed(typed);
        let Some((_, prompt)) = &mut self.prompt else { return };
        typed.apply_to(prompt)
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer, context: &mut Context) {
        match answer {
            Answer::Timeline(page) if self.page_slot.takes(ticket) => {
                let page = Page::new(self.filter.clone(), page);
                self.cursor = self.cursor.min(page.known().saturating_sub(1));
                self.page = Some(page);
                self.need(context);
                self.follow_detail(context);
            }
            Answer::Histogram(histogram) if self.strip_slot.takes(ticket) => {
                self.strip = Some((self.filter.clone(), histogram));
            }
            Answer::Place(place) if self.place_slot.takes(ticket) => {
                self.placed(place.row, place.exact, context);
                self.catch_up(context);
            }
            Answer::Found(row) if self.seek_slot.takes(ticket) => self.found(row, context),
            Answer::Windows(named) => self.windows.loaded(ticket, named),
            Answer::Values(found) => {
                if let Some(values) = &mut self.values {
                    values.loaded(ticket, found);
                }
            }
            Answer::Record(record) => {
                if let Some(detail) = &mut self.detail {
                    detail.loaded(ticket, record);
                }
            }
            _ => {}
        }
    }

    fn noted(&mut self, ticket: Ticket, words: &str, context: &mut Context) {
        self.noting.answered(ticket, words);
        self.asked = None;
        self.windows.forget();
        if let Some(detail) = &mut self.detail {
            detail.reload(context);
        }
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        self.noting.answered(ticket, words);
        self.page_slot.fails(ticket, words);
        self.windows.slot.fails(ticket, words);
        self.strip_slot.fails(ticket, words);
        if let Some(detail) = &mut self.detail {
            detail.slot.fails(ticket, words);
        }
        if let Some(values) = &mut self.values {
            values.slot.fails(ticket, words);
        }
        for slot in [&mut self.place_slot, &mut self.seek_slot] {
            if slot.fails(ticket, words) {
                self.note = slot.error.as_ref().map(|lines| lines.join(" "));
            }
        }
    }

    fn arrive(&mut self, jump: Jump, context: &mut Context) {
        match jump {
            Jump::Event { record, time } => {
                (self.detail, self.values) = (None, None);
                self.sent_to = Some((record, time));
                self.refresh(Some((record, time)), context);
            }
            Jump::Filtered(filter) => self.change(filter, context),
            Jump::Window(window) => self.change(Filter { window, ..self.filter.clone() }, context),
            _ => {}
        }
    }

    fn go_along(&mut self, record: RecordId, time: i64, context: &mut Context) {
        self.follow_replay((record, time), context);
    }

    fn here(&self) -> Option<i64> {
        self.anchor().map(|(_, time)| time)
    }

    fn point(&mut self, at: Position, context: &mut Context) -> bool {
        self.point_at(at, context)
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        let detail = self.detail.iter_mut().map(|detail| &mut detail.slot);
        [&mut self.page_slot, &mut self.strip_slot, &mut self.place_slot, &mut self.seek_slot, &mut self.windows.slot]
            .into_iter()
            .chain(detail)
            .chain(self.values.iter_mut().map(|values| &mut values.slot))
            .collect()
    }

    fn waits(&self) -> bool {
        let detail = self.detail.as_ref().map(|detail| &detail.slot);
        [&self.page_slot, &self.strip_slot, &self.place_slot, &self.seek_slot, &self.windows.slot]
            .into_iter()
            .chain(detail)
            .chain(self.values.as_ref().map(|values| &values.slot))
            .any(Slot::open)
            || self.noting.waits()
    }

    fn refreshes(&self) -> bool {
        self.page.is_some() && (self.page_slot.open() || self.place_slot.open())
    }

    fn prompt(&self) -> Option<(&'static str, &Input)> {
        self.noting.prompt().or(self.prompt.as_ref().map(|(question, input)| (question.words(), input)))
    }

    fn status(&self) -> String {
        if let Some((question, input)) = &self.prompt {
            return question.hint(input.text(), self.now());
        }
        if self.noting.prompt().is_some() {
            return self.noting.hint().to_string();
        }
        if let Some(note) = self.noting.said.as_ref().or(self.note.as_ref()) {
            return note.clone();
        }
        if let Some(values) = &self.values {
            return values.status();
        }
        let Some(page) = &self.page else { return String::new() };
        if page.filter != self.filter {
            return "filter changed: these are the events of before".to_string();
        }
        let at = if page.known() == 0 { 0 } else { self.cursor + 1 };
        let mut words = match self.filter == Filter::default() {
            true => format!("{} of {}", grouped(at), page.total),
            false => format!("filtered: {} of {}, {} in all", grouped(at), page.total, grouped(page.all)),
        };
        if self.filter.fold.is_some() {
            let all = if page.events == page.all { String::new() } else { format!(", {} in all", grouped(page.all)) };
            words = format!("line {} of {}, {}{all}", grouped(at), page.total, count(page.events, "event"));
        }
        let named = self.row().and_then(|row| row.name.as_ref()).map(|name| format!("   the actor is {}", name.text()));
        let more = [
            self.folded_words(),
            self.row().filter(|row| row.noted.any()).map(|row| format!("   {}", row.noted_words())),
            named,
            self.row().map(|row| format!("   {} {}", clock::date(row.time), clock::zone())),
            self.row().and_then(|row| row.finding).map(|level| format!("   in {} finding", level.with_article())),
            self.row().and_then(|row| self.windows.at(row.time)).map(|names| format!("   in window {names}")),
            self.without_evidence().map(|share| format!("   {share}% without evidence")),
        ];
        // What does not fit whole is left out: half a sentence about evidence is worse than none.
        let room = usize::from(self.area.width.saturating_sub(8));
        for part in more.into_iter().flatten() {
            if columns(&words) + columns(&part) <= room {
                words += &part;
            }
        }
        words
    }

    fn place(&self) -> (u64, u64) {
        (self.cursor, if self.page.as_ref().is_some_and(|page| page.known() == 0) { 0 } else { self.rows() })
    }

    fn draw(&self, pen: &mut pen::Pen<'_>, area: Rect) {
        draw::draw(self, pen, area);
    }
}

impl Timeline {
    /// Rows under the filter, as far as known. A cursor that is ahead of what was loaded is believed.
    fn rows(&self) -> u64 {
        let known = self.page.as_ref().map_or(0, Page::known);
        if self.page.is_none() || self.row().is_some() { known } else { known.max(self.cursor + 1) }
    }

    /// How much of the strip's time no evidence was recorded for, in percent; `None`: nowhere that can be seen.
    fn without_evidence(&self) -> Option<u64> {
        let (_, strip) = self.strip.as_ref().filter(|(filter, _)| *filter == self.filter)?;
        let gaps = strip.bins.iter().filter(|bin| bin.gap).count() as u64;
        (gaps > 0).then(|| (gaps * 100 / strip.bins.len() as u64).max(1))
    }

    /// The row under the cursor, if what is shown is what was asked for.
    fn row(&self) -> Option<&Row> {
        self.page.as_ref().filter(|page| page.filter == self.filter)?.row(self.cursor)
    }

    fn anchor(&self) -> Option<Anchor> {
        self.row().map(|row| (row.id, row.time))
    }

    fn go(&mut self, row: u64, context: &mut Context) {
        self.cursor = row.min(self.rows().saturating_sub(1));
        self.place_slot.error = None;
        self.need(context);
        self.follow_detail(context);
    }

    fn follow_detail(&mut self, context: &mut Context) {
        if let (Some((id, _)), Some(detail)) = (self.anchor(), &mut self.detail) {
            detail.show(id, context);
        }
    }

    /// A row that is still loading is opened when it comes: keys pressed ahead of it are not lost.
    fn open(&mut self, context: &mut Context) {
        let comes = self.page_slot.open() || self.place_slot.open();
        if self.detail.is_none() && (self.row().is_some() || comes) {
            self.detail = Some(Detail::default());
            self.in_detail = false;
            self.follow_detail(context);
        }
    }

    /// The column the cursor is on among those that fit: its own, or the one before it if that had to drop.
    fn column_among(&self, lanes: &[Column]) -> Column {
        let own = self.column.unwrap_or(Column::Time);
        lanes.iter().copied().rev().find(|column| *column <= own).unwrap_or(Column::Time)
    }

    fn step_column(&mut self, right: bool, area: Rect) {
        let lanes = self.lanes(area);
        let here = self.column_among(&lanes);
        let at = lanes.iter().position(|column| *column == here).unwrap_or(0);
        let to = if right { at + 1 } else { at.saturating_sub(1) };
        self.column = lanes.get(to).copied().or(Some(here));
    }

    fn change(&mut self, filter: Filter, context: &mut Context) {
        if filter == self.filter {
            return;
        }
        let anchor = self.anchor();
        self.past.push((std::mem::replace(&mut self.filter, filter), anchor));
        self.refresh(anchor, context);
    }

    fn undo(&mut self, context: &mut Context) {
        match self.past.pop() {
            Some((filter, anchor)) => {
                self.filter = filter;
                self.refresh(anchor, context);
            }
            None => self.note = Some("nothing to undo".to_string()),
        }
    }

    /// Asks for everything anew under the present filter, the cursor staying on the event if there is one.
    fn refresh(&mut self, anchor: Option<Anchor>, context: &mut Context) {
        self.asked = None;
        self.page_slot.stop(context);
        self.strip_slot.stop(context);
        self.seek_slot.stop(context);
        match anchor {
            Some((record, time)) => {
                self.landing = Landing::Event;
                let request = Request::Locate { filter: self.filter.clone(), record, time };
                self.place_slot.ask(context, request);
            }
            None => {
                self.place_slot.stop(context);
                (self.cursor, self.first) = (0, 0);
            }
        }
        self.visit(context);
    }

    fn detail_lines(&self, area: Rect) -> usize {
        let width = self.layout(area).detail.map_or(0, |pane| pane.width);
        self.detail.as_ref().map_or(0, |detail| detail.lines(width))
    }

    /// A narrow terminal shows the detail alone, so there it always has the focus.
    fn detail_has_focus(&self, area: Rect) -> bool {
        self.detail.is_some() && (self.in_detail || self.covered(area))
    }

    /// The detail stands in place of the table.
    fn covered(&self, area: Rect) -> bool {
        self.detail.is_some() && self.layout(area).rows.height == 0
    }

    fn scroll_detail(&mut self, action: Action, area: Rect) -> bool {
        let pane = self.layout(area).detail.map_or(0, |pane| pane.height);
        let height = self.detail.as_ref().map_or(0, |detail| detail.height(pane));
        let lines = self.detail_lines(area) as u64;
        let Some(detail) = &mut self.detail else { return false };
        let Some(to) = moved(action, detail.scroll as u64, lines, height) else { return false };
        // Moving one line moves the view one line; there is no cursor to push to the edge first.
        detail.scroll = to.min(lines.saturating_sub(u64::from(height.max(1)))) as usize;
        true
    }
}
