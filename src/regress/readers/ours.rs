//! Our own notation: YAML beside rules, with cases that name data and what comes of it. docs/testing-rules.md has it all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use yaml_serde::Value;

use super::{Reader, Source, json, line_of, lists, problem, texts};
use crate::error::Diagnostic;
use crate::regress::{Counted, Data, Exceptions, Expect, Test, Wanted};
use crate::sigma::{Level, Lists};

/// See the module's description.
pub struct Ours;

impl Reader for Ours {
    fn knows(&self, source: &Source<'_>) -> bool {
        source.documents.iter().any(|document| document.get("cases").is_some_and(Value::is_sequence))
    }

    fn read(&self, source: &Source<'_>) -> Result<Vec<Test>, Diagnostic> {
        let mut tests: Vec<Test> = Vec::new();
        let mut line = 1;
        for document in source.documents {
            let rules: BTreeSet<String> = texts(document.get("rule")).into_iter().collect();
            for case in document.get("cases").and_then(Value::as_sequence).into_iter().flatten() {
                let name = case.get("name").and_then(Value::as_str);
                let name = name.ok_or_else(|| problem(source, line, "a case needs a name"))?;
                line = line_of(source.text, name, line);
                if tests.iter().any(|test| test.name == name) {
                    return Err(problem(source, line, format!("two cases are called {name}")));
                }
                let wrong = |message: String| problem(source, line, format!("{name}: {message}"));
                tests.push(read(source, case, &rules, line).map_err(wrong)?);
                line += 1;
            }
        }
        Ok(tests)
    }
}

fn read(source: &Source<'_>, case: &Value, rules: &BTreeSet<String>, line: usize) -> Result<Test, String> {
    let known = ["name", "why", "rule", "data", "events", "objects", "lists", "expect", "exceptions", "skip"];
    let keys = case.as_mapping().into_iter().flat_map(|keys| keys.keys());
    if let Some(unknown) = keys.filter_map(Value::as_str).find(|key| !known.contains(key)) {
        return Err(format!("a case has no key {unknown}; there are {}", known.join(", ")));
    }
    let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let own = texts(case.get("rule"));
    let name = text("name");
    let golden = golden_of(source.path);
    Ok(Test {
        why: text("why"),
        rules: if own.is_empty() { rules.clone() } else { own.into_iter().collect() },
        file: source.path.to_string_lossy().into_owned(),
        line,
        data: data(source, case)?,
        lists: case.get("lists").map_or_else(|| Ok(Lists::default()), lists)?,
        exceptions: match case.get("exceptions") {
            None | Some(Value::Bool(true)) => Exceptions::Hold,
            Some(Value::Bool(false)) => Exceptions::Ignored,
            Some(Value::String(one)) => Exceptions::Only(one.clone()),
            Some(_) => return Err("exceptions: is true, false or the name of one".into()),
        },
        expect: expect(case.get("expect").ok_or("a case needs expect:")?, &golden)?,
        skip: case.get("skip").and_then(Value::as_str).map(str::to_owned),
        name,
    })
}

/// Where the golden findings of a file of tests are.
fn golden_of(path: &Path) -> PathBuf {
    path.with_extension("golden.jsonl")
}

fn data(source: &Source<'_>, case: &Value) -> Result<Data, String> {
    let inline = |key: &str| case.get(key).and_then(Value::as_sequence).cloned().unwrap_or_default();
    let lines: Vec<Value> = inline("events").into_iter().chain(inline("objects")).collect();
    let named = texts(case.get("data"));
    match (named.is_empty(), lines.is_empty()) {
        (true, false) => {
            let line = |value: &Value| match value {
                Value::String(line) => Ok(line.clone()),
                other => json(other).map(|json| json.to_string()).ok_or("an event is a mapping of texts"),
            };
            Ok(Data::Lines(lines.iter().map(line).collect::<Result<_, _>>()?))
        }
        (false, true) => {
            let folder = source.path.parent().unwrap_or(Path::new(""));
            let files: Vec<PathBuf> = named.iter().map(|name| folder.join(name)).collect();
            match files.iter().find(|file| !file.exists()) {
                Some(gone) => Err(format!("there is no {}", gone.display())),
                None => Ok(Data::Files(files)),
            }
        }
        _ => Err("a case has either data: (files) or events: and objects: (in the file)".into()),
    }
}

