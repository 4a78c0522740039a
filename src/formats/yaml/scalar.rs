//! What a scalar means to Kubernetes: the resolver of `go.yaml.in/yaml/v2` 2.4, into an untyped interface.
//!
//! - bool: y yes on true, n no off false; all small, all capital or the first letter capital.
//! - null: nothing, `~`, null, Null, NULL.
//! - integer of 64 bits, with or without sign: decimal, `0x`, `0b`, `0o` or a leading 0 for octal, `_` between digits.
//! - number: decimal with point or exponent, `08` and `09` too; `.inf` and `.nan`, which JSON cannot say.
//! - text: all else (timestamps and `1:30` too), all that is quoted, and all with a tag Kubernetes does not know.
//!
//! Precision is never lost: digits that a 64-bit integer or float does not hold are kept as they came.

use std::borrow::Cow;

use saphyr_parser::Tag;

/// The meaning of a scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// Digits of an integer, as JSON writes them.
    Integer(String),
    /// A number with point or exponent, as JSON writes it.
    Float(String),
    /// The text as it is.
    Text,
}

/// A scalar's meaning and what is odd about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resolved {
    pub value: Value,
    pub oddity: Option<String>,
}

/// Whether a scalar was written in a way that lets its form say what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Quoted,
}

const CORE: &str = "tag:yaml.org,2002:";

/// Returns a tag as people write it.
pub(super) fn tag_name(tag: &Tag) -> String {
    let full = format!("{}{}", tag.handle, tag.suffix);
    full.strip_prefix(CORE).map_or_else(|| full.clone(), |name| format!("!!{name}"))
}

/// Says what a scalar means.
pub(super) fn resolve(text: &str, form: Form, tag: Option<&Tag>) -> Resolved {
    let Some(tag) = tag.map(tag_name) else {
        return match form {
            Form::Plain => plain(text),
            Form::Quoted => Resolved { value: Value::Text, oddity: None },
        };
    };
    let found = match tag.as_str() {
        // A single `!` says: do not look at the form (YAML 1.2.2, 6.9.1).
        "!" | "!!str" | "!!timestamp" => return Resolved { value: Value::Text, oddity: None },
        "!!binary" => {
            let oddity = "!!binary is kept as it is written, where Kubernetes decodes base64".to_owned();
            return Resolved { value: Value::Text, oddity: Some(oddity) };
        }
        "!!bool" | "!!int" | "!!float" | "!!null" => plain(text),
        _ => {
            let oddity = format!("{} is a tag that Kubernetes does not know, its value is text", clip(&tag));
            return Resolved { value: Value::Text, oddity: Some(oddity) };
        }
    };
    let fits = match found.value {
        Value::Null => tag == "!!null",
        Value::Bool(_) => tag == "!!bool",
        Value::Integer(_) => tag == "!!int" || tag == "!!float",
        Value::Float(_) => tag == "!!float",
        Value::Text => false,
    };
    if fits {
        return found;
    }
    let oddity = format!("{} is no {tag} to Kubernetes and kept as text", quoted(text));
    Resolved { value: Value::Text, oddity: Some(oddity) }
}

/// Says what an untagged scalar without quotes means.
fn plain(text: &str) -> Resolved {
    let sure = |value| Resolved { value, oddity: None };
    let Some(first) = text.bytes().next() else { return sure(Value::Null) };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text),
        b'.' => point(text),
        b'0'..=b'9' | b'+' | b'-' => number(text),
        _ => sure(Value::Text),
    }
}

