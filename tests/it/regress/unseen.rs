//! What tests do not notice and have not seen: mutants, coverage of rules and clauses, and techniques by what is tested.

use std::fs;

use serde_json::{Value, json};

use super::{CHAIN, EXEC, exec, suite, test, write};
use crate::support::text;

#[test]
fn a_change_of_a_rule_that_no_test_notices_is_a_missing_test_with_its_line() {
    let folder = suite();
    let at = folder.path();
    let args = ["rules/exec.yml", "rules/exec.cases.jsonl", "--mutants"];
    let (out, _) = text(&test(at, &args));
    let missing: Vec<&str> = out.lines().filter(|line| line.starts_with(" m ")).collect();
    assert_eq!(
        missing,
        [
            " m rules/exec.yml:8  exec  without verb: [\"create\",\"get\"]",
            " m rules/exec.yml:9  exec  without objectRef.resource: \"pods\"",
            " m rules/exec.yml:10  exec  without objectRef.subresource: \"exec\"",
            " m rules/exec.yml:12  exec  sourceIPs|cidr: \"10.0.0.0/8\" widened to \"10.0.0.0/7\"",
        ]
    );
    assert!(out.ends_with(" mutants 7  equal 0  noticed 3  score 42.9 %\n"), "{out}");
    // What is told twice is noticed no more often.
    let cases = fs::read_to_string(at.join("rules/exec.cases.jsonl")).unwrap();
    let mut twice: Value =
        serde_json::from_str(cases.lines().find(|line| line.contains("\"fires\"")).unwrap()).unwrap();
    twice["why"] = json!("the same again");
    write(at, "rules/exec.cases.jsonl", format!("{cases}{twice}\n"));
    let (out, _) = text(&test(at, &args));
    assert!(out.ends_with(" mutants 7  equal 0  noticed 3  score 42.9 %\n"), "{out}");
    write(at, "rules/exec.cases.jsonl", &cases);
    assert_eq!(test(at, &[&args[..], &["--min-score", "95"]].concat()).status.code(), Some(4));
    let like =
        |kind: &str, but: Value| json!({"case": kind, "why": "v", "like": "fires", "but": but}).to_string() + "\n";
    let more = like("fires", json!({"sourceIPs": ["11.0.0.1"]}))
        + &like("near miss", json!({"verb": "delete"}))
        + &like("near miss", json!({"objectRef.resource": "widgets"}))
        + &like("near miss", json!({"objectRef.subresource": "log"}));
    write(at, "rules/exec.cases.jsonl", fs::read_to_string(at.join("rules/exec.cases.jsonl")).unwrap() + &more);
    let output = test(at, &[&args[..], &["--min-score", "100"]].concat());
    assert!(text(&output).0.ends_with(" mutants 7  equal 0  noticed 7  score 100.0 %\n"), "{}", text(&output).0);
    assert_eq!(output.status.code(), Some(0));
    // Of a rule that asks for success it needs no test that exec is of pods: of anything else it is refused.
    let done = EXEC.replace(
        "    objectRef.subresource: exec\n",
        "    objectRef.subresource: exec\n    responseStatus.code|lt: 300\n",
    );
    write(at, "rules/exec.yml", done);
    let (out, _) = text(&test(at, &args));
    let missing: Vec<&str> = out.lines().filter(|line| line.starts_with(" m ")).collect();
    assert_eq!(
        missing,
        [
            " m rules/exec.yml:11  exec  responseStatus.code|lt: 300 widened to 500",
            " m rules/exec.yml:11  exec  without responseStatus.code|lt: 300",
        ]
    );
}

#[test]
fn a_clause_of_a_rule_that_is_only_counted_needs_a_test_too() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let many = "title: t\nname: many.exec\nlogsource: {product: kubernetes, service: audit}\ndetection:\n  s: {objectRef.subresource: exec, verb: create}\n  condition: s\n---\n\
                title: Two commands\nname: many\nlevel: low\ncorrelation:\n  type: event_count\n  rules: [many.exec]\n  group-by: [user.username]\n  timespan: 1m\n  condition: {gte: 2}\n";
    write(at, "r/many.yml", many);
    let address = "192.0.2.3";
    let fires = json!({"case": "fires", "why": "two", "events": [exec("a", 0, address), exec("b", 60, address)], "hits": ["a", "b"]});
    let one = json!({"case": "near miss", "why": "one", "like": "fires", "but": {"events[1]": null}});
    let late = json!({"case": "near miss", "why": "late", "like": "fires", "but": {"events[1].stageTimestamp": "2031-04-05T06:01:01.000000Z"}});
    write(at, "r/many.cases.jsonl", format!("{fires}\n{one}\n{late}\n"));
    let (out, err) = text(&test(at, &["r", "--mutants"]));
    let missing: Vec<&str> = out.lines().filter(|line| line.starts_with(" m ")).collect();
    assert_eq!(
        missing,
        [
            " m r/many.yml:5  many  without objectRef.subresource: \"exec\"",
            " m r/many.yml:5  many  without verb: \"create\"",
            " m r/many.yml:14  many  not grouped by user.username",
        ],
        "{err}"
    );
}

