//! `I0405 06:07:08.123456       1 file.go:12] text`: the header of klog and glog.

use super::level::Level;
use super::{Entry, Form, bare, pairs};
use crate::formats::host::syslog::Yearless;

/// Reads a line that begins with a letter and four digits; None for any other.
///
/// # Errors
/// The reason why what follows them is no header.
pub(super) fn read(text: &str) -> Result<Option<Entry<'_>>, String> {
    let b = text.as_bytes();
    let Some(level) = b.first().and_then(|letter| Level::of_letter(*letter)) else { return Ok(None) };
    // As much as prose never has: a letter, four digits, a blank and a clock with a fraction.
    let shape = b"?0000 00:00:00.000000 ";
    let fits = |(have, want): (&u8, &u8)| match want {
        b'?' => true,
        b'0' => have.is_ascii_digit(),
        want => have == want,
    };
    if b.len() < shape.len() || !b.iter().zip(shape).all(fits) {
        return Ok(None);
    }
    let number = |from: usize, to: usize| b[from..to].iter().fold(0_u32, |sum, d| sum * 10 + u32::from(d - b'0'));
    let two = |at: usize| (b[at] - b'0') * 10 + (b[at + 1] - b'0');
    let yearless = Yearless::of(two(1), two(3), (two(6), two(9), two(12)), number(15, 21))
        .ok_or("klog header with a day or a clock that does not exist")?;
    let rest = text[22..].trim_start_matches(' ');
    let (thread, rest) = rest.split_once(' ').ok_or("klog header ends after its clock")?;
    let thread = thread.parse().map_err(|_| "klog header without a thread number")?;
    let (caller, message) = rest.split_once(']').ok_or("klog header is not closed")?;
    if !is_caller(caller) {
        return Err("klog header without file and line".into());
    }
    let message = message.strip_prefix(' ').unwrap_or(message);
    let mut entry = Entry {
        yearless: Some(yearless),
        level: Some(level),
        level_written: Some(text[..1].to_owned()),
        thread: Some(thread),
        caller: Some(caller.to_owned()),
        rest: message,
        ..bare(Form::Klog, text)
    };
    match pairs::structured(message) {
        Some((message, pairs, open)) => {
            entry.form = Form::Structured;
            (entry.message, entry.pairs, entry.open) = (message, pairs, open);
        }
        None => entry.message = message.to_owned(),
    }
    Ok(Some(entry))
}

/// `file.go:12`; a name without blanks, a colon and a number.
pub(super) fn is_caller(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(file, line)| {
        !file.is_empty() && !file.contains(' ') && !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit())
    })
}
