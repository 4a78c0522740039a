//! Files of Event Hubs Capture: every message is a body of its own, read as if it stood alone.

use std::io::{self, Read};

use super::block::Content;
use super::envelopes::Found;
use super::rows::Rows;
use super::{Item, avro, classify};

/// Reads a capture into `rows`; `full` is called after every message.
///
/// # Errors
/// When reading fails.
pub fn read(content: &mut dyn Read, rows: &mut Rows, full: &mut dyn FnMut(&mut Rows)) -> io::Result<Content> {
    let mut counted = Counted { content, size: 0 };
    let known = avro::records(&mut counted, &mut |record| {
        message(&record, rows);
        full(rows);
        Ok(())
    })?;
    for lost in &known.lost {
        rows.reject(lost.at.clone(), 0, lost.reason.as_str(), &[]);
    }
    // What is left behind the last block is read to its end, so that the size is that of the file.
    io::copy(&mut counted, &mut io::sink())?;
    Ok(Content { format: "event-hub-capture".to_owned(), size: counted.size, notes: known.notes })
}

/// Reads one message.
pub(super) fn message(record: &avro::Record, rows: &mut Rows) {
    let at = record.at.clone();
    rows.tell(&at, || format!("envelope event-hub-capture: message {} of the file", record.number + 1));
    match record.body.as_deref().map(std::str::from_utf8) {
        None => rows.reject(at, 0, "captured message without a body", &[]),
        Some(Err(_)) => rows.reject(at, 0, "captured message that is no UTF-8", record.body.as_deref().unwrap_or(&[])),
        Some(Ok(text)) => {
            let text = text.trim_start_matches('\u{feff}').trim();
            classify::read(Found::Item(Item { made: true, ..Item::new(at, 0, text) }), rows);
        }
    }
}

/// Counts the bytes that pass.
struct Counted<'a> {
    content: &'a mut dyn Read,
    size: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(buffer)?;
        self.size += read as u64;
        Ok(read)
    }
}
