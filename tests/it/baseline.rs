//! Rules with `first:`: each cluster learns by itself, and what another case learnt counts.

use coldcase::engine::{Baseline, Engine};
use coldcase::sigma::{RuleFile, RuleSet, load};
use serde_json::json;

use crate::support::{case_of, replay, run, text};

const RULE: &str = "title: t\nname: t\nlogsource: {product: kubernetes, service: audit}\nfirst: {of: [user.username], learning: 2h}\n\
                    detection:\n  s: {verb: list}\n  condition: s\n";

fn rules() -> RuleSet {
    let (set, problems) = load(&[RuleFile { path: "t.yml".into(), text: RULE.into() }]);
    assert!(problems.is_empty(), "{problems:?}");
    set
}

/// An event as a diagnostic setting writes it, with the cluster.
fn record(cluster: &str, id: &str, user: &str, time: &str) -> String {
    let event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": id, "stage": "ResponseComplete",
        "requestURI": "/api/v1/pods", "verb": "list", "user": {"username": user}, "sourceIPs": ["10.0.0.1"],
        "objectRef": {"resource": "pods"}, "responseStatus": {"code": 200},
        "stageTimestamp": format!("2031-04-05T{time}:00.000000Z"),
    });
    let resource =
        format!("/SUBSCRIPTIONS/A/RESOURCEGROUPS/B/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/{cluster}");
    json!({
        "time": format!("2031-04-05T{time}:00.0000000Z"), "resourceId": resource, "category": "kube-audit",
        "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "properties": {"log": event.to_string(), "stream": "stdout", "pod": "kube-apiserver-1"},
    })
    .to_string()
}

#[test]
fn each_cluster_learns_by_itself() {
    let lines = [
        record("ONE", "one-begins", "lena", "06:00"),
        record("ONE", "known-there", "omar", "07:00"),
        record("ONE", "new-there", "eve", "09:00"),
        // Nobody knows yet what is usual in the other one.
        record("TWO", "two-begins", "omar", "09:00"),
        record("TWO", "too-early", "eve", "10:30"),
        record("TWO", "new-there-too", "lena", "11:00"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.jsonl");
    std::fs::write(&input, lines.join("\n")).unwrap();
    let found = replay(&case_of(&folder, &[input]), &rules());
    let mut hits: Vec<&str> = found.findings.iter().flat_map(|f| &f.audit_ids).map(String::as_str).collect();
    hits.sort_unstable();
    assert_eq!(hits, ["new-there", "new-there-too"]);
}

#[test]
fn what_an_earlier_case_learnt_is_usual() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(
        path("old.jsonl"),
        [record("ONE", "a", "lena", "01:00"), record("ONE", "b", "omar", "02:00")].join("\n"),
    )
    .unwrap();
    let later = [record("ONE", "c", "omar", "06:00"), record("ONE", "d", "eve", "06:30")].join("\n");
    std::fs::write(path("new.jsonl"), later).unwrap();
    std::fs::write(path("t.yml"), RULE).unwrap();
    for (case, input) in [("old", "old.jsonl"), ("new", "new.jsonl")] {
        assert!(run(folder.path(), &["ingest", "--case", case, input]).status.success());
    }
    let replay = |more: &[&str]| {
        let shown = run(folder.path(), &[&["replay", "--case", "new", "--rules", "t.yml"], more].concat());
        text(&shown).0
    };
    assert!(replay(&[]).contains("it learns what is usual for 2 h, and the evidence covers 0 h"));
    let learnt = replay(&["--baseline", "old"]);
    assert!(learnt.contains("1 finding of 1 rule") && learnt.contains("eve on pods"), "{learnt}");
    let saved = run(folder.path(), &["replay", "--case", "old", "--rules", "t.yml", "--save-baseline", "usual.jsonl"]);
    assert!(saved.status.success());
    assert_eq!(replay(&["--baseline", "usual.jsonl"]), learnt);
    let wrong = run(folder.path(), &["replay", "--case", "new", "--rules", "t.yml", "--baseline", "t.yml"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_baseline_knows_only_what_came_before() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.jsonl");
    std::fs::write(&input, [record("ONE", "a", "lena", "01:00"), record("ONE", "b", "eve", "05:00")].join("\n"))
        .unwrap();
    let case = case_of(&folder, &[input]);
    let engine = Engine::open(&case).unwrap();
    // Learnt from the same evidence, nothing is earlier than it is itself.
    let learnt = engine.learn(&rules()).unwrap();
    assert_eq!(learnt, Baseline::of_text(&learnt.to_text()).unwrap());
    let found = engine.replay_after(&rules(), &learnt).unwrap();
    assert_eq!(found.findings[0].audit_ids, ["b"]);
}
