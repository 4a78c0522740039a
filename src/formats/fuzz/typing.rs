//! Columns of texts that get a type when all their values are known.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};

use super::{Target, records};
use crate::formats::members::Members;
use crate::formats::rows::value::Value;
use crate::formats::{Guess, typed};
use crate::model::Micros;

pub const TARGET: Target = Target {
    name: "typing",
    doc: "lines are the values of a column, JSON when the first byte is odd: the type that is guessed loses none",
    run,
    seeds: |specimen| {
        let mut seeds = Vec::new();
        for record in records(specimen) {
            let Ok(Members(members)) = serde_json::from_slice(&record) else { continue };
            for number in 0..2_u8 {
                let values = members.iter().map(|(_, raw)| raw.get()).filter(|raw| raw.len() < 60);
                let values = values.map(|raw| if number == 0 { raw.trim_matches('"') } else { raw });
                seeds.push([&[number], values.take(8).collect::<Vec<_>>().join("\n").as_bytes()].concat());
            }
        }
        seeds
    },
};

fn run(bytes: &[u8]) {
    let [kind, text @ ..] = bytes else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let is_json = |line: &&str| serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok() && line.trim() == *line;
    let lines = text.split('\n').filter(|line| kind % 2 == 0 || is_json(line));
    let value = |line| if kind % 2 == 0 { Value::text(line) } else { Value::Json(line) };
    let values: Vec<Value<'_>> = lines.map(value).filter(|value| !value.is_nothing()).collect();
    let guess = values.iter().map(Guess::of).fold(Guess::ANY, Guess::and).kind();
    let texts: Vec<_> = values.iter().map(Value::as_text).collect();
    let column: ArrayRef = Arc::new(StringArray::from_iter_values(&texts));
    let typed = typed(&column, &guess);
    assert_eq!(typed.len(), texts.len());
    for (row, text) in texts.iter().enumerate() {
        assert!(typed.is_valid(row), "{text:?} is lost in {guess:?}");
        let same = match &guess {
            DataType::Boolean => typed.as_boolean().value(row).to_string() == text.to_lowercase(),
            DataType::Int64 => typed.as_primitive::<Int64Type>().value(row).to_string() == **text,
            DataType::Float64 => is_real(text, typed.as_primitive::<Float64Type>().value(row)),
            DataType::Timestamp(..) => {
                Micros::parse(text) == Some(Micros(typed.as_primitive::<TimestampMicrosecondType>().value(row)))
            }
            _ => typed.as_string::<i32>().value(row) == text,
        };
        assert!(same, "{text:?} became another value as {guess:?}");
    }
}

/// Says whether a text is this number. Of a fraction, what a double can hold is all of it; a whole number is another
/// when one digit is.
pub fn is_real(text: &str, number: f64) -> bool {
    if text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        let digits = text.split(['e', 'E']).next().unwrap_or_default();
        let zero = digits.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-' | b'+'));
        return text.parse() == Ok(number) && (number != 0.0 || zero);
    }
    // Exact up to the largest double: `{:.0}` prints every digit of it.
    let written = format!("{number:.0}");
    let plain = text.strip_prefix('+').unwrap_or(text);
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain), |digits| ("-", digits));
    let digits = digits.trim_start_matches('0');
    written == format!("{sign}{}", if digits.is_empty() { "0" } else { digits })
}
