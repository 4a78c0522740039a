//! Rules that are SQL: found, excepted, counted and explained like any other; told with line and column when they are wrong.

use coldcase::engine::{Engine, Replay};
use coldcase::sigma::{RuleFile, RuleSet, load};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{case_of, replay, run, text};

/// Who asked for two kinds of things; nobody but SQL can say so of one request.
const BOTH: &str = "title: Both kinds\nname: both\nlevel: high\nlogsource: {product: kubernetes, service: audit}\nsql: |\n  \
                    SELECT evidence, \"offset\", name IS NULL AS cannot_tell FROM audit\n  \
                    WHERE resource = 'secrets' AND user_name IN (SELECT user_name FROM audit WHERE resource = 'pods')\n";

const NOT_EVE: &str = "title: Eve may\nname: eve-may\nlogsource: {product: kubernetes, service: audit}\n\
                       filter:\n  rules: any\n  eve: {user.username: eve}\n  condition: not eve\n";

const TWICE: &str = "title: Twice\nname: twice\nlevel: low\ncorrelation:\n  type: event_count\n  rules: [both]\n  generate: true\n  \
                     group-by: [user.username]\n  timespan: 1h\n  condition: {gte: 2}\n";

fn rules(texts: &[&str]) -> RuleSet {
    let file = |(n, text): (usize, &&str)| RuleFile { path: format!("{n}.yml"), text: (*text).to_owned() };
    let (set, problems) = load(&texts.iter().enumerate().map(file).collect::<Vec<_>>());
    assert!(problems.is_empty(), "{problems:?}");
    set
}

fn event(id: &str, user: &str, resource: &str, name: Option<&str>) -> String {
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": id, "stage": "ResponseComplete",
        "requestURI": format!("/api/v1/{resource}"), "verb": "get", "user": {"username": user},
        "objectRef": {"resource": resource, "name": name}, "responseStatus": {"code": 200},
        "stageTimestamp": "2031-04-05T06:07:08.000000Z",
    })
    .to_string()
}

fn answer(lines: &[String], set: &RuleSet) -> (TempDir, Replay) {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.jsonl");
    std::fs::write(&input, lines.join("\n")).unwrap();
    let found = replay(&case_of(&folder, &[input]), set);
    (folder, found)
}

fn lines() -> [String; 6] {
    [
        event("a", "lena", "pods", Some("p")),
        event("b", "lena", "secrets", Some("s")),
        event("c", "lena", "secrets", Some("t")),
        event("d", "omar", "secrets", Some("s")),
        event("e", "eve", "pods", Some("p")),
        event("f", "eve", "secrets", Some("s")),
    ]
}

#[test]
fn what_a_query_gives_is_a_finding_like_any_other() {
    let (_folder, found) = answer(&lines(), &rules(&[BOTH, NOT_EVE, TWICE]));
    let said: Vec<_> =
        found.findings.iter().map(|f| (f.rule.as_str(), f.actor.as_deref().unwrap(), f.audit_ids.join(" "))).collect();
    // Events of one moment have no order but that of the evidence.
    assert_eq!(said, [("both", "lena", "b c".to_owned()), ("twice", "lena", "b c".to_owned())]);
    assert_eq!(found.findings[0].target.as_deref(), Some("secrets (2)"));
    assert_eq!((found.excepted.len(), found.excepted[0].events), (1, 1));
    assert!(found.blind.is_empty(), "{:?}", found.blind);
    // Read in another order, it is the same finding.
    let (_folder, other) = answer(&lines().into_iter().rev().collect::<Vec<_>>(), &rules(&[BOTH, NOT_EVE, TWICE]));
    let ids = |replay: &Replay| replay.findings.iter().map(|finding| finding.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&found), ids(&other));
}

#[test]
fn what_a_query_is_not_sure_of_cannot_be_told() {
    let lines = [event("a", "lena", "pods", None), event("b", "lena", "secrets", None)];
    let (_folder, found) = answer(&lines, &rules(&[BOTH]));
    assert!(found.findings.is_empty());
    assert_eq!((found.untold.len(), found.untold[0].audit_ids.join(" ")), (1, "b".to_owned()));
}

