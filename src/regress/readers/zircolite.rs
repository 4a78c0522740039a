//! Lists of tests as `zircolite --test-rules` reads them: JSON, each entry with a rule's `id` or `title`, the events that
//! it must match in `true_positive` and those that it must not in `true_negative`. Each event is asked by itself.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Reader, Source, ending, line_of, problem};
use crate::error::Diagnostic;
use crate::regress::{Counted, Data, Exceptions, Expect, Test};
use crate::sigma::Lists;

/// See the module's description.
pub struct Zircolite;

const KINDS: [&str; 2] = ["true_positive", "true_negative"];

impl Reader for Zircolite {
    fn knows(&self, source: &Source<'_>) -> bool {
        let is_list = ending(source.path) == "json" && source.text.trim_start().starts_with('[');
        is_list && KINDS.iter().any(|kind| source.text.contains(&format!("\"{kind}\"")))
    }

    fn read(&self, source: &Source<'_>) -> Result<Vec<Test>, Diagnostic> {
        let list: Vec<Json> =
            serde_json::from_str(source.text).map_err(|error| problem(source, error.line(), error.to_string()))?;
        let mut tests = Vec::new();
        for entry in &list {
            let called = ["id", "rule_id", "title"].iter().find_map(|key| entry.get(key)?.as_str());
            let called = called.ok_or_else(|| problem(source, 1, "an entry has neither id nor title"))?;
            let line = line_of(source.text, called, 1);
            for kind in KINDS {
                let events = entry.get(kind).and_then(Json::as_array).into_iter().flatten();
                tests.extend(events.enumerate().map(|(place, event)| Test {
                    name: format!("{kind} {}", place + 1),
                    why: String::new(),
                    rules: BTreeSet::from([called.to_owned()]),
                    file: source.path.to_string_lossy().into_owned(),
                    line,
                    data: Data::Lines(vec![event.to_string()]),
                    lists: Lists::default(),
                    exceptions: Exceptions::Hold,
                    expect: vec![match kind {
                        "true_positive" => {
                            Expect::Count { of: Counted::Findings, exactly: None, at_least: Some(1), at_most: None }
                        }
                        _ => Expect::Nothing,
                    }],
                    skip: None,
                }));
            }
        }
        Ok(tests)
    }
}
