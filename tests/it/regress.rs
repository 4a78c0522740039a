//! `coldcase test`: what it reads, what it says when a rule does not do what is expected, and that it says it the same way.

mod unseen;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{project, run, text};

const EXEC: &str = "title: Somebody runs a command in a pod\nid: 6b0f6e6c-5d3b-4c7c-9f43-2d3c1b6f7a01\nname: exec\n\
                    logsource: {product: kubernetes, service: audit}\nlevel: high\ndetection:\n  exec:\n    verb: [create, get]\n    \
                    objectRef.resource: pods\n    objectRef.subresource: exec\n  inside:\n    sourceIPs|cidr: 10.0.0.0/8\n  \
                    condition: exec and not inside\n";

const CHAIN: &str = "title: t\nname: c.exec\nlogsource: {product: kubernetes, service: audit}\ndetection:\n  s: {objectRef.subresource: exec}\n  condition: s\n---\n\
                     title: t\nname: c.secret\nlogsource: {product: kubernetes, service: audit}\ndetection:\n  s: {objectRef.resource: secrets}\n  condition: s\n---\n\
                     title: A command, then a secret\nname: chain\nlevel: medium\ncorrelation:\n  type: temporal_ordered\n  rules: [c.exec, c.secret]\n  group-by: [user.username]\n  timespan: 10m\n";

/// An event at a second of one hour.
fn event(id: &str, second: u32, resource: &str, subresource: Option<&str>, address: &str) -> Value {
    let time = format!("2031-04-05T06:{:02}:{:02}.000000Z", second / 60, second % 60);
    let mut of = json!({"resource": resource, "namespace": "web", "name": "api", "apiVersion": "v1"});
    if let Some(subresource) = subresource {
        of["subresource"] = subresource.into();
    }
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": id, "stage": "ResponseComplete",
        "requestURI": format!("/api/v1/namespaces/web/{resource}/api"), "verb": "create",
        "user": {"username": "mallory"}, "sourceIPs": [address], "userAgent": "kubectl", "objectRef": of,
        "responseStatus": {"code": 201}, "requestReceivedTimestamp": time, "stageTimestamp": time
    })
}

fn exec(id: &str, second: u32, address: &str) -> Value {
    event(id, second, "pods", Some("exec"), address)
}

fn secret(id: &str, second: u32) -> Value {
    event(id, second, "secrets", None, "198.51.100.7")
}

fn write(folder: &Path, name: &str, text: impl AsRef<str>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text.as_ref()).unwrap();
}

