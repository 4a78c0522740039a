//! Databases of etcd: the walk over pages, the scan for loose ones, and the rows that come of it.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use serde_json::value::RawValue;

use super::{Target, books, spans};
use crate::formats::etcd::{Found, Value, read};
use crate::formats::{Rows, archive, readable, snapshot};
use crate::model::EvidenceId;

pub const TARGET: Target = Target {
    name: "etcd",
    doc: "a whole database, also with its meta pages put right: bounded work, records in the file, objects that are JSON",
    run,
    seeds: |specimen| {
        let mut start = Vec::new();
        let source = readable(Cursor::new(specimen.to_vec()));
        let _ = source.map(|source| source.take(16 * 4096).read_to_end(&mut start));
        if archive::is_bbolt(&start) { vec![start] } else { Vec::new() }
    },
};

fn run(bytes: &[u8]) {
    whole(bytes);
    let mut sound = bytes.to_vec();
    if resum(&mut sound) {
        whole(&sound);
    }
}

fn whole(bytes: &[u8]) {
    let records = bounded(bytes);
    let mut rows = Rows::new(EvidenceId(7), "input");
    let known = snapshot::read(&mut Cursor::new(bytes), &mut rows, &mut |_| {});
    assert_eq!(known.is_ok(), records.is_some());
    let batch = rows.finish();
    books(&batch);
    assert!(spans(&batch).iter().all(|(offset, length)| offset + length <= bytes.len() as u64));
}

/// Counts the bytes that are read.
struct Counted<'a> {
    inner: Cursor<&'a [u8]>,
    bytes: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Reads, and holds what must hold for any bytes; returns the revisions in the tree, None when the file is refused.
pub fn bounded(bytes: &[u8]) -> Option<Vec<(i64, i64)>> {
    let size = bytes.len() as u64;
    let mut source = Counted { inner: Cursor::new(bytes), bytes: 0 };
    let (mut given, mut records) = (0, Vec::new());
    let summary = read(&mut source, &mut |stored| {
        assert!(stored.at.start <= stored.at.end && stored.at.end <= size);
        given += stored.at.end - stored.at.start;
        if stored.found == Found::Tree {
            records.push((stored.revision, stored.sub));
        }
        if let Value::Object { json, .. } | Value::Json(json) = stored.value {
            serde_json::from_str::<&RawValue>(json).expect("an object is JSON");
        }
    });
    // A walk and a scan, each with as much again for overflow pages; and loose records once more.
    assert!(source.bytes <= 6 * size + 1024, "{} bytes read of {size}", source.bytes);
    assert!(given <= 4 * size, "{given} bytes given of {size}");
    summary.ok().map(|_| records)
}

/// Makes the checksums of both meta pages right, since no change of them would come further; false when they were.
fn resum(bytes: &mut [u8]) -> bool {
    let page = bytes.get(24..28).map(|size| u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
    let mut changed = false;
    for start in [0, page.unwrap_or(0) as usize] {
        let Some(meta) = start.checked_add(80).and_then(|end| bytes.get_mut(start + 16..end)) else { continue };
        let (fields, sum) = meta.split_at_mut(56);
        let hash = fields
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
        changed |= *sum != hash.to_le_bytes();
        sum.copy_from_slice(&hash.to_le_bytes());
    }
    changed
}
