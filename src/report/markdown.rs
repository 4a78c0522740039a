//! Documents and answers as Markdown (CommonMark with tables). Every character of evidence that Markdown or HTML would read as more
//! than itself is escaped.

use std::io::Write;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow::util::display::ArrayFormatter;
use coldcase_tui::visible;

use super::document::{Chart, Document, Part};
use super::table::formatters;
use super::{Sheet, Writer, output};
use crate::error::Result;

/// `markdown`.
pub struct Markdown;

impl Writer for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn doc(&self) -> &'static str {
        "a table of Markdown, for a ticket or a wiki; nothing in a cell is read as a link, a tag or a picture"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["md", "markdown"]
    }

    fn start<'a>(&self, schema: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Result<Box<dyn Sheet + 'a>> {
        let heads: Vec<String> = schema.fields().iter().map(|field| text(field.name())).collect();
        let lines: String =
            schema.fields().iter().map(|f| if f.data_type().is_numeric() { "---:|" } else { "---|" }).collect();
        write!(out, "| {} |\n|{lines}\n", heads.join(" | ")).map_err(output)?;
        let numbers = schema.fields().iter().map(|field| field.data_type().is_numeric()).collect();
        Ok(Box::new(Rows { numbers, out }))
    }
}

struct Rows<'a> {
    /// Which columns are numbers, in which nothing means more than itself.
    numbers: Vec<bool>,
    out: &'a mut (dyn Write + Send),
}

impl Sheet for Rows<'_> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = formatters(batch)?;
        for row in 0..batch.num_rows() {
            let cell = |(column, number): (&ArrayFormatter<'_>, &bool)| {
                let shown = column.value(row).to_string();
                if *number { shown } else { text(&shown) }
            };
            let cells: Vec<String> = columns.iter().zip(&self.numbers).map(cell).collect();
            writeln!(self.out, "| {} |", cells.join(" | ")).map_err(output)?;
        }
        Ok(())
    }

    /// An empty line, so that what follows is no row.
    fn end(self: Box<Self>) -> Result<()> {
        writeln!(self.out).map_err(output)
    }
}

/// Returns the document as Markdown.
pub fn markdown(document: &Document) -> String {
    let mut page = format!("# {}\n", text(&document.title));
    for part in &document.parts {
        page.push('\n');
        match part {
            Part::Heading(words) => page += &format!("## {}\n", text(words)),
            Part::Paragraph(words) => page += &format!("{}\n", text(words)),
            Part::List(items) => items.iter().for_each(|item| page += &format!("- {}\n", text(item))),
            Part::Table { head, rows } => {
                page += &format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
                for row in rows {
                    let cells: Vec<String> = row.iter().map(|cell| text(cell)).collect();
                    page += &format!("| {} |\n", cells.join(" | "));
                }
            }
            Part::Steps(steps) => {
                for (number, step) in (1..).zip(steps) {
                    let after =
                        if step.after.is_empty() { String::new() } else { format!(" (+{})", text(&step.after)) };
                    let time =
                        if step.time.is_empty() { String::new() } else { format!("{}{after} ", text(&step.time)) };
                    page += &format!("{number}. {time}**{}**\n", text(&step.what));
                    if !step.text.is_empty() {
                        page += &format!("   - {}\n", text(&step.text));
                    }
                    for (name, value) in &step.facts {
                        page += &format!("   - {name}: {}\n", text(value));
                    }
                }
            }
            Part::Chart(chart) => page += &bars(chart),
        }
    }
    page
}

/// The chart as a line of bars. A stretch in which nothing wrote is no stretch without events.
fn bars(chart: &Chart) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = chart.bins.iter().flatten().copied().max().unwrap_or(0).max(1);
    let bar = |bin: &Option<u64>| match bin {
        None => '┄',
        Some(0) => ' ',
        Some(count) => BARS[(count.saturating_mul(7) / most).min(7) as usize],
    };
    let line: String = chart.bins.iter().map(bar).collect();
    format!("```text\n{line}\n{} … {}   ┄ nothing recorded\n```\n", visible(&chart.from), visible(&chart.to))
}

/// Text as Markdown may hold it anywhere: ASCII punctuation may always be escaped (CommonMark 2.4).
fn text(text: &str) -> String {
    let shown = visible(text);
    let mut out = String::with_capacity(shown.len());
    let mut rest = shown.chars();
    while let Some(c) = rest.next() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            // Commas, points within words and the like mean nothing; leaving them keeps the file readable as it is.
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            // A link made of bare text begins with a scheme or www.
            ':' if rest.as_str().starts_with('/') || out.ends_with("mailto") || out.ends_with("xmpp") => out += "\\:",
            '@' => out += "\\@",
            '-' | '=' if out.is_empty() => {
                out.push('\\');
                out.push(c);
            }
            '.' if !out.is_empty() && out.chars().all(|c| c.is_ascii_digit()) || out.ends_with("www") => out += "\\.",
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_makes_no_link_no_picture_no_tag_and_no_cell() {
        let hostile = "![x](https://evil/a.png) <img src=x> | `code` **bold**\n# heading\n";
        let document = Document {
            title: "a".into(),
            parts: vec![Part::Table { head: vec!["A"], rows: vec![vec![hostile.into()]] }],
        };
        let page = markdown(&document);
        let line = page.lines().last().unwrap();
        let wanted =
            "| \\!\\[x\\]\\(https\\://evil/a.png\\) &lt;img src=x&gt; \\| \\`code\\` \\*\\*bold\\*\\*␊\\# heading␊ |";
        assert_eq!(line, wanted);
    }

    #[test]
    fn what_begins_a_line_is_no_list_and_no_rule() {
        assert_eq!(
            [text("- a"), text("1. a"), text("=== "), text("www.x.y")],
            ["\\- a", "1\\. a", "\\=== ", "www\\.x.y"]
        );
    }

    #[test]
    fn a_gap_is_told_from_a_stretch_without_events() {
        let chart = Chart { bins: vec![Some(8), None, Some(0), Some(1)], ..Chart::default() };
        assert!(bars(&chart).starts_with("```text\n█┄ ▁\n"));
    }

    #[test]
    fn an_answer_is_a_table_whose_cells_are_text() {
        use std::sync::Arc;

        use arrow::array::{ArrayRef, Int64Array, StringArray};

        let names: ArrayRef = Arc::new(StringArray::from(vec![Some("a|b <img src=x>"), None, Some("two\nlines")]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(-1), Some(2), None]));
        let batch = RecordBatch::try_from_iter([("na|me", names), ("n", numbers)]).unwrap();
        let mut out = Vec::new();
        super::super::write(&Markdown, &batch.schema(), &[batch], &mut out).unwrap();
        let wanted = "| na\\|me | n |\n|---|---:|\n| a\\|b &lt;img src=x&gt; | -1 |\n|  | 2 |\n| two␊lines |  |\n\n";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }
}
