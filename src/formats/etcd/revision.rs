//! One stored revision: the key of bucket `key` and the `mvccpb.KeyValue` under it.
//!
//! Facts: etcd `server/storage/mvcc/revision.go` (key: main revision, `_`, sub revision, both big-endian, and `t` after
//! a deletion) and `api/mvccpb/kv.proto` (1 key, 2 create_revision, 3 mod_revision, 4 version, 5 value, 6 lease).

use std::ops::Range;

use super::wire::{Fault, Fields, Wire};

/// The order in which revisions were written is the order of this type, and of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision {
    pub main: i64,
    /// Counts the writes within one transaction.
    pub sub: i64,
    /// A tombstone: the key was deleted.
    pub deleted: bool,
}

impl Revision {
    /// Reads a key of bucket `key`, None when it is none.
    pub fn of(key: &[u8]) -> Option<Revision> {
        let (deleted, key) = match key {
            [plain @ .., b't'] if plain.len() == 17 => (true, plain),
            plain if plain.len() == 17 => (false, plain),
            _ => return None,
        };
        if key[8] != b'_' {
            return None;
        }
        let number = |bytes: &[u8]| bytes.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        // Revisions are int64 in etcd: a negative one was never written.
        let main = i64::try_from(number(&key[..8])).ok()?;
        let sub = i64::try_from(number(&key[9..])).ok()?;
        Some(Revision { main, sub, deleted })
    }
}

/// What is stored under a revision. Numbers that are not written are 0, as etcd reads them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record<'a> {
    pub key: &'a [u8],
    pub create_revision: i64,
    pub mod_revision: i64,
    pub version: i64,
    pub lease: i64,
    pub value: &'a [u8],
    /// Where the value is within the record; a tombstone has none.
    pub value_at: Option<Range<usize>>,
    /// Numbers of fields that etcd does not define.
    pub unknown: Vec<u32>,
}

/// Reads a `mvccpb.KeyValue`.
///
/// # Errors
/// When the bytes are not a protobuf message.
pub fn record(bytes: &[u8]) -> Result<Record<'_>, Fault> {
    let mut record = Record::default();
    let mut fields = Fields::new(bytes);
    while let Some((number, wire)) = fields.next()? {
        match (number, wire) {
            (1, Wire::Bytes(key)) => record.key = key,
            (2, Wire::Varint(n)) => record.create_revision = n as i64,
            (3, Wire::Varint(n)) => record.mod_revision = n as i64,
            (4, Wire::Varint(n)) => record.version = n as i64,
            (5, Wire::Bytes(value)) => {
                record.value = value;
                record.value_at = Some(fields.at() - value.len()..fields.at());
            }
            (6, Wire::Varint(n)) => record.lease = n as i64,
            (other, _) => record.unknown.push(other),
        }
    }
    Ok(record)
}

/// Returns the text of a key; bytes that are no text are written `\xNN`.
pub fn text(key: &[u8]) -> String {
    let mut text = String::with_capacity(key.len());
    for chunk in key.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(main: u64, sub: u64, tail: &[u8]) -> Vec<u8> {
        [&main.to_be_bytes()[..], b"_", &sub.to_be_bytes(), tail].concat()
    }

    #[test]
    fn keys_are_revisions_and_tombstones() {
        assert_eq!(Revision::of(&key(7, 2, b"")), Some(Revision { main: 7, sub: 2, deleted: false }));
        assert_eq!(Revision::of(&key(7, 2, b"t")), Some(Revision { main: 7, sub: 2, deleted: true }));
    }

    #[test]
    fn other_keys_are_not() {
        for other in [&key(7, 2, b"x")[..], &key(u64::MAX, 2, b""), b"", b"consistent_index", &[b'a'; 17]] {
            assert_eq!(Revision::of(other), None);
        }
    }

    #[test]
    fn a_record_says_where_its_value_is() {
        let bytes = [&[0x0a, 1, b'k', 0x10, 3, 0x18, 4, 0x20, 2, 0x2a, 2][..], b"vv", &[0x30, 9, 0x38, 1]].concat();
        let expected = Record {
            key: b"k",
            create_revision: 3,
            mod_revision: 4,
            version: 2,
            lease: 9,
            value: b"vv",
            value_at: Some(11..13),
            unknown: vec![7],
        };
        assert_eq!(record(&bytes), Ok(expected));
    }

    #[test]
    fn a_key_that_is_no_text_stays_itself() {
        assert_eq!(text(b"/a\xff\xfe/\xc3\xa9"), "/a\\xff\\xfe/\u{e9}");
    }
}
