//! How well tests hold rules: of the mutants of a rule, those that no test notices are missing tests.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Serialize;
use yaml_serde::Value;

use super::counted::counted;
use super::ground::{Bench, Ground, Place};
use super::judge::{Met, judge};
use super::mutate::changes;
use super::same::{asks_body, same_where};
use super::{Data, Exceptions, Expect, Test};
use crate::engine::threads::in_order;
use crate::engine::{Replay, weaker};
use crate::error::Result;
use crate::sigma::predicate::Cmp;
use crate::sigma::{
    Condition, Correlation, CorrelationKind, Lists, Over, Predicate, RuleFile, RuleSet, documents, load,
};

/// A rule with one thing changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mutant {
    pub file: String,
    pub line: usize,
    /// The rule, correlation or exception whose tests should notice.
    pub rule: String,
    pub what: String,
    /// Whether a test noticed.
    pub killed: bool,
    /// No test noticed, and none can: it is proved that no event tells it from the rule.
    pub equal: bool,
}

impl Mutant {
    /// Whether a test is missing.
    pub fn is_missed(&self) -> bool {
        !self.killed && !self.equal
    }
}

/// A mutant and the rules with it.
struct Candidate {
    mutant: Mutant,
    set: RuleSet,
    asks: Option<Asks>,
}

impl Candidate {
    fn judged(&self, killed: bool) -> Mutant {
        let equal = !killed && self.asks.as_ref().is_some_and(Asks::is_same);
        Mutant { killed, equal, ..self.mutant.clone() }
    }
}

/// What the rule and the mutant ask of an event; of an exception, also the rules that it is asked of.
struct Asks {
    rule: Predicate,
    mutant: Predicate,
    within: Vec<Predicate>,
}

impl Asks {
    fn is_same(&self) -> bool {
        same_where(&self.within.iter().collect::<Vec<_>>(), &self.rule, &self.mutant)
    }
}

/// A test and where its data is.
type Asked<'a> = (&'a Test, Range<u32>);

/// Makes every mutant of the rules and exceptions that tests with inline data are about, and asks those tests.
///
/// # Errors
/// When a plan of a correlation cannot be run.
pub fn mutants(set: &RuleSet, files: &[RuleFile], tests: &[Test], ground: &Ground, jobs: usize) -> Result<Vec<Mutant>> {
    let Some(bench) = &ground.bench else { return Ok(Vec::new()) };
    let mut of: BTreeMap<String, Vec<Asked<'_>>> = BTreeMap::new();
    for test in tests.iter().filter(|test| test.skip.is_none() && test.rules.len() == 1) {
        let Ok(Place::World(world)) = ground.place(&test.data) else { continue };
        let about = match &test.exceptions {
            Exceptions::Only(name) => format!("exception {name}"),
            _ => test.rules.iter().next().cloned().unwrap_or_default(),
        };
        of.entry(about).or_default().push((test, world));
    }
    let mut groups: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    for file in files {
        for (about, candidate) in candidates(set, file, &of) {
            if of.contains_key(&about) {
                groups.entry(about).or_default().push(candidate);
            }
        }
    }
    let groups: Vec<(String, Vec<Candidate>)> = groups.into_iter().collect();
    let judged = in_order(jobs, groups.len(), |place| {
        let (about, candidates) = &groups[place];
        judge_all(candidates, &of[about], bench)
    });
    let mut all = Vec::new();
    for judged in judged {
        all.extend(judged?);
    }
    all.sort();
    Ok(all)
}

/// The share of mutants that a test noticed, of those that one could, in hundredths; None without any.
pub fn score(mutants: &[Mutant]) -> Option<f64> {
    let killed = mutants.iter().filter(|mutant| mutant.killed).count();
    let all = mutants.iter().filter(|mutant| !mutant.equal).count();
    (all > 0).then(|| killed as f64 * 100.0 / all as f64)
}