fn word(text: &str) -> Resolved {
    let (value, old) = match text {
        "~" | "null" | "Null" | "NULL" => (Value::Null, false),
        "true" | "True" | "TRUE" => (Value::Bool(true), false),
        "false" | "False" | "FALSE" => (Value::Bool(false), false),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => (Value::Bool(true), true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => (Value::Bool(false), true),
        _ => (Value::Text, false),
    };
    let truth = value == Value::Bool(true);
    let oddity = old.then(|| format!("{} is read as {truth}, YAML 1.2 has a string", quoted(text)));
    Resolved { value, oddity }
}

/// A number without digits before its point, where `_` must stand between two digits.
fn point(text: &str) -> Resolved {
    let between = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let apart = text.bytes().enumerate().all(|(at, b)| b != b'_' || (at > 0 && between(at - 1) && between(at + 1)));
    match decimal(&text.replace('_', "")) {
        Some(float) if apart => Resolved { oddity: odd_float(text, &float), value: Value::Float(float) },
        _ => special(text),
    }
}

fn special(text: &str) -> Resolved {
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    let infinite = matches!(bare, ".inf" | ".Inf" | ".INF");
    let nan = matches!(text, ".nan" | ".NaN" | ".NAN");
    let oddity = (infinite || nan)
        .then(|| format!("{} is no number in JSON and kept as text, Kubernetes refuses it", quoted(text)));
    Resolved { value: Value::Text, oddity }
}

fn number(text: &str) -> Resolved {
    let digits: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    if let Some(integer) = integer(&digits) {
        let oddity = odd_integer(text, &digits, &integer);
        return Resolved { value: Value::Integer(integer), oddity };
    }
    if !is_decimal(&digits) {
        if let Some(integer) = signed_binary(&digits) {
            let oddity = Some(format!("{} is read as {integer}, YAML 1.2 has a string", quoted(text)));
            return Resolved { value: Value::Integer(integer), oddity };
        }
        let sexagesimal = is_sexagesimal(text);
        let oddity = sexagesimal.then(|| format!("{} is text, YAML 1.1 has a number to base 60", quoted(text)));
        return if sexagesimal { Resolved { value: Value::Text, oddity } } else { special(text) };
    }
    let Some(float) = decimal(&digits) else {
        let oddity = format!("{} is larger than any float and read as text", quoted(text));
        return Resolved { value: Value::Text, oddity: Some(oddity) };
    };
    let oddity = odd_float(text, &float);
    Resolved { value: Value::Float(float), oddity }
}

/// Says where the versions of YAML read a decimal number otherwise, or Kubernetes less exactly.
fn odd_float(text: &str, float: &str) -> Option<String> {
    if text.contains('_') {
        return Some(format!("{} is read as {}, YAML 1.2 has a string", quoted(text), clip(float)));
    }
    let bare = text.trim_start_matches(['+', '-']);
    if bare.bytes().all(|b| b.is_ascii_digit()) {
        return Some(if bare.starts_with('0') {
            format!("{} is read as {}, YAML 1.1 has a string", quoted(text), clip(float))
        } else {
            format!("{} is larger than 64 bits, its digits are kept, Kubernetes rounds it", quoted(text))
        });
    }
    // YAML 1.1 (type float) wants a point, and a sign in the exponent.
    let exponent = bare.find(['e', 'E']);
    let old = exponent.is_none_or(|e| bare[..e].contains('.') && bare[e + 1..].starts_with(['+', '-']));
    (!old).then(|| format!("{} is read as a number, YAML 1.1 has a string", quoted(text)))
}

/// Says where the versions of YAML read an integer otherwise.
fn odd_integer(text: &str, digits: &str, integer: &str) -> Option<String> {
    let signed = digits.starts_with(['+', '-']);
    let bare = digits.trim_start_matches(['+', '-']);
    let mut chars = bare.chars();
    let (zero, base) = (chars.next(), chars.next());
    let other = match (zero, base) {
        (Some('0'), Some('X' | 'B' | 'O')) => "YAML has a string",
        (Some('0'), Some('o')) if !text.contains('_') && !signed => "YAML 1.1 has a string",
        (Some('0'), Some('o')) => "YAML has a string",
        (Some('0'), Some('x')) if !text.contains('_') && !signed => return None,
        (Some('0'), Some('x' | 'b')) => "YAML 1.2 has a string",
        _ if text.contains('_') => "YAML 1.2 has a string",
        (Some('0'), Some(_)) => {
            let decimal = bare.trim_start_matches('0');
            if decimal.is_empty() || decimal == integer.trim_start_matches('-') {
                return None;
            }
            let sign = if digits.starts_with('-') { "-" } else { "" };
            return Some(format!("{} is read as {integer}, YAML 1.2 has {sign}{}", quoted(text), clip(decimal)));
        }
        _ => return None,
    };
    Some(format!("{} is read as {integer}, {other}", quoted(text)))
}

/// Reads an integer as Go's `strconv.ParseInt` and `ParseUint` do with base 0.
fn integer(text: &str) -> Option<String> {
    let (sign, bare) = match text.as_bytes().first()? {
        b'+' => ("", &text[1..]),
        b'-' => ("-", &text[1..]),
        _ => ("", text),
    };
    let (radix, digits) = match bare.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &bare[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &bare[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &bare[2..]),
        [b'0', _, ..] => (8, &bare[1..]),
        _ => (10, bare),
    };
    // A second sign is none of Go's digits, though one of Rust's.
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    match text.as_bytes()[0] {
        b'-' if size <= 1 << 63 => Some(format!("{}{size}", if size == 0 { "" } else { sign })),
        // Go reads what has more than 63 bits as unsigned, which takes no sign.
        b'-' => None,
        b'+' if size >= 1 << 63 => None,
        _ => Some(size.to_string()),
    }
}

/// Reads `0b-1`, which go-yaml takes for a binary integer.
fn signed_binary(text: &str) -> Option<String> {
    let digits = text.strip_prefix("0b")?;
    let bits = digits.strip_prefix(['+', '-'])?;
    if !bits.bytes().all(|b| matches!(b, b'0' | b'1')) {
        return None;
    }
    i64::from_str_radix(digits, 2).ok().map(|integer| integer.to_string())
}

/// Says whether text has the form of a decimal number, with or without point and exponent.
fn is_decimal(text: &str) -> bool {
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match bare.find(['e', 'E']) {
        Some(at) => (&bare[..at], Some(&bare[at + 1..])),
        None => (bare, None),
    };
    let all = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let power = exponent.is_none_or(|power| {
        let power = power.strip_prefix(['+', '-']).unwrap_or(power);
        !power.is_empty() && all(power)
    });
    all(whole) && all(fraction) && power && !(whole.is_empty() && fraction.is_empty())
}

/// Writes a decimal number as JSON wants it, digit by digit; None when it is none, or larger than any float.
fn decimal(text: &str) -> Option<String> {
    if !is_decimal(text) || text.parse::<f64>().ok()?.is_infinite() {
        return None;
    }
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = bare.split_at(bare.find(['e', 'E']).unwrap_or(bare.len()));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('0');
    let mut json = String::with_capacity(text.len() + 1);
    json.push_str(if text.starts_with('-') { "-" } else { "" });
    json.push_str(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        json.push('.');
        json.push_str(fraction);
    }
    json.push_str(exponent);
    Some(json)
}

/// `12:30` and `1:30.5`, as YAML 1.1 (types int and float) writes numbers to base 60.
fn is_sexagesimal(text: &str) -> bool {
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    let bare = bare.split_once('.').map_or(bare, |(whole, _)| whole);
    let mut parts = bare.split(':');
    let all = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let first = parts.next().is_some_and(|part| all(part) && (part.len() < 2 || !part.starts_with('0')));
    let mut count = 0;
    let rest = parts.all(|part| {
        count += 1;
        all(part) && part.len() <= 2 && part.parse::<u8>().is_ok_and(|n| n < 60)
    });
    first && rest && count > 0
}

/// Writes a float as `sigs.k8s.io/yaml` writes a key: Go's `FormatFloat(key, 'g', -1, 32)`.
pub(super) fn float_key(json: &str) -> String {
    let float = json.parse::<f64>().unwrap_or(f64::NAN) as f32;
    if float.is_infinite() {
        return if float > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // The shortest form counts as six digits when Go chooses between the two notations.
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    float.to_string()
}

/// Shows a scalar in a sentence, its end left out when it is long.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", clip(text))
}

/// Returns at most the first 40 characters, without line breaks.
pub(super) fn clip(text: &str) -> String {
    let mut short: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}
