//! What is hidden and what is not. Expectations are written from the rules and the formats, by hand.

mod captures;
mod commands;
mod cut;
mod hostile;
mod kept;
mod nested;
mod objects;
mod properties;
mod tokens;
mod yaml;

use super::*;

/// Checks the text that comes out, and that a second pass changes nothing.
#[track_caller]
fn becomes(text: &str, expected: &str) {
    let out = redact(text);
    assert_eq!(out, expected, "\nfrom {text}");
    assert_eq!(redact(&out), out, "a second pass changed it");
}

#[track_caller]
fn stays(text: &str) {
    becomes(text, text);
}

#[track_caller]
fn column_becomes(table: &str, column: &str, text: &str, expected: &str) {
    let out = redact_column(Some(table), column, text);
    assert_eq!(out, expected);
    assert_eq!(redact_column(Some(table), column, &out), out, "a second pass changed it");
}

#[track_caller]
fn hides(text: &str, secrets: &[&str]) -> String {
    let out = redact(text).into_owned();
    for secret in secrets {
        assert!(text.contains(secret), "the test is wrong: {secret}");
        assert!(!out.contains(secret), "{secret} is still in {out}");
    }
    assert_eq!(redact(&out), out, "a second pass changed it");
    out
}

/// A text as the value of a JSON string, so many times over.
fn escaped(text: &str, times: usize) -> String {
    (0..times).fold(text.to_owned(), |text, _| {
        let whole = serde_json::to_string(&text).unwrap();
        whole[1..whole.len() - 1].to_owned()
    })
}
