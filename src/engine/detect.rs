//! Replays a case through rules: one scan for all of them, then correlations, then findings.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use ahash::AHashMap;

use super::baseline::Baseline;
use super::blind::{Blind, Coverage};
use super::correlate::{chained, episodes};
use super::events::{At, Events};
use super::finding::{Finding, Words, finding, group};
use super::picked::{Log, Picked, Wanted, name};
use super::program::{PartOf, Program};
use super::ruleset::Compiled;
use super::steps::{Number, Place, Steps, unread};
use super::threads::{cores, in_order};
use super::told::{First, Told, Verdict, step};
use super::undecided::{About, Undecided, Untold};
use super::{Engine, derived, late};
use crate::error::Result;
use crate::model::Micros;
use crate::sigma::lists::unfilled;
use crate::sigma::{
    Correlation, Exception, Field, Key, LOGSOURCES, Meta, Origin, Over, Part, Predicate, Rule, RuleSet,
};

/// What a replay found, what it could not tell, and what it was blind to.
pub struct Replay {
    /// Worst first, then by first event, rule and id.
    pub findings: Vec<Finding>,
    /// Rules that met events they could not decide.
    pub untold: Vec<Untold>,
    /// Rules this evidence cannot answer at all, or only in part.
    pub blind: Vec<Blind>,
    pub coverage: Coverage,
    /// Rules and correlations that ran.
    pub rules: usize,
    /// Hits that an exception took away, by rule and exception.
    pub excepted: Vec<Excepted>,
}

/// Hits of a rule that are no findings because of an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excepted {
    pub rule: String,
    pub exception: String,
    /// What the exception says is normal.
    pub title: String,
    /// Events; a request may have several.
    pub events: u64,
}

/// Says whether the first event of its kind came after the rule had learnt what is usual in its cluster, or in its log
/// source, and is not known from elsewhere.
fn is_new(
    rule: &Rule,
    first: &First,
    begins: &BTreeMap<Option<String>, Micros>,
    (coverage, baseline): (&Coverage, &Baseline),
) -> bool {
    let (learning, values) = (rule.first.as_ref().map_or(0, |first| first.learning), first.values());
    let begin = match rule.over.log() {
        Some(source) => coverage.begin_of(source, baseline),
        None => values.last().and_then(|cluster| begins.get(cluster)).copied(),
    };
    begin.is_some_and(|begin| first.time.0.saturating_sub(begin.0) >= learning)
        && !baseline.knows(&rule.meta.name, values, first.time)
}

/// Returns, by rule, the places of the first events that are new; as hits of parts they become steps.
pub(super) fn learnt(
    rules: &RuleSet,
    program: &Program,
    firsts: BTreeMap<usize, AHashMap<Number, First>>,
    (coverage, baseline): (&Coverage, &Baseline),
    steps: &mut Steps,
) -> Vec<Vec<Place>> {
    let begins = coverage.begins(baseline);
    let mut firsts_of: Vec<Vec<Place>> = vec![Vec::new(); rules.rules.len()];
    for (rule, firsts) in firsts {
        for first in firsts.into_values().filter(|first| !first.excepted) {
            if is_new(&rules.rules[rule], &first, &begins, (coverage, baseline)) {
                firsts_of[rule].push((first.span.evidence.0, first.span.offset));
                let words = steps.words(&first.keys);
                step(program, rule, (first.time, first.span), &words, steps);
            }
        }
    }
    firsts_of
}

/// A rule with `first`, and a combination of values, the cluster last.
type Kind = (usize, Vec<Option<String>>);

/// Reads what findings show of the events at some places of each log.
pub(super) type Pick<'a> = dyn Fn(Wanted) -> Result<Picked> + 'a;

