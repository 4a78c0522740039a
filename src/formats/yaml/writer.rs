//! Writes the JSON text of one document from the events of the YAML parser.
//!
//! Aliases are copies of text already written, so nothing is built in memory but text. It refuses what JSON cannot say
//! (a mapping, a sequence or null as a key), values that nest too deeply, and aliases without end.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{ScalarStyle, Tag};

use super::MAX_DEPTH;
use super::keep::{Anchor, Budget, Held, Keys, Oddities, key_name};
use super::merge::{self, NO_MERGE, Source};
use super::scalar::{Form, Value, float_key, quoted, resolve, tag_name};

/// A value that is not written, though the text is sound YAML: the reason.
pub(super) type Refused = String;

#[derive(Debug, Default)]
pub(super) struct Writer {
    /// The first holds the document, the next what is under a merge key, the next what is under one inside of that.
    buffers: Vec<String>,
    /// The buffer that is written to.
    target: usize,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchor>,
    budget: Budget,
    /// Values written so far.
    nodes: usize,
    /// Levels of mappings and sequences in the whole document, once it is whole.
    pub height: usize,
    /// How many of the open mappings and sequences are not part of the value that is read: those around a list's item.
    pub base: usize,
    pub oddities: Oddities,
}

/// An open mapping or sequence.
#[derive(Debug)]
struct Frame {
    kind: Kind,
    /// Zero for none, as the parser counts.
    anchor: usize,
    /// Where its text begins in the buffer it is written to.
    start: usize,
    /// Values written before it.
    nodes: usize,
    /// Levels below it.
    height: usize,
    empty: bool,
}

#[derive(Debug)]
enum Kind {
    Sequence,
    Mapping(Mapping),
}

#[derive(Debug, Default)]
struct Mapping {
    next: Next,
    keys: Keys,
    merges: Vec<Source>,
}

/// What the next event of a mapping is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Next {
    #[default]
    Key,
    Value,
    /// The value of `<<`.
    Merge,
}

impl Writer {
    pub fn new() -> Self {
        Self { buffers: vec![String::new()], ..Self::default() }
    }

    /// How many bytes of the document are written.
    pub fn len(&self) -> usize {
        self.buffers[0].len()
    }

    /// The part of the document written at `range`.
    pub fn text(&self, range: Range<usize>) -> &str {
        &self.buffers[0][range]
    }

    /// The key that was written last, when its value comes next.
    pub fn key(&self) -> Option<&str> {
        let Kind::Mapping(mapping) = &self.frames.last()?.kind else { return None };
        let range = mapping.keys.latest()?;
        (mapping.next == Next::Value).then(|| &self.buffers[self.target][range])
    }

    /// Gives up what is open beyond `depth` mappings and sequences, as if a value had come in its place.
    pub fn abandon(&mut self, depth: usize) {
        self.frames.truncate(depth);
        self.target = 0;
        self.set_next(Next::Key);
    }

    pub fn start(
        &mut self,
        sequence: bool,
        anchor: usize,
        tag: Option<&Tag>,
        line: impl Fn() -> u64,
    ) -> Result<(), Refused> {
        if self.next() == Some(Next::Key) {
            return Err(format!("a {} is the key of a mapping", if sequence { "sequence" } else { "mapping" }));
        }
        if self.frames.len() >= self.base + MAX_DEPTH {
            return Err(too_deep());
        }
        if let Some(name) = tag.map(tag_name).filter(|name| !matches!(name.as_str(), "!" | "!!map" | "!!seq")) {
            self.oddities.add(format!("{} is a tag that Kubernetes does not know", quoted(&name)), line);
        }
        self.begin();
        let kind = if sequence { Kind::Sequence } else { Kind::Mapping(Mapping::default()) };
        let start = self.buffers[self.target].len();
        self.frames.push(Frame { kind, anchor, start, nodes: self.nodes, height: 0, empty: true });
        self.buffers[self.target].push(if sequence { '[' } else { '{' });
        Ok(())
    }

