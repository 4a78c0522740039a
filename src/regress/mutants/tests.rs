//! Whether mutants that are called equal are: over every event and object of the cases of the pack.

use std::path::Path;

use super::*;
use crate::engine::Event;
use crate::regress::readers::{self, Suite};
use crate::regress::{Cache, Ground};

/// One in so many rules; all of them with `COLDCASE_ALL_MUTANTS` set.
const SHARE: usize = 4;

fn suite() -> Suite {
    let queries = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
    let suite = readers::read(&[queries], None, Vec::new, &BTreeMap::new()).unwrap();
    assert!(suite.rules_wrong.is_empty() && suite.tests_wrong.is_empty());
    suite
}

/// Pairs of what a rule asks and what a mutant of it does that are called equal, each with what it is called.
fn equal(suite: &Suite, share: usize) -> Vec<(String, Predicate, Predicate, Over)> {
    let mut of: BTreeMap<String, Vec<Asked<'_>>> = BTreeMap::new();
    for test in suite.tests.iter().filter(|test| test.rules.len() == 1) {
        if let Exceptions::Only(name) = &test.exceptions {
            of.entry(format!("exception {name}")).or_default().push((test, 0..0));
        }
    }
    let mut pairs = Vec::new();
    for file in suite.files.iter().step_by(share) {
        let over = suite.set.rules.iter().find(|rule| rule.meta.file == file.path).map(|rule| rule.over);
        for (about, candidate) in candidates(&suite.set, file, &of) {
            let Some(asks) = candidate.asks.filter(Asks::is_same) else { continue };
            let mutant = &candidate.mutant;
            for within in &asks.within {
                let with = |predicate: &Predicate| Predicate::all([within.clone(), predicate.clone()]);
                let what = format!("{}:{} {about} {}", mutant.file, mutant.line, mutant.what);
                pairs.push((what, with(&asks.rule), with(&asks.mutant), over.unwrap_or(Over::Events)));
            }
        }
    }
    pairs
}

#[test]
fn no_event_of_any_case_tells_apart_what_is_called_equal() {
    let suite = suite();
    let share = if std::env::var_os("COLDCASE_ALL_MUTANTS").is_some() { 1 } else { SHARE };
    let pairs = equal(&suite, share);
    assert!(pairs.len() > 10, "{} pairs", pairs.len());
    let ground = Ground::prepare(&suite.tests, &Cache { dir: None }, "2026-01-01T00:00:00Z").unwrap();
    let bench = ground.bench.as_ref().unwrap();
    let like = suite.set.rules.iter().find(|rule| rule.sql.is_none() && rule.over == Over::Events).unwrap();
    let mut rules = Vec::new();
    for (number, (_, rule, mutant, over)) in pairs.iter().enumerate() {
        for (side, predicate) in [("rule", rule), ("mutant", mutant)] {
            let mut new = like.clone();
            new.meta.name = format!("{number:05}-{side}");
            (new.predicate, new.over, new.first) = (predicate.clone(), *over, None);
            rules.push(new);
        }
    }
    let set = RuleSet { rules, ..RuleSet::default() };
    let everything = std::slice::from_ref(&(0..u32::MAX));
    let replays = bench.engine.replay_each(&set, &bench.rows, everything).unwrap();
    let mut hits: BTreeMap<&str, BTreeSet<Event>> = BTreeMap::new();
    for finding in replays.iter().flat_map(|replay| &replay.findings) {
        hits.entry(&finding.rule).or_default().extend(&finding.events);
    }
    let mut wrong = Vec::new();
    for (number, (what, ..)) in pairs.iter().enumerate() {
        let of = |side: &str| hits.get(format!("{number:05}-{side}").as_str()).cloned().unwrap_or_default();
        if let Some(event) = of("rule").symmetric_difference(&of("mutant")).next() {
            wrong.push(format!("{what}\n    {event:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} are told apart:\n{}", wrong.len(), pairs.len(), wrong.join("\n"));
}

#[test]
fn what_a_correlation_asks_of_every_part_one_of_them_need_not() {
    let text = "title: made\nname: made\nlogsource: {product: kubernetes, service: audit}\ndetection:\n  s:\n    verb: create\n    objectRef.resource: [roles, rolebindings]\n    user.username: x\n    responseStatus.code: 201\n  condition: s\n---\ntitle: gone\nname: gone\nlogsource: {product: kubernetes, service: audit}\ndetection:\n  s:\n    verb: delete\n    objectRef.resource: [roles, rolebindings]\n    responseStatus.code: 200\n  condition: s\n---\ntitle: both\nname: both\ncorrelation:\n  type: KIND\n  rules: [made, gone]\n  group-by: [objectRef.resource, objectRef.name]\n  timespan: 1h\n";
    let equal = |kind: &str| -> Vec<String> {
        let file = RuleFile { path: "t.yml".into(), text: text.replace("KIND", kind) };
        let (set, problems) = load(std::slice::from_ref(&file));
        assert!(problems.is_empty(), "{problems:?}");
        let all = candidates(&set, &file, &BTreeMap::new()).into_iter();
        let equal = all.filter(|(_, one)| one.asks.as_ref().is_some_and(Asks::is_same));
        equal.map(|(_, one)| format!("{}: {}", one.mutant.line, one.mutant.what)).collect()
    };
    let resources = "without objectRef.resource: [\"roles\",\"rolebindings\"]";
    let expected = [
        format!("7: {resources}"),
        "17: verb: \"delete\" widened to \"*delete*\"".to_owned(),
        format!("18: {resources}"),
    ];
    let ordered: Vec<String> =
        equal("temporal_ordered").into_iter().filter(|what| !what.contains("widened to \"*role")).collect();
    assert_eq!(ordered, expected);
    // Each counts by itself: only what has no name is in no group.
    let counted: Vec<String> = equal("event_count\n  condition: {gte: 2}")
        .into_iter()
        .filter(|what| !what.contains("widened to \"*role"))
        .collect();
    assert_eq!(counted, expected[1..2]);
}
