//! Avro object containers, as Event Hubs Capture writes them (Avro 1.11 specification, formats.md b.4).
//!
//! Reads what the schema in the file describes, in one pass and with bounded memory. Where a block is damaged it goes
//! on at the next sync marker and says what was lost. Does not resolve schemas against others and knows no time: the
//! enqueued time is given as it is written.

mod container;
mod schema;
#[cfg(test)]
mod tests;
mod value;

use std::io::{self, Read};
use std::ops::Range;

pub use value::Value;

/// One captured event.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// From 0, in the order of the file; records that were lost are not counted.
    pub number: u64,
    /// Bytes of the file: the record's own when it is not compressed, else those of its block's data.
    pub at: Range<u64>,
    pub sequence_number: Option<i64>,
    pub offset: Option<String>,
    /// EnqueuedTimeUtc as it is written.
    pub enqueued: Option<String>,
    pub system_properties: Vec<(String, Value)>,
    pub properties: Vec<(String, Value)>,
    /// The message; None when the file has none, which is not the same as an empty one.
    pub body: Option<Vec<u8>>,
    /// Fields that no capture is known to have, or that are of another type than a capture's.
    pub others: Vec<(String, Value)>,
}

/// Bytes of the file that gave no record, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    pub at: Range<u64>,
    pub reason: String,
}

/// What is known of the file once it was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// How its blocks are packed.
    pub codec: String,
    pub records: u64,
    pub notes: Vec<String>,
    /// The first thousand; notes say how many more there were.
    pub lost: Vec<Lost>,
}

/// Reads every record in order. What is damaged is in the notes, not an error.
///
/// # Errors
/// When reading the content or taking a record fails.
pub fn records(content: &mut dyn Read, each: &mut dyn FnMut(Record) -> io::Result<()>) -> io::Result<Notes> {
    container::read(content, each)
}

impl Record {
    fn new(number: u64, at: Range<u64>, fields: Vec<(String, Value)>) -> Record {
        let mut record = Record {
            number,
            at,
            sequence_number: None,
            offset: None,
            enqueued: None,
            system_properties: Vec::new(),
            properties: Vec::new(),
            body: None,
            others: Vec::new(),
        };
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("SequenceNumber", Value::Long(number)) => record.sequence_number = Some(number),
                ("Offset", Value::Text(text)) => record.offset = Some(text),
                ("EnqueuedTimeUtc", Value::Text(text)) => record.enqueued = Some(text),
                ("SystemProperties", Value::Map(map)) => record.system_properties = map,
                ("Properties", Value::Map(map)) => record.properties = map,
                ("Body", Value::Bytes(bytes)) => record.body = Some(bytes),
                ("Body", Value::Text(text)) => record.body = Some(text.into_bytes()),
                ("Body" | "Offset" | "EnqueuedTimeUtc" | "SystemProperties" | "Properties", Value::Null) => {}
                (_, value) => record.others.push((name, value)),
            }
        }
        record
    }
}
