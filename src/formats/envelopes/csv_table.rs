//! CSV with a header: portal, PowerShell `Export-Csv`, data frames.

use std::sync::Arc;

use super::{Cutter, Envelope, Found};
use crate::formats::block::{Block, Head, Learnt, enough, lines};
use crate::formats::cells::{Cells, Column, column};
use crate::formats::{Fit, Item, json};

/// How many rows the portal shows and exports at most.
const PORTAL_LIMIT: u64 = 30_000;

/// See the module's description.
pub struct CsvTable;

#[allow(private_interfaces, reason = "see the trait")]
impl Envelope for CsvTable {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn doc(&self) -> &'static str {
        "CSV with a header: portal export, PowerShell, data frames"
    }

    fn fit(&self, head: &[u8]) -> Fit {
        if matches!(head[0], b'{' | b'[') {
            return Fit::No;
        }
        let (header, end) = header(head, true).unwrap_or_default();
        let known: Vec<u8> = header.iter().filter_map(|name| column(label(name).0)).collect();
        // `… | project log_s` is the query of the AKS pages.
        let log = known.contains(&(Column::Log as u8));
        match known.len() >= 2 || log {
            true => Fit::Sure,
            false if is_header(&header, &head[end..]) => Fit::Maybe,
            false => Fit::No,
        }
    }

    fn cutter(&self) -> Box<dyn Cutter> {
        Box::new(Records::default())
    }

    fn open(&self, block: &Block, learnt: &Learnt, each: &mut dyn FnMut(Found<'_>)) {
        let bytes = &block.bytes[learnt.skip..];
        let base = block.offset + learnt.skip as u64;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
        let mut record = csv::ByteRecord::new();
        let (mut counted, mut line) = (0, block.line + lines(&block.bytes[..learnt.skip]));
        // Reading from memory cannot fail, and a flexible reader takes rows of any width.
        while matches!(reader.read_byte_record(&mut record), Ok(true)) {
            let start = record.position().map_or(0, |p| p.byte() as usize);
            let (blanks, text) = json::trim(&bytes[start..reader.position().byte() as usize]);
            line += lines(&bytes[counted..start + blanks]);
            counted = start + blanks;
            let at = base + counted as u64..base + (counted + text.len()) as u64;
            if text.is_empty() {
                continue;
            }
            let ends = learnt.cut && reader.position().byte() as usize >= bytes.len();
            let cells = if ends { Err("the row is cut short inside quotes".to_owned()) } else { row(&record, learnt) };
            match (cells, std::str::from_utf8(text)) {
                (Ok(cells), Ok(text)) => each(Found::Item(Item { cells: Some(&cells), ..Item::new(at, line, text) })),
                (Err(reason), _) => each(Found::Reject { at, line, reason, bytes: text }),
                (Ok(_), Err(_)) => {
                    each(Found::Reject { at, line, reason: "a cell is no UTF-8".to_owned(), bytes: text })
                }
            }
        }
    }
}

/// Returns the cells of one record by column, or says why it has none.
fn row<'a>(record: &'a csv::ByteRecord, learnt: &'a Learnt) -> Result<Cells<'a>, String> {
    if record.len() != learnt.columns.len() {
        return Err(format!("row of {} columns under a header of {} columns", record.len(), learnt.columns.len()));
    }
    let mut cells = Cells::default();
    for (bytes, (column, name)) in record.iter().zip(learnt.columns.iter()) {
        let text = std::str::from_utf8(bytes).map_err(|_| "a cell is no UTF-8".to_owned())?;
        // A data frame numbers its rows in a column without a name.
        if !(learnt.frame && name.is_empty()) {
            cells.set_text(*column, name, if learnt.frame && text == "NaN" { "" } else { text });
        }
    }
    Ok(cells)
}

/// Finds the ends of records: line ends outside quotes.
#[derive(Default)]
struct Records {
    at: usize,
    /// End of the last whole record in what is held.
    end: usize,
    place: Place,
    columns: Option<Arc<Vec<Head>>>,
    /// Length of the header, until the first block has taken it.
    skip: usize,
    frame: bool,
    rows: u64,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    CellStart,
    Bare,
    Quoted,
    /// After a quote inside quotes: the end of them, or half of a doubled one.
    QuoteInQuotes,
}

