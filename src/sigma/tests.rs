//! What loading rules promises: places of problems, order, and that one bad document harms no other.

use std::path::Path;

use super::predicate::{Cmp, verbs};
use super::*;

const GOOD: &str = "title: a\nname: good\ndetection:\n  x: {verb: get}\n  condition: x\n";

fn load_text(text: &str) -> (RuleSet, Vec<String>) {
    let (set, problems) = load(&[RuleFile { path: "a.yml".into(), text: text.into() }]);
    (set, problems.iter().map(Diagnostic::to_string).collect())
}

/// The one problem of a rule whose selection is this.
fn problem(selection: &str) -> (String, String) {
    let text = format!("title: a\ndetection:\n  x:\n    {selection}\n  condition: x\n");
    let (set, problems) = load(&[RuleFile { path: "a.yml".into(), text }]);
    assert!(set.rules.is_empty());
    assert_eq!(problems.len(), 1, "{problems:?}");
    (problems[0].to_string(), problems[0].hint.clone().unwrap_or_default())
}

#[test]
fn a_problem_has_the_place_and_name_of_what_is_wrong() {
    for (selection, message) in [
        ("verb|contians: a", "a.yml:4:10: there is no modifier contians"),
        ("verb|not: a", "a.yml:4:10: there is no modifier not"),
        ("objectRef.resources: a", "a.yml:4:5: audit events have no field objectRef.resources"),
        ("requestURI|re: '('", "a.yml:4:5: the expression cannot be used: unclosed group"),
        ("sourceIPs|cidr: 10.0.0/8", "a.yml:4:21: 10.0.0/8 is no network"),
        ("verb|re|expand: '%a%'", "a.yml:4:5: expand cannot be used with re"),
        ("verb|hour: 3", "a.yml:4:5: modifier hour is not supported"),
        ("verb|wide: a", "a.yml:4:5: modifier wide cannot be used here"),
        ("responseStatus.code|lt: many", "a.yml:4:5: many is not a number"),
        ("verb|fieldref: user.name", "a.yml:4:20: audit events have no field user.name"),
        ("objectRef: pods", "a.yml:4:5: objectRef is a structure"),
        ("verb: []", "a.yml:4:5: verb has no value to compare with"),
    ] {
        assert_eq!(problem(selection).0, message);
    }
    let (message, _) = problem("verb|contains|startswith: a");
    assert!(message.starts_with("a.yml:4:5: conflicting modifiers"), "{message}");
    assert_eq!(problem("objectRef.resources: a").1, "did you mean objectRef.resource?");
}

#[test]
fn a_structure_can_be_asked_for_presence() {
    let (set, problems) =
        load_text("title: a\ndetection:\n  x: {objectRef|exists: false, impersonatedUser: null}\n  condition: x\n");
    assert_eq!((set.rules.len(), problems), (1, vec![]));
}

#[test]
fn a_condition_that_cannot_be_read_has_its_column() {
    let (_, problems) = load_text("title: a\ndetection:\n  x: {verb: get}\n  condition: x and and x\n");
    assert!(problems[0].starts_with("a.yml:4:20: the condition cannot be read: expected"), "{problems:?}");
    let (_, problems) = load_text("title: a\ndetection:\n  x: {verb: get}\n  condition: x and y\n");
    assert_eq!(problems, ["a.yml:4:20: no selection is called y"]);
    let (_, problems) = load_text("title: a\ndetection:\n  all: {verb: get}\n  condition: all\n");
    assert_eq!(problems, ["a.yml:4:17: the condition cannot be read: all and any want an of behind them"]);
    let (_, problems) = load_text("title: a\ndetection:\n  x: {verb: get}\n  condition: 1 of y*\n");
    assert_eq!(problems, ["a.yml:4:3: no selection is named like y*"]);
}

