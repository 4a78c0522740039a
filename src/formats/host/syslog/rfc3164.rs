//! `<134>Oct 11 22:14:15 host proc[123]: msg`, with or without the priority (RFC 3164 section 4.1).

use super::yearless::{self, Yearless, month_number};
use super::{Entry, Form, bare, is_host, tagged};
use crate::model::Micros;

/// Reads what follows the priority. With one, the message may lack a tag, and a local program may leave out the host;
/// without one, only a line with host and tag is believed.
pub(super) fn read(text: &str, prioritised: bool) -> Result<Entry<'_>, String> {
    let (time, yearless, rest) = time(text).ok_or("no syslog time at the start of the line")?;
    let time_written = Some(&text[..text.len() - rest.len()]);
    let rest = rest.strip_prefix(' ').ok_or("no blank after the syslog time")?;
    let mut entry = Entry { time, time_written, yearless, ..bare(Form::Rfc3164, rest) };
    // A socket on the same machine gets no host: `<13>Oct 11 22:14:15 proc[1]: msg`.
    if prioritised && let Some((process, pid, message)) = tagged(rest) {
        (entry.process, entry.pid, entry.message) = (Some(process), pid, message);
        return Ok(entry);
    }
    let (host, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    if !is_host(host) {
        return Err("no host after the syslog time".into());
    }
    (entry.host, entry.message) = (Some(host), rest);
    let rest = rest.trim_start_matches(' ');
    match tagged(rest) {
        Some((process, pid, message)) => {
            (entry.process, entry.pid, entry.message) = (Some(process), pid, message);
        }
        None if prioritised || is_repeated(rest) => {}
        None => return Err("no program name after host of the syslog line".into()),
    }
    Ok(entry)
}

/// `last message repeated 3 times`: syslogd's own line, which has no tag.
fn is_repeated(message: &str) -> bool {
    message.strip_prefix("last message repeated ").is_some_and(|rest| rest.trim_end().ends_with(" times"))
}

/// Reads `Oct 11 22:14:15`, `Oct  1 …`, `Oct 1 …`, and with a year in front or behind the day.
fn time(text: &str) -> Option<(Option<Micros>, Option<Yearless>, &str)> {
    let (mut year, mut rest) = (None, text);
    if let Some(after) = year_of(rest) {
        (year, rest) = (Some(&text[..4]), after);
    }
    let month = month_number(rest.get(..3)?)?;
    let rest = rest[3..].strip_prefix(' ')?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let day: u8 = rest[..digits].parse().ok()?;
    let mut rest = rest[digits..].strip_prefix(' ')?;
    if year.is_none()
        && let Some(after) = year_of(rest)
    {
        (year, rest) = (Some(&rest[..4]), after);
    }
    let (clock, micros, rest) = yearless::clock(rest)?;
    let yearless = Yearless::of(month, day, clock, micros)?;
    match year {
        Some(year) => Some((Some(yearless.with_year(year.parse().ok()?)?), None, rest)),
        None => Some((None, Some(yearless), rest)),
    }
}

/// Takes `2031 ` off, and returns what follows.
fn year_of(text: &str) -> Option<&str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits != 4 { None } else { text[4..].strip_prefix(' ') }
}
