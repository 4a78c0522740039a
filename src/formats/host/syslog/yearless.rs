//! A day and time without a year, as syslog of old and klog write it.

use crate::model::Micros;

/// Month, day and time of day; the year is not written and the zone is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Yearless {
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub micros: u32,
}

impl Yearless {
    /// Returns the time in that year, read as if it were UTC; None for 29 February of a year that has none.
    pub fn with_year(&self, year: i32) -> Option<Micros> {
        let Self { month, day, hour, minute, second, micros } = self;
        if !(1..=9999).contains(&year) {
            return None;
        }
        Micros::parse(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"))
    }

    /// Returns the time in the year that puts it nearest to `other`: a line of 31 December in a record of 1 January is
    /// of the year before. None when that and the years beside it have no such day.
    pub fn nearest(&self, other: Micros) -> Option<Micros> {
        let year: i32 = other.to_string().get(..4)?.parse().ok()?;
        let times = (year - 1..=year + 1).filter_map(|year| self.with_year(year));
        times.min_by_key(|time| time.0.abs_diff(other.0))
    }

    /// Makes one of its numbers when there is such a day and hour in a leap year.
    pub(crate) fn of(month: u8, day: u8, clock: (u8, u8, u8), micros: u32) -> Option<Self> {
        let (hour, minute, second) = clock;
        let made = Self { month, day, hour, minute, second, micros };
        made.with_year(2000).map(|_| made)
    }
}

/// `06:07:08` with a fraction or none; returns the clock, the microseconds and what follows.
pub(crate) fn clock(text: &str) -> Option<((u8, u8, u8), u32, &str)> {
    let b = text.as_bytes();
    if b.len() < 8 || b[2] != b':' || b[5] != b':' {
        return None;
    }
    let two = |at: usize| two_digits(&b[at..at + 2]);
    let clock = (two(0)?, two(3)?, two(6)?);
    let rest = &text[8..];
    let Some(part) = rest.strip_prefix('.') else { return Some((clock, 0, rest)) };
    let digits = part.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 9 {
        return None;
    }
    // What is below the microsecond is cut off, as everywhere.
    let micros = format!("{:0<6}", &part[..digits])[..6].parse().ok()?;
    Some((clock, micros, &part[digits..]))
}

pub(crate) fn two_digits(b: &[u8]) -> Option<u8> {
    match b {
        [a, b] if a.is_ascii_digit() && b.is_ascii_digit() => Some((a - b'0') * 10 + (b - b'0')),
        _ => None,
    }
}

/// Returns the number of a month by its three English letters.
pub fn month_number(name: &str) -> Option<u8> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    (1..=12).zip(MONTHS).find(|(_, month)| *month == name).map(|(number, _)| number)
}
