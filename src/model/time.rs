//! The one place that reads or prints time.
//!
//! Reads every spelling that Kubernetes and Azure write. It never guesses a zone: a time without one is UTC because
//! Azure writes UTC there, and a spelling it does not know is `None`, never a near miss.

use std::fmt;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

impl Micros {
    /// Reads a time: RFC 3339 with any number of digits and any offset, `2031-02-12 14:22:40.697`, US month-first dates
    /// with or without AM/PM, and epoch numbers in seconds, milli-, micro- or nanoseconds by their number of digits.
    ///
    /// Digits below the microsecond are cut off, not rounded, so that two spellings of one instant stay equal.
    pub fn parse(text: &str) -> Option<Micros> {
        let bytes = text.as_bytes();
        if let Some(time) = plain(bytes) {
            return Some(time);
        }
        let bytes = bytes.trim_ascii();
        if bytes.iter().take(3).any(|b| *b == b'/') {
            return american(bytes);
        }
        if bytes.get(4) == Some(&b'-') {
            return calendar(bytes);
        }
        epoch(bytes)
    }

    /// Returns the time of an epoch number that is known to count seconds; None beyond year 9999.
    pub fn from_seconds(seconds: u64) -> Option<Micros> {
        Micros::counted(seconds, SECOND)
    }

    /// Returns the time of an epoch number that is known to count milliseconds; None beyond year 9999.
    pub fn from_millis(millis: u64) -> Option<Micros> {
        Micros::counted(millis, SECOND / 1000)
    }

    fn counted(count: u64, unit: i64) -> Option<Micros> {
        let end = days(10_000, 1, 1) * DAY;
        i64::try_from(count).ok()?.checked_mul(unit).filter(|micros| *micros < end).map(Micros)
    }

    /// Returns the time of a calendar date and clock in UTC, None when there is no such day or hour.
    fn of(date: (i64, u32, u32), clock: (u32, u32, u32), micros: u32) -> Option<Micros> {
        let ((year, month, day), (hour, minute, second)) = (date, clock);
        if !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
            return None;
        }
        // A leap second is written as :60 and is the first instant of the next minute.
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let seconds = i64::from(hour * 3600 + minute * 60 + second);
        Some(Micros(days(year, month, day) * DAY + seconds * SECOND + i64::from(micros)))
    }
}

/// `2031-04-05T06:07:08[.digits]Z`: what nearly every event carries, without any branching on grammar.
fn plain(b: &[u8]) -> Option<Micros> {
    if b.len() < 20 || b[4] != b'-' || b[7] != b'-' || b[10] != b'T' || b[13] != b':' || b[16] != b':' {
        return None;
    }
    let fraction = match &b[19..] {
        [b'Z'] => 0,
        [b'.', digits @ .., b'Z'] => micros(digits)?,
        _ => return None,
    };
    let date = (i64::from(number(&b[..4])?), number(&b[5..7])?, number(&b[8..10])?);
    Micros::of(date, (number(&b[11..13])?, number(&b[14..16])?, number(&b[17..19])?), fraction)
}

/// Year-first dates with `T` or a blank, seconds optional in neither, any offset or none.
fn calendar(b: &[u8]) -> Option<Micros> {
    if b.len() < 19 || b[7] != b'-' || !matches!(b[10], b'T' | b't' | b' ') || b[13] != b':' || b[16] != b':' {
        return None;
    }
    let date = (i64::from(number(&b[..4])?), number(&b[5..7])?, number(&b[8..10])?);
    let clock = (number(&b[11..13])?, number(&b[14..16])?, number(&b[17..19])?);
    let (fraction, rest) = fraction(&b[19..])?;
    shifted(Micros::of(date, clock, fraction)?, rest)
}

/// `1/9/2031 9:41:00 AM +01:00`, `2/25/2031, 9:19:25.391 AM`, `7/8/2031 16:08`.
fn american(b: &[u8]) -> Option<Micros> {
    let (month, rest) = digits(b, 2)?;
    let (day, rest) = digits(rest.strip_prefix(b"/")?, 2)?;
    let (year, rest) = digits(rest.strip_prefix(b"/")?, 4)?;
    if year < 1000 {
        return None;
    }
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    let (hour, rest) = digits(rest.strip_prefix(b" ")?.trim_ascii_start(), 2)?;
    let (minute, mut rest) = digits(rest.strip_prefix(b":")?, 2)?;
    let (mut second, mut micros) = (0, 0);
    if let Some(tail) = rest.strip_prefix(b":") {
        (second, rest) = digits(tail, 2)?;
        (micros, rest) = fraction(rest)?;
    }
    // Newer Windows and browsers put a narrow no-break space before AM.
    let mut rest = rest.strip_prefix("\u{202f}".as_bytes()).unwrap_or(rest).trim_ascii_start();
    let mut clock = hour;
    if rest.len() >= 2 && rest[1].eq_ignore_ascii_case(&b'M') {
        if hour == 0 || hour > 12 {
            return None;
        }
        clock = match rest[0].to_ascii_uppercase() {
            b'A' => hour % 12,
            b'P' => hour % 12 + 12,
            _ => return None,
        };
        rest = &rest[2..];
    }
    shifted(Micros::of((i64::from(year), month, day), (clock, minute, second), micros)?, rest)
}

