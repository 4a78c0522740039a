//! One value of a row, and what type a column is when only its values say so.

use std::borrow::Cow;

use arrow::datatypes::DataType;

use crate::formats::json;
use crate::model::{Micros, table};

/// One value of a row of an open table. What has no value is not given at all.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Text of a route that writes every value as text (CSV, `az`): its type is what it looks like.
    Text(Cow<'a, str>),
    /// JSON text.
    Json(&'a str),
    Time(Micros),
    Int(i64),
    Real(f64),
    Bool(bool),
    List(Vec<Cow<'a, str>>),
}

impl<'a> Value<'a> {
    /// A text that is one, whatever it looks like.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Value<'a> {
        Value::Text(text.into())
    }

    /// Returns the value as text: of a JSON string what it says, of other JSON its text.
    pub fn as_text(&self) -> Cow<'_, str> {
        match self {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Json(raw) => json::string(raw).unwrap_or(Cow::Borrowed(raw)),
            Value::Time(time) => Cow::Owned(time.to_string()),
            Value::Int(number) => Cow::Owned(number.to_string()),
            Value::Real(number) => Cow::Owned(number.to_string()),
            Value::Bool(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
            Value::List(items) => {
                Cow::Owned(serde_json::to_string(items).expect("a list of texts is always written as JSON"))
            }
        }
    }

    /// Says whether there is no value: JSON null, and "" as Azure and CSV write it.
    pub fn is_nothing(&self) -> bool {
        match self {
            Value::Text(text) => text.is_empty(),
            Value::Json(raw) => matches!(*raw, "null" | "\"\""),
            _ => false,
        }
    }

    pub fn time(&self) -> Option<Micros> {
        match self {
            Value::Time(time) => Some(*time),
            Value::Text(_) | Value::Json(_) => Micros::parse(&self.as_text()),
            _ => None,
        }
    }

    pub fn int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            Value::Real(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(*number as i64),
            Value::Text(_) | Value::Json(_) => {
                let text = self.as_text();
                let text = text.trim();
                // Numbers of JavaScript and of data frames: 3.0 is 3.
                text.parse().ok().or_else(|| text.strip_suffix(".0")?.parse().ok())
            }
            _ => None,
        }
    }

    pub fn real(&self) -> Option<f64> {
        match self {
            Value::Real(number) => Some(*number),
            Value::Int(_) | Value::Text(_) | Value::Json(_) => double(self.as_text().trim()),
            _ => None,
        }
    }

    pub fn bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            Value::Text(_) | Value::Json(_) => boolean(self.as_text().trim()),
            _ => None,
        }
    }

    /// Returns the texts of a list; a value that is none is a list of one.
    pub fn list(&self) -> Vec<Cow<'_, str>> {
        match self {
            Value::List(items) => items.iter().map(|item| Cow::Borrowed(item.as_ref())).collect(),
            other => {
                let text = other.as_text();
                let items = serde_json::from_str::<Vec<String>>(&text).ok();
                items.map_or_else(|| vec![text], |items| items.into_iter().map(Cow::Owned).collect())
            }
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// What the values of a column can all be; text they can always be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess(u8);

impl Guess {
    const BOOL: u8 = 1;
    const LONG: u8 = 2;
    const REAL: u8 = 4;
    const TIME: u8 = 8;
    /// No value seen yet.
    pub const ANY: Guess = Guess(15);

    /// What one value can be without losing anything of it: `007` and `1.30` are no numbers.
    pub fn of(value: &Value<'_>) -> Guess {
        let (text, typed) = match value {
            Value::Text(text) => (Cow::Borrowed(text.as_ref()), false),
            Value::Json(raw) => match json::string(raw) {
                Some(text) => (text, true),
                // JSON says itself what it is.
                None => return Guess(number(raw, true) | if boolean(raw).is_some() { Guess::BOOL } else { 0 }),
            },
            Value::Time(_) => return Guess(Guess::TIME),
            Value::Int(_) => return Guess(Guess::LONG | Guess::REAL),
            Value::Real(_) => return Guess(Guess::REAL),
            Value::Bool(_) => return Guess(Guess::BOOL),
            Value::List(_) => return Guess(0),
        };
        // A number of ten digits may be a time and is more often none.
        let clock = text.contains(':') && Micros::parse(&text).is_some();
        let time = if clock { Guess::TIME } else { 0 };
        if typed {
            return Guess(time);
        }
        Guess(time | number(&text, false) | if boolean(&text).is_some() { Guess::BOOL } else { 0 })
    }

    /// What both can be.
    pub fn and(self, other: Guess) -> Guess {
        Guess(self.0 & other.0)
    }

    /// The narrowest type that fits every value.
    pub fn kind(self) -> DataType {
        match self {
            Guess::ANY => table::text(),
            Guess(bits) if bits & Guess::BOOL != 0 => DataType::Boolean,
            Guess(bits) if bits & Guess::LONG != 0 => DataType::Int64,
            Guess(bits) if bits & Guess::REAL != 0 => DataType::Float64,
            Guess(bits) if bits & Guess::TIME != 0 => table::timestamp(),
            _ => table::text(),
        }
    }
}

/// Whole numbers below this are all told apart by a double.
const EXACT: f64 = (1_u64 << 53) as f64;

/// Reads a number that a double can hold: a fraction as the nearest there is, but a whole number only as itself, and
/// nothing as 0 that is not.
fn double(text: &str) -> Option<f64> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
    let digits = text.split(['e', 'E']).next().unwrap_or_default();
    let whole = digits.len() == text.len() && !text.contains('.');
    let nothing = !digits.bytes().any(|digit| matches!(digit, b'1'..=b'9'));
    let held = if whole { number.abs() < EXACT } else { number != 0.0 || nothing };
    held.then_some(number)
}

