//! `2031-04-05T06:07:08.123Z<tab>INFO<tab>logger<tab>file.go:12<tab>message<tab>{…}`: zap's console form.

use super::header::is_caller;
use super::level::Level;
use super::{Entry, Form, bare, json};

/// Reads a line of a time, a tab and a level of zap; None for any other.
///
/// Between level and message there may be the name of a logger and the caller. Without a caller, a further text before
/// the message is the name: zap writes in this order. Keys and values come last, as one JSON object.
///
/// # Errors
/// None: a line whose time or level cannot be read is no line of zap. The type is that of the other forms.
pub(super) fn read(text: &str) -> Result<Option<Entry<'_>>, String> {
    let mut parts = text.split('\t');
    let (Some(stamp), Some(level)) = (parts.next(), parts.next()) else { return Ok(None) };
    let (Some(time), Some(known)) = (json::time(stamp), Level::of_word(level)) else { return Ok(None) };
    let mut parts: Vec<&str> = parts.collect();
    let mut entry =
        Entry { time: Some(time), level: Some(known), level_written: Some(level.to_owned()), ..bare(Form::Zap, text) };
    if parts.len() > 1
        && let Some(last) = parts.last()
        && let Some(pairs) = json::pairs(last)
    {
        entry.pairs = pairs;
        parts.pop();
    }
    let is_go = |part: &&str| part.contains(".go:") && is_caller(part);
    if let Some(at) = parts.iter().take(2).position(is_go) {
        entry.caller = Some(parts[at].to_owned());
        entry.logger = (at == 1).then(|| parts[0].to_owned());
        parts.drain(..=at);
    } else if parts.len() > 1 {
        entry.logger = Some(parts.remove(0).to_owned());
    }
    entry.message = parts.join("\t");
    let header = 2 + usize::from(entry.logger.is_some()) + usize::from(entry.caller.is_some());
    entry.rest = text.splitn(header + 1, '\t').nth(header).unwrap_or_default();
    Ok(Some(entry))
}
