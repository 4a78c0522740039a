//! Replays a case through rules: one fused scan, then correlations, then findings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt32Type;
use datafusion::functions::expr_fn::lower;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream_partitioned};
use datafusion::prelude::{col, lit};
use futures::StreamExt;

use super::blind::{Blind, Coverage};
use super::correlate::{Step, episodes};
use super::finding::{Event, Finding, Words, finding, group};
use super::ruleset::Compiled;
use super::scan::{CARRIED, Program, RuleSetExec};
use super::{Engine, damaged};
use crate::error::{Error, Result};
use crate::model::Micros;
use crate::sigma::{
    Correlation, CorrelationKind, Field, Level, Meta, Predicate, Rule, RuleSet, Source, resources, verbs,
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

/// One row of the verdict stream.
struct Verdict {
    rule: usize,
    hit: bool,
    event: Event,
    keys: Vec<Option<String>>,
}

impl Engine {
    /// Replays every event of the case through `rules`.
    ///
    /// The same case and rules give the same answer, whatever order the evidence came in.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn replay(&self, rules: &RuleSet) -> Result<Replay> {
        let verdicts = self.verdicts(rules)?;
        let coverage = self.coverage()?;
        let mut by_rule: Vec<Vec<&Verdict>> = vec![Vec::new(); rules.rules.len()];
        for verdict in &verdicts {
            by_rule[verdict.rule].push(verdict);
        }
        let mut findings = Vec::new();
        let mut untold = Vec::new();
        for (rule, verdicts) in rules.rules.iter().zip(&by_rule).filter(|(rule, _)| rule.meta.reported) {
            let words = words_of(&rule.meta);
            findings.extend(group(&words, events(verdicts, true)));
            untold.extend(cannot_tell(&words, events(verdicts, false)));
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
        untold.sort_by(|a, b| (std::cmp::Reverse(a.level), &a.rule).cmp(&(std::cmp::Reverse(b.level), &b.rule)));
        let blind = super::blind::blind(rules, &coverage);
        Ok(Replay { findings, untold, blind, coverage, rules: rules.reported().count() })
    }

    /// The plan of the fused scan, as text: one scan for all rules.
    ///
    /// # Errors
    /// When the plan cannot be made.
    pub fn explain(&self, rules: &RuleSet) -> Result<String> {
        let plan = self.runtime.block_on(self.plan(rules))?;
        Ok(datafusion::physical_plan::displayable(plan.as_ref()).indent(false).to_string())
    }

    /// One plan for all rules: those that ask columns only and those that ask bodies, each as one scan. Bodies are
    /// nearly all of a case, so their scan decodes them only for the verbs and resources its rules can match.
    async fn plan(&self, rules: &RuleSet) -> Result<Arc<dyn ExecutionPlan>> {
        let asks_bodies = |rule: &Rule| {
            let mut asks = false;
            rule.predicate
                .each_test(&mut |test| asks |= matches!(test.field.source, Source::Body { .. } | Source::Everything));
            asks
        };
        let (bodies, columns): (Vec<usize>, Vec<usize>) =
            (0..rules.rules.len()).partition(|rule| asks_bodies(&rules.rules[*rule]));
        let mut plans: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        for part in [columns, bodies] {
            if !part.is_empty() {
                plans.push(self.part(rules, part).await?);
            }
        }
        match plans.len() {
            1 => Ok(plans.remove(0)),
            _ => UnionExec::try_new(plans).map_err(damaged),
        }
    }

    async fn part(&self, rules: &RuleSet, part: Vec<usize>) -> Result<Arc<dyn ExecutionPlan>> {
        let chosen: Vec<Rule> = part.iter().map(|rule| rules.rules[*rule].clone()).collect();
        let wrong = |source: regex::Error| Error::Usage {
            what: format!("a rule's regular expression cannot be used: {source}"),
            hint: None,
        };
        let keys: Vec<Vec<Field>> = part.iter().map(|rule| keys_of(rules, *rule)).collect();
        let program = Program { compiled: Compiled::new(&chosen).map_err(wrong)?, keys, numbers: part };
        let mut wanted: Vec<&str> = CARRIED.to_vec();
        let of_keys = program.keys.iter().flatten().flat_map(super::values::columns);
        for column in program.compiled.columns().into_iter().chain(of_keys) {
            if !wanted.contains(&column) {
                wanted.push(column);
            }
        }
        let mut frame = self.context.table("audit").await.map_err(damaged)?;
        for (column, field, only) in
            [("verb", "verb", only(&chosen, verbs)), ("resource", "objectRef", only(&chosen, resources))]
        {
            if let Some(words) = only {
                let words = words.into_iter().map(lit).collect();
                // A row that lost the field to a cut may still be one of them.
                let lost = col("not_recorded").like(lit(format!("%{field}%")));
                frame = frame.filter(lower(col(column)).in_list(words, false).or(lost)).map_err(damaged)?;
            }
        }
        let columns = wanted.iter().map(|name| col(format!("\"{name}\""))).collect::<Vec<_>>();
        let scan = frame.select(columns).map_err(damaged)?.create_physical_plan().await.map_err(damaged)?;
        Ok(Arc::new(RuleSetExec::new(scan, Arc::new(program))))
    }

    fn verdicts(&self, rules: &RuleSet) -> Result<Vec<Verdict>> {
        self.runtime.block_on(async {
            let plan = self.plan(rules).await?;
            let streams = execute_stream_partitioned(plan, self.context.task_ctx()).map_err(damaged)?;
            let tasks: Vec<_> = streams
                .into_iter()
                .map(|mut stream| {
                    tokio::spawn(async move {
                        let mut verdicts = Vec::new();
                        while let Some(batch) = stream.next().await {
                            read(&batch?, &mut verdicts);
                        }
                        Ok::<_, datafusion::error::DataFusionError>(verdicts)
                    })
                })
                .collect();
            let mut all = Vec::new();
            for task in tasks {
                all.extend(task.await.map_err(damaged)?.map_err(damaged)?);
            }
            // Partitions end in any order; evidence order makes the answer one.
            all.sort_by(|a: &Verdict, b| (a.rule, &a.event).cmp(&(b.rule, &b.event)));
            Ok(all)
        })
    }

    fn correlate(&self, rules: &RuleSet, correlation: &Correlation, by_rule: &[Vec<&Verdict>]) -> Result<Vec<Finding>> {
        let mut steps = Vec::new();
        let mut chain: Vec<&Event> = Vec::new();
        for (place, rule) in correlation.rules.iter().enumerate() {
            let offset = key_offset(rules, *rule, correlation);
            for verdict in by_rule[*rule].iter().filter(|v| v.hit) {
                let groups = correlation.group_by.len();
                let group: Option<Vec<String>> = verdict.keys[offset..offset + groups].iter().cloned().collect();
                // An event without a time lies in no window, one without a group-by value in no group.
                let (Some(time), Some(group)) = (verdict.event.time, group) else {
                    continue;
                };
                steps.push(Step {
                    time: time.0,
                    group,
                    value: verdict.keys.get(offset + groups).cloned().flatten(),
                    rule: place,
                });
                chain.push(&verdict.event);
            }
        }
        let found = self.runtime.block_on(episodes(correlation, &steps)).map_err(damaged)?;
        let words = words_of(&correlation.meta);
        Ok(found
            .into_iter()
            .map(|rows| finding(&words, rows.into_iter().map(|i| chain[i].clone()).collect()))
            .collect())
    }
}

/// The only words any of the rules can match; None when one can match all.
fn only(rules: &[Rule], words: fn(&Predicate) -> Option<BTreeSet<String>>) -> Option<BTreeSet<String>> {
    let each = rules.iter().map(|rule| words(&rule.predicate));
    each.collect::<Option<Vec<_>>>().map(|all| all.into_iter().flatten().collect())
}

fn read(batch: &RecordBatch, verdicts: &mut Vec<Verdict>) {
    let rules = batch.column(0).as_primitive::<UInt32Type>();
    let hits = batch.column(1).as_boolean();
    let keys = batch.column(batch.num_columns() - 1).as_list::<i32>();
    for row in 0..batch.num_rows() {
        let list = keys.value(row);
        let texts = list.as_string::<i32>();
        verdicts.push(Verdict {
            rule: rules.value(row) as usize,
            hit: hits.value(row),
            event: Event::read(batch, row),
            keys: texts.iter().map(|text| text.map(str::to_owned)).collect(),
        });
    }
}

fn events(verdicts: &[&Verdict], hit: bool) -> Vec<Event> {
    verdicts.iter().filter(|v| v.hit == hit).map(|v| v.event.clone()).collect()
}

/// The fields whose values a rule's verdicts carry: for each correlation over it the group-by fields, then the
/// counted field.
fn keys_of(rules: &RuleSet, rule: usize) -> Vec<Field> {
    let over = rules.correlations.iter().filter(|c| c.rules.contains(&rule));
    over.flat_map(|c| fields(c, rule)).collect()
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
        defender: &meta.defender,
    }
}
