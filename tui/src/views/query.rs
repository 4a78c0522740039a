//! A place to write SQL, run it, and read the result beside the tables there are. It knows no SQL: the text goes out
//! as it was written and a grid or a complaint comes back.

mod aside;
mod asking;
mod chart;
mod lower;
mod point;
mod result;
mod tables;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};

use self::{asking::Prompt, chart::Chart, result::Grid, tables::Tables};
use crate::{
    ask::{Answer, Call, Request, Ticket},
    keys::{Action, Binding, EDITOR, EVERYWHERE, MOVE, PROMPT, SQL},
    shown::{Shown, lines},
    text::grouped,
    theme::Role,
    views::{Context, Jump, Slot, Typed, View, moved},
    vocabulary::shared,
    widgets::{
        input::Input,
        pen::{Pen, right, top},
    },
};

/// More rows than a screen is good for; the line under the result says when there are more.
const LIMIT: u32 = 10_000;
/// From this width on the tables stand beside.
const WIDE: u16 = 100;
#[derive(Default)]
pub struct Query {
    input: Input,
    focus: Focus,
    past: Vec<String>,
    /// Which query of the past is in the editor; past its end: none.
    turned: usize,
    /// The text that is looked for in the past, while one key after another looks for it.
    recalled: Option<String>,
    run_slot: Slot,
    stopped: bool,
    result: Option<Grid>,
    /// The result is drawn as bars.
    charted: bool,
    cursor: u64,
    column: usize,
    /// The row under the cursor is shown in full, scrolled down so many lines.
    full: Option<u64>,
    tables_slot: Slot,
    asked: bool,
    tables: Option<Tables>,
    table_line: u64,
    note: Option<String>,
    /// The query behind a finding, on its way.
    behind_slot: Slot,
    prompt: Option<Prompt>,
    /// What the names of queries were given, the last of each.
    given: Vec<(String, String)>,
    /// The same of the query that is run, in words.
    asked_with: String,
    /// A stored question that is being written.
    saving: Option<Ticket>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Focus {
    #[default]
    Editor,
    Result,
    Tables,
}

struct Panes {
    editor: Rect,
    bar: Rect,
    result: Rect,
    tables: Rect,
}

impl View for Query {
    fn title(&self) -> &'static str {
        "SQL"
    }

