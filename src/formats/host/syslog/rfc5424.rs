//! `<34>1 2031-04-05T06:07:08.003Z host app 71 ID47 [id key="value"] msg` (RFC 5424 section 6).

use std::fmt::Write;

use super::{Entry, Form, bare};
use crate::model::Micros;

/// Reads what follows the version.
pub(super) fn read(text: &str) -> Result<Entry<'_>, String> {
    let mut rest = text;
    let mut word = |what: &str, most: usize| -> Result<Option<&str>, String> {
        let (word, after) = rest.split_once(' ').ok_or_else(|| format!("syslog line ends before its {what}"))?;
        if word.is_empty() || word.len() > most || !word.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(format!("{what} of the syslog line is not as RFC 5424 has it"));
        }
        rest = after;
        Ok((word != "-").then_some(word))
    };
    // Lengths of RFC 5424 section 6; a time has at most 32 characters.
    let time_written = word("time", 32)?;
    let time = match time_written {
        Some(stamp) if stamp.as_bytes().get(10) == Some(&b'T') => {
            Some(Micros::parse(stamp).ok_or("time of the syslog line cannot be read")?)
        }
        Some(_) => return Err("time of the syslog line cannot be read".into()),
        None => None,
    };
    let (host, process) = (word("host", 255)?, word("program name", 48)?);
    let (pid, msgid) = (word("process id", 128)?, word("message id", 32)?);
    let (structured, rest) = structured(rest)?;
    let message = match rest.strip_prefix(' ') {
        // The mark says that the message is UTF-8; it is no part of it.
        Some(message) => message.strip_prefix('\u{feff}').unwrap_or(message),
        None if rest.is_empty() => rest,
        None => return Err("no blank after the structured data of the syslog line".into()),
    };
    let entry = bare(Form::Rfc5424, message);
    Ok(Entry { time, time_written, zone_known: time.is_some(), host, process, pid, msgid, structured, ..entry })
}

/// Reads `-` or `[id key="value" …][…]` and returns it as JSON with what follows.
///
/// A key may come twice (section 6.3.3), its values are then a list. An id may not (section 6.3.2).
fn structured(text: &str) -> Result<(Option<String>, &str), String> {
    if let Some(rest) = text.strip_prefix('-') {
        return Ok((None, rest));
    }
    let mut ids: Vec<&str> = Vec::new();
    let mut json = String::from("{");
    let mut rest = text;
    while let Some(element) = rest.strip_prefix('[') {
        let (id, after) = name(element)?;
        // Twice the same id would need a list of all of them for every element; so many elements are no syslog.
        if ids.contains(&id) || ids.len() >= 256 {
            return Err("structured data of the syslog line has an id twice, or too many".into());
        }
        if !ids.is_empty() {
            json.push(',');
        }
        ids.push(id);
        let (parameters, after) = parameters(after)?;
        push_object(&mut json, id, &parameters);
        rest = after;
    }
    if ids.is_empty() {
        return Err("no structured data in the syslog line".into());
    }
    json.push('}');
    Ok((Some(json), rest))
}

type Parameters<'a> = Vec<(&'a str, Vec<String>)>;

/// Reads ` key="value"` as often as it comes, and the bracket that ends the element.
fn parameters(text: &str) -> Result<(Parameters<'_>, &str), String> {
    let mut parameters: Parameters<'_> = Vec::new();
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix(']') {
            return Ok((parameters, after));
        }
        let after = rest.strip_prefix(' ').ok_or("structured data of the syslog line is not closed")?;
        let after = after.trim_start_matches(' ');
        if after.starts_with(']') {
            rest = after;
            continue;
        }
        let (key, after) = name(after)?;
        let after = after.strip_prefix("=\"").ok_or("structured data of the syslog line has a key without a value")?;
        let (value, after) = value(after).ok_or("value in structured data of the syslog line is not closed")?;
        match parameters.iter().position(|(known, _)| *known == key) {
            Some(at) => parameters[at].1.push(value),
            None if parameters.len() >= 1024 => return Err("structured data of the syslog line is too long".into()),
            None => parameters.push((key, vec![value])),
        }
        rest = after;
    }
}

/// SD-NAME: 1 to 32 characters without `=`, blank, `]` and `"` (section 6.3).
fn name(text: &str) -> Result<(&str, &str), String> {
    let named = |b: u8| b.is_ascii_graphic() && !matches!(b, b'=' | b']' | b'"');
    let length = text.bytes().take_while(|b| named(*b)).count();
    if !(1..=32).contains(&length) {
        return Err("name in structured data of the syslog line is not as RFC 5424 has it".into());
    }
    Ok(text.split_at(length))
}

/// Reads to the closing quote. `\"`, `\\` and `\]` are escapes, any other backslash is itself (section 6.3.3).
fn value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => return Some((value, &text[at + 1..])),
            '\\' if text[at + 1..].starts_with(['"', '\\', ']']) => value.extend(signs.next().map(|(_, sign)| sign)),
            ']' => return None,
            sign => value.push(sign),
        }
    }
    None
}

fn push_object(json: &mut String, id: &str, parameters: &Parameters<'_>) {
    push_text(json, id);
    json.push_str(":{");
    for (at, (key, values)) in parameters.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        push_text(json, key);
        json.push(':');
        match values.as_slice() {
            [value] => push_text(json, value),
            values => {
                json.push('[');
                for (at, value) in values.iter().enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    push_text(json, value);
                }
                json.push(']');
            }
        }
    }
    json.push('}');
}

fn push_text(json: &mut String, text: &str) {
    // Displaying a JSON string is its writing, escapes included; writing to a String cannot fail.
    let _ = write!(json, "{}", serde_json::Value::from(text));
}
