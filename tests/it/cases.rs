//! Every rule against the cases beside it: what fires, what stays quiet, what nearly fires, what cannot be told.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use coldcase::sigma::{RuleFile, load};
use serde_json::Value;

use crate::support::{case_of, project, replay};

/// One line of a cases file.
struct Line {
    kind: String,
    why: String,
    events: Vec<Value>,
    hits: BTreeSet<String>,
}

fn lines(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let read = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let hits = value["hits"].as_array().into_iter().flatten();
        Line {
            kind: value["case"].as_str().unwrap().to_owned(),
            why: value["why"].as_str().unwrap().to_owned(),
            events: value["events"].as_array().unwrap().clone(),
            hits: hits.map(|id| id.as_str().unwrap().to_owned()).collect(),
        }
    };
    text.lines().map(read).collect()
}

fn ids(events: &[Value]) -> BTreeSet<String> {
    events.iter().map(|event| event["auditID"].as_str().unwrap_or_default().to_owned()).collect()
}

fn check(rule: &str, file: &RuleFile, lines: &[&Line]) {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for event in lines.iter().flat_map(|line| &line.events) {
        writeln!(text, "{event}").unwrap();
    }
    let input = folder.path().join("events.jsonl");
    std::fs::write(&input, text).unwrap();
    let (set, problems) = load(std::slice::from_ref(file));
    assert!(problems.is_empty(), "{problems:?}");
    let found = replay(&case_of(&folder, &[input]), &set);
    let hit: BTreeSet<String> = found.findings.iter().flat_map(|f| f.audit_ids.clone()).collect();
    let untold: BTreeSet<String> = found.untold.iter().flat_map(|u| u.audit_ids.clone()).collect();
    for line in lines {
        let mine = ids(&line.events);
        let hits: BTreeSet<String> = hit.intersection(&mine).cloned().collect();
        let what = format!("{rule}, {}: {}", line.kind, line.why);
        match line.kind.as_str() {
            "fires" => assert_eq!(hits, line.hits, "{what}"),
            "cannot tell" => {
                assert!(hits.is_empty(), "{what}");
                assert!(!untold.is_disjoint(&mine), "{what}");
            }
            "quiet" | "near miss" => assert!(hits.is_empty(), "{what}: hit {hits:?}"),
            other => panic!("{rule}: a case cannot be `{other}`"),
        }
    }
}

#[test]
fn every_rule_does_what_its_cases_say() {
    let mut rules = 0;
    for (path, text) in coldcase::pack::DETECTIONS {
        let file = RuleFile { path: (*path).into(), text: (*text).into() };
        let rule = path.rsplit('/').next().unwrap().trim_end_matches(".yml");
        let lines = lines(&project(&path.replace(".yml", ".cases.jsonl")));
        for kind in ["fires", "quiet", "near miss"] {
            assert!(lines.iter().any(|line| line.kind == kind), "{rule} has no case that is `{kind}`");
        }
        let all: Vec<String> = lines.iter().flat_map(|line| ids(&line.events)).collect();
        let distinct: BTreeSet<&String> = all.iter().collect();
        // Events of a correlation act on each other, and an id used twice belongs to two cases: one at a time then.
        if text.contains("\ncorrelation:") || distinct.len() < all.len() {
            lines.iter().for_each(|line| check(rule, &file, &[line]));
        } else {
            check(rule, &file, &lines.iter().collect::<Vec<_>>());
        }
        rules += 1;
    }
    assert!(rules >= 40, "the pack has only {rules} files");
}
