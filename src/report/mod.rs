//! Answers and documents to text or files: one writer a format.
//!
//! Evidence is hostile: whatever format goes to a terminal, no control, bidi or zero-width character gets through as
//! itself. JSON writes it as an escape, text formats as a visible glyph.

mod arrow;
mod chart;
mod csv;
mod document;
mod html;
mod json;
mod markdown;
mod parquet;
mod table;

use std::io::Write;
use std::path::Path;

use ::arrow::datatypes::SchemaRef;
use ::arrow::record_batch::RecordBatch;

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
    /// What the name of a file ends in that is meant to be of this format.
    fn endings(&self) -> &'static [&'static str];
    /// Says whether one answer may follow another in a file.
    fn follows(&self) -> bool {
        !self.is_binary()
    }
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
pub static WRITERS: &[&dyn Writer] =
    &[&table::Table, &json::Lines, &json::Array, &csv::Csv, &markdown::Markdown, &parquet::Parquet, &arrow::Arrow];

/// Every chart, in text and as a picture.
pub static CHARTS: &[&dyn Writer] = &[&chart::BARS, &chart::BARS_SVG, &chart::LINE, &chart::LINE_SVG];

/// Finds the writer that is meant: the format that was asked for, else what the name of the file ends in, else a table.
///
/// # Errors
/// [`Error::Usage`] when there is no such format or chart, or the file's name says something else than the chart.
pub fn chosen(format: Option<&str>, chart: Option<&str>, file: Option<&Path>) -> Result<&'static dyn Writer> {
    let ending = file.and_then(Path::extension).map(|ending| ending.to_string_lossy().to_lowercase());
    let ends = |writer: &&'static dyn Writer| ending.as_deref().is_some_and(|end| writer.endings().contains(&end));
    match (chart, format) {
        (Some(kind), _) => {
            let mut charts = CHARTS.iter().copied().filter(|chart| chart.name() == kind).peekable();
            let Some(text) = charts.peek().copied() else {
                return Err(Error::Usage {
                    what: format!("there is no chart `{kind}`"),
                    hint: Some("charts are: bar, line".into()),
                });
            };
            match (charts.find(ends), ending.as_deref()) {
                (Some(chart), _) => Ok(chart),
                (None, None) => Ok(text),
                (None, Some(ending)) => Err(Error::Usage {
                    what: format!("a chart is no file that ends in .{ending}"),
                    hint: Some("write it to one that ends in .svg or .txt".into()),
                }),
            }
        }
        (None, Some(name)) => writer(name),
        (None, None) if ending.as_deref() == Some("svg") => Err(Error::Usage {
            what: "a picture needs to know of what".into(),
            hint: Some("say --chart bar or --chart line".into()),
        }),
        (None, None) => Ok(WRITERS.iter().copied().find(ends).unwrap_or(WRITERS[0])),
    }
}

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

/// A number with its thousands set apart.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = if number < 0 { "-".to_owned() } else { String::new() };
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
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

    use ::arrow::array::{ArrayRef, Int64Array, StringArray};
    use proptest::prelude::*;

    use super::*;

    fn text_of(writer: &dyn Writer, value: &str) -> String {
        let values: ArrayRef = Arc::new(StringArray::from(vec![value]));
        let ones: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let batch = RecordBatch::try_from_iter([("v", values), ("n", ones)]).unwrap();
        let mut out = Vec::new();
        write(writer, &batch.schema(), &[batch], &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn no_text_format_lets_a_control_character_through(value in "\\PC*|.*|[\u{0}-\u{9f}\u{200b}-\u{202e}]*") {
            for writer in WRITERS.iter().chain(CHARTS).filter(|w| !w.is_binary()) {
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

    #[test]
    fn the_writer_is_the_one_asked_for_else_that_of_the_files_name_else_a_table() {
        let name = |format, chart, file: Option<&str>| {
            chosen(format, chart, file.map(Path::new)).map(|writer| (writer.name(), writer.endings()[0]))
        };
        assert_eq!(name(None, None, None).unwrap().0, "table");
        for (file, format) in [
            ("a.csv", "csv"),
            ("a.JSONL", "jsonl"),
            ("a.ndjson", "jsonl"),
            ("a.json", "json"),
            ("a.md", "markdown"),
            ("x.y/a.parquet", "parquet"),
            ("a.arrow", "arrow"),
            ("a.feather", "arrow"),
            ("a.txt", "table"),
            ("a.out", "table"),
            ("a", "table"),
        ] {
            assert_eq!(name(None, None, Some(file)).unwrap().0, format, "{file}");
            assert_eq!(name(Some("csv"), None, Some(file)).unwrap().0, "csv");
        }
        assert_eq!(name(None, Some("bar"), None).unwrap(), ("bar", "txt"));
        assert_eq!(name(None, Some("line"), Some("a.SVG")).unwrap(), ("line", "svg"));
        assert_eq!(name(None, Some("line"), Some("a.txt")).unwrap(), ("line", "txt"));
        for (format, chart, file) in [
            (Some("xml"), None, None),
            (None, Some("pie"), None),
            (None, Some("bar"), Some("a.png")),
            (None, None, Some("a.svg")),
        ] {
            assert!(matches!(name(format, chart, file), Err(Error::Usage { hint: Some(_), .. })));
        }
    }
}
