//! One audit record: who wrote it, when, and its fields in the order of the line.

use std::borrow::Cow;

use crate::model::Micros;

/// How a value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Without quotes, taken as it is.
    Plain,
    /// In quotes, which the value does not keep.
    Quoted,
    /// As hexadecimal digits; the value is the text they stand for. The bytes of a socket address stay digits.
    Hex,
    /// As hexadecimal digits that are not all UTF-8; the value shows the other bytes as `\xNN`.
    HexBytes,
}

/// Which clock a record's time was written by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clock {
    /// Seconds since 1970: the time is UTC.
    Epoch,
    /// A date that `ausearch -i` wrote in the zone of the machine it ran on, which the line does not say.
    Local,
}

/// One `key=value` of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'a> {
    /// The key as written; the old LOGIN record has a blank in `old auid` and `new auid`.
    pub key: Cow<'a, str>,
    /// The value without quotes and decoded.
    pub value: Cow<'a, str>,
    /// The value as it stands in the line, quotes and digits included.
    pub written: Cow<'a, str>,
    pub form: Form,
    /// Whether it stood inside `msg='…'`, where a program wrote it and not the kernel.
    pub nested: bool,
}

/// One line of an audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// The type: `SYSCALL`; a number where the line has one that no table names.
    pub kind: Cow<'a, str>,
    /// The type's number, where the line or the kernel's list has it.
    pub number: Option<u32>,
    /// None when the line has no time, as lines that the journal wrote and `audit()`.
    pub time: Option<Micros>,
    pub clock: Clock,
    pub serial: Option<u64>,
    /// The `node=` in front of the line.
    pub node: Option<Cow<'a, str>>,
    /// What a syslog writer put in front of the record, with its own time and host.
    pub prefix: Option<Cow<'a, str>>,
    /// The words that are no fields, joined by one blank: `avc: denied { read } for`.
    pub words: String,
    pub fields: Vec<Field<'a>>,
    /// What auditd looked up and wrote after byte 0x1d: names of numbers in the fields.
    pub enriched: Vec<Field<'a>>,
}

impl Field<'_> {
    /// Returns the value unless it says that there is none: `?`, `(null)`, `(none)` or nothing.
    pub fn present(&self) -> Option<&str> {
        match &*self.value {
            "" => None,
            "?" | "(null)" | "(none)" if self.form == Form::Plain || self.form == Form::Quoted => None,
            value => Some(value),
        }
    }

    fn into_owned(self) -> Field<'static> {
        Field {
            key: Cow::Owned(self.key.into_owned()),
            value: Cow::Owned(self.value.into_owned()),
            written: Cow::Owned(self.written.into_owned()),
            form: self.form,
            nested: self.nested,
        }
    }
}

impl Record<'_> {
    /// Returns the first field of that key.
    pub fn field(&self, key: &str) -> Option<&Field<'_>> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// Returns the first enriched field of that key.
    pub fn enriched(&self, key: &str) -> Option<&Field<'_>> {
        self.enriched.iter().find(|field| field.key == key)
    }

    /// Returns the record with everything it borrowed from the line copied.
    pub fn into_owned(self) -> Record<'static> {
        Record {
            kind: Cow::Owned(self.kind.into_owned()),
            number: self.number,
            time: self.time,
            clock: self.clock,
            serial: self.serial,
            node: self.node.map(|node| Cow::Owned(node.into_owned())),
            prefix: self.prefix.map(|prefix| Cow::Owned(prefix.into_owned())),
            words: self.words,
            fields: self.fields.into_iter().map(Field::into_owned).collect(),
            enriched: self.enriched.into_iter().map(Field::into_owned).collect(),
        }
    }

    /// Returns about how many bytes the record takes in memory.
    pub(super) fn weight(&self) -> usize {
        let fields = self.fields.iter().chain(&self.enriched);
        let text: usize = fields.map(|f| size_of::<Field>() + f.key.len() + f.value.len() + f.written.len()).sum();
        size_of::<Record>() + self.words.len() + self.prefix.as_ref().map_or(0, |p| p.len()) + text
    }
}