    fn keys(&self) -> Vec<&'static [Binding]> {
        match &self.prompt {
            Some(_) => vec![PROMPT],
            None if self.typing() => vec![EDITOR],
            None => vec![SQL, MOVE, EVERYWHERE],
        }
    }

    fn all_keys(&self) -> Vec<&'static [Binding]> {
        vec![SQL, EDITOR, MOVE, EVERYWHERE]
    }

    fn typing(&self) -> bool {
        self.prompt.is_some() || self.focus == Focus::Editor
    }

    fn visit(&mut self, context: &mut Context) {
        if !self.asked {
            self.asked = true;
            self.tables_slot.ask(context, Request::Tables);
        }
    }

    fn offers(&self, action: Action) -> bool {
        match (action, self.focus) {
            (Action::Open, Focus::Result) => self.place().1 > 0,
            (Action::Open, Focus::Tables) => self.tables.is_some(),
            (Action::Copy | Action::ToTimeline | Action::Chart, focus) => focus == Focus::Result && self.place().1 > 0,
            (Action::Back, focus) => {
                focus == Focus::Editor || focus == Focus::Tables || self.full.is_some() || self.charted
            }
            (Action::Run, Focus::Tables) if self.stored().is_some() => true,
            (Action::Run | Action::SaveHunt, _) => !self.input.text().trim().is_empty(),
            _ => true,
        }
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        if !matches!(action, Action::Back | Action::Close) {
            self.note = None;
        }
        if action != Action::Recall {
            self.recalled = None;
        }
        if let Some(prompt) = self.prompt.take() {
            self.answer(prompt, action, context);
            return true;
        }
        if self.move_cursor(action, context.area) {
            return true;
        }
        match action {
            Action::Run if self.focus == Focus::Tables && self.stored().is_some() => {
                if let Some(call) = self.stored().cloned() {
                    self.run_stored(call, context);
                }
            }
            Action::Run => self.run(context),
            Action::SaveHunt => self.ask_name(),
            Action::Edit => self.focus = Focus::Editor,
            Action::Open if self.focus == Focus::Tables => self.insert_name(),
            Action::Hunts => {
                let hunt =
                    self.tables.as_ref().and_then(|tables| tables.lines.iter().position(|line| line.call.is_some()));
                match hunt {
                    Some(line) => (self.focus, self.table_line) = (Focus::Tables, line as u64),
                    None => self.note = Some("no stored question is known yet; ^r reads the tables again".to_string()),
                }
            }
            Action::Open => {
                self.full = match self.full {
                    None if self.place().1 > 0 => Some(0),
                    _ => None,
                };
            }
            Action::Complete if self.input.in_word() => self.complete(),
            Action::Focus | Action::Complete => self.next_pane(),
            Action::Back if self.typing() => {
                if self.run_slot.stop(context) {
                    self.stopped = true;
                } else {
                    self.focus = Focus::Result;
                }
            }
            Action::Back | Action::Close if self.focus == Focus::Tables => self.focus = Focus::Result,
            Action::Back | Action::Close => {
                return self.full.take().is_some() || std::mem::take(&mut self.charted);
            }
            Action::Older if self.input.on_first_line() => self.turn_back(),
            Action::Newer if self.input.on_last_line() => self.turn(self.turned.checked_add(1)),
            Action::Older | Action::Newer => self.move_in_editor(action == Action::Older),
            Action::Recall => self.recall(),
            Action::Left => self.column = self.column.saturating_sub(1),
            Action::Right => {
                let last = self.result.as_ref().map_or(0, |grid| grid.columns().saturating_sub(1));
                self.column = (self.column + 1).min(last);
            }
            Action::ToTimeline => {
                context.jump = self.result.as_ref().and_then(|grid| grid.event(self.cursor));
                if context.jump.is_none() {
                    self.note = Some("no event here: select time, evidence and \"offset\" too".to_string());
                }
            }
            Action::Chart => self.chart(),
            Action::Copy => self.copy(context),
            Action::Reload => {
                self.asked = false;
                self.visit(context);
            }
            _ => return false,
        }
        true
    }

    fn typed(&mut self, typed: &Typed, _context: &mut Context) {
        (self.note, self.recalled) = (None, None);
        if let Some(prompt) = &mut self.prompt {
            return typed.apply_to(prompt.input_mut());
        }
        match typed {
            Typed::Key(key) if key.code == KeyCode::Enter => self.input.insert("\n"),
            Typed::Key(key) => self.input.key(*key),
            Typed::Paste(text) => self.input.insert(&text.replace("\r\n", "\n")),
        }
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer, context: &mut Context) {
        match answer {
            Answer::Grid(grid) if self.run_slot.takes(ticket) => {
                self.result = Some(Grid::new(grid));
                (self.cursor, self.column, self.full) = (0, 0, None);
            }
            Answer::Text(text) if self.behind_slot.takes(ticket) => {
                self.input.set(&text);
                self.focus = Focus::Result;
                self.run(context);
            }
            Answer::Tables(tables, functions) if self.tables_slot.takes(ticket) => {
                self.tables = Some(Tables::new(tables, functions));
                self.table_line = 0;
            }
            _ => {}
        }
    }

    fn noted(&mut self, ticket: Ticket, words: &str, _context: &mut Context) {
        if self.saving == Some(ticket) {
            self.saving = None;
            // The next visit, which follows at once, reads the tables again, and the new question is among them.
            (self.note, self.asked) = (Some(lines(words).join(" ")), false);
        }
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        if self.saving == Some(ticket) {
            self.saving = None;
            self.note = Some(lines(words).join(" "));
        }
        self.run_slot.fails(ticket, words);
        self.tables_slot.fails(ticket, words);
        if self.behind_slot.fails(ticket, words) {
            self.note = self.behind_slot.error.as_ref().map(|lines| lines.join(" "));
        }
    }

    fn arrive(&mut self, jump: Jump, context: &mut Context) {
        match jump {
            Jump::Behind(finding) => self.behind_slot.ask(context, Request::Behind(finding)),
            Jump::Query(text) => {
                self.input.set(&text);
                (self.focus, self.full, self.cursor) = (Focus::Result, None, 0);
                self.run(context);
            }
            _ => {}
        }
    }

    fn point(&mut self, at: Position, context: &mut Context) -> bool {
        self.point_at(at, context)
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.run_slot, &mut self.tables_slot, &mut self.behind_slot]
    }

    fn waits(&self) -> bool {
        self.run_slot.open() || self.tables_slot.open() || self.behind_slot.open() || self.saving.is_some()
    }

    fn refreshes(&self) -> bool {
        self.result.is_some() && self.run_slot.open()
    }

    fn prompt(&self) -> Option<(&'static str, &Input)> {
        self.prompt.as_ref().map(|prompt| (prompt.question(), prompt.input()))
    }

    fn status(&self) -> String {
        if let Some(prompt) = &self.prompt {
            return prompt.hint();
        }
        if let Some(note) = &self.note {
            return note.clone();
        }
        match &self.result {
            Some(grid) if grid.rows.is_empty() => "0 rows".to_string(),
            Some(grid) => {
                let column = self.column.min(grid.columns().saturating_sub(1));
                let of = format!("column {} of {}: {}", column + 1, grid.columns(), grid.name(column));
                format!("row {} of {}   {of}", grouped(self.cursor + 1), grid.total)
            }
            None => String::new(),
        }
    }

    fn place(&self) -> (u64, u64) {
        (self.cursor, self.result.as_ref().map_or(0, |grid| grid.rows.len() as u64))
    }

    fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        let panes = self.panes(area);
        self.input.draw(pen, panes.editor, self.focus == Focus::Editor && self.prompt.is_none());
        if self.input.text().is_empty() && panes.editor.width > 3 {
            pen.write(panes.editor, (2, 0), "Write a query here; ^j runs it.", Role::Faint);
        }
        pen.rule(panes.bar, 0);
        let (role, words) = self.bar();
        pen.write(panes.bar, (1, 0), &format!(" {words} "), role);
        self.draw_result(pen, panes.result);
        self.draw_tables(pen, panes.tables);
    }
}

