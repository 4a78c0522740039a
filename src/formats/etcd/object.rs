//! A stored message to the JSON that the API server would answer with.
//!
//! Members are written in the order of field numbers, so the same bytes always give the same text. What the tables do
//! not know, or what is not of the type they say, is told to the caller by message and number; it is never dropped in
//! silence. Bytes that are no message at all make the whole object unreadable.

use std::borrow::Cow;
use std::fmt;

use super::fields::{Field, Kind, Many, Message, Tables, Write};
use super::wire::{Fault, Fields, Wire};
use super::written;

/// Schemas of custom resources are the deepest there are, and stay below 30. A map of messages is two levels of JSON,
/// of which serde_json reads 128.
const DEEPEST: usize = 60;
/// JSON of one object; etcd takes requests of 1.5 MiB, so this is only ever reached by forged bytes.
const LARGEST: usize = 256 << 20;

/// Something in an object that its JSON does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oddity {
    /// The message as the tables call it.
    pub message: &'static str,
    pub field: u32,
    pub why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// The tables have no field of this number.
    Unknown,
    /// The field is written in another wire type than its own.
    Type,
    /// Text that is not UTF-8; the bytes are shown as `\xNN`.
    NotText,
    /// JSON that is none; the bytes are shown as base64.
    NotJson,
    /// A number that JSON cannot write; shown as null.
    NotNumber,
    /// A fraction of a second, stored by servers before 1.8; times are shown in whole seconds.
    Fraction,
}

/// Why an object cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    Wire { message: &'static str, fault: Fault },
    Deep,
    Large,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Wire { message, fault } => write!(f, "not a {message}: {fault}"),
            Unreadable::Deep => write!(f, "nested more than {DEEPEST} messages deep"),
            Unreadable::Large => write!(f, "its JSON is larger than {} MiB", LARGEST >> 20),
        }
    }
}

pub(super) struct Writer<'w> {
    pub tables: &'static Tables,
    pub out: &'w mut String,
    pub note: &'w mut dyn FnMut(Oddity),
    depth: usize,
}

impl<'w> Writer<'w> {
    pub fn new(tables: &'static Tables, out: &'w mut String, note: &'w mut dyn FnMut(Oddity)) -> Self {
        Writer { tables, out, note, depth: 0 }
    }

    /// Writes an object of the message at `index`, its kind first: the bytes themselves do not say it.
    ///
    /// # Errors
    /// When the bytes are not such a message; what is written by then is no JSON.
    pub fn object(&mut self, index: usize, api_version: &str, kind: &str, bytes: &[u8]) -> Result<(), Unreadable> {
        self.out.push('{');
        self.name("apiVersion");
        written::text(self.out, api_version);
        self.name("kind");
        written::text(self.out, kind);
        self.members(index, bytes)?;
        self.out.push('}');
        Ok(())
    }

    pub(super) fn message(&mut self, index: usize, bytes: &[u8]) -> Result<(), Unreadable> {
        self.out.push('{');
        self.members(index, bytes)?;
        self.out.push('}');
        Ok(())
    }

