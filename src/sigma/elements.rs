//! Tests that must hold of one and the same element of an array, asked of JSON.

use serde_json::Value as Json;

use super::matcher::{Matcher, Value};
use super::predicate::{Elements, Op, Predicate, Test};
use super::{Field, Source};

/// [`Op::Elements`] made ready.
pub struct Members {
    quantifier: Elements,
    body: Node,
}

enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Vec<String>, Matcher),
    Members(Vec<String>, Box<Members>),
}

impl Members {
    /// Compiles the test of an array's elements.
    pub fn new(quantifier: Elements, body: &Predicate) -> Members {
        Members { quantifier, body: node(body) }
    }

    /// Says whether as many of the elements pass as must.
    pub fn hold(&self, elements: &[&Json]) -> bool {
        let mut each = elements.iter().map(|element| self.body.holds(element));
        match self.quantifier {
            Elements::Any => each.any(|holds| holds),
            Elements::All => !elements.is_empty() && each.all(|holds| holds),
            Elements::AllOrEmpty => each.all(|holds| holds),
            Elements::None => !each.any(|holds| holds),
        }
    }
}

fn node(predicate: &Predicate) -> Node {
    match predicate {
        Predicate::True => Node::All(Vec::new()),
        Predicate::All(all) => Node::All(all.iter().map(node).collect()),
        Predicate::Any(any) => Node::Any(any.iter().map(node).collect()),
        Predicate::Not(part) => Node::Not(Box::new(node(part))),
        Predicate::Test(Test { field, op }) => match op {
            Op::Elements { quantifier, body } => Node::Members(path(field), Box::new(Members::new(*quantifier, body))),
            _ => Node::Test(path(field), Matcher::new(op)),
        },
    }
}

/// Inside an element every field is a path; lowering makes no other.
fn path(field: &Field) -> Vec<String> {
    match &field.source {
        Source::Member(path) => path.clone(),
        _ => Vec::new(),
    }
}

impl Node {
    fn holds(&self, element: &Json) -> bool {
        match self {
            Node::All(all) => all.iter().all(|node| node.holds(element)),
            Node::Any(any) => any.iter().any(|node| node.holds(element)),
            Node::Not(node) => !node.holds(element),
            Node::Test(path, matcher) => {
                let found = reach(element, path);
                matcher.matches_any(found.into_iter().flat_map(leaves))
            }
            Node::Members(path, members) => {
                let found = reach(element, path);
                members.hold(&found.into_iter().flat_map(elements).collect::<Vec<_>>())
            }
        }
    }
}

/// Returns what lies at a path, through any element of the arrays on the way. A key with dots may spell several steps.
pub fn reach<'a>(value: &'a Json, path: &[String]) -> Vec<&'a Json> {
    let Some((first, rest)) = path.split_first() else { return vec![value] };
    match value {
        Json::Array(items) => items.iter().flat_map(|item| reach(item, path)).collect(),
        Json::Object(members) => match members.get(first) {
            Some(member) => reach(member, rest),
            None => {
                let spelled = |count: &usize| members.get(&path[..*count].join(".")).map(|member| (member, *count));
                let found = (2..=path.len()).rev().find_map(|count| spelled(&count));
                found.map(|(member, count)| reach(member, &path[count..])).unwrap_or_default()
            }
        },
        _ => Vec::new(),
    }
}

/// The elements of an array; what is no array is one by itself, and null is none.
pub fn elements(value: &Json) -> Vec<&Json> {
    match value {
        Json::Null => Vec::new(),
        Json::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

/// The values a test is asked of; an array is its elements.
pub fn leaves(value: &Json) -> Vec<Value<'_>> {
    match value {
        Json::Null => vec![Value::Null],
        Json::Bool(value) => vec![Value::Bool(*value)],
        Json::Number(number) => {
            vec![number.as_i64().map_or(Value::Float(number.as_f64().unwrap_or_default()), Value::Int)]
        }
        Json::String(text) => vec![Value::Text(text)],
        Json::Array(items) => items.iter().flat_map(leaves).collect(),
        Json::Object(_) => vec![Value::Object],
    }
}
