//! Text that is cut anywhere.

use super::*;

#[test]
fn a_secret_is_hidden_before_the_text_says_that_it_is_one() {
    becomes(
        r#"{"apiVersion":"v1","data":{"a":"aHVudGVyMg==","b":"c2Vjc"#,
        r#"{"apiVersion":"v1","data":{"a":"‹redacted: 12 bytes›","b":"‹redacted: 5 bytes›"#,
    );
    becomes(r#"{"kind":"Secret","data":{"a":"c2Vjc"#, r#"{"kind":"Secret","data":{"a":"‹redacted: 5 bytes›"#);
    becomes(
        r#"{"properties":{"log":"{\"data\":{\"a\":\"c2Vjc"}}"#,
        r#"{"properties":{"log":"{\"data\":{\"a\":\"‹redacted: 5 bytes›"}}"#,
    );
}

#[test]
fn a_config_map_that_says_so_stays_when_it_is_cut() {
    stays(r#"{"kind":"ConfigMap","data":{"a":"QUJD","b":"QU"#);
}

#[test]
fn text_cut_in_front_is_read_from_where_it_begins() {
    hides(r#"de"},"data":{"a":"aHVudGVyMg=="},"kind":"Secret"}"#, &["aHVudGVyMg=="]);
    hides(r#"y":"b"},"data":{"a":"aHVudGVyMg=="},"kind":"Secret"},{"kind":"Pod"}"#, &["aHVudGVyMg=="]);
    hides(r#"\"x\":\"y\"},\"data\":{\"a\":\"aHVudGVyMg==\"},\"kind\":\"Secret\"}"}}"#, &["aHVudGVyMg=="]);
    hides(r#"me":"c","env":[{"name":"A","value":"hunter2"}]}]}}"#, &["hunter2"]);
}

#[test]
fn a_cut_body_is_read_as_a_body() {
    column_becomes("audit", "request_cut", r#"{"data":{"a":"c2Vjc"#, r#"{"data":{"a":"‹redacted: 5 bytes›"#);
    column_becomes(
        "audit",
        "request_cut",
        r#"{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"kind\":\"Sec"#,
        r#"{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"‹redacted: 15 bytes›"#,
    );
}

#[test]
fn no_cut_shows_what_the_whole_hides() {
    let whole = r#"{"kind":"Event","objectRef":{"resource":"secrets"},"requestObject":{"data":{"a":"aHVudGVyMg=="},"kind":"Secret","metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"stringData\":{\"a\":\"zebra9\"}}"}}},"env":[{"name":"x","value":"tapir7"}],"password":"okapi5"}"#;
    for text in [whole.to_owned(), format!(r#"{{"log":"{}"}}"#, escaped(whole, 1)), escaped(whole, 2)] {
        for at in 0..text.len() {
            let out = redact(&text[..at]);
            for secret in ["aHVudG", "zebra", "tapir", "okapi"] {
                assert!(!out.contains(secret), "{secret} in {out}");
            }
            assert_eq!(redact(&out), out);
        }
    }
}

#[test]
fn bytes_that_are_no_utf8_stay_as_they_are() {
    let out = redact_bytes(b"\xff\xfe{\"password\":\"\xff\xff\"}\xff");
    assert_eq!(&out[..], [b"\xff\xfe{\"password\":\"", "‹redacted: 2 bytes›".as_bytes(), b"\"}\xff"].concat());
    assert!(matches!(redact_bytes(b"\xff\xfe\x00ordinary"), Cow::Borrowed(_)));
}
