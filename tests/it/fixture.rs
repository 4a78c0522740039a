//! Tests made of a live case: they fire as the case does, they name nobody, and the case knows the way back.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use coldcase::case::Case;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{project, run, text};

/// A case of the recorded intrusion, replayed once for all tests; each has a copy of its own to write to.
fn intrusion() -> TempDir {
    static MADE: LazyLock<TempDir> = LazyLock::new(made);
    let folder = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(MADE.path()) {
        let entry = entry.unwrap();
        let to = folder.path().join(entry.path().strip_prefix(MADE.path()).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(to).unwrap();
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
    folder
}

fn made() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let evidence = project("sample-data/incidents/aks-intrusion/evidence");
    for args in [vec!["ingest", "--quiet", "--case", "c", evidence.to_str().unwrap()], vec!["replay", "--case", "c"]] {
        let output = run(folder.path(), &args);
        assert!(output.status.success(), "{:?}", text(&output));
    }
    folder
}

fn rows(folder: &Path, sql: &str) -> Vec<Vec<String>> {
    let (out, err) = text(&run(folder, &["query", "--case", "c", "--format", "csv", sql]));
    assert_eq!(err, "");
    out.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn every_finding_becomes_a_test_that_passes_and_names_nobody_or_says_why_not() {
    let folder = intrusion();
    let findings = rows(folder.path(), "SELECT id, CAST(rule AS VARCHAR) AS slug FROM finding ORDER BY slug, id");
    assert!(findings.len() > 100, "{}", findings.len());
    // One of every twelfth rule: the whole list would take minutes.
    let mut seen = BTreeSet::new();
    let (mut made, mut not, mut said) = (BTreeSet::new(), Vec::new(), String::new());
    for finding in findings.iter().filter(|finding| seen.insert(finding[1].clone())).step_by(12) {
        let file = format!("{}.cases.jsonl", finding[1]);
        let output = run(folder.path(), &["case", "fixture", "--case", "c", &finding[0], "-o", &file]);
        let (_, err) = text(&output);
        if output.status.success() {
            made.insert(finding[1].clone());
            said += &err;
        } else {
            assert!(err.contains("no test was written: ") && !folder.path().join(&file).exists(), "{err}");
            not.push(format!("{}: {err}", finding[1]));
        }
    }
    // All but one at most: others ask for weeks of what is usual, or for more than their events.
    assert!(not.len() <= 1, "{not:#?}");
    let tested = run(folder.path(), &["test", ".", "--no-cache", "--all"]);
    let (out, err) = text(&tested);
    assert!(tested.status.success() && out.contains(&format!("{} passed", made.len())), "{out}{err}\n{not:#?}");
    // What the map says is called otherwise stands in no test, unless the program said that a rule asks for it.
    let case = Case::open(&folder.path().join("c")).unwrap();
    let aliases = case.aliases();
    assert!(aliases.len() > 8);
    let unique: BTreeSet<&str> = aliases.iter().map(|(_, alias)| alias.is.as_str()).collect();
    assert_eq!(unique.len(), aliases.len(), "no alias stands for two");
    assert!(aliases.iter().any(|(_, alias)| alias.kind == "address" && alias.of == "203.0.113.7"));
    for rule in &made {
        let text = fs::read_to_string(folder.path().join(format!("{rule}.cases.jsonl"))).unwrap();
        for (_, alias) in aliases.iter().filter(|(_, alias)| !said.contains(&alias.of) && !unique.contains(&*alias.of))
        {
            // A key that is called like a name is none.
            let text = text.replace(&format!("\"{}\":", alias.of), "");
            assert!(!text.contains(&format!("\"{}\"", alias.of)), "{rule} names {}", alias.of);
        }
    }
    assert!(case.verify(None).unwrap().mismatches.is_empty());
}

#[test]
fn a_fixture_can_be_read_back_with_the_map_that_stays() {
    let folder = intrusion();
    let sql = "SELECT id, unnest(audit_ids) AS a FROM finding WHERE rule = 'pe-clusteradmin-bind' ORDER BY 1 LIMIT 1";
    let finding = rows(folder.path(), sql).remove(0);
    let (out, err) = text(&run(folder.path(), &["case", "fixture", "--case", "c", &finding[0]]));
    assert!(err.contains("fires on it as in the case"), "{err}");
    let line: Value = serde_json::from_str(&out).unwrap();
    let hit = line["hits"][0].as_str().unwrap();
    assert_ne!(hit, finding[1], "the request has another id outside");
    let (map, _) = text(&run(folder.path(), &["case", "aliases", "--case", "c", hit]));
    assert!(map.contains(&finding[1]), "{map}");
    // The same again needs no new alias, and is the same text.
    let (again, err) = text(&run(folder.path(), &["case", "fixture", "--case", "c", &finding[0]]));
    assert_eq!(again, out);
    assert!(err.contains("0 new aliases"), "{err}");
    // What rules look at by value is there.
    assert!(out.contains("cluster-admin"), "{out}");
}

#[test]
fn an_event_on_which_a_rule_is_quiet_is_a_test_of_that() {
    let folder = intrusion();
    let sql = "SELECT evidence, \"offset\" FROM audit WHERE verb = 'list' AND resource = 'pods' AND response_code = 200 \
               ORDER BY time LIMIT 1";
    let place = rows(folder.path(), sql).remove(0).join(":");
    let args = ["case", "fixture", "--case", "c", &place, "--rule", "pe-clusteradmin-bind", "--quiet", "-o", "a.yml"];
    let output = run(folder.path(), &args);
    assert!(output.status.success(), "{:?}", text(&output));
    let (out, err) = text(&run(folder.path(), &["test", "a.yml", "--no-cache"]));
    assert!(out.contains("1 passed"), "{out}{err}");
    // A second one in the same file is a test of its own.
    assert!(run(folder.path(), &args).status.success());
    let (out, _) = text(&run(folder.path(), &["test", "a.yml", "--no-cache"]));
    assert!(out.contains("2 passed"), "{out}");
    // What fires is no quiet test.
    let sql = "SELECT id FROM finding WHERE rule = 'pe-clusteradmin-bind' ORDER BY 1 LIMIT 1";
    let id = rows(folder.path(), sql).remove(0).remove(0);
    let output = run(folder.path(), &["case", "fixture", "--case", "c", &id, "--quiet", "-o", "b.yml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).1.contains("fires on it: that is a test that fires"), "{:?}", text(&output));
    assert!(!folder.path().join("b.yml").exists());
}

#[test]
fn a_rule_that_hits_no_more_names_the_part_that_fails() {
    let folder = intrusion();
    let sql = "SELECT evidence, \"offset\" FROM audit WHERE verb = 'list' AND resource = 'pods' ORDER BY time LIMIT 1";
    let place = rows(folder.path(), sql).remove(0).join(":");
    // Nobody said quiet or not: it is what the rule does on it.
    let output = run(folder.path(), &["case", "fixture", "--case", "c", &place, "--rule", "pe-clusteradmin-bind"]);
    let line: Value = serde_json::from_str(&text(&output).0).unwrap();
    assert_eq!(line["hits"], Value::Null);
    let output = run(folder.path(), &["case", "fixture", "--case", "c", &place, "--rule", "no-such-rule"]);
    assert!(text(&output).1.contains("no rule is called no-such-rule"));
    let output = run(folder.path(), &["case", "fixture", "--case", "c", &place]);
    assert!(text(&output).1.contains("which rule is the test of?"), "{:?}", text(&output));
}
