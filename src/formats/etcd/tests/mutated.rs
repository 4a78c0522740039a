//! Properties: whatever is done to the bytes, reading ends, with bounded work, and without a panic.

use std::io::Read;

use proptest::prelude::*;

use super::super::fields::TABLES;
use super::super::value::{Scratch, Value, decode};
use super::built::{Built, PAGE, at_page, inline, put, revision, small};
use super::lab;
use crate::formats::fuzz::etcd::bounded;

/// A file with a bit of everything: three levels, long values, an inline bucket, loose pages, objects of many kinds.
fn rich() -> Built {
    let long = vec![b' '; 3 * PAGE];
    let object = |kind: &str, raw: &[u8]| {
        let version = "v1";
        let meta =
            [&[0x0a, version.len() as u8], version.as_bytes(), &[0x12, kind.len() as u8], kind.as_bytes()].concat();
        [b"k8s\0\x0a", &[meta.len() as u8][..], &meta, &[0x12, raw.len() as u8], raw].concat()
    };
    let pod = object("Pod", b"\x0a\x0a\x0a\x03pod\x1a\x03web\x12\x09\x12\x07\x0a\x01c\x12\x02im");
    let secret = object("Secret", b"\x0a\x05\x0a\x03key\x12\x07\x0a\x01k\x12\x02vv");
    small()
        .meta(0, 8, 2)
        .leaf(4, &[put(2, 0, "/registry/pods/web/pod", &pod), put(3, 0, "/registry/secrets/web/key", &secret)])
        .leaf(5, &[put(4, 0, "/c", b"{\"kind\":\"Widget\"}"), put(5, 0, "/d", b"k8s:enc:kms:v2:vault:xx")])
        .grown(24)
        .leaf(8, &[put(6, 0, "/long", &long), put(7, 0, "/b", b"{}")])
        .leaf(13, &[put(8, 0, "/b", b"")])
        .branch(14, &[4, 5])
        .branch(15, &[8, 13])
        .branch(3, &[14, 15])
        .buckets(2, &[("key", at_page(3)), ("meta", inline(&[(b"finishedCompactRev".to_vec(), revision(1, 0, b""))]))])
        .leaf(16, &[put(1, 0, "/old", &long)])
        .tail()
}

/// Numbers that lead somewhere: small ones, those of pages, and the largest.
fn number() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<u8>().prop_map(|n| vec![n]),
        (0u16..40).prop_map(|n| n.to_le_bytes().to_vec()),
        prop_oneof![0u32..5000, Just(u32::MAX), any::<u32>()].prop_map(|n| n.to_le_bytes().to_vec()),
        prop_oneof![0u64..40, Just(u64::MAX), Just(1 << 54), any::<u64>()].prop_map(|n| n.to_le_bytes().to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_damage_is_survived(changes in prop::collection::vec((any::<prop::sample::Index>(), number()), 1..12)) {
        let mut built = rich();
        for (at, bytes) in changes {
            let at = at.index(built.bytes.len() - bytes.len());
            built.bytes[at..at + bytes.len()].copy_from_slice(&bytes);
        }
        bounded(&built.bytes);
    }

    /// As above, but where structure is: headers and element tables.
    #[test]
    fn any_damaged_structure_is_survived(
        changes in prop::collection::vec((0usize..24, 0usize..80, number()), 1..6),
    ) {
        let mut built = rich();
        for (page, at, bytes) in changes {
            built = built.set(page, at, &bytes);
        }
        bounded(&built.bytes);
    }

    /// A cut takes revisions away from the tree, and makes none up.
    #[test]
    fn any_cut_gives_a_part_of_the_whole(length in 0usize..24 * PAGE + 32) {
        let built = rich();
        let whole = bounded(&built.bytes).unwrap();
        if let Some(part) = bounded(&built.bytes[..length]) {
            prop_assert!(part.iter().all(|record| whole.contains(record)));
        }
    }

    #[test]
    fn any_bytes_of_any_kind_are_json_or_unreadable(
        kind in any::<prop::sample::Index>(),
        raw in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut kinds: Vec<_> = TABLES.all_kinds().collect();
        kinds.sort();
        let (version, kind) = kinds[kind.index(kinds.len())];
        survives(version, kind, &raw);
    }
}