impl Engine {
    /// Replays every event of the case through `rules`.
    ///
    /// The same case and rules give the same answer, whatever order the evidence came in.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn replay(&self, rules: &RuleSet) -> Result<Replay> {
        self.replay_after(rules, &Baseline::default())
    }

    /// As [`Engine::replay`], for rules with `first:` after what was learnt elsewhere.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn replay_after(&self, rules: &RuleSet, baseline: &Baseline) -> Result<Replay> {
        let rules = &self.fill(rules, None)?;
        let program = Engine::program(rules, Over::events);
        let (mut told, late) = self.verdicts(rules, &program)?;
        let mut coverage = self.coverage()?;
        told.add(self.logs(rules, &coverage)?);
        let mut standing = if coverage.objects > 0 { self.standing(rules)? } else { Told::default() };
        let queried = self.queried(rules, None)?;
        told.add(queried.told);
        standing.add(queried.standing);
        coverage.unable = queried.unable;
        self.come_late(rules, &program, late, &mut told.steps)?;
        Engine::conclude(rules, &program, (told, standing), (coverage, baseline), &|wanted| self.pick(wanted))
    }

    /// What the verdicts on events and on the objects of snapshots amount to: firsts, correlations, findings. `pick` reads
    /// the events of findings that no verdict carries.
    ///
    /// # Errors
    /// When `pick` fails.
    pub(super) fn conclude(
        rules: &RuleSet,
        program: &Program,
        (told, standing): (Told, Told),
        (coverage, baseline): (Coverage, &Baseline),
        pick: &Pick<'_>,
    ) -> Result<Replay> {
        let Told { verdicts, undecided, excepted, firsts, mut steps } = told;
        let untold = untold(rules, undecided).map_err(unread)?;
        let firsts_of = learnt(rules, program, firsts, (&coverage, baseline), &mut steps);
        let episodes = episodes(&rules.correlations, steps).map_err(unread)?;
        let log = |rule: usize| rules.rules[rule].over.log();
        let logs = |correlation: &Correlation| -> Vec<Log> {
            let logs: BTreeSet<Option<&str>> =
                rules.rules_of(correlation).into_iter().map(|rule| name(log(rule))).collect();
            logs.into_iter().map(|name| LOGSOURCES.iter().find(|known| Some(known.name) == name).copied()).collect()
        };
        let mut wanted = Wanted::default();
        for (rule, places) in firsts_of.iter().enumerate() {
            wanted.want(&[log(rule)], places);
        }
        for (correlation, episodes) in rules.correlations.iter().zip(&episodes) {
            let logs = logs(correlation);
            episodes.iter().for_each(|places| wanted.want(&logs, places));
        }
        let picked = pick(wanted)?;
        let at =
            |logs: &[Log], places: &[Place]| places.iter().filter_map(|place| picked.event(logs, *place)).collect();
        let count = rules.rules.len();
        let (hits_of, standing_of) = (by_rule(verdicts, count), by_rule(standing.verdicts, count));
        let of_rule = |place: usize| {
            let words = words_of(&rules.rules[place].meta);
            let mut hits: Vec<At> = at(&[log(place)], &firsts_of[place]);
            hits.extend_from_slice(&hits_of[place]);
            let mut findings = group(&words, &Events::new(hits, false));
            findings.extend(group(&words, &Events::new(standing_of[place].clone(), true)));
            findings
        };
        let of_correlation = |number: usize| {
            let correlation = &rules.correlations[number];
            let (words, logs) = (words_of(&correlation.meta), logs(correlation));
            let finding = |places: &Vec<Place>| finding(&words, Events::new(at(&logs, places), false));
            episodes[number].iter().map(finding).collect()
        };
        let gathered = in_order(cores(), count + rules.correlations.len(), |place| match place.checked_sub(count) {
            Some(number) => of_correlation(number),
            None if rules.rules[place].meta.reported => of_rule(place),
            None => Vec::new(),
        });
        let mut findings: Vec<Finding> = gathered.into_iter().flatten().collect();
        // What somebody did comes before what merely stands there.
        findings.sort_by_cached_key(|f| {
            (std::cmp::Reverse(f.level), f.actor.is_none(), f.first, f.rule.clone(), f.id.clone())
        });
        super::incident::assign(&mut findings);
        let blind = super::blind::blind(rules, &coverage, baseline);
        let excepted = excepted.into_iter().chain(standing.excepted).map(|((rule, exception), events)| {
            let (rule, exception) = (&rules.rules[rule].meta, &rules.exceptions[exception].meta);
            Excepted {
                rule: rule.name.clone(),
                exception: exception.name.clone(),
                title: exception.title.clone(),
                events,
            }
        });
        let excepted = excepted.collect();
        Ok(Replay { findings, untold, blind, coverage, rules: rules.reported().count(), excepted })
    }

    /// Compiles the rules that are asked of events, or of objects.
    pub(super) fn program(rules: &RuleSet, asked: impl Fn(Over) -> bool) -> Program {
        // What is normal of events is also normal of objects, as far as it can be told of them.
        let standing = asked(Over::Objects);
        Engine::program_of(rules, |rule| asked(rule.over), standing)
    }

    /// Compiles a rule set; the rules that are not `asked` keep their places and never hit.
    pub(super) fn program_of(rules: &RuleSet, asked: impl Fn(&Rule) -> bool, standing: bool) -> Program {
        let asks = |rule: usize| asked(&rules.rules[rule]);
        let (mut keys, parts): (Vec<_>, Vec<_>) = (0..rules.rules.len()).map(|rule| keys_of(rules, rule)).unzip();
        // What is not asked has fields of other events. Where its parts find theirs is the same in every program.
        (0..keys.len()).filter(|rule| !asks(*rule)).for_each(|rule| keys[rule].clear());
        // The cluster is one value more.
        let first = |rule: &Rule| rule.first.as_ref().map(|first| first.of.len() + 1);
        let firsts = rules.rules.iter().map(first).collect();
        let reported = rules.rules.iter().map(|rule| rule.meta.reported).collect();
        let chained = chained(&rules.correlations);
        let never = || Predicate::negate(Predicate::True);
        let rule = |rule: &Rule| match asked(rule) && unfilled(&rule.predicate).is_empty() {
            true => rule.clone(),
            false => Rule { predicate: never(), ..rule.clone() },
        };
        let all: Vec<Rule> = rules.rules.iter().map(rule).collect();
        let is_for = |exception: &Exception| {
            let log = exception.over.log();
            let is_meant = |rule: &usize| asks(*rule) && rules.rules[*rule].over.log() == log;
            exception.rules.iter().any(is_meant) && (standing || log.is_some() || exception.over.events())
        };
        let exception = |exception: &Exception| match unfilled(&exception.predicate).is_empty() && is_for(exception) {
            true => exception.clone(),
            false => Exception { predicate: never(), ..exception.clone() },
        };
        let exceptions: Vec<Exception> = rules.exceptions.iter().map(exception).collect();
        let states: Vec<bool> = all.iter().map(|rule| derived::asks_state(&rule.predicate)).collect();
        Program {
            compiled: Compiled::new(&all, &exceptions),
            firsts,
            many: late::many(rules, &all, (&keys, &parts, &states)),
            keys,
            states,
            parts,
            chained,
            shown: false,
            reported,
        }
    }

    /// The earliest hit of each combination of values of rules with `first`, excepted or not.
    pub(super) fn firsts(
        &self,
        rules: &RuleSet,
        program: &Program,
        coverage: &Coverage,
    ) -> Result<HashMap<Kind, Micros>> {
        let mut all = HashMap::new();
        let logs = self.logs(rules, coverage)?.firsts;
        for (rule, firsts) in self.verdicts(rules, program)?.0.firsts.into_iter().chain(logs) {
            let kinds = firsts.into_values().map(|first| ((rule, first.values().to_vec()), first.time));
            all.extend(kinds);
        }
        Ok(all)
    }
}

