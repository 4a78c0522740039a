//! Replays a case through rules: one scan for all of them, then correlations, then findings.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::UInt32Type;
use datafusion::physical_plan::{ExecutionPlan, execute_stream_partitioned};
use datafusion::prelude::{Expr, col};
use futures::StreamExt;

use super::baseline::Baseline;
use super::blind::{Blind, Coverage};
use super::bodies::BODIES;
use super::correlate::{Step, episodes};
use super::finding::{Event, Finding, Words, finding, group};
use super::ruleset::Compiled;
use super::scan::{CARRIED, Program, RuleSetExec};
use super::{Engine, candidates, damaged, derived};
use crate::error::Result;
use crate::model::{Micros, Span};
use crate::sigma::lists::unfilled;
use crate::sigma::{Correlation, CorrelationKind, Exception, Field, Level, Meta, Over, Predicate, Rule, RuleSet};

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

/// Events on which a rule is neither true nor false, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Untold {
    pub rule: String,
    pub level: Level,
    pub title: String,
    /// Requests, each counted once.
    pub count: u64,
    /// In words: which part is missing.
    pub reason: String,
    pub first: Option<Micros>,
    pub last: Option<Micros>,
    pub audit_ids: Vec<String>,
}

/// One row of the verdict stream. It stays in its batch until somebody wants to read it: a part of a correlation may hit
/// a large share of all events, of which few end in a finding.
#[derive(Clone)]
pub(super) struct Verdict {
    pub(super) rule: usize,
    pub(super) hit: bool,
    time: Option<Micros>,
    pub(super) span: Span,
    batch: Arc<RecordBatch>,
    row: usize,
    keys: Vec<Option<String>>,
    /// Of an object of a snapshot, and no event.
    pub(super) standing: bool,
    /// It is no hit, but what it brings is usual from then on.
    pub(super) excepted: bool,
}

impl Verdict {
    /// Partitions end in any order; evidence order makes the answer one.
    fn order(&self, other: &Verdict) -> std::cmp::Ordering {
        (self.rule, self.when()).cmp(&(other.rule, other.when()))
    }

    fn when(&self) -> (Option<Micros>, Span) {
        (self.time, self.span)
    }

    fn event(&self) -> Event {
        let mut event = Event::read(&self.batch, self.row);
        if self.standing {
            // Nobody saw it happen.
            (event.verb, event.code, event.stage) = (None, None, None);
        }
        event
    }
}

