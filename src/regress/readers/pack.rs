//! The cases of our own pack, `<rule>.cases.jsonl` beside `<rule>.yml`: see queries/README.md.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Reader, Source, lists, problem};
use crate::error::Diagnostic;
use crate::regress::{Data, Exceptions, Expect, Record, Test};
use crate::sigma::Lists;

/// See the module's description.
pub struct Pack;

const ENDING: &str = ".cases.jsonl";

/// Says whether a file is named like one of cases.
pub fn is_cases(path: &Path) -> bool {
    path.to_string_lossy().ends_with(ENDING)
}

#[derive(Deserialize)]
struct Line<'a> {
    case: String,
    why: String,
    /// Of an exception's case, the rule it is about.
    rule: Option<String>,
    #[serde(borrow, default)]
    events: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    objects: Vec<&'a RawValue>,
    /// What a site file would say of lists.
    lists: Option<serde_json::Value>,
    #[serde(borrow, default)]
    records: Vec<&'a RawValue>,
    #[serde(default)]
    hits: Vec<Hit>,
}

/// An audit id or the name of an object, or the place of a record.
#[derive(Deserialize)]
#[serde(untagged)]
enum Hit {
    Record(usize),
    Event(String),
}

impl Reader for Pack {
    fn knows(&self, source: &Source<'_>) -> bool {
        is_cases(source.path)
    }

    fn read(&self, source: &Source<'_>) -> Result<Vec<Test>, Diagnostic> {
        let name = source.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let stem = name.trim_end_matches(ENDING);
        let mut tests: Vec<Test> = Vec::new();
        let lines = source.text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        for (place, text) in lines {
            let line: Line<'_> =
                serde_json::from_str(text).map_err(|error| problem(source, place + 1, error.to_string()))?;
            let hit = |hit: &Hit| match hit {
                Hit::Event(id) => id.clone(),
                Hit::Record(place) => format!("record {place}"),
            };
            let (hits, data) = (line.hits.iter().map(hit).collect(), data(&line));
            let (exceptions, expect) = match line.case.as_str() {
                "fires" => (Exceptions::Either, Expect::Events(hits)),
                "blind" => (Exceptions::Ignored, Expect::Blind),
                "quiet" | "near miss" => (Exceptions::Ignored, Expect::Nothing),
                "cannot tell" => (Exceptions::Ignored, Expect::CannotTell(None)),
                "excepted" => (Exceptions::Only(stem.to_owned()), Expect::Excepted),
                "reported" => (Exceptions::Only(stem.to_owned()), Expect::Reported),
                other => return Err(problem(source, place + 1, format!("a case cannot be {other:?}"))),
            };
            // Two cases of one kind may say the same; their names must not.
            let kind = format!("{}: {}", line.case, line.why);
            let same = tests.iter().filter(|test| test.why == line.why && test.name.starts_with(&kind)).count();
            tests.push(Test {
                name: if same == 0 { kind } else { format!("{kind} ({})", same + 1) },
                why: line.why,
                rules: BTreeSet::from([line.rule.unwrap_or_else(|| stem.to_owned())]),
                file: source.path.to_string_lossy().into_owned(),
                line: place + 1,
                data,
                lists: line
                    .lists
                    .map_or_else(|| Ok(Lists::default()), |said| lists(&said))
                    .map_err(|e| problem(source, place + 1, e))?,
                exceptions,
                expect: vec![expect],
                skip: None,
            });
        }
        Ok(tests)
    }
}

fn data(line: &Line<'_>) -> Data {
    let lines = line.events.iter().chain(&line.objects).map(|raw| raw.get().to_owned()).collect();
    let record = |raw: &&RawValue| match serde_json::from_str::<String>(raw.get()) {
        Ok(text) => Record::Text(text),
        Err(_) => Record::Json(raw.get().to_owned()),
    };
    match line.records.is_empty() {
        true => Data::Lines(lines),
        false => Data::Records { lines, records: line.records.iter().map(record).collect() },
    }
}
