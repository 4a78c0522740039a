//! Syslog lines: RFC 3164, RFC 5424 and the file format of rsyslog with an ISO time.
//!
//! It is strict, so that prose is not taken for syslog: without a priority there must be a time, a host and a tag that
//! ends in a colon. It invents no year and no zone, it says that they are missing.

mod iso;
mod names;
mod rfc3164;
mod rfc5424;
#[cfg(test)]
mod tests;
mod yearless;

pub use names::{facility_name, severity_name};
pub(crate) use yearless::clock;
pub use yearless::{Yearless, month_number};

use crate::model::Micros;

/// Which of the formats a line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Rfc3164,
    Rfc5424,
    /// `2031-04-05T06:07:08.123456+00:00 host proc[1]: msg`, what rsyslog writes to files.
    Iso,
}

/// One syslog line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    pub form: Form,
    /// None when the line has no time, or one without a year.
    pub time: Option<Micros>,
    /// The time as the line writes it.
    pub time_written: Option<&'a str>,
    /// The time of a line that writes no year.
    pub yearless: Option<Yearless>,
    /// Whether the line says the zone of its time; where it does not, the time is read as if it were UTC.
    pub zone_known: bool,
    /// As Log Analytics names it: `auth`, `authpriv`, `local0`. None without a priority.
    pub facility: Option<&'static str>,
    /// `emerg` to `debug`. None without a priority.
    pub severity: Option<&'static str>,
    pub host: Option<&'a str>,
    pub process: Option<&'a str>,
    /// As written, because some programs put a thread or a name there.
    pub pid: Option<&'a str>,
    pub msgid: Option<&'a str>,
    /// Structured data as a JSON object of objects, in the order of the line.
    pub structured: Option<String>,
    pub message: &'a str,
    /// The octet count in front of the line (RFC 6587). It counts the whole message, also lines that follow.
    pub octets: Option<u64>,
}

impl Entry<'_> {
    /// Whether a year must be known to make a time of this line.
    pub fn needs_year(&self) -> bool {
        self.yearless.is_some()
    }

    /// Returns the time if the line was written in that year; the line's own time when it has one.
    pub fn with_year(&self, year: i32) -> Option<Micros> {
        self.time.or_else(|| self.yearless?.with_year(year))
    }
}

/// Reads one syslog line.
///
/// # Errors
/// The reason why the line is no syslog.
pub fn line(text: &str) -> Result<Entry<'_>, String> {
    let text = text.trim_end_matches(['\r', '\n']);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (octets, text) = counted(text);
    let (priority, rest) = priority(text)?;
    let mut entry = match priority {
        Some(_) if rest.starts_with("1 ") => rfc5424::read(&rest[2..])?,
        _ if rest.as_bytes().first().is_some_and(u8::is_ascii_digit) && rest.as_bytes().get(4) == Some(&b'-') => {
            iso::read(rest)?
        }
        _ => rfc3164::read(rest, priority.is_some())?,
    };
    entry.octets = octets;
    if let Some(priority) = priority {
        entry.facility = facility_name(priority >> 3);
        entry.severity = severity_name(priority & 7);
    }
    Ok(entry)
}

/// Takes off the octet count of RFC 6587, which stands before `<`.
fn counted(text: &str) -> (Option<u64>, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=9).contains(&digits) && !text.starts_with('0') && text[digits..].starts_with(" <") {
        return (text[..digits].parse().ok(), &text[digits + 1..]);
    }
    (None, text)
}

/// Reads `<0>` to `<191>` (RFC 5424 section 6.2.1: no leading zeros).
fn priority(text: &str) -> Result<(Option<u8>, &str), String> {
    let Some(rest) = text.strip_prefix('<') else { return Ok((None, text)) };
    let wrong = || "no syslog priority between < and >".to_owned();
    let (digits, rest) = rest.split_once('>').ok_or_else(wrong)?;
    let zeros = digits.len() > 1 && digits.starts_with('0');
    if zeros || digits.len() > 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let priority = digits.parse::<u8>().ok().filter(|priority| *priority <= 191);
    priority.map(|priority| (Some(priority), rest)).ok_or_else(wrong)
}

/// An entry of this form with nothing but a message.
fn bare(form: Form, message: &str) -> Entry<'_> {
    Entry {
        form,
        time: None,
        time_written: None,
        yearless: None,
        zone_known: false,
        facility: None,
        severity: None,
        host: None,
        process: None,
        pid: None,
        msgid: None,
        structured: None,
        message,
        octets: None,
    }
}

/// A host name or address: one word of letters, digits and `. - _ : %`.
fn is_host(word: &str) -> bool {
    let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'%');
    (1..=255).contains(&word.len()) && word.bytes().all(named) && !word.ends_with(':')
}

/// Reads `proc[123]: ` or `proc: ` and returns process, pid and message; None when there is no such tag.
fn tagged(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let named = |b: &u8| b.is_ascii_graphic() && !matches!(b, b':' | b'[' | b']' | b'"' | b'{' | b'}' | b'=' | b'<');
    let bytes = text.as_bytes();
    let length = bytes.iter().take(128).position(|b| !named(b))?;
    if length == 0 {
        return None;
    }
    let (process, rest) = text.split_at(length);
    let (pid, rest) = match rest.strip_prefix('[') {
        Some(inner) => {
            let (pid, rest) = inner.split_once(']')?;
            if pid.is_empty() || pid.len() > 48 || pid.contains([' ', '[']) {
                return None;
            }
            (Some(pid), rest)
        }
        None => (None, rest),
    };
    let message = rest.strip_prefix(':')?;
    // Without a pid, `word:word` is more likely prose.
    match message.strip_prefix([' ', '\t']) {
        Some(message) => Some((process, pid, message)),
        None => (pid.is_some() || message.is_empty()).then_some((process, pid, message)),
    }
}