/// Says whether the first event of its kind came after the rule had learnt what is usual in its cluster, and is not known
/// from elsewhere.
fn is_new(
    rule: &Rule,
    values: &[Option<String>],
    time: Option<Micros>,
    begins: &BTreeMap<Option<String>, Micros>,
    baseline: &Baseline,
) -> bool {
    let learning = rule.first.as_ref().map_or(0, |first| first.learning);
    let begin = values.last().and_then(|cluster| begins.get(cluster));
    let learnt = |time: Micros| begin.is_some_and(|begin| time.0.saturating_sub(begin.0) >= learning);
    time.is_some_and(|time| learnt(time) && !baseline.knows(&rule.meta.name, values, time))
}

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
        let rules = &rules.filled(&self.lists()?);
        let told = self.verdicts(&Engine::program(rules, Over::events))?;
        let coverage = self.coverage()?;
        let standing = if coverage.objects > 0 { self.standing(rules)? } else { Told::default() };
        self.conclude(rules, told, standing, coverage, baseline)
    }

    /// What verdicts on events, and on the objects of snapshots, amount to: firsts, correlations, findings.
    pub(super) fn conclude(
        &self,
        rules: &RuleSet,
        told: Told,
        standing: Told,
        coverage: Coverage,
        baseline: &Baseline,
    ) -> Result<Replay> {
        let Told { mut verdicts, excepted, firsts } = told;
        let begins = coverage.begins(baseline);
        let new = firsts.into_iter().filter(|((rule, values), verdict)| {
            let rule = &rules.rules[*rule];
            !verdict.excepted && is_new(rule, values, verdict.time, &begins, baseline)
        });
        verdicts.extend(new.map(|(_, verdict)| verdict));
        verdicts.sort_by(Verdict::order);
        let (by_rule, standing_by_rule) = (by_rule(&verdicts, rules), by_rule(&standing.verdicts, rules));
        let mut findings = Vec::new();
        let mut untold = Vec::new();
        for (rule, verdicts) in rules.rules.iter().zip(&by_rule).filter(|(rule, _)| rule.meta.reported) {
            let words = words_of(&rule.meta);
            findings.extend(group(&words, events(verdicts, true)));
            untold.extend(cannot_tell(&words, events(verdicts, false)));
        }
        for (rule, verdicts) in rules.rules.iter().zip(&standing_by_rule).filter(|(rule, _)| rule.meta.reported) {
            // What cannot be told of an object is who made it: the rule asks what a snapshot never knows.
            findings.extend(group(&words_of(&rule.meta), events(verdicts, true)));
        }
        for correlation in &rules.correlations {
            let words = words_of(&correlation.meta);
            findings.extend(self.correlate(rules, correlation, &by_rule)?);
            let undecided = correlation.rules.iter().flat_map(|rule| events(&by_rule[*rule], false)).collect();
            untold.extend(cannot_tell(&words, undecided));
        }
        findings.sort_by(|a, b| {
            let key = |f: &Finding| (std::cmp::Reverse(f.level), f.first, f.rule.clone(), f.id.clone());
            key(a).cmp(&key(b))
        });
        super::incident::assign(&mut findings);
        untold.sort_by(|a, b| (std::cmp::Reverse(a.level), &a.rule).cmp(&(std::cmp::Reverse(b.level), &b.rule)));
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

    /// The plan of the scan for all rules, as text. Events that hang on their bodies are read by a second one.
    ///
    /// # Errors
    /// When the plan cannot be made.
    pub fn explain(&self, rules: &RuleSet) -> Result<String> {
        let program = Engine::program(rules, Over::events);
        let plan = self.runtime.block_on(self.plan(&program, candidates::filter(&program), false))?;
        Ok(datafusion::physical_plan::displayable(plan.as_ref()).indent(false).to_string())
    }

    /// Compiles the rules that are asked of events, or of objects.
    pub(super) fn program(rules: &RuleSet, asked: impl Fn(Over) -> bool) -> Arc<Program> {
        // What is normal of events is also normal of objects, as far as it can be told of them.
        let standing = asked(Over::Objects);
        Engine::program_of(rules, |rule| asked(rule.over), standing)
    }

    /// Compiles a rule set; the rules that are not `asked` keep their places and never hit.
    pub(super) fn program_of(rules: &RuleSet, asked: impl Fn(&Rule) -> bool, standing: bool) -> Arc<Program> {
        let keys = (0..rules.rules.len()).map(|rule| keys_of(rules, rule)).collect();
        // The cluster is one value more.
        let first = |rule: &Rule| rule.first.as_ref().map(|first| first.of.len() + 1);
        let firsts = rules.rules.iter().map(first).collect();
        let never = || Predicate::negate(Predicate::True);
        let rule = |rule: &Rule| match asked(rule) && unfilled(&rule.predicate).is_empty() {
            true => rule.clone(),
            false => Rule { predicate: never(), ..rule.clone() },
        };
        let all: Vec<Rule> = rules.rules.iter().map(rule).collect();
        let exception = |exception: &Exception| match unfilled(&exception.predicate).is_empty()
            && (standing || exception.over.events())
        {
            true => exception.clone(),
            false => Exception { predicate: never(), ..exception.clone() },
        };
        let exceptions: Vec<Exception> = rules.exceptions.iter().map(exception).collect();
        let states = all.iter().map(|rule| derived::asks_state(&rule.predicate)).collect();
        Arc::new(Program { compiled: Compiled::new(&all, &exceptions), keys, firsts, states })
    }

    /// One plan for all rules: a scan of the rows `filter` lets through, and one operator on top.
    async fn plan(&self, program: &Arc<Program>, filter: Expr, bodies: bool) -> Result<Arc<dyn ExecutionPlan>> {
        let mut wanted: Vec<&str> = CARRIED.to_vec();
        wanted.push("containers");
        let of_keys = program.keys.iter().flatten().flat_map(super::values::columns);
        let asked = program.compiled.columns().into_iter().chain(of_keys);
        let asked = asked.filter(|name| !BODIES.contains(name)).chain(BODIES.into_iter().filter(|_| bodies));
        for column in asked {
            if !wanted.contains(&column) {
                wanted.push(column);
            }
        }
        let frame = self.context.table("audit").await.and_then(|frame| frame.filter(filter)).map_err(damaged)?;
        let columns = wanted.iter().map(|name| col(format!("\"{name}\""))).collect::<Vec<_>>();
        let scan = frame.select(columns).map_err(damaged)?.create_physical_plan().await.map_err(damaged)?;
        Ok(Arc::new(RuleSetExec::new(scan, Arc::clone(program))))
    }

    /// Asks every rule of every event: of columns first, then of the bodies of those events that hang on them. Bodies
    /// are nearly all of a case, and few events do.
    fn verdicts(&self, program: &Arc<Program>) -> Result<Told> {
        self.runtime.block_on(async {
            let first = self.plan(program, candidates::filter(program), false).await?;
            let (mut told, open) = self.run(program, first, None).await?;
            if !open.is_empty() {
                let places = open.iter().map(|(_, span)| (span.evidence.0, span.offset)).collect();
                let second = self.plan(program, candidates::at(places), true).await?;
                // The other rules had told of these events before.
                told.add(self.run(program, second, Some(Arc::new(open))).await?.0);
            }
            self.decide(program, &mut told).await?;
            Ok(told)
        })
    }

    /// The earliest hit of each combination of values of rules with `first`, excepted or not.
    pub(super) fn firsts(&self, program: &Arc<Program>) -> Result<HashMap<Kind, Micros>> {
        let firsts = self.verdicts(program)?.firsts;
        Ok(firsts.into_iter().filter_map(|(of, verdict)| Some((of, verdict.time?))).collect())
    }

    /// Runs a plan of rules: what it tells, of the events and rules in `only` if given, and which rule hangs on the
    /// bodies of which event.
    async fn run(
        &self,
        program: &Arc<Program>,
        plan: Arc<dyn ExecutionPlan>,
        only: Option<Arc<Open>>,
    ) -> Result<(Told, Open)> {
        let streams = execute_stream_partitioned(plan, self.context.task_ctx()).map_err(damaged)?;
        let tasks: Vec<_> = streams
            .into_iter()
            .map(|mut stream| {
                let (program, only) = (Arc::clone(program), only.clone());
                tokio::spawn(async move {
                    let (mut told, mut open) = (Told::default(), Open::new());
                    while let Some(batch) = stream.next().await {
                        told.read(&program, &batch?, only.as_deref(), &mut open);
                    }
                    Ok::<_, datafusion::error::DataFusionError>((told, open))
                })
            })
            .collect();
        let (mut told, mut open) = (Told::default(), Open::new());
        for task in tasks {
            let (more, untold) = task.await.map_err(damaged)?.map_err(damaged)?;
            told.add(more);
            open.extend(untold);
        }
        Ok((told, open))
    }

    fn correlate(&self, rules: &RuleSet, correlation: &Correlation, by_rule: &[Vec<&Verdict>]) -> Result<Vec<Finding>> {
        let mut steps = Vec::new();
        let mut chain: Vec<&Verdict> = Vec::new();
        for (place, rule) in correlation.rules.iter().enumerate() {
            let offset = key_offset(rules, *rule, correlation);
            for verdict in by_rule[*rule].iter().filter(|v| v.hit) {
                let groups = correlation.group_by.len();
                let group: Option<Vec<String>> = verdict.keys[offset..offset + groups].iter().cloned().collect();
                // An event without a time lies in no window, one without a group-by value in no group.
                let (Some(time), Some(group)) = (verdict.time, group) else {
                    continue;
                };
                steps.push(Step {
                    time: time.0,
                    group,
                    value: verdict.keys.get(offset + groups).cloned().flatten(),
                    rule: place,
                });
                chain.push(verdict);
            }
        }
        let found = self.runtime.block_on(episodes(correlation, &steps)).map_err(damaged)?;
        let words = words_of(&correlation.meta);
        Ok(found
            .into_iter()
            .map(|rows| finding(&words, rows.into_iter().map(|i| chain[i].event()).collect()))
            .collect())
    }
}

