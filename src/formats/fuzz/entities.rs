//! Entity graphs of alerts.

use serde_json::value::RawValue;

use super::{Target, records};
use crate::formats::entities::resolve;
use crate::formats::json;
use crate::formats::members::Members;

pub const TARGET: Target = Target {
    name: "entities",
    doc: "a graph with its references put in place is JSON, and no larger than it may be",
    run,
    seeds: |specimen| {
        let mut seeds = Vec::new();
        for record in records(specimen) {
            let Ok(Members(members)) = serde_json::from_slice(&record) else { continue };
            let graphs = members.iter().map(|(_, raw)| json::string(raw.get()).unwrap_or(raw.get().into()));
            seeds.extend(graphs.filter(|graph| graph.contains("$id")).map(|graph| graph.into_owned().into_bytes()));
        }
        seeds
    },
};

/// What may be added to the text (as [`resolve`] promises), with what is written while that is found out.
const MOST: usize = 2 << 20;

fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let valid = serde_json::from_str::<&RawValue>(text).is_ok_and(|raw| raw.get().starts_with(['[', '{']));
    let found = resolve(text);
    assert_eq!(found.is_some(), valid);
    let Some(found) = found else { return };
    serde_json::from_str::<&RawValue>(&found.json).expect("a resolved graph is JSON");
    assert!(found.json.len() <= MOST + 2 * text.len(), "{} of {}", found.json.len(), text.len());
    if !text.contains("ref") && !text.contains('\\') {
        let plain = |text: &str| text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<u8>>();
        assert_eq!(plain(&found.json), plain(text), "nothing was referred to");
    }
}