fn lines(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

/// Two rules, data for them, and tests in every notation.
fn suite() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "rules/exec.yml", format!("{EXEC}regression_tests_path: regression_data/exec/info.yml\n"));
    write(at, "rules/chain.yml", CHAIN);
    write(at, "data/a.jsonl", lines(&[exec("e1", 0, "198.51.100.7")]));
    write(at, "data/b.jsonl", lines(&[secret("s1", 600)]));
    write(at, "data/late.jsonl", lines(&[secret("s2", 601)]));
    let ours = "rule: chain\ncases:\n\
        \x20 - name: over two files\n    data: [data/a.jsonl, data/b.jsonl]\n    expect: [{chain: [e1, s1]}]\n\
        \x20 - name: a second too late\n    data: [data/a.jsonl, data/late.jsonl]\n    expect: none\n\
        \x20 - name: one file is no chain\n    data: data/a.jsonl\n    expect: {at_most: 0}\n\
        \x20 - name: one of two rules\n    rule: exec\n    data: data/\n    expect:\n      - {match: {auditID: e1, verb: create}, evidence: [e1], severity: high, entities: {actor: mallory, address: 198.51.100.7}}\n";
    write(at, "tests.yml", ours);
    let inline = format!(
        "rule: exec\ncases:\n  - name: address unknown\n    events: [{}]\n    expect: {{unknown: 1}}\n",
        json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": "u1", "stage": "ResponseComplete",
            "requestURI": "/x", "verb": "create", "objectRef": {"resource": "pods", "subresource": "exec"},
            "stageTimestamp": "2031-04-05T06:07:08.000000Z",
        })
    );
    // An event that lacks its addresses is known to have none; a row of a table without that column is not.
    write(at, "inline.yml", inline.replace("{unknown: 1}", "{exactly: 1}"));
    write(
        at,
        "regression_data/exec/info.yml",
        "id: 0c4b9df8-9a4c-44a5-8d4a-000000000001\ndescription: made for a test\ndate: 2031-04-05\nauthor: coldcase\nrule_metadata:\n    - id: 6b0f6e6c-5d3b-4c7c-9f43-2d3c1b6f7a01\n      title: Somebody runs a command in a pod\nregression_tests_info:\n    - name: Positive Detection Test\n      type: json\n      provider: kubernetes-audit\n      match_count: 1\n      path: regression_data/exec/events.json\n",
    );
    write(at, "regression_data/exec/events.json", lines(&[exec("r1", 5, "203.0.113.9")]));
    write(
        at,
        "backtest/expectations.yml",
        "defaults:\n  unexpected_detections: fail\nexpectations:\n  - rule: exec\n    corpus: inside.jsonl\n    exactly: 0\n  - rule: Somebody runs a command in a pod\n    at_least: 1\n    at_most: 2\n",
    );
    write(at, "backtest/inside.jsonl", lines(&[exec("i1", 7, "10.1.2.3")]));
    write(at, "backtest/outside.jsonl", lines(&[exec("o1", 8, "192.0.2.3")]));
    let panther = |name: &str, expected: bool, event: &Value| {
        format!("  - Name: {name}\n    ExpectedResult: {expected}\n    Log: {event}\n")
    };
    let tests = panther("from outside", true, &exec("p1", 1, "192.0.2.3"))
        + &panther("from inside", false, &exec("p2", 2, "10.0.0.9"));
    write(at, "panther.yml", format!("AnalysisType: rule\nRuleID: Their.Exec\nFilename: exec.py\nTests:\n{tests}"));
    let list = json!([{"title": "Somebody runs a command in a pod", "true_positive": [exec("z1", 1, "192.0.2.3")], "true_negative": [exec("z2", 1, "10.0.0.1"), secret("z3", 2)]}]);
    write(at, "zircolite.json", list.to_string());
    let case = |kind: &str, event: Value, hits: &[&str]| {
        json!({"case": kind, "why": "w", "events": [event], "hits": hits}).to_string() + "\n"
    };
    write(
        at,
        "rules/exec.cases.jsonl",
        case("fires", exec("k1", 1, "192.0.2.3"), &["k1"]) + &case("near miss", exec("k2", 1, "10.0.0.1"), &[]),
    );
    folder
}

fn test(folder: &Path, args: &[&str]) -> Output {
    run(folder, &[&["test", "--no-cache"], args].concat())
}

fn outcomes(folder: &Path, args: &[&str]) -> (Option<i32>, Vec<(String, String, String)>) {
    let output = test(folder, &[&["--format", "json"], args].concat());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{:?}", text(&output)));
    let word = |outcome: &Value, key: &str| outcome[key].as_str().unwrap().to_owned();
    let of = |outcome: &Value| (word(outcome, "rule"), word(outcome, "name"), word(outcome, "status"));
    (output.status.code(), document["outcomes"].as_array().unwrap().iter().map(of).collect())
}

#[test]
fn every_notation_is_read_as_it_is() {
    let folder = suite();
    let (code, all) = outcomes(folder.path(), &[".", "--map", "Their.Exec=exec"]);
    let told: Vec<String> = all.iter().map(|(rule, name, status)| format!("{rule} › {name}: {status}")).collect();
    let expected = [
        "* › no rule fires that nothing expects: passed",
        "chain › a second too late: passed",
        "chain › one file is no chain: passed",
        "chain › over two files: passed",
        "exec › Positive Detection Test: passed",
        "exec › address unknown: passed",
        "exec › fires: w: passed",
        "exec › from inside: passed",
        "exec › from outside: passed",
        "exec › inside.jsonl: exactly 0: passed",
        "exec › near miss: w: passed",
        "exec › one of two rules: passed",
        "exec › the whole corpus: at least 1, at most 2: passed",
        "exec › true_negative 1: passed",
        "exec › true_negative 2: passed",
        "exec › true_positive 1: passed",
    ];
    let mut sorted = told.clone();
    sorted.sort();
    assert_eq!(sorted, expected);
    assert_eq!(code, Some(0));
    // Somebody else's rule that is not among ours is no failure of ours.
    let (code, all) = outcomes(folder.path(), &["."]);
    let skipped = all.iter().filter(|(_, _, status)| status == "skipped").count();
    assert_eq!((code, skipped), (Some(0), 2));
}

