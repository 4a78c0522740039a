//! How content is cut into records: one file per envelope, listed in [`ENVELOPES`].

mod auditd;
mod csv_table;
mod json_documents;
mod json_lines;
mod lines;
mod log_lines;
mod refused;
mod text_lines;
mod yaml_documents;

use std::ops::Range;

pub(super) use refused::{refusal, unknown};

use super::block::{Block, Learnt};
use super::{Fit, Item, wrappings};

/// One way to hold records, most specific first.
pub static ENVELOPES: &[&dyn Envelope] = &[
    &auditd::Auditd,
    &log_lines::LogLines,
    &json_lines::JsonLines,
    &json_documents::JsonDocuments,
    &csv_table::CsvTable,
    &yaml_documents::YamlDocuments,
    &text_lines::TextLines,
];

/// A way to hold records.
#[allow(private_interfaces, reason = "envelopes are listed for the docs, but opened only by this layer")]
pub trait Envelope: Sync {
    fn name(&self) -> &'static str;
    /// One line for people.
    fn doc(&self) -> &'static str;
    /// Judges the first bytes, blanks in front taken off.
    fn fit(&self, head: &[u8]) -> Fit;
    /// Makes what cuts the content into blocks.
    fn cutter(&self) -> Box<dyn Cutter>;
    /// Finds the records of a block, in order, on any thread.
    fn open(&self, block: &Block, learnt: &Learnt, each: &mut dyn FnMut(Found<'_>));
}

/// Cuts content into blocks of whole records.
#[allow(private_interfaces, reason = "used only by this layer")]
pub trait Cutter: Send {
    /// Looks at everything held and says how much of it is a block; None asks for more.
    ///
    /// At the end (`last`) it takes all that is held. What it took is gone from `held` at the next call.
    fn cut(&mut self, held: &[u8], last: bool, notes: &mut Vec<String>) -> Option<(usize, Learnt)>;
}

/// What an envelope finds.
pub enum Found<'a> {
    Item(Item<'a>),
    /// What a reader must know of the content.
    Note(String),
    /// Bytes that are no record.
    Reject {
        at: Range<u64>,
        line: u64,
        reason: String,
        bytes: &'a [u8],
    },
}

/// Gives an item of JSON text. When it is no UTF-8 it is a reject, but of a value that wraps records only the records
/// that are none are.
fn json(at: Range<u64>, line: u64, bytes: &[u8], each: &mut dyn FnMut(Found<'_>)) {
    let error = match simdutf8::compat::from_utf8(bytes) {
        Ok(text) => return each(Found::Item(Item::new(at, line, text))),
        Err(error) => error,
    };
    let refused = |at, line, bytes, error: simdutf8::compat::Utf8Error| Found::Reject {
        at,
        line,
        reason: format!("no UTF-8 at byte {} of the record", error.valid_up_to()),
        bytes,
    };
    // One character for each byte that is none, so that places stay.
    let parts = bytes.utf8_chunks().map(|part| part.valid().to_owned() + &"?".repeat(part.invalid().len()));
    let masked = parts.collect::<String>();
    let whole = Item::new(at.clone(), line, &masked);
    let Some((records, rest)) = wrappings::cut(&whole).filter(|(_, rest)| wrappings::closes(&masked, *rest)) else {
        return each(refused(at, line, bytes, error));
    };
    for record in records {
        let [start, end] = [record.at.start, record.at.end].map(|byte| (byte - at.start) as usize);
        // Behind the last record stand only bytes that close the wrapping.
        debug_assert!(end <= rest);
        let bytes = &bytes[start..end];
        each(match simdutf8::compat::from_utf8(bytes) {
            Ok(text) => Found::Item(Item { text, ..record }),
            Err(error) => refused(record.at, record.line, bytes, error),
        });
    }
}
