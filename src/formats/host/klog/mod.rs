//! Log lines of control-plane programs: klog, klog as JSON, logfmt and zap (formats.md b.2, c.3).
//!
//! A line without a header of one of these forms is a continuation of the line before it, as the lines of a Go panic
//! are; it is said to be one and gets no level and no time. klog writes no year, and none is invented.

mod header;
mod json;
mod level;
mod logfmt;
mod pairs;
#[cfg(test)]
mod tests;
mod zap;

pub use level::Level;

use crate::formats::host::syslog::Yearless;
use crate::model::Micros;

/// Which of the formats a line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `I0405 06:07:08.123456       1 file.go:12] text`
    Klog,
    /// The same with a quoted message and `key="value"` pairs.
    Structured,
    /// `{"ts":…,"caller":…,"msg":…}`
    Json,
    /// `time="…" level=info msg="…"`
    Logfmt,
    /// `2031-04-05T06:07:08.123Z<tab>INFO<tab>…`
    Zap,
}

/// A line with a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    pub form: Form,
    /// None in klog, which writes no year, and where the line has no time.
    pub time: Option<Micros>,
    pub yearless: Option<Yearless>,
    /// None where the line has no level, or a word that stands for none of ours.
    pub level: Option<Level>,
    /// The level as written: `I`, `warn`, `DPANIC`.
    pub level_written: Option<String>,
    pub thread: Option<u64>,
    /// `file.go:12`
    pub caller: Option<String>,
    /// The name of a logger of zap.
    pub logger: Option<String>,
    pub message: String,
    /// What follows the header as it is written; of lines that are nothing but keys and values, nothing.
    pub rest: &'a str,
    /// Further keys with their values as text; what is no text in JSON stays JSON.
    pub pairs: Vec<(String, String)>,
    /// Whether the last value of a structured line goes on in the lines that follow (`err=<`).
    pub open: bool,
    /// The line as it was given.
    pub written: &'a str,
}

/// A line of the log of a control-plane program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<'a> {
    Entry(Box<Entry<'a>>),
    /// A line without a header: part of the line before it, such as a Go panic or a value of several lines.
    Continuation(&'a str),
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

/// Reads one line.
///
/// # Errors
/// The reason why a line that begins as a header is none, such as a clock of 25 hours.
pub fn line(text: &str) -> Result<Line<'_>, String> {
    let text = text.trim_end_matches(['\r', '\n']);
    for read in [header::read, json::read, zap::read, logfmt::read] {
        if let Some(entry) = read(text)? {
            return Ok(Line::Entry(Box::new(entry)));
        }
    }
    Ok(Line::Continuation(text))
}

/// An entry of this form with nothing in it.
fn bare(form: Form, written: &str) -> Entry<'_> {
    Entry {
        form,
        time: None,
        yearless: None,
        level: None,
        level_written: None,
        thread: None,
        caller: None,
        logger: None,
        message: String::new(),
        rest: "",
        pairs: Vec::new(),
        open: false,
        written,
    }
}