#[allow(private_interfaces, reason = "see the trait")]
impl Cutter for Records {
    fn cut(&mut self, held: &[u8], last: bool, notes: &mut Vec<String>) -> Option<(usize, Learnt)> {
        if self.columns.is_none() {
            let (names, end) = header(held, last)?;
            let named = names.iter().map(|whole| {
                let (name, zone) = label(whole);
                let column = column(name);
                let Some(zone) = zone else { return (column, name.to_owned()) };
                if column.is_some() {
                    notes.push(format!(
                        "times of column {name} are in zone {zone}, which is not known; they are left out"
                    ));
                }
                (None, whole.trim().to_owned())
            });
            self.columns = Some(Arc::new(named.collect()));
            self.frame = names.first().is_some_and(|name| label(name).0.is_empty());
            (self.at, self.end, self.skip) = (end, end, end);
        }
        self.scan(held);
        let length = if last { held.len() } else { self.end };
        if held.is_empty() || (!last && length < enough()) {
            return None;
        }
        if last {
            self.rows += u64::from(self.end < held.len() && !json::trim(&held[self.end..]).1.is_empty());
            if self.rows == PORTAL_LIMIT {
                notes.push("exactly 30,000 rows, the portal's limit: more rows are likely missing".to_owned());
            }
        }
        (self.at, self.end) = (self.at - length.min(self.at), 0);
        let columns = self.columns.clone().unwrap_or_default();
        let (skip, cut) = (std::mem::take(&mut self.skip), last && self.place == Place::Quoted);
        Some((length, Learnt { columns, skip, cut, frame: self.frame, ..Learnt::default() }))
    }
}

impl Records {
    fn scan(&mut self, held: &[u8]) {
        while self.at < held.len() {
            let rest = &held[self.at..];
            let step = match self.place {
                Place::Quoted => memchr::memchr(b'"', rest),
                Place::Bare => memchr::memchr3(b',', b'\n', b'\r', rest),
                Place::CellStart | Place::QuoteInQuotes => Some(0),
            };
            let Some(step) = step else {
                self.at = held.len();
                return;
            };
            let byte = rest[step];
            self.at += step + 1;
            self.place = match (self.place, byte) {
                (Place::Quoted, _) => Place::QuoteInQuotes,
                (Place::CellStart | Place::QuoteInQuotes, b'"') => Place::Quoted,
                (_, b',' | b'\r') => Place::CellStart,
                (_, b'\n') => {
                    let blank = json::trim(&held[self.end..self.at]).1.is_empty();
                    self.rows += u64::from(!blank);
                    self.end = self.at;
                    Place::CellStart
                }
                _ => Place::Bare,
            };
        }
    }
}

/// Returns the names of the header row and where the rows begin. PowerShell writes a line `#TYPE …` before it.
fn header(head: &[u8], last: bool) -> Option<(Vec<String>, usize)> {
    let mut start = 0;
    if head.starts_with(b"#TYPE") || head.starts_with(b"\"#TYPE") {
        start = memchr::memchr(b'\n', head)? + 1;
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&head[start..]);
    let mut record = csv::ByteRecord::new();
    if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
        return None;
    }
    let end = start + reader.position().byte() as usize;
    if end >= head.len() && !last {
        return None;
    }
    Some((record.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect(), end))
}

/// Says whether names and the row below them look like those of a table: several names, none of them twice, and as
/// many values as names. Prose with commas does not.
fn is_header(names: &[String], below: &[u8]) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_-.:/()[]@#% ".contains(c);
    let name = |name: &String| {
        let name = label(name).0;
        name.len() <= 100 && name.chars().all(plain) && name.split(' ').count() <= 6
    };
    let distinct: std::collections::HashSet<&String> = names.iter().collect();
    let named = names.iter().skip(1).all(|name| !name.trim().is_empty());
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(below);
    let mut record = csv::ByteRecord::new();
    let row = matches!(reader.read_byte_record(&mut record), Ok(true)) && record.len() == names.len();
    names.len() >= 3 && distinct.len() == names.len() && names.iter().all(name) && named && row
}

/// Splits the zone off a header such as `TimeGenerated [UTC]`; UTC itself is no zone to speak of.
fn label(name: &str) -> (&str, Option<&str>) {
    let name = name.trim_matches(['\u{feff}', ' ']);
    match name.strip_suffix(']').and_then(|n| n.split_once(" [")) {
        Some((name, "UTC")) => (name, None),
        Some((name, zone)) => (name, Some(zone)),
        None => (name, None),
    }
}
