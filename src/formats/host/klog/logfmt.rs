//! `time="2031-04-05T06:07:08Z" level=info msg="…" key=value`: logfmt of logrus, go-kit and slog.

use super::level::Level;
use super::{Entry, Form, bare, json, pairs};

/// Reads a line that is nothing but pairs, with a level and a message or a time among them; None for any other.
///
/// # Errors
/// The reason why the time of such a line cannot be read.
pub(super) fn read(text: &str) -> Result<Option<Entry<'_>>, String> {
    let Some(read) = all(text) else { return Ok(None) };
    let has = |keys: &[&str]| read.iter().any(|(key, _)| keys.contains(key));
    if !has(&["level", "lvl"]) || !has(&["msg", "message", "time", "ts", "t"]) {
        return Ok(None);
    }
    let mut entry = bare(Form::Logfmt, text);
    let (mut said, mut timed) = (false, false);
    for (key, value) in read {
        match key {
            "msg" | "message" if !said => (entry.message, said) = (value, true),
            "time" | "ts" | "t" if !timed => {
                entry.time = Some(json::time(&value).ok_or("time of the logfmt line cannot be read")?);
                timed = true;
            }
            "level" | "lvl" if entry.level_written.is_none() => {
                entry.level = Level::of_word(&value);
                entry.level_written = Some(value);
            }
            "caller" | "source" if entry.caller.is_none() => entry.caller = Some(value),
            "logger" if entry.logger.is_none() => entry.logger = Some(value),
            _ => entry.pairs.push((key.to_owned(), value)),
        }
    }
    Ok(Some(entry))
}

fn all(text: &str) -> Option<Vec<(&str, String)>> {
    let mut read = Vec::new();
    let mut rest = text.trim_end_matches(' ');
    while !rest.is_empty() {
        let (key, after) = pairs::key(rest)?;
        let (value, after) = pairs::value(after, false)?;
        read.push((key, value));
        rest = match after.strip_prefix(' ') {
            Some(after) => after.trim_start_matches(' '),
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(read)
}
