//! A place to write SQL, run it, and read the result beside the tables there are. It knows no SQL: the text goes out
//! as it was written and a grid or a complaint comes back.

use ratatui::layout::Rect;

use crate::{
    ask::{self, Answer, Request, Ticket, Total},
    keys::{Action, Binding, EDITOR, EVERYWHERE, MOVE, SQL},
    shown::Shown,
    text::{columns, grouped},
    theme::Role,
    views::{Context, Slot, Typed, View, moved},
    widgets::{
        grid::{self, Lane, Set},
        input::Input,
        pen::{Pen, right, scroll, top},
    },
};

/// More rows than a screen is good for; the line under the result says when there are more.
const LIMIT: u32 = 10_000;
const WIDEST: u16 = 48;

#[derive(Default)]
pub struct Query {
    input: Input,
    focus: Focus,
    past: Vec<String>,
    /// Which query of the past is in the editor; past its end: none.
    turned: usize,
    run_slot: Slot,
    stopped: bool,
    result: Option<Grid>,
    cursor: u64,
    column: usize,
    tables_slot: Slot,
    asked: bool,
    tables: Option<Vec<(Role, String)>>,
    table_line: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Focus {
    #[default]
    Editor,
    Result,
    Tables,
}

struct Grid {
    names: Vec<Shown>,
    lanes: Vec<Lane>,
    rows: Vec<Vec<Option<Shown>>>,
    total: Total,
    millis: u64,
    note: Shown,
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
        if self.typing() { vec![EDITOR] } else { vec![SQL, MOVE, EVERYWHERE] }
    }

    fn all_keys(&self) -> Vec<&'static [Binding]> {
        vec![SQL, EDITOR, MOVE, EVERYWHERE]
    }

    fn typing(&self) -> bool {
        self.focus == Focus::Editor
    }

    fn visit(&mut self, context: &mut Context) {
        if !self.asked {
            self.asked = true;
            self.tables_slot.ask(context, Request::Tables);
        }
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        let panes = self.panes(context.area);
        let (rows, lines) = (self.place().1, self.tables.as_ref().map_or(0, |lines| lines.len() as u64));
        match self.focus {
            Focus::Result => {
                if let Some(to) = moved(action, self.cursor, rows, panes.result.height.saturating_sub(1)) {
                    self.cursor = to;
                    return true;
                }
            }
            Focus::Tables => {
                if let Some(to) = moved(action, self.table_line, lines, panes.tables.height) {
                    self.table_line = to;
                    return true;
                }
            }
            Focus::Editor => {}
        }
        match action {
            Action::Run => self.run(context),
            Action::Edit => self.focus = Focus::Editor,
            Action::Focus => {
                self.focus = match self.focus {
                    Focus::Editor => Focus::Result,
                    Focus::Result => Focus::Tables,
                    Focus::Tables => Focus::Editor,
                }
            }
            Action::Back if self.typing() => {
                if self.run_slot.stop(context) {
                    self.stopped = true;
                } else {
                    self.focus = Focus::Result;
                }
            }
            Action::Older if self.input.on_first_line() => self.turn_back(),
            Action::Newer if self.input.on_last_line() => self.turn(self.turned.checked_add(1)),
            Action::Older | Action::Newer => self.move_in_editor(action == Action::Older),
            Action::Left => self.column = self.column.saturating_sub(1),
            Action::Right => {
                let last = self.result.as_ref().map_or(0, |grid| grid.names.len().saturating_sub(1));
                self.column = (self.column + 1).min(last);
            }
            Action::Reload => {
                self.asked = false;
                self.visit(context);
            }
            _ => return false,
        }
        true
    }

    fn typed(&mut self, typed: &Typed, _context: &mut Context) {
        match typed {
            Typed::Key(key) if key.code == crossterm::event::KeyCode::Enter => self.input.insert("\n"),
            Typed::Key(key) => self.input.key(*key),
            Typed::Paste(text) => self.input.insert(&text.replace("\r\n", "\n")),
        }
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer, _context: &mut Context) {
        match answer {
            Answer::Grid(grid) if self.run_slot.takes(ticket) => {
                self.result = Some(Grid::new(grid));
                (self.cursor, self.column) = (0, 0);
            }
            Answer::Tables(tables) if self.tables_slot.takes(ticket) => {
                self.tables = Some(table_lines(tables));
                self.table_line = 0;
            }
            _ => {}
        }
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        self.run_slot.fails(ticket, words);
        self.tables_slot.fails(ticket, words);
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.run_slot, &mut self.tables_slot]
    }

    fn waits(&self) -> bool {
        self.run_slot.open() || self.tables_slot.open()
    }

    fn status(&self) -> String {
        match &self.result {
            Some(grid) if grid.rows.is_empty() => "0 rows".to_string(),
            Some(grid) => format!("row {} of {}", grouped(self.cursor + 1), grid.total),
            None => String::new(),
        }
    }

    fn place(&self) -> (u64, u64) {
        (self.cursor, self.result.as_ref().map_or(0, |grid| grid.rows.len() as u64))
    }

    fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        let panes = self.panes(area);
        self.input.draw(pen, panes.editor, self.typing());
        if self.input.text().is_empty() && panes.editor.width > 3 {
            pen.write(panes.editor, (2, 0), "SELECT … FROM timeline LIMIT 10    (^j runs it)", Role::Faint);
        }
        pen.rule(panes.bar, 0);
        let (role, words) = self.bar();
        pen.write(panes.bar, (1, 0), &format!(" {words} "), role);
        self.draw_result(pen, panes.result);
        self.draw_tables(pen, panes.tables);
    }
}

