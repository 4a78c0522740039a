//! The cases of our own pack, `<rule>.cases.jsonl` beside `<rule>.yml`: see queries/README.md.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Reader, Source, lists, problem};
use crate::error::Diagnostic;
use crate::regress::like::{Changes, apply};
use crate::regress::{Data, Exceptions, Expect, Record, Test};
use crate::sigma::Lists;

/// See the module's description.
pub struct Pack;

const ENDING: &str = ".cases.jsonl";

/// Says whether a file is named like one of cases.
pub fn is_cases(path: &Path) -> bool {
    path.to_string_lossy().ends_with(ENDING)
}

/// A line of a file of cases.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    case: String,
    why: String,
    /// Of an exception's case, the rule it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Box<RawValue>>,
    /// What a site file would say of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    lists: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hits: Option<Vec<Hit>>,
    /// The case above that it is like: its kind, its kind and number, or its `why`.
    #[serde(skip_serializing)]
    like: Option<String>,
    /// What is otherwise, by path.
    #[serde(skip_serializing)]
    but: Option<Map<String, Value>>,
    /// What is otherwise, text by text.
    #[serde(skip_serializing)]
    replace: Option<Map<String, Value>>,
    /// Values by path, each of which makes a case of its own.
    #[serde(skip_serializing)]
    each: Option<Map<String, Value>>,
}

/// An audit id or the name of an object, or the place of a record.
#[derive(Clone, Deserialize, Serialize)]
#[serde(untagged)]
enum Hit {
    Record(usize),
    Event(String),
}

/// The cases of a file with what they are like worked out, each with its line, from 1.
///
/// # Errors
/// What is wrong with the first line that cannot be read.
fn cases(source: &Source<'_>) -> Result<Vec<(usize, Line)>, Diagnostic> {
    let mut all: Vec<(usize, Line)> = Vec::new();
    let lines = source.text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (place, text) in lines {
        let here = |message: String| problem(source, place + 1, message);
        let line: Line = serde_json::from_str(text).map_err(|error| here(error.to_string()))?;
        let more = written_out_of(line, &all).map_err(here)?;
        all.extend(more.into_iter().map(|line| (place + 1, line)));
    }
    Ok(all)
}

/// The cases of a file of our own as JSON, what they are like worked out: `case`, `why`, `events`, `objects`, `records`,
/// `hits`, `lists` and `rule`, those that there are.
///
/// # Errors
/// What is wrong with the first line that cannot be read.
pub fn written_out(path: &Path, text: &str) -> Result<Vec<Value>, Diagnostic> {
    let source = Source { path, text, documents: &[] };
    let value = |(place, line): (usize, Line)| {
        serde_json::to_value(line).map_err(|error| problem(&source, place, error.to_string()))
    };
    cases(&source)?.into_iter().map(value).collect()
}

/// The cases that a line stands for; `above` are those before it.
fn written_out_of(mut line: Line, above: &[(usize, Line)]) -> Result<Vec<Line>, String> {
    let Some(like) = line.like.take() else {
        return match line.but.is_some() || line.replace.is_some() || line.each.is_some() {
            true => Err("`but`, `replace` and `each` say what is otherwise than in what the case is `like`".to_owned()),
            false => Ok(vec![line]),
        };
    };
    if !(line.events.is_empty() && line.objects.is_empty() && line.records.is_empty()) {
        return Err("a case has data of its own or is like another one, not both".to_owned());
    }
    let base = named(&like, above)?;
    let (but, replace, each) = (line.but.take(), line.replace.take(), line.each.take());
    if but.is_none() && replace.is_none() && each.is_none() {
        return Err(format!("it is in nothing otherwise than {like:?}"));
    }
    line.rule = line.rule.or_else(|| base.rule.clone());
    line.lists = line.lists.or_else(|| base.lists.clone());
    if line.case == "fires" && line.hits.is_none() {
        line.hits.clone_from(&base.hits);
    }
    let Some(each) = each else {
        apply(base, &Changes { but: but.as_ref(), replace: replace.as_ref() }, &mut line)?;
        return Ok(vec![line]);
    };
    let mut all = Vec::new();
    for (path, values) in &each {
        let values = values.as_array().filter(|values| !values.is_empty());
        for value in values.ok_or_else(|| format!("`each` has a list of values for {path}"))? {
            let mut but = but.clone().unwrap_or_default();
            if but.insert(path.clone(), value.clone()).is_some() {
                return Err(format!("{path} is in `but` and in `each`"));
            }
            let mut one = line.clone();
            apply(base, &Changes { but: Some(&but), replace: replace.as_ref() }, &mut one)?;
            one.why = format!("{} ({path}: {value})", line.why);
            all.push(one);
        }
    }
    Ok(all)
}

