//! Aligned columns for people.

use std::io::Write;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use comfy_table::{CellAlignment, ContentArrangement, Table as Grid};

use super::{Sheet, Writer, output};
use crate::error::Result;

/// `table`.
pub struct Table;

/// Rows a table shows; a person wanting more wants another format.
const SHOWN: usize = 1_000;

impl Writer for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn doc(&self) -> &'static str {
        "aligned columns; the first 1,000 rows"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["txt"]
    }

    fn start<'a>(&self, schema: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Result<Box<dyn Sheet + 'a>> {
        Ok(Box::new(Rows { schema: schema.clone(), shown: Vec::new(), count: 0, out }))
    }
}

struct Rows<'a> {
    schema: SchemaRef,
    shown: Vec<Vec<String>>,
    count: usize,
    out: &'a mut (dyn Write + Send),
}

impl Sheet for Rows<'_> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        let room = SHOWN.saturating_sub(self.shown.len());
        self.shown.extend(cells(&batch.slice(0, batch.num_rows().min(room)))?);
        self.count += batch.num_rows();
        Ok(())
    }

    fn end(self: Box<Self>) -> Result<()> {
        let heads: Vec<String> =
            self.schema.fields().iter().map(|f| coldcase_tui::visible(f.name()).into_owned()).collect();
        let numbers: Vec<bool> = self.schema.fields().iter().map(|f| f.data_type().is_numeric()).collect();
        writeln!(self.out, "{}", columns_fit(&heads, &self.shown, &numbers)).map_err(output)?;
        let cut = if self.count > self.shown.len() { format!(", {} shown", self.shown.len()) } else { String::new() };
        writeln!(self.out, "{} {}{cut}", self.count, if self.count == 1 { "row" } else { "rows" }).map_err(output)
    }
}

/// Lays out rows under heads, cut to the terminal's width if there is one. `numbers` says which columns go right.
pub fn columns_fit(heads: &[String], rows: &[Vec<String>], numbers: &[bool]) -> String {
    let mut grid = Grid::new();
    grid.load_preset(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    grid.set_header(heads);
    grid.add_rows(rows);
    for (column, number) in grid.column_iter_mut().zip(numbers) {
        if *number {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_padding((0, 2));
    }
    grid.trim_fmt()
}

/// Returns each cell as harmless text; null is empty.
///
/// # Errors
/// When a column has a type without a text form.
pub fn cells(batch: &RecordBatch) -> Result<Vec<Vec<String>>> {
    let columns = formatters(batch)?;
    let row = |row| columns.iter().map(|c| coldcase_tui::visible(&c.value(row).to_string()).into_owned()).collect();
    Ok((0..batch.num_rows()).map(row).collect())
}

/// Formatters that write times as RFC 3339 in UTC.
pub fn formatters(batch: &RecordBatch) -> Result<Vec<ArrayFormatter<'_>>> {
    static OPTIONS: FormatOptions<'static> =
        FormatOptions::new().with_timestamp_tz_format(Some("%Y-%m-%dT%H:%M:%S%.6fZ")).with_display_error(true);
    batch.columns().iter().map(|c| ArrayFormatter::try_new(c.as_ref(), &OPTIONS).map_err(output)).collect()
}
