//! Every hunt over every sample incident. What must be in an answer is in the incident's ground truth or its README, which
//! were written down by those who made it.

use std::collections::BTreeSet;

use coldcase::case::Case;
use coldcase::engine::Engine;
use coldcase::engine::hunts::Hunt;
use coldcase::report;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{case_of, project, run, text};

/// When the intrusion began, by its README.
const FROM: &str = "from=2026-11-24T00:21:17Z";

/// Values for the hunts that need one.
const NEEDED: [(&str, &[&str]); 8] = [
    ("around", &["at=2026-11-24T00:15:00Z", "seconds=5"]),
    ("as-of", &["at=2026-11-24T00:15:00Z"]),
    ("can-do", &["who=system:serviceaccount:web:ci"]),
    ("diff", &["from=2026-11-24T00:15:00Z"]),
    ("new-in-window", &["from=2026-11-24T00:15:00Z"]),
    ("pivot", &["value=198.51.100.%"]),
    ("profile", &["from=2026-11-24T00:15:00Z"]),
    ("who-can", &[]),
];

/// A case of an incident, replayed.
fn incident(folder: &TempDir, name: &str) {
    drop(case_of(folder, &[project("sample-data/incidents").join(name).join("evidence")]));
    let output = run(folder.path(), &["replay", "--case", "case", "--format", "jsonl", "-o", "findings.jsonl"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output).1);
}

fn open(folder: &TempDir) -> Engine {
    Engine::open(&Case::open(&folder.path().join("case")).unwrap()).unwrap()
}

