//! What packs content, undone.

use std::io::{Cursor, Read};

use super::Target;
use crate::formats::source::{Buffer, Source};
use crate::formats::{Shape, content, shape};

pub const TARGET: Target = Target {
    name: "source",
    doc: "gzip, zstd, xz, bzip2 and UTF-16: read in small pieces or at once it is the same content with the same note",
    run,
    seeds: |specimen| {
        let packed = shape(&mut Cursor::new(specimen)).is_ok_and(|(_, packed)| packed);
        let utf16 = specimen.starts_with(b"\xff\xfe") || specimen.starts_with(b"\xfe\xff");
        if (packed || utf16) && specimen.len() < 16 << 10 { vec![specimen.to_vec()] } else { Vec::new() }
    },
};

/// What is read of it: small inputs may become very large content.
const MOST: usize = 4 << 20;

fn run(bytes: &[u8]) {
    let open = || Source::open(Box::new(Cursor::new(bytes.to_vec()))).expect("reading from memory cannot fail");
    let mut source = open();
    let mut whole = Buffer::default();
    while source.read(&mut whole, 64 << 10).expect("damage is a note") && whole.len() < MOST {}
    assert_eq!(source.size, whole.len() as u64);
    let mut pieces = open();
    let mut again = Buffer::default();
    while pieces.read(&mut again, 7).expect("damage is a note") && again.len() < whole.len().min(10_000) {}
    assert!(whole.starts_with(&again));
    let mut plain = open();
    let mut third = Vec::new();
    Read::take(&mut plain, MOST as u64).read_to_end(&mut third).expect("damage is a note");
    let both = whole.len().min(third.len());
    assert!(whole[..both] == third[..both]);
    if whole.len() < MOST {
        assert_eq!((whole.len(), source.note), (third.len(), plain.note));
    }
    // Unlike the others it fails where a layer is damaged; before that it is the same.
    let mut strict = Vec::new();
    let reader = content(Box::new(Cursor::new(bytes.to_vec()))).expect("reading from memory cannot fail");
    let _ = reader.take(MOST as u64).read_to_end(&mut strict);
    let both = whole.len().min(strict.len());
    assert!(whole[..both] == strict[..both]);
    let (shape, packed) = shape(&mut Cursor::new(bytes)).expect("reading from memory cannot fail");
    assert!(packed || shape != Shape::Stream || !bytes.starts_with(b"PK\x03\x04"));
}
