//! Reads one part of a text that holds one document: drives the parser, and takes lists apart.
//!
//! A list is known only at its end, since `kubectl` sorts keys and writes `kind` behind `items`. Its items are therefore
//! remembered as places in the JSON text. When the text breaks before that, items that were whole are still given.

use std::borrow::Cow;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::edges::{self, closed, extend, header, tab, uncounted};
use super::keep::Oddities;
use super::place::Places;
use super::writer::{Refused, Writer, too_deep};
use super::{Document, Found, MAX_DEPTH};

/// How many bytes may be read again because of [`tab`].
const AGAIN: usize = 64 << 20;

/// Reads the part at `chunk`, which begins on `line`.
pub(super) fn read(text: &str, chunk: Range<usize>, line: u64, each: &mut dyn FnMut(Found)) {
    let mut part = Cow::Borrowed(&text[chunk.clone()]);
    let mut left = AGAIN;
    while let Some(tab) = attempt(text, &part, &chunk, line, left >= part.len(), each) {
        left -= part.len();
        part.to_mut().replace_range(tab..=tab, " ");
    }
}

/// Reads `part`, which is the text at `chunk` but for some tabs; returns a tab to be read as a space, if `again`.
fn attempt(
    text: &str,
    part: &str,
    chunk: &Range<usize>,
    line: u64,
    again: bool,
    each: &mut dyn FnMut(Found),
) -> Option<usize> {
    let mut reader = Reader::new(text, chunk.clone(), Places::new(text, chunk, line));
    if let Some(at) = uncounted(part) {
        let reason = "a directive with characters beyond ASCII".to_owned();
        reader.broken(reason, chunk.start + at, each);
        return None;
    }
    for event in Parser::new_from_str(part) {
        match event {
            Ok((Event::DocumentStart(explicit), span)) => reader.begin(explicit, &span),
            Ok((Event::DocumentEnd, _)) => reader.finish(each),
            Ok((Event::StreamStart | Event::StreamEnd | Event::Nothing, _)) => {}
            Ok((event, span)) => reader.node(&event, &span),
            Err(e) => {
                let at = reader.places.byte(e.marker().index());
                let tab = tab(part, e.info(), at - chunk.start).filter(|_| again && !reader.given);
                if tab.is_none() {
                    reader.broken(e.info().to_owned(), at, each);
                }
                return tab;
            }
        }
    }
    None
}

/// What is known of the document that is read.
struct Reader<'t> {
    text: &'t str,
    /// Whether anything was found already.
    given: bool,
    chunk: Range<usize>,
    places: Places<'t>,
    /// Where the document begins at the earliest.
    from: usize,
    /// Character of the part behind the last content.
    end: usize,
    root: Option<Range<usize>>,
    writer: Writer,
    /// Open mappings and sequences.
    open: usize,
    /// Why the value that is read cannot be written: the item of a list, or the whole document.
    refused: Option<Refused>,
    list: List,
    oddities: Oddities,
}

/// What makes a document a list.
#[derive(Default)]
struct List {
    kind: Option<String>,
    version: Option<String>,
    named: bool,
    sequence: bool,
    inside: Option<Member>,
    items: Vec<Item>,
    item: Option<(usize, usize)>,
}

/// The member of the outermost mapping that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Items,
    Metadata,
}

struct Item {
    at: Range<usize>,
    /// Where its text is in the text of the document, a comma before it included.
    json: Range<usize>,
    outcome: Result<Oddities, Refused>,
}

