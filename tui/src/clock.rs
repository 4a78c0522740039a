//! Microseconds as words on a screen and back, in UTC or at the distance from it that the user chose. It never asks what
//! time it is now, and knows no place's rules: a distance is a fact, a daylight-saving rule of another year is a guess.

use std::cell::Cell;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

thread_local! {
    /// Microseconds that the words are ahead of UTC. The program sets it from the model each time before it acts and
    /// before it draws, so that it is no state of its own.
    static AHEAD: Cell<i64> = const { Cell::new(0) };
}

/// Sets how many minutes the words are ahead of UTC.
pub fn set_zone(minutes: i16) {
    AHEAD.set(i64::from(minutes) * MINUTE);
}

/// Returns the zone of the words: `UTC`, `+02:00`.
pub fn zone() -> String {
    let minutes = AHEAD.get() / MINUTE;
    let sign = if minutes < 0 { '-' } else { '+' };
    match minutes.abs() {
        0 => "UTC".to_string(),
        minutes => format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60),
    }
}

/// Returns the minutes ahead of UTC that a user wrote: `utc`, `+2`, `-05:30`, `+0530`. No place is further than 14 hours.
pub fn zone_of(text: &str) -> Option<i16> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 => rest.split_at_checked(2)?,
        None => (rest, "00"),
    };
    let (hours, minutes) = (digits(hours, 1..=2)?, digits(minutes, 2..=2)?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= 14 * 60).then_some(sign * i16::try_from(all).ok()?)
}

/// Returns when the day of an instant begins.
pub fn day_start(at: i64) -> i64 {
    let ahead = AHEAD.get();
    at.saturating_add(ahead).div_euclid(DAY).saturating_mul(DAY).saturating_sub(ahead)
}

/// The instant as a clock there would count it.
fn there(at: i64) -> i64 {
    at.saturating_add(AHEAD.get())
}

/// Returns the time of day in as much detail as fits: `14:03:22.118`, `14:03:22` or `14:03`.
pub fn time(at: i64, width: usize) -> String {
    of_clock(there(at), width)
}

fn of_clock(at: i64, width: usize) -> String {
    let day = at.rem_euclid(DAY);
    let (hour, minute, second) = (day / HOUR, day / MINUTE % 60, day / SECOND % 60);
    match width {
        12.. => format!("{hour:02}:{minute:02}:{second:02}.{:03}", day / 1000 % 1000),
        8.. => format!("{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{hour:02}:{minute:02}"),
    }
}

/// Returns the date: `Mar 12 2026`.
pub fn date(at: i64) -> String {
    let (year, month, day) = civil(there(at).div_euclid(DAY));
    format!("{} {day:02} {year}", MONTHS[month])
}

/// Returns date and time to the minute: `Mar 12 02:00`.
pub fn minute(at: i64) -> String {
    let (_, month, day) = civil(there(at).div_euclid(DAY));
    format!("{} {day:02} {}", MONTHS[month], time(at, 5))
}

/// Returns date and time to the second: `Mar 12 02:00:07`.
pub fn second(at: i64) -> String {
    let (_, month, day) = civil(there(at).div_euclid(DAY));
    format!("{} {day:02} {}", MONTHS[month], time(at, 8))
}

/// Returns the day alone: `Mar 12`.
pub fn day(at: i64) -> String {
    let (_, month, day) = civil(there(at).div_euclid(DAY));
    format!("{} {day:02}", MONTHS[month])
}

/// Returns the instant as queries write it, to the microsecond and in UTC whatever the zone of the words: `2026-03-12T02:10:07.664000Z`.
pub fn exact(at: i64) -> String {
    let (year, month, day) = civil(at.div_euclid(DAY));
    format!("{year}-{:02}-{day:02}T{}.{:06}Z", month + 1, of_clock(at, 8), at.rem_euclid(SECOND))
}

/// Returns the instant a user or a cell wrote, `None` if it is none: `2026-03-12 02:10:07.664`, `2026-03-12`, a time of
/// the day of `around`, or a step from `around` such as `+10m` or `-2h`. Without a Z it is in the zone of the words.
pub fn instant(text: &str, around: i64) -> Option<i64> {
    let whole = text.trim();
    let text = whole.trim_end_matches(['Z', 'z']).trim_end_matches("+00:00");
    let ahead = if text.len() == whole.len() { AHEAD.get() } else { 0 };
    if text.starts_with(['+', '-']) {
        return around.checked_add(step(text)?);
    }
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (Some(date), Some(time.trim_start())),
        None if text.contains(':') => (None, Some(text)),
        None => (Some(text), None),
    };
    let day = date.map_or(Some(around.saturating_add(ahead).div_euclid(DAY)), day_of)?;
    day.checked_mul(DAY)?.checked_add(time.map_or(Some(0), of_day)?)?.checked_sub(ahead)
}

/// Returns which instant the words would be, or what to write instead.
pub fn hint(text: &str, around: i64) -> String {
    match instant(text, around) {
        Some(at) => format!("{} {} {}", date(at), time(at, 12), zone()),
        None => "02:14:03, 2026-03-12 02:14 or +10m".to_string(),
    }
}

fn step(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        "d" => DAY,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit)
}

