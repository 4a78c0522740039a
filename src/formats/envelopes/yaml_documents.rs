//! Kubernetes manifests and lists in YAML: `kubectl get -o yaml`, must-gather, several documents after one another.

use std::ops::Range;

use super::{Cutter, Envelope, Found};
use crate::formats::block::{Block, Learnt, enough, lines};
use crate::formats::{Fit, Item, json, yaml};

/// See the module's description.
pub struct YamlDocuments;

#[allow(private_interfaces, reason = "see the trait")]
impl Envelope for YamlDocuments {
    fn name(&self) -> &'static str {
        "yaml"
    }

    fn doc(&self) -> &'static str {
        "YAML documents, one or several; the items of a list one by one"
    }

    fn fit(&self, head: &[u8]) -> Fit {
        // A byte that is no UTF-8 in one document does not make the others something else.
        match yaml::looks_like(String::from_utf8_lossy(head).as_bytes()) {
            yaml::Fit::No => Fit::No,
            yaml::Fit::Maybe => Fit::Maybe,
            yaml::Fit::Sure => Fit::Sure,
        }
    }

    fn cutter(&self) -> Box<dyn Cutter> {
        Box::new(Documents)
    }

    fn open(&self, block: &Block, _: &Learnt, each: &mut dyn FnMut(Found<'_>)) {
        let mut start = 0;
        for end in ends(&block.bytes) {
            let bytes = &block.bytes[start..end];
            let line = block.line + lines(&block.bytes[..start]);
            documents(bytes, block.offset + start as u64, line, each);
            start = end;
        }
    }
}

/// Where the documents of a block end. Only a block with a byte that is no UTF-8 is taken apart, so that the other
/// documents are still read.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    if std::str::from_utf8(bytes).is_err() {
        ends = yaml::ends(bytes);
    }
    if ends.last() != Some(&bytes.len()) {
        ends.push(bytes.len());
    }
    ends
}

fn documents(bytes: &[u8], offset: u64, line: u64, each: &mut dyn FnMut(Found<'_>)) {
    let at = |range: &Range<usize>| offset + range.start as u64..offset + range.end as u64;
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let (blanks, rest) = json::trim(bytes);
            let reason = format!("YAML document that is no UTF-8, from byte {} of it", error.valid_up_to());
            let line = line + lines(&bytes[..blanks]);
            return each(Found::Reject { at: at(&(blanks..blanks + rest.len())), line, reason, bytes: rest });
        }
    };
    yaml::documents(text, line, &mut |found| match found {
        yaml::Found::Document(document) => {
            document.oddities.iter().for_each(|oddity| each(Found::Note(format!("YAML: {oddity}"))));
            let list = document.list.as_ref().map(|(kind, version)| (kind.as_str(), version.as_str()));
            let Some(place) = place(bytes, &document.at) else {
                return each(Found::Note("YAML: an item of a list has no value".to_owned()));
            };
            let line = document.line - lines(&bytes[place.start..document.at.start.max(place.start)]);
            let item = Item::new(at(&place), line, &document.json);
            each(Found::Item(Item { list, made: true, ..item }));
        }
        // Everything of it is in whole items.
        yaml::Found::Broken { at: range, reason, .. } if range.is_empty() => {
            each(Found::Note(format!("YAML: {reason}")))
        }
        yaml::Found::Broken { at: range, line, reason } => {
            let bytes = &bytes[range.clone()];
            each(Found::Reject { at: at(&range), line, reason: format!("YAML: {reason}"), bytes });
        }
    });
}

/// Where a value is; one that is not written is the dash that makes it an item.
fn place(bytes: &[u8], range: &Range<usize>) -> Option<Range<usize>> {
    if !range.is_empty() {
        return Some(range.clone());
    }
    let dash = bytes[..range.start].trim_ascii_end().len().checked_sub(1)?;
    (bytes[dash] == b'-').then_some(dash..dash + 1)
}

/// Cuts behind whole documents.
struct Documents;

#[allow(private_interfaces, reason = "see the trait")]
impl Cutter for Documents {
    fn cut(&mut self, held: &[u8], last: bool, _: &mut Vec<String>) -> Option<(usize, Learnt)> {
        let end = if last { Some(held.len()).filter(|length| *length > 0) } else { None };
        // One document is often all there is, and looking for its end again and again would cost.
        let whole = || if held.len() >= enough() { yaml::cut(held).filter(|end| *end > 0) } else { None };
        end.or_else(whole).map(|end| (end, Learnt::default()))
    }
}
