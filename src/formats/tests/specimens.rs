//! Inputs that are read as a whole or not at all: archives, other people's formats, nothing.

use std::io::Write;

use super::{EVENT, read};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn archives_are_undone_and_offsets_count_inside() {
    let text = format!("{EVENT}\n{EVENT}\n");
    let (batch, content) = read(&gzip(&gzip(text.as_bytes())));
    assert_eq!((batch.audit.num_rows(), content.size), (2, text.len() as u64));
}

#[test]
fn half_an_archive_gives_its_rows_a_reject_and_a_note() {
    let text = (0..500).map(|i| EVENT.replace("a1", &format!("{i:x}{}", i * 7919)) + "\n").collect::<String>();
    let whole = gzip(text.as_bytes());
    let (batch, content) = read(&whole[..whole.len() / 2]);
    assert!(batch.audit.num_rows() > 10 && batch.rejects.len() <= 1);
    assert!(content.notes[0].starts_with("gzip ends early"), "{:?}", content.notes);
    assert!(content.size < text.len() as u64);
}

#[test]
fn an_archive_without_content_is_a_reject() {
    let (batch, content) = read(b"\x1f\x8bnot really");
    assert_eq!((batch.read, batch.rejects.len(), content.format.as_str()), (1, 1, "gzip"));
    assert!(batch.rejects[0].reason.starts_with("gzip"));
    let (batch, content) = read(&gzip(b""));
    assert_eq!((batch.read, content.notes), (0, vec!["empty file".to_owned()]));
}

#[test]
fn nothing_and_blanks_are_noted() {
    for (bytes, note) in [(&b""[..], "empty file"), (b" \n\0\0\r\n\xef\xbb\xbf", "empty: nothing but blanks")] {
        let (batch, content) = read(bytes);
        assert_eq!((batch.read, content.notes, content.format.as_str()), (0, vec![note.to_owned()], "empty"));
    }
}

#[test]
fn utf_16_is_read_as_the_text_it_is() {
    let utf16 = [&b"\xff\xfe"[..], &EVENT.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat();
    let (batch, content) = read(&utf16);
    assert_eq!((batch.audit.num_rows(), batch.read, content.size), (1, 1, EVENT.len() as u64));
    assert!(content.notes[0].starts_with("UTF-16 text"), "{:?}", content.notes);
}

#[test]
fn what_is_not_read_is_one_reject_over_all_of_it() {
    for (bytes, format, word) in [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "png", "PNG"),
        (b"PK\x03\x04stuff".to_vec(), "zip", "zip"),
        (b"PAR1stuff".to_vec(), "parquet", "Parquet"),
        (b"n1\tlist\t200\nn1\tget\t403\n".to_vec(), "table", "without a header"),
        (b"\x01\x02\x03\x04".to_vec(), "unknown", "binary content"),
        (gzip(&gzip(&gzip(&gzip(&gzip(b"x"))))), "gzip", "more than four deep"),
    ] {
        let (batch, content) = read(&bytes);
        assert_eq!((batch.read, batch.rejects.len(), content.format.as_str()), (1, 1, format));
        assert!(batch.rejects[0].reason.contains(word), "{}", batch.rejects[0].reason);
        assert_eq!((batch.rejects[0].offset, batch.rejects[0].length), (0, content.size));
    }
}
