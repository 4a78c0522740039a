//! Charts: the first column against every column of numbers after it, in text for a terminal or as a picture (SVG).
//!
//! An answer with one column is drawn over the number of its row. Nothing is added up, binned or left out unsaid: that is
//! what the query is for.

mod svg;
mod text;

use std::io::Write;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, SchemaRef, TimestampMicrosecondType};
use coldcase_tui::visible;

use super::table::formatters;
use super::{Sheet, Writer, output};
use crate::error::{Error, Result};

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bar,
    Line,
}

/// One chart in one way of drawing.
pub struct Chart {
    kind: Kind,
    svg: bool,
}

pub static BARS: Chart = Chart { kind: Kind::Bar, svg: false };
pub static BARS_SVG: Chart = Chart { kind: Kind::Bar, svg: true };
pub static LINE: Chart = Chart { kind: Kind::Line, svg: false };
pub static LINE_SVG: Chart = Chart { kind: Kind::Line, svg: true };

/// Rows that are drawn; what is more is said.
const MOST_BARS: usize = 100;
const MOST_POINTS: usize = 100_000;

impl Writer for Chart {
    fn name(&self) -> &'static str {
        match self.kind {
            Kind::Bar => "bar",
            Kind::Line => "line",
        }
    }

    fn doc(&self) -> &'static str {
        match self.kind {
            Kind::Bar => "a bar for every number of every row, the first 100 rows, named by the first column",
            Kind::Line => "a line through the rows as they come, along the first column where it is a time or a number",
        }
    }

    fn endings(&self) -> &'static [&'static str] {
        if self.svg { &["svg"] } else { &["txt"] }
    }

    fn follows(&self) -> bool {
        !self.svg
    }

    fn start<'a>(&self, schema: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Result<Box<dyn Sheet + 'a>> {
        let fields = schema.fields();
        let first = usize::from(fields.len() > 1);
        let numbers: Vec<usize> = (first..fields.len()).filter(|at| fields[*at].data_type().is_numeric()).collect();
        if numbers.is_empty() {
            return Err(Error::Usage {
                what: "a chart needs a column of numbers after the first column".into(),
                hint: Some("such as: SELECT verb, count(*) FROM audit GROUP BY verb ORDER BY 2 DESC".into()),
            });
        }
        let name = |at: usize| visible(fields[at].name()).into_owned();
        let series = numbers.iter().map(|at| Series { name: name(*at), values: Vec::new(), cells: Vec::new() });
        let axis = if first == 0 { Axis::Rows } else { Axis::of(fields[0].data_type()) };
        let plot = Plot {
            name: if first == 0 { "row".into() } else { name(0) },
            axis,
            labels: Vec::new(),
            places: Vec::new(),
            series: series.collect(),
            rows: 0,
            unplaced: 0,
        };
        Ok(Box::new(Drawing { kind: self.kind, svg: self.svg, numbers, plot, out }))
    }
}

/// What the first column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    /// There is none: rows are counted.
    Rows,
    Words,
    Numbers,
    Times,
}

impl Axis {
    fn of(kind: &DataType) -> Axis {
        match kind {
            DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64 => Axis::Times,
            kind if kind.is_numeric() => Axis::Numbers,
            _ => Axis::Words,
        }
    }
}

/// What is to be drawn. All texts are harmless.
struct Plot {
    /// Of the first column.
    name: String,
    axis: Axis,
    labels: Vec<String>,
    /// Where on the axis: microseconds, numbers, or which row.
    places: Vec<f64>,
    series: Vec<Series>,
    /// How many rows there were.
    rows: usize,
    /// How many of them have no place on the axis.
    unplaced: usize,
}

struct Series {
    name: String,
    values: Vec<Option<f64>>,
    /// The values as they are written.
    cells: Vec<String>,
}