impl List {
    fn fits(&self, kind: impl Fn(Option<&str>) -> bool) -> bool {
        self.sequence && !self.named && kind(self.kind.as_deref())
    }
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, chunk: Range<usize>, places: Places<'t>) -> Self {
        Self {
            text,
            given: false,
            from: chunk.start,
            chunk,
            places,
            end: 0,
            root: None,
            writer: Writer::new(),
            open: 0,
            refused: None,
            list: List::default(),
            oddities: Oddities::default(),
        }
    }

    fn begin(&mut self, explicit: bool, span: &Span) {
        if explicit {
            self.end = span.end.index();
            self.from = self.places.byte(self.end);
        }
    }

    /// Forgets the document that was read.
    fn next(&mut self) {
        let end = self.root.take().map_or(self.from, |root| root.end);
        self.from = end.max(self.places.byte(self.end));
        self.writer = Writer::new();
        self.open = 0;
        self.refused = None;
        self.list = List::default();
        self.oddities = Oddities::default();
    }

    fn node(&mut self, event: &Event<'_>, span: &Span) {
        let unwritten = matches!(event, Event::Scalar(text, ScalarStyle::Plain, 0, None) if text.is_empty());
        if self.open == 0 && unwritten {
            return;
        }
        let ends = matches!(event, Event::SequenceEnd | Event::MappingEnd);
        let starts = matches!(event, Event::SequenceStart(..) | Event::MappingStart(..));
        if !ends {
            self.open_value(event, span);
        }
        let key = if self.open == 1 && !ends { self.member() } else { None };
        let written = self.writer.len();
        if self.refused.is_none()
            && let Err(reason) = self.write(event, span)
        {
            let line = self.places.line(self.places.byte(span.start.index()));
            self.refused = Some(format!("line {line}: {reason}"));
        }
        self.open = if ends { self.open.saturating_sub(1) } else { self.open + usize::from(starts) };
        let placeless = unwritten || (ends && span.is_empty());
        if !placeless {
            self.end = self.end.max(span.end.index());
        }
        self.learn(key, event, written);
        if !starts {
            self.close_value(if ends { Some(span) } else { None });
        }
    }

    fn write(&mut self, event: &Event<'_>, span: &Span) -> Result<(), Refused> {
        let line = || self.places.line(self.places.byte(span.start.index()));
        match event {
            Event::Alias(id) => self.writer.alias(*id, line),
            Event::Scalar(text, style, anchor, tag) => {
                let at = self.places.byte(span.start.index())..self.places.byte(span.end.index());
                let part = &self.text[..self.chunk.end];
                let added = edges::added_break(part, text, *style, at, span);
                let text = if added { text.strip_suffix('\n').unwrap_or(text) } else { text };
                self.writer.scalar(text, *style, *anchor, tag.as_deref(), line)
            }
            Event::SequenceStart(anchor, tag) => self.writer.start(true, *anchor, tag.as_deref(), line),
            Event::MappingStart(anchor, tag) => self.writer.start(false, *anchor, tag.as_deref(), line),
            Event::SequenceEnd | Event::MappingEnd => self.writer.end(line),
            _ => Ok(()),
        }
    }

    /// Notes where a document or an item begins.
    fn open_value(&mut self, event: &Event<'_>, span: &Span) {
        let item = self.open == 2 && self.list.inside == Some(Member::Items) && self.refused.is_none();
        if self.open > 0 && !item {
            return;
        }
        let mut at = self.places.byte(span.start.index());
        // The parser counts a block scalar from its first line, not from its header.
        if let Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, 0, None) = event {
            at = header(self.text, self.places.byte(self.end), at);
        }
        if item {
            self.oddities.extend(std::mem::take(&mut self.writer.oddities));
            self.list.item = Some((at, self.writer.len()));
            self.writer.base = 2;
        } else {
            self.root = Some(at..at);
        }
    }

    /// Notes where a document or an item ends, now that a value is whole: a mapping or sequence at `last`.
    fn close_value(&mut self, last: Option<&Span>) {
        let item = if self.open == 2 { self.list.item.take() } else { None };
        let start = match (item, &self.root) {
            (Some((at, _)), _) => at,
            (None, Some(root)) if self.open == 0 => root.start,
            _ => return,
        };
        let mut end = self.places.byte(self.end);
        if let Some(span) = last {
            let to = self.places.byte(span.start.index());
            end = if span.is_empty() { extend(self.text, end, to) } else { closed(self.text, to, end) };
        }
        let end = start + self.text[start..end.max(start)].trim_end_matches([' ', '\t', '\n', '\r']).len();
        let Some((_, written)) = item else {
            self.root = Some(start..end);
            return;
        };
        let oddities = std::mem::take(&mut self.writer.oddities);
        let outcome = match self.refused.take() {
            Some(reason) => {
                self.writer.abandon(2);
                Err(reason)
            }
            None => Ok(oddities),
        };
        self.writer.base = 0;
        self.list.items.push(Item { at: start..end, json: written..self.writer.len(), outcome });
    }

    /// The key of the outermost mapping of which the value comes next.
    fn member(&self) -> Option<&'static str> {
        let key = self.writer.key()?;
        ["\"kind\"", "\"apiVersion\"", "\"items\"", "\"metadata\""].into_iter().find(|name| *name == key)
    }

    /// Learns what the document is from the value of a key of the outermost mapping, written from `written` on.
    fn learn(&mut self, key: Option<&'static str>, event: &Event<'_>, written: usize) {
        if self.open == 1 {
            self.list.inside = None;
        }
        if self.refused.is_some() {
            return;
        }
        let text = || serde_json::from_str(self.writer.text(written..self.writer.len())).ok();
        match (key, event) {
            (Some("\"kind\""), _) if self.open == 1 => self.list.kind = text(),
            (Some("\"apiVersion\""), _) if self.open == 1 => self.list.version = text(),
            (Some("\"metadata\""), Event::MappingStart(..)) => self.list.inside = Some(Member::Metadata),
            (Some("\"items\""), Event::SequenceStart(..)) => {
                self.list.inside = Some(Member::Items);
                self.list.sequence = true;
            }
            _ if self.open == 2 && self.list.inside == Some(Member::Metadata) => {
                self.list.named |= self.writer.key() == Some("\"name\"");
            }
            _ => {}
        }
    }

    /// Gives what the document is, now that it is whole.
    fn finish(&mut self, each: &mut dyn FnMut(Found)) {
        let Some(root) = self.root.clone() else { return self.next() };
        self.given = true;
        if let Some(reason) = self.refused.take() {
            self.end = self.end.max(1);
            self.give_rest(reason, root.end, each);
            return self.next();
        }
        self.oddities.extend(std::mem::take(&mut self.writer.oddities));
        // Cut at the end of a line, what `kubectl` writes is sound YAML still: apiVersion and items without a kind.
        let cut = self.list.kind.is_none() && self.list.version.is_some();
        if self.list.fits(|kind| kind.map_or(cut, |kind| kind.ends_with("List"))) {
            let note = cut.then_some("the list ends before it says its kind, its last item may be cut");
            self.give_items(note, each);
            return self.next();
        }
        let line = self.places.line(root.start);
        let mut oddities = std::mem::take(&mut self.oddities);
        for item in std::mem::take(&mut self.list.items) {
            match item.outcome {
                Ok(more) => oddities.extend(more),
                Err(reason) => {
                    each(Found::Broken { at: root, line, reason });
                    return self.next();
                }
            }
        }
        each(if self.writer.height > MAX_DEPTH {
            Found::Broken { at: root, line, reason: too_deep() }
        } else {
            let json = self.writer.text(0..self.writer.len()).to_owned();
            Found::Document(Document { at: root, line, json, list: None, oddities: oddities.say() })
        });
        self.next();
    }

    /// Gives what was whole before the damage at byte `damage`, and the rest of the part as broken.
    fn broken(&mut self, reason: String, damage: usize, each: &mut dyn FnMut(Found)) {
        let reason = format!("line {}: {reason}", self.places.line(damage));
        let rest = self.text[self.from..self.chunk.end].trim_matches([' ', '\t', '\n', '\r', '\u{feff}']);
        if rest.starts_with(['{', '[']) && serde_json::from_str::<serde_json::Value>(rest).is_ok() {
            let start = rest.as_ptr() as usize - self.text.as_ptr() as usize;
            let at = start..start + rest.len();
            let oddities = vec![format!("read as JSON, since it is no YAML: {reason}")];
            let line = self.places.line(start);
            each(Found::Document(Document { at, line, json: rest.to_owned(), list: None, oddities }));
            return;
        }
        self.give_rest(
            self.refused.clone().filter(|_| self.list.item.is_none()).unwrap_or(reason),
            self.chunk.end,
            each,
        );
    }

    /// Gives whole items of what may be a list, then what follows them up to byte `end` as broken.
    fn give_rest(&mut self, reason: String, end: usize, each: &mut dyn FnMut(Found)) {
        let mut from = self.root.as_ref().map_or(self.from, |root| root.start);
        if self.list.fits(|kind| kind.is_none_or(|kind| kind.ends_with("List"))) {
            from = self.list.items.last().map_or(from, |item| item.at.end);
            let unsure = self.list.kind.is_none().then_some("the list breaks before it says its kind");
            self.give_items(unsure, each);
        }
        let rest = &self.text[from..end];
        let blank = [' ', '\t', '\n', '\r'];
        let start = end - rest.trim_start_matches(blank).len();
        let at = start..start + self.text[start..end].trim_end_matches(blank).len();
        each(Found::Broken { line: self.places.line(at.start), at, reason });
    }

    fn give_items(&mut self, note: Option<&str>, each: &mut dyn FnMut(Found)) {
        let kind = self.list.kind.as_deref().and_then(|kind| kind.strip_suffix("List")).filter(|kind| !kind.is_empty());
        let list = kind.map(|kind| (kind.to_owned(), self.list.version.clone().unwrap_or_default()));
        // What is odd about the mapping around the items has no document of its own.
        let mut around = std::mem::take(&mut self.oddities).say();
        for item in self.list.items.drain(..) {
            let line = self.places.line(item.at.start);
            each(match item.outcome {
                Err(reason) => Found::Broken { at: item.at, line, reason },
                Ok(odd) => {
                    let mut oddities = std::mem::take(&mut around);
                    oddities.extend(odd.say());
                    oddities.extend(note.map(str::to_owned));
                    let json = self.writer.text(item.json);
                    let json = json.strip_prefix(',').unwrap_or(json).to_owned();
                    Found::Document(Document { at: item.at, line, json, list: list.clone(), oddities })
                }
            });
        }
    }
}
