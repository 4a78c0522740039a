//! Values under the keys of etcd.

use std::io::{Cursor, Read};

use super::{LARGEST, Target};
use crate::formats::etcd::{Found, Scratch, Value, decode, kinds, read};

pub const TARGET: Target = Target {
    name: "protobuf",
    doc: "a value, or behind its first byte the fields of an object of that kind: it is JSON, or a reason why not",
    run,
    seeds: |specimen| {
        let mut database = Vec::new();
        let opened = crate::formats::readable(Cursor::new(specimen.to_vec()));
        let _ = opened.map(|source| source.take(16 << 20).read_to_end(&mut database));
        let mut values = Vec::new();
        let _ = read(&mut Cursor::new(&database), &mut |stored| {
            if stored.found == Found::Tree && stored.at.end - stored.at.start <= LARGEST {
                values.push(database[stored.at.start as usize..stored.at.end as usize].to_vec());
            }
        });
        values
    },
};

fn run(bytes: &[u8]) {
    shown(bytes);
    let [number, raw @ ..] = bytes else { return };
    let kinds = kinds();
    let (version, kind) = kinds[usize::from(*number) % kinds.len()];
    let meta = [field(1, version.as_bytes()), field(2, kind.as_bytes())].concat();
    shown(&[b"k8s\0".to_vec(), field(1, &meta), field(2, raw)].concat());
}

fn shown(bytes: &[u8]) {
    let (mut scratch, mut noted) = (Scratch::default(), 0);
    let value = decode(bytes, &mut scratch, &mut |_, _| noted += 1);
    match value {
        Value::Object { json, odd } => {
            serde_json::from_str::<serde_json::Value>(json).expect("an object is JSON");
            assert_eq!(odd, noted);
            assert!(json.len() <= 64 * bytes.len() + 4096, "{} of {}", json.len(), bytes.len());
        }
        Value::Json(json) => assert_eq!(json.as_bytes(), bytes),
        Value::Unreadable(why) => assert!(!why.is_empty()),
        Value::None => assert!(bytes.is_empty()),
        Value::Sealed { .. } => assert!(bytes.starts_with(b"k8s:enc:")),
    }
}

/// Writes a field that has a length.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 0x7f {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(bytes);
    out
}
