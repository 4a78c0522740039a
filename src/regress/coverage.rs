//! What tests have seen of rules: which rules have none that fire or none that stay quiet, which were asked only of evidence
//! in which they are blind, and which clauses were never true or never false in any of their tests.
//!
//! Each clause is asked by itself, as a rule that says nothing else, and so is its contrary. What cannot be told of an event is
//! neither.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Serialize;
use yaml_serde::{Mapping, Value};

use super::ground::{Ground, Place};
use super::mutate::short;
use super::{Exceptions, Expect, Outcome, Status, Test};
use crate::engine::Replay;
use crate::engine::threads::in_order;
use crate::error::Result;
use crate::sigma::{Document, Meta, Rule, RuleFile, RuleSet, documents, load};

/// See the module's description.
#[derive(Debug, Clone, Serialize)]
pub struct Coverage {
    /// Rules, correlations and exceptions, by name.
    pub rules: Vec<Covered>,
    /// Of each technique that a rule is tagged with, the rules.
    pub techniques: BTreeMap<String, Technique>,
}

/// What tests have seen of one rule.
#[derive(Debug, Clone, Serialize)]
pub struct Covered {
    pub rule: String,
    pub file: String,
    pub line: usize,
    /// Tests that passed in which it must fire; of an exception, in which it must take away.
    pub fires: usize,
    /// Tests that passed in which it must not.
    pub quiet: usize,
    /// It has tests, and none whose evidence could answer it.
    pub blind: bool,
    pub clauses: usize,
    /// Clauses that are no rule by themselves, so that nothing can be said of them.
    pub unasked: usize,
    /// Clauses that were not seen both true and false.
    pub unseen: Vec<Unseen>,
}

/// A clause that tests have not seen both ways.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unseen {
    pub file: String,
    pub line: usize,
    pub clause: String,
    pub never_true: bool,
    pub never_false: bool,
}

/// Rules that are tagged with a technique.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Technique {
    /// Those that fired in a test in which they must.
    pub tested: Vec<String>,
    pub untested: Vec<String>,
}

/// One clause by itself, and its contrary.
struct Alone {
    line: usize,
    words: String,
    /// None when it is no rule by itself.
    rules: Option<[Rule; 2]>,
}

/// Looks at rules with their tests; `outcomes` are those of `tests`, in their order.
///
/// # Errors
/// When a case cannot be read.
pub fn coverage(
    (set, files): (&RuleSet, &[RuleFile]),
    (tests, outcomes): (&[Test], &[Outcome]),
    ground: &Ground,
    jobs: usize,
) -> Result<Coverage> {
    let exceptions = set.exceptions.iter().map(|exception| (&exception.meta, vec![&exception.meta]));
    let rules = set.reported().map(|(meta, parts)| {
        let named = set.correlations.iter().filter(|known| known.meta.name == meta.name).map(|known| &known.meta);
        (meta, parts.into_iter().map(|part| &part.meta).chain(named).collect())
    });
    let all: Vec<(&Meta, Vec<&Meta>)> = rules.chain(exceptions).collect();
    let alone = in_order(jobs, files.len(), |file| clauses(&files[file])).into_iter().flatten().collect();
    let covered = in_order(jobs, all.len(), |place| {
        let (meta, parts) = &all[place];
        let is_exception = set.exceptions.iter().any(|exception| std::ptr::eq(&exception.meta, *meta));
        let is_about = |test: &Test| match &test.exceptions {
            Exceptions::Only(name) => is_exception && *name == meta.name,
            _ => !is_exception && (test.rules.is_empty() || test.rules.contains(&meta.name)),
        };
        let asked = tests.iter().zip(outcomes).filter(|(test, _)| is_about(test));
        one(set, meta, parts, (&alone, is_exception), asked.collect(), ground)
    });
    let mut rules = covered.into_iter().collect::<Result<Vec<Covered>>>()?;
    let mut techniques: BTreeMap<String, Technique> = BTreeMap::new();
    for (meta, covered) in all.iter().map(|(meta, _)| meta).zip(&rules) {
        for technique in &meta.techniques {
            let of = techniques.entry(technique.clone()).or_default();
            if covered.fires > 0 { &mut of.tested } else { &mut of.untested }.push(meta.name.clone());
        }
    }
    for technique in techniques.values_mut() {
        technique.tested.sort();
        technique.untested.sort();
    }
    rules.sort_by(|one, other| (&one.rule, &one.file, one.line).cmp(&(&other.rule, &other.file, other.line)));
    Ok(Coverage { rules, techniques })
}

