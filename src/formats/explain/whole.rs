//! A record of a file that has no lines: a revision of an etcd database, a message of a capture, a row of a Parquet file.

use std::io::{self, Seek};
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;

use super::record::{self, What};
use super::{Explained, Input, Shown, around, number};
use crate::formats::envelopes::Found;
use crate::formats::rows::Rows;
use crate::formats::{Batch, avro, capture, classify, parquet, readable, snapshot};
use crate::model::EvidenceId;

/// A file, whether it is packed, where it can be unpacked, and what may be shown of it.
pub struct Whole<'a> {
    pub raw: Box<dyn Input>,
    pub packed: bool,
    pub dir: &'a Path,
    pub shown: Shown<'a>,
}

impl Whole<'_> {
    /// Returns it unpacked, to be read from any place of it.
    pub fn seekable(mut self) -> io::Result<Box<dyn Input>> {
        if !self.packed {
            self.raw.rewind()?;
            return Ok(self.raw);
        }
        let mut file = tempfile::tempfile_in(self.dir)?;
        io::copy(&mut readable(self.raw)?, &mut file)?;
        file.rewind()?;
        Ok(Box::new(file))
    }
}

fn traced(name: &str) -> Rows {
    let mut rows = Rows::new(EvidenceId(0), name);
    rows.trace = Some(Vec::new());
    rows
}

/// Explains the first record of a batch.
fn first(rows: &mut Rows, envelope: &str, text: &str, shown: Shown<'_>) -> Option<Explained> {
    let steps = rows.trace.replace(Vec::new()).unwrap_or_default();
    let batch = rows.finish();
    let found = record::all(&batch).into_iter().next()?;
    let (at, steps) = (found.at.clone(), around(&steps, &found.at));
    let outcome = record::outcome(&batch, found.what, text, shown);
    Some(Explained { envelope: envelope.to_owned(), notes: batch.notes, at, line: 0, steps, outcome })
}

/// Explains message number `place`, from 1.
pub fn message(input: Whole<'_>, place: &str, name: &str) -> io::Result<Option<Explained>> {
    let Some(wanted) = number(place).map(|number| number.unwrap_or(1)) else { return Ok(None) };
    let (shown, mut rows) = (input.shown, traced(name));
    let (mut count, mut found) = (0, None);
    let read = avro::records(&mut *readable(input.raw)?, &mut |record| {
        count += 1;
        if count < wanted {
            return Ok(());
        }
        capture::message(&record, &mut rows);
        let text = String::from_utf8_lossy(record.body.as_deref().unwrap_or_default());
        found = first(&mut rows, "event-hub-capture", &text, shown);
        Err(io::Error::other("found"))
    });
    if count >= wanted { Ok(found) } else { read.map(|_| None) }
}

/// Explains row number `place`, from 1.
pub fn row(input: Whole<'_>, place: &str, name: &str) -> io::Result<Option<Explained>> {
    let Some(wanted) = number(place).map(|number| number.unwrap_or(1)) else { return Ok(None) };
    let (shown, mut rows) = (input.shown, traced(name));
    let (mut count, mut found) = (0, None);
    let read = parquet::walk(&mut input.seekable()?, &mut |part| {
        let Found::Item(item) = part else { return true };
        count += 1;
        if count == wanted {
            let text = item.text.to_owned();
            rows.tell(&item.at, || {
                format!("envelope parquet: row {count} of the file; its bytes are those of its row group")
            });
            classify::read(Found::Item(item), &mut rows);
            found = first(&mut rows, "parquet", &text, shown);
        }
        count < wanted
    });
    match read {
        Err(why) if found.is_none() => Err(io::Error::other(format!("Parquet file: {why}"))),
        _ => Ok(found),
    }
}

/// Explains the revision of that number, the newest of the key that is named, or the first there is.
pub fn revision(input: Whole<'_>, place: &str, name: &str) -> io::Result<Option<Explained>> {
    let (key, wanted) = match (number(place), place.strip_prefix('!')) {
        (Some(number), _) => (None, number),
        (None, Some(key)) => (Some(key), None),
        (None, None) => return Ok(None),
    };
    // `!/registry/pods/shop/cart-0:7`: a key may end in a number too, and is asked first.
    let cut = key.and_then(|key| key.rsplit_once(':')).and_then(|(key, number)| Some((key, number.parse().ok()?)));
    let places = [(key, wanted)].into_iter().chain(cut.map(|(key, number)| (Some(key), Some(number))));
    let (shown, mut file) = (input.shown, input.seekable()?);
    for (key, wanted) in places {
        let mut best: Option<(i64, Explained)> = None;
        let mut look = |rows: &mut Rows| {
            let steps = rows.trace.replace(Vec::new()).unwrap_or_default();
            let batch = rows.finish();
            for found in record::all(&batch) {
                let Some((revision, text)) = revised(&batch, &found.what, key) else { continue };
                let asked = wanted.is_none_or(|wanted| i64::try_from(wanted) == Ok(revision));
                // Without a key or a number the first there is.
                let better = best.as_ref().is_none_or(|(before, _)| key.is_some() && revision > *before);
                if asked && better {
                    let (at, steps) = (found.at.clone(), around(&steps, &found.at));
                    let outcome = record::outcome(&batch, found.what, &text, shown);
                    let (envelope, notes) = ("etcd-snapshot".to_owned(), Vec::new());
                    best = Some((revision, Explained { envelope, notes, at, line: 0, steps, outcome }));
                }
            }
        };
        let mut rows = traced(name);
        let content = snapshot::read(&mut file, &mut rows, &mut look);
        look(&mut rows);
        match (content, best) {
            (Ok(content), Some((_, mut explained))) => {
                explained.notes = content.notes;
                return Ok(Some(explained));
            }
            (Ok(_), None) => {}
            (Err(why), _) => return Err(io::Error::other(format!("etcd database: {why}"))),
        }
    }
    Ok(None)
}

/// The revision of a row or reject and its text, when it is of the key.
fn revised(batch: &Batch, what: &What<'_>, key: Option<&str>) -> Option<(i64, String)> {
    let (revision, of, text) = match what {
        What::Row(_, rows, row) => {
            let text = |name: &str| rows.column_by_name(name).map(|array| array.as_string::<i32>());
            let revisions = rows.column_by_name("revision")?.as_primitive::<Int64Type>();
            let body = text("body").filter(|body| body.is_valid(*row)).map_or("", |body| body.value(*row));
            (revisions.value(*row), text("key")?.value(*row).to_owned(), body.to_owned())
        }
        // `value of etcd key KEY, revision N: why`
        What::Reject(place) => {
            let reason = batch.rejects[*place].reason.strip_prefix("value of etcd key ")?;
            let (key, rest) = reason.split_once(", revision ")?;
            (rest.split_once(':')?.0.parse().ok()?, key.to_owned(), String::new())
        }
    };
    key.is_none_or(|key| key == of).then_some((revision, text))
}