/// The case above that a word names: `fires` is the first of its kind, `fires 2` the second, else its `why`.
fn named<'a>(like: &str, above: &'a [(usize, Line)]) -> Result<&'a Line, String> {
    let (kind, number) = match like.rsplit_once(' ').map(|(kind, number)| (kind, number.parse::<usize>())) {
        Some((kind, Ok(number))) => (kind, number),
        _ => (like, 1),
    };
    let mut of_kind = above.iter().filter(|(_, line)| line.case == kind);
    let mut so = above.iter().filter(|(_, line)| line.why == like);
    match (number.checked_sub(1).and_then(|before| of_kind.nth(before)), so.next(), so.next()) {
        (Some((_, line)), ..) | (None, Some((_, line)), None) => Ok(line),
        (None, Some(_), Some(_)) => Err(format!("several cases above are {like:?}: name one by its kind and number")),
        (None, None, _) => Err(format!("no case above is {like:?}: say its kind, its kind and number, or its `why`")),
    }
}

impl Reader for Pack {
    fn knows(&self, source: &Source<'_>) -> bool {
        is_cases(source.path)
    }

    fn read(&self, source: &Source<'_>) -> Result<Vec<Test>, Diagnostic> {
        let name = source.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let stem = name.trim_end_matches(ENDING);
        let mut tests: Vec<Test> = Vec::new();
        for (place, line) in cases(source)? {
            let hit = |hit: &Hit| match hit {
                Hit::Event(id) => id.clone(),
                Hit::Record(place) => format!("record {place}"),
            };
            let (hits, data) = (line.hits.iter().flatten().map(hit).collect(), data(&line));
            let (exceptions, expect) = match line.case.as_str() {
                "fires" => (Exceptions::Either, Expect::Events(hits)),
                "blind" => (Exceptions::Ignored, Expect::Blind),
                "quiet" | "near miss" => (Exceptions::Ignored, Expect::Nothing),
                "cannot tell" => (Exceptions::Ignored, Expect::CannotTell(None)),
                "excepted" => (Exceptions::Only(stem.to_owned()), Expect::Excepted),
                "reported" => (Exceptions::Only(stem.to_owned()), Expect::Reported),
                other => return Err(problem(source, place, format!("a case cannot be {other:?}"))),
            };
            // Two cases of one kind may say the same; their names must not.
            let kind = format!("{}: {}", line.case, line.why);
            let same = tests.iter().filter(|test| test.why == line.why && test.name.starts_with(&kind)).count();
            tests.push(Test {
                name: if same == 0 { kind } else { format!("{kind} ({})", same + 1) },
                why: line.why,
                rules: BTreeSet::from([line.rule.unwrap_or_else(|| stem.to_owned())]),
                file: source.path.to_string_lossy().into_owned(),
                line: place,
                data,
                lists: line
                    .lists
                    .map_or_else(|| Ok(Lists::default()), |said| lists(&said))
                    .map_err(|e| problem(source, place, e))?,
                exceptions,
                expect: vec![expect],
                skip: None,
            });
        }
        Ok(tests)
    }
}

fn data(line: &Line) -> Data {
    let lines = line.events.iter().chain(&line.objects).map(|raw| raw.get().to_owned()).collect();
    let record = |raw: &RawValue| match serde_json::from_str::<String>(raw.get()) {
        Ok(text) => Record::Text(text),
        Err(_) => Record::Json(raw.get().to_owned()),
    };
    match line.records.is_empty() {
        true => Data::Lines(lines),
        false => Data::Records { lines, records: line.records.iter().map(|raw| record(raw)).collect() },
    }
}
