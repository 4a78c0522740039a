//! Rules that ask what was there before an event: from earlier writes and from snapshots, and "cannot tell" without either.

use std::collections::BTreeSet;

use coldcase::engine::{Engine, Replay};
use coldcase::sigma::{RuleFile, RuleSet, load};
use serde_json::{Value, json};

use crate::support::{case_of, replay};

fn rules(text: &str) -> RuleSet {
    let (set, problems) = load(&[RuleFile { path: "t.yml".into(), text: text.into() }]);
    assert!(problems.is_empty(), "{problems:?}");
    set
}

/// A rule over one selection; `sigma-version: 3` so that elements of arrays can be asked.
fn rule(selections: &str) -> RuleSet {
    rules(&format!(
        "title: t\nname: t\nsigma-version: 3\nlogsource: {{product: kubernetes, service: audit}}\ndetection:\n{selections}"
    ))
}

struct Act<'a> {
    id: &'a str,
    second: u32,
    verb: &'a str,
    what: (&'a str, &'a str, &'a str),
    code: u16,
    request: Value,
    response: Value,
}

fn act<'a>(id: &'a str, second: u32, verb: &'a str, what: (&'a str, &'a str, &'a str)) -> Act<'a> {
    Act { id, second, verb, what, code: 200, request: Value::Null, response: Value::Null }
}

impl Act<'_> {
    fn event(&self) -> Value {
        let (resource, subresource, name) = self.what;
        let group = if resource == "clusterrolebindings" { "rbac.authorization.k8s.io" } else { "" };
        let mut event = json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": self.id,
            "stage": "ResponseComplete", "requestURI": "/x", "verb": self.verb, "user": {"username": "u"},
            "objectRef": {"resource": resource, "namespace": "web", "name": name, "apiGroup": group},
            "responseStatus": {"code": self.code},
            "stageTimestamp": format!("2031-04-05T06:00:{:02}.000000Z", self.second),
        });
        if !subresource.is_empty() {
            event["objectRef"]["subresource"] = subresource.into();
        }
        for (key, body) in [("requestObject", &self.request), ("responseObject", &self.response)] {
            if !body.is_null() {
                event[key] = body.clone();
            }
        }
        if self.request.is_null() && self.response.is_null() && subresource.is_empty() {
            event["level"] = "Metadata".into();
        }
        event
    }
}

fn found(lines: &[Value], set: &RuleSet) -> (Replay, tempfile::TempDir, coldcase::case::Case) {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.jsonl");
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    std::fs::write(&input, text.join("\n")).unwrap();
    let case = case_of(&folder, &[input]);
    (replay(&case, set), folder, case)
}

fn hits(found: &Replay) -> Vec<&str> {
    found.findings.iter().flat_map(|f| &f.audit_ids).map(String::as_str).collect()
}

fn untold(found: &Replay) -> BTreeSet<&str> {
    found.untold.iter().flat_map(|u| &u.audit_ids).map(String::as_str).collect()
}

fn pod(name: &str, privileged: bool, created: u32) -> Value {
    json!({
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "web", "creationTimestamp": format!("2031-04-05T06:00:{created:02}Z")},
        "spec": {"containers": [{"name": "c", "image": "i", "securityContext": {"privileged": privileged}}]},
    })
}

fn exec(id: &'static str, second: u32, name: &'static str) -> Value {
    act(id, second, "get", ("pods", "exec", name)).event()
}

const EXEC: &str = "  exec: {objectRef.resource: pods, objectRef.subresource: exec}\n  \
                    known: {before.containers.securityContext.privileged: true}\n  condition: exec and known\n";

#[test]
fn a_pod_that_is_entered_is_known_from_its_creation_and_from_snapshots() {
    let create = |name: &'static str, privileged: bool| {
        let (request, response) = (pod(name, privileged, 1), pod(name, privileged, 1));
        Act { code: 201, request, response, ..act("create", 1, "create", ("pods", "", name)) }.event()
    };
    let lines = [
        create("bad", true),
        create("good", false),
        exec("into-bad", 5, "bad"),
        exec("into-good", 5, "good"),
        exec("into-nobody-knows", 5, "strange"),
        pod("standing", true, 2),
        exec("into-standing", 5, "standing"),
        pod("younger", true, 9),
        exec("before-it-was-there", 5, "younger"),
        // Another pod under the name of one that was privileged.
        create("again", true),
        Act {
            code: 201,
            request: pod("again", false, 3),
            response: pod("again", false, 3),
            ..act("create-2", 3, "create", ("pods", "", "again"))
        }
        .event(),
        exec("into-the-first", 2, "again"),
        exec("into-the-second", 5, "again"),
    ];
    let (found, _folder, case) = found(&lines, &rule(EXEC));
    assert_eq!(hits(&found), ["into-the-first", "into-bad", "into-standing"]);
    assert_eq!(untold(&found), BTreeSet::from(["before-it-was-there", "into-nobody-knows"]));
    assert!(found.untold[0].reason.ends_with("before not recorded (2)"), "{}", found.untold[0].reason);
    let why = Engine::open(&case).unwrap().why(&rule(EXEC).rules[0], "into-bad").unwrap();
    let clause = why[0].1.iter().find(|clause| clause.words.contains("privileged")).unwrap();
    assert_eq!((clause.holds, clause.values[0].1.as_slice()), (Some(true), ["true".to_owned()].as_slice()));
}

