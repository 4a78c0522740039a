//! Fields of `ausearch -i`, whose values are names and text without quotes.
//!
//! A value may hold blanks there, so it reaches to the next key. `a2=export A=b` can therefore not be told from a
//! field `A`; in EXECVE and PROCTITLE, where that matters, only keys that such a record has end a value.

use std::borrow::Cow;

use super::fields::{closing_brace, key_length, push_word, split_word};
use super::record::{Field, Form};

/// Reads the fields in order; words before the first field are free text.
pub(super) fn read<'a>(kind: &str, text: &'a str, fields: &mut Vec<Field<'a>>, words: &mut String) {
    let mut rest = text;
    let mut nested = false;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            return;
        }
        let Some(length) = key_length(rest) else {
            let word;
            (word, rest) = split_word(rest);
            push_word(words, word);
            continue;
        };
        let (key, value) = (&rest[..length], &rest[length + 1..]);
        if key == "msg" && !nested && value.starts_with('\'') {
            nested = true;
            rest = &value[1..];
            continue;
        }
        let end = value_end(kind, value);
        let mut written = value[..end].trim_end_matches([' ', '\t']);
        rest = &value[end..];
        // Nothing follows the message, so that its closing quote is the last of the line.
        if nested && rest.is_empty() {
            written = written.strip_suffix('\'').unwrap_or(written);
        }
        let (shown, form) = match written.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
            Some(inner) => (inner, Form::Quoted),
            None => (written, Form::Plain),
        };
        let (key, value, written) = (Cow::Borrowed(key), Cow::Borrowed(shown), Cow::Borrowed(written));
        fields.push(Field { key, value, written, form, nested });
    }
}

/// Returns where the value ends: before the next key, after the brace that closes it, or at the end of the line.
fn value_end(kind: &str, value: &str) -> usize {
    if kind == "PROCTITLE" {
        return value.len();
    }
    if value.starts_with("{ ")
        && let Some(end) = closing_brace(value)
    {
        return end + 1;
    }
    let blanks = value.bytes().enumerate().filter(|(_, b)| matches!(b, b' ' | b'\t'));
    for (at, _) in blanks {
        let rest = &value[at + 1..];
        let Some(length) = key_length(rest) else { continue };
        if kind != "EXECVE" || super::argv::argument(&rest[..length]).is_some() {
            return at;
        }
    }
    value.len()
}
