//! Fields that are worked out of JSON row by row: what an object was before a request, what the request put into it or
//! took out of it, and what a certificate request asks for.
//!
//! The state before is column `before`, which [`state`](super::state) adds to the rows that hang on it: the object as JSON
//! text, empty where nothing was there. Where it is not known, `not_recorded` says so.

use arrow::array::RecordBatch;
use serde_json::Value as Json;

use super::bodies::{Body, CONTAINERS, NESTINGS};
use super::certificate;
use super::values::{show, text};
use crate::sigma::elements::{Members, elements, leaves, reach};
use crate::sigma::fields::When;
use crate::sigma::matcher::Value;
use crate::sigma::{Field, Matcher, Op, Predicate, Side, Source};

/// The column of what was there before a request.
pub const BEFORE: &str = "before";

/// A test on such a field.
pub struct Derived {
    pub field: Field,
    ask: Ask,
}

enum Ask {
    Values(Matcher),
    Elements(Members),
}

/// Says whether a field is one of these.
pub fn is_derived(field: &Field) -> bool {
    matches!(field.source, Source::State { .. } | Source::Certificate(_))
}

/// Says whether a predicate asks for the state before the event.
pub fn asks_state(predicate: &Predicate) -> bool {
    let is_state = |field: &Field| matches!(field.source, Source::State { .. });
    let mut asks = false;
    predicate.each_test(&mut |test| {
        let other = matches!(&test.op, Op::FieldRef { other, .. } if is_state(other));
        asks |= other || is_state(&test.field);
    });
    asks
}

impl Derived {
    /// Compiles a test; not one that compares two fields.
    pub fn new(field: &Field, op: &Op) -> Derived {
        let ask = match op {
            Op::Elements { quantifier, body } => Ask::Elements(Members::new(*quantifier, body)),
            op => Ask::Values(Matcher::new(op)),
        };
        Derived { field: field.clone(), ask }
    }

    /// Asks one row; None when it cannot be told.
    pub fn holds(&self, batch: &RecordBatch, row: usize) -> Option<bool> {
        let found = found(batch, row, &self.field)?;
        Some(match &self.ask {
            Ask::Values(matcher) => {
                let values: Vec<Value<'_>> = found.iter().flat_map(leaves).collect();
                matcher.matches_any(values)
            }
            Ask::Elements(members) => members.hold(&found.iter().collect::<Vec<_>>()),
        })
    }
}

/// The values of such a field as text; empty when there are none or they cannot be told.
pub fn values(batch: &RecordBatch, row: usize, field: &Field) -> Vec<String> {
    let found = found(batch, row, field).unwrap_or_default();
    found.iter().flat_map(leaves).filter_map(show).collect()
}

/// The values of such a field, the elements of an array each; None when they cannot be told.
fn found(batch: &RecordBatch, row: usize, field: &Field) -> Option<Vec<Json>> {
    match &field.source {
        Source::Certificate(part) => {
            let body: Json = Body::of(batch, row).object.and_then(|text| serde_json::from_str(text).ok())?;
            let Some(request) = body["spec"]["request"].as_str() else { return Some(Vec::new()) };
            let request = certificate::read(request)?;
            Some(request.part(part).iter().map(|text| Json::String(text.clone())).collect())
        }
        Source::State { when, side, path } => {
            let column = batch.column_by_name(BEFORE)?;
            let before: Json = match text(column.as_ref(), row)? {
                "" => Json::Null,
                object => serde_json::from_str(object).ok()?,
            };
            let body = Body::of(batch, row);
            let of = |object: &Json| at(object, *side, body.nesting, path);
            let before = of(&before);
            if *when == When::Before {
                return Some(before);
            }
            // The answer holds the object as it is now, with what the server filled in, as the state before does.
            let answer = body.response.and_then(|text| serde_json::from_str(text).ok());
            let answer = answer.filter(|answer: &Json| answer["kind"] != "Status");
            let now = answer.or_else(|| body.object.and_then(|text| serde_json::from_str(text).ok()))?;
            let now = of(&now);
            let (left, other) = if *when == When::Added { (now, before) } else { (before, now) };
            Some(left.into_iter().filter(|value| !other.contains(value)).collect())
        }
        _ => None,
    }
}

/// What lies at a path of one side of an object.
fn at(object: &Json, side: Side, nesting: usize, path: &[String]) -> Vec<Json> {
    let mut starts: Vec<Vec<String>> = match side {
        Side::Request | Side::Response | Side::Object => vec![Vec::new()],
        Side::PodSpec | Side::Containers => vec![NESTINGS[nesting].iter().map(|step| (*step).to_owned()).collect()],
    };
    if side == Side::Containers {
        let spec = starts.remove(0);
        starts = CONTAINERS.iter().map(|list| [&spec[..], &[(*list).to_owned()]].concat()).collect();
    }
    let paths = starts.into_iter().map(|start| [&start[..], path].concat());
    paths.flat_map(|path| reach(object, &path).into_iter().flat_map(elements).cloned().collect::<Vec<_>>()).collect()
}