impl Query {
    /// To the query before, skipping the one that stands in the editor already.
    fn turn_back(&mut self) {
        let before = self.past.iter().take(self.turned).rposition(|text| text != self.input.text());
        self.turn(before);
    }

    fn turn(&mut self, to: Option<usize>) {
        let Some(to) = to.filter(|to| *to <= self.past.len()) else { return };
        self.turned = to;
        self.input.set(self.past.get(to).map_or("", String::as_str));
    }

    /// To the last query before the one shown that contains what was written when this began.
    fn recall(&mut self) {
        let first = self.recalled.is_none();
        let sought = self.recalled.take().unwrap_or_else(|| self.input.text().trim().to_string());
        let before = if first { self.past.len() } else { self.turned };
        let fits = |text: &String| text.contains(&sought) && (!first || *text != self.input.text());
        match self.past.iter().take(before).rposition(fits) {
            Some(at) => self.turn(Some(at)),
            None => self.note = Some("no query before contains that".to_string()),
        }
        self.recalled = Some(sought);
    }

    /// Moves what has the focus, if the key is one of movement.
    fn move_cursor(&mut self, action: Action, area: Rect) -> bool {
        let panes = self.panes(area);
        let height = panes.result.height;
        let (cursor, rows, height) = match (self.focus, self.full) {
            (Focus::Editor, _) => return false,
            (Focus::Result, None) => (self.cursor, self.place().1, height.saturating_sub(1)),
            (Focus::Result, Some(line)) => {
                let lines = self.full_lines(panes.result.width).len() as u64;
                // The view moves, there is no cursor in it; the last page is the last stop.
                (line, lines.saturating_sub(u64::from(height.saturating_sub(1))).max(1), height)
            }
            (Focus::Tables, _) => {
                let lines = self.tables.as_ref().map_or(0, |tables| tables.lines.len() as u64);
                (self.table_line, lines, panes.tables.height)
            }
        };
        let Some(to) = moved(action, cursor, rows, height) else { return false };
        match (self.focus, &mut self.full) {
            (Focus::Tables, _) => self.table_line = to,
            (_, Some(line)) => *line = to,
            (_, None) => self.cursor = to,
        }
        true
    }