/// Epoch numbers; how many digits the whole part has says which unit it is.
fn epoch(b: &[u8]) -> Option<Micros> {
    let (whole, part) = match memchr::memchr(b'.', b) {
        Some(dot) => (&b[..dot], Some(&b[dot + 1..])),
        None => (b, None),
    };
    if whole.is_empty() || whole.len() > 19 || !whole.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = whole.iter().try_fold(0_i64, |sum, d| sum.checked_mul(10)?.checked_add(i64::from(d - b'0')))?;
    match (whole.len(), part) {
        (10, None) => Some(Micros(value * SECOND)),
        (10, Some(part)) => Some(Micros(value * SECOND + i64::from(micros(part)?))),
        (13, None) => Some(Micros(value * 1000)),
        (16, None) => Some(Micros(value)),
        (19, None) => Some(Micros(value / 1000)),
        _ => None,
    }
}

/// Applies what follows the clock: nothing, `Z`, `+01:00`, `+0100`.
fn shifted(time: Micros, zone: &[u8]) -> Option<Micros> {
    let zone = zone.trim_ascii();
    let (sign, rest) = match zone.split_first() {
        None | Some((b'Z' | b'z', [])) => return Some(time),
        Some((b'+', rest)) => (1, rest),
        Some((b'-', rest)) => (-1, rest),
        Some(_) => return None,
    };
    let (hours, minutes) = match rest {
        [a, b, b':', c, d] | [a, b, c, d] => (number(&[*a, *b])?, number(&[*c, *d])?),
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    Some(Micros(time.0 - sign * i64::from(hours * 60 + minutes) * 60 * SECOND))
}

/// Reads `.digits` if there are any, as microseconds, and returns what follows.
fn fraction(b: &[u8]) -> Option<(u32, &[u8])> {
    let Some(rest) = b.strip_prefix(b".") else { return Some((0, b)) };
    let end = rest.iter().position(|d| !d.is_ascii_digit()).unwrap_or(rest.len());
    Some((micros(&rest[..end])?, &rest[end..]))
}

/// The digits after a point as microseconds; at least one, what is beyond the sixth is cut off.
fn micros(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some((0..6).fold(0, |sum, i| sum * 10 + u32::from(digits.get(i).map_or(0, |d| d - b'0'))))
}

/// Reads one to `most` digits and returns what follows.
fn digits(b: &[u8], most: usize) -> Option<(u32, &[u8])> {
    let end = b.iter().take(most).position(|d| !d.is_ascii_digit()).unwrap_or(most.min(b.len()));
    Some((number(&b[..end])?, &b[end..]))
}

fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, |sum, d| d.is_ascii_digit().then(|| sum * 10 + u32::from(d - b'0')))
}

