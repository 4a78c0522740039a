//! Bytes to rows: envelopes say how records are wrapped, payloads say what a record means.
//!
//! Knows no case and no query engine. Content is recognised by its bytes, never by its name. A [`Reader`] undoes gzip
//! and cuts the content into blocks; [`block::decode`] reads a block on any thread: its envelope finds the items, a
//! wrapping around several records is opened, and the payload that fits turns each record into a row or a reject.

pub mod archive;
mod avro;
pub mod block;
mod capture;
mod cells;
mod classify;
mod entities;
pub mod envelopes;
pub mod etcd;
mod event;
pub mod explain;
mod fields;
mod flows;
pub mod host;
mod json;
pub mod key;
mod kubeforensys;
mod members;
mod parquet;
pub mod payloads;
pub mod reason;
pub mod rows;
mod salvage;
pub mod snapshot;
mod source;
pub mod standing;
mod text;
pub mod wrappings;
pub mod written;
mod yaml;

#[cfg(any(test, fuzzing))]
pub mod fuzz;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Seek};
use std::ops::Range;

pub use block::{Block, Content, Reader};
pub use capture::read as capture;
pub use envelopes::ENVELOPES;
pub use parquet::read as parquet;
pub use payloads::{PAYLOADS, Payload};
pub use rows::lacks::Lacks;
pub use rows::sheet::{RowKey, SheetBatch, typed};
pub use rows::value::Guess;
pub use rows::word::slot;
pub use rows::{AuditKey, Batch, ObjectKey, Reject, Rows};
pub use wrappings::WRAPPINGS;

use cells::Cells;

/// Opens an input at the start of its content, packing undone: what offsets in spans count in.
///
/// # Errors
/// When reading fails.
pub fn content(raw: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    Ok(source::Source::open(raw)?.into_content())
}

/// As [`content`], but what a damaged packing does not give is simply missing.
///
/// # Errors
/// When reading the input itself fails.
pub fn readable(raw: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    Ok(Box::new(source::Source::open(Box::new(raw))?))
}

/// What must be known of an input before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Records one after the other.
    Stream,
    /// Several files in one.
    Archive(archive::Kind),
    /// A bbolt database, in which one page leads to another.
    Database,
    /// An Avro container of Event Hubs Capture.
    Capture,
    /// A Parquet file, whose end says where everything is.
    Parquet,
}

/// Recognises an input by its first bytes, and says whether it is packed (gzip …). It is left where it starts.
///
/// # Errors
/// When reading fails.
pub fn shape(raw: &mut (impl Read + Seek + ?Sized)) -> io::Result<(Shape, bool)> {
    raw.rewind()?;
    let mut head = Vec::new();
    Read::take(&mut *raw, PLAIN).read_to_end(&mut head)?;
    let packed = archive::codec::Codec::of(&head).is_some();
    if packed {
        Read::take(&mut *raw, LOOKED_AT - PLAIN).read_to_end(&mut head)?;
        let mut content = source::Buffer::default();
        source::Source::open(Box::new(io::Cursor::new(head)))?.read(&mut content, PLAIN as usize)?;
        head = content.to_vec();
    }
    raw.rewind()?;
    let shape = match archive::kind(&head) {
        Some(kind) => Shape::Archive(kind),
        None if archive::is_bbolt(&head) => Shape::Database,
        None if archive::is_avro(&head) => Shape::Capture,
        None if parquet::is_parquet(&head) => Shape::Parquet,
        None => Shape::Stream,
    };
    Ok((shape, packed))
}

/// Enough of an input that is not packed.
const PLAIN: u64 = 512;
/// Enough of a packed input for the first bytes of what is in it.
const LOOKED_AT: u64 = 64 << 10;

/// One record as its envelope holds it.
#[derive(Clone)]
pub struct Item<'a> {
    /// Bytes in the content.
    pub at: Range<u64>,
    /// Line it starts on, from 1.
    pub line: u64,
    /// JSON text, or the text of a table row when there are `cells`.
    pub text: &'a str,
    /// The values of a table row, when the columns are named outside of it.
    cells: Option<&'a Cells<'a>>,
    /// Kind and apiVersion of the list around it, for items that do not repeat them.
    list: Option<(&'a str, &'a str)>,
    /// What the envelope knows it to mean; JSON says itself what it is.
    payload: Option<&'static dyn Payload>,
    /// The text is not the bytes at `at` but was made from them, so that no part of it has a place of its own.
    made: bool,
    /// What the envelope read of it, for a payload that wants it.
    gathered: Option<host::Gathered<'a>>,
}

impl<'a> Item<'a> {
    /// A record that is nothing but its text.
    fn new(at: Range<u64>, line: u64, text: &'a str) -> Item<'a> {
        Item { at, line, text, cells: None, list: None, payload: None, made: false, gathered: None }
    }
}

/// How sure an envelope is that content is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    No,
    Maybe,
    Sure,
}

/// Files that are read from any place of them, and what is in them.
const WHOLE: [(&str, &str); 5] = [
    ("tar", "Archive, packed with gzip, zstd, xz or bzip2 or not: every member is an input of its own"),
    ("zip", "Archive, also one that was cut: every member is an input of its own"),
    ("etcd-snapshot", "Database of etcd, snapshot or copied file: every stored revision of every object"),
    ("event-hub-capture", "Avro file of Event Hubs Capture: every message is read as if it stood alone"),
    ("parquet", "Parquet file: its rows as those of a CSV, in the table that they name"),
];

/// Returns the page of the reference that lists everything this layer reads.
pub fn page() -> String {
    let mut page =
        String::from("# Formats\n\nContent is recognised by its bytes; gzip around it, also twice, is undone.\n");
    let mut section = |title: &str, lines: &[(&str, &str)]| {
        page.push_str(&format!("\n## {title}\n\n| name | what it is |\n|---|---|\n"));
        lines.iter().for_each(|(name, doc)| page.push_str(&format!("| {name} | {doc} |\n")));
    };
    section("Files: what is read from any place of it", &WHOLE);
    section("Envelopes: how content is cut", &ENVELOPES.iter().map(|e| (e.name(), e.doc())).collect::<Vec<_>>());
    section(
        "Wrappings: several records in one JSON value",
        &WRAPPINGS.iter().map(|w| (w.name(), w.doc())).collect::<Vec<_>>(),
    );
    section("Payloads: what a record means", &PAYLOADS.iter().map(|p| (p.name(), p.doc())).collect::<Vec<_>>());
    page
}
