//! Answers and documents to text or files: one writer a format.
//!
//! Evidence is hostile: whatever format goes to a terminal, no control, bidi or zero-width character gets through as
//! itself. JSON writes it as an escape, text formats as a visible glyph.

mod csv;
mod document;
mod html;
mod json;
mod markdown;
mod parquet;
mod table;

use std::io::Write;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use crate::error::{BoxError, Error, Result};

pub use document::{Chart, Document, Part, Step};
pub use html::html;
pub use json::harmless as harmless_json;
pub use markdown::markdown;
pub use table::{cells, columns_fit};

/// A way to write an answer, batch by batch.
pub trait Writer: Sync {
    /// The word after `--format`.
    fn name(&self) -> &'static str;
    /// One line.
    fn doc(&self) -> &'static str;
    /// Says whether the output is bytes that no terminal should see.
    fn is_binary(&self) -> bool {
        false
    }
    /// Starts an answer.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    fn start<'a>(&self, schema: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Result<Box<dyn Sheet + 'a>>;
}

/// An answer being written.
pub trait Sheet {
    /// Writes the next rows.
    ///
    /// # Errors
    /// When the output cannot be written to.
    fn rows(&mut self, batch: &RecordBatch) -> Result<()>;
    /// Writes what comes after the last row.
    ///
    /// # Errors
    /// As [`Sheet::rows`].
    fn end(self: Box<Self>) -> Result<()>;
}

/// Every writer; the first is the default.
pub static WRITERS: &[&dyn Writer] = &[&table::Table, &json::Lines, &json::Array, &csv::Csv, &parquet::Parquet];

/// Finds a writer by its name.
///
/// # Errors
/// [`Error::Usage`] that lists the names there are.
pub fn writer(name: &str) -> Result<&'static dyn Writer> {
    WRITERS.iter().copied().find(|writer| writer.name() == name).ok_or_else(|| Error::Usage {
        what: format!("there is no format `{name}`"),
        hint: Some(format!("formats are: {}", WRITERS.iter().map(|w| w.name()).collect::<Vec<_>>().join(", "))),
    })
}

/// Writes a whole answer.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(
    writer: &dyn Writer,
    schema: &SchemaRef,
    batches: &[RecordBatch],
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let mut sheet = writer.start(schema, out)?;
    for batch in batches {
        sheet.rows(batch)?;
    }
    sheet.end()
}

/// A failure to write; a closed pipe keeps its kind so that the program can end quietly.
fn output(source: impl Into<BoxError>) -> Error {
    let source = source.into();
    let source = match source.downcast::<std::io::Error>() {
        Ok(io) => *io,
        Err(other) => std::io::Error::other(other),
    };
    Error::Io { action: "write to", path: "the output".into(), source }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StringArray;
    use proptest::prelude::*;

    use super::*;

    fn text_of(writer: &dyn Writer, value: &str) -> String {
        let batch = RecordBatch::try_from_iter([("v", Arc::new(StringArray::from(vec![value])) as _)]).unwrap();
        let mut out = Vec::new();
        write(writer, &batch.schema(), &[batch], &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn no_text_format_lets_a_control_character_through(value in "\\PC*|.*|[\u{0}-\u{9f}\u{200b}-\u{202e}]*") {
            for writer in WRITERS.iter().filter(|w| !w.is_binary()) {
                let text = text_of(*writer, &value).replace('\n', "");
                prop_assert_eq!(coldcase_tui::visible(&text).replace("<U+", ""), text.replace("<U+", ""), "{}", writer.name());
            }
        }
    }

    #[test]
    fn json_gives_back_the_very_value() {
        for value in ["a\u{1b}[2J\u{202e}b\r\u{85}", "\u{200b}", "plain", "\"\\", "😀\u{feff}"] {
            let line = text_of(&json::Lines, value);
            let back: serde_json::Value = serde_json::from_str(line.trim_end()).unwrap();
            assert_eq!(back["v"], value);
        }
    }
}