#[test]
fn one_bad_document_never_loses_the_others() {
    for (bad, at) in [
        ("title: [unclosed\nx: y\n", "a.yml:8:"),
        ("- a list\n", "a.yml:7:1: this is no Sigma rule"),
        ("title: b\ndetection: {x: {verb: get}}\n", "a.yml:8:1: missing required field 'condition'"),
        ("title: b\nlogsource: {product: windows}\n", "a.yml:8:13: a case has no log source with product windows"),
        ("action: again\n", "a.yml:7:1: there is no action again"),
        ("title: b\nlevel: bad\n", "a.yml:8:1: no level is called \"bad\""),
        ("title: b\ntitle: c\n", "a.yml:"),
        (
            "title: b\nname: good\ndetection: {x: {verb: get}, condition: x}\n",
            "a.yml:8:1: name good is taken by a.yml:1",
        ),
        ("just words", "a.yml:7:1: this is no Sigma rule"),
    ] {
        let last = "title: z\nname: last\ndetection: {x: {verb: get}, condition: x}\n";
        let (set, problems) = load_text(&format!("{GOOD}---\n{bad}\n---\n{last}"));
        let names: Vec<_> = set.rules.iter().map(|rule| rule.meta.name.as_str()).collect();
        assert_eq!(names, ["good", "last"], "{bad} {problems:?}");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(at), "{problems:?}");
    }
}

const BASE: &str = "title: a\nname: c.denied\ndetection:\n  x: {responseStatus.code: 403}\n  condition: x\n";

fn correlation(body: &str) -> (RuleSet, Vec<String>) {
    load_text(&format!("{BASE}---\ntitle: c\nname: c\ncorrelation:\n{body}"))
}

#[test]
fn a_correlation_names_its_rules_by_place() {
    let body = "  type: value_count\n  rules: [c.denied]\n  group-by: [user.username, sourceIPs]\n  timespan: 15m\n  condition: {field: objectRef.resource, gte: 3, lt: 9}\n";
    let (set, problems) = correlation(body);
    assert_eq!(problems, Vec::<String>::new());
    let found = &set.correlations[0];
    assert_eq!(found.parts, [Part::Rule(0)]);
    assert!(!set.rules[0].meta.reported && found.meta.reported);
    assert_eq!(found.timespan, 900_000_000);
    assert_eq!(found.counted().iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["objectRef.resource"]);
    assert_eq!([2.0, 3.0, 8.0, 9.0].map(|count| found.condition.holds(count)), [false, true, true, false]);
    assert_eq!(found.group_by.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["user.username", "sourceIPs"]);
    let (set, _) = correlation(&body.replace("  type", "  generate: true\n  type"));
    assert!(set.rules[0].meta.reported);
}

#[test]
fn a_temporal_correlation_wants_all_its_rules() {
    let second = "title: b\nname: b\ndetection: {x: {verb: get}, condition: x}\n---\n";
    let body = "title: c\nname: c\ncorrelation:\n  type: temporal_ordered\n  rules: [c.denied, b]\n  group-by: [who]\n  aliases:\n    who:\n      c.denied: user.username\n      b: impersonatedUser.username\n  timespan: 1h\n";
    let (set, problems) = load_text(&format!("{second}{BASE}---\n{body}"));
    assert_eq!(problems, Vec::<String>::new());
    let found = &set.correlations[0];
    assert_eq!(found.condition, Condition::Bounds(vec![(Cmp::Gte, 2)]));
    assert_eq!(found.parts, [Part::Rule(1), Part::Rule(0)]);
    let name = |from: &Origin| match from {
        Origin::Field(field) => field.name.clone(),
        Origin::Group(place) => panic!("{place} is of a rule"),
    };
    let fields: Vec<String> = found.group_by[0].from.iter().map(name).collect();
    assert_eq!(fields, ["user.username", "impersonatedUser.username"]);
}

