//! Runs tests: each group of tests that ask the same rules of the same body of data is one question.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::golden::{Fired, fired};
use super::ground::{Ground, Place};
use super::judge::{Judged, Met, judge};
use super::nearest::{Nearest, nearest};
use super::{Data, Exceptions, Expect, Outcome, Status, Test};
use crate::engine::Replay;
use crate::engine::threads::in_order;
use crate::error::Result;
use crate::sigma::{Lists, RuleSet};

/// What became of all tests.
pub struct Run {
    /// In the order of the tests.
    pub outcomes: Vec<Outcome>,
    /// What fired in tests with golden findings.
    pub fired: Vec<Fired>,
}

/// Which exceptions hold in one replay.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Variant {
    Without,
    With,
    Only(String),
}

impl Variant {
    /// The replays that a test needs, what rules see by themselves first.
    fn of(exceptions: &Exceptions) -> Vec<Variant> {
        match exceptions {
            Exceptions::Hold => vec![Variant::With],
            Exceptions::Ignored => vec![Variant::Without],
            Exceptions::Either => vec![Variant::Without, Variant::With],
            Exceptions::Only(name) => vec![Variant::Without, Variant::Only(name.clone())],
        }
    }

    fn set(&self, set: &RuleSet) -> RuleSet {
        match self {
            Variant::Without => set.excepting(|_| false),
            Variant::With => set.clone(),
            Variant::Only(name) => set.excepting(|exception| exception.meta.name == *name),
        }
    }
}

/// Tests that are answered together.
struct Group<'a> {
    /// All when empty.
    rules: BTreeSet<String>,
    corpus: Option<usize>,
    lists: &'a Lists,
    tests: Vec<(usize, &'a Test, Range<u32>)>,
}

/// Runs tests on their ground with up to `jobs` threads. The answer does not depend on how many.
///
/// # Errors
/// When a case cannot be read.
pub fn run(set: &RuleSet, tests: &[Test], ground: &Ground, jobs: usize) -> Result<Run> {
    let mut outcomes: Vec<Option<(Outcome, Option<Fired>)>> = tests.iter().map(|_| None).collect();
    let mut groups: BTreeMap<(Option<usize>, BTreeSet<String>, &Lists), Group<'_>> = BTreeMap::new();
    for (number, test) in tests.iter().enumerate() {
        let (corpus, world) = match (&test.skip, ground.place(&test.data)) {
            (Some(why), _) => {
                outcomes[number] = Some((not_run(set, test, Status::Skipped, why), None));
                continue;
            }
            (None, Err(why)) => {
                outcomes[number] = Some((not_run(set, test, Status::Broken, &why), None));
                continue;
            }
            (None, Ok(Place::World(world))) => (None, world),
            (None, Ok(Place::Corpus(corpus))) => (Some(corpus), 0..0),
        };
        // A corpus is asked once for all rules that tests of it are about.
        let rules = if corpus.is_some() { BTreeSet::new() } else { test.rules.clone() };
        let key = (corpus, rules, &test.lists);
        let new = || Group { rules: test.rules.clone(), corpus, lists: &test.lists, tests: Vec::new() };
        let group = groups.entry(key).or_insert_with(new);
        if test.rules.is_empty() || group.rules.is_empty() {
            group.rules.clear();
        } else {
            group.rules.extend(test.rules.iter().cloned());
        }
        group.tests.push((number, test, world));
    }
    let groups: Vec<Group<'_>> = groups.into_values().collect();
    for answer in in_order(jobs, groups.len(), |group| answer(set, &groups[group], ground)) {
        for (number, outcome, fired) in answer? {
            outcomes[number] = Some((outcome, fired));
        }
    }
    let mut run = Run { outcomes: Vec::new(), fired: Vec::new() };
    for (outcome, fired) in outcomes.into_iter().flatten() {
        run.outcomes.push(outcome);
        run.fired.extend(fired);
    }
    Ok(run)
}