/// Rules that hang on the bodies of an event.
pub(super) type Open = HashSet<(usize, Span)>;

/// A rule with `first`, and a combination of values, the cluster last.
type Kind = (usize, Vec<Option<String>>);

/// What the verdict stream says.
#[derive(Default)]
pub(super) struct Told {
    pub(super) verdicts: Vec<Verdict>,
    /// Excepted hits by the places of rule and exception: counted only, since there may be one for every event.
    excepted: BTreeMap<(usize, usize), u64>,
    /// Of rules with `first`, by rule and values, the earliest hit: there may be hits without number.
    firsts: BTreeMap<Kind, Verdict>,
}

impl Told {
    /// Reads verdicts, only of the rules and events in `only` if given; rules that hang on bodies go to `open`.
    pub(super) fn read(&mut self, program: &Program, batch: &RecordBatch, only: Option<&Open>, open: &mut Open) {
        let rules = batch.column(0).as_primitive::<UInt32Type>();
        let hits = batch.column(1).as_boolean();
        let exceptions = batch.column(2).as_primitive::<UInt32Type>();
        let keys = batch.column(batch.num_columns() - 1).as_list::<i32>();
        let shared = Arc::new(batch.clone());
        for row in 0..batch.num_rows() {
            let rule = rules.value(row) as usize;
            let here = || (rule, Event::span(batch, row));
            if hits.is_null(row) {
                open.insert(here());
                continue;
            }
            if only.is_some_and(|only| !only.contains(&here())) {
                continue;
            }
            let excepted = !exceptions.is_null(row);
            if excepted && hits.value(row) {
                *self.excepted.entry((rule, exceptions.value(row) as usize)).or_default() += 1;
            }
            let hit = hits.value(row);
            // Its exceptions are asked again once it is decided.
            let open = !hit && program.states[rule];
            // A rule that learns also learns of what is excepted.
            if excepted && !open && program.firsts[rule].is_none() {
                continue;
            }
            let list = keys.value(row);
            let texts = list.as_string::<i32>();
            let keys: Vec<Option<String>> = texts.iter().map(|text| text.map(str::to_owned)).collect();
            let verdict = |keys| Verdict {
                rule,
                hit,
                time: Event::time(batch, row),
                span: Event::span(batch, row),
                batch: Arc::clone(&shared),
                row,
                keys,
                standing: false,
                excepted,
            };
            match program.firsts[rule] {
                Some(count) if hit => {
                    let values = keys[keys.len() - count..].to_vec();
                    self.first(values, verdict(keys));
                }
                _ if excepted && !open => {}
                _ => self.verdicts.push(verdict(keys)),
            }
        }
    }