/// The rows of a hunt of the pack.
fn hunt(engine: &Engine, name: &str, params: &[&str]) -> Vec<Value> {
    let ends = format!("/{name}.sql");
    let (path, sql) = coldcase::pack::HUNTS.iter().find(|(path, _)| path.ends_with(&ends)).unwrap();
    let pair = |param: &&str| param.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    let given: Vec<_> = params.iter().map(pair).collect();
    let answer = engine.hunt(&Hunt::read(path, sql).unwrap(), &given);
    let answer = answer.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let mut out = Vec::new();
    report::write(report::writer("jsonl").unwrap(), &answer.schema, &answer.batches, &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs every hunt of the pack twice; returns those without a row.
fn all(engine: &Engine) -> BTreeSet<String> {
    let hunts = coldcase::pack::HUNTS.iter().map(|(path, text)| Hunt::read(path, text).unwrap());
    let mut empty = BTreeSet::new();
    for asked in hunts {
        let needed = NEEDED.iter().find(|(name, _)| *name == asked.name);
        assert_eq!(needed.is_some(), asked.present.is_empty(), "{}: a hunt is swept or needs a value", asked.name);
        let params = needed.map_or(&[] as &[&str], |(_, params)| params);
        let rows = hunt(engine, &asked.name, params);
        assert_eq!(rows, hunt(engine, &asked.name, params), "{}: the same rows in the same order", asked.name);
        if rows.is_empty() {
            empty.insert(asked.name);
        }
    }
    empty
}

fn names(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn every_hunt_runs_over_a_quiet_cluster_and_those_about_an_attack_are_empty() {
    let folder = tempfile::tempdir().unwrap();
    incident(&folder, "quiet-hour");
    let empty = all(&open(&folder));
    // Audit events are all there is, of people and programs that do their work, and nobody noted anything.
    let no_evidence = [
        "alerts",
        "azure-actions",
        "container-said",
        "exposed",
        "pod-identities",
        "sign-ins",
        "can-do",
        "who-can",
        "gaps",
        "caught",
    ];
    let no_attack = ["control-plane-tamper", "cover-up", "hands-on", "impersonation", "node-reach", "outside-accounts"];
    let wanted = names(&[&no_evidence[..], &no_attack[..]].concat());
    assert!(empty.is_superset(&wanted), "{:?}", wanted.difference(&empty).collect::<Vec<_>>());
}

#[test]
fn every_hunt_runs_over_the_intrusion_and_shows_what_was_done() {
    let folder = tempfile::tempdir().unwrap();
    incident(&folder, "aks-intrusion");
    let engine = open(&folder);
    let ask = |name: &str, params: &[&str]| hunt(&engine, name, params);
    let empty = all(&engine);
    assert_eq!(empty, names(&["alerts", "azure-actions", "caught", "container-said", "sign-ins"]));

    // The README counts the cut records of each input.
    let gaps = ask("gaps", &[]);
    let cut: Vec<_> =
        gaps.iter().filter(|row| row["what"] == "bodies that were cut").map(|row| &row["count"]).collect();
    assert_eq!(cut, [96, 27, 14]);
    let silent = ask("gaps", &["seconds=20"]);
    assert!(silent.iter().any(|row| row["what"] == "silence" && row["count"] == 22), "{silent:?}");

    let is = |row: &Value, pairs: &[(&str, &str)]| pairs.iter().all(|(key, value)| row[*key] == *value);
    let has = |rows: &[Value], pairs: &[(&str, &str)]| rows.iter().any(|row| is(row, pairs));
    let profile = ask("profile", &[FROM, "new_only=1"]);
    for (actor, verb, kind) in [
        ("system:serviceaccount:web:ci", "list", "secrets"),
        ("system:serviceaccount:web:ci", "create", "serviceaccounts/token"),
        ("system:serviceaccount:kube-system:deployer", "create", "clusterrolebindings"),
    ] {
        let done: &[(&str, &str)] = &[("actor", actor), ("verb", verb), ("kind", kind)];
        assert!(has(&profile, done), "{done:?}");
        assert!(
            profile.iter().filter(|row| is(row, done)).all(|row| row["new"] == true && row["requests_before"] == 0)
        );
    }
    assert!(!profile.iter().any(|row| row["actor"] == "lena@contoso.example" && row["kind"] == "pods"));

    let new = ask("new-in-window", &[FROM]);
    for (what, value) in [
        ("address", "203.0.113.7"),
        ("identity", "system:serviceaccount:kube-system:deployer"),
        ("image", "docker.example/xmrig/xmrig:6"),
        ("verb and kind", "get nodes/proxy"),
        ("acting as", "system:serviceaccount:kube-system:deployer as lena@contoso.example"),
    ] {
        assert!(has(&new, &[("what", what), ("value", value)]), "{what} {value}");
    }

    // What was bound in step 37, by the snapshot taken after it.
    let may = ask("can-do", &["who=system:serviceaccount:kube-system:deployer"]);
    assert!(
        has(
            &may,
            &[
                ("reach", "every namespace"),
                ("verbs", "*"),
                ("kinds", "*"),
                ("binding", "ClusterRoleBinding metrics-reader-2")
            ]
        ),
        "{may:?}"
    );
    let before = ask("can-do", &["who=system:serviceaccount:web:nobody"]);
    assert!(!has(&before, &[("verbs", "*")]), "{before:?}");

    let miner = ask("images", &["image=%xmrig%"]);
    assert!(miner.len() == 1 && miner[0]["privileged"] == true && miner[0]["namespaces"] == "kube-system", "{miner:?}");

    let diff = ask("diff", &[FROM]);
    for (change, kind, name) in [
        ("made", "clusterrolebindings", "metrics-reader-2"),
        ("made", "daemonsets", "kube-cache"),
        ("made", "cronjobs", "log-rotate"),
        ("made", "mutatingwebhookconfigurations", "pod-policy-x"),
        ("made", "serviceaccounts", "metrics-helper"),
        ("made", "secrets", "metrics-helper-token"),
        ("made and gone", "pods", "dbg"),
        ("gone", "deployments", "front"),
        ("written", "deployments", "api"),
        ("written", "configmaps", "coredns-custom"),
    ] {
        assert!(has(&diff, &[("change", change), ("kind", kind), ("name", name)]), "{change} {kind} {name}");
    }
    // Nothing is changed between a moment and itself.
    assert_eq!(ask("diff", &["from=2026-11-24T00:25:00Z", "to=2026-11-24T00:25:00Z"]), Vec::<Value>::new());
}

#[test]
fn notes_are_rows_and_what_was_noted_was_caught_or_missed() {
    let folder = tempfile::tempdir().unwrap();
    incident(&folder, "aks-intrusion");
    let engine = open(&folder);
    let ask = |name: &str, params: &[&str]| hunt(&engine, name, params);
    let place = |row: &Value| format!("{}:{}", row["evidence"], row["offset"]);
    let bound = place(&ask("rbac-changes", &["name=metrics-reader-2"])[0]);
    let ordinary = ask("around", &["at=2026-11-24T00:15:00Z", "seconds=5", "actor=lena@contoso.example"]);
    let ordinary = place(&ordinary[0]);
    let note = |args: &[&str]| {
        let output = run(folder.path(), &[&["case"], args].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output).1);
    };
    note(&["mark", "--case", "case", "--investigator", "R. Example", &bound, "--story", "it binds itself"]);
    note(&["mark", "--case", "case", &bound, "--tag", "rbac"]);
    note(&["mark", "--case", "case", &ordinary]);
    note(&["name", "--case", "case", "lena@contoso.example", "Lena"]);
    note(&["mark", "--case", "case", &ordinary, "--comment", "a slip"]);
    note(&["undo", "--case", "case"]);

    let sql = "SELECT does, text, identity, investigator, evidence || ':' || \"offset\" AS place, counts FROM note ORDER BY noted, id";
    let rows = text(&run(folder.path(), &["query", "--case", "case", "--format", "jsonl", sql])).0;
    let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let does: Vec<_> =
        rows.iter().map(|row| (row["does"].as_str().unwrap(), row["counts"].as_bool().unwrap())).collect();
    let wanted = [("story", true), ("tag", true), ("mark", true), ("name", true), ("comment", false), ("undo", true)];
    assert_eq!(does, wanted);
    assert_eq!((&rows[0]["investigator"], &rows[0]["place"]), (&"R. Example".into(), &bound.as_str().into()));
    assert_eq!((&rows[3]["identity"], &rows[3]["text"]), (&"lena@contoso.example".into(), &"Lena".into()));

    // Notes are as they were when the case was opened.
    assert_eq!(ask("caught", &[]), Vec::<Value>::new());
    let engine = open(&folder);
    let ask = |name: &str, params: &[&str]| hunt(&engine, name, params);
    let caught = ask("caught", &[]);
    assert_eq!(caught.len(), 2, "{caught:?}");
    // Step 37 must be found by pe-clusteradmin-bind, as the ground truth says; ordinary work by nothing.
    let of = |at: &str| caught.iter().find(|row| place(row) == at).unwrap();
    assert!(of(&bound)["by_rules"].as_str().unwrap().contains("high pe-clusteradmin-bind"), "{caught:?}");
    assert_eq!((&of(&bound)["does"], &of(&bound)["said"]), (&"story tag".into(), &"it binds itself; rbac".into()));
    assert_eq!((&of(&ordinary)["verdict"], &of(&ordinary)["by_rules"]), (&"missed".into(), &Value::Null));

    let story = ask("story", &["told_by=story"]);
    assert_eq!((story.len(), &story[0]["says"]), (1, &"it binds itself".into()));
    let log = std::fs::read(story[0]["input"].as_str().unwrap()).unwrap();
    assert_eq!(story[0]["sha256"], sha256(&log), "the hash is that of the input");
    let found = ask("story", &["told_by=finding", "level=critical"]);
    assert!(!found.is_empty() && found.iter().all(|row| row["level"] == "critical" && row["sha256"].is_string()));
}

/// A SHA-256 by the system's own program.
fn sha256(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let output = std::process::Command::new("sha256sum").arg(file.path()).output().unwrap();
    text(&output).0.split(' ').next().unwrap().to_owned()
}