/// The mutants of one file, with whose tests should notice.
fn candidates(set: &RuleSet, file: &RuleFile, of: &BTreeMap<String, Vec<Asked<'_>>>) -> Vec<(String, Candidate)> {
    let mut all = Vec::new();
    for document in documents(&file.path, &file.text) {
        let Ok(yaml) = yaml_serde::from_str::<Value>(document.text) else { continue };
        let line = document.place(&[]).0;
        let mutant = |rule: &str, line: usize, what: &str| Mutant {
            file: file.path.clone(),
            line,
            rule: rule.to_owned(),
            what: what.to_owned(),
            killed: false,
            equal: false,
        };
        let is = |meta: &crate::sigma::Meta| meta.file == file.path && meta.line == line;
        if let Some(place) = set.rules.iter().position(|rule| is(&rule.meta)) {
            let rule = &set.rules[place];
            let is_over =
                |correlation: &&Correlation| correlation.meta.reported && set.rules_of(correlation).contains(&place);
            let over = set.correlations.iter().filter(is_over);
            let mut names: BTreeSet<&str> = over.map(|correlation| correlation.meta.name.as_str()).collect();
            names.extend(rule.meta.reported.then_some(rule.meta.name.as_str()));
            for weaker in rule.sql.iter().flat_map(|sql| weaker(&sql.text)) {
                let Some(sql) = &rule.sql else { continue };
                let line = sql.place(weaker.line, 1).0;
                for name in &names {
                    let mut set = set.only(&BTreeSet::from([*name])).excepting(|_| false);
                    for part in set.rules.iter_mut().filter(|part| part.meta.name == rule.meta.name) {
                        part.sql = Some(sql.with_text(weaker.text.clone()));
                    }
                    all.push((
                        (*name).to_owned(),
                        Candidate { mutant: mutant(name, line, &weaker.what), set, asks: None },
                    ));
                }
            }
            for change in changes(&document, &yaml, "detection") {
                let Some(new) = read(file, &change.yaml).and_then(|set| set.rules.into_iter().next()) else { continue };
                let is_same = new.first == rule.first;
                if is_same && new.predicate == rule.predicate {
                    continue;
                }
                for name in &names {
                    let within = within(set, place, name, &new.predicate);
                    let mut set = set.only(&BTreeSet::from([*name])).excepting(|_| false);
                    for part in set.rules.iter_mut().filter(|part| part.meta.name == rule.meta.name) {
                        (part.predicate, part.first) = (new.predicate.clone(), new.first.clone());
                    }
                    let asks = (is_same && rule.over.log().is_none()).then(|| Asks {
                        rule: rule.predicate.clone(),
                        mutant: new.predicate.clone(),
                        within: vec![within],
                    });
                    let mutant = mutant(name, change.line, &change.what);
                    all.push(((*name).to_owned(), Candidate { mutant, set, asks }));
                }
            }
        } else if let Some(correlation) = set.correlations.iter().find(|correlation| is(&correlation.meta)) {
            let name = correlation.meta.name.as_str();
            let part = set.only(&BTreeSet::from([name])).excepting(|_| false);
            // Those it names come before it.
            let Some((last, named)) = part.correlations.split_last() else { continue };
            for (key, what, new) in wider(last) {
                let line = document.place(&["correlation", key]).0;
                let set = RuleSet { correlations: [named, &[new]].concat(), ..part.clone() };
                all.push((name.to_owned(), Candidate { mutant: mutant(name, line, &what), set, asks: None }));
            }
        } else if let Some(exception) = set.exceptions.iter().find(|exception| is(&exception.meta)) {
            let name = exception.meta.name.as_str();
            let about = format!("exception {name}");
            // With the rules that its cases are about, and no others.
            let asked = of.get(&about).into_iter().flatten().flat_map(|(test, _)| &test.rules);
            let part = set.only(&asked.map(String::as_str).collect()).excepting(|known| known.meta.name == name);
            if part.exceptions.is_empty() {
                continue;
            }
            for change in changes(&document, &yaml, "filter") {
                let new = read(file, &change.yaml).and_then(|set| set.exceptions.into_iter().next());
                let Some(new) = new.filter(|new| new.predicate != exception.predicate) else { continue };
                let mut part = part.clone();
                part.exceptions[0].predicate = new.predicate.clone();
                // What a rule in SQL asks of an event is not known.
                let asked = |place: &usize| match &set.rules[*place] {
                    rule if rule.sql.is_some() => Predicate::True,
                    rule => rule.predicate.clone(),
                };
                let is_known = exception.over.events() && !exception.rules.is_empty();
                let asks = is_known.then(|| Asks {
                    rule: exception.predicate.clone(),
                    mutant: new.predicate,
                    within: exception.rules.iter().map(asked).collect(),
                });
                let mutant = mutant(name, change.line, &change.what);
                all.push((about.clone(), Candidate { mutant, set: part, asks }));
            }
        }
    }
    all
}

