//! The recorded intrusion: every step its truth file tells must be found by a rule it names, on the very request.

use std::collections::BTreeSet;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use coldcase::case::Case;
use coldcase::engine::{Engine, Entity, Finding, Kind, Replay};
use coldcase::sigma::Level;
use serde_json::Value;

use crate::support::{case_of, pack, project, replay, run, text};

const EVIDENCE: &str = "sample-data/incidents/aks-intrusion/evidence";

/// Id, rule, incident and audit ids of each finding.
fn essence(replay: &Replay) -> BTreeSet<(String, String, Option<String>, Vec<String>)> {
    let of = |f: &Finding| (f.id.clone(), f.rule.clone(), f.incident.clone(), f.audit_ids.clone());
    replay.findings.iter().map(of).collect()
}

#[test]
fn every_step_is_found_on_its_own_request() {
    let folder = tempfile::tempdir().unwrap();
    let rules = pack();
    let found = replay(&case_of(&folder, &[project(EVIDENCE)]), &rules);
    let truth = std::fs::read_to_string(project("sample-data/incidents/aks-intrusion/truth.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let known: BTreeSet<&str> = rules
        .reported()
        .flat_map(|(meta, _)| std::iter::once(meta.name.as_str()).chain(meta.defender.iter().map(String::as_str)))
        .collect();
    let words = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    };
    let mut checked = 0;
    for step in truth["steps"].as_array().unwrap() {
        let (label, expect, ids) = (&step["label"], words(&step["expect"]), words(&step["audit_ids"]));
        let expect: Vec<&String> = expect.iter().filter(|name| known.contains(name.as_str())).collect();
        if !expect.is_empty() {
            let hit = found.findings.iter().any(|finding| {
                expect.iter().any(|name| finding.rule == **name || finding.defender.contains(name))
                    && finding.audit_ids.iter().any(|id| ids.contains(id))
            });
            assert!(hit, "{label} at {} is not found by any of {expect:?}", step["time"]);
            checked += 1;
        }
        for rule in words(&step["cannot_tell"]) {
            let told = found.untold.iter().any(|u| u.rule == rule && u.audit_ids.iter().any(|id| ids.contains(id)));
            assert!(told, "{label}: {rule} must say that it cannot tell");
            assert!(!found.findings.iter().any(|f| f.rule == rule && f.audit_ids.iter().any(|id| ids.contains(id))));
        }
    }
    // 61 steps; three have no expectation, one names only a rule the pack does not have.
    assert!(checked >= 56, "only {checked} steps were checked");
}

#[test]
fn the_order_of_the_evidence_changes_nothing() {
    let rules = pack();
    let mut inputs: Vec<_> = std::fs::read_dir(project(EVIDENCE)).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let forward = case_of(&one, &inputs);
    inputs.reverse();
    let backward = case_of(&two, &inputs);
    assert_eq!(essence(&replay(&forward, &rules)), essence(&replay(&backward, &rules)));
    for case in [&forward, &backward] {
        let stages = "count(*) - count(DISTINCT concat_ws(' ', audit_id, stage))";
        let answer = Engine::open(case).unwrap().sql(&format!("SELECT {stages} FROM audit"), &[]).unwrap();
        let more = answer.batches[0].column(0).as_primitive::<Int64Type>().value(0);
        assert_eq!(more, 0, "no client chose its auditID here, so an event has one row, whatever came first");
    }
    let rows = |case: &Case| -> u64 { case.evidence().iter().map(|input| input.stored).sum() };
    assert_eq!(rows(&forward), rows(&backward), "the same events are stored whatever comes first");
}

#[test]
fn the_intrusion_is_one_incident_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let found = replay(&case_of(&folder, &[project(EVIDENCE)]), &pack());
    let ids: BTreeSet<&str> = found.findings.iter().map(|f| f.id.as_str()).collect();
    assert_eq!(ids.len(), found.findings.len(), "no two findings have one id");
    let attacker = Entity { kind: Kind::Address, name: "203.0.113.7".into() };
    let of_attacker: Vec<&Finding> =
        found.findings.iter().filter(|f| f.entities.contains(&attacker) && f.level >= Level::Medium).collect();
    let incidents: BTreeSet<Option<&str>> = of_attacker.iter().map(|f| f.incident.as_deref()).collect();
    assert_eq!(incidents.len(), 1, "one address did it all, within minutes: {incidents:?}");
    assert!(!incidents.contains(&None) && of_attacker.len() > 40);
    assert!(of_attacker.iter().all(|f| f.shared.contains(&attacker)), "each says what it shares");
    let miner = found.findings.iter().find(|f| f.rule == "ex-miner-image" && !f.audit_ids.is_empty()).unwrap();
    let named: Vec<String> = miner.entities.iter().map(Entity::to_string).collect();
    for entity in [
        "service account kube-system/deployer",
        "image docker.example/xmrig/xmrig:6",
        "address 203.0.113.7",
        "namespace kube-system",
        "object daemonsets kube-system/kube-cache",
    ] {
        assert!(named.iter().any(|name| name == entity), "{entity} is not among {named:?}");
    }
    assert!(named.iter().any(|name| name.starts_with("cluster /subscriptions/") && name.ends_with("/shop-prod")));
}

#[test]
fn entities_and_incidents_are_in_every_output() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    drop(case_of(&folder, &[project(EVIDENCE)]));
    let before = run(dir, &["incidents"]);
    assert_eq!(before.status.code(), Some(2), "nothing was replayed yet");
    for format in ["table", "jsonl", "json", "csv", "parquet"] {
        let output = run(dir, &["replay", "--format", format, "-o", &format!("out.{format}")]);
        assert!(output.status.success(), "{format}: {}", text(&output).1);
        let bytes = std::fs::read(dir.join(format!("out.{format}"))).unwrap();
        let has = |words: &str| bytes.windows(words.len()).any(|window| window == words.as_bytes());
        for words in ["docker.example/xmrig/xmrig:6", "kube-system/deployer", "kubectl cordon NODE", "i-"] {
            assert!(has(words), "{format} lacks {words}");
        }
    }
    let (table, _) = text(&run(dir, &["incidents"]));
    assert!(table.contains("tactics") && table.contains("shares address 203.0.113.7"), "{table}");
    let (lines, _) = text(&run(dir, &["incidents", "--format", "jsonl"]));
    let incident: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(incident["level"], "critical");
    let tactics = incident["tactics"].as_array().unwrap();
    assert!(
        tactics.len() > 8 && tactics.last().unwrap() == "impact",
        "in the order of their first finding: {tactics:?}"
    );
}

#[test]
fn a_second_replay_gives_the_same_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (case, rules) = (case_of(&folder, &[project(EVIDENCE)]), pack());
    assert_eq!(replay(&case, &rules).findings, replay(&case, &rules).findings);
}

#[test]
fn a_quiet_hour_is_quiet() {
    let folder = tempfile::tempdir().unwrap();
    let case = case_of(&folder, &[project("sample-data/incidents/quiet-hour/evidence")]);
    let found = replay(&case, &pack());
    // What is informational is context by itself and no alarm.
    let alarms = found.findings.iter().filter(|f| f.level > Level::Informational);
    let rules: BTreeSet<&str> = alarms.map(|f| f.rule.as_str()).collect();
    assert!(rules.is_empty(), "a quiet hour fires {rules:?}");
}
