//! Lines of every syslog, and prose that is none.

use proptest::prelude::*;

use super::*;

fn time(text: &str) -> Option<Micros> {
    let read = Micros::parse(text);
    assert!(read.is_some(), "{text}");
    read
}

#[test]
fn rfc3164_has_no_year_and_says_so() {
    let entry = line("<134>Oct 11 22:14:15 web-1 nginx[123]: GET /").unwrap();
    assert_eq!((entry.form, entry.time, entry.needs_year(), entry.zone_known), (Form::Rfc3164, None, true, false));
    let at = entry.yearless.unwrap();
    assert_eq!((at.month, at.day, at.hour, at.minute, at.second), (10, 11, 22, 14, 15));
    assert_eq!(entry.with_year(2031), time("2031-10-11T22:14:15Z"));
    assert_eq!((entry.facility, entry.severity), (Some("local0"), Some("info")));
    assert_eq!((entry.host, entry.process, entry.pid), (Some("web-1"), Some("nginx"), Some("123")));
    assert_eq!(entry.message, "GET /");
}

#[test]
fn rfc3164_of_a_file_has_no_priority() {
    let entry = line("Nov  4 01:02:03 n1 systemd[1]: Started x.\n").unwrap();
    assert_eq!((entry.facility, entry.severity, entry.pid), (None, None, Some("1")));
    assert_eq!(entry.yearless.map(|at| (at.month, at.day)), Some((11, 4)));
    assert_eq!(entry.message, "Started x.");
}

#[test]
fn one_digit_day_with_one_blank_or_two() {
    for text in ["Nov 4 01:02:03 n1 cron: x", "Nov  4 01:02:03 n1 cron: x"] {
        assert_eq!(line(text).unwrap().yearless.map(|at| at.day), Some(4), "{text}");
    }
}

#[test]
fn year_in_front_of_the_month_or_behind_the_day_gives_a_time_of_unknown_zone() {
    for text in ["<13>2026 Oct 11 22:14:15 h p: m", "<13>Oct 11 2026 22:14:15 h p: m"] {
        let entry = line(text).unwrap();
        assert_eq!((entry.time, entry.zone_known), (time("2026-10-11T22:14:15Z"), false), "{text}");
        assert!(!entry.needs_year());
        assert_eq!(entry.with_year(1999), entry.time);
    }
}

#[test]
fn leap_day_needs_a_leap_year() {
    let entry = line("Feb 29 00:00:00 h p: m").unwrap();
    assert_eq!(entry.with_year(2031), None);
    assert_eq!(entry.with_year(2032), time("2032-02-29T00:00:00Z"));
}

#[test]
fn priority_alone_allows_a_line_without_tag_or_without_host() {
    let entry = line("<13>Oct 11 22:14:15 h some words without a tag").unwrap();
    assert_eq!((entry.host, entry.process, entry.message), (Some("h"), None, "some words without a tag"));
    let entry = line("<13>Oct 11 22:14:15 su[7]: 'su root' failed").unwrap();
    assert_eq!((entry.host, entry.process, entry.pid), (None, Some("su"), Some("7")));
}

#[test]
fn rfc5424_with_structured_data_and_a_byte_order_mark() {
    let text = "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 \
        [exampleSDID@32473 iut=\"3\" eventSource=\"Application\"][x y=\"z\"] \u{feff}An event";
    let entry = line(text).unwrap();
    assert_eq!((entry.facility, entry.severity), (Some("local4"), Some("notice")));
    assert_eq!((entry.time, entry.zone_known), (time("2003-10-11T22:14:15.003Z"), true));
    assert_eq!((entry.process, entry.pid, entry.msgid), (Some("evntslog"), None, Some("ID47")));
    let json = r#"{"exampleSDID@32473":{"iut":"3","eventSource":"Application"},"x":{"y":"z"}}"#;
    assert_eq!(entry.structured.as_deref(), Some(json));
    assert_eq!(entry.message, "An event");
}

#[test]
fn rfc5424_nil_values_are_none() {
    let entry = line("<0>1 - - - - - -").unwrap();
    assert_eq!((entry.time, entry.host, entry.process, entry.pid, entry.msgid), (None, None, None, None, None));
    assert_eq!((entry.structured, entry.message, entry.severity), (None, "", Some("emerg")));
}