    fn members(&mut self, index: usize, bytes: &[u8]) -> Result<(), Unreadable> {
        let message = &self.tables.messages[index];
        if self.depth == DEEPEST {
            return Err(Unreadable::Deep);
        }
        if self.out.len() > LARGEST {
            return Err(Unreadable::Large);
        }
        self.depth += 1;
        let mut parts = Vec::new();
        let mut fields = Fields::new(bytes);
        while let Some((number, wire)) = next(&mut fields, message.name)? {
            match message.find(number) {
                Some(index) => parts.push((index, wire)),
                None => self.odd(message.name, number, Why::Unknown),
            }
        }
        // Kubernetes writes fields in order; protobuf allows any, and lists in several pieces.
        if !parts.is_sorted_by_key(|(index, _)| *index) {
            parts.sort_by_key(|(index, _)| *index);
        }
        let mut rest = &parts[..];
        for (index, field) in message.fields.iter().enumerate() {
            let own = rest.iter().take_while(|(of, _)| *of == index).count();
            let (mine, after) = rest.split_at(own);
            rest = after;
            self.field(message, field, mine)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn field(&mut self, message: &Message, field: &Field, mine: &[(usize, Wire<'_>)]) -> Result<(), Unreadable> {
        let packed = field.many == Many::List && matches!(field.kind, Kind::Int | Kind::Bool);
        let fits = |wire: &Wire<'_>| match wire {
            Wire::Bytes(_) if packed => true,
            wire if field.many == Many::Map => matches!(wire, Wire::Bytes(_)),
            wire => of_kind(field.kind, wire),
        };
        let strangers = mine.iter().filter(|(_, wire)| !fits(wire)).count();
        (0..strangers).for_each(|_| self.odd(message.name, field.number, Why::Type));
        let values: Cow<'_, [(usize, Wire<'_>)]> = match strangers {
            0 => Cow::Borrowed(mine),
            _ => Cow::Owned(mine.iter().copied().filter(|(_, wire)| fits(wire)).collect()),
        };
        let Some((_, last)) = values.last() else {
            if field.write == Write::Always && field.many != Many::Inline {
                self.name(field.name);
                self.out.push_str("null");
            }
            return Ok(());
        };
        match field.many {
            Many::Inline => match field.kind {
                Kind::Message(index) => self.members(index, &joined(&values)),
                _ => Ok(()),
            },
            Many::One if is_message(field.kind) => {
                let bytes = joined(&values);
                if field.write == Write::NotZeroTime && bytes.is_empty() {
                    return Ok(());
                }
                self.name(field.name);
                self.value(message, field, &Wire::Bytes(&bytes))
            }
            // Of several, the last one counts; protobuf says so.
            Many::One => {
                if field.write == Write::Filled && is_zero(last) {
                    return Ok(());
                }
                self.name(field.name);
                self.value(message, field, last)
            }
            Many::List => {
                self.name(field.name);
                self.out.push('[');
                for (_, wire) in values.iter() {
                    match wire {
                        Wire::Bytes(bytes) if packed => self.packed(message, field, bytes)?,
                        wire => self.element(message, field, wire)?,
                    }
                }
                self.out.push(']');
                Ok(())
            }
            Many::Map => self.map(message, field, &values),
        }
    }

    fn element(&mut self, message: &Message, field: &Field, wire: &Wire<'_>) -> Result<(), Unreadable> {
        if !self.out.ends_with('[') {
            self.out.push(',');
        }
        self.value(message, field, wire)
    }

    fn packed(&mut self, message: &Message, field: &Field, bytes: &[u8]) -> Result<(), Unreadable> {
        let mut numbers = Fields::new(bytes);
        while numbers.at() < bytes.len() {
            let number = numbers.varint().map_err(|fault| Unreadable::Wire { message: message.name, fault })?;
            self.element(message, field, &Wire::Varint(number))?;
        }
        Ok(())
    }

    /// Writes a map in the order of its keys, as Go does; of two values under one key the last counts.
    fn map(&mut self, message: &Message, field: &Field, values: &[(usize, Wire<'_>)]) -> Result<(), Unreadable> {
        let mut entries = Vec::with_capacity(values.len());
        for (_, wire) in values {
            let Wire::Bytes(bytes) = wire else { continue };
            let (mut key, mut value) = (&[][..], None);
            let mut fields = Fields::new(bytes);
            while let Some((number, wire)) = next(&mut fields, message.name)? {
                match (number, wire) {
                    (1, Wire::Bytes(bytes)) => key = bytes,
                    (2, wire) if of_kind(field.kind, &wire) => value = Some(wire),
                    _ => self.odd(message.name, field.number, Why::Type),
                }
            }
            entries.push((key, value.unwrap_or(Wire::Bytes(&[]))));
        }
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            entries.sort_by_key(|(key, _)| *key);
            entries.reverse();
            entries.dedup_by_key(|(key, _)| *key);
            entries.reverse();
        }
        self.name(field.name);
        self.out.push('{');
        for (at, (key, value)) in entries.iter().enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            self.text(message, field, key);
            self.out.push(':');
            self.value(message, field, value)?;
        }
        self.out.push('}');
        Ok(())
    }

    fn value(&mut self, message: &Message, field: &Field, wire: &Wire<'_>) -> Result<(), Unreadable> {
        match (field.kind, wire) {
            (Kind::Text, Wire::Bytes(bytes)) => self.text(message, field, bytes),
            (Kind::Bytes, Wire::Bytes(bytes)) => written::base64(self.out, bytes),
            (Kind::Bool, Wire::Varint(n)) => self.out.push_str(if *n == 0 { "false" } else { "true" }),
            // int32 and int64 alike are written as 64 bits, negative ones in ten bytes.
            (Kind::Int, Wire::Varint(n)) => self.out.push_str(&(*n as i64).to_string()),
            (Kind::Real, Wire::Fixed64(bits)) => {
                let real = f64::from_bits(*bits);
                if real.is_finite() {
                    self.out.push_str(&real.to_string());
                } else {
                    self.odd(message.name, field.number, Why::NotNumber);
                    self.out.push_str("null");
                }
            }
            (Kind::Message(index), Wire::Bytes(bytes)) => return self.message(index, bytes),
            (special, Wire::Bytes(bytes)) => return self.special(special, message, field, bytes),
            // `of_kind` has let through nothing else.
            _ => self.out.push_str("null"),
        }
        Ok(())
    }

    /// Writes text; what is not UTF-8 is noted and shown escaped.
    pub(super) fn text(&mut self, message: &Message, field: &Field, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => written::text(self.out, text),
            Err(_) => {
                self.odd(message.name, field.number, Why::NotText);
                written::text(self.out, &super::revision::text(bytes));
            }
        }
    }