/// The hits of each rule.
fn by_rule(verdicts: Vec<Verdict>, rules: usize) -> Vec<Vec<At>> {
    let mut by_rule = vec![Vec::new(); rules];
    verdicts.into_iter().for_each(|verdict| by_rule[verdict.rule].push(verdict.at));
    by_rule
}

/// What rules and correlations cannot tell, worst first. Of an object of a snapshot that is who made it, which a snapshot
/// never knows: it is not said.
fn untold(rules: &RuleSet, undecided: Undecided) -> io::Result<Vec<Untold>> {
    let count = rules.rules.len();
    let correlations = rules.correlations.iter().enumerate().filter(|(_, correlation)| correlation.meta.reported);
    let made: Vec<(usize, Vec<usize>, Vec<usize>)> =
        correlations.map(|(number, over)| (number, rules.rules_of(over), chain(&rules.correlations, number))).collect();
    let words: Vec<Words<'_>> = rules
        .rules
        .iter()
        .map(|rule| words_of(&rule.meta))
        .chain(rules.correlations.iter().map(|correlation| words_of(&correlation.meta)))
        .collect();
    let asks = |(rule, lost): About| {
        // A group may lack at a correlation that this one is made of.
        let is_about =
            |parts: &[usize], chain: &[usize]| parts.contains(&rule) && lost.is_none_or(|lost| chain.contains(&lost));
        let own = (lost.is_none() && rules.rules[rule].meta.reported).then_some(rule);
        let made = made.iter().filter(|(_, parts, chain)| is_about(parts, chain));
        own.into_iter().chain(made.map(|(number, ..)| count + number)).collect()
    };
    let mut untold: Vec<Untold> = undecided.told(&words, asks)?.into_iter().flatten().collect();
    untold.sort_by(|a, b| (std::cmp::Reverse(a.level), &a.rule).cmp(&(std::cmp::Reverse(b.level), &b.rule)));
    Ok(untold)
}

