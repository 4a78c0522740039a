//! Lists in rules: from a site file, from snapshots, and what a rule does without.

use std::fmt::Write as _;

use coldcase::engine::Engine;
use coldcase::sigma::lists::{Listed, site};
use coldcase::sigma::{RuleFile, RuleSet, load};

use crate::support::{case_of, replay, run, text};

const RULE: &str = "title: t\nname: t\nlogsource: {product: kubernetes, service: audit}\ndetection:\n  pod: {user.username|startswith: \
                    'system:serviceaccount:'}\n  public: {publicSourceIPs|exists: true}\n  own: {publicSourceIPs|expand: \
                    '%cluster_egress%'}\n  condition: pod and public and not own\n";
const BAD: &str = "title: b\nname: b\nlogsource: {product: kubernetes, service: audit}\ndetection:\n  bad: {sourceIPs|expand: '%bad%'}\n  condition: bad\n";

fn rules(text: &str) -> RuleSet {
    let (set, problems) = load(&[RuleFile { path: "t.yml".into(), text: text.into() }]);
    assert!(problems.is_empty(), "{problems:?}");
    set
}

fn event(id: &str, user: &str, ip: &str, time: &str) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"{id}","stage":"ResponseComplete","requestURI":"/api/v1/pods","verb":"list","user":{{"username":"{user}"}},"sourceIPs":["{ip}","10.2.0.1"],"objectRef":{{"resource":"pods"}},"responseStatus":{{"code":200}},"stageTimestamp":"{time}"}}"#
    )
}

#[test]
fn a_snapshot_says_which_addresses_are_the_clusters_own() {
    let sa = "system:serviceaccount:web:api";
    let events = [
        event("inside", sa, "20.40.0.9", "2031-04-05T06:00:00.000000Z"),
        event("outside", sa, "198.51.100.4", "2031-04-05T06:00:01.000000Z"),
        event("person", "lena", "198.51.100.4", "2031-04-05T06:00:02.000000Z"),
    ];
    let node = r#"{"kind":"Node","apiVersion":"v1","metadata":{"name":"n"},"spec":{"podCIDR":"10.244.0.0/24"},"status":{"addresses":[{"type":"InternalIP","address":"10.2.0.4"},{"type":"ExternalIP","address":"20.40.0.9"},{"type":"Hostname","address":"n"}]}}"#;
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.jsonl");
    std::fs::write(&input, format!("{}\n{node}\n", events.join("\n"))).unwrap();
    let case = case_of(&folder, &[input]);
    let lists = Engine::open(&case).unwrap().lists().unwrap();
    assert_eq!(lists.sizes().collect::<Vec<_>>(), [("cluster_egress", 1), ("cluster_networks", 3)]);
    let found = replay(&case, &rules(RULE));
    assert_eq!(found.findings.len(), 1);
    assert_eq!(found.findings[0].audit_ids, ["outside"]);
}

#[test]
fn without_its_list_a_rule_is_blind_and_never_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.jsonl");
    std::fs::write(
        &input,
        event("outside", "system:serviceaccount:web:api", "198.51.100.4", "2031-04-05T06:00:01.000000Z"),
    )
    .unwrap();
    let found = replay(&case_of(&folder, &[input]), &rules(RULE));
    assert!(found.findings.is_empty() && found.untold.is_empty());
    assert_eq!(found.blind[0].reason, "nothing is known for list cluster_egress");
}

#[test]
fn an_indicator_counts_while_it_was_valid() {
    let mut lines = String::new();
    for (id, ip, time) in [
        ("before", "203.0.113.7", "2031-03-31T23:59:59.999999Z"),
        ("from", "203.0.113.7", "2031-04-01T00:00:00.000000Z"),
        ("last", "203.0.113.7", "2031-04-30T23:59:59.999999Z"),
        ("until", "203.0.113.7", "2031-05-01T00:00:00.000000Z"),
        ("always", "2001:db8::9", "2031-01-01T00:00:00.000000Z"),
        ("other", "203.0.113.8", "2031-04-02T00:00:00.000000Z"),
    ] {
        writeln!(lines, "{}", event(id, "u", ip, time)).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.jsonl");
    std::fs::write(&input, lines).unwrap();
    let mut set = rules(BAD);
    let said = "lists: {bad: [{value: 203.0.113.7, from: 2031-04-01, until: 2031-05-01}, '2001:db8::/32']}";
    for (name, listed) in site(said).unwrap() {
        let Listed::Entries(entries) = listed else { panic!("{name}") };
        set.lists.add(&name, entries);
    }
    let found = replay(&case_of(&folder, &[input]), &set);
    assert_eq!(found.findings[0].audit_ids, ["always", "from", "last"]);
}

#[test]
fn the_program_takes_lists_from_a_site_file_and_from_files_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("in.jsonl"), event("hit", "u", "203.0.113.7", "2031-04-01T00:00:00.000000Z")).unwrap();
    std::fs::write(path("b.yml"), BAD).unwrap();
    std::fs::write(path("site.yml"), "lists:\n  bad: {file: bad.csv}\n").unwrap();
    std::fs::write(path("bad.csv"), "value,from,until\n203.0.113.0/24,,2032-01-01\n").unwrap();
    assert!(run(folder.path(), &["ingest", "in.jsonl"]).status.success());
    let (out, err) = text(&run(folder.path(), &["replay", "--rules", "b.yml", "--site", "site.yml"]));
    assert!(out.contains("1 finding of 1 rule"), "{out}{err}");
    let (out, _) = text(&run(folder.path(), &["rules", "blind", "--rules", "b.yml"]));
    assert!(out.contains("nothing is known for list bad"), "{out}");
    let shown = ["rules", "explain", "b", "--rules", "b.yml", "--site", "site.yml", "--event", "hit"];
    let (out, _) = text(&run(folder.path(), &shown));
    assert!(out.contains("is in one of 1 networks: 203.0.113.0/24"), "{out}");
    std::fs::write(path("bad.csv"), "x,soon\n").unwrap();
    let wrong = run(folder.path(), &["replay", "--rules", "b.yml", "--site", "site.yml"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong).1.contains("line 1: from soon is no time"));
}