#[test]
fn rfc5424_escapes_and_a_key_that_comes_twice() {
    let entry = line(r#"<34>1 - h a - - [i k="a\"b\\c\]d\n" ip="1" ip="2"] m"#).unwrap();
    assert_eq!(entry.structured.as_deref(), Some(r#"{"i":{"k":"a\"b\\c]d\\n","ip":["1","2"]}}"#));
}

#[test]
fn rfc5424_that_breaks_its_rules_is_refused() {
    for text in [
        "<34>1 - h a - - [i k=\"v\" m",
        "<34>1 - h a - - [i k=\"a]\"] m",
        "<34>1 - h a - - [i][i] m",
        "<34>1 - h a - - m",
        "<34>1 yesterday h a - - - m",
        "<34>1 - h a",
    ] {
        assert!(line(text).is_err(), "{text}");
    }
}

#[test]
fn rsyslog_file_format_keeps_zone_and_microseconds() {
    let entry = line("2026-11-24T10:11:12.123456+01:00 aks-pool-1 sshd[4711]: Accepted publickey").unwrap();
    assert_eq!((entry.form, entry.time), (Form::Iso, time("2026-11-24T09:11:12.123456Z")));
    assert_eq!((entry.zone_known, entry.needs_year()), (true, false));
    assert_eq!((entry.host, entry.process, entry.pid), (Some("aks-pool-1"), Some("sshd"), Some("4711")));
}

#[test]
fn octet_count_is_taken_off() {
    let entry = line("20 <34>1 - - - - - - hi").unwrap();
    assert_eq!((entry.octets, entry.message), (Some(20), "hi"));
}

#[test]
fn priorities_are_named_as_log_analytics_names_them() {
    for (priority, facility, severity) in [
        (0, "kern", "emerg"),
        (33, "auth", "alert"),
        (82, "authpriv", "crit"),
        (27, "daemon", "err"),
        (76, "cron", "warning"),
        (191, "local7", "debug"),
    ] {
        let text = format!("<{priority}>Oct 11 22:14:15 h p: m");
        let entry = line(&text).unwrap();
        assert_eq!((entry.facility, entry.severity), (Some(facility), Some(severity)), "{priority}");
    }
    for text in ["<192>Oct 11 22:14:15 h p: m", "<034>1 - - - - - -", "<>Oct 11 22:14:15 h p: m", "<-1>x"] {
        assert!(line(text).is_err(), "{text}");
    }
}

#[test]
fn prose_and_other_logs_are_not_syslog() {
    for text in [
        "",
        "May 3 10:11:12 we went home and that was fine",
        "May the force be with you: always",
        "On Oct 11 22:14:15 host proc: msg",
        "Oct 32 22:14:15 host proc: msg",
        "Oct 11 25:14:15 host proc: msg",
        "2031-04-05T06:07:08.123456789Z stdout F app: hello",
        "2031-04-05T06:07:08.123Z\tINFO\tcontroller: hello",
        "2031-04-05T06:07:08.123Z INFO controller: hello",
        "2031-04-05T06:07:08 host proc: no zone",
        "I0405 06:07:08.123456       1 file.go:12] msg",
        "<p>Oct 11</p>",
        "2026 was a year: yes",
    ] {
        assert!(line(text).is_err(), "{text}");
    }
}

#[test]
fn blank_after_the_tag_may_be_missing_only_behind_a_pid() {
    assert_eq!(line("Oct 11 22:14:15 h p[1]:m").unwrap().message, "m");
    assert!(line("Oct 11 22:14:15 h p:m").is_err());
}

#[test]
fn repeated_messages_have_no_tag() {
    let entry = line("Oct 11 22:14:15 h last message repeated 3 times").unwrap();
    assert_eq!((entry.process, entry.message), (None, "last message repeated 3 times"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(<[0-9]{0,4}>)?1? ?(Oct 11|2031-04-05T)?[0-9: .\\[\\]\"=\\\\a-z\u{feff}é-]{0,60}") {
        let _ = line(&text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = line(&String::from_utf8_lossy(&bytes));
    }
}
