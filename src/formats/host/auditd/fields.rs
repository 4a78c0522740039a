//! `key=value` pairs of a record, in order, and the words between them.
//!
//! What a quote opens must be closed: a line that is cut inside a value is refused, not completed.

use std::borrow::Cow;

use super::record::{Clock, Field, Form, Record};
use super::{hex, interpreted};

/// A key is no longer than this; a longer word before `=` is text.
const MOST_KEY: usize = 64;

/// Reads the fields of a record into it; `enriched` is what stood after byte 0x1d.
///
/// # Errors
/// The reason why a value has no end.
pub(super) fn fill<'a>(record: &mut Record<'a>, main: &'a str, enriched: &'a str) -> Result<(), String> {
    let kind = record.kind.clone();
    if record.clock == Clock::Local {
        interpreted::read(&kind, main, &mut record.fields, &mut record.words);
    } else {
        let mut reader = Reader { kind: &kind, fields: &mut record.fields, words: &mut record.words };
        reader.read(main, false)?;
    }
    // Enriched values are always text in quotes, or in braces for an address.
    let mut reader = Reader { kind: "", fields: &mut record.enriched, words: &mut record.words };
    reader.read(enriched, false)
}

struct Reader<'r, 'a> {
    kind: &'r str,
    fields: &'r mut Vec<Field<'a>>,
    words: &'r mut String,
}

impl<'a> Reader<'_, 'a> {
    fn read(&mut self, text: &'a str, nested: bool) -> Result<(), String> {
        let mut rest = text;
        // Old programs wrote `(hostname=?, addr=?, res=success)`: in there, commas and the bracket are no values' part.
        let mut bracket = false;
        loop {
            rest = rest.trim_start_matches([' ', '\t']);
            if rest.is_empty() {
                return Ok(());
            }
            let opened = rest.strip_prefix('(').filter(|inner| nested && key_length(inner).is_some());
            if let Some(inner) = opened {
                bracket = true;
                rest = inner;
            }
            let Some(length) = key_length(rest) else {
                let word;
                (word, rest) = split_word(rest);
                push_word(self.words, word);
                continue;
            };
            let (key, value) = (&rest[..length], &rest[length + 1..]);
            if key == "msg" && !nested && value.starts_with('\'') {
                // A program wrote what is between the first and the last quote, which may hold quotes itself.
                let end = value.rfind('\'').filter(|end| *end > 0).ok_or("msg='…' of the audit line is not closed")?;
                self.read(&value[1..end], true)?;
                rest = &value[end + 1..];
                continue;
            }
            let (length, form) = value_length(value, nested).ok_or_else(|| unclosed(key))?;
            let mut written = &value[..length];
            rest = &value[length..];
            if bracket && form == Form::Plain {
                bracket = !written.ends_with(')');
                written = written.trim_end_matches([',', ')']);
            }
            self.push(key, written, form, nested);
        }
    }

    fn push(&mut self, key: &'a str, written: &'a str, form: Form, nested: bool) {
        let (value, form) = match form {
            Form::Quoted => (Cow::Borrowed(&written[1..written.len() - 1]), Form::Quoted),
            _ if self.kind.is_empty() => (Cow::Borrowed(written), Form::Plain),
            _ => hex::decoded(self.kind, key, written),
        };
        self.fields.push(Field { key: Cow::Borrowed(key), value, written: Cow::Borrowed(written), form, nested });
    }
}

fn unclosed(key: &str) -> String {
    format!("value of {key} in the audit line is not closed")
}

/// Returns how long the key at the start is, when there is one and `=` follows it.
pub(super) fn key_length(text: &str) -> Option<usize> {
    let head = &text.as_bytes()[..text.len().min(MOST_KEY + 1)];
    let named = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'[' | b']');
    let length = head.iter().position(|b| !named(b))?;
    match head[length] {
        b'=' if length > 0 => Some(length),
        // The LOGIN record of old kernels has `old auid=` and `new auid=`: one key with a blank in it.
        b' ' if matches!(&head[..length], b"old" | b"new") => {
            let after = head[length + 1..].split(|b| *b == b'=').next()?;
            let whole = length + 1 + after.len();
            (matches!(after, b"auid" | b"ses") && head.get(whole) == Some(&b'=')).then_some(whole)
        }
        _ => None,
    }
}

/// Returns how long the value is as written, and in which form; None when it has no end.
fn value_length(value: &str, nested: bool) -> Option<(usize, Form)> {
    let plain = value.find([' ', '\t']).unwrap_or(value.len());
    match value.as_bytes().first() {
        // A program may put any text into its message, a single quote mark too.
        Some(b'"') => match value[1..].find('"') {
            Some(end) => Some((end + 2, Form::Quoted)),
            None => nested.then_some((plain, Form::Plain)),
        },
        // SADDR={ saddr_fam=inet laddr=… lport=… } of the enriched part.
        Some(b'{') if value.starts_with("{ ") => Some((closing_brace(value)? + 1, Form::Plain)),
        _ => Some((plain, Form::Plain)),
    }
}

/// An address in braces is short; to look for the brace in all of the line, for every field, would take for ever.
pub(super) fn closing_brace(value: &str) -> Option<usize> {
    value.bytes().take(1024).position(|b| b == b'}')
}

pub(super) fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find([' ', '\t']).unwrap_or(text.len()))
}

pub(super) fn push_word(words: &mut String, word: &str) {
    if !words.is_empty() {
        words.push(' ');
    }
    words.push_str(word);
}
