//! CSV with a header: portal, PowerShell `Export-Csv`, data frames, parts that Data Explorer exported.
//!
//! Cells stand between commas or tabs. A table between semicolons is refused by name: who writes those also writes dates
//! and numbers in a way that cannot be told. A table without a header is refused too, since nothing names its columns.

use std::sync::Arc;

use super::{Cutter, Envelope, Found};
use crate::formats::block::{Block, Head, Learnt, enough, lines};
use crate::formats::cells::{Cells, Column, column};
use crate::formats::{Fit, Item, json};
use crate::model::Micros;

/// How many rows the portal shows and exports at most.
const PORTAL_LIMIT: u64 = 30_000;
/// What stands between cells: whichever makes more of the header.
const SEPARATORS: [u8; 2] = [b',', b'\t'];

/// See the module's description.
pub struct CsvTable;

#[allow(private_interfaces, reason = "see the trait")]
impl Envelope for CsvTable {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn doc(&self) -> &'static str {
        "CSV with a header, cells between commas or tabs: portal export, PowerShell, data frames, Data Explorer"
    }

    fn fit(&self, head: &[u8]) -> Fit {
        if matches!(head[0], b'{' | b'[') {
            return Fit::No;
        }
        let Some(header) = header(head, true) else { return Fit::No };
        // `… | project log_s` is the query of the AKS pages.
        let log = |name: &String| column(label(name).0) == Some(Column::Log as u8);
        match known(&header.names) >= 2 || header.names.iter().any(log) {
            true => Fit::Sure,
            false if is_header(&header, &head[header.end..]) => Fit::Maybe,
            false => Fit::No,
        }
    }

    fn cutter(&self) -> Box<dyn Cutter> {
        Box::new(Records::default())
    }

    fn open(&self, block: &Block, learnt: &Learnt, each: &mut dyn FnMut(Found<'_>)) {
        let bytes = &block.bytes[learnt.skip..];
        let base = block.offset + learnt.skip as u64;
        let mut reader = cells(bytes, learnt.separator);
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

/// The names in a header, what stands between them, and where the rows begin.
struct Header {
    names: Vec<String>,
    separator: u8,
    end: usize,
}

/// Reads records of cells, as many as there are.
fn cells(bytes: &[u8], separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(bytes)
}

/// Says why text that has the shape of a table is none that can be read; None when it has not.
pub fn refusal(head: &[u8]) -> Option<&'static str> {
    let mut whole = head;
    // A record that the head may have cut says nothing of the others.
    if let Some(end) = memchr::memrchr(b'\n', head) {
        whole = &head[..=end];
    }
    for separator in [b'\t', b',', b';'] {
        let records: Vec<csv::ByteRecord> = cells(whole, separator).into_byte_records().flatten().take(20).collect();
        let Some(first) = records.first() else { continue };
        let even = records.len() > 1 && records.iter().all(|record| record.len() == first.len());
        // What every row of an answer of `az` has.
        let az = separator == b'\t' && first.iter().any(|cell| cell == b"PrimaryResult");
        if !az && (first.len() < 3 || !even) {
            continue;
        }
        let is_value = |cell: &[u8]| std::str::from_utf8(cell).is_ok_and(is_value);
        match separator {
            _ if az => return Some(AZ),
            b';' => return Some(SEMICOLONS),
            _ if first.iter().any(is_value) => return Some(HEADLESS),
            _ => {}
        }
    }
    None
}

const AZ: &str = "tab-separated values without a header (az -o tsv), whose columns have no names and whose values may hold \
                  tabs and line ends; export it with -o json";
const HEADLESS: &str = "table without a header: nothing names its columns; export it with one, as \
                        `.export … with (includeHeaders=\"all\")` does";
const SEMICOLONS: &str = "table between semicolons, whose dates and numbers are written as some country does and cannot be \
                          told; export it with commas and ISO 8601 dates";

/// Says whether a cell is a time or a number, and so no name of a column.
fn is_value(cell: &str) -> bool {
    let cell = cell.trim();
    cell.parse::<f64>().is_ok_and(f64::is_finite) || (cell.contains(':') && Micros::parse(cell).is_some())
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
    separator: u8,
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
            let Header { names, separator, end } = header(held, last)?;
            self.separator = separator;
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
        let (frame, separator) = (self.frame, self.separator);
        Some((length, Learnt { columns, skip, cut, frame, separator, ..Learnt::default() }))
    }
}

impl Records {
    fn scan(&mut self, held: &[u8]) {
        while self.at < held.len() {
            let rest = &held[self.at..];
            let step = match self.place {
                Place::Quoted => memchr::memchr(b'"', rest),
                Place::Bare => memchr::memchr3(self.separator, b'\n', b'\r', rest),
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
                (_, b'\r') => Place::CellStart,
                (_, byte) if byte == self.separator => Place::CellStart,
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

/// Returns the header. PowerShell writes a line `#TYPE …` before it.
fn header(head: &[u8], last: bool) -> Option<Header> {
    let mut start = 0;
    if head.starts_with(b"#TYPE") || head.starts_with(b"\"#TYPE") {
        start = memchr::memchr(b'\n', head)? + 1;
    }
    let mut found: Option<Header> = None;
    for separator in SEPARATORS {
        let mut reader = cells(&head[start..], separator);
        let mut record = csv::ByteRecord::new();
        if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
            return None;
        }
        let end = start + reader.position().byte() as usize;
        if end >= head.len() && !last {
            return None;
        }
        let names: Vec<String> = record.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let best = found.as_ref().map_or((0, 0), |best| (known(&best.names), best.names.len()));
        if (known(&names), names.len()) > best {
            found = Some(Header { names, separator, end });
        }
    }
    found
}

/// How many of the names are columns that we read.
fn known(names: &[String]) -> usize {
    names.iter().filter(|name| column(label(name).0).is_some()).count()
}

/// Says whether names and the row below them look like those of a table: several names, none of them twice, and as
/// many values as names. Prose with commas does not, and rows without a header begin with values.
fn is_header(header: &Header, below: &[u8]) -> bool {
    let names = &header.names;
    let plain = |c: char| c.is_alphanumeric() || "_-.:/()[]@#% ".contains(c);
    let name = |name: &String| {
        let name = label(name).0;
        name.len() <= 100 && name.chars().all(plain) && name.split(' ').count() <= 6
    };
    let distinct: std::collections::HashSet<&String> = names.iter().collect();
    let named = names.iter().skip(1).all(|name| !name.trim().is_empty());
    let mut reader = cells(below, header.separator);
    let mut record = csv::ByteRecord::new();
    let row = matches!(reader.read_byte_record(&mut record), Ok(true)) && record.len() == names.len();
    // A data frame whose columns nobody named numbers them, behind its unnamed index.
    let numbered = names.first().is_some_and(|name| label(name).0.is_empty());
    let value = !numbered && names.iter().any(|name| is_value(name));
    names.len() >= 3 && distinct.len() == names.len() && names.iter().all(name) && named && row && !value
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