#[test]
fn what_a_correlation_cannot_do_is_refused_by_name() {
    let count = "  rules: [c.denied]\n  timespan: 15m\n  condition: {gte: 3}\n";
    for (body, message) in [
        (format!("  type: value_sum\n{count}"), "a.yml:13:3: value_sum measures the numbers of one field"),
        (format!("  type: often\n{count}"), "a.yml:10:3: invalid correlation rule: Unknown correlation type: often"),
        (format!("  type: event_count\n  window: tumbling\n{count}"), "a.yml:11:3: window tumbling is not supported"),
        (format!("  type: value_count\n{count}"), "a.yml:13:3: value_count counts the values of a field"),
        (format!("  type: event_count\n  group-by: [user]\n{count}"), "a.yml:11:14: audit events have no field user"),
        (format!("  type: event_count\n{}", count.replace("c.denied", "d")), "a.yml:11:11: no rule is called d"),
        (
            format!("  type: event_count\n{}", count.replace("gte: 3", "lt: 1")),
            "a.yml:13:3: no count of one or more can meet the condition",
        ),
        (format!("  type: event_count\n{}", count.replace("15m", "15x")), "a.yml:12:3: invalid timespan '15x'"),
        (
            format!("  type: event_count\n{}", count.replace("c.denied", "c")),
            "a.yml:11:11: c is made of itself, or waits for one that is",
        ),
        (
            format!("  type: event_count\n  group-by: [objectRef]\n{count}"),
            "a.yml:11:14: audit events have no field objectRef",
        ),
        (
            "  type: temporal\n  rules: [c.denied]\n  timespan: 1h\n  condition: c.denied\n".into(),
            "a.yml:13:3: the condition cannot be read",
        ),
        (
            "  type: temporal\n  rules: [c.denied]\n  timespan: 1h\n  condition: other\n".into(),
            "a.yml:13:3: other is none of its rules",
        ),
        (
            "  type: temporal\n  rules: [c.denied]\n  timespan: 1h\n  condition: 1 of c*\n".into(),
            "a.yml:13:3: a condition over rules has no `1 of` and no `all of`",
        ),
        (
            "  type: event_count\n  rules: [c.denied]\n  timespan: 1h\n  condition: one and two\n".into(),
            "a.yml:13:3: event_count has no condition in words",
        ),
        (
            "  type: temporal\n  rules: [c.denied]\n  timespan: 1h\n  condition: {gte: 2}\n".into(),
            "a.yml:13:3: no number of its rules can meet the condition",
        ),
        (
            "  type: temporal\n  rules: [c.denied, c.denied]\n  timespan: 1h\n".into(),
            "a.yml:11:11: c.denied is named twice",
        ),
        (format!("  type: event_count\n{}", count.replace("3", "-3")), "a.yml:13:3: a bound cannot be negative"),
        (
            format!("  type: event_count\n{}", count.replace("gte: 3", "gte: 3, field: verb")),
            "a.yml:13:23: event_count has no field",
        ),
        (
            format!("  type: value_avg\n{}", count.replace("gte: 3", "gte: 3, field: [verb, auditID]")),
            "a.yml:13:3: value_avg measures the numbers of one field",
        ),
        (
            format!("  type: value_percentile\n{}", count.replace("gte: 3", "gte: 3, field: verb, percentile: 101")),
            "a.yml:13:36: there is no percentile 101",
        ),
    ] {
        let (set, problems) = correlation(&body);
        assert_eq!(problems, [message]);
        assert!(set.correlations.is_empty());
        // The rule it would have counted does not become a finding of its own.
        assert_eq!(
            set.rules[0].meta.reported,
            message.contains("no rule is called") || message.contains("c is made of")
        );
    }
}

#[test]
fn a_correlation_of_correlations_knows_what_they_group_by() {
    let child = "title: c\nname: c\ncorrelation:\n  type: event_count\n  rules: [c.denied]\n  group-by: [user.username, verb]\n  timespan: 15m\n  condition: {gte: 3}\n---\n";
    let parent = "title: a\nname: a\ncorrelation:\n  type: temporal\n  rules: [c, b]\n  group-by: [who]\n  aliases: {who: {c: user.username, b: impersonatedUser.username}}\n  timespan: 1h\n";
    let other = "---\ntitle: b\nname: b\ndetection: {x: {verb: get}, condition: x}\n";
    let (set, problems) = load_text(&format!("{BASE}---\n{child}{parent}{other}"));
    assert_eq!(problems, Vec::<String>::new());
    let names: Vec<(&str, bool)> = set.correlations.iter().map(|c| (c.meta.name.as_str(), c.meta.reported)).collect();
    assert_eq!(names, [("c", false), ("a", true)], "after those it names; what it names is no finding by itself");
    assert_eq!(set.correlations[1].parts, [Part::Correlation(0), Part::Rule(0)]);
    assert_eq!(set.correlations[1].group_by[0].from[0], Origin::Group(0));
    assert_eq!(set.rules_of(&set.correlations[1]), [1, 0]);
    assert_eq!(set.of_file("a.yml"), set);
    let (_, problems) =
        load_text(&format!("{BASE}---\n{child}{}{other}", parent.replace("c: user.username", "c: sourceIPs")));
    assert_eq!(problems, ["a.yml:21:14: c does not group by sourceIPs"]);
    let circle = child.replace("rules: [c.denied]", "rules: [a]");
    let (set, problems) = load_text(&format!("{BASE}---\n{circle}{parent}{other}"));
    assert_eq!((set.correlations.len(), problems.len()), (0, 2));
    assert!(problems[0].contains("c is made of itself, or waits for one that is"), "{problems:?}");
}

