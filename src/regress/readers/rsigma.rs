//! The expectations of `rsigma rule backtest`: counts for rules, over a corpus or one file of it
//! (timescale/rsigma, docs/cli/rule/backtest.md). The corpus is the folder of the file; paths are from there.
//!
//! There a count is of records that fire; here it is of events, each request once. `unexpected_detections: fail` is one
//! more test, that no rule fires which nothing expects.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use yaml_serde::Value;

use super::{Reader, Source, line_of, problem};
use crate::error::Diagnostic;
use crate::regress::{Counted, Data, Exceptions, Expect, Test};
use crate::sigma::Lists;

/// See the module's description.
pub struct Rsigma;

impl Reader for Rsigma {
    fn knows(&self, source: &Source<'_>) -> bool {
        source.documents.iter().any(|document| document.get("expectations").is_some_and(Value::is_sequence))
    }

    fn read(&self, source: &Source<'_>) -> Result<Vec<Test>, Diagnostic> {
        let folder = source.path.parent().unwrap_or(Path::new(""));
        let mut tests: Vec<Test> = Vec::new();
        let mut expected = BTreeSet::new();
        let mut line = 1;
        for document in source.documents {
            for entry in document.get("expectations").and_then(Value::as_sequence).into_iter().flatten() {
                let text = |key: &str| entry.get(key).and_then(Value::as_str);
                let rule = text("rule").ok_or_else(|| problem(source, line, "an expectation names no rule"))?;
                line = line_of(source.text, rule, line);
                let number = |key: &str| entry.get(key).and_then(Value::as_u64);
                let (exactly, at_least, at_most) = (number("exactly"), number("at_least"), number("at_most"));
                if exactly.or(at_least).or(at_most).is_none() || (exactly.is_some() && at_least.or(at_most).is_some()) {
                    return Err(problem(source, line, format!("{rule}: say either exactly or at_least and at_most")));
                }
                let (files, place) = match text("corpus") {
                    Some(name) => (vec![folder.join(name)], name.to_owned()),
                    None => (corpus(source.path), "the whole corpus".to_owned()),
                };
                if let Some(gone) = files.iter().find(|file| !file.exists()) {
                    return Err(problem(source, line, format!("there is no {}", gone.display())));
                }
                expected.insert(rule.to_owned());
                let mut name = format!("{place}: {}", bounds(exactly, at_least, at_most));
                if tests.iter().any(|test| test.name == name && test.rules.contains(rule)) {
                    name = format!("{name} (line {line})");
                }
                tests.push(Test {
                    name,
                    why: String::new(),
                    rules: BTreeSet::from([rule.to_owned()]),
                    file: source.path.to_string_lossy().into_owned(),
                    line,
                    data: Data::Files(files),
                    lists: Lists::default(),
                    exceptions: Exceptions::Hold,
                    expect: vec![Expect::Count { of: Counted::Events, exactly, at_least, at_most }],
                    skip: None,
                });
                line += 1;
            }
            let policy = document.get("defaults").and_then(|defaults| defaults.get("unexpected_detections"));
            if policy.and_then(Value::as_str) == Some("fail") {
                tests.push(Test {
                    name: "no rule fires that nothing expects".into(),
                    why: String::new(),
                    rules: BTreeSet::new(),
                    file: source.path.to_string_lossy().into_owned(),
                    line: line_of(source.text, "unexpected_detections", 1),
                    data: Data::Files(corpus(source.path)),
                    lists: Lists::default(),
                    exceptions: Exceptions::Hold,
                    expect: vec![Expect::NoRuleBut(expected.clone())],
                    skip: None,
                });
            }
        }
        Ok(tests)
    }
}

fn bounds(exactly: Option<u64>, at_least: Option<u64>, at_most: Option<u64>) -> String {
    let words = [("exactly", exactly), ("at least", at_least), ("at most", at_most)];
    words.iter().filter_map(|(word, count)| count.map(|count| format!("{word} {count}"))).collect::<Vec<_>>().join(", ")
}

/// Everything beside a file but itself, and what is YAML: rules.
fn corpus(file: &Path) -> Vec<PathBuf> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path != file && !super::is_yaml(path)).collect();
    files.sort();
    files
}
