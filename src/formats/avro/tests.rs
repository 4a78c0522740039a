//! Files by hand, byte for byte from the specification: there is no writer here that would read its own mistakes.

use std::io::{self, Write};

use proptest::prelude::*;

use super::*;

/// As the vendor documents it for capture files.
const SCHEMA: &str = r#"{"type":"record","name":"EventData","namespace":"Microsoft.ServiceBus.Messaging","fields":[
    {"name":"SequenceNumber","type":"long"},{"name":"Offset","type":"string"},{"name":"EnqueuedTimeUtc","type":"string"},
    {"name":"SystemProperties","type":{"type":"map","values":["long","double","string","bytes"]}},
    {"name":"Properties","type":{"type":"map","values":["long","double","string","bytes","null"]}},
    {"name":"Body","type":["null","bytes"]}]}"#;
const SYNC: [u8; 16] = *b"sync-marker-0123";

fn long(number: i64) -> Vec<u8> {
    let mut left = ((number << 1) ^ (number >> 63)).cast_unsigned();
    let mut bytes = Vec::new();
    while left >= 0x80 {
        bytes.push(left as u8 | 0x80);
        left >>= 7;
    }
    bytes.push(left as u8);
    bytes
}

fn bytes(content: &[u8]) -> Vec<u8> {
    [&long(content.len() as i64), content].concat()
}

fn head(schema: &str, codec: Option<&str>) -> Vec<u8> {
    let mut head = b"Obj\x01".to_vec();
    if let Some(codec) = codec {
        head.extend([long(1), bytes(b"avro.codec"), bytes(codec.as_bytes())].concat());
    }
    head.extend([long(1), bytes(b"avro.schema"), bytes(schema.as_bytes()), long(0), SYNC.to_vec()].concat());
    head
}

fn block(count: i64, data: &[u8]) -> Vec<u8> {
    [&long(count), &bytes(data), &SYNC[..]].concat()
}

/// A record with one property of each kind.
fn event(number: i64, body: &[u8]) -> Vec<u8> {
    let system = [long(1), bytes(b"x-opt-enqueued-time"), long(0), long(-70_000), long(0)].concat();
    let double = 1.5_f64.to_le_bytes();
    // A run with its length, then another run.
    let first = [&bytes(b"d"), &long(1)[..], &double].concat();
    let second = [bytes(b"s"), long(2), bytes(b"text"), bytes(b"n"), long(4)].concat();
    let properties = [long(-1), long(first.len() as i64), first, long(2), second, long(0)].concat();
    let fields = [long(number), bytes(b"4294967296"), bytes(b"3/4/2031 5:06:07 PM")].concat();
    [fields, system, properties, long(1), bytes(body)].concat()
}

fn read(file: &[u8]) -> (Vec<Record>, Notes) {
    let mut all = Vec::new();
    let notes = records(&mut &file[..], &mut |record| {
        all.push(record);
        Ok(())
    })
    .unwrap();
    assert_eq!(notes.records, all.len() as u64);
    (all, notes)
}

fn bodies(records: &[Record]) -> Vec<&[u8]> {
    records.iter().map(|record| record.body.as_deref().unwrap()).collect()
}

#[test]
fn a_record_has_its_fields_and_its_place() {
    let (first, second) = (event(7, b"{\"records\":[]}"), event(8, b""));
    let head = head(SCHEMA, None);
    let file = [head.clone(), block(2, &[first.clone(), second.clone()].concat())].concat();
    let (all, notes) = read(&file);
    let start = (head.len() + long(2).len() + long((first.len() + second.len()) as i64).len()) as u64;
    let middle = start + first.len() as u64;
    let expected = Record {
        number: 0,
        at: start..middle,
        sequence_number: Some(7),
        offset: Some("4294967296".to_owned()),
        enqueued: Some("3/4/2031 5:06:07 PM".to_owned()),
        system_properties: vec![("x-opt-enqueued-time".to_owned(), Value::Long(-70_000))],
        properties: vec![
            ("d".to_owned(), Value::Double(1.5)),
            ("s".to_owned(), Value::Text("text".to_owned())),
            ("n".to_owned(), Value::Null),
        ],
        body: Some(b"{\"records\":[]}".to_vec()),
        others: Vec::new(),
    };
    assert_eq!(all[0], expected);
    assert_eq!((all[1].at.clone(), all[1].body.as_deref()), (middle..middle + second.len() as u64, Some(&b""[..])));
    assert_eq!(&file[start as usize..middle as usize], first);
    assert_eq!(notes, Notes { codec: "null".to_owned(), records: 2, ..Notes::default() });
}