impl Query {
    fn run(&mut self, context: &mut Context) {
        let text = self.input.text().trim().to_string();
        if text.is_empty() {
            return;
        }
        if self.past.last() != Some(&text) {
            self.past.push(text.clone());
        }
        self.turned = self.past.len();
        self.stopped = false;
        self.run_slot.ask(context, Request::Sql { text, limit: LIMIT });
    }

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

    fn move_in_editor(&mut self, up: bool) {
        use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
        let code = if up { KeyCode::Up } else { KeyCode::Down };
        self.input.key(KeyEvent::new(code, KeyModifiers::NONE));
    }

    fn panes(&self, mut area: Rect) -> Panes {
        let none = Rect { width: 0, height: 0, ..area };
        let alone = area.width < 100;
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

    /// What the line between editor and result says.
    fn bar(&self) -> (Role, String) {
        if self.run_slot.open() {
            return (Role::Title, "running, Esc stops".to_string());
        }
        if self.run_slot.error.is_some() {
            return (Role::Bad, "failed".to_string());
        }
        if self.stopped {
            let before = if self.result.is_some() { "; below is the result before" } else { "" };
            return (Role::Warn, format!("stopped{before}"));
        }
        let Some(grid) = &self.result else { return (Role::Faint, "no query was run yet".to_string()) };
        let held = grid.rows.len() as u64;
        let rows = match grid.total {
            Total::Exactly(total) if total == held => format!("{} rows, complete", grouped(total)),
            total => format!("{} of {total} rows", grouped(held)),
        };
        let mut words = format!("{rows}   {}.{:02} s", grid.millis / 1000, grid.millis / 10 % 100);
        if !grid.note.text().is_empty() {
            words += &format!("   {}", grid.note.text());
        }
        (Role::Heading, words)
    }

    fn draw_result(&self, pen: &mut Pen<'_>, mut area: Rect) {
        if let Some(error) = &self.run_slot.error {
            let y = pen.paragraphs(area, 0, error, Role::Plain);
            pen.paragraphs(area, y, &["i goes back to the editor.".to_string()], Role::Faint);
            return;
        }
        let Some(grid) = &self.result else { return };
        let old = std::mem::replace(&mut pen.faint, self.run_slot.open() || self.stopped);
        let lanes = &grid.lanes[self.column.min(grid.lanes.len())..];
        let head = top(u16::from(area.height >= 2), &mut area);
        let names: Vec<_> = grid.names.iter().skip(self.column).map(|name| (name.text(), Role::Heading)).collect();
        grid::line(pen, head, (1, 0), lanes, &names);
        if grid.rows.is_empty() {
            pen.write(area, (1, 0), "The query ran and no row came back.", Role::Plain);
        }
        let first = scroll(0, self.cursor, u64::from(area.height));
        for (y, (at, row)) in (0..area.height).zip(grid.rows.iter().enumerate().skip(first as usize)) {
            let under_cursor = at as u64 == self.cursor && self.focus == Focus::Result;
            let role = if under_cursor { Role::Cursor } else { Role::Plain };
            let cells: Vec<_> = row
                .iter()
                .skip(self.column)
                .map(|cell| match cell {
                    Some(cell) => (cell.text(), role),
                    None => ("null", if under_cursor { role } else { Role::Faint }),
                })
                .collect();
            if under_cursor {
                pen.write(area, (0, y), ">", Role::Key);
            }
            grid::line(pen, area, (1, y), lanes, &cells);
        }
        pen.faint = old;
    }

    fn draw_tables(&self, pen: &mut Pen<'_>, area: Rect) {
        if area.width == 0 {
            return;
        }
        if let Some(error) = &self.tables_slot.error {
            pen.paragraphs(area, 0, error, Role::Bad);
            return;
        }
        let Some(lines) = &self.tables else {
            pen.write(area, (1, 0), "reading the tables…", Role::Faint);
            return;
        };
        let first = scroll(0, self.table_line, u64::from(area.height));
        for (y, (at, (role, line))) in (0..area.height).zip(lines.iter().enumerate().skip(first as usize)) {
            pen.write(area, (1, y), line, *role);
            if at as u64 == self.table_line && self.focus == Focus::Tables {
                pen.write(area, (0, y), ">", Role::Key);
                pen.line(area, y, Role::Cursor);
            }
        }
    }
}

impl Grid {
    fn new(grid: ask::Grid) -> Grid {
        let names: Vec<Shown> = grid.columns.iter().map(|column| Shown::new(column.name.as_str())).collect();
        let rows: Vec<Vec<Option<Shown>>> =
            grid.rows.into_iter().map(|row| row.into_iter().map(Shown::cell).collect()).collect();
        let lanes = names
            .iter()
            .zip(&grid.columns)
            .enumerate()
            .map(|(at, (name, column))| {
                let cells = rows
                    .iter()
                    .filter_map(|row| row.get(at))
                    .map(|cell| cell.as_ref().map_or(4, |cell| columns(cell.text())));
                let widest = cells.chain([columns(name.text())]).max().unwrap_or(1);
                let width = u16::try_from(widest).unwrap_or(WIDEST).clamp(1, WIDEST);
                Lane { width, set: if column.number { Set::Right } else { Set::Left } }
            })
            .collect();
        Grid { names, lanes, rows, total: grid.total, millis: grid.millis, note: Shown::new(grid.note) }
    }
}

fn table_lines(tables: Vec<ask::TableInfo>) -> Vec<(Role, String)> {
    let mut lines = Vec::new();
    for table in tables {
        let rows = table.rows.map_or(String::new(), |rows| format!("  {}", grouped(rows)));
        lines.push((Role::Heading, format!("{}{rows}", Shown::new(table.name).text())));
        lines.extend(table.columns.into_iter().map(|column| {
            let (name, kind) = (Shown::new(column.name), Shown::new(column.kind));
            (Role::Plain, format!("  {} {}", name.text(), kind.text()))
        }));
    }
    if lines.is_empty() {
        lines.push((Role::Plain, "no tables yet".to_string()));
    }
    lines
}