/// `14:03`, `14:03:22` or `14:03:22.118` as microseconds of a day.
fn of_day(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':').map(|part| digits(part, 1..=2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 || fraction.len() > 9 {
        return None;
    }
    let micros = if fraction.is_empty() { 0 } else { digits(&format!("{fraction:0<6}")[..6], 6..=6)? };
    Some(hour * HOUR + minute * MINUTE + second * SECOND + micros)
}

/// `2026-03-12` as days since 1970. Days no calendar has are refused by counting back.
fn day_of(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4..=4)?;
    let (month, day) = (digits(parts.next()?, 1..=2)?, digits(parts.next()?, 1..=2)?);
    let march = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = march.0 * 365 + march.0.div_euclid(4) - march.0.div_euclid(100)
        + march.0.div_euclid(400)
        + (153 * march.1 + 2) / 5
        + day
        - 1
        - 719_468;
    (parts.next().is_none() && civil(days) == (year, usize::try_from(month - 1).ok()?, day)).then_some(days)
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<i64> {
    (length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Returns a length of time in its two largest units: `7m04s`, `2d03h`, `3.2s`, `118ms`.
pub fn length(micros: i64) -> String {
    let (sign, micros) = if micros < 0 { ("-", micros.saturating_neg()) } else { ("", micros) };
    let words = match micros {
        DAY.. => format!("{}d{:02}h", micros / DAY, micros / HOUR % 24),
        HOUR.. => format!("{}h{:02}m", micros / HOUR, micros / MINUTE % 60),
        MINUTE.. => format!("{}m{:02}s", micros / MINUTE, micros / SECOND % 60),
        SECOND.. => format!("{}.{}s", micros / SECOND, micros / (SECOND / 10) % 10),
        1000.. => format!("{}ms", micros / 1000),
        _ => format!("{micros}µs"),
    };
    format!("{sign}{words}")
}

/// Year, month (0 to 11) and day of a count of days since 1970. Years are counted from March, so that the odd day of a
/// leap year comes last and the lengths of the months before it never change.
fn civil(days: i64) -> (i64, usize, i64) {
    let days = days + 719_468; // from 0000-03-01
    let era = days.div_euclid(146_097); // 400 years
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12;
    let year = era * 400 + year_of_era + i64::from(month < 2);
    (year, usize::try_from(month).unwrap_or(0), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_read_as_they_should() {
        assert_eq!((date(0), time(0, 12)), ("Jan 01 1970".into(), "00:00:00.000".into()));
        assert_eq!(second(1_773_281_407_664_000), "Mar 12 02:10:07");
        assert_eq!(date(1_709_164_800_000_000), "Feb 29 2024");
        assert_eq!(date(-1), "Dec 31 1969");
    }

    #[test]
    fn lengths_keep_two_units() {
        let shown: Vec<_> = [424_000_000, 3_240_000, 118_000, 7, 183_600_000_000, -60_000_000].map(length).into();
        assert_eq!(shown, ["7m04s", "3.2s", "118ms", "7µs", "2d03h", "-1m00s"]);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let at = 1_773_281_407_664_123;
        assert_eq!(exact(at), "2026-03-12T02:10:07.664123Z");
        assert_eq!(instant(&exact(at), 0), Some(at));
        assert_eq!(instant("2024-02-29", 0), Some(1_709_164_800_000_000));
        assert_eq!(instant("02:10:07.664123", at), Some(at));
        assert_eq!(instant("2026-03-12 2:10", 0).map(second).as_deref(), Some("Mar 12 02:10:00"));
        assert_eq!(instant("-10m", 600_000_000), Some(0));
    }

    #[test]
    fn in_another_zone_words_and_what_is_read_agree_and_queries_stay_in_utc() {
        let at = 1_773_281_407_664_000; // Mar 12 2026 02:10:07 UTC
        set_zone(zone_of("-05:30").unwrap());
        let shown = (second(at), zone(), exact(at), instant("20:40:07.664", at), instant(&exact(at), 0), day_start(at));
        let begins = instant("2026-03-11", 0);
        set_zone(0);
        let wanted = ("Mar 11 20:40:07".into(), "-05:30".into(), exact(at), Some(at), Some(at), begins.unwrap());
        assert_eq!(shown, wanted);
        assert_eq!(exact(begins.unwrap()), "2026-03-11T05:30:00.000000Z");
    }

    #[test]
    fn a_zone_is_a_distance_from_utc() {
        let zones = ["utc", "Z", "+2", "-05:30", "+0545", "+14:00"].map(zone_of);
        assert_eq!(zones, [Some(0), Some(0), Some(120), Some(-330), Some(345), Some(840)]);
        for text in ["", "2", "+15", "+2:7", "+02:60", "CET", "+é"] {
            assert_eq!(zone_of(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "x", "2023-02-29", "2026-13-01", "24:00", "12:60", "+5", "+m", "1:2:3:4", "12:00:00.x", "é", "+é"]
        {
            assert_eq!(instant(text, 0), None, "{text}");
        }
        assert_eq!(instant("+9223372036854775807d", 1), None);
        assert_eq!(instant("9999-12-31 23:59:59.999999999", 0).map(date).as_deref(), Some("Dec 31 9999"));
    }

    #[test]
    fn the_ends_of_the_clock_do_not_overflow() {
        for at in [i64::MIN, i64::MAX] {
            assert!(!date(at).is_empty() && !time(at, 12).is_empty() && !length(at).is_empty());
        }
    }
}