fn days_in(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar. Years are counted from March, so that leap days come last.
fn days(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * i64::from((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.0.div_euclid(DAY) + 719_468;
        let of_day = self.0.rem_euclid(DAY);
        let of_era = day.rem_euclid(146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year + day.div_euclid(146_097) * 400 + i64::from(month <= 2);
        let (second, micro) = (of_day / SECOND, of_day % SECOND);
        write!(
            f,
            "{year:04}-{month:02}-{:02}T{:02}:{:02}:{:02}.{micro:06}Z",
            of_year - (153 * from_march + 2) / 5 + 1,
            second / 3600,
            second / 60 % 60,
            second % 60,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, expected: &str) {
        assert_eq!(Micros::parse(text).map(|t| t.to_string()).as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn audit_times_have_six_digits() {
        reads("2031-04-05T06:07:08.123456Z", "2031-04-05T06:07:08.123456Z");
    }

    #[test]
    fn whole_seconds_of_v1beta1_and_metadata() {
        reads("2031-04-05T06:07:08Z", "2031-04-05T06:07:08.000000Z");
    }

    #[test]
    fn seven_digits_of_old_envelopes_and_nine_of_new_ones_are_cut_to_microseconds() {
        reads("2031-04-05T06:07:08.0000000Z", "2031-04-05T06:07:08.000000Z");
        reads("2031-04-05T06:07:08.123456789Z", "2031-04-05T06:07:08.123456Z");
    }

    #[test]
    fn few_digits_offsets_and_no_zone() {
        reads("2031-04-05T06:07:08.22Z", "2031-04-05T06:07:08.220000Z");
        reads("2031-04-05T06:07:08.992099+00:00", "2031-04-05T06:07:08.992099Z");
        reads("2031-04-05T11:41:00+02:00", "2031-04-05T09:41:00.000000Z");
        reads("2031-04-05T23:41:00-0130", "2031-04-06T01:11:00.000000Z");
        reads("2031-04-05T06:07:08", "2031-04-05T06:07:08.000000Z");
    }

    #[test]
    fn month_first_dates_of_azure_services() {
        reads("05/28/2031 01:15:14", "2031-05-28T01:15:14.000000Z");
        reads("1/9/2031 9:41:00 AM", "2031-01-09T09:41:00.000000Z");
        reads("1/9/2031 10:41:00 AM +01:00", "2031-01-09T09:41:00.000000Z");
    }

    #[test]
    fn portal_csv_and_its_round_trip_through_a_spreadsheet() {
        reads("2/25/2031, 9:19:25.391 AM", "2031-02-25T09:19:25.391000Z");
        reads("11/24/2031, 12:25:26.800 AM", "2031-11-24T00:25:26.800000Z");
        reads("11/24/2031, 12:25:26.800 PM", "2031-11-24T12:25:26.800000Z");
        reads("2/25/2031, 9:19:25.391\u{202f}PM", "2031-02-25T21:19:25.391000Z");
        reads("7/8/2031 16:08", "2031-07-08T16:08:00.000000Z");
    }

    #[test]
    fn blank_between_date_and_clock_of_data_frames() {
        reads("2031-02-12 14:22:40.697", "2031-02-12T14:22:40.697000Z");
    }

    #[test]
    fn epoch_in_every_unit() {
        reads("1933135628", "2031-04-05T06:07:08.000000Z");
        reads("1933135628034", "2031-04-05T06:07:08.034000Z");
        reads("1933135628034001", "2031-04-05T06:07:08.034001Z");
        reads("1933135628034001999", "2031-04-05T06:07:08.034001Z");
        reads("1632889070.3075402", "2021-09-29T04:17:50.307540Z");
    }

    #[test]
    fn a_number_of_a_known_unit_is_not_guessed_by_its_digits() {
        assert_eq!(Micros::from_seconds(1_933_135_628), Micros::parse("2031-04-05T06:07:08Z"));
        assert_eq!(Micros::from_millis(1_933_135_628_034), Micros::parse("2031-04-05T06:07:08.034Z"));
        assert_eq!(Micros::from_millis(5), Some(Micros(5000)));
        assert_eq!(Micros::from_seconds(253_402_300_799), Micros::parse("9999-12-31T23:59:59Z"));
        assert_eq!((Micros::from_seconds(253_402_300_800), Micros::from_millis(u64::MAX)), (None, None));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "null",
            "None",
            "2031",
            "2031-13-01T00:00:00Z",
            "2031-02-29T00:00:00Z",
            "2031-04-05T24:00:00Z",
            "2031-04-05T06:07:08.Z",
            "2031-04-05T06:07:08+25:00",
            "13/1/2031 00:00",
            "1/9/2031 13:41:00 AM",
            "1/9/31 9:41",
            "2031-04-05T06:07:08 CET",
            "99999999999999999999",
            "12",
            "-1933135628",
            "2031-04-05",
            "//",
            "1/9/2031 0:10 AM",
        ] {
            assert_eq!(Micros::parse(text), None, "{text}");
        }
    }

    #[test]
    fn leap_days_and_times_before_1970_print_as_they_read() {
        for text in ["2032-02-29T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z"] {
            reads(text, text);
        }
    }

    proptest::proptest! {
        #[test]
        fn print_then_parse_is_the_same(micros in -62_000_000_000_000_000_i64..253_000_000_000_000_000) {
            proptest::prop_assert_eq!(Micros::parse(&Micros(micros).to_string()), Some(Micros(micros)));
        }

        #[test]
        fn parse_never_panics(text in "[0-9TZ:+./, \\-AMPamp\u{202f}é]{0,40}") {
            let _ = Micros::parse(&text);
        }
    }
}
