//! CSV by RFC 4180, times in RFC 3339. A cell that a spreadsheet would run as a formula gets an apostrophe in front.

use std::io::Write;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::table::formatters;
use super::{Sheet, Writer, output};
use crate::error::Result;

/// `csv`.
pub struct Csv;

impl Writer for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn doc(&self) -> &'static str {
        "comma-separated values with a header; hidden characters are spelled, formulas are disarmed"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["csv"]
    }

    fn start<'a>(&self, schema: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Result<Box<dyn Sheet + 'a>> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(schema.fields().iter().map(|field| safe(field.name()))).map_err(output)?;
        Ok(Box::new(Rows { writer }))
    }
}

struct Rows<'a> {
    writer: csv::Writer<&'a mut (dyn Write + Send)>,
}

impl Sheet for Rows<'_> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = formatters(batch)?;
        for row in 0..batch.num_rows() {
            let cells = columns.iter().map(|column| safe(&column.value(row).to_string()));
            self.writer.write_record(cells).map_err(output)?;
        }
        Ok(())
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        self.writer.flush().map_err(output)
    }
}

fn safe(text: &str) -> String {
    let text = coldcase_tui::visible(text);
    let formula = text.starts_with(['=', '+', '@']) || (text.starts_with('-') && text.parse::<f64>().is_err());
    if formula { format!("'{text}") } else { text.into_owned() }
}
