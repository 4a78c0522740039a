//! Charts as SVG: shapes and text alone, nothing that a browser would fetch or run.

use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Rectangle, Text};
use plotters::prelude::{DrawingBackend, SVGBackend};
use plotters::series::LineSeries;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, Color, IntoFont, RGBColor, ShapeStyle, TRANSPARENT, TextStyle, WHITE};

use super::text::{ends, number};
use super::{Axis, Plot};
use crate::error::{Error, Result};
use crate::model::Micros;

const WIDTH: u32 = 960;
const HEIGHT: u32 = 480;
/// Pixels of a bar, between two names, and for the names.
const BAR: i32 = 16;
const GAP: i32 = 8;
const NAMES: i32 = 300;
/// The longest name of a bar.
const NAME: usize = 40;

/// Told apart by people who do not see red or green (Okabe and Ito's palette).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(213, 94, 0),
    RGBColor(86, 180, 233),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// One bar under the other.
pub fn bars(plot: &Plot) -> Result<String> {
    let rows = (plot.labels.len() * plot.series.len()) as i32;
    let height = 70 + rows * BAR + plot.labels.len() as i32 * GAP;
    picture(plot, height.max(100) as u32, |area| {
        let values = || plot.series.iter().flat_map(|series| series.values.iter().flatten());
        let most = values().fold(0.0_f64, |most, value| most.max(value.abs()));
        let room = f64::from(WIDTH as i32 - NAMES - 120);
        let mut y = 50;
        for (row, label) in plot.labels.iter().enumerate() {
            write(area, &cut(label), (NAMES - 8, y + BAR / 2), HPos::Right)?;
            for (series, colour) in plot.series.iter().zip(COLOURS.iter().cycle()) {
                let long = series.values[row].filter(|_| most > 0.0).map_or(0.0, |value| value.abs() / most * room);
                let fill = match series.values[row] {
                    Some(value) if value < 0.0 => colour.mix(0.4).filled(),
                    _ => colour.filled(),
                };
                let end = NAMES + (long.round() as i32).max(1);
                area.draw(&Rectangle::new([(NAMES, y + 1), (end, y + BAR - 1)], fill))?;
                let cell = series.values[row].map_or("(none)", |_| &series.cells[row]);
                write(area, cell, (end + 6, y + BAR / 2), HPos::Left)?;
                y += BAR;
            }
            y += GAP;
        }
        Ok(())
    })
}

/// All lines in one picture.
pub fn lines(plot: &Plot) -> Result<String> {
    picture(plot, HEIGHT, |area| {
        let values = plot.series.iter().flat_map(|series| series.values.iter().flatten());
        let ((low, high), (from, to)) = (Plot::range(values), ends(plot));
        // So that a line along the top is seen.
        let high = high + (high - low) * 0.02;
        let to = if to > from { to } else { from + 1.0 };
        let mut chart = ChartBuilder::on(&area.margin(40, 20, 10, 90))
            .x_label_area_size(30)
            .y_label_area_size(90)
            .build_cartesian_2d(from..to, low..high)?;
        let along = |place: &f64| match plot.axis {
            Axis::Times => Micros(*place as i64).to_string().replace(".000000Z", "Z"),
            Axis::Numbers => number(*place),
            // Between two rows there is none.
            Axis::Rows | Axis::Words if place.fract() != 0.0 => String::new(),
            Axis::Rows | Axis::Words => plot.labels.get(*place as usize - 1).map_or(String::new(), |text| cut(text)),
        };
        let font = || ("sans-serif", 15).into_font();
        chart
            .configure_mesh()
            .x_labels(if plot.axis == Axis::Times { 4 } else { 6 })
            .x_label_formatter(&along)
            .y_label_formatter(&|value| number(*value))
            .label_style(font())
            .max_light_lines(1)
            .light_line_style(TRANSPARENT)
            .draw()?;
        for (series, colour) in plot.series.iter().zip(COLOURS.iter().cycle()) {
            let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width: 2 };
            let points: Vec<Option<(f64, f64)>> =
                plot.places.iter().zip(&series.values).map(|(place, value)| Some((*place, (*value)?))).collect();
            // Where there is no value there is no line.
            for run in points.split(Option::is_none).filter(|run| !run.is_empty()) {
                chart.draw_series(LineSeries::new(run.iter().flatten().copied(), style))?;
            }
        }
        Ok(())
    })
}

type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

/// What both pictures have: a white ground, what is drawn along the top, and what is left out below it.
fn picture(plot: &Plot, height: u32, draw: impl for<'a, 'b> FnOnce(&'b Area<'a>) -> Drawn<'a>) -> Result<String> {
    let mut out = String::new();
    let area = SVGBackend::with_string(&mut out, (WIDTH, height)).into_drawing_area();
    let frame = |area: &Area<'_>| {
        area.fill(&WHITE)?;
        let mut x = 20;
        for (series, colour) in plot.series.iter().zip(COLOURS.iter().cycle()) {
            let name = cut(&series.name);
            let style = style().color(colour);
            area.draw(&Text::new(name.clone(), (x, 18), style.pos(Pos::new(HPos::Left, VPos::Center))))?;
            x += 9 * name.chars().count() as i32 + 24;
        }
        let by = format!("by {}", cut(&plot.name));
        write(area, &by, (x, 18), HPos::Left)?;
        let none = plot.labels.is_empty().then(|| "no rows".to_owned());
        let words: Vec<String> = none.into_iter().chain(plot.left_out()).collect();
        write(area, &words.join("; "), (20, 36), HPos::Left)
    };
    let drawn = frame(&area).and_then(|()| if plot.labels.is_empty() { Ok(()) } else { draw(&area) });
    drawn
        .and_then(|()| area.present())
        .map_err(|error| Error::Bug { what: "a chart could not be drawn".into(), source: error.to_string().into() })?;
    drop(area);
    Ok(out)
}

fn style() -> TextStyle<'static> {
    ("sans-serif", 17).into_font().color(&BLACK)
}

fn write<'a>(area: &Area<'a>, text: &str, at: (i32, i32), side: HPos) -> Drawn<'a> {
    area.draw(&Text::new(text.to_owned(), at, style().pos(Pos::new(side, VPos::Center))))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(NAME) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
