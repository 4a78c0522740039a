//! What must hold for any bytes: one target for everything that reads hostile input, listed in [`TARGETS`].
//!
//! A target panics when something does not hold. The fuzzer in `fuzz/` looks for inputs that make one panic; the tests
//! run all of them over the inputs it found and over the specimens. Here, and not in `fuzz/`, because most of what is
//! called is private to this layer. Not compiled into the program.

mod archive;
mod auditd;
mod avro;
mod content;
mod cri;
mod entities;
mod envelope;
pub(super) mod etcd;
mod event;
mod explain;
mod klog;
mod order;
mod parquet;
mod payload;
mod protobuf;
mod sheet;
mod source;
mod syslog;
mod time;
mod typing;
mod wrappings;
mod yaml;

use std::io::{Cursor, Read};

use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use arrow::record_batch::RecordBatch;

use super::block::decode;
use super::{Batch, Content, Reader, Rows};
use crate::model::EvidenceId;

/// One thing to be given any bytes.
pub struct Target {
    pub name: &'static str,
    /// What is read and what must hold, one line.
    pub doc: &'static str,
    pub run: fn(&[u8]),
    /// Makes inputs of a specimen, none when it is nothing for this target.
    pub seeds: fn(&[u8]) -> Vec<Vec<u8>>,
}

/// Every target.
pub static TARGETS: &[Target] = &[
    content::TARGET,
    envelope::TARGET,
    payload::TARGET,
    order::TARGET,
    event::TARGET,
    wrappings::TARGET,
    sheet::TARGET,
    typing::TARGET,
    explain::TARGET,
    yaml::TARGET,
    entities::TARGET,
    time::TARGET,
    source::TARGET,
    archive::TARGET,
    avro::TARGET,
    auditd::TARGET,
    syslog::TARGET,
    klog::TARGET,
    cri::TARGET,
    etcd::TARGET,
    parquet::TARGET,
    protobuf::TARGET,
];

/// Reads `bytes` as one piece of evidence.
pub(super) fn read(bytes: &[u8]) -> (Batch, Content) {
    let mut reader = Reader::open(Box::new(Cursor::new(bytes.to_vec()))).expect("reading from memory cannot fail");
    let mut rows = Rows::new(EvidenceId(7), "input");
    while let Some(block) = reader.next_block().expect("reading from memory cannot fail") {
        decode(&block, &mut rows);
    }
    let (batch, mut content) = (rows.finish(), reader.finish());
    content.notes.extend(batch.notes.iter().cloned().chain(batch.lacks.notes()));
    (batch, content)
}

/// The rows that are records, by table.
fn tables(batch: &Batch) -> Vec<(&str, &RecordBatch)> {
    let sheets = batch.sheets.iter().filter(|sheet| !sheet.derived).map(|sheet| (sheet.table.as_str(), &sheet.rows));
    [("audit", &batch.audit), ("object", &batch.object)].into_iter().chain(sheets).collect()
}

/// Where rows and rejects lie and what they are, in the order of the content.
fn places(batch: &Batch) -> Vec<(u64, u64, &str)> {
    let column = |rows: &RecordBatch, name: &str| {
        rows.column_by_name(name).expect("every table has it").as_primitive::<UInt64Type>().values().to_vec()
    };
    let mut all = Vec::new();
    for (table, rows) in tables(batch) {
        let spans = column(rows, "offset").into_iter().zip(column(rows, "length"));
        all.extend(spans.chain(more_lines(table, rows)).map(|(offset, length)| (offset, length, table)));
    }
    all.extend(batch.rejects.iter().map(|reject| (reject.offset, reject.length, reject.reason.as_str())));
    all.sort_unstable();
    all
}

/// Of events and lines whose parts lie among those of others, where the further ones are.
fn more_lines(table: &str, rows: &RecordBatch) -> Vec<(u64, u64)> {
    let ours = matches!(table, "auditd" | "container_log");
    let Some(more) = rows.column_by_name("more_lines").filter(|_| ours) else { return Vec::new() };
    let lists = more.as_string::<i32>().iter().flatten();
    let ranges = lists.map(|list| serde_json::from_str::<Vec<(u64, u64)>>(list).expect("we write them"));
    ranges.flatten().collect()
}

/// Where rows and rejects lie, in the order of the content.
pub(super) fn spans(batch: &Batch) -> Vec<(u64, u64)> {
    places(batch).into_iter().map(|(offset, length, _)| (offset, length)).collect()
}

/// Holds the counts of a batch against each other.
fn books(batch: &Batch) {
    let rows = tables(batch).iter().map(|(_, rows)| rows.num_rows()).sum::<usize>();
    assert_eq!(batch.read, (rows + batch.rejects.len()) as u64);
    assert_eq!((batch.audit_keys.len(), batch.object_keys.len()), (batch.audit.num_rows(), batch.object.num_rows()));
    for sheet in &batch.sheets {
        assert_eq!(sheet.keys.len(), sheet.rows.num_rows(), "{}", sheet.table);
    }
    for reject in &batch.rejects {
        assert!(!reject.reason.is_empty() && !reject.reason.contains('\n'), "{:?}", reject.reason);
    }
}

/// Holds spans to be in order, in `0..size` and apart; those of records that share their bytes may be the same.
fn apart(batch: &Batch, size: u64, shared: bool) {
    let (mut before, mut end) = (None, 0);
    for (offset, length) in spans(batch) {
        // Of a packed input that gave nothing, nothing is rejected.
        assert!(offset + length <= size && (length > 0 || size == 0), "{offset}+{length} of {size}");
        let again = shared && before == Some((offset, length));
        assert!(offset >= end || again, "{offset}+{length} after {end}");
        (before, end) = (Some((offset, length)), offset + length);
    }
}

/// The content of a specimen, what packs it undone, when it is short enough to be an input.
fn unpacked(specimen: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    super::readable(Cursor::new(specimen.to_vec())).ok()?.take(LARGEST + 1).read_to_end(&mut content).ok()?;
    (content.len() as u64 <= LARGEST).then_some(content)
}

/// The largest seed; what is longer is slow to change and finds no more.
const LARGEST: u64 = 64 << 10;

/// The lines of a specimen, and all of it: what may be a record.
fn records(specimen: &[u8]) -> Vec<Vec<u8>> {
    let Some(content) = unpacked(specimen) else { return Vec::new() };
    let lines = content.split(|byte| *byte == b'\n').map(|line| line.trim_ascii().to_vec());
    let mut all: Vec<Vec<u8>> = lines.filter(|line| line.len() > 2).take(20).collect();
    if matches!(content.first(), Some(b'{' | b'[')) && all.len() > 1 {
        all.push(content);
    }
    all
}