impl Plot {
    /// What is not drawn, in words.
    fn left_out(&self) -> Option<String> {
        let more = self.rows - self.unplaced - self.labels.len();
        let more = (more > 0).then(|| format!("{} of {} rows drawn", self.labels.len(), self.rows));
        let unplaced = (self.unplaced > 0).then(|| format!("{} rows without {} left out", self.unplaced, self.name));
        let all: Vec<String> = more.into_iter().chain(unplaced).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// The least and the most of some numbers, with zero where that costs no detail worth having.
    fn range<'a>(values: impl Iterator<Item = &'a f64>) -> (f64, f64) {
        let (least, most) = values.fold((0.0_f64, f64::MIN), |(least, most), v| (least.min(*v), most.max(*v)));
        (least, if most > least { most } else { least + 1.0 })
    }
}

struct Drawing<'a> {
    kind: Kind,
    svg: bool,
    /// Which columns are drawn.
    numbers: Vec<usize>,
    plot: Plot,
    out: &'a mut (dyn Write + Send),
}

impl Sheet for Drawing<'_> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        let most = if self.kind == Kind::Bar { MOST_BARS } else { MOST_POINTS };
        let before = self.plot.rows;
        let plot = &mut self.plot;
        plot.rows += batch.num_rows();
        let columns = formatters(batch)?;
        let floats = |at: usize| cast(batch.column(at), &DataType::Float64).map_err(output);
        let series: Vec<_> = self.numbers.iter().map(|at| floats(*at)).collect::<Result<_>>()?;
        let along = match plot.axis {
            Axis::Numbers => Some(floats(0)?),
            Axis::Times => {
                let micros = DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None);
                Some(cast(batch.column(0), &micros).map_err(output)?)
            }
            Axis::Rows | Axis::Words => None,
        };
        for row in 0..batch.num_rows() {
            if self.kind == Kind::Line && along.as_ref().is_some_and(|along| along.is_null(row)) {
                plot.unplaced += 1;
                continue;
            }
            if plot.labels.len() == most {
                continue;
            }
            let times = along.as_ref().and_then(|a| a.as_primitive_opt::<TimestampMicrosecondType>());
            let place = match (times, along.as_ref().and_then(|a| a.as_primitive_opt::<Float64Type>())) {
                (Some(times), _) => times.value(row) as f64,
                (None, Some(numbers)) => numbers.value(row),
                (None, None) => (before + row + 1) as f64,
            };
            plot.places.push(place);
            let label = |text: String| if text.is_empty() { "(none)".to_owned() } else { visible(&text).into_owned() };
            plot.labels.push(match plot.axis {
                Axis::Rows => (before + row + 1).to_string(),
                _ => label(columns[0].value(row).to_string()),
            });
            for ((series, values), at) in plot.series.iter_mut().zip(&series).zip(&self.numbers) {
                let values = values.as_primitive::<Float64Type>();
                let value = (!values.is_null(row)).then(|| values.value(row)).filter(|value| value.is_finite());
                series.values.push(value);
                series.cells.push(columns[*at].value(row).to_string());
            }
        }
        Ok(())
    }

    fn end(self: Box<Self>) -> Result<()> {
        let drawn = match (self.kind, self.svg) {
            (Kind::Bar, false) => text::bars(&self.plot),
            (Kind::Line, false) => text::lines(&self.plot),
            (Kind::Bar, true) => svg::bars(&self.plot)?,
            (Kind::Line, true) => svg::lines(&self.plot)?,
        };
        self.out.write_all(drawn.as_bytes()).map_err(output)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};

    use super::super::write;
    use super::*;

    fn drawn(chart: &Chart, columns: Vec<(&str, ArrayRef)>) -> String {
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
        let mut out = Vec::new();
        write(chart, &batch.schema(), &[batch], &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn words(words: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringArray::from(words.to_vec()))
    }

    fn numbers(numbers: &[Option<i64>]) -> ArrayRef {
        Arc::new(Int64Array::from(numbers.to_vec()))
    }

    #[test]
    fn bars_are_as_long_as_their_numbers() {
        let verbs = words(&[Some("get"), Some("list"), None, Some("watch")]);
        let text = drawn(&BARS, vec![("verb", verbs), ("n", numbers(&[Some(800), Some(400), Some(0), None]))]);
        let bar = |line: &str| line.chars().filter(|c| *c == '█').count();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("verb") && lines[0].ends_with('n'), "{text}");
        assert_eq!(bar(lines[1]), 2 * bar(lines[2]));
        assert!(bar(lines[1]) > 20 && lines[1].ends_with("800"), "{text}");
        assert!(bar(lines[3]) == 0 && lines[3].starts_with("(none)") && lines[3].ends_with(" 0"), "{text}");
        assert!(bar(lines[4]) == 0 && lines[4].starts_with("watch") && lines[4].ends_with("(none)"), "{text}");
    }

    #[test]
    fn what_is_not_drawn_is_said() {
        let many: Vec<Option<i64>> = (0..250).map(Some).collect();
        let text = drawn(&BARS, vec![("n", numbers(&many))]);
        assert!(text.ends_with("100 of 250 rows drawn\n"), "{text}");
        let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(0), None, Some(7)]));
        let text = drawn(&LINE, vec![("time", times), ("n", numbers(&[Some(1), Some(2), Some(3)]))]);
        assert!(text.ends_with("1 rows without time left out\n"), "{text}");
    }

    #[test]
    fn a_line_goes_along_times_and_not_along_rows() {
        let column = |line: &str| line.chars().position(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
        let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![0, 90_000_000, 100_000_000]));
        let text = drawn(&LINE, vec![("time", times), ("n", numbers(&[Some(0), Some(0), Some(9)]))]);
        // The line leaves the ground at nine tenths of its way.
        let (top, ground) = (text.lines().find_map(column).unwrap(), text.lines().filter_map(column).min().unwrap());
        assert!(top > ground + 60, "{text}");
        assert!(text.contains("1970-01-01T00:00:00") && text.contains("1970-01-01T00:01:40"), "{text}");
    }

    #[test]
    fn pictures_hold_hostile_words_as_text_alone() {
        let hostile = "<script>alert(1)</script>&\"'\u{1b}[2J\u{202e}";
        for chart in [&BARS_SVG, &LINE_SVG] {
            let names = words(&[Some(hostile), Some("b")]);
            let svg = drawn(chart, vec![(hostile, names), (hostile, numbers(&[Some(3), None]))]);
            assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
            assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;"), "{svg}");
            assert!(!svg.contains('\u{1b}') && !svg.contains('\u{202e}'), "{svg}");
            for name in ["script", "image", "href", "style"] {
                assert!(!svg.contains(&format!("<{name}")) && !svg.contains(&format!(" {name}=")), "{svg}");
            }
        }
    }

    #[test]
    fn several_columns_of_numbers_are_several_bars_and_lines() {
        let columns = || {
            let (names, twice) = (words(&[Some("a"), Some("b")]), numbers(&[Some(2), Some(4)]));
            vec![("name", names), ("once", numbers(&[Some(1), Some(2)])), ("twice", twice)]
        };
        for chart in [&BARS, &LINE, &BARS_SVG, &LINE_SVG] {
            let text = drawn(chart, columns());
            assert!(text.contains("once") && text.contains("twice"), "{text}");
        }
        // Lines of the grid are thinner.
        let lines = drawn(&LINE_SVG, columns());
        assert_eq!(lines.split("<polyline").skip(1).filter(|line| line.contains("stroke-width=\"2\"")).count(), 2);
        // One of the background, and a bar each.
        assert_eq!(drawn(&BARS_SVG, columns()).matches("<rect").count(), 5);
    }

    #[test]
    fn no_rows_are_no_bars_and_words_alone_are_no_chart() {
        for chart in [&BARS, &LINE, &BARS_SVG, &LINE_SVG] {
            assert!(drawn(chart, vec![("v", words(&[])), ("n", numbers(&[]))]).contains("no rows"));
            let batch = RecordBatch::try_from_iter([("v", words(&[Some("a")]))]).unwrap();
            let refused = write(chart, &batch.schema(), &[batch], &mut Vec::new());
            assert!(matches!(refused, Err(Error::Usage { .. })));
        }
    }
}