#[test]
fn what_was_expected_came_and_nearly_came_is_told_with_the_command_that_runs_it_again() {
    let folder = suite();
    write(folder.path(), "rules/exec.yml", EXEC.replace("10.0.0.0/8", "192.0.2.0/24"));
    let output = test(folder.path(), &["rules", "-r", "exec"]);
    let (out, _) = text(&output);
    assert_eq!(output.status.code(), Some(1), "{out}");
    let expected = " test  1 rule  2 cases  2 events\n\n \
                    ✗ exec › fires: w\n     expected  k1\n     got       nothing\n     nearest   exec: 3 of 4 parts of k1\n               \
                    FAIL  not sourceIPs is in 192.0.2.0/24\n               actual sourceIPs \"192.0.2.3\"\n     \
                    written   rules/exec.cases.jsonl:1\n     rerun     coldcase test rules -r exec -c 'fires: w'\n \
                    ✗ exec › near miss: w\n     expected  nothing\n     got       high mallory on pods/exec web/api: k2\n     \
                    written   rules/exec.cases.jsonl:2\n     rerun     coldcase test rules -r exec -c 'near miss: w'\n\n \
                    0 passed  2 failed    untested rules 1\n";
    assert_eq!(out, expected);
    let again = test(folder.path(), &["rules", "-r", "exec", "-c", "fires: w"]);
    assert!(text(&again).0.contains("0 passed  1 failed"));
    let chain = "rule: chain\ncases:\n  - name: no secret\n    data: data/a.jsonl\n    expect: {at_least: 1}\n";
    write(folder.path(), "tests.yml", chain);
    let (out, _) = text(&test(folder.path(), &[".", "-c", "no secret"]));
    for wanted in [
        "c.exec hits 1 event",
        "c.secret hits 0 events",
        "got       0 events: nothing",
        "FAIL  objectRef.resource is secrets",
    ] {
        assert!(out.contains(wanted), "{wanted} is not in {out}");
    }
}