    /// Keeps a hit of a rule with `first` when there is none that is earlier.
    fn first(&mut self, values: Vec<Option<String>>, verdict: Verdict) {
        // Without a time nothing is earlier or later.
        if verdict.time.is_none() {
            return;
        }
        match self.firsts.entry((verdict.rule, values)) {
            Entry::Vacant(free) => drop(free.insert(verdict)),
            Entry::Occupied(mut taken) if verdict.when() < taken.get().when() => drop(taken.insert(verdict)),
            Entry::Occupied(_) => {}
        }
    }

    fn add(&mut self, more: Told) {
        self.verdicts.extend(more.verdicts);
        for ((_, values), verdict) in more.firsts {
            self.first(values, verdict);
        }
        for (place, events) in more.excepted {
            *self.excepted.entry(place).or_default() += events;
        }
    }
}

/// The verdicts of each rule, in their order.
fn by_rule<'a>(verdicts: &'a [Verdict], rules: &RuleSet) -> Vec<Vec<&'a Verdict>> {
    let mut by_rule = vec![Vec::new(); rules.rules.len()];
    for verdict in verdicts {
        by_rule[verdict.rule].push(verdict);
    }
    by_rule
}

fn events(verdicts: &[&Verdict], hit: bool) -> Vec<Event> {
    verdicts.iter().filter(|v| v.hit == hit).map(|v| v.event()).collect()
}

/// The fields whose values a rule's verdicts carry: for each correlation over it the group-by fields, then the
/// counted field; at the end those of `first` and the cluster.
fn keys_of(rules: &RuleSet, rule: usize) -> Vec<Field> {
    let over = rules.correlations.iter().filter(|c| c.rules.contains(&rule));
    let new = rules.rules[rule].first.iter().flat_map(|first| first.of.iter().cloned().chain([Field::cluster()]));
    over.flat_map(|c| fields(c, rule)).chain(new).collect()
}

fn key_offset(rules: &RuleSet, rule: usize, correlation: &Correlation) -> usize {
    let before = rules.correlations.iter().take_while(|c| c.meta.name != correlation.meta.name);
    before.filter(|c| c.rules.contains(&rule)).map(|c| fields(c, rule).len()).sum()
}

fn fields(correlation: &Correlation, rule: usize) -> Vec<Field> {
    let place = correlation.rules.iter().position(|r| *r == rule);
    let mut fields: Vec<Field> =
        correlation.group_by.iter().filter_map(|key| key.fields.get(place?).cloned()).collect();
    if let CorrelationKind::ValueCount { field } = &correlation.kind {
        fields.push(field.clone());
    }
    fields
}

fn cannot_tell(words: &Words<'_>, events: Vec<Event>) -> Option<Untold> {
    if events.is_empty() {
        return None;
    }
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for event in &events {
        let what = event.not_recorded.as_deref().unwrap_or("a field").replace(' ', ", ");
        let why = match event.body.as_deref() {
            Some("cut") => "cut off",
            Some("skipped") => "replaced because of its size",
            _ => "not recorded",
        };
        *reasons.entry(format!("{what} {why}")).or_default() += 1;
    }
    let reason = reasons.iter().map(|(why, n)| format!("{why} ({n})")).collect::<Vec<_>>().join("; ");
    let all = finding(words, events);
    Some(Untold {
        rule: all.rule,
        level: all.level,
        title: all.title,
        count: all.count,
        reason,
        first: all.first,
        last: all.last,
        audit_ids: all.audit_ids,
    })
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