fn survives(version: &str, kind: &str, raw: &[u8]) {
    let meta = [&[0x0a, version.len() as u8], version.as_bytes(), &[0x12, kind.len() as u8], kind.as_bytes()].concat();
    let mut value = [b"k8s\0\x0a", &[meta.len() as u8][..], &meta].concat();
    value.extend([0x12, raw.len() as u8 | 0x80, (raw.len() >> 7) as u8]);
    value.extend_from_slice(raw);
    let mut scratch = Scratch::default();
    match decode(&value, &mut scratch, &mut |_, _| {}) {
        Value::Object { json, .. } => drop(serde_json::from_str::<serde_json::Value>(json).unwrap()),
        Value::Unreadable(_) => {}
        other => panic!("{other:?}"),
    }
}

/// Every byte of every filled kind, set to something else: what is still a message is still JSON.
#[test]
fn damaged_objects_are_json_or_unreadable() {
    use base64::Engine;
    let mut text = String::new();
    flate2::read::GzDecoder::new(&include_bytes!("filled.tsv.gz")[..]).read_to_string(&mut text).unwrap();
    let (mut objects, mut scratch) = (0, Scratch::default());
    for (index, line) in text.lines().enumerate() {
        let proto = line.split('\t').nth(1).unwrap();
        let mut bytes = base64::engine::general_purpose::STANDARD.decode(proto).unwrap();
        for at in (index % 61..bytes.len()).step_by(61) {
            let before = bytes[at];
            bytes[at] = before.wrapping_add(1 + (at as u8 & 0x7f));
            if let Value::Object { json, .. } = decode(&bytes, &mut scratch, &mut |_, _| {}) {
                serde_json::from_str::<serde_json::Value>(json).unwrap();
                objects += 1;
            }
            bytes[at] = before;
        }
    }
    assert!(objects > 1000, "{objects}");
}

#[test]
fn nesting_without_end_is_refused() {
    // `not` is field 28 of a schema, and holds a schema.
    let mut schema = Vec::new();
    for _ in 0..5000 {
        let mut length = schema.len();
        let mut outer = vec![0xe2, 0x01];
        while length > 0x7f {
            outer.push(length as u8 | 0x80);
            length >>= 7;
        }
        outer.push(length as u8);
        outer.append(&mut schema);
        schema = outer;
    }
    let mut out = String::new();
    let mut note = |_| {};
    let mut writer = super::super::object::Writer::new(&TABLES, &mut out, &mut note);
    let error = writer.object(TABLES.schema, "v1", "Schema", &schema).unwrap_err();
    assert_eq!(error.to_string(), "nested more than 60 messages deep");
}

/// Each of 300 leaves says that 390 more pages are its own: they are read for a few, and damage for the others.
#[test]
fn overflow_pages_are_no_more_than_the_file() {
    let children: Vec<u64> = (10..310).collect();
    let mut built =
        Built::pages(400).meta(0, 1, 2).meta(1, 0, 2).buckets(2, &[("key", at_page(3))]).branch(3, &children);
    for id in 10..310 {
        built = built.leaf(id, &[put(id as u64, 0, "/a", b"{}")]).set(id, 12, &390u32.to_le_bytes());
    }
    assert_eq!(bounded(&built.bytes).unwrap().len(), 300);
}

/// A real file, damaged in many places at once; the lab's smallest.
#[test]
fn a_damaged_snapshot_still_gives_what_is_whole() {
    let Some(mut bytes) = lab::snapshot("quiet-before") else { return };
    let whole = bounded(&bytes).unwrap();
    let mut at = 0x9e37u64;
    let mut least = whole.len();
    for round in 0..40 {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407 + round);
        let place = (at >> 16) as usize % (bytes.len() - 8192) + 8192;
        bytes[place] ^= (at as u8) | 1;
        least = least.min(bounded(&bytes).unwrap().len());
    }
    // Forty bytes: no more than forty leaves of a few revisions each are gone from the tree.
    assert!(least + 160 >= whole.len(), "{least} of {}", whole.len());
}
