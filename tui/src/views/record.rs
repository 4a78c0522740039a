//! One event in full: its decoded fields, or the very bytes it was read from. It says whether those bytes were checked
//! against the hash taken at intake, because that is what makes them evidence.

use ratatui::layout::Rect;

use crate::{
    ask::{self, HashCheck, RecordId, Request, Ticket},
    shown::Shown,
    text::{grouped, visible, visible_bytes, wrap},
    theme::Role,
    views::{Context, Slot},
    widgets::{
        json,
        pen::{Pen, top},
    },
};

/// How the record is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    #[default]
    Fields,
    Raw,
    Indented,
}

/// The record pane of a view.
#[derive(Debug, Default)]
pub struct Detail {
    wanted: Option<RecordId>,
    shown: Option<Record>,
    pub slot: Slot,
    pub reading: Reading,
    pub scroll: usize,
}

#[derive(Debug)]
struct Record {
    id: RecordId,
    place: Shown,
    fields: Vec<(Shown, Option<Shown>)>,
    raw: String,
    indented: Vec<String>,
    bytes: u64,
    hash: (Role, String),
}

impl Detail {
    /// Shows this record; asks for it unless it is the one already wanted.
    pub fn show(&mut self, id: RecordId, context: &mut Context) {
        if self.wanted != Some(id) {
            self.wanted = Some(id);
            self.scroll = 0;
            self.slot.ask(context, Request::Record(id));
        }
    }

    /// Asks again for the record shown.
    pub fn reload(&mut self, context: &mut Context) {
        if let Some(id) = self.wanted {
            self.slot.ask(context, Request::Record(id));
        }
    }

    pub fn turn(&mut self) {
        self.scroll = 0;
        self.reading = match self.reading {
            Reading::Fields => Reading::Raw,
            Reading::Raw => Reading::Indented,
            Reading::Indented => Reading::Fields,
        };
    }

    pub fn loaded(&mut self, ticket: Ticket, record: ask::Record) {
        if self.slot.takes(ticket) {
            self.shown = Some(Record::new(record));
        }
    }

    /// Returns how many lines there are to scroll over at this width.
    pub fn lines(&self, width: u16) -> usize {
        self.shown.as_ref().map_or(0, |record| record.lines(self.reading, usize::from(width)).len())
    }

    pub fn draw(&self, pen: &mut Pen<'_>, mut area: Rect, focus: bool) {
        let words = match self.reading {
            Reading::Fields => "decoded fields",
            Reading::Raw => "raw bytes",
            Reading::Indented => "raw bytes, indented for reading",
        };
        let head = top(1, &mut area);
        let mark = if focus { "▸" } else { " " };
        let x = pen.write(head, (0, 0), &format!("{mark}Record: {words}"), Role::Heading);
        pen.right(head, x + 1, 0, "p turns", Role::Faint);
        if let Some(error) = &self.slot.error {
            let y = pen.paragraphs(area, 0, &["The record could not be read:".to_string()], Role::Bad);
            let y = pen.paragraphs(area, y, error, Role::Plain);
            pen.paragraphs(area, y, &["^r tries again.".to_string()], Role::Faint);
            return;
        }
        let Some(record) = &self.shown else {
            pen.write(area, (1, 0), "reading the record…", Role::Faint);
            return;
        };
        let old = std::mem::replace(&mut pen.faint, self.wanted != Some(record.id));
        record.draw(pen, area, self);
        pen.faint = old;
    }
}

impl Record {
    fn new(record: ask::Record) -> Record {
        let hash = match record.hash {
            HashCheck::Same => (Role::Good, "hash checked: same as at intake".to_string()),
            HashCheck::Differs => (Role::Bad, "HASH DIFFERS: this file changed since intake".to_string()),
            HashCheck::NotChecked(why) => (Role::Warn, format!("hash not checked: {}", visible(&why))),
        };
        let indented = match std::str::from_utf8(&record.raw) {
            Ok(text) => json::indent(text).iter().map(|line| visible(line).into_owned()).collect(),
            Err(_) => json::indent(&visible_bytes(&record.raw)),
        };
        Record {
            id: record.id,
            place: Shown::new(record.place),
            fields: record.fields.into_iter().map(|(name, value)| (Shown::new(name), Shown::cell(value))).collect(),
            raw: visible_bytes(&record.raw),
            indented,
            bytes: record.raw.len() as u64,
            hash,
        }
    }

    fn draw(&self, pen: &mut Pen<'_>, mut area: Rect, detail: &Detail) {
        let head = top(2, &mut area);
        let bytes = format!(" {}  {} bytes", self.place.text(), grouped(self.bytes));
        pen.write(head, (0, 0), &bytes, Role::Faint);
        pen.write(head, (1, 1), &self.hash.1, self.hash.0);
        let lines = self.lines(detail.reading, usize::from(area.width));
        let first = detail.scroll.min(lines.len().saturating_sub(1));
        for (y, (role, line)) in (0..area.height).zip(&lines[first.min(lines.len())..]) {
            pen.write(area, (0, y), line, *role);
        }
        if self.fields.is_empty() && detail.reading == Reading::Fields {
            pen.write(area, (1, 0), "No field was decoded. p shows the raw bytes.", Role::Faint);
        }
    }

    fn lines(&self, reading: Reading, width: usize) -> Vec<(Role, String)> {
        let width = width.max(4);
        match reading {
            Reading::Raw => hard(&self.raw, width).into_iter().map(|line| (Role::Plain, line)).collect(),
            Reading::Indented => {
                self.indented.iter().flat_map(|line| hard(line, width)).map(|line| (Role::Plain, line)).collect()
            }
            Reading::Fields => self.field_lines(width),
        }
    }

    /// Names to the left, values wrapped to the right of them; on a narrow pane values go below their names.
    fn field_lines(&self, width: usize) -> Vec<(Role, String)> {
        let longest = self.fields.iter().map(|(name, _)| crate::text::columns(name.text())).max().unwrap_or(0);
        let name_width = longest.min(22).min(width / 3).max(4);
        let mut out = Vec::new();
        for (name, value) in &self.fields {
            let role = if value.is_some() { Role::Plain } else { Role::Faint };
            let value = value.as_ref().map_or("null", Shown::text);
            let name = crate::text::cut(name.text(), name_width);
            let pad = " ".repeat(name_width - crate::text::columns(&name).min(name_width));
            for (at, line) in wrap(value, width.saturating_sub(name_width + 2)).into_iter().enumerate() {
                let before = if at == 0 { format!("{name}{pad}") } else { " ".repeat(name_width) };
                out.push((role, format!(" {before} {line}")));
            }
        }
        out
    }
}

/// Cuts text into lines of exactly `width` columns where it can; nothing is added and nothing is left out.
fn hard(text: &str, width: usize) -> Vec<String> {
    if !text.is_ascii() {
        return wrap(&text.replace(' ', "\u{a0}"), width).iter().map(|line| line.replace('\u{a0}', " ")).collect();
    }
    if text.is_empty() {
        return vec![String::new()];
    }
    text.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line).into_owned()).collect()
}
