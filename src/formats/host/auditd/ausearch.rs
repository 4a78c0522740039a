//! The lines that `ausearch` puts between events.

use crate::model::Micros;

/// A line of `ausearch` that is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dress {
    /// `----` before every event.
    Separator,
    /// `time->Tue Nov 24 10:11:12 2026`, read as if it were UTC: it is in the zone of the machine that ran ausearch,
    /// which nothing says. None when it cannot be read. The records below have their own time.
    Time(Option<Micros>),
    /// `<no matches>`: ausearch found nothing.
    NoMatches,
}

/// Recognises a line of `ausearch` that is no record; None for every other line.
pub fn dress(text: &str) -> Option<Dress> {
    let text = text.trim();
    if text == "----" {
        return Some(Dress::Separator);
    }
    if text == "<no matches>" {
        return Some(Dress::NoMatches);
    }
    text.strip_prefix("time->").map(|time| Dress::Time(of_ctime(time)))
}

/// `Tue Nov 24 10:11:12 2026`, the form of ctime(3).
fn of_ctime(text: &str) -> Option<Micros> {
    let mut words = text.split_ascii_whitespace();
    let (_, month, day, clock, year) = (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
    let month = crate::formats::host::syslog::month_number(month)?;
    if words.next().is_some() || clock.len() != 8 || year.len() != 4 || !day.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Micros::parse(&format!("{year}-{month:02}-{day:0>2}T{clock}"))
}