    fn full_lines(&self, width: u16) -> Vec<(Role, String)> {
        self.result.as_ref().map_or(Vec::new(), |grid| grid.full(self.cursor, width))
    }

    fn next_pane(&mut self) {
        self.focus = match self.focus {
            Focus::Editor => Focus::Result,
            Focus::Result => Focus::Tables,
            Focus::Tables => Focus::Editor,
        };
    }

    fn complete(&mut self) {
        let Some(tables) = &self.tables else { return };
        let (start, names) = tables.vocabulary.complete(self.input.text(), self.input.cursor());
        let far = shared(&names);
        if far.len() > self.input.cursor() - start || names.len() == 1 {
            self.input.replace(start, far);
        } else {
            let none = "no table, column or function begins so".to_string();
            self.note = Some(if names.is_empty() { none } else { names.join("  ") });
        }
    }

    /// Puts the name of a table or column where the cursor of the editor is.
    fn insert_name(&mut self) {
        let line = self.tables.as_ref().and_then(|tables| tables.lines.get(self.table_line as usize));
        let Some(line) = line else { return };
        match line.call.clone() {
            Some(call) => self.write_call(&call.text(&[])),
            None => self.input.insert(line.name.raw()),
        }
        self.focus = Focus::Editor;
    }

    /// Writes a query in place of what was written, which is not lost: the arrow up brings it back.
    fn write_call(&mut self, text: &str) {
        let written = self.input.text().trim().to_string();
        if !written.is_empty() && self.past.last() != Some(&written) {
            self.past.push(written);
        }
        self.turned = self.past.len();
        self.input.set(text);
    }

    /// The stored question whose lines the cursor is on.
    fn stored(&self) -> Option<&Call> {
        self.tables.as_ref()?.stored(usize::try_from(self.table_line).ok()?)
    }

    fn copy(&mut self, context: &mut Context) {
        let text = self.result.as_ref().and_then(|grid| match self.full {
            Some(_) => Some(grid.text(self.cursor)),
            None => grid.cell(self.cursor, self.column).map(|cell: &Shown| cell.raw().to_string()),
        });
        self.note = Some(text.map_or("nothing to copy here".to_string(), |text| context.copy(&text)));
    }

    /// The result as bars of the numbers under the cursor, or as a table again.
    fn chart(&mut self) {
        let can = self.result.as_ref().is_some_and(|grid| Chart::new(grid, self.column).is_some());
        self.charted = !self.charted && can;
        (self.full, self.focus) = (None, Focus::Result);
        if !can {
            self.note = Some("no column of numbers to draw: count something".to_string());
        }
    }

    fn move_in_editor(&mut self, up: bool) {
        let code = if up { KeyCode::Up } else { KeyCode::Down };
        self.input.key(KeyEvent::new(code, KeyModifiers::NONE));
    }

    fn panes(&self, mut area: Rect) -> Panes {
        let none = Rect { width: 0, height: 0, ..area };
        let alone = area.width < WIDE;
        if alone && self.focus == Focus::Tables {
            return Panes { editor: none, bar: none, result: none, tables: area };
        }
        let tables = if alone { none } else { right(30, &mut area) };
        let written = u16::try_from(self.input.text().split('\n').count()).unwrap_or(u16::MAX);
        let most = (area.height / 2).max(1);
        let editor = top(written.max(4).min(most), &mut area);
        let bar = top(1, &mut area);
        Panes { editor, bar, result: area, tables }
    }
}