    fn name(&mut self, name: &str) {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        written::text(self.out, name);
        self.out.push(':');
    }

    pub(super) fn odd(&mut self, message: &'static str, field: u32, why: Why) {
        (self.note)(Oddity { message, field, why });
    }
}

/// The next field, its fault named by the message it is in.
pub(super) fn next<'a>(fields: &mut Fields<'a>, message: &'static str) -> Result<Option<(u32, Wire<'a>)>, Unreadable> {
    fields.next().map_err(|fault| Unreadable::Wire { message, fault })
}

fn is_message(kind: Kind) -> bool {
    !matches!(kind, Kind::Text | Kind::Bytes | Kind::Bool | Kind::Int | Kind::Real)
}

fn of_kind(kind: Kind, wire: &Wire<'_>) -> bool {
    match kind {
        Kind::Bool | Kind::Int => matches!(wire, Wire::Varint(_)),
        Kind::Real => matches!(wire, Wire::Fixed64(_)),
        _ => matches!(wire, Wire::Bytes(_)),
    }
}

fn is_zero(wire: &Wire<'_>) -> bool {
    match wire {
        Wire::Varint(n) => *n == 0,
        Wire::Fixed64(bits) => f64::from_bits(*bits) == 0.0,
        Wire::Fixed32(n) => *n == 0,
        Wire::Bytes(bytes) => bytes.is_empty(),
    }
}

/// The one message that several pieces of a message are: protobuf merges them, and joining their bytes is the same.
fn joined<'a>(values: &[(usize, Wire<'a>)]) -> Cow<'a, [u8]> {
    let mut pieces = values.iter().filter_map(|(_, wire)| match wire {
        Wire::Bytes(bytes) => Some(*bytes),
        _ => None,
    });
    match (pieces.next(), pieces.next()) {
        (None, _) => Cow::Borrowed(&[]),
        (Some(only), None) => Cow::Borrowed(only),
        (Some(first), Some(second)) => {
            let mut all = [first, second].concat();
            pieces.for_each(|piece| all.extend_from_slice(piece));
            Cow::Owned(all)
        }
    }
}
