//! YAML to JSON.

use serde_json::value::RawValue;

use super::{Target, unpacked};
use crate::formats::yaml::{Found, cut, documents, looks_like};

pub const TARGET: Target = Target {
    name: "yaml",
    doc: "documents lie in the text one behind the other, are JSON, and are the same when the text is cut between them",
    run,
    seeds: |specimen| unpacked(specimen).filter(|content| content.len() < 16 << 10).into_iter().collect(),
};

fn run(bytes: &[u8]) {
    looks_like(bytes);
    let middle = cut(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let whole = found(text);
    if let Some(middle) = middle {
        let (first, second) = text.split_at(middle);
        let blocks: Vec<_> = found(first).into_iter().chain(found(second)).collect();
        assert_eq!(whole, blocks, "cut at {middle}");
    }
}

/// The JSON of every document, None where it is broken.
fn found(text: &str) -> Vec<Option<String>> {
    let (mut all, mut end, mut lines, mut counted) = (Vec::new(), 0, 1, 0);
    documents(text, 1, &mut |found| {
        let (at, line, json) = match found {
            Found::Document(document) => (document.at, document.line, Some(document.json)),
            Found::Broken { at, line, reason } => {
                assert!(!reason.is_empty() && !reason.contains('\n'));
                (at, line, None)
            }
        };
        assert!(at.start >= end && at.start <= at.end && text.get(at.clone()).is_some(), "{at:?} after {end}");
        end = at.end;
        lines += memchr::memchr_iter(b'\n', &text.as_bytes()[counted..at.start]).count() as u64;
        counted = at.start;
        assert_eq!(line, lines);
        if let Some(json) = &json {
            serde_json::from_str::<&RawValue>(json).expect("a document is JSON");
        }
        all.push(json);
    });
    all
}
