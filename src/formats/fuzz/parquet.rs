//! What is looked at before a Parquet file is unpacked. Unpacking itself is another's, and its panics are caught.

use super::Target;
use crate::formats::parquet::{is_parquet, thrift};

pub const TARGET: Target = Target {
    name: "parquet",
    doc: "a footer or the pages of a column: nesting and sizes are told, or that it is damaged",
    run,
    seeds: |specimen| {
        let Some(end) = specimen.len().checked_sub(8).filter(|_| is_parquet(specimen)) else { return Vec::new() };
        let length = specimen[end..end + 4].iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte));
        let footer = end.checked_sub(length).map(|start| specimen[start..end].to_vec());
        // The first page of the first column stands behind the magic.
        footer.into_iter().chain([specimen[4..end].to_vec()]).collect()
    },
};

fn run(bytes: &[u8]) {
    if let Some(levels) = thrift::nesting(bytes) {
        assert!(levels <= bytes.len(), "an element of a schema has a byte at least");
    }
    if let Some(pages) = thrift::pages(bytes) {
        assert!(pages.prefixed <= pages.largest && pages.dictionary <= u64::from(u32::MAX));
        assert!(!bytes.is_empty() || pages == thrift::Pages::default());
    }
}