fn one(
    set: &RuleSet,
    meta: &Meta,
    parts: &[&Meta],
    (alone, is_exception): (&BTreeMap<(String, usize), Vec<Alone>>, bool),
    asked: Vec<(&Test, &Outcome)>,
    ground: &Ground,
) -> Result<Covered> {
    let passed = |wanted: fn(&Expect) -> bool| {
        let is = |(test, outcome): &&(&Test, &Outcome)| {
            matches!(outcome.status, Status::Passed | Status::Untold) && test.expect.iter().any(wanted)
        };
        asked.iter().filter(is).count()
    };
    let clauses: Vec<(&str, &Alone)> = parts
        .iter()
        .flat_map(|part| {
            let of = alone.get(&(part.file.clone(), part.line)).into_iter().flatten();
            of.map(|clause| (part.file.as_str(), clause))
        })
        .collect();
    let mut rules = Vec::new();
    for (number, (_, clause)) in clauses.iter().enumerate() {
        for (rule, word) in clause.rules.iter().flatten().zip(["is", "not"]) {
            let mut rule = rule.clone();
            rule.meta.name = format!("{word} {number}");
            rules.push(rule);
        }
    }
    let with = RuleSet { rules, lists: set.lists.clone(), ..RuleSet::default() };
    let itself = if is_exception { RuleSet::default() } else { set.only(&BTreeSet::from([meta.name.as_str()])) };
    let (mut seen, mut blind, mut replays) = (BTreeSet::new(), true, 0);
    let mut see = |found: &[Replay], own: &[Replay]| {
        seen.extend(found.iter().flat_map(|replay| &replay.findings).map(|finding| finding.rule.clone()));
        let is_blind = |replay: &Replay| replay.blind.iter().any(|blind| blind.whole && blind.rule == meta.name);
        blind &= own.iter().all(is_blind);
        replays += own.len();
    };
    let mut worlds: BTreeMap<_, Vec<Range<u32>>> = BTreeMap::new();
    let mut corpora = BTreeSet::new();
    for (test, _) in asked.iter().filter(|(test, _)| test.skip.is_none()) {
        match ground.place(&test.data) {
            Ok(Place::World(world)) => worlds.entry(&test.lists).or_default().push(world),
            Ok(Place::Corpus(corpus)) => drop(corpora.insert(corpus)),
            Err(_) => {}
        }
    }
    for (lists, worlds) in worlds {
        let Some(bench) = &ground.bench else { continue };
        let (mut with, mut itself) = (with.clone(), itself.clone());
        with.lists.extend(lists);
        itself.lists.extend(lists);
        let ask = |set: &RuleSet| bench.engine.replay_each(set, &bench.rows, &worlds);
        see(&ask(&with)?, &ask(&itself)?);
    }
    for corpus in corpora.into_iter().filter_map(|corpus| ground.corpora.get(corpus)) {
        see(&[corpus.engine.replay(&with)?], &[corpus.engine.replay(&itself)?]);
    }
    let asked_alone = clauses.iter().enumerate().filter(|(_, (_, clause))| clause.rules.is_some());
    let unasked = clauses.len() - asked_alone.clone().count();
    let unseen = asked_alone.map(|(number, (file, clause))| Unseen {
        file: (*file).to_owned(),
        line: clause.line,
        clause: clause.words.clone(),
        never_true: !seen.contains(&format!("is {number}")),
        never_false: !seen.contains(&format!("not {number}")),
    });
    Ok(Covered {
        rule: meta.name.clone(),
        file: meta.file.clone(),
        line: meta.line,
        fires: passed(must_fire),
        quiet: passed(must_not),
        blind: blind && replays > 0 && !is_exception,
        clauses: clauses.len(),
        unasked,
        unseen: unseen.filter(|clause| clause.never_true || clause.never_false).collect(),
    })
}

