//! Kubernetes manifests and `kubectl get -o yaml` (formats.md f.1) as JSON text, one piece for every object.
//!
//! Scalars mean what they mean to Kubernetes, which reads YAML with `sigs.k8s.io/yaml` over `go.yaml.in/yaml/v2`: a
//! mixture of YAML 1.1 and 1.2. Where the two versions differ for a scalar that occurs, the document's oddities say so.
//! Text that is no YAML, aliases that expand without end and keys that JSON cannot have are given back as broken bytes
//! with a reason. Nothing is repaired and no second meaning is tried, except that a document that is valid JSON and no
//! YAML (half surrogates, for one) is kept as the JSON it is.

mod chunks;
mod edges;
mod fit;
mod keep;
mod merge;
mod place;
mod reader;
mod scalar;
mod writer;

#[cfg(test)]
mod tests;

use std::ops::Range;

pub use chunks::{cut, ends};
pub use fit::{Fit, looks_like};

/// How deeply a value may nest: `serde_json` refuses the 128th level, so a text with more could not be read back.
pub const MAX_DEPTH: usize = 127;
/// How many bytes of JSON the aliases and merge keys of one document may add.
pub const MAX_EXPANDED_BYTES: usize = 16 << 20;
/// How many values the aliases and merge keys of one document may add; Kubernetes stops near 400,000 as well.
pub const MAX_EXPANDED_NODES: usize = 400_000;
/// How many oddities of one document are listed.
pub const MAX_ODDITIES: usize = 8;

/// One Kubernetes object, or any other document, found in YAML text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Bytes in the text, from the first of the value to its last.
    pub at: Range<usize>,
    /// Line of the content it starts on.
    pub line: u64,
    /// The value, keys in the order of the source; what merge keys add stands behind them.
    pub json: String,
    /// Kind (without `List`) and apiVersion of a typed list around it.
    pub list: Option<(String, String)>,
    /// What a reader of the JSON should know about how it was written, at most [`MAX_ODDITIES`] and a note of more.
    pub oddities: Vec<String>,
}

/// What [`documents`] finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Document(Document),
    /// Bytes that hold no value that can be read; `line` is where they start, the reason names the line of the damage.
    Broken {
        at: Range<usize>,
        line: u64,
        reason: String,
    },
}

/// Reads every document of the text, in order.
///
/// A list gives its items one by one: a mapping of which `kind` ends in `List`, `items` is a sequence and `metadata`
/// names nothing. A list that ends or breaks before it says its kind gives the items that came, with an oddity. A list
/// that is an item of another is given as one item.
///
/// The ranges found, and blank space, comments, directives, document markers and the mapping around the items of a
/// list, together are the whole text. `line` is the line of the content on which the text begins; lines that are told,
/// also in reasons and oddities, are lines of the content.
pub fn documents(text: &str, mut line: u64, each: &mut dyn FnMut(Found)) {
    for chunk in chunks::chunks(text) {
        let lines = place::lines(&text.as_bytes()[chunk.clone()]);
        reader::read(text, chunk, line, each);
        line += lines;
    }
}
