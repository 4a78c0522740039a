//! Files in which tests are written, in every notation we read.
//!
//! A folder holds rules, tests and data side by side. What a file is, its content says; what is none of these is data.

mod ours;
mod pack;
mod panther;
mod rsigma;
mod sigmahq;
mod zircolite;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use walkdir::WalkDir;
use yaml_serde::Value;

use super::{Expect, Test};
use crate::error::{Diagnostic, Error, Result};
use crate::sigma::lists::{Listed, Lists, site};
use crate::sigma::{self, RuleFile, RuleSet};
pub use pack::{Line, written_out};

/// A file that may hold tests.
pub struct Source<'a> {
    pub path: &'a Path,
    pub text: &'a str,
    /// The documents of a YAML file.
    pub documents: &'a [Value],
}

/// A notation for tests.
pub trait Reader: Sync {
    /// Says whether the file is written in it.
    fn knows(&self, source: &Source<'_>) -> bool;

    /// Reads the tests; rules are named as the file names them.
    ///
    /// # Errors
    /// Everything in the file that cannot be used.
    fn read(&self, source: &Source<'_>) -> Result<Vec<Test>, Diagnostic>;
}

/// Every notation.
const READERS: [&dyn Reader; 6] =
    [&pack::Pack, &ours::Ours, &sigmahq::SigmaHq, &rsigma::Rsigma, &panther::Panther, &zircolite::Zircolite];

/// A JSON file larger than this is data.
const LONGEST_LIST: u64 = 64 << 20;

/// Rules and their tests.
pub struct Suite {
    pub set: RuleSet,
    pub files: Vec<RuleFile>,
    /// Sorted by rule, file and place in the file.
    pub tests: Vec<Test>,
    /// What is wrong with rules.
    pub rules_wrong: Vec<Diagnostic>,
    /// What is wrong with files of tests.
    pub tests_wrong: Vec<Diagnostic>,
}

/// Reads everything below some paths. Rules are those in `rules`, else those found among the tests, else `pack`. `also`
/// says which of our rules a name of somebody else's stands for.
///
/// # Errors
/// When a file cannot be read.
pub fn read(
    paths: &[PathBuf],
    rules: Option<Vec<RuleFile>>,
    pack: impl FnOnce() -> Vec<RuleFile>,
    also: &BTreeMap<String, String>,
) -> Result<Suite> {
    let (mut tests, mut tests_wrong, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    for path in paths {
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|e| Error::Io {
                action: "read",
                path: path.clone(),
                source: e.into_io_error().unwrap_or_else(|| std::io::Error::other("the folder loops")),
            })?;
            let long = entry.metadata().map_or(0, |file| file.len()) > LONGEST_LIST;
            if !entry.file_type().is_file() || long || !may_hold_tests(entry.path()) {
                continue;
            }
            let text = match std::fs::read_to_string(entry.path()) {
                Ok(text) => text,
                // Data; whoever names it reads it.
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => continue,
                Err(error) => return Err(Error::io("read", entry.path())(error)),
            };
            let yaml = is_yaml(entry.path());
            let documents = if yaml { documents(&text) } else { Vec::new() };
            if yaml && documents.iter().any(is_rule) {
                let path = entry.path().to_string_lossy().into_owned();
                beside.push(RuleFile { path, text: text.clone() });
            }
            let source = Source { path: entry.path(), text: &text, documents: &documents };
            for reader in READERS.iter().filter(|reader| reader.knows(&source)) {
                match reader.read(&source) {
                    Ok(more) => tests.extend(more),
                    Err(problem) => tests_wrong.push(problem),
                }
            }
        }
    }
    let files = match rules {
        Some(files) => files,
        None if beside.is_empty() => pack(),
        None => beside,
    };
    let (set, rules_wrong) = sigma::load(&files);
    resolve(&mut tests, &set, also);
    // A rule's key and a walk may lead to the same file.
    let mut seen = BTreeSet::new();
    let file = |test: &Test| std::fs::canonicalize(&test.file).unwrap_or_else(|_| PathBuf::from(&test.file));
    tests.retain(|test| seen.insert((file(test), test.line, test.name.clone(), test.about())));
    tests.sort_by_cached_key(|test| (test.about(), test.file.clone(), test.line, test.name.clone()));
    Ok(Suite { set, files, tests, rules_wrong, tests_wrong })
}

/// Calls rules by their names here; a test of a rule that is not here is not run.
fn resolve(tests: &mut [Test], set: &RuleSet, also: &BTreeMap<String, String>) {
    for test in tests {
        let mut unknown = Vec::new();
        let mut name = |called: &String| {
            let meant = also.get(called).unwrap_or(called);
            let found = set.resolve(meant).map(str::to_owned);
            found.unwrap_or_else(|| {
                unknown.push(called.clone());
                called.clone()
            })
        };
        test.rules = test.rules.iter().map(&mut name).collect();
        for expect in &mut test.expect {
            match expect {
                Expect::Finding(wanted) => wanted.rule = wanted.rule.as_ref().map(&mut name),
                Expect::NoRuleBut(rules) => *rules = rules.iter().map(&mut name).collect(),
                _ => {}
            }
        }
        if !unknown.is_empty() {
            test.skip.get_or_insert_with(|| format!("no rule is called {}", unknown.join(", ")));
        }
    }
}

/// Says whether a YAML file holds tests and no rule: whoever reads a folder of rules passes it over.
pub fn is_only_tests(path: &Path, text: &str) -> bool {
    let words = ["cases:", "regression_tests_info:", "expectations:", "Tests:"];
    if !words.iter().any(|word| text.contains(word)) {
        return false;
    }
    let documents = documents(text);
    let source = Source { path, text, documents: &documents };
    !documents.iter().any(is_rule) && READERS.iter().any(|reader| reader.knows(&source))
}

fn ending(path: &Path) -> &str {
    path.extension().and_then(|ending| ending.to_str()).unwrap_or_default()
}

fn is_yaml(path: &Path) -> bool {
    matches!(ending(path), "yml" | "yaml")
}

fn may_hold_tests(path: &Path) -> bool {
    is_yaml(path) || pack::is_cases(path) || ending(path) == "json"
}

/// The documents of a YAML file; none of a file that is no YAML.
fn documents(text: &str) -> Vec<Value> {
    use serde::Deserialize;
    let read = yaml_serde::Deserializer::from_str(text).map(Value::deserialize);
    read.collect::<std::result::Result<Vec<_>, _>>().unwrap_or_default()
}

/// Says whether a document is a rule, a correlation or a filter of Sigma.
fn is_rule(document: &Value) -> bool {
    document.get("title").is_some()
        && ["detection", "correlation", "filter", "sql"].iter().any(|key| document.get(key).is_some())
}

/// The line, from 1, on which a text is first found at or after a line; 1 when it is not.
fn line_of(text: &str, wanted: &str, after: usize) -> usize {
    let found = text.lines().enumerate().skip(after.saturating_sub(1)).find(|(_, line)| line.contains(wanted));
    found.map_or(after.max(1), |(place, _)| place + 1)
}

/// A problem with a file of tests.
fn problem(source: &Source<'_>, line: usize, message: impl Into<String>) -> Diagnostic {
    let message: String = message.into();
    Diagnostic {
        file: source.path.to_string_lossy().into_owned(),
        line,
        column: 1,
        message: message.split_whitespace().collect::<Vec<_>>().join(" "),
        hint: None,
    }
}

/// A value of YAML as JSON; None of a mapping with keys that are no texts.
fn json(value: &Value) -> Option<Json> {
    serde_json::to_value(value).ok()
}

/// A text, or a list of texts, as a list.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Sequence(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Reads the lists a test has, as a site file has them.
fn lists(said: &impl serde::Serialize) -> Result<Lists, String> {
    let text = serde_json::to_string(&BTreeMap::from([("lists", said)])).map_err(|error| error.to_string())?;
    let mut lists = Lists::default();
    for (name, listed) in site(&text)? {
        match listed {
            Listed::Entries(entries) => lists.add(&name, entries),
            Listed::File(file) => return Err(format!("a test has its lists in itself, not in {file}")),
        }
    }
    Ok(lists)
}