#[test]
fn what_tests_have_not_seen_of_rules_is_named_with_its_line_and_techniques_are_coloured_by_tests() {
    let folder = suite();
    let at = folder.path();
    write(at, "rules/exec.yml", format!("{EXEC}tags: [attack.t1609]\n"));
    // Both its rules were met, the chain by no test.
    write(at, "rules/chain.yml", CHAIN.replace("level: medium", "level: medium\ntags: [attack.t1609, attack.t1552]"));
    let args = ["rules", "--coverage", "--navigator", "layer.json"];
    let output = test(at, &args);
    let (out, err) = text(&output);
    let lines: Vec<&str> = out.lines().filter(|line| line.starts_with(" c ")).collect();
    assert_eq!(
        lines,
        [
            " c rules/chain.yml:15  chain  no test in which it fires",
            " c rules/chain.yml:15  chain  no test in which it stays quiet",
            " c rules/chain.yml:5  chain  never asked  objectRef.subresource: \"exec\"",
            " c rules/chain.yml:12  chain  never asked  objectRef.resource: \"secrets\"",
            " c rules/exec.yml:8  exec  never false  verb: [\"create\",\"get\"]",
            " c rules/exec.yml:9  exec  never false  objectRef.resource: \"pods\"",
            " c rules/exec.yml:10  exec  never false  objectRef.subresource: \"exec\"",
        ],
        "{err}"
    );
    let ends = " covered 2 rules and exceptions  never fire 1  never quiet 1  blind 0\n clauses 6  seen true and false 1  not asked alone 0  techniques 2  tested 1\n";
    assert!(out.ends_with(ends), "{out}");
    let layer: Value = serde_json::from_str(&fs::read_to_string(at.join("layer.json")).unwrap()).unwrap();
    let scores: Vec<(&str, u64)> = layer["techniques"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["techniqueID"].as_str().unwrap(), one["score"].as_u64().unwrap()))
        .collect();
    assert_eq!(scores, [("T1552", 0), ("T1609", 50)]);
    // A test that fails shows nothing; one of a table without the column is of a rule that is blind.
    write(at, "rules/exec.yml", format!("{}tags: [attack.t1609]\n", EXEC.replace("10.0.0.0/8", "192.0.2.0/24")));
    let document: Value =
        serde_json::from_slice(&test(at, &["rules", "--coverage", "--format", "json"]).stdout).unwrap();
    let exec = &document["coverage"]["rules"][1];
    assert_eq!((&exec["rule"], &exec["fires"], &exec["quiet"]), (&json!("exec"), &json!(0), &json!(0)));
    assert_eq!(document["coverage"]["techniques"]["T1609"]["untested"], json!(["chain", "exec"]));
}

#[test]
fn a_rule_that_no_data_can_answer_is_blind() {
    let folder = suite();
    let at = folder.path();
    // kube-audit-admin has no reads.
    let record = json!({
        "category": "kube-audit-admin", "operationName": "x", "time": "2031-04-05T06:07:08.000000Z",
        "resourceId": "/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000000/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/C",
        "properties": {"log": exec("x", 1, "192.0.2.1").to_string(), "pod": "p", "stream": "stdout"},
    });
    write(at, "data/admin.jsonl", format!("{record}\n"));
    write(at, "only/reads.yml", EXEC.replace("[create, get]", "get").replace("name: exec", "name: reads"));
    write(at, "only/tests.yml", "rule: reads\ncases:\n  - name: n\n    data: ../data/admin.jsonl\n    expect: none\n");
    let (out, err) = text(&test(at, &["only", "--coverage"]));
    assert!(out.contains(" c only/reads.yml:1  reads  blind on all its data\n"), "{out}{err}");
}
