//! `json_get(json, path)` and `json_list(json, path)`: what lies at a path of JSON text.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, ListBuilder, StringArray, StringBuilder};
use arrow::datatypes::DataType;
use datafusion::error::Result;
use serde_json::Value;

use super::{Function, texts, wrong};
use crate::engine::values::text;

/// What JSON is shown through before a path is followed; see [`veil`].
static VEIL: OnceLock<Veil> = OnceLock::new();

/// A text as it may be shown.
pub type Veil = fn(&str) -> Cow<'_, str>;

/// Puts a veil before all JSON for the rest of the run: what a path leads to has lost the surroundings by which a secret is
/// known, so that it is too late to hide it in an answer. The first call counts.
pub fn veil(with: Veil) {
    let _ = VEIL.set(with);
}

pub struct JsonGet;
pub struct JsonList;

impl Function for JsonGet {
    fn name(&self) -> &'static str {
        "json_get"
    }

    fn usage(&self) -> &'static str {
        "json_get(json, path)"
    }

    fn doc(&self) -> &'static str {
        "What lies at a path of JSON text, as text; objects and arrays as JSON. A path is of RFC 9535: names, `['a name']`, \
         `[0]`, `[-1]` and `[*]`, with or without `$.` in front. With `[*]` it is a JSON array of all that is found. Null \
         when there is nothing, and of a text that is no JSON. Secrets are hidden as in every answer"
    }

    fn examples(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (r#"json_get('{"spec": {"replicas": 3}}', 'spec.replicas')"#, r#""3""#),
            (r#"json_get('{"a": [{"b": "x"}, {"b": "y"}]}', 'a[1].b')"#, r#""y""#),
            (r#"json_get('{"a": [{"b": "x"}, {"b": "y"}]}', '$.a[-2].b')"#, r#""x""#),
            (r#"json_get('{"a": [{"b": "x"}, {"b": "y"}]}', 'a[*].b')"#, r#""[\"x\",\"y\"]""#),
            (
                r#"json_get('{"labels": {"app.kubernetes.io/name": "shop"}}', 'labels[''app.kubernetes.io/name'']')"#,
                r#""shop""#,
            ),
            (r#"json_get('{"a": null}', 'a')"#, "null"),
            ("json_get('no JSON', 'a')", "null"),
        ]
    }

    fn arity(&self) -> (usize, usize) {
        (2, 2)
    }

    fn returns(&self) -> DataType {
        DataType::Utf8
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let mut answers: Vec<Option<String>> = Vec::with_capacity(arguments[0].len());
        each(arguments, &mut |found| {
            answers.push(found.and_then(|(path, nodes)| match path.contains(&Step::All) {
                true => Some(Value::Array(nodes.into_iter().cloned().collect()).to_string()),
                false => nodes.first().and_then(|node| shown(node)),
            }));
        })?;
        Ok(Arc::new(answers.into_iter().collect::<StringArray>()))
    }
}

impl Function for JsonList {
    fn name(&self) -> &'static str {
        "json_list"
    }

    fn usage(&self) -> &'static str {
        "json_list(json, path)"
    }

    fn doc(&self) -> &'static str {
        "All that lies at a path of JSON text, as a list of texts to unnest or to ask with `array_has`; see json_get"
    }

    fn examples(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                r#"json_list('{"containers": [{"image": "a"}, {"image": "b"}, {}]}', 'containers[*].image')"#,
                r#"["a", "b"]"#,
            ),
            (r#"json_list('{"a": [1, {"b": true}]}', 'a[*]')"#, r#"["1", "{\"b\":true}"]"#),
            (r#"array_has(json_list('{"verbs": ["get", "*"]}', 'verbs[*]'), '*')"#, "true"),
            (r#"json_list('{"a": {"b": 1, "c": 2}}', 'a[*]')"#, r#"["1", "2"]"#),
            (r#"json_list('{"a": 1}', 'b')"#, "[]"),
        ]
    }

    fn arity(&self) -> (usize, usize) {
        (2, 2)
    }

    fn returns(&self) -> DataType {
        texts()
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let mut answers = ListBuilder::new(StringBuilder::new());
        each(arguments, &mut |found| {
            for node in found.iter().flat_map(|(_, nodes)| nodes) {
                answers.values().append_option(shown(node));
            }
            answers.append(found.is_some());
        })?;
        Ok(Arc::new(answers.finish()))
    }
}

#[derive(Clone, PartialEq)]
enum Step {
    Name(String),
    Index(i64),
    All,
}

/// A path and what lies there.
type Found<'a> = Option<(&'a [Step], Vec<&'a Value>)>;

/// Hands over, of each row, the path and what lies there; None when the text or the path is null or the text no JSON.
fn each(arguments: &[ArrayRef], take: &mut dyn FnMut(Found<'_>)) -> Result<()> {
    let mut last: (String, Vec<Step>) = (String::new(), Vec::new());
    for row in 0..arguments[0].len() {
        let Some((json, said)) = text(&arguments[0], row).zip(text(&arguments[1], row)) else {
            take(None);
            continue;
        };
        if last.0 != said {
            last = (said.to_owned(), path(said)?);
        }
        let json = VEIL.get().filter(|_| !is_open(&last.1)).map_or(Cow::Borrowed(json), |veil| veil(json));
        match serde_json::from_str::<Value>(&json) {
            Ok(value) => take(Some((&last.1, nodes(&value, &last.1)))),
            Err(_) => take(None),
        }
    }
    Ok(())
}

/// Paths that lead to no secret whatever the object is: most questions are of these, and a veil over all of a large body takes
/// longer than to read it. Annotations may repeat an object.
fn is_open(path: &[Step]) -> bool {
    let name = |at: usize| match path.get(at) {
        Some(Step::Name(name)) => name.as_str(),
        _ => "",
    };
    match name(0) {
        "kind" | "apiVersion" | "roleRef" | "subjects" | "rules" => true,
        "metadata" => !matches!(name(1), "" | "annotations"),
        _ => false,
    }
}

fn nodes<'a>(value: &'a Value, path: &[Step]) -> Vec<&'a Value> {
    let mut found = vec![value];
    for step in path {
        found = found
            .into_iter()
            .flat_map(|node| match (step, node) {
                (Step::Name(name), Value::Object(members)) => members.get(name).into_iter().collect(),
                (Step::Index(index), Value::Array(items)) => {
                    let at = if *index < 0 { index + items.len() as i64 } else { *index };
                    usize::try_from(at).ok().and_then(|at| items.get(at)).into_iter().collect()
                }
                (Step::All, Value::Array(items)) => items.iter().collect(),
                (Step::All, Value::Object(members)) => members.values().collect::<Vec<_>>(),
                _ => Vec::new(),
            })
            .collect();
    }
    found
}

/// A value as text; null is none.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Reads a path.
fn path(said: &str) -> Result<Vec<Step>> {
    let refused = |at: &str| wrong(format!("json path `{said}`: `{at}` is no name, ['name'], [number] or [*]"));
    let mut rest = said.strip_prefix('$').unwrap_or(said);
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let quote = inner.chars().next().filter(|c| matches!(c, '\'' | '"'));
            let (step, after) = match quote {
                Some(quote) => {
                    let (name, after) = inner[1..].split_once(quote).ok_or_else(|| refused(rest))?;
                    (Step::Name(name.to_owned()), after.strip_prefix(']').ok_or_else(|| refused(rest))?)
                }
                None => {
                    let (word, after) = inner.split_once(']').ok_or_else(|| refused(rest))?;
                    let index = || word.parse().map(Step::Index).map_err(|_| refused(rest));
                    (if word == "*" { Step::All } else { index()? }, after)
                }
            };
            steps.push(step);
            rest = after;
        } else {
            // The first name needs no dot.
            let name = match rest.strip_prefix('.') {
                Some(name) => name,
                None if steps.is_empty() && rest.len() == said.len() => rest,
                None => return Err(refused(rest)),
            };
            let end = name.find(['.', '[']).unwrap_or(name.len());
            if end == 0 {
                return Err(refused(rest));
            }
            steps.push(if &name[..end] == "*" { Step::All } else { Step::Name(name[..end].to_owned()) });
            rest = &name[end..];
        }
    }
    Ok(steps)
}