#[test]
fn sarif_is_at_the_line_of_the_rule_and_junit_holds_the_comparison() {
    let folder = suite();
    write(folder.path(), "rules/exec.yml", format!("# first\n{}", EXEC.replace("10.0.0.0/8", "192.0.2.0/24")));
    let output = test(folder.path(), &["rules", "-r", "exec", "--format", "sarif"]);
    let sarif: Value = serde_json::from_slice(&output.stdout).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "rules/exec.yml");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 2);
    let (junit, _) = text(&test(folder.path(), &["rules", "-r", "exec", "--format", "junit"]));
    assert!(junit.contains(r#"<testsuite name="exec" tests="2" failures="2" errors="0" skipped="0">"#), "{junit}");
    assert!(junit.contains(r#"<failure message="expected k1; got nothing">"#), "{junit}");
    assert!(junit.contains("actual sourceIPs &quot;192.0.2.3&quot;"), "{junit}");
    let (markdown, _) = text(&test(folder.path(), &["rules", "-r", "exec", "--format", "markdown"]));
    assert!(
        markdown.starts_with("### Rule tests failed\n") && markdown.contains("<b>exec</b> › fires: w"),
        "{markdown}"
    );
}

#[test]
fn exit_codes_say_whose_turn_it_is() {
    let folder = suite();
    let at = folder.path();
    let code = |args: &[&str]| test(at, args).status.code();
    write(at, "noise.yml", "rule: exec\ncases:\n  - name: n\n    data: data/\n    expect: {at_most: 0}\n");
    assert_eq!(code(&["noise.yml", "--rules", "rules"]), Some(4), "a budget");
    write(at, "gone.yml", "rule: exec\ncases:\n  - name: n\n    data: nowhere.jsonl\n    expect: none\n");
    assert_eq!(code(&["gone.yml", "--rules", "rules"]), Some(3), "data that is not there");
    write(at, "no.yml", "rule: exec\ncases:\n  - name: n\n    events: ['{\"kind\":']\n    expect: none\n");
    assert_eq!(code(&["no.yml", "--rules", "rules"]), Some(3), "data that cannot be read");
    write(at, "odd.yml", "rule: exec\ncases:\n  - name: n\n    data: data/\n    expect: {sometimes: 1}\n");
    assert_eq!(code(&["odd.yml", "--rules", "rules"]), Some(3), "an expectation that cannot be read");
    write(at, "wrong/r.yml", EXEC.replace("verb:", "vreb:"));
    assert_eq!(code(&["tests.yml", "--rules", "wrong"]), Some(2), "rules");
}

#[test]
fn the_same_tests_give_the_same_bytes_and_shares_are_all_of_them() {
    let folder = suite();
    let at = folder.path();
    for format in ["text", "json", "junit", "sarif", "markdown"] {
        let [once, again] = ["1", "3"].map(|jobs| test(at, &[".", "--all", "--jobs", jobs, "--format", format]).stdout);
        assert!(once == again, "{format}");
    }
    let whole = outcomes(at, &["."]).1;
    let mut shares: Vec<_> =
        ["1/3", "2/3", "3/3"].iter().flat_map(|share| outcomes(at, &[".", "--shard", share]).1).collect();
    assert_eq!(shares.len(), whole.len());
    shares.sort();
    let mut sorted = whole;
    sorted.sort();
    assert_eq!(shares, sorted);
}

#[test]
fn a_corpus_is_taken_in_once_and_again_when_it_changed() {
    let folder = suite();
    let at = folder.path();
    let kept = || fs::read_dir(at.join("kept")).map_or(0, Iterator::count);
    let args = ["test", "tests.yml", "--rules", "rules", "-c", "one of two rules", "--cache", "kept"];
    assert_eq!(run(at, &args).status.code(), Some(0));
    assert_eq!(kept(), 1);
    let case = fs::read_dir(at.join("kept")).unwrap().next().unwrap().unwrap().path();
    let journal = fs::read(case.join("journal.jsonl")).unwrap();
    assert_eq!(run(at, &args).status.code(), Some(0));
    assert_eq!((kept(), fs::read(case.join("journal.jsonl")).unwrap()), (1, journal));
    write(at, "data/more.jsonl", lines(&[exec("e2", 9, "192.0.2.9")]));
    // Another event of the same actor: the finding is no longer of e1 alone.
    assert_eq!(run(at, &args).status.code(), Some(1));
    assert_eq!(kept(), 2);
}

#[test]
fn golden_findings_are_compared_event_by_event() {
    let folder = suite();
    let at = folder.path();
    write(at, "golden.yml", "rule: [exec, chain]\ncases:\n  - name: all\n    data: data/\n    expect: golden\n");
    let args = ["golden.yml", "--rules", "rules"];
    let (out, _) = text(&test(at, &args));
    assert!(out.contains("--bless writes it"), "{out}");
    assert_eq!(test(at, &[&args[..], &["--bless"]].concat()).status.code(), Some(0));
    assert_eq!(test(at, &args).status.code(), Some(0));
    let golden = fs::read_to_string(at.join("golden.golden.jsonl")).unwrap();
    assert_eq!(golden.lines().count(), 2);
    assert!(golden.contains(r#""rule":"chain","level":"medium","actor":"mallory""#), "{golden}");
    assert!(golden.contains(r#""events":["e1","s1"]"#) && golden.contains(r#""events":["e1"]"#), "{golden}");
    write(at, "data/more.jsonl", lines(&[exec("e2", 9, "192.0.2.9")]));
    let output = test(at, &args);
    let (out, _) = text(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(out.contains("exec: events +e2"), "{out}");
}

#[test]
fn only_what_a_change_touches_is_run() {
    let folder = suite();
    let at = folder.path();
    let git = |args: &[&str]| {
        let names = ["-c", "user.name=t", "-c", "user.email=t@example", "-c", "init.defaultBranch=main"];
        let output = Command::new("git").args(names).args(args).current_dir(at).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "all"]);
    let names = |args: &[&str]| -> Vec<String> {
        outcomes(at, &[&[".", "--changed-since", "HEAD"], args].concat())
            .1
            .into_iter()
            .map(|(_, name, _)| name)
            .collect()
    };
    assert!(names(&[]).is_empty());
    write(at, "data/late.jsonl", lines(&[secret("s2", 602)]));
    assert_eq!(names(&[]), ["a second too late", "one of two rules"], "by its data, and by the folder around it");
    git(&["checkout", "-q", "."]);
    write(at, "rules/chain.yml", CHAIN.replace("level: medium", "level: low"));
    assert_eq!(names(&["-r", "chain"]).len(), 3, "by its rule");
    assert_eq!(test(at, &[".", "--changed-since", "--output=x"]).status.code(), Some(2));
}

#[test]
fn evidence_in_another_shape_fires_too_and_what_breaks_a_rule_is_named() {
    let folder = suite();
    let at = folder.path();
    let chain = json!({"case": "fires", "why": "w", "events": [exec("c1", 0, "192.0.2.3"), secret("c2", 600)], "hits": ["c1", "c2"]});
    write(at, "rules/chain.cases.jsonl", format!("{chain}\n"));
    let (code, all) = outcomes(at, &["rules", "--derived"]);
    let broken: Vec<&str> =
        all.iter().filter(|(_, _, status)| status != "passed").map(|(_, name, _)| name.as_str()).collect();
    // An address of the cluster behind the client's makes this rule take the request for one from inside.
    assert_eq!((code, broken), (Some(1), vec!["fires: w [one more address]"]));
    let names: Vec<&str> = all.iter().filter(|(rule, ..)| rule == "chain").map(|(_, name, _)| name.as_str()).collect();
    for wanted in [
        "lines in reverse",
        "lines doubled",
        "other stages",
        "by storage",
        "by AzureDiagnostics",
        "by AKSAudit",
        "times with an offset",
        "keys in reverse",
        "a second outside of the window",
    ] {
        assert!(names.contains(&format!("fires: w [{wanted}]").as_str()), "{wanted} is not in {names:?}");
    }
}

#[test]
fn two_rule_sets_are_compared_event_by_event_with_the_clause_that_changed() {
    let folder = suite();
    let at = folder.path();
    write(at, "new/exec.yml", EXEC.replace("10.0.0.0/8", "192.0.2.0/24"));
    write(at, "new/chain.yml", CHAIN);
    let args = [
        "rules",
        "diff",
        "--old",
        "rules",
        "--new",
        "new",
        "--data",
        "backtest/inside.jsonl",
        "backtest/outside.jsonl",
    ];
    let (out, err) = text(&run(at, &args));
    let expected = " rules diff  1 rule differs on 2 events of 0.0 days\n\n \
                    ~ exec  gained 1  lost 1  same 0  new/exec.yml:1\n     \
                    - not sourceIPs is in 10.0.0.0/8\n     + not sourceIPs is in 192.0.2.0/24\n     \
                    gained  2031-04-05T06:00:07.000000Z  mallory create pods/exec web/api  i1  0:0\n     \
                    lost    2031-04-05T06:00:08.000000Z  mallory create pods/exec web/api  o1  1:0\n\n \
                    of these rules: 1 events before, 1 now\n";
    assert_eq!(out, expected, "{err}");
}

#[test]
fn a_test_knows_its_own_lists_and_those_its_snapshot_fills() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "title: From the cluster itself\nid: 6b0f6e6c-5d3b-4c7c-9f43-2d3c1b6f7a02\nname: own\nlevel: low\n\
                logsource: {product: kubernetes, service: audit}\ndetection:\n  own:\n    \
                publicSourceIPs|expand: '%cluster_egress%'\n  condition: own\n";
    let node = json!({"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n"},
        "status": {"addresses": [{"type": "ExternalIP", "address": "203.0.113.9"}]}});
    let events = [exec("node", 1, "203.0.113.9"), exec("site", 2, "198.51.100.7"), exec("other", 3, "192.0.2.3")];
    let case = |why: &str, objects: &[&Value], hits: &[&str]| {
        let lists = json!({"cluster_egress": ["198.51.100.7"]});
        json!({"case": "fires", "why": why, "events": events, "objects": objects, "lists": lists, "hits": hits})
    };
    write(folder.path(), "rules/own.yml", rule);
    // Another test's snapshot is another cluster's.
    let cases = [case("both", &[&node], &["node", "site"]), case("the site's alone", &[], &["site"])];
    write(folder.path(), "rules/own.cases.jsonl", lines(&cases));
    let output = test(folder.path(), &["rules"]);
    assert_eq!(output.status.code(), Some(0), "{:?}", text(&output));
}

#[test]
fn the_pack_gives_the_same_verdict_in_other_shapes_of_the_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["test", project("queries").to_str().unwrap(), "--derived", "--no-cache"]);
    let (said, problems) = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}{problems}");
    assert!(said.lines().last().unwrap().contains(" passed  0 failed"), "{said}");
}

#[test]
fn the_pack_does_what_its_cases_say_and_they_notice_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    // Issue 8: at least 95 in a hundred mutants of the pack are noticed.
    let least = ["--mutants", "--min-score", "95", "--cache", "cache"];
    let output = run(folder.path(), &[&["test", project("queries").to_str().unwrap()][..], &least].concat());
    let (said, problems) = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}{problems}");
    let last: Vec<&str> = said.lines().rev().take(2).collect();
    assert!(last[1].contains(" passed  0 failed") && last[1].contains("untested rules 0"), "{said}");
    assert!(last[0].starts_with(" mutants ") && last[0].contains("score "), "{said}");
}
