//! JSON's text, base64 and RFC 3339, written into a string.

use std::fmt::Write;

/// Writes a JSON string.
pub fn text(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[from..at]);
        from = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => push(out, format_args!("\\u{other:04x}")),
        }
    }
    out.push_str(&text[from..]);
    out.push('"');
}

/// Writes bytes as a JSON string of standard base64 with padding, as Go does.
pub fn base64(out: &mut String, bytes: &[u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    out.reserve(bytes.len().div_ceil(3) * 4 + 2);
    out.push('"');
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            if digit > chunk.len() {
                out.push('=');
            } else {
                out.push(char::from(ALPHABET[(bits >> (18 - 6 * digit)) as usize & 63]));
            }
        }
    }
    out.push('"');
}

/// Writes an instant as a JSON string in UTC: whole seconds, or six digits of them where nanoseconds are given.
///
/// Covers every number of seconds that can be stored: a forged one gives a year nobody lives in, not a panic.
pub fn time(out: &mut String, seconds: i64, nanos: Option<i64>) {
    // Nanoseconds outside of a second are carried over, as Go's time.Unix does.
    let extra = nanos.unwrap_or(0);
    let seconds = i128::from(seconds) + i128::from(extra.div_euclid(1_000_000_000));
    let micros = extra.rem_euclid(1_000_000_000) / 1000;
    let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    let sign = if year < 0 { "-" } else { "" };
    let year = year.unsigned_abs();
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    push(out, format_args!("\"{sign}{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"));
    if nanos.is_some() {
        push(out, format_args!(".{micros:06}"));
    }
    out.push_str("Z\"");
}

/// The date of a day counted from 1970-01-01. The calendar repeats every 400 years, which have 146,097 days; counted
/// from a first of March, the leap day is the last of its year and months have 153 days for five.
fn date(days: i128) -> (i128, i128, i128) {
    let from_march = days + 719_468;
    let (era, day) = (from_march.div_euclid(146_097), from_march.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a string does not fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn text_survives_json() {
        let hard = "a\"b\\c\n\r\t\u{0}\u{1f}\u{7f}é\u{1f600}</script>";
        let json = written(|out| text(out, hard));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hard);
    }

    #[test]
    fn base64_is_padded() {
        for (bytes, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(written(|out| base64(out, bytes.as_bytes())), format!("\"{expected}\""));
        }
        assert_eq!(written(|out| base64(out, &[251, 255, 191])), "\"+/+/\"");
    }

    #[test]
    fn times_are_rfc_3339() {
        let cases = [
            (0, None, "1970-01-01T00:00:00Z"),
            (951_782_400, None, "2000-02-29T00:00:00Z"),
            (1_795_479_083, None, "2026-11-24T00:11:23Z"),
            (-1, None, "1969-12-31T23:59:59Z"),
            (1_795_479_083, Some(21_978_000), "2026-11-24T00:11:23.021978Z"),
            (0, Some(-1), "1969-12-31T23:59:59.999999Z"),
            (-62_135_596_800, None, "0001-01-01T00:00:00Z"),
            (253_402_300_799, None, "9999-12-31T23:59:59Z"),
        ];
        for (seconds, nanos, expected) in cases {
            assert_eq!(written(|out| time(out, seconds, nanos)), format!("\"{expected}\""));
        }
        written(|out| time(out, i64::MIN, Some(i64::MIN)));
        written(|out| time(out, i64::MAX, Some(i64::MAX)));
    }
}
