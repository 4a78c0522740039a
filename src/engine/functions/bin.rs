//! `bin(time, interval)`: Kusto's function.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, IntervalMonthDayNanoType, TimestampMicrosecondType};
use datafusion::error::Result;

use super::{Function, time, wrong};
use crate::engine::values::text;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
/// From 0001-01-01, a Monday, where Kusto's time begins, to 1970-01-01: so that bins of weeks begin with Mondays.
const BEFORE_1970: i64 = 719_162 * DAY;

pub struct Bin;

impl Function for Bin {
    fn name(&self) -> &'static str {
        "bin"
    }

    fn usage(&self) -> &'static str {
        "bin(time, interval)"
    }

    fn doc(&self) -> &'static str {
        "The begin of the interval a time lies in (Kusto's `bin`). An interval is `INTERVAL '5 minutes'` or a text such as \
         `'30s'`, `'5m'`, `'6h'`, `'1d'` or `'1w'`; intervals are counted from Monday, 0001-01-01, UTC"
    }

    fn examples(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("bin(TIMESTAMP '1970-05-11T13:45:07Z', '1d')", r#""1970-05-11T00:00:00Z""#),
            ("bin(TIMESTAMP '2026-11-24T00:24:47.611824Z', INTERVAL '5 minutes')", r#""2026-11-24T00:20:00Z""#),
            ("bin(TIMESTAMP '2026-11-24T00:24:47.611824Z', '1w')", r#""2026-11-23T00:00:00Z""#),
            ("bin(TIMESTAMP '1969-12-31T23:59:59Z', '1h')", r#""1969-12-31T23:00:00Z""#),
        ]
    }

    fn arity(&self) -> (usize, usize) {
        (2, 2)
    }

    fn returns(&self) -> DataType {
        time()
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let parsed;
        let times = match arguments[0].as_primitive_opt::<TimestampMicrosecondType>() {
            Some(times) => times,
            // A time may be given as text.
            None => {
                parsed = arrow::compute::cast(&arguments[0], &time())?;
                parsed.as_primitive::<TimestampMicrosecondType>()
            }
        };
        let mut answers = Vec::with_capacity(times.len());
        for row in 0..times.len() {
            if times.is_null(row) || arguments[1].is_null(row) {
                answers.push(None);
                continue;
            }
            let width = width(&arguments[1], row)?;
            let since = times.value(row).saturating_add(BEFORE_1970);
            answers.push(Some(since - since.rem_euclid(width) - BEFORE_1970));
        }
        Ok(Arc::new(TimestampMicrosecondArray::from(answers).with_timezone("+00:00")))
    }
}

/// An interval in microseconds.
fn width(array: &ArrayRef, row: usize) -> Result<i64> {
    let refused =
        |said: &str| wrong(format!("bin: `{said}` is no interval of whole microseconds, such as '5m' or '1d'"));
    let width = match (array.as_primitive_opt::<IntervalMonthDayNanoType>(), text(array, row)) {
        (Some(intervals), _) => {
            let interval = intervals.value(row);
            let days = i64::from(interval.days).checked_mul(DAY);
            // Months differ in length.
            (interval.months == 0 && interval.nanoseconds % 1000 == 0)
                .then_some(days)
                .flatten()
                .and_then(|days| days.checked_add(interval.nanoseconds / 1000))
        }
        (None, Some(said)) => {
            let said = said.trim();
            let digits = said.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let unit = match &said[digits.len()..] {
                "s" => Some(1_000_000),
                "m" => Some(60_000_000),
                "h" => Some(3_600_000_000),
                "d" => Some(DAY),
                "w" => Some(7 * DAY),
                _ => None,
            };
            digits.parse::<i64>().ok().zip(unit).and_then(|(count, unit): (i64, i64)| count.checked_mul(unit))
        }
        (None, None) => None,
    };
    width.filter(|width| *width > 0).ok_or_else(|| refused(text(array, row).unwrap_or("INTERVAL")))
}
