//! Every event in order, under a filter. It holds one page of rows around the cursor and asks for the next before it
//! may show it; until then the old page stays, dimmed. It never sorts, filters or counts: the worker does.

mod chips;
mod draw;
mod page;

use ratatui::layout::Rect;

use self::page::{Asked, Page, Row};
use crate::{
    ask::{Answer, Column, Direction, Filter, Histogram, RecordId, Request, Ticket, Want, Window},
    keys::{Action, Binding, EVERYWHERE, MOVE, PROMPT, TIMELINE},
    shown::Shown,
    text::grouped,
    views::{Context, Jump, Slot, Typed, View, moved, record::Detail},
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
    strip_size: Strip,
    cursor: u64,
    first: u64,
    column: Option<Column>,
    place_slot: Slot,
    /// The event another screen sent us to; it must be seen, whatever the filter.
    sent_to: Option<Anchor>,
    seek_slot: Slot,
    pattern: String,
    prompt: Option<Input>,
    detail: Option<Detail>,
    in_detail: bool,
    note: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Strip {
    #[default]
    Small,
    Tall,
    Off,
}

impl View for Timeline {
    fn title(&self) -> &'static str {
        "Timeline"
    }

    fn keys(&self) -> Vec<&'static [Binding]> {
        if self.prompt.is_some() { vec![PROMPT] } else { self.all_keys() }
    }

    fn all_keys(&self) -> Vec<&'static [Binding]> {
        vec![TIMELINE, MOVE, EVERYWHERE]
    }

    fn typing(&self) -> bool {
        self.prompt.is_some()
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Raw => self.detail.is_some(),
            Action::Open => self.detail.is_none() && self.row().is_some(),
            Action::Undo => !self.past.is_empty(),
            Action::FilterIn | Action::FilterOut | Action::OnlyThis | Action::NextSame | Action::Follow => {
                self.row().is_some()
            }
            _ => true,
        }
    }

    fn visit(&mut self, context: &mut Context) {
        self.need(context);
        self.need_strip(context);
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        if !matches!(action, Action::Back | Action::Close) {
            self.note = None;
        }
        if self.prompt.is_some() {
            return self.act_in_prompt(action, context);
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
            Action::Open => self.open(context),
            Action::Back | Action::Close => return self.detail.take().is_some(),
            Action::Focus => self.in_detail = self.detail.is_some() && !self.in_detail,
            Action::Raw => match &mut self.detail {
                Some(detail) => detail.turn(),
                None => self.note = Some("Enter opens the record first".to_string()),
            },
            Action::Search => self.prompt = Some(Input::default()),
            Action::Next | Action::Previous if self.pattern.is_empty() => self.search_first(),
            Action::Next => self.seek(Want::Text(self.pattern.clone()), Direction::Forward, context),
            Action::Previous => self.seek(Want::Text(self.pattern.clone()), Direction::Back, context),
            Action::NextSame => self.seek_actor(Direction::Forward, context),
            Action::PreviousSame => self.seek_actor(Direction::Back, context),
            Action::NextFinding => self.seek(Want::Finding, Direction::Forward, context),
            Action::PreviousFinding => self.seek(Want::Finding, Direction::Back, context),
            Action::Strip => {
                self.strip_size = match self.strip_size {
                    Strip::Small => Strip::Tall,
                    Strip::Tall => Strip::Off,
                    Strip::Off => Strip::Small,
                };
                self.visit(context);
            }
            Action::Reload => {
                (self.asked, self.strip_asked) = (None, None);
                self.place_slot.error = None;
                if let Some(detail) = &mut self.detail {
                    detail.reload(context);
                }
                self.visit(context);
            }
            Action::Undo => self.undo(context),
            _ => return self.act_on_filter(action, context),
        }
        true
    }

    fn typed(&mut self, typed: &Typed, _context: &mut Context) {
        let Some(prompt) = &mut self.prompt else { return };
        match typed {
            Typed::Key(key) => prompt.key(*key),
            Typed::Paste(text) => prompt.insert(text.lines().next().unwrap_or("")),
        }
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
            }
            Answer::Found(row) if self.seek_slot.takes(ticket) => match row {
                Some(row) => self.go(row, context),
                None => self.note = Some("none further on in this direction".to_string()),
            },
            Answer::Record(record) => {
                if let Some(detail) = &mut self.detail {
                    detail.loaded(ticket, record);
                }
            }
            _ => {}
        }
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        self.page_slot.fails(ticket, words);
        self.strip_slot.fails(ticket, words);
        if let Some(detail) = &mut self.detail {
            detail.slot.fails(ticket, words);
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
                self.detail = None;
                self.sent_to = Some((record, time));
                self.refresh(Some((record, time)), context);
            }
            Jump::Filtered(filter) => self.change(filter, context),
            Jump::Level(_) => {}
        }
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        let detail = self.detail.iter_mut().map(|detail| &mut detail.slot);
        [&mut self.page_slot, &mut self.strip_slot, &mut self.place_slot, &mut self.seek_slot]
            .into_iter()
            .chain(detail)
            .collect()
    }

    fn waits(&self) -> bool {
        let detail = self.detail.as_ref().map(|detail| &detail.slot);
        [&self.page_slot, &self.strip_slot, &self.place_slot, &self.seek_slot].into_iter().chain(detail).any(Slot::open)
    }

    fn status(&self) -> String {
        if let Some(note) = &self.note {
            return note.clone();
        }
        let Some(page) = &self.page else { return String::new() };
        let at = if page.known() == 0 { 0 } else { self.cursor + 1 };
        let mut words = format!("{} of {}", grouped(at), page.total);
        if self.filter != Filter::default() {
            words += &format!(" shown of {} [filtered]", grouped(page.all));
        }
        if let Some(row) = self.row() {
            words += &format!("  UTC {}", crate::clock::date(row.time));
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

    fn open(&mut self, context: &mut Context) {
        if self.detail.is_none() && self.row().is_some() {
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

    fn seek(&mut self, want: Want, direction: Direction, context: &mut Context) {
        let request = Request::Seek { filter: self.filter.clone(), want, from: self.cursor, direction };
        self.seek_slot.ask(context, request);
    }

    fn seek_actor(&mut self, direction: Direction, context: &mut Context) {
        let Some(row) = self.row() else { return };
        let actor = row.cell(Column::Actor).map(|cell| cell.raw().to_string());
        self.seek(Want::Actor(actor), direction, context);
    }

    fn search_first(&mut self) {
        self.note = Some("nothing was searched for yet: / finds text".to_string());
    }

    fn act_in_prompt(&mut self, action: Action, context: &mut Context) -> bool {
        let written = self.prompt.take();
        if let (Action::Submit, Some(input)) = (action, written) {
            self.pattern = input.text().to_string();
            if !self.pattern.is_empty() {
                self.seek(Want::Text(self.pattern.clone()), Direction::Forward, context);
            }
        }
        true
    }

    fn act_on_filter(&mut self, action: Action, context: &mut Context) -> bool {
        let filter = &self.filter.clone();
        let changed = match action {
            Action::ShowAll => Filter::default(),
            Action::KeepMatches if self.pattern.is_empty() => {
                self.search_first();
                return true;
            }
            Action::KeepMatches => Filter { search: self.pattern.clone(), ..filter.clone() },
            Action::ZoomIn | Action::ZoomOut | Action::Earlier | Action::Later => match self.window(action) {
                Some(window) => Filter { window, ..filter.clone() },
                None => return true,
            },
            _ => {
                let Some(row) = self.row() else { return true };
                let column = match action {
                    Action::Follow => Column::Actor,
                    _ => self.column_among(&self.lanes(context.area)),
                };
                let spot = chips::Spot { column, value: row.cell(column).map(Shown::raw), time: row.time };
                match action {
                    Action::FilterIn => chips::keep(filter, &spot),
                    Action::FilterOut => chips::drop(filter, &spot),
                    Action::OnlyThis | Action::Follow => chips::only(filter, &spot),
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

    fn placed(&mut self, row: u64, exact: bool, context: &mut Context) {
        let sent_to = self.sent_to.take();
        if !exact && sent_to.is_some() && self.filter != Filter::default() {
            self.change(Filter::default(), context);
            self.refresh(sent_to, context);
            self.sent_to = sent_to;
            self.note = Some("filter put aside to show this event; a brings it back".to_string());
            return;
        }
        if !exact && sent_to.is_some() {
            self.note = Some("this event is not in the timeline; the cursor is where it would be".to_string());
        }
        self.cursor = row;
        let height = u64::from(self.layout(context.area).rows.height);
        self.first = row.saturating_sub(height / 3);
        self.need(context);
        self.follow_detail(context);
    }

    fn detail_lines(&self, area: Rect) -> usize {
        let width = self.layout(area).detail.map_or(0, |pane| pane.width);
        self.detail.as_ref().map_or(0, |detail| detail.lines(width))
    }

    /// A narrow terminal shows the detail alone, so there it always has the focus.
    fn detail_has_focus(&self, area: Rect) -> bool {
        self.detail.is_some() && (self.in_detail || self.layout(area).rows.height == 0)
    }

    fn scroll_detail(&mut self, action: Action, area: Rect) -> bool {
        let height = self.layout(area).detail.map_or(0, |pane| pane.height.saturating_sub(3));
        let lines = self.detail_lines(area) as u64;
        let Some(detail) = &mut self.detail else { return false };
        let Some(to) = moved(action, detail.scroll as u64, lines, height) else { return false };
        // Moving one line moves the view one line; there is no cursor to push to the edge first.
        detail.scroll = to.min(lines.saturating_sub(u64::from(height.max(1)))) as usize;
        true
    }
}
