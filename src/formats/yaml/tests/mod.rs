//! Expectations come from the YAML specification, from `sigs.k8s.io/yaml` 1.6 (run beside), or from reading by eye.

mod captures;
mod fit;
mod framing;
mod hostile;
mod limits;
mod lists;
mod merges;
mod scalars;

use super::{Document, Found, documents};

fn found(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    documents(text, 1, &mut |found| all.push(found));
    all
}

/// The documents of a text that has nothing broken.
fn whole(text: &str) -> Vec<Document> {
    let only = |found| match found {
        Found::Document(document) => document,
        Found::Broken { reason, .. } => panic!("{reason}: {text}"),
    };
    found(text).into_iter().map(only).collect()
}

/// The JSON of the only document.
fn json(text: &str) -> String {
    let mut all = whole(text);
    assert_eq!(all.len(), 1, "{text}");
    all.remove(0).json
}

fn oddities(text: &str) -> Vec<String> {
    whole(text).into_iter().flat_map(|document| document.oddities).collect()
}

/// What is found, in short: the bytes with the JSON text, or the bytes with `!`.
fn pieces(text: &str) -> Vec<(&str, String)> {
    let short = |found| match found {
        Found::Document(document) => (&text[document.at], document.json),
        Found::Broken { at, .. } => (&text[at], "!".to_owned()),
    };
    found(text).into_iter().map(short).collect()
}

fn reasons(text: &str) -> Vec<String> {
    let reason = |found| match found {
        Found::Document(_) => None,
        Found::Broken { reason, .. } => Some(reason),
    };
    found(text).into_iter().filter_map(reason).collect()
}
