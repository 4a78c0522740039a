//! Falco's text form: `06:07:08.123456789: Warning message`.
//!
//! The line has a time of day and no date; none is invented. Only with `time_format_iso_8601` there is a date.

use crate::formats::host::syslog::Yearless;
use crate::model::Micros;

/// Priorities of Falco, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    Emergency,
    Alert,
    Critical,
    Error,
    Warning,
    Notice,
    Informational,
    Debug,
}

/// One line of Falco's text output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FalcoText<'a> {
    /// Microseconds since midnight, in the zone of the machine or container that Falco ran in, which is not written.
    pub time_of_day: i64,
    /// The whole time, only when the line has a date.
    pub time: Option<Micros>,
    pub priority: Priority,
    /// The time as the line writes it.
    pub time_written: &'a str,
    pub message: &'a str,
}

const DAY: i64 = 86_400_000_000;

/// Reads one line of Falco's text output (formats.md h.1).
///
/// # Errors
/// The reason why the line is no such output.
pub fn falco_text(text: &str) -> Result<FalcoText<'_>, String> {
    let wrong = || "no falco text line".to_owned();
    let text = text.trim_end_matches(['\r', '\n']);
    let (stamp, rest) = text.split_once(": ").ok_or_else(wrong)?;
    let (word, message) = rest.split_once(' ').ok_or_else(wrong)?;
    let priority = priority(word).ok_or_else(wrong)?;
    let time = if stamp.as_bytes().get(10) == Some(&b'T') {
        let zoned = stamp.ends_with('Z') || stamp.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
        Some(Micros::parse(stamp).filter(|_| zoned).ok_or_else(wrong)?)
    } else {
        None
    };
    let time_of_day = match time {
        Some(time) => time.0.rem_euclid(DAY),
        None => of_day(stamp).ok_or_else(wrong)?,
    };
    Ok(FalcoText { time_of_day, time, priority, time_written: stamp, message })
}

/// `06:07:08.123456789`, always nine digits.
fn of_day(stamp: &str) -> Option<i64> {
    if stamp.len() != 18 {
        return None;
    }
    let (clock, micros, rest) = crate::formats::host::syslog::clock(stamp)?;
    let at = Yearless::of(1, 1, clock, micros).filter(|_| rest.is_empty())?;
    let seconds = (i64::from(at.hour) * 60 + i64::from(at.minute)) * 60 + i64::from(at.second);
    Some(seconds * 1_000_000 + i64::from(at.micros))
}

impl std::fmt::Display for Priority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Emergency => "Emergency",
            Self::Alert => "Alert",
            Self::Critical => "Critical",
            Self::Error => "Error",
            Self::Warning => "Warning",
            Self::Notice => "Notice",
            Self::Informational => "Informational",
            Self::Debug => "Debug",
        })
    }
}

fn priority(word: &str) -> Option<Priority> {
    Some(match word {
        "Emergency" => Priority::Emergency,
        "Alert" => Priority::Alert,
        "Critical" => Priority::Critical,
        "Error" => Priority::Error,
        "Warning" => Priority::Warning,
        "Notice" => Priority::Notice,
        "Informational" | "Info" => Priority::Informational,
        "Debug" => Priority::Debug,
        _ => return None,
    })
}
