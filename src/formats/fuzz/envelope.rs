//! Every envelope by itself, whether or not it would take the content, in blocks of any size.

use std::sync::Arc;

use super::{Target, apart, books, places, unpacked};
use crate::formats::block::{self, Block, Context, Kind, decode, lines};
use crate::formats::envelopes::Envelope;
use crate::formats::host::framing;
use crate::formats::{Batch, ENVELOPES, Fit, Rows, json};
use crate::model::EvidenceId;

pub const TARGET: Target = Target {
    name: "envelope",
    doc: "first byte: an envelope; second: the size of blocks. In blocks it finds what it finds in the whole",
    run,
    seeds: |specimen| {
        let content = unpacked(specimen).unwrap_or_default();
        let one = |number: usize| [&[number as u8, 40], &content[..]].concat();
        if content.is_empty() { Vec::new() } else { (0..ENVELOPES.len()).map(one).collect() }
    },
};

fn run(bytes: &[u8]) {
    let [number, size, content @ ..] = bytes else { return };
    let envelope = ENVELOPES[usize::from(*number) % ENVELOPES.len()];
    // What the reader takes off before it asks an envelope.
    let content = &content[json::trim(content).0..];
    if content.is_empty() {
        return;
    }
    let own = envelope.fit(content) > Fit::No;
    let whole = decoded(envelope, content, content.len() + 1);
    let blocks = decoded(envelope, content, usize::from(*size) + 1);
    // Of content that is not its own an envelope may learn one thing from its beginning and another later.
    if own {
        assert_eq!(found(&whole), found(&blocks), "{}", envelope.name());
    }
}

/// What was found where, over all blocks.
fn found(batches: &[Batch]) -> Vec<(u64, u64, &str)> {
    batches.iter().flat_map(places).collect()
}

/// Cuts and decodes as a reader does, but in blocks of about `enough` bytes, each decoded by itself.
fn decoded(envelope: &'static dyn Envelope, content: &[u8], enough: usize) -> Vec<Batch> {
    let before = block::ENOUGH.replace(enough);
    let mut cutter = envelope.cutter();
    let (mut batches, mut notes) = (Vec::new(), Vec::new());
    // A reader shows a long head first, and some envelopes learn from it what the content is.
    let head = content.len().min(enough);
    let short = framing::fit(&content[..head]) == framing::fit(content);
    let (mut offset, mut end, mut line) = (0, if short { head } else { content.len() }, 1);
    let mut told = false;
    loop {
        let last = end == content.len() && (told || enough > content.len());
        match cutter.cut(&content[offset..end], last, &mut notes) {
            Some((length, learnt)) => {
                assert!(length > 0 && offset + length <= end);
                let bytes = content[offset..offset + length].to_vec();
                let context = Arc::new(Context { content: Kind::Records(envelope, learnt) });
                let block = Block { offset: offset as u64, line, bytes, context };
                let mut rows = Rows::new(EvidenceId(7), "input");
                decode(&block, &mut rows);
                (offset, line) = (offset + length, line + lines(&block.bytes));
                let batch = rows.finish();
                books(&batch);
                apart(&batch, offset as u64, envelope.name() == "yaml");
                batches.push(batch);
            }
            None if last => break,
            // That nothing more comes is known only when no more is read.
            None if end == content.len() => told = true,
            None => end = content.len().min(end + enough),
        }
    }
    assert_eq!(offset, content.len());
    block::ENOUGH.set(before);
    batches
}
