//! klog and zap as JSON: `{"ts":1933135628034.001,"caller":"app/a.go:12","msg":"…","v":0}`.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::level::Level;
use super::{Entry, Form, bare};
use crate::model::Micros;

/// Reads an object with a message and at least one of time, level, caller and verbosity; None for any other line.
///
/// An error of Kubernetes' JSON form has neither level nor verbosity; its level is not invented.
///
/// # Errors
/// The reason why the time of such an object cannot be read.
pub(super) fn read(text: &str) -> Result<Option<Entry<'_>>, String> {
    if !text.starts_with('{') {
        return Ok(None);
    }
    let Ok(Members(members)) = serde_json::from_str::<Members<'_>>(text) else { return Ok(None) };
    let has = |keys: &[&str]| members.iter().any(|(key, _)| keys.contains(&key.as_str()));
    if !has(&["msg", "message"]) || !has(&["ts", "time", "timestamp", "level", "caller", "v"]) {
        return Ok(None);
    }
    let mut entry = bare(Form::Json, text);
    let mut said = false;
    for (key, raw) in members {
        let value = shown(raw);
        let is_text = raw.get().starts_with('"');
        match key.as_str() {
            "msg" | "message" if !said && is_text => {
                entry.message = value;
                said = true;
            }
            "ts" | "time" | "timestamp" if entry.time.is_none() => {
                entry.time = Some(time(&value).ok_or("time of the json log line cannot be read")?);
            }
            "level" | "severity" if entry.level_written.is_none() && is_text => {
                entry.level = Level::of_word(&value);
                entry.level_written = Some(value);
            }
            "caller" if entry.caller.is_none() && is_text => entry.caller = Some(value),
            "logger" if entry.logger.is_none() && is_text => entry.logger = Some(value),
            _ => entry.pairs.push((key, value)),
        }
    }
    Ok(said.then_some(entry))
}

/// Returns the members of a JSON object as text; None when it is no object.
pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let Members(members) = serde_json::from_str(text).ok()?;
    Some(members.into_iter().map(|(key, raw)| (key, shown(raw))).collect())
}

/// Text without quotes, everything else as JSON.
fn shown(raw: &RawValue) -> String {
    match serde_json::from_str::<String>(raw.get()) {
        Ok(text) => text,
        Err(_) => raw.get().to_owned(),
    }
}

/// Seconds or milliseconds since 1970 with a fraction, or a date.
pub(super) fn time(text: &str) -> Option<Micros> {
    if let Some(time) = Micros::parse(text) {
        return Some(time);
    }
    // Kubernetes writes milliseconds with a fraction, which no other epoch form has.
    let (whole, part) = text.split_once('.')?;
    if whole.len() != 13 || part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let micros: i64 = format!("{part:0<3}")[..3].parse().ok()?;
    Some(Micros(Micros::parse(whole)?.0 + micros))
}

/// The members of an object in order, values as they are written.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
