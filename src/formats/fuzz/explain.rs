//! One record explained.

use std::io::Cursor;

use super::{Target, read, unpacked};
use crate::formats::explain::{Outcome, stream};

pub const TARGET: Target = Target {
    name: "explain",
    doc: "first byte: a line, 0 for the first record. What is explained is there, and columns hold what it says",
    run,
    seeds: |specimen| {
        let content = unpacked(specimen).filter(|content| content.len() < 8 << 10);
        content.into_iter().flat_map(|content| [0, 1, 2].map(|line| [&[line], &content[..]].concat())).collect()
    },
};

fn run(bytes: &[u8]) {
    let [line, content @ ..] = bytes else { return };
    let line = Some(u64::from(*line)).filter(|line| *line > 0);
    let found = stream(Box::new(Cursor::new(content.to_vec())), line, "input", &str::to_owned);
    let found = found.expect("reading from memory cannot fail");
    let (batch, known) = read(content);
    let Some(found) = found else {
        assert!(line.is_some() || batch.read == 0, "{} records and none is explained", batch.read);
        return;
    };
    assert_eq!(found.envelope, known.format);
    assert!(found.at.end <= known.size && (found.at.start < found.at.end || known.size == 0));
    if let Some(line) = line {
        assert!(found.line <= line, "line {line} is explained with a record of line {}", found.line);
    }
    match found.outcome {
        Outcome::Row { columns, fields, .. } => {
            let named = |name: &String| columns.iter().any(|(known, _)| known == name);
            assert!(fields.iter().all(|(_, _, holders)| holders.iter().all(named)));
        }
        Outcome::Reject { reason, .. } => {
            let same = |reject: &crate::formats::Reject| reject.offset == found.at.start && reject.reason == reason;
            assert!(batch.rejects.iter().any(same), "{reason}");
        }
    }
}
