//! A document as Markdown (CommonMark with tables). Every character of evidence that Markdown or HTML would read as more
//! than itself is escaped.

use coldcase_tui::visible;

use super::document::{Chart, Document, Part};

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
                    page += &format!("{number}. {}{after} **{}**\n", text(&step.time), text(&step.what));
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
}