/// What one case expects: a word, a mapping or a list of mappings.
fn expect(value: &Value, golden: &Path) -> Result<Vec<Expect>, String> {
    match value {
        Value::String(word) => Ok(vec![match word.as_str() {
            "none" => Expect::Nothing,
            "cannot tell" | "unknown" => Expect::CannotTell(None),
            "golden" => Expect::Golden(golden.to_path_buf()),
            "excepted" => Expect::Excepted,
            "reported" => Expect::Reported,
            other => return Err(format!("expect: {other} is none of none, cannot tell, golden, excepted, reported")),
        }]),
        Value::Mapping(_) => Ok(vec![one(value)?]),
        Value::Sequence(all) if !all.is_empty() => all.iter().map(one).collect(),
        _ => Err("expect: is a word, a mapping or a list of mappings".into()),
    }
}

fn one(value: &Value) -> Result<Expect, String> {
    let keys: BTreeSet<&str> =
        value.as_mapping().into_iter().flat_map(|keys| keys.keys()).filter_map(Value::as_str).collect();
    let number = |key: &str| match value.get(key) {
        None => Ok(None),
        Some(number) => number.as_u64().map(Some).ok_or(format!("{key}: is a number")),
    };
    let only = |known: &[&str]| match keys.iter().find(|key| !known.contains(key)) {
        Some(unknown) => Err(format!("{unknown} does not go with {}", known.join(", "))),
        None => Ok(()),
    };
    if keys.contains("others") {
        only(&["others"])?;
        return Ok(Expect::Others);
    }
    if keys.contains("unknown") || keys.contains("cannot tell") {
        only(&["unknown", "cannot tell"])?;
        let count = number("unknown")?.or(number("cannot tell")?);
        return Ok(Expect::CannotTell(count));
    }
    if keys.contains("chain") {
        only(&["chain"])?;
        return Ok(Expect::Chain(texts(value.get("chain"))));
    }
    if ["exactly", "at_least", "at_most"].iter().any(|key| keys.contains(key)) {
        only(&["exactly", "at_least", "at_most", "of"])?;
        let of = match value.get("of").and_then(Value::as_str) {
            None | Some("events") => Counted::Events,
            Some("findings") => Counted::Findings,
            Some(other) => return Err(format!("of: {other} is neither events nor findings")),
        };
        let (exactly, at_least, at_most) = (number("exactly")?, number("at_least")?, number("at_most")?);
        return Ok(Expect::Count { of, exactly, at_least, at_most });
    }
    only(&["rule", "match", "evidence", "severity", "level", "entities"])?;
    let map = |key: &str| -> Result<BTreeMap<String, String>, String> {
        let pairs = value.get(key).and_then(Value::as_mapping).into_iter().flatten();
        let pair = |(key, value): (&Value, &Value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                other => json(other).map(|json| json.to_string()).unwrap_or_default(),
            };
            key.as_str().map(|key| (key.to_owned(), text)).ok_or("a key is a text".to_owned())
        };
        pairs.map(pair).collect()
    };
    let level = value.get("severity").or(value.get("level")).and_then(Value::as_str);
    let wanted = Wanted {
        rule: value.get("rule").and_then(Value::as_str).map(str::to_owned),
        matching: map("match")?,
        evidence: value.get("evidence").map(|ids| texts(Some(ids)).into_iter().collect()),
        level: level.map(str::parse::<Level>).transpose()?,
        entities: map("entities")?,
    };
    let known = ["auditID", "actor", "verb", "object", "namespace", "name", "address", "agent", "code", "stage", "uri"];
    if let Some(unknown) = wanted.matching.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!("match: knows no {unknown}, only {}", known.join(", ")));
    }
    let known = ["actor", "target", "address", "agent", "namespace"];
    match wanted.entities.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(format!("entities: knows no {unknown}, only {}", known.join(", "))),
        None => Ok(Expect::Finding(wanted)),
    }
}