#[test]
fn packed_blocks_give_the_place_of_the_block() {
    let plain = [event(1, &b"body ".repeat(100)), event(2, b"b")].concat();
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    deflate.write_all(&plain).unwrap();
    let mut crc = flate2::Crc::new();
    crc.update(&plain);
    let snappy = snap::raw::Encoder::new().compress_vec(&plain).unwrap();
    let snappy = [snappy, crc.sum().to_be_bytes().to_vec()].concat();
    let zstd = zstd::encode_all(&plain[..], 1).unwrap();
    for (codec, data) in [("deflate", deflate.finish().unwrap()), ("snappy", snappy), ("zstandard", zstd)] {
        let head = head(SCHEMA, Some(codec));
        let file = [head.clone(), block(2, &data), block(2, &data)].concat();
        let (all, notes) = read(&file);
        assert_eq!(bodies(&all), [&b"body ".repeat(100)[..], b"b", &b"body ".repeat(100), b"b"]);
        let start = (head.len() + 1 + long(data.len() as i64).len()) as u64;
        assert_eq!((all[0].at.clone(), all[1].at.clone()), (start..start + data.len() as u64, all[0].at.clone()));
        assert_eq!((notes.codec.as_str(), notes.lost.len()), (codec, 0));
        let mut wrong = file;
        wrong[start as usize + 12] ^= 0x55;
        let (all, notes) = read(&wrong);
        // What is left is the second block, and what of the first was read before it went wrong.
        assert!(bodies(&all[all.len() - 2..])[1] == b"b" && notes.lost.len() == 1, "{codec} {notes:?}");
    }
    let (all, notes) = read(&[head(SCHEMA, Some("lzo")), block(1, b"x")].concat());
    assert_eq!((all.len(), notes.lost[0].reason.as_str()), (0, "codec \"lzo\" is not supported"));
}

#[test]
fn a_damaged_block_costs_only_itself() {
    let one = |number| block(1, &event(number, b"body"));
    let head = head(SCHEMA, None);
    let start = head.len();
    let file = |middle: Vec<u8>| [head.clone(), one(1), middle, one(3)].concat();
    let from = (start + one(1).len()) as u64;
    // A length that is too long, too short, negative; a marker that is wrong; a number without end.
    let mut marker = one(2);
    *marker.last_mut().unwrap() ^= 1;
    let long_data = [long(1), long(100_000), event(2, b"body"), SYNC.to_vec()].concat();
    let short_data = [long(1), long(3), event(2, b"body"), SYNC.to_vec()].concat();
    let negative = [long(1), long(-3), event(2, b"body"), SYNC.to_vec()].concat();
    let endless = [vec![0xff; 12], SYNC.to_vec()].concat();
    let huge = [long(1), long(i64::MAX), SYNC.to_vec()].concat();
    for (middle, reason) in [
        (marker, "no sync marker where a block should end"),
        (long_data, "a block says it has 100000 bytes, "),
        (short_data, "no sync marker where a block should end"),
        (negative, "the beginning of a block is damaged"),
        (endless, "the beginning of a block is damaged"),
        (huge, "a block says it has 9223372036854775807 bytes, 67108864 are held"),
    ] {
        let (all, notes) = read(&file(middle));
        let numbers = all.iter().map(|record| record.sequence_number.unwrap()).collect::<Vec<_>>();
        assert!(notes.lost[0].reason.starts_with(reason), "{notes:?}");
        assert_eq!(notes.lost[0].at.start, from, "{notes:?}");
        // Behind a marker that is wrong the next is at the end of the next block.
        let expected = if reason.starts_with("no sync") && numbers.len() == 1 { &[1][..] } else { &[1, 3] };
        assert_eq!(numbers, expected, "{notes:?}");
    }
    let wrong = [event(1, b"a"), vec![0x02, 0xff], event(3, b"c")].concat();
    let (all, notes) = read(&[head.clone(), block(3, &wrong), one(4)].concat());
    assert_eq!(bodies(&all), [&b"a"[..], b"body"]);
    assert!(notes.lost[0].reason.starts_with("record 2 of 3 in its block: "), "{notes:?}");
}

#[test]
fn a_file_that_is_cut_gives_what_it_has() {
    let file = [head(SCHEMA, None), block(1, &event(1, b"one")), block(1, &event(2, b"two"))].concat();
    for length in 0..file.len() {
        let (all, notes) = read(&file[..length]);
        assert!(all.len() <= 2);
        let whole = length == head(SCHEMA, None).len() || length == file.len() - block(1, &event(2, b"two")).len();
        assert_eq!(notes.lost.is_empty() && notes.notes.is_empty(), whole, "{length} {notes:?}");
    }
    let (all, notes) = read(&file[..file.len() - 5]);
    assert_eq!(bodies(&all), [b"one", b"two"]);
    assert_eq!(
        (notes.lost, notes.notes),
        (Vec::new(), vec!["cut before the sync marker of its last block".to_owned()])
    );
}

