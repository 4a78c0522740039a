//! `Tests:` as Panther writes them into the YAML of a rule: events in their bare form, and whether the rule alerts.
//!
//! The rule is found by `RuleID`, or by `name` when a rule of Sigma carries such tests. Tests with mocks stand in for
//! look-ups that no rule here does, and are not run.

use std::collections::BTreeSet;

use yaml_serde::Value;

use super::{Reader, Source, json, line_of, problem};
use crate::error::Diagnostic;
use crate::regress::{Counted, Data, Exceptions, Expect, Test};
use crate::sigma::Lists;

/// See the module's description.
pub struct Panther;

impl Reader for Panther {
    fn knows(&self, source: &Source<'_>) -> bool {
        source.documents.iter().any(|document| document.get("Tests").is_some_and(Value::is_sequence))
    }

    fn read(&self, source: &Source<'_>) -> Result<Vec<Test>, Diagnostic> {
        let mut tests = Vec::new();
        for document in source.documents {
            let called = ["RuleID", "name", "id", "title"].iter().find_map(|key| document.get(key)?.as_str());
            let mut line = line_of(source.text, "Tests:", 1);
            for entry in document.get("Tests").and_then(Value::as_sequence).into_iter().flatten() {
                let name = entry.get("Name").and_then(Value::as_str);
                let name = name.ok_or_else(|| problem(source, line, "a test has no Name"))?;
                line = line_of(source.text, name, line);
                let wanted = entry.get("ExpectedResult").and_then(Value::as_bool);
                let wanted = wanted.ok_or_else(|| problem(source, line, format!("{name}: no ExpectedResult")))?;
                let log = entry.get("Log").and_then(json);
                let log = log.ok_or_else(|| problem(source, line, format!("{name}: no Log")))?;
                let mocked = entry.get("Mocks").and_then(Value::as_sequence).is_some_and(|mocks| !mocks.is_empty());
                tests.push(Test {
                    name: name.to_owned(),
                    why: String::new(),
                    rules: BTreeSet::from([called.unwrap_or_default().to_owned()]),
                    file: source.path.to_string_lossy().into_owned(),
                    line,
                    data: Data::Lines(vec![log.to_string()]),
                    lists: Lists::default(),
                    exceptions: Exceptions::Hold,
                    expect: vec![match wanted {
                        true => {
                            Expect::Count { of: Counted::Findings, exactly: None, at_least: Some(1), at_most: None }
                        }
                        false => Expect::Nothing,
                    }],
                    skip: mocked.then(|| "it depends on mocks".to_owned()),
                });
            }
        }
        Ok(tests)
    }
}