fn binding(subjects: &[&str]) -> Value {
    let subjects: Vec<Value> = subjects.iter().map(|name| json!({"kind": "User", "name": name})).collect();
    json!({
        "kind": "ClusterRoleBinding", "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "ops"},
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": subjects,
    })
}

fn write<'a>(id: &'a str, second: u32, verb: &'a str, subjects: &[&str]) -> Act<'a> {
    let code = if verb == "create" { 201 } else { 200 };
    let what = ("clusterrolebindings", "", "ops");
    Act { code, request: binding(subjects), response: binding(subjects), ..act(id, second, verb, what) }
}

#[test]
fn what_was_added_and_removed_is_the_difference_of_two_states() {
    let lines = [
        write("create", 1, "create", &["a"]).event(),
        write("grown", 2, "update", &["a", "b"]).event(),
        write("other-order", 3, "update", &["b", "a"]).event(),
        write("shrunk", 4, "patch", &["a"]).event(),
        Act { code: 403, ..write("refused", 5, "update", &["a", "c"]) }.event(),
        write("after-refused", 6, "update", &["a", "c"]).event(),
    ];
    let selection = |test: &str| {
        rule(&format!(
            "  write: {{objectRef.resource: clusterrolebindings, verb: [update, patch], responseStatus.code: 200}}\n  \
             test: {test}\n  condition: write and test\n"
        ))
    };
    let of = |test: &str| {
        let (found, ..) = found(&lines, &selection(test));
        assert!(found.untold.is_empty());
        hits(&found).join(" ")
    };
    assert_eq!(of("{added.object.subjects|exists: true}"), "grown after-refused");
    assert_eq!(of("{added.object.subjects.name: b}"), "grown");
    assert_eq!(of("{'added.object.subjects[any]': {kind: User, name: c}}"), "after-refused");
    assert_eq!(of("{removed.object.subjects.name: b}"), "shrunk");
    assert_eq!(of("{before.object.subjects.name|fieldref: added.object.subjects.name}"), "");
    assert_eq!(of("{added.object.roleRef.name|exists: true}"), "");
}

#[test]
fn a_write_whose_body_is_not_there_makes_the_state_unknown() {
    let lines = [
        write("create", 1, "create", &["a"]).event(),
        act("unseen", 2, "update", ("clusterrolebindings", "", "ops")).event(),
        write("grown", 3, "update", &["a", "b"]).event(),
        write("known-again", 4, "update", &["a", "b", "c"]).event(),
    ];
    let set = rule(
        "  write: {objectRef.resource: clusterrolebindings, verb: update}\n  new: {added.object.subjects|exists: true}\n  \
         condition: write and new\n",
    );
    let (found, ..) = found(&lines, &set);
    assert_eq!(hits(&found), ["known-again"]);
    assert_eq!(untold(&found), BTreeSet::from(["grown", "unseen"]));
}

#[test]
fn a_create_proves_that_nothing_was_there() {
    let set = rule(
        "  write: {objectRef.resource: clusterrolebindings}\n  new: {added.object.subjects.name: a}\n  \
         old: {before.object.kind|exists: true}\n  condition: write and new and not old\n",
    );
    let (found, ..) = found(&[write("create", 1, "create", &["a"]).event()], &set);
    assert_eq!(hits(&found), ["create"]);
}

#[test]
fn a_parameter_of_the_request_is_a_field() {
    let uri = |id: &str, uri: &str| {
        let mut event = act(id, 1, "get", ("pods", "", "p")).event();
        event["requestURI"] = uri.into();
        event
    };
    let lines = [
        uri("plain", "/x?dryRun=All&fieldManager=a%20b"),
        uri("encoded", "/x?fieldManager=c&dry%52un=All"),
        uri("other", "/x?dryRunning=All"),
        uri("none", "/x"),
    ];
    let (dry, ..) = found(&lines, &rule("  s: {query.dryRun: All}\n  condition: s\n"));
    assert_eq!(hits(&dry), ["plain", "encoded"]);
    let (manager, ..) = found(&lines, &rule("  s: {query.fieldManager: a b}\n  condition: s\n"));
    assert_eq!(hits(&manager), ["plain"]);
    let (absent, ..) = found(&lines, &rule("  s: {query.fieldManager: null}\n  condition: s\n"));
    assert_eq!(hits(&absent), ["other", "none"]);
}