#[test]
fn counts_that_lie_are_refused() {
    let (all, notes) = read(&[head(SCHEMA, None), block(1 << 60, b"")].concat());
    assert_eq!(all.len(), 0);
    assert_eq!(notes.lost[0].reason, "a block of 0 bytes says it has 1152921504606846976 records");
    let (all, notes) = read(&[head(SCHEMA, None), block(1, &[event(1, b"x"), b"left".to_vec()].concat())].concat());
    assert_eq!((all.len(), notes.lost[0].reason.as_str()), (1, "4 bytes of a block are of no record"));
    // An array of nothing may be of any length.
    let nulls = r#"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","items":"null"}}]}"#;
    let (_, notes) = read(&[head(nulls, None), block(1, &long(1 << 60))].concat());
    assert_eq!(notes.lost[0].reason, "record 1 of 1 in its block: a block has too many values for its bytes");
    assert_eq!(notes.notes, ["no Event Hubs capture: its records have no Body"]);
    // A record that holds itself, without end.
    let deep = r#"{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}"#;
    let (_, notes) = read(&[head(deep, None), block(1, &[0; 100])].concat());
    assert_eq!(notes.lost[0].reason, "record 1 of 1 in its block: a value is too deep");
    let bomb = zstd::encode_all(&vec![0; 70 << 20][..], 1).unwrap();
    let (_, notes) = read(&[head(SCHEMA, Some("zstandard")), block(1, &bomb)].concat());
    assert_eq!(notes.lost[0].reason, "a block has over 67108864 bytes");
}

#[test]
fn schemas_of_any_kind_are_followed() {
    let schema = r#"{"type":"record","name":"a.b.R","fields":[
        {"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
        {"name":"f","type":{"type":"fixed","name":"F","size":3}},
        {"name":"again","type":["null","F"]},
        {"name":"next","type":["null","a.b.R"]},
        {"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}},
        {"name":"b","type":"boolean"},{"name":"x","type":"float"},
        {"name":"list","type":{"type":"array","items":"int"}}]}"#;
    let rest = [long(-1), vec![1], 0.5_f32.to_le_bytes().to_vec(), long(2), long(5), long(6), long(0)].concat();
    let inner = [long(0), b"xyz".to_vec(), long(0), long(0), rest.clone()].concat();
    let data = [long(1), b"abc".to_vec(), long(1), b"def".to_vec(), long(1), inner, rest].concat();
    let (all, notes) = read(&[head(schema, None), block(1, &data)].concat());
    assert_eq!(notes.lost, []);
    let others = &all[0].others;
    assert_eq!(others[0], ("e".to_owned(), Value::Text("B".to_owned())));
    assert_eq!(others[2], ("again".to_owned(), Value::Bytes(b"def".to_vec())));
    let Value::Record(next) = &others[3].1 else { panic!() };
    assert_eq!(next[0].1, Value::Text("A".to_owned()));
    assert_eq!(others[7].1, Value::Array(vec![Value::Long(5), Value::Long(6)]));
    for (schema, reason) in [
        ("{", "its schema is no JSON: "),
        (r#""Unknown""#, "its schema uses a type it does not define: Unknown"),
        (r#"{"type":"array"}"#, "its schema has array without items"),
        ("7", "its schema has a type that is none"),
    ] {
        let (_, notes) = read(&head(schema, None));
        assert!(notes.lost[0].reason.starts_with(reason), "{notes:?}");
    }
    assert_eq!(read(b"{}").1.lost, [Lost { at: 0..2, reason: "no Avro object container".to_owned() }]);
    let nested = "[".repeat(100) + &"]".repeat(100);
    assert_eq!(read(&head(&nested, None)).1.lost[0].reason, "its schema is too deep or too long");
}

#[test]
fn a_failing_disk_is_an_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("no more disk"))
        }
    }
    let file = [head(SCHEMA, None), block(1, &event(1, b"one"))].concat();
    for length in 0..=file.len() {
        let error = records(&mut (&file[..length]).chain(Broken), &mut |_| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "no more disk");
    }
}

/// Sync markers with lengths that go over the rest of the file: it must not be read once for each of them.
#[test]
fn markers_without_blocks_do_not_take_hours() {
    let piece = [&SYNC[..], &long(1), &long(60 << 20)].concat();
    let file = [head(SCHEMA, None), piece.repeat(100_000)].concat();
    let begun = std::time::Instant::now();
    let (all, notes) = read(&file);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    assert!(all.is_empty() && notes.lost.len() <= 1000);
}

proptest! {
    #[test]
    fn any_bytes_after_a_header(rest in prop::collection::vec(any::<u8>(), 0..300), codec in prop::sample::select(vec!["null", "deflate", "snappy", "zstandard", "xz", "bzip2"])) {
        read(&rest);
        read(&[b"Obj\x01".to_vec(), rest.clone()].concat());
        read(&[head(SCHEMA, Some(codec)), rest.clone()].concat());
        read(&[head(SCHEMA, Some(codec)), block(3, &rest)].concat());
    }

    #[test]
    fn any_change_of_a_file(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut file = [head(SCHEMA, None), block(1, &event(1, b"one")), block(2, &[event(2, b"two"), event(3, b"3")].concat())].concat();
        for (at, to) in changes {
            let at = at.index(file.len());
            file[at] = to;
        }
        let (all, notes) = read(&file);
        for record in all {
            prop_assert!(record.at.end <= file.len() as u64);
        }
        for lost in notes.lost {
            prop_assert!(lost.at.start <= lost.at.end && lost.at.end <= file.len() as u64);
        }
    }
}
