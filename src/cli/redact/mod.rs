//! Takes secrets out of text that leaves the program: cells of tables and screens, reports, exports, original bytes.
//!
//! The case keeps what the evidence says; this is applied on the way out, unless the investigator asks to see secrets.
//! It hides data of Kubernetes Secrets, the annotation that repeats an object, values of environment variables,
//! credentials by the name in front of them, and tokens by their shape. It leaves what an investigator works with:
//! names of secrets and of their keys, who read which, digests, ids, certificates, rules about secrets.
//!
//! Text may be JSON, JSON in JSON, CSV, YAML, a command line or a message, may be cut anywhere and may be written by
//! an attacker. It is never parsed as a whole, unescaped or rewritten: ranges of it are replaced by a mark, and every
//! other byte stays. JSON stays JSON with the same members. A text that was redacted is not changed again. Time and
//! memory are linear in the text.
//!
//! It refuses to guess what has neither name nor shape: a password that is a bare word of a log line stays.

mod command;
mod frames;
mod json;
mod mark;
mod names;
mod objects;
mod quote;
mod shapes;
mod spots;
#[cfg(test)]
mod tests;
mod trigger;
mod value;
mod yaml;

use std::borrow::Cow;

use frames::Focus;
use mark::Hides;
use spots::Spots;
use trigger::Rule;

/// Returns the text with every secret in it replaced by a mark such as `‹redacted: 24 bytes›`.
///
/// ```
/// # use coldcase::cli::redact::redact;
/// assert_eq!(redact("mysql --password=hunter2"), "mysql --password=‹redacted: 7 bytes›");
/// assert!(matches!(redact("pods \"web-0\" not found"), std::borrow::Cow::Borrowed(_)));
/// ```
pub fn redact(text: &str) -> Cow<'_, str> {
    text_of(text, find(text.as_bytes(), Focus::default()))
}

/// Returns bytes of evidence, of any encoding, with every secret in them replaced by a mark.
pub fn redact_bytes(bytes: &[u8]) -> Cow<'_, [u8]> {
    find(bytes, Focus::default())
}

/// Returns the text of a column with every secret in it replaced by a mark; all of it when the column is secret by its
/// name. A column that holds bodies may hold a part of a Secret that does not say so, and is read with that in mind.
pub fn redact_column<'a>(table: Option<&str>, column: &str, text: &'a str) -> Cow<'a, str> {
    let bytes = text.as_bytes();
    if names::secret_column(column) {
        let mut hides = Hides::new(bytes);
        if !matches!(text, "true" | "false" | "null" | "[]" | "{}") {
            hides.hide(0, bytes.len());
        }
        return text_of(text, hides.apply());
    }
    if names::env_column(column) {
        return text_of(text, environment(bytes));
    }
    if column.eq_ignore_ascii_case("proctitle") && text.len() >= 8 && bytes.iter().all(u8::is_ascii_hexdigit) {
        let mut hides = Hides::new(bytes);
        command::hexadecimal(&mut Spots::new(&mut hides), 0);
        return text_of(text, hides.apply());
    }
    // What an analyst wrote about findings and what the case says of its own is never the body of a request.
    let ours = table.is_some_and(|table| ["evidence", "finding", "reject"].contains(&table));
    let body = !ours && names::body_column(column) && memchr::memmem::find(bytes, b"data").is_some();
    text_of(text, find(bytes, Focus { body, env: false }))
}

/// Returns a list of environment variables, as ContainerInventory keeps them, with names and without values.
fn environment(bytes: &[u8]) -> Cow<'_, [u8]> {
    let inner = bytes.trim_ascii_start();
    let inner = inner.strip_prefix(b"[").map_or(inner, <[u8]>::trim_ascii_start);
    if matches!(inner.first(), Some(b'{' | b'"')) {
        return find(bytes, Focus { body: false, env: true });
    }
    let mut hides = Hides::new(bytes);
    if mark::mark_len(bytes).is_none() {
        // No list of JSON: whatever stands behind the first name, for a value may hold any sign.
        let from = memchr::memchr(b'=', bytes).map_or(0, |sign| sign + 1);
        let end = bytes.strip_suffix(b"]").map_or(bytes.len(), <[u8]>::len);
        if bytes != b"[]" && bytes != b"null" {
            hides.hide(from, end);
        }
    }
    hides.apply()
}

/// How often a text is looked at again after something in it was hidden. What was hidden may have stood between a
/// name and its value, or been a part of a longer word; one pass more is what a second redaction would do.
const PASSES: usize = 4;

fn find(bytes: &[u8], focus: Focus) -> Cow<'_, [u8]> {
    let mut out = pass(bytes, focus);
    for _ in 1..PASSES {
        let Cow::Owned(text) = &out else { break };
        let Cow::Owned(next) = pass(text, focus) else { break };
        out = Cow::Owned(next);
    }
    out
}

fn pass(bytes: &[u8], focus: Focus) -> Cow<'_, [u8]> {
    match quote::by_number(bytes) {
        None => look(bytes, focus).apply(),
        Some((plain, places)) => look(&plain, focus).moved(bytes, |at| quote::place(&places, at)).apply(),
    }
}

fn look(bytes: &[u8], focus: Focus) -> Hides<'_> {
    let mut nested = focus.body || focus.env;
    let mut hides = Hides::new(bytes);
    let mut spots = Spots::new(&mut hides);
    trigger::each(bytes, |rule, start, end| {
        nested |= rule == Rule::Tree;
        spots.look(rule, start, end);
    });
    if nested {
        json::read(&mut hides, focus);
        let first = bytes.trim_ascii_start().first();
        if !matches!(first, Some(b'{' | b'[' | b'"')) && bytes.contains(&b'\n') {
            yaml::read(&mut hides, focus);
        }
    }
    hides
}

fn text_of<'a>(text: &'a str, bytes: Cow<'a, [u8]>) -> Cow<'a, str> {
    match bytes {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        // Ranges begin and end beside ASCII, so nothing is lost here; were it otherwise, it would be seen, not hidden.
        Cow::Owned(bytes) => Cow::Owned(
            String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        ),
    }
}