/// What is so of every event of the rule at `place` that the rule or correlation `about` can find.
fn within(set: &RuleSet, place: usize, about: &str, mutant: &Predicate) -> Predicate {
    let rule = &set.rules[place];
    if rule.over == Over::Objects {
        return standing();
    }
    match set.correlations.iter().find(|correlation| correlation.meta.name == about) {
        // Of what hangs on a body it may not be told whether it is counted, and that is told too.
        Some(over) if !asks_body(&rule.predicate) && !asks_body(mutant) => counted(set, over, place),
        _ => Predicate::True,
    }
}

/// What is so of every object of a snapshot: it is asked as the event that creates it as it stands.
fn standing() -> Predicate {
    let text = "title: t\nname: t\nlogsource: {product: kubernetes, service: audit}\ndetection:\n  s: {verb: create, objectRef.subresource: null, responseStatus.code: 201}\n  condition: s\n";
    let (set, _) = load(&[RuleFile { path: String::new(), text: text.to_owned() }]);
    set.rules.into_iter().next().map_or(Predicate::True, |rule| rule.predicate)
}

fn read(file: &RuleFile, yaml: &Value) -> Option<RuleSet> {
    let text = yaml_serde::to_string(yaml).ok()?;
    let (set, problems) = load(&[RuleFile { path: file.path.clone(), text }]);
    problems.is_empty().then_some(set)
}

/// A correlation that lets in more, in each way: the key that changed, and how.
fn wider(correlation: &Correlation) -> Vec<(&'static str, String, Correlation)> {
    let mut all = Vec::new();
    let mut add = |key, what: String, change: &dyn Fn(&mut Correlation)| {
        let mut new = correlation.clone();
        change(&mut new);
        all.push((key, what, new));
    };
    add("timespan", "twice the timespan".into(), &|new| new.timespan *= 2);
    for (place, (cmp, count)) in correlation.bounds().iter().enumerate() {
        let moved = match cmp {
            Cmp::Gt | Cmp::Gte if *count > 1 => count - 1,
            Cmp::Lt | Cmp::Lte => count + 1,
            _ => continue,
        };
        // All of the rules of a temporal one is the default, and no condition is written.
        add("condition", format!("count {moved} instead of {count}"), &|new| {
            if let Condition::Bounds(bounds) = &mut new.condition {
                bounds[place].1 = moved;
            }
        });
    }
    for (place, key) in correlation.group_by.iter().enumerate() {
        add("group-by", format!("not grouped by {}", key.name), &|new| drop(new.group_by.remove(place)));
    }
    match correlation.kind {
        CorrelationKind::TemporalOrdered => {
            add("type", "in any order".into(), &|new| new.kind = CorrelationKind::Temporal)
        }
        CorrelationKind::ValueCount { .. } => {
            add("type", "events counted, not values".into(), &|new| new.kind = CorrelationKind::EventCount);
        }
        _ => {}
    }
    // An order has no other number than all.
    if correlation.kind == CorrelationKind::TemporalOrdered {
        all.retain(|(key, ..)| *key != "condition");
    }
    all
}

