//! How one record was understood: what cut it out, what it was taken for, and where each of its values went.
//!
//! Where a value went is looked up in the row that came of it, not in what this program was written to do: a value
//! that is in no column is said to be in none. A place is written behind the name of a file: `:7` is line 7, or revision,
//! message or row 7 of what has no lines; `!member` is what is inside of an archive, `!/registry/…` a key of a database.

mod archive;
mod record;
mod whole;

#[cfg(test)]
mod tests;

use std::io::{self, Read, Seek};
use std::ops::Range;
use std::path::Path;

use super::block::{self, Reader};
use super::rows::Rows;
use super::{Shape, shape};
use crate::model::EvidenceId;

/// Makes of any text what may be shown of it.
pub type Shown<'a> = &'a dyn Fn(&str) -> String;

/// What can be read from any place of it.
pub trait Input: Read + Seek + Send {}
impl<T: Read + Seek + Send> Input for T {}

/// What a record came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Envelope of the content.
    pub envelope: String,
    /// What a reader must know of the content as far as it was read.
    pub notes: Vec<String>,
    /// Bytes of the record in the content, and its first line; 0 when the content has no lines.
    pub at: Range<u64>,
    pub line: u64,
    /// Archives around it, wrappings that were opened and the payload that read it, in that order.
    pub steps: Vec<String>,
    pub outcome: Outcome,
}

/// What became of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Row {
        table: String,
        /// Every column that is not null, with its value as text.
        columns: Vec<(String, String)>,
        /// Every value of the record, by its path, and the columns that hold it.
        fields: Vec<(String, String, Vec<String>)>,
    },
    Reject {
        reason: String,
        sample: String,
    },
}

/// Reads a file up to the record at `place` (see the module's description; the first record when it is empty) and explains
/// it. None when there is no record there. `name` is the file's; what must be unpacked is kept in `dir`, without a name.
///
/// # Errors
/// When reading fails.
pub fn explain(
    raw: Box<dyn Input>,
    place: &str,
    name: &str,
    dir: &Path,
    shown: Shown<'_>,
) -> io::Result<Option<Explained>> {
    within(raw, place, name, dir, shown, 0)
}

/// The same, inside of `depth` archives.
fn within(
    mut raw: Box<dyn Input>,
    place: &str,
    name: &str,
    dir: &Path,
    shown: Shown<'_>,
    depth: u32,
) -> io::Result<Option<Explained>> {
    let (shape, packed) = shape(&mut raw)?;
    let input = whole::Whole { raw, packed, dir, shown };
    match shape {
        Shape::Archive(kind) if depth < DEEPEST => archive::member(input, kind, place, depth),
        Shape::Database => whole::revision(input, place, name),
        Shape::Capture => whole::message(input, place, name),
        Shape::Parquet => whole::row(input, place, name),
        Shape::Stream | Shape::Archive(_) => match number(place) {
            Some(line) => stream(Box::new(input.raw), line, name, shown),
            None => Ok(None),
        },
    }
}

/// Archives inside archives are opened this deep, as an intake does.
const DEEPEST: u32 = 4;

/// Reads a number at the end of a place; None when the place is something else.
fn number(place: &str) -> Option<Option<u64>> {
    match place.strip_prefix(':') {
        Some(number) => number.parse().ok().map(Some),
        None => place.is_empty().then_some(None),
    }
}

/// Explains the record on `line` (from 1) of what has lines.
pub(super) fn stream(
    raw: Box<dyn Read + Send>,
    line: Option<u64>,
    hint: &str,
    shown: Shown<'_>,
) -> io::Result<Option<Explained>> {
    let mut reader = Reader::open(raw)?;
    let mut rows = Rows::new(EvidenceId(0), hint);
    rows.trace = Some(Vec::new());
    let mut notes = Vec::new();
    while let Some(block) = reader.next_block()? {
        let end = block.line + block::lines(&block.bytes);
        if line.is_some_and(|line| end < line) {
            continue;
        }
        block::decode(&block, &mut rows);
        let steps = rows.trace.replace(Vec::new()).unwrap_or_default();
        let batch = rows.finish();
        notes.extend(batch.notes.iter().cloned());
        let line_of = |offset: u64| {
            let within = usize::try_from(offset.saturating_sub(block.offset)).unwrap_or(0).min(block.bytes.len());
            block.line + block::lines(&block.bytes[..within])
        };
        let on = |record: &record::Record<'_>| {
            let lines = || line_of(record.at.start)..=line_of(record.at.end.saturating_sub(1));
            line.is_none_or(|line| lines().contains(&line))
        };
        let Some(found) = record::all(&batch).into_iter().find(on) else { continue };
        let at = found.at.clone();
        let [start, stop] = [at.start, at.end]
            .map(|byte| usize::try_from(byte.saturating_sub(block.offset)).unwrap_or(0).min(block.bytes.len()));
        let text = String::from_utf8_lossy(&block.bytes[start..stop]);
        let outcome = record::outcome(&batch, found.what, &text, shown);
        let line = line_of(at.start);
        let envelope = reader.finish().format;
        return Ok(Some(Explained { envelope, notes, line, steps: around(&steps, &at), at, outcome }));
    }
    Ok(None)
}

/// What was told of the record at `at`, or of what it is in.
fn around(steps: &[(Range<u64>, String)], at: &Range<u64>) -> Vec<String> {
    let around = |step: &&(Range<u64>, String)| step.0.start <= at.start && step.0.end >= at.end;
    steps.iter().filter(around).map(|(_, step)| step.clone()).collect()
}
