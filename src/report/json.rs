//! JSON: one object a line, or one array. Nulls are written, so that every line has the same keys.

use std::io::Write;

use arrow::datatypes::SchemaRef;
use arrow::json::writer::{JsonArray, JsonFormat, LineDelimited, WriterBuilder};
use arrow::record_batch::RecordBatch;

use super::{Sheet, Writer, output};
use crate::error::Result;

/// `jsonl`.
pub struct Lines;
/// `json`.
pub struct Array;

impl Writer for Lines {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn doc(&self) -> &'static str {
        "one JSON object a line"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["jsonl", "ndjson"]
    }

    fn start<'a>(&self, _: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Result<Box<dyn Sheet + 'a>> {
        Ok(Box::new(Json::<LineDelimited> { writer: builder().build(Safe { out, held: Vec::new() }) }))
    }
}

impl Writer for Array {
    fn name(&self) -> &'static str {
        "json"
    }

    fn doc(&self) -> &'static str {
        "one JSON array of objects"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["json"]
    }

    fn follows(&self) -> bool {
        false
    }

    fn start<'a>(&self, _: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Result<Box<dyn Sheet + 'a>> {
        Ok(Box::new(Json::<JsonArray> { writer: builder().build(Safe { out, held: Vec::new() }) }))
    }
}

fn builder() -> WriterBuilder {
    WriterBuilder::new().with_explicit_nulls(true)
}

struct Json<'a, F: JsonFormat> {
    writer: arrow::json::writer::Writer<Safe<'a>, F>,
}

impl<F: JsonFormat> Sheet for Json<'_, F> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(output)
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        self.writer.finish().map_err(output)?;
        let mut out = self.writer.into_inner();
        // No rows are no lines, not even an empty one.
        if !out.held.is_empty() && !out.held.ends_with(b"\n") {
            out.held.push(b'\n');
        }
        out.flush().map_err(output)
    }
}

/// Escapes what a terminal would obey. Such characters only occur inside JSON strings, where the escape is the same
/// value.
struct Safe<'a> {
    out: &'a mut (dyn Write + Send),
    /// Text up to the last write, which may end within a character.
    held: Vec<u8>,
}

impl Write for Safe<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.held.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.held) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        if whole > 1 << 16 {
            self.pass(whole)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.pass(self.held.len())?;
        self.out.flush()
    }
}

impl Safe<'_> {
    fn pass(&mut self, bytes: usize) -> std::io::Result<()> {
        let text = String::from_utf8_lossy(&self.held[..bytes]);
        self.out.write_all(harmless(&text).as_bytes())?;
        self.held.drain(..bytes);
        Ok(())
    }
}

/// Returns JSON text with every character that is not shown as itself written as `\u` escapes; newlines between
/// values stay.
pub fn harmless(json: &str) -> std::borrow::Cow<'_, str> {
    if json.bytes().all(|b| (b' '..=b'~').contains(&b) || b == b'\n') {
        return json.into();
    }
    let mut out = String::with_capacity(json.len() + 32);
    let mut units = [0; 2];
    for c in json.chars() {
        if c == '\n' || c.is_ascii_graphic() || c == ' ' || is_shown(c) {
            out.push(c);
        } else {
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        }
    }
    out.into()
}

/// Says whether a character is drawn as itself, on its own.
fn is_shown(c: char) -> bool {
    let mut bytes = [0; 4];
    let text = c.encode_utf8(&mut bytes);
    *coldcase_tui::visible(text) == *text
}
