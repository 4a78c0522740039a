//! What the writer of a document keeps besides the text: anchors, the keys of a mapping, oddities.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::scalar::clip;
use super::{MAX_EXPANDED_BYTES, MAX_EXPANDED_NODES, MAX_ODDITIES};

/// JSON text that is needed again.
#[derive(Debug, Clone)]
pub(super) enum Held {
    /// In one of the writer's buffers.
    Written(usize, Range<usize>),
    Text(String),
}

/// A whole value that can be used again, or a source of a merge key.
#[derive(Debug, Clone)]
pub(super) struct Anchor {
    pub text: Held,
    /// Values in it, itself included.
    pub nodes: usize,
    /// Levels of mappings and sequences, itself included.
    pub height: usize,
}

impl Anchor {
    pub fn json<'b>(&'b self, buffers: &'b [String]) -> &'b str {
        match &self.text {
            Held::Written(buffer, range) => &buffers[*buffer][range.clone()],
            Held::Text(text) => text,
        }
    }

    pub fn size(&self) -> usize {
        match &self.text {
            Held::Written(_, range) => range.len(),
            Held::Text(text) => text.len(),
        }
    }

    /// Says whether the value begins with `first`: the brace of a mapping, the bracket of a sequence.
    pub fn is(&self, buffers: &[String], first: char) -> bool {
        self.json(buffers).starts_with(first)
    }
}

/// How much aliases may still add to a document.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: usize,
    nodes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: MAX_EXPANDED_BYTES, nodes: MAX_EXPANDED_NODES }
    }
}

impl Budget {
    /// Takes what one alias adds; the error says which limit it goes beyond.
    pub fn spend(&mut self, bytes: usize, nodes: usize) -> Result<(), String> {
        match (self.bytes.checked_sub(bytes), self.nodes.checked_sub(nodes)) {
            (Some(bytes), Some(nodes)) => {
                *self = Self { bytes, nodes };
                Ok(())
            }
            (None, _) => {
                self.bytes = 0;
                Err(format!("aliases expand to more than {MAX_EXPANDED_BYTES} bytes"))
            }
            (_, None) => {
                self.nodes = 0;
                Err(format!("aliases expand to more than {MAX_EXPANDED_NODES} values"))
            }
        }
    }
}

/// The keys of one mapping as JSON text: where they are in the buffer of the mapping.
#[derive(Debug, Default)]
pub(super) struct Keys {
    written: Vec<Range<usize>>,
    /// Used from [`FEW`] keys on; comparing with each is quicker before that.
    seen: HashSet<Box<str>>,
}

const FEW: usize = 16;

impl Keys {
    /// Adds the key at `range` of `buffer` and says whether it was there before.
    pub fn add(&mut self, buffer: &str, range: Range<usize>) -> bool {
        let key = &buffer[range.clone()];
        let twice = if self.written.len() < FEW {
            self.written.iter().any(|other| &buffer[other.clone()] == key)
        } else {
            if self.seen.is_empty() {
                self.seen.extend(self.written.iter().map(|other| Box::from(&buffer[other.clone()])));
            }
            !self.seen.insert(key.into())
        };
        self.written.push(range);
        twice
    }

    pub fn len(&self) -> usize {
        self.written.len()
    }

    /// Where the key written last is.
    pub fn latest(&self) -> Option<Range<usize>> {
        self.written.last().cloned()
    }

    /// The number, from 1, under which each key was written last.
    pub fn last<'b>(&self, buffer: &'b str) -> HashMap<&'b str, usize> {
        self.written.iter().zip(1..).map(|(range, number)| (&buffer[range.clone()], number)).collect()
    }
}

/// Oddities of one document or item: each once, and only so many.
#[derive(Debug, Default)]
pub(super) struct Oddities {
    found: Vec<(u64, String)>,
    more: bool,
}

impl Oddities {
    /// `line` is asked only when the oddity is new.
    pub fn add(&mut self, text: String, line: impl FnOnce() -> u64) {
        if self.found.iter().any(|(_, other)| *other == text) {
            return;
        }
        if self.found.len() == MAX_ODDITIES {
            self.more = true;
            return;
        }
        self.found.push((line(), text));
    }

    /// Takes over what another part of the same document had.
    pub fn extend(&mut self, other: Self) {
        self.more |= other.more;
        for (line, text) in other.found {
            self.add(text, || line);
        }
    }

    /// Returns them as sentences.
    pub fn say(self) -> Vec<String> {
        let mut said: Vec<String> = self.found.into_iter().map(|(line, text)| format!("line {line}: {text}")).collect();
        if self.more {
            said.push("further oddities are not listed".to_owned());
        }
        said
    }
}

/// Shows a key, which is JSON text, in a sentence.
pub(super) fn key_name(json: &str) -> String {
    format!("key {}", clip(json))
}