type Answer = Vec<(usize, Outcome, Option<Fired>)>;

fn answer(set: &RuleSet, group: &Group<'_>, ground: &Ground) -> Result<Answer> {
    let names: BTreeSet<&str> = group.rules.iter().map(String::as_str).collect();
    let mut set = if names.is_empty() { set.clone() } else { set.only(&names) };
    set.lists.extend(group.lists);
    let variants: BTreeSet<Variant> =
        group.tests.iter().flat_map(|(_, test, _)| Variant::of(&test.exceptions)).collect();
    let mut replays: BTreeMap<(Variant, u32), Replay> = BTreeMap::new();
    for variant in variants {
        let with = variant.set(&set);
        match (group.corpus, &ground.bench) {
            (Some(corpus), _) => {
                replays.insert((variant, 0), ground.corpora[corpus].engine.replay(&with)?);
            }
            (None, Some(bench)) => {
                let needs = |test: &Test| Variant::of(&test.exceptions).contains(&variant);
                let worlds: BTreeMap<u32, Range<u32>> = group
                    .tests
                    .iter()
                    .filter(|(_, test, _)| needs(test))
                    .map(|(_, _, world)| (world.start, world.clone()))
                    .collect();
                let worlds: Vec<Range<u32>> = worlds.into_values().collect();
                let found = bench.engine.replay_each(&with, &bench.rows, &worlds)?;
                replays
                    .extend(worlds.iter().zip(found).map(|(world, replay)| ((variant.clone(), world.start), replay)));
            }
            (None, None) => {}
        }
    }
    let mut answers = Vec::new();
    for (number, test, world) in &group.tests {
        let replays: Vec<&Replay> = Variant::of(&test.exceptions)
            .into_iter()
            .filter_map(|variant| replays.get(&(variant, world.start)))
            .collect();
        let judged = judge(test, world.start, &replays);
        let nearest = match &judged.missed {
            Some(missed) => nearest(&set, test, missed, ground, group.corpus, world)?,
            None => None,
        };
        let fired = test.expect.iter().find_map(|expect| match expect {
            Expect::Golden(path) => replays.last().map(|replay| fired(path, test, replay)),
            _ => None,
        });
        answers.push((*number, outcome(&set, test, judged, nearest), fired));
    }
    Ok(answers)
}

fn outcome(set: &RuleSet, test: &Test, judged: Judged, nearest: Option<Nearest>) -> Outcome {
    let Judged { met, expected, got, .. } = judged;
    let untold = test.expect.iter().any(|expect| matches!(expect, Expect::CannotTell(_) | Expect::Blind));
    let status = match met {
        Met::Yes if untold => Status::Untold,
        Met::Yes => Status::Passed,
        Met::TooMany => Status::Noisy,
        Met::No => Status::Failed,
    };
    Outcome { expected, got, nearest, ..not_run(set, test, status, "") }
}

/// What is said of a test whoever ran it.
fn not_run(set: &RuleSet, test: &Test, status: Status, why: &str) -> Outcome {
    let about = || set.reported().map(|(meta, _)| meta).find(|meta| test.rules.contains(&meta.name));
    let exception = match &test.exceptions {
        Exceptions::Only(name) => {
            set.exceptions.iter().map(|exception| &exception.meta).find(|meta| meta.name == *name)
        }
        _ => None,
    };
    Outcome {
        rule: test.about(),
        name: test.name.clone(),
        file: test.file.clone(),
        line: test.line,
        status,
        expected: Vec::new(),
        got: if why.is_empty() { Vec::new() } else { vec![why.to_owned()] },
        nearest: None,
        at: exception.or_else(about).map(|meta| (meta.file.clone(), meta.line)),
    }
}

impl Data {
    /// Counts the events and objects that are written in the test itself.
    pub fn lines(&self) -> usize {
        match self {
            Data::Lines(lines) => lines.len(),
            Data::Records { lines, records } => lines.len() + records.len(),
            Data::Files(_) => 0,
        }
    }
}
