//! Regression data in the layout of the rule repository SigmaHQ/sigma: `info.yml` beside the data, reached by its own or
//! by a rule's `regression_tests_path` (sigma-specification, other/sigmahq/sigmahq-regression-tests-conventions.md).
//!
//! `match_count` is the least number of events; where it is absent, one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use yaml_serde::Value;

use super::{Reader, Source, documents, line_of, problem};
use crate::error::Diagnostic;
use crate::regress::{Counted, Data, Exceptions, Expect, Test};
use crate::sigma::Lists;

/// See the module's description.
pub struct SigmaHq;

const PATH: &str = "regression_tests_path";
const TESTS: &str = "regression_tests_info";

impl Reader for SigmaHq {
    fn knows(&self, source: &Source<'_>) -> bool {
        source.documents.iter().any(|document| document.get(PATH).is_some() || document.get(TESTS).is_some())
    }

    fn read(&self, source: &Source<'_>) -> Result<Vec<Test>, Diagnostic> {
        let mut tests = Vec::new();
        for document in source.documents {
            if document.get(TESTS).is_some() {
                tests.extend(info(source, document)?);
            } else if let Some(path) = document.get(PATH).and_then(Value::as_str) {
                let line = line_of(source.text, PATH, 1);
                let found = beneath(source.path, path)
                    .ok_or_else(|| problem(source, line, format!("there is no {path} in a folder around the rule")))?;
                let text = std::fs::read_to_string(&found).map_err(|error| problem(source, line, error.to_string()))?;
                let documents = documents(&text);
                let there = Source { path: &found, text: &text, documents: &documents };
                for document in &documents {
                    tests.extend(info(&there, document)?);
                }
            }
        }
        Ok(tests)
    }
}

fn info(source: &Source<'_>, document: &Value) -> Result<Vec<Test>, Diagnostic> {
    let list = |key: &str| document.get(key).and_then(Value::as_sequence).cloned().unwrap_or_default();
    let rules = list("rule_metadata");
    let rules: BTreeSet<String> =
        rules.iter().filter_map(|rule| rule.get("id").and_then(Value::as_str)).map(str::to_owned).collect();
    if rules.is_empty() {
        return Err(problem(source, 1, "rule_metadata names no rule by its id"));
    }
    let mut tests = Vec::new();
    for (place, entry) in list(TESTS).iter().enumerate() {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, path) = (text("name"), text("path"));
        let line = line_of(source.text, path, 1);
        let found = beneath(source.path, path)
            .ok_or_else(|| problem(source, line, format!("there is no {path} in a folder around it")))?;
        let count = entry.get("match_count").and_then(Value::as_u64).unwrap_or(1);
        let expect = match count {
            0 => Expect::Nothing,
            count => Expect::Count { of: Counted::Events, exactly: None, at_least: Some(count), at_most: None },
        };
        tests.push(Test {
            name: if name.is_empty() { format!("test {}", place + 1) } else { name.to_owned() },
            why: document.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
            rules: rules.clone(),
            file: source.path.to_string_lossy().into_owned(),
            line,
            data: Data::Files(vec![found]),
            lists: Lists::default(),
            exceptions: Exceptions::Hold,
            expect: vec![expect],
            skip: (text("type") == "evtx").then(|| "it is a Windows event log".to_owned()),
        });
    }
    Ok(tests)
}

/// A path as the repository writes it, from its root: looked for from every folder around a file.
fn beneath(file: &Path, path: &str) -> Option<PathBuf> {
    let from = std::path::absolute(file).ok()?;
    let inside = |folder: &Path| Some(folder.join(path)).filter(|path| path.is_file());
    let whole = from.ancestors().skip(1).find_map(inside)?;
    // As it would be found by a walk, so that what was found twice is seen to be one.
    let here = std::env::current_dir().ok();
    let relative = here.as_deref().and_then(|here| whole.strip_prefix(here).ok()).filter(|_| file.is_relative());
    Some(relative.map_or_else(|| whole.clone(), Path::to_path_buf))
}
