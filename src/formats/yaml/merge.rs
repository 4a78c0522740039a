//! What merge keys (`<<`, <https://yaml.org/type/merge.html>) add to a mapping.
//!
//! It reads the JSON that the writer wrote, without blanks, and no JSON of others: where the text is not as the writer
//! writes it, it ends early. As in `go.yaml.in/yaml/v2`, what comes later wins: a key behind the merge key over what is
//! merged, and what is merged over a key before it. In the second case the text has both, since both were written.

use std::collections::HashMap;
use std::ops::Range;

use super::keep::{Anchor, Held, Keys};

pub(super) const NO_MERGE: &str = "the value of a merge key is no mapping";

/// A mapping to be merged.
#[derive(Debug)]
pub(super) struct Source {
    /// Keys of the mapping that were written before it.
    pub before: usize,
    pub text: (usize, Range<usize>),
}

/// Returns where the mappings are that the value of a merge key names, in the order in which they are applied: the
/// first of a sequence wins, so it comes last.
pub(super) fn sources(buffers: &[String], value: &Anchor) -> Result<Vec<(usize, Range<usize>)>, String> {
    let wrong = || Err(NO_MERGE.to_owned());
    let Held::Written(buffer, range) = &value.text else { return wrong() };
    if value.is(buffers, '{') {
        return Ok(vec![(*buffer, range.clone())]);
    }
    if !value.is(buffers, '[') {
        return wrong();
    }
    let (mut sources, mut at) = (Vec::new(), range.start + 1);
    for part in inside(value.json(buffers)) {
        if !part.starts_with('{') {
            return wrong();
        }
        sources.push((*buffer, at..at + part.len()));
        at += part.len() + 1;
    }
    sources.reverse();
    Ok(sources)
}

/// Returns the members to be added to a mapping with `keys` in the buffer `target`, and the keys that they replace.
pub(super) fn added(buffers: &[String], target: usize, keys: &Keys, sources: &[Source]) -> (String, Vec<String>) {
    let last = keys.last(&buffers[target]);
    let mut merged: Vec<(&str, &str, usize)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for Source { before, text: (buffer, range) } in sources {
        for (key, member) in members(&buffers[*buffer][range.clone()]) {
            let place = *places.entry(key).or_insert(merged.len());
            match merged.get_mut(place) {
                Some(earlier) => *earlier = (key, member, *before),
                None => merged.push((key, member, *before)),
            }
        }
    }
    let (mut added, mut replaced) = (String::new(), Vec::new());
    for (key, member, before) in merged {
        match last.get(key) {
            Some(number) if *number > before => continue,
            Some(_) => replaced.push(key.to_owned()),
            None => {}
        }
        if keys.len() > 0 || !added.is_empty() {
            added.push(',');
        }
        added.push_str(member);
    }
    (added, replaced)
}

/// Returns every key and every member (key and value) of an object.
fn members(object: &str) -> impl Iterator<Item = (&str, &str)> {
    inside(object).map(|member| (&member[..end(member)], member))
}

/// Returns the parts between the commas of an object or array.
fn inside(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut at = end(rest);
        if rest[at..].starts_with(':') {
            at += 1;
            at += end(&rest[at..]);
        }
        let part = &rest[..at];
        rest = rest[at..].strip_prefix(',').unwrap_or_default();
        Some(part)
    })
}

/// Where the value at the start of the text ends.
fn end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(b) = bytes.get(at) {
        match b {
            b'"' => at = string_end(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            // A number or a literal ends where something else begins.
            _ if depth == 0 => {
                let more = |b: &u8| matches!(b, b',' | b':' | b'}' | b']');
                return bytes[at..].iter().position(more).map_or(bytes.len(), |length| at + length);
            }
            _ => {
                at += 1;
                continue;
            }
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(b) = bytes.get(at) {
        match b {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}
