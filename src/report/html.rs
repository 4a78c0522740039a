//! A document as one HTML file that needs nothing else: no script, no font, no picture from anywhere, and a policy that
//! forbids a browser to fetch any.
//!
//! Evidence is hostile: every text is escaped, and what no reader would see is spelled out.

use std::fmt::Write as _;

use coldcase_tui::visible;

use super::document::{Chart, Document, Part, Step};
use crate::model::Micros;

/// Nothing may be wider than the window: a long word is broken, a wide table scrolls by itself, and on a narrow screen each of
/// its rows becomes a block with the names of the columns in it.
const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;\
background:#fff;overflow-wrap:anywhere}h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid #999}\
.x{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}\
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;border-bottom:1px solid #ddd;min-width:5rem}\
.l{min-width:9rem}.s,.n{white-space:nowrap}.s{min-width:0}ol{padding-left:1.6rem}li{margin:.6rem 0}\
code,.m{font-family:ui-monospace,monospace;font-size:.85em}.f{color:#555;font-size:.85rem}.t{font-weight:600}\
svg{width:100%;height:auto}@media screen and (max-width:45rem){table,tbody,tr,td{display:block}thead{display:none}\
tr{border:1px solid #bbb;border-radius:4px;margin:.6rem 0}td,td.l,td.s{min-width:0;white-space:normal}\
td:last-child{border:0}td:empty{display:none}td::before{content:attr(data-n) \": \";color:#555;font-size:.85em}}\
@media print{body{margin:0;max-width:none}h2{break-after:avoid}li,tr{break-inside:avoid}}";

/// Characters of a cell that stands on one line, and of one that wants room.
const SHORT: usize = 16;
const LONG: usize = 24;

/// Returns the document as a page.
pub fn html(document: &Document) -> String {
    let title = text(&document.title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    for part in &document.parts {
        match part {
            Part::Heading(words) => page += &format!("<h2>{}</h2>\n", text(words)),
            Part::Paragraph(words) => page += &format!("<p>{}</p>\n", text(words)),
            Part::List(items) => {
                let items: String = items.iter().map(|item| format!("<li>{}</li>\n", text(item))).collect();
                page += &format!("<ul>\n{items}</ul>\n");
            }
            Part::Table { head, rows } => table(&mut page, head, rows),
            Part::Steps(steps) => {
                page += "<ol>\n";
                steps.iter().for_each(|one| step(&mut page, one));
                page += "</ol>\n";
            }
            Part::Chart(chart) => svg(&mut page, chart),
        }
    }
    page + "</body>\n</html>\n"
}

fn table(page: &mut String, head: &[&str], rows: &[Vec<String>]) {
    // A word or number is not broken for the sake of a longer cell beside it.
    let class = |cell: &str| match cell.chars().count() {
        0..=SHORT => " class=\"s\"",
        LONG.. => " class=\"l\"",
        _ => "",
    };
    let heads: String = head.iter().map(|name| format!("<th{}>{}</th>", class(name), text(name))).collect();
    *page += &format!("<div class=\"x\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n");
    for row in rows {
        let cell = |(name, cell): (&&str, &String)| {
            format!("<td{} data-n=\"{}\">{}</td>", class(cell), text(name), whole(cell))
        };
        let cells: String = head.iter().zip(row).map(cell).collect();
        *page += &format!("<tr>{cells}</tr>\n");
    }
    *page += "</tbody>\n</table></div>\n";
}

/// A cell in which no time is broken at its hyphens: `2031-04-05T06:07:08Z`, or two with `to` between.
fn whole(cell: &str) -> String {
    let times: Vec<&str> = cell.split(" to ").collect();
    if times.len() > 2 || times.iter().any(|time| Micros::parse(time).is_none()) {
        return text(cell);
    }
    times.iter().map(|time| format!("<span class=\"n\">{}</span>", text(time))).collect::<Vec<_>>().join(" to ")
}

fn step(page: &mut String, step: &Step) {
    let after =
        if step.after.is_empty() { String::new() } else { format!(" <span class=\"f\">+{}</span>", text(&step.after)) };
    let time =
        if step.time.is_empty() { String::new() } else { format!("<span class=\"m n\">{}</span>", text(&step.time)) };
    *page += &format!("<li>{time}{after} <span class=\"t\">{}</span>", text(&step.what));
    if !step.text.is_empty() {
        *page += &format!("<br>{}", text(&step.text));
    }
    for (name, value) in &step.facts {
        *page += &format!("<br><span class=\"f\">{}: <code>{}</code></span>", text(name), text(value));
    }
    *page += "</li>\n";
}

/// A bar for each stretch of time, gaps hatched by a line below, marks above with the number of their step.
fn svg(page: &mut String, chart: &Chart) {
    const WIDTH: f64 = 960.0;
    const HEIGHT: f64 = 120.0;
    const TOP: f64 = 24.0;
    let most = chart.bins.iter().flatten().copied().max().unwrap_or(0).max(1) as f64;
    let each = WIDTH / chart.bins.len().max(1) as f64;
    let _ = writeln!(
        page,
        "<svg viewBox=\"0 0 {WIDTH} 170\" role=\"img\" aria-label=\"Events over time from {} to {}\">",
        text(&chart.from),
        text(&chart.to)
    );
    for (at, bin) in chart.bins.iter().enumerate() {
        let x = at as f64 * each;
        let (y, height, fill) = match bin {
            // What is there must be seen, however little it is.
            Some(count) if *count > 0 => {
                let height = (*count as f64 / most * HEIGHT).max(2.0);
                (TOP + HEIGHT - height, height, "#3465a4")
            }
            Some(_) => continue,
            None => (TOP + HEIGHT - 1.0, 5.0, "#c17d11"),
        };
        let width = (each - 0.5).max(0.5);
        let _ = writeln!(
            page,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>"
        );
    }
    // Numbers of steps that are close in time stand beside each other, each with a line to its place. Those that find no
    // room stand at the end.
    let mut free = 0.0_f64;
    for (place, label) in &chart.marks {
        let x = (place * WIDTH).clamp(0.0, WIDTH);
        let half = 4.0 * label.chars().count() as f64;
        let at = x.max(free + half).min(WIDTH - half);
        free = at + half + 4.0;
        let _ = writeln!(
            page,
            "<path d=\"M{at:.1} 14L{x:.1} {TOP:.1}V{:.1}\" stroke=\"#a40000\" fill=\"none\"/>\
             <text x=\"{at:.1}\" y=\"12\" font-size=\"11\" text-anchor=\"middle\" fill=\"#a40000\">{}</text>",
            TOP + HEIGHT,
            text(label)
        );
    }
    let _ = writeln!(
        page,
        "<text x=\"0\" y=\"165\" font-size=\"12\">{}</text><text x=\"{WIDTH}\" y=\"165\" font-size=\"12\" \
         text-anchor=\"end\">{}</text>\n</svg>",
        text(&chart.from),
        text(&chart.to)
    );
}

/// Text as a page may hold it, between tags or within a quoted attribute.
fn text(text: &str) -> String {
    let shown = visible(text);
    let mut out = String::with_capacity(shown.len());
    for c in shown.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn everywhere(words: &str) -> Document {
        let word = || words.to_owned();
        let step = Step { time: word(), after: word(), what: word(), text: word(), facts: vec![("place", word())] };
        let chart = Chart { from: word(), to: word(), bins: vec![Some(3), Some(0), None], marks: vec![(0.5, word())] };
        Document {
            title: word(),
            parts: vec![
                Part::Heading(word()),
                Part::Paragraph(word()),
                Part::List(vec![word()]),
                Part::Table { head: vec!["A"], rows: vec![vec![word()]] },
                Part::Steps(vec![step]),
                Part::Chart(chart),
            ],
        }
    }

    /// The tags of a page, without their text.
    fn tags(page: &str) -> Vec<String> {
        page.split('<').skip(1).map(|tag| tag.split(['>', ' ', '/']).next().unwrap_or("").to_owned()).collect()
    }

    #[test]
    fn nothing_is_fetched_and_nothing_runs() {
        let page = html(&everywhere("<script src=https://x>\"' onload=a <img src=//y>"));
        assert!(!page.contains("<script") && !page.contains("<img") && page.contains("default-src 'none'"));
        assert!(page.contains("&lt;script src=https://x&gt;&quot;&#39; onload=a"));
        for reference in [" src=\"", " href=\"", "url(", "@import"] {
            assert!(!page.contains(reference), "{reference}");
        }
    }

    #[test]
    fn a_time_is_not_broken_at_its_hyphens_and_other_cells_are_as_they_were() {
        let (a, b) = ("2031-04-05T06:07:08.000000Z", "2031-04-05T06:07:09.000000Z");
        let n = |time: &str| format!("<span class=\"n\">{time}</span>");
        assert_eq!(whole(a), n(a));
        assert_eq!(whole(&format!("{a} to {b}")), format!("{} to {}", n(a), n(b)));
        for cell in ["from a to b", "7", "", "a-b-c", "<b>"] {
            assert_eq!(whole(cell), text(cell));
        }
    }

    #[test]
    fn a_gap_is_drawn_and_a_stretch_without_events_is_not() {
        let page = html(&everywhere("x"));
        assert_eq!(page.matches("<rect").count(), 2);
        assert_eq!(page.matches("#c17d11").count(), 1);
    }

    proptest! {
        #[test]
        fn whatever_evidence_says_adds_no_tag_and_hides_nothing(words in ".{1,40}") {
            let (plain, hostile) = (html(&everywhere("x")), html(&everywhere(&words)));
            prop_assert_eq!(tags(&hostile), tags(&plain));
            let hidden = |c: char| c.is_control() && c != '\n';
            prop_assert!(!hostile.chars().any(hidden));
        }
    }
}