fn must_fire(expect: &Expect) -> bool {
    match expect {
        Expect::Events(events) => !events.is_empty(),
        Expect::Count { exactly, at_least, .. } => exactly.or(*at_least).is_some_and(|least| least > 0),
        Expect::Finding(_) | Expect::Chain(_) | Expect::Golden(_) | Expect::Excepted => true,
        _ => false,
    }
}

fn must_not(expect: &Expect) -> bool {
    match expect {
        Expect::Count { exactly, at_most, .. } => exactly.or(*at_most) == Some(0),
        Expect::Nothing | Expect::Reported => true,
        _ => false,
    }
}

/// The clauses of each document of a file, by file and line of the document.
fn clauses(file: &RuleFile) -> Vec<((String, usize), Vec<Alone>)> {
    let of = |document: Document<'_>| {
        let yaml = yaml_serde::from_str::<Value>(document.text).ok()?;
        let section = if yaml.get("filter").is_some() { "filter" } else { "detection" };
        let mut found = Vec::new();
        for (name, selection) in yaml.get(section).and_then(Value::as_mapping).into_iter().flatten() {
            let name = name.as_str().filter(|name| !["condition", "rules", "timeframe"].contains(name));
            if let Some(name) = name {
                walk(&document, &[section, name], selection, &|clause| clause, &mut found);
            }
        }
        let alone = found.into_iter().map(|(line, words, selection)| {
            let rule = |condition: &str| by_itself(file, &yaml, &selection, condition);
            let rules = rule("clause").zip(rule("not clause"));
            Alone { line, words, rules: rules.map(|(is, is_not)| [is, is_not]) }
        });
        Some(((file.path.clone(), document.place(&[]).0), alone.collect()))
    };
    documents(&file.path, &file.text).into_iter().filter_map(of).collect()
}

/// Notes each clause of a selection: its line, its words, and a selection that says nothing else.
fn walk(
    document: &Document<'_>,
    path: &[&str],
    selection: &Value,
    wrap: &dyn Fn(Value) -> Value,
    found: &mut Vec<(usize, String, Value)>,
) {
    let single = |key: &str, value: Value| Value::Mapping([(Value::from(key), value)].into_iter().collect::<Mapping>());
    match selection {
        Value::Mapping(tests) => {
            for (key, value) in tests {
                let Some(key) = key.as_str() else { continue };
                let path = [path, &[key]].concat();
                let words = format!("{key}: {}", short(value));
                found.push((document.place(&path).0, words, wrap(single(key, value.clone()))));
                if key.ends_with(']') {
                    walk(document, &path, value, &|inner| wrap(single(key, inner)), found);
                }
            }
        }
        Value::Sequence(ways) => {
            for way in ways {
                match way {
                    Value::Mapping(_) => walk(document, path, way, wrap, found),
                    word => {
                        let line = document.place(path).0;
                        found.push((line, short(word), wrap(Value::Sequence(vec![word.clone()]))));
                    }
                }
            }
        }
        _ => {}
    }
}

/// A rule over what a document is over that says only this.
fn by_itself(file: &RuleFile, yaml: &Value, selection: &Value, condition: &str) -> Option<Rule> {
    let mut rule: Mapping =
        [("title", "t"), ("name", "t")].into_iter().map(|(key, text)| (key.into(), text.into())).collect();
    for key in ["logsource", "snapshot", "sigma-version"] {
        if let Some(value) = yaml.get(key) {
            rule.insert(key.into(), value.clone());
        }
    }
    let detection = [("clause", selection.clone()), ("condition", condition.into())];
    let detection: Mapping = detection.into_iter().map(|(key, value)| (Value::from(key), value)).collect();
    rule.insert("detection".into(), Value::Mapping(detection));
    let text = yaml_serde::to_string(&Value::Mapping(rule)).ok()?;
    let (mut set, _) = load(&[RuleFile { path: file.path.clone(), text }]);
    (!set.rules.is_empty()).then(|| set.rules.remove(0))
}