/// A correlation and those it is made of.
pub(super) fn chain(correlations: &[Correlation], number: usize) -> Vec<usize> {
    let mut all = vec![number];
    for part in &correlations[number].parts {
        if let Part::Correlation(other) = part {
            all.extend(chain(correlations, *other));
        }
    }
    all
}

/// The fields whose values a rule's hits carry: those that correlations over it ask for, each once, and at the end those
/// of `first` and the cluster; and where correlations find theirs.
fn keys_of(rules: &RuleSet, rule: usize) -> (Vec<Field>, Vec<PartOf>) {
    let mut keys: Vec<Field> = Vec::new();
    let mut parts = Vec::new();
    for (correlation, over) in rules.correlations.iter().enumerate() {
        let Some(part) = over.parts.iter().position(|part| *part == Part::Rule(rule)) else { continue };
        let mut places = |of: &[Key]| {
            let place = |key: &Key| match key.from.get(part) {
                Some(Origin::Field(field)) => Some(keys.iter().position(|known| known == field).unwrap_or_else(|| {
                    keys.push(field.clone());
                    keys.len() - 1
                })),
                _ => None,
            };
            of.iter().filter_map(place).collect()
        };
        let (group, value) = (places(&over.group_by), places(over.counted()));
        parts.push(PartOf { correlation, part, group, value });
    }
    keys.extend(rules.rules[rule].first.iter().flat_map(|first| first.of.iter().cloned().chain([Field::cluster()])));
    (keys, parts)
}

fn words_of(meta: &Meta) -> Words<'_> {
    Words {
        rule: &meta.name,
        level: meta.level,
        title: &meta.title,
        techniques: &meta.techniques,
        tactics: &meta.tactics,
        threat_matrix: &meta.threat_matrix,
        defender: &meta.defender,
        remediation: meta.remediation.as_deref(),
    }
}
