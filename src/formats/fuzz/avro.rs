//! Avro containers of Event Hubs Capture.

use super::{Target, books};
use crate::formats::{Rows, archive, avro, capture};
use crate::model::EvidenceId;

pub const TARGET: Target = Target {
    name: "avro",
    doc: "records and losses lie in the file, records in order; read as a capture the books balance",
    run,
    seeds: |specimen| if archive::is_avro(specimen) { vec![specimen.to_vec()] } else { Vec::new() },
};

fn run(bytes: &[u8]) {
    // A byte that seldom changes should not decide whether anything is looked at.
    let head = bytes.len().min(4);
    let file = [&b"Obj\x01"[..head], &bytes[head..]].concat();
    let size = file.len() as u64;
    let (mut number, mut start) = (0, 0);
    let notes = avro::records(&mut &file[..], &mut |record| {
        assert_eq!(record.number, number);
        assert!(record.at.start >= start && record.at.start <= record.at.end && record.at.end <= size);
        (number, start) = (number + 1, record.at.start);
        Ok(())
    });
    let notes = notes.expect("reading from memory cannot fail");
    assert_eq!(notes.records, number);
    for lost in &notes.lost {
        assert!(lost.at.start <= lost.at.end && lost.at.end <= size, "{:?} of {size}: {}", lost.at, lost.reason);
    }
    let mut rows = Rows::new(EvidenceId(7), "input");
    let known = capture(&mut &file[..], &mut rows, &mut |_| {}).expect("reading from memory cannot fail");
    assert_eq!(known.size, size);
    let batch = rows.finish();
    books(&batch);
    assert!(batch.rejects.iter().all(|reject| reject.offset + reject.length <= size));
}