#[test]
fn the_order_of_files_does_not_matter() {
    let file = |path: &str, name: &str| RuleFile { path: path.into(), text: GOOD.replace("good", name) };
    let files = [file("1.yml", "b"), file("2.yml", "a")];
    let turned = [files[1].clone(), files[0].clone()];
    assert_eq!(load(&files).0, load(&turned).0);
    assert_eq!(load(&files).0.rules[0].meta.name, "a");
}

/// The rule files of the pack, and the texts of their cases.
pub fn pack() -> (Vec<RuleFile>, Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/detections");
    let (mut files, mut cases) = (Vec::new(), Vec::new());
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().filter_map(Result::ok) {
        match entry.path().extension().and_then(|ending| ending.to_str()) {
            Some("yml") => {
                let path = entry.path().strip_prefix(&root).unwrap().display().to_string();
                files.push(RuleFile { path, text: std::fs::read_to_string(entry.path()).unwrap() });
            }
            Some("jsonl") => cases.push(std::fs::read_to_string(entry.path()).unwrap()),
            _ => {}
        }
    }
    (files, cases)
}

#[test]
fn every_rule_of_the_pack_can_be_used() {
    let (files, _) = pack();
    let (set, problems) = load(&files);
    assert_eq!(problems.iter().map(Diagnostic::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    let warnings: Vec<_> = lint::lint(&files).into_iter().filter(|r| r.severity == lint::Severity::Warning).collect();
    assert_eq!(warnings, []);
    assert!(set.rules.len() + set.correlations.len() >= files.len());
    for rule in &set.rules {
        assert!(verbs(&rule.predicate).is_none_or(|verbs| !verbs.is_empty()), "{}", rule.meta.name);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, cases: 400, ..Default::default() })]

    /// Rules are written by people: any text is a rule or a problem with a place inside it, never a crash.
    #[test]
    fn no_text_is_too_broken(cut in 0..600usize, length in 0..9usize, noise in "[-:{}\\[\\]|*'\"%&#é\\n ]{0,6}") {
        let body = "  type: event_count\n  rules: [c.denied]\n  timespan: 15m\n  condition: {gte: 3}\n";
        let more = "---\ntitle: d\ndetection:\n  a: {userAgent|re|i: ['^é', b], verb|contains|all: [a, b*]}\n  b:\n    - x: y\n    - objectRef.name|cidr: 10.0.0.0/8\n  condition: 1 of a* and not b\n";
        let text = format!("{BASE}---\ntitle: c\nname: c\ncorrelation:\n{body}{more}");
        let place = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let broken = format!("{}{noise}{}", &text[..place(cut)], &text[place(cut + length)..]);
        let file = RuleFile { path: "a.yml".into(), text: broken.clone() };
        let (_, problems) = load(std::slice::from_ref(&file));
        lint::lint(&[file]);
        let lines = broken.lines().count() + 1;
        for problem in problems {
            proptest::prop_assert!((1..=lines).contains(&problem.line), "{}\n{}", problem, broken);
            proptest::prop_assert!(problem.column > 0 && !problem.message.contains('\n'), "{}\n{}", problem, broken);
        }
    }
}