/// Which numbers a text can be; written otherwise than we would, it is one only where its format says that it is.
fn number(text: &str, said: bool) -> u8 {
    let double = double(text);
    if text.parse::<i64>().is_ok_and(|n| n.to_string() == text) {
        return Guess::LONG | if double.is_some() { Guess::REAL } else { 0 };
    }
    let real = double.is_some_and(|n| said || n.to_string() == text);
    if real && text.starts_with(|c: char| c.is_ascii_digit() || c == '-') { Guess::REAL } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(values: &[Value<'_>]) -> DataType {
        values.iter().map(Guess::of).fold(Guess::ANY, Guess::and).kind()
    }

    #[test]
    fn a_column_is_what_all_its_values_are_and_loses_nothing() {
        let texts = |texts: &[&'static str]| texts.iter().map(|t| Value::text(*t)).collect::<Vec<_>>();
        assert_eq!(kind(&[]), table::text());
        assert_eq!(kind(&texts(&["1", "-20"])), DataType::Int64);
        assert_eq!(kind(&texts(&["1", "2.5"])), DataType::Float64);
        assert_eq!(kind(&texts(&["1", "007"])), table::text(), "a number written with zeros is a name");
        assert_eq!(kind(&texts(&["1.30", "1.31"])), table::text(), "so is a version");
        assert_eq!(kind(&texts(&["True", "false"])), DataType::Boolean);
        assert_eq!(kind(&texts(&["2031-04-05T06:07:08Z", "4/5/2031, 6:07:08.034 AM"])), table::timestamp());
        assert_eq!(kind(&texts(&["1933135628"])), DataType::Int64, "an epoch may be any number");
        assert_eq!(kind(&texts(&["1", "x"])), table::text());
        assert_eq!(kind(&texts(&["inf", "NaN"])), table::text());
        assert_eq!(kind(&texts(&["9007199254740993", "1"])), DataType::Int64);
        assert_eq!(kind(&texts(&["9007199254740993", "1.5"])), table::text(), "a double would make it …992");
    }

    #[test]
    fn json_says_itself_what_it_is() {
        assert_eq!(kind(&[Value::Json("\"0\"")]), table::text());
        assert_eq!(kind(&[Value::Json("0"), Value::Json("1.50")]), DataType::Float64);
        assert_eq!(kind(&[Value::Json("18446744073709551615")]), table::text(), "no double has all of its digits");
        assert_eq!(kind(&[Value::Json("1e-400")]), table::text(), "it is not 0");
        assert_eq!(kind(&[Value::Json("0e-400"), Value::Json("1e300")]), DataType::Float64);
        assert_eq!(Value::Json("9007199254740993").real(), None);
        assert_eq!(kind(&[Value::Json("true")]), DataType::Boolean);
        assert_eq!(kind(&[Value::Json("{}")]), table::text());
        assert_eq!(kind(&[Value::Json("\"2031-04-05T06:07:08Z\"")]), table::timestamp());
    }
}
