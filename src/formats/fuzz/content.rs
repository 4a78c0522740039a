//! Any content through reader and decoder.

use std::io::{Cursor, Read};

use super::{Target, apart, books, read, spans};
use crate::formats::{Batch, Content, json, readable};

pub const TARGET: Target = Target {
    name: "content",
    doc: "any input as evidence: books balance, spans are apart, no line of JSON lines is lost, lines are counted",
    run,
    seeds: |specimen| if specimen.len() <= 64 << 10 { vec![specimen.to_vec()] } else { Vec::new() },
};

/// More than this is not held against what was read.
const MOST: u64 = 16 << 20;

fn run(bytes: &[u8]) {
    let (batch, known) = read(bytes);
    books(&batch);
    apart(&batch, known.size, known.format == "yaml");
    let mut content = Vec::new();
    let source = readable(Cursor::new(bytes.to_vec())).expect("reading from memory cannot fail");
    source.take(MOST).read_to_end(&mut content).expect("reading from memory cannot fail");
    if (content.len() as u64) < MOST {
        assert_eq!(content.len() as u64, known.size);
        lines(&content, &batch);
        covered(&content, &batch, &known);
    }
}

/// A reject is on the line it says.
fn lines(content: &[u8], batch: &Batch) {
    let mut rejects: Vec<_> = batch.rejects.iter().filter(|reject| reject.line > 0).collect();
    rejects.sort_by_key(|reject| reject.offset);
    // Counted from one to the next: a small input may unpack to megabytes of rejects.
    let (mut counted, mut before) = (0, 0);
    for reject in rejects {
        let offset = reject.offset as usize;
        before += memchr::memchr_iter(b'\n', &content[counted..offset]).count() as u64;
        counted = offset;
        assert_eq!(reject.line, before + 1, "{:?}", reject.reason);
    }
}

/// A line that no row and no reject touches holds valid JSON: a wrapping without records.
fn covered(content: &[u8], batch: &Batch, known: &Content) {
    if known.format != "json-lines" {
        return;
    }
    let mut start = 0;
    let spans = spans(batch);
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        let after = spans.partition_point(|(offset, _)| (*offset as usize) < end);
        let touched = after > 0 && (spans[after - 1].0 + spans[after - 1].1) as usize > start;
        let text = json::trim(line).1;
        if !touched && !text.is_empty() {
            let values = serde_json::Deserializer::from_slice(text).into_iter::<serde::de::IgnoredAny>();
            for value in values {
                assert!(value.is_ok(), "lost: {:?}", String::from_utf8_lossy(text));
            }
        }
        start = end;
    }
}
