//! One event in full: its decoded fields, or the very bytes it was read from. It says whether those bytes were checked
//! against the hash taken at intake, because that is what makes them evidence.

use ratatui::layout::Rect;

use crate::{
    ask::{self, HashCheck, RecordId, Request, Ticket},
    shown::Shown,
    text::{columns, cut_start, visible, visible_bytes, wrap},
    theme::Role,
    views::{Context, Slot, complain, count},
    widgets::{
        fields, json,
        pen::{Pen, bottom, top},
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
        self.shown.as_ref().map_or(0, |record| record.lines(self.reading, width).len())
    }

    /// The record as it is read now, for the clipboard.
    pub fn text(&self) -> Option<String> {
        let record = self.shown.as_ref().filter(|record| self.wanted == Some(record.id))?;
        Some(match self.reading {
            Reading::Raw => record.raw.clone(),
            Reading::Indented => record.indented.join("\n"),
            Reading::Fields => fields::text(record.fields()),
        })
    }

    /// Returns how many lines of the record are seen in a pane of this height.
    pub fn height(&self, pane: u16) -> u16 {
        let rest = pane.saturating_sub(title_height(pane));
        rest.saturating_sub(self.shown.as_ref().map_or(0, |record| record.head_height(rest)))
    }

    pub fn draw(&self, pen: &mut Pen<'_>, mut area: Rect, focus: bool) {
        let (words, next) = match self.reading {
            Reading::Fields => ("decoded fields", "p raw bytes "),
            Reading::Raw => ("raw bytes", "p indented "),
            Reading::Indented => ("raw bytes, indented for reading", "p fields "),
        };
        let head = top(title_height(area.height), &mut area);
        let mark = match (focus, pen.theme.ascii) {
            (true, true) => ">",
            (true, false) => "▸",
            (false, _) => " ",
        };
        let x = pen.write(head, (0, 0), &format!("{mark}Record: {words}"), Role::Heading);
        pen.right(head, x + 1, 0, next, Role::Faint);
        if let Some(error) = &self.slot.error {
            complain(pen, area, "The record could not be read:", error, "^r tries again.");
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
        let mut head = top(self.head_height(area.height), &mut area);
        let hash = bottom(1, &mut head);
        let bytes = format!("   {}", count(self.bytes, "byte"));
        let room = usize::from(area.width).saturating_sub(columns(&bytes) + 1);
        let x = pen.write(head, (1, 0), &cut_start(self.place.text(), room), Role::Faint);
        pen.write(head, (x, 0), &bytes, Role::Faint);
        pen.write(hash, (1, 0), &self.hash.1, self.hash.0);
        let lines = self.lines(detail.reading, area.width);
        let first = detail.scroll.min(lines.len().saturating_sub(1));
        for (y, (role, line)) in (0..area.height).zip(&lines[first.min(lines.len())..]) {
            pen.write(area, (0, y), line, *role);
        }
        pen.more(area, first > 0, (lines.len() - first.min(lines.len())) as u64);
        if self.fields.is_empty() && detail.reading == Reading::Fields {
            pen.write(area, (1, 0), "No field was decoded. p shows the raw bytes.", Role::Faint);
        }
    }

    /// On a very small screen the fields are worth more than the place, but not more than a doubt about the bytes.
    fn head_height(&self, height: u16) -> u16 {
        if height < 5 { u16::from(self.hash.0 != Role::Good) } else { 2 }
    }

    fn fields(&self) -> impl Iterator<Item = (&Shown, Option<&Shown>)> {
        self.fields.iter().map(|(name, value)| (name, value.as_ref()))
    }

    /// The last column stays free for the mark that says there is more.
    fn lines(&self, reading: Reading, width: u16) -> Vec<(Role, String)> {
        let width = usize::from(width.saturating_sub(1)).max(4);
        match reading {
            Reading::Raw => hard(&self.raw, width).into_iter().map(|line| (Role::Plain, line)).collect(),
            Reading::Indented => {
                self.indented.iter().flat_map(|line| hard(line, width)).map(|line| (Role::Plain, line)).collect()
            }
            Reading::Fields => fields::lines(self.fields(), width),
        }
    }
}

fn title_height(pane: u16) -> u16 {
    u16::from(pane >= 3)
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