#[test]
fn a_query_without_its_evidence_is_blind() {
    let of = |sql: &str| format!("title: t\nname: t\nsql: |\n  {sql}\n");
    for (rule, reason) in [
        (of("SELECT audit.evidence, audit.\"offset\" FROM audit JOIN object USING (name)"), "the case has no object"),
        (
            of("SELECT evidence, \"offset\" FROM audit") + "needs: audit WHERE verb = 'list'\n",
            "the case has no audit WHERE verb = 'list'",
        ),
        (
            of("SELECT evidence, \"offset\" FROM firewall_CL"),
            "its query cannot be run here: table 'firewall_cl' not found",
        ),
        (of("SELECT evidence, \"offset\" FROM audit WHERE 1 / (response_code - 200) > 0"), "its query failed: "),
        (
            of("SELECT NULLIF(evidence, evidence) AS evidence, \"offset\" FROM audit"),
            "its query gives rows that have no place",
        ),
    ] {
        let (_folder, found) = answer(&lines(), &rules(&[&rule]));
        assert!(found.findings.is_empty());
        assert!(found.blind.len() == 1 && found.blind[0].whole, "{:?}", found.blind);
        assert!(found.blind[0].reason.starts_with(reason), "{} is not {reason}", found.blind[0].reason);
    }
}

#[test]
fn a_wrong_query_is_told_with_its_place() {
    for (sql, told) in [
        ("SELECT evidence,\n    \"offset\" FRM audit", "t.yml:5:18: Expected: end of statement, found: audit"),
        ("SELECT evidence, \"offset\"\n  FROM audit WHERE vreb = 'get'", "t.yml:5:20: No field named vreb"),
        ("SELECT evidence, \"offset\" FROM adit", "t.yml:4:34: table 'adit' not found"),
        ("SELECT evidence FROM audit", "t.yml:4:3: the query gives no column offset"),
        ("SELECT evidence, \"offset\" FROM audit LIMIT 3", "t.yml:4:3: LIMIT without ORDER BY takes any rows"),
        (
            "SELECT evidence, \"offset\" FROM audit WHERE time < now()",
            "t.yml:4:3: now gives another answer at another time",
        ),
        (
            "SELECT evidence, \"offset\" FROM audit WHERE random() < 0.5",
            "t.yml:4:3: random gives another answer at another time",
        ),
        ("SELECT 0 AS evidence, 0 AS \"offset\" FROM finding", "t.yml:4:3: a rule reads evidence, and finding is none"),
        ("DELETE FROM audit", "t.yml:4:3: a case is read-only"),
    ] {
        let text = format!("title: t\nname: t\nsql: |\n  {sql}\n");
        let (set, problems) = load(&[RuleFile { path: "t.yml".into(), text }]);
        assert!(problems.is_empty(), "{problems:?}");
        let found = Engine::problems(&set).unwrap();
        assert_eq!(found.len(), 1, "{sql}");
        assert!(found[0].to_string().starts_with(told), "{} is not {told}", found[0]);
    }
    assert!(Engine::problems(&rules(&[BOTH])).unwrap().is_empty());
}

#[test]
fn a_rule_that_is_sql_is_explained_by_its_query() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.jsonl"), lines().join("\n")).unwrap();
    std::fs::write(folder.path().join("both.yml"), BOTH).unwrap();
    assert!(run(folder.path(), &["ingest", "--case", "case", "in.jsonl"]).status.success());
    let explain = |event: &[&str]| {
        let args = [&["rules", "explain", "both", "--rules", "both.yml"], event].concat();
        text(&run(folder.path(), &args)).0
    };
    assert!(explain(&[]).contains("\n  WHERE resource = 'secrets' AND user_name IN"), "{}", explain(&[]));
    let met = |id: &str| explain(&["--case", "case", "--event", id]);
    assert!(met("b").contains("PASS        the query gives the place of this event"), "{}", met("b"));
    assert!(met("d").contains("FAIL        the query gives the place of this event"), "{}", met("d"));
    let checked = text(&run(folder.path(), &["rules", "check", "both.yml"])).0;
    assert!(checked.contains("1 rule, 0 problems"), "{checked}");
}