    pub fn end(&mut self, line: impl Fn() -> u64) -> Result<(), Refused> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        match frame.kind {
            Kind::Sequence => self.buffers[self.target].push(']'),
            Kind::Mapping(mapping) => {
                self.merge(&mapping, line);
                self.buffers[self.target].push('}');
            }
        }
        self.nodes += 1;
        let text = Held::Written(self.target, frame.start..self.buffers[self.target].len());
        let whole = Anchor { text, nodes: self.nodes - frame.nodes, height: frame.height + 1 };
        self.keep(frame.anchor, &whole);
        self.done(whole)
    }

    pub fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        line: impl Fn() -> u64,
    ) -> Result<(), Refused> {
        let form = if style == ScalarStyle::Plain { Form::Plain } else { Form::Quoted };
        let is_key = self.next() == Some(Next::Key);
        if is_key && text == "<<" && tag.map_or(form == Form::Plain, |tag| tag_name(tag) == "!!merge") {
            self.oddities.add("`<<` merges mappings, YAML 1.2 has an ordinary key".to_owned(), line);
            self.set_next(Next::Merge);
            return Ok(());
        }
        let resolved = resolve(text, form, tag);
        let odd = resolved.oddity.is_some();
        if let Some(oddity) = resolved.oddity {
            self.oddities.add(if is_key { format!("key {oddity}") } else { oddity }, &line);
        }
        if !is_key {
            self.begin();
            let start = self.buffers[self.target].len();
            write_value(&mut self.buffers[self.target], &resolved.value, text);
            self.nodes += 1;
            let text = Held::Written(self.target, start..self.buffers[self.target].len());
            let whole = Anchor { text, nodes: 1, height: 0 };
            self.keep(anchor, &whole);
            return self.done(whole);
        }
        if anchor > 0 {
            let mut value = String::new();
            write_value(&mut value, &resolved.value, text);
            self.keep(anchor, &Anchor { text: Held::Text(value), nodes: 1, height: 0 });
        }
        match &resolved.value {
            Value::Text => self.write_key(text, line),
            Value::Null => Err("null is the key of a mapping".to_owned()),
            Value::Bool(truth) => self.write_key(if *truth { "true" } else { "false" }, line),
            Value::Integer(digits) | Value::Float(digits) => {
                let float = matches!(resolved.value, Value::Float(_));
                let name = if float { float_key(digits) } else { digits.clone() };
                if name != text && !odd {
                    self.oddities.add(format!("key {} is read as the number {name}", quoted(text)), &line);
                }
                self.write_key(&name, line)
            }
        }
    }

    pub fn alias(&mut self, id: usize, line: impl Fn() -> u64) -> Result<(), Refused> {
        let Some(anchor) = self.anchors.get(&id).cloned() else {
            let inside = self.frames.iter().any(|frame| frame.anchor == id);
            let reason = if inside { "an alias is part of what it stands for" } else { "an alias of a refused value" };
            return Err(reason.to_owned());
        };
        let next = self.next();
        if next == Some(Next::Merge) {
            // A sequence of mappings must stand here itself: `go.yaml.in/yaml/v2` takes an alias of none.
            return if anchor.is(&self.buffers, '[') { Err(NO_MERGE.to_owned()) } else { self.merge_source(&anchor) };
        }
        let text = anchor.json(&self.buffers).to_owned();
        self.budget.spend(text.len(), anchor.nodes)?;
        if next == Some(Next::Key) {
            return match text.as_bytes().first() {
                Some(b'"') => self.write_json_key(&text, line),
                Some(b'{' | b'[') => Err("an alias of a mapping or sequence is the key of a mapping".to_owned()),
                _ if text == "null" => Err("null is the key of a mapping".to_owned()),
                _ => self.write_key(&text, line),
            };
        }
        if self.frames.len() + anchor.height > self.base + MAX_DEPTH {
            return Err(too_deep());
        }
        self.begin();
        let start = self.buffers[self.target].len();
        self.buffers[self.target].push_str(&text);
        self.nodes += anchor.nodes;
        let text = Held::Written(self.target, start..self.buffers[self.target].len());
        self.done(Anchor { text, ..anchor })
    }

    fn next(&self) -> Option<Next> {
        match &self.frames.last()?.kind {
            Kind::Mapping(mapping) => Some(mapping.next),
            Kind::Sequence => None,
        }
    }

    fn set_next(&mut self, next: Next) {
        if let Some(Kind::Mapping(mapping)) = self.frames.last_mut().map(|frame| &mut frame.kind) {
            mapping.next = next;
        }
    }

    /// Writes what stands between this value and the one before it.
    fn begin(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        match &frame.kind {
            Kind::Sequence if !frame.empty => self.buffers[self.target].push(','),
            Kind::Mapping(Mapping { next: Next::Merge, .. }) => {
                self.target += 1;
                if self.buffers.len() == self.target {
                    self.buffers.push(String::new());
                }
            }
            _ => {}
        }
        frame.empty = false;
    }

    /// Hands a whole value to the mapping or sequence around it.
    fn done(&mut self, value: Anchor) -> Result<(), Refused> {
        let Some(frame) = self.frames.last_mut() else {
            self.height = value.height;
            return Ok(());
        };
        if let Kind::Mapping(mapping) = &mut frame.kind {
            if mapping.next == Next::Merge {
                self.target -= 1;
                return self.merge_source(&value);
            }
            mapping.next = Next::Key;
        }
        frame.height = frame.height.max(value.height);
        Ok(())
    }

    fn keep(&mut self, anchor: usize, value: &Anchor) {
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
    }

    fn write_key(&mut self, name: &str, line: impl Fn() -> u64) -> Result<(), Refused> {
        let mut json = String::with_capacity(name.len() + 2);
        write_string(&mut json, name);
        self.write_json_key(&json, line)
    }

    fn write_json_key(&mut self, json: &str, line: impl Fn() -> u64) -> Result<(), Refused> {
        let Some(Kind::Mapping(mapping)) = self.frames.last_mut().map(|frame| &mut frame.kind) else { return Ok(()) };
        let buffer = &mut self.buffers[self.target];
        if mapping.keys.len() > 0 {
            buffer.push(',');
        }
        let start = buffer.len();
        buffer.push_str(json);
        let twice = mapping.keys.add(buffer, start..buffer.len());
        buffer.push(':');
        mapping.next = Next::Value;
        if twice {
            self.oddities.add(format!("{} comes twice, Kubernetes takes the last", key_name(json)), line);
        }
        Ok(())
    }

    /// Takes the value of a merge key.
    fn merge_source(&mut self, value: &Anchor) -> Result<(), Refused> {
        let sources = merge::sources(&self.buffers, value)?;
        self.budget.spend(value.size(), value.nodes)?;
        // What is merged stands one level higher than where it comes from.
        let levels = value.height.saturating_sub(1);
        if self.frames.len() + levels > self.base + MAX_DEPTH {
            return Err(too_deep());
        }
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        frame.height = frame.height.max(levels);
        let Kind::Mapping(mapping) = &mut frame.kind else { return Ok(()) };
        mapping.next = Next::Key;
        let before = mapping.keys.len();
        mapping.merges.extend(sources.into_iter().map(|text| Source { before, text }));
        Ok(())
    }

    /// Writes what merge keys add to a mapping that ends.
    fn merge(&mut self, mapping: &Mapping, line: impl Fn() -> u64) {
        if mapping.merges.is_empty() {
            return;
        }
        let (added, replaced) = merge::added(&self.buffers, self.target, &mapping.keys, &mapping.merges);
        for key in replaced {
            let text = format!("{} comes before `<<` and in it, Kubernetes takes the merged", key_name(&key));
            self.oddities.add(text, &line);
        }
        self.buffers[self.target].push_str(&added);
    }
}

pub(super) fn too_deep() -> Refused {
    format!("nested more than {MAX_DEPTH} levels deep")
}

fn write_value(buffer: &mut String, value: &Value, text: &str) {
    match value {
        Value::Null => buffer.push_str("null"),
        Value::Bool(truth) => buffer.push_str(if *truth { "true" } else { "false" }),
        Value::Integer(digits) | Value::Float(digits) => buffer.push_str(digits),
        Value::Text => write_string(buffer, text),
    }
}

fn write_string(buffer: &mut String, text: &str) {
    if text.bytes().any(|b| b < 0x20 || matches!(b, b'"' | b'\\')) {
        buffer.push_str(&serde_json::Value::from(text).to_string());
        return;
    }
    buffer.push('"');
    buffer.push_str(text);
    buffer.push('"');
}