fn judge_all(candidates: &[Candidate], asked: &[Asked<'_>], bench: &Bench) -> Result<Vec<Mutant>> {
    // Of a plain rule all mutants are asked at once, each under a name of its own.
    let is_plain =
        |one: &Candidate| one.set.rules.len() == 1 && one.set.correlations.is_empty() && one.set.exceptions.is_empty();
    let plain = candidates.iter().all(is_plain) && asked.iter().all(|(test, _)| test.lists == Lists::default());
    if plain {
        let mut rules = Vec::new();
        for (number, candidate) in candidates.iter().enumerate() {
            let mut rule = candidate.set.rules[0].clone();
            rule.meta.name = format!("{}#{number:05}", rule.meta.name);
            rules.push(rule);
        }
        let names: Vec<String> = rules.iter().map(|rule| rule.meta.name.clone()).collect();
        let set = RuleSet { rules, ..RuleSet::default() };
        let replays = Replays::of(bench, &set, asked)?;
        let judged = candidates.iter().zip(names).map(|(candidate, name)| {
            let killed = asked.iter().any(|(test, world)| {
                replays.get(world).is_some_and(|replay| notices(test, world.start, &name, &[replay]))
            });
            candidate.judged(killed)
        });
        return Ok(judged.collect());
    }
    // Tests that fill the same lists are asked at once.
    let mut groups: BTreeMap<(&String, &Lists), Vec<&Asked<'_>>> = BTreeMap::new();
    for one in asked {
        if let Some(name) = one.0.rules.first() {
            groups.entry((name, &one.0.lists)).or_default().push(one);
        }
    }
    let killed = |candidate: &Candidate| -> Result<bool> {
        for ((name, lists), asked) in &groups {
            let mut set = candidate.set.only(&BTreeSet::from([name.as_str()]));
            set.lists.extend(lists);
            let asked: Vec<Asked<'_>> = asked.iter().map(|one| (*one).clone()).collect();
            let left = Replays::of(bench, &set, &asked)?;
            // What the rule sees by itself is what it saw before.
            let seen = match candidate.set.exceptions.is_empty() {
                true => None,
                false => Some(Replays::of(bench, &set.excepting(|_| false), &asked)?),
            };
            for (test, world) in &asked {
                let seen = seen.as_ref().and_then(|seen| seen.get(world));
                let replays: Vec<&Replay> = seen.into_iter().chain(left.get(world)).collect();
                if notices(test, world.start, name, &replays) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    };
    candidates.iter().map(|one| Ok(one.judged(killed(one)?))).collect()
}

/// What rules find in the data of each test. Tests of the same data share a world, and a world is replayed once.
struct Replays(BTreeMap<(u32, u32), Replay>);

impl Replays {
    fn of(bench: &Bench, set: &RuleSet, asked: &[Asked<'_>]) -> Result<Replays> {
        let ends: BTreeSet<(u32, u32)> = asked.iter().map(|(_, world)| (world.start, world.end)).collect();
        let worlds: Vec<Range<u32>> = ends.iter().map(|(start, end)| *start..*end).collect();
        Ok(Replays(ends.into_iter().zip(bench.engine.replay_each(set, &bench.rows, &worlds)?).collect()))
    }

    fn get(&self, world: &Range<u32>) -> Option<&Replay> {
        self.0.get(&(world.start, world.end))
    }
}

/// Says whether a test is not met when the rule is the one of that name.
fn notices(test: &Test, begin: u32, name: &str, replays: &[&Replay]) -> bool {
    let renamed = Test {
        rules: BTreeSet::from([name.to_owned()]),
        name: String::new(),
        why: String::new(),
        file: String::new(),
        line: 0,
        data: Data::Lines(Vec::new()),
        lists: Lists::default(),
        exceptions: test.exceptions.clone(),
        expect: test.expect.clone(),
        skip: None,
    };
    // A golden file speaks of the rule by its own name.
    let golden = test.expect.iter().any(|expect| matches!(expect, Expect::Golden(_)));
    !golden && judge(&renamed, begin, replays).met != Met::Yes
}

#[cfg(test)]
mod tests;
