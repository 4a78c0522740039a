//! Correlations: hits of rules, or of other correlations, within a sliding window of event time, by group.
//!
//! Tumbling and session windows are refused by name.

use rsigma_parser::{
    ConditionExpr, ConditionOperator, CorrelationCondition, CorrelationRule, CorrelationType, WindowMode,
};

use super::diagnostic::Document;
use super::fields::Field;
use super::predicate::Cmp;
use super::rule::{Meta, Over};
use crate::error::Diagnostic;

/// A rule over many events.
///
/// Two events are in one window when their times differ by `timespan` at most: the edge belongs to the window. An event
/// without a value for one of `group_by` is in no group, one without a value that is counted in no window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlation {
    pub meta: Meta,
    pub kind: CorrelationKind,
    /// What it is about, in the order it names them.
    pub parts: Vec<Part>,
    pub group_by: Vec<Key>,
    /// Microseconds.
    pub timespan: i64,
    /// What must hold of a window: of its events, distinct values, measure, or (temporal) parts that hit.
    pub condition: Condition,
}

/// A rule or a correlation whose hits are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Place in [`RuleSet::rules`](super::RuleSet).
    Rule(usize),
    /// Place in [`RuleSet::correlations`](super::RuleSet), before that of the correlation that names it. It hits at every
    /// instant at which a window that ends there meets its condition.
    Correlation(usize),
}

/// What is counted or measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorrelationKind {
    /// Events; one that several rules hit counts for each.
    EventCount,
    /// Distinct values of a key, or of several keys together.
    ValueCount { of: Vec<Key> },
    /// A measure of the numbers of a key; what is no finite number does not count.
    Value { measure: Measure, of: Key },
    /// Distinct parts, hit in any order.
    Temporal,
    /// All parts, hit in their order.
    TemporalOrdered,
}

/// What is made of the numbers in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Sum,
    Average,
    /// 0 to 100, between two numbers in proportion (the linear method, C = 1); 50 is the median.
    Percentile(u8),
}

/// One part of what makes a group, or a value that is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The field, or the alias.
    pub name: String,
    /// Where each of `parts` has it, in their order.
    pub from: Vec<Origin>,
}

/// Where a key's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Of a rule: a field of its event.
    Field(Field),
    /// Of a correlation: the key at that place of its `group_by`.
    Group(usize),
}

/// What must hold of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// All bounds of one number.
    Bounds(Vec<(Cmp, u64)>),
    /// Which parts must have hit, in words.
    Words(Words),
}

/// A condition in words over the places of parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    Part(usize),
    All(Vec<Words>),
    Any(Vec<Words>),
    Not(Box<Words>),
}

impl Correlation {
    /// The bounds of the number that must hold; none of a condition in words.
    pub fn bounds(&self) -> &[(Cmp, u64)] {
        match &self.condition {
            Condition::Bounds(bounds) => bounds,
            Condition::Words(_) => &[],
        }
    }

    /// The keys whose values are counted or measured.
    pub fn counted(&self) -> &[Key] {
        match &self.kind {
            CorrelationKind::ValueCount { of } => of,
            CorrelationKind::Value { of, .. } => std::slice::from_ref(of),
            CorrelationKind::EventCount | CorrelationKind::Temporal | CorrelationKind::TemporalOrdered => &[],
        }
    }
}

impl Condition {
    /// Says whether a number is what the condition asks for; no number is what words ask for.
    pub fn holds(&self, number: f64) -> bool {
        matches!(self, Condition::Bounds(bounds) if holds(bounds, number))
    }
}

impl Words {
    /// Says whether they hold when `hit` says which parts hit.
    pub fn hold(&self, hit: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Words::Part(place) => hit(*place),
            Words::All(all) => all.iter().all(|words| words.hold(hit)),
            Words::Any(any) => any.iter().any(|words| words.hold(hit)),
            Words::Not(inner) => !inner.hold(hit),
        }
    }
}

fn holds(bounds: &[(Cmp, u64)], number: f64) -> bool {
    bounds.iter().all(|(cmp, wanted)| {
        let wanted = *wanted as f64;
        match cmp {
            Cmp::Lt => number < wanted,
            Cmp::Lte => number <= wanted,
            Cmp::Gt => number > wanted,
            Cmp::Gte => number >= wanted,
            Cmp::Eq => number == wanted,
            Cmp::Ne => number != wanted,
        }
    })
}

/// What is known of a part while a correlation is made of it.
pub enum Named<'a> {
    /// What the rule is asked of.
    Rule(Over),
    Correlation(&'a Correlation),
}

/// Makes the correlation of a document of the parts it names.
///
/// # Errors
/// Everything in it that cannot be done.
pub fn lower(
    rule: &CorrelationRule,
    parts: Vec<(Part, Named<'_>)>,
    meta: Meta,
    document: &Document<'_>,
) -> Result<Correlation, Vec<Diagnostic>> {
    let mut lowering = Lowering { rule, parts: &parts, document, problems: Vec::new() };
    let (bounds, fields, percentile, words) = match &rule.condition {
        CorrelationCondition::Threshold { predicates, field, percentile } => {
            (predicates.as_slice(), field.as_deref().unwrap_or_default(), *percentile, None)
        }
        CorrelationCondition::Extended(words) => ([].as_slice(), [].as_slice(), None, Some(words)),
    };
    let kind = lowering.kind(fields, percentile);
    if rule.window != WindowMode::Sliding {
        let message = format!("window {} is not supported", rule.window.as_str());
        lowering.refuse(&["window"], message, "leave it out: the window slides");
    }
    let seconds = i64::try_from(rule.timespan.seconds).ok().filter(|seconds| *seconds > 0);
    let timespan = seconds.and_then(|seconds| seconds.checked_mul(1_000_000));
    if timespan.is_none() {
        lowering.refuse(&["timespan"], format!("{} is no usable timespan", rule.timespan), "write 30s, 15m, 6h or 7d");
    }
    let group_by = rule.group_by.iter().filter_map(|name| lowering.key(name, &["group-by"])).collect();
    let condition = match words {
        Some(words) => lowering.words(words),
        None => Some(lowering.bounds(bounds)),
    };
    let problems = lowering.problems;
    match (kind, timespan, condition) {
        (Some(kind), Some(timespan), Some(condition)) if problems.is_empty() => {
            let parts = parts.into_iter().map(|(part, _)| part).collect();
            Ok(Correlation { meta, kind, parts, group_by, timespan, condition })
        }
        _ => Err(problems),
    }
}

struct Lowering<'a> {
    rule: &'a CorrelationRule,
    parts: &'a [(Part, Named<'a>)],
    document: &'a Document<'a>,
    problems: Vec<Diagnostic>,
}

impl Lowering<'_> {
    fn refuse(&mut self, path: &[&str], message: String, hint: &str) {
        self.problems.push(self.document.problem(&[&["correlation"], path].concat(), message, hint));
    }

    fn is_temporal(&self) -> bool {
        matches!(self.rule.correlation_type, CorrelationType::Temporal | CorrelationType::TemporalOrdered)
    }

    fn kind(&mut self, fields: &[String], percentile: Option<u64>) -> Option<CorrelationKind> {
        let (word, before) = (self.rule.correlation_type.as_str(), self.problems.len());
        let mut keys: Vec<Key> = fields.iter().filter_map(|field| self.key(field, &["condition", "field"])).collect();
        if self.problems.len() > before {
            return None;
        }
        let rank = match percentile {
            None => 50,
            Some(rank @ 0..=100) => rank as u8,
            Some(rank) => {
                self.refuse(&["condition", "percentile"], format!("there is no percentile {rank}"), "write 0 to 100");
                return None;
            }
        };
        if percentile.is_some() && self.rule.correlation_type != CorrelationType::ValuePercentile {
            self.refuse(&["condition", "percentile"], format!("{word} has no percentile"), "use value_percentile");
        }
        let measure = match self.rule.correlation_type {
            CorrelationType::EventCount | CorrelationType::Temporal | CorrelationType::TemporalOrdered => {
                if !keys.is_empty() {
                    self.refuse(
                        &["condition", "field"],
                        format!("{word} has no field"),
                        "use value_count, or take it out",
                    );
                }
                return Some(match self.rule.correlation_type {
                    CorrelationType::EventCount => CorrelationKind::EventCount,
                    CorrelationType::Temporal => CorrelationKind::Temporal,
                    _ => CorrelationKind::TemporalOrdered,
                });
            }
            CorrelationType::ValueCount if keys.is_empty() => {
                let hint = "add field: to the condition, one or a list that is counted together";
                self.refuse(&["condition"], "value_count counts the values of a field".into(), hint);
                return None;
            }
            CorrelationType::ValueCount => return Some(CorrelationKind::ValueCount { of: keys }),
            CorrelationType::ValueSum => Measure::Sum,
            CorrelationType::ValueAvg => Measure::Average,
            CorrelationType::ValuePercentile => Measure::Percentile(rank),
            CorrelationType::ValueMedian => Measure::Percentile(50),
        };
        if keys.len() != 1 {
            self.refuse(
                &["condition"],
                format!("{word} measures the numbers of one field"),
                "add field: to the condition",
            );
            return None;
        }
        keys.pop().map(|of| CorrelationKind::Value { measure, of })
    }

    /// A field or alias, looked up in every part.
    fn key(&mut self, name: &str, at: &[&str]) -> Option<Key> {
        let alias = self.rule.aliases.iter().find(|alias| alias.alias == name);
        let mut from = Vec::new();
        for (reference, (_, named)) in self.rule.rules.iter().zip(self.parts) {
            let mapped = alias.and_then(|alias| alias.mapping.get(reference)).map(String::as_str);
            let path = [at, &[name]].concat();
            let over = match named {
                Named::Rule(over) => over,
                Named::Correlation(correlation) => {
                    let wanted = mapped.unwrap_or(name);
                    match correlation.group_by.iter().position(|key| key.name == wanted) {
                        Some(place) => from.push(Origin::Group(place)),
                        None => {
                            let message = format!("{reference} does not group by {wanted}");
                            self.refuse(&path, message, "of a correlation only what it groups by is known");
                            return None;
                        }
                    }
                    continue;
                }
            };
            if alias.is_some() && mapped.is_none() {
                let hint = format!("the alias says no field for rule {reference}");
                self.refuse(&path, over.no_field(name), &hint);
                return None;
            }
            let field = mapped.unwrap_or(name);
            match over.field_with_values(field) {
                Ok(field) => from.push(Origin::Field(field)),
                Err(unknown) => {
                    self.refuse(&path, over.no_field(field), &unknown.hint);
                    return None;
                }
            }
        }
        Some(Key { name: name.to_owned(), from })
    }

    fn bounds(&mut self, predicates: &[(ConditionOperator, u64)]) -> Condition {
        let all = self.parts.len() as u64;
        let default = [(ConditionOperator::Gte, all)];
        // What the parser reads when nothing is said.
        let is_default = predicates == [(ConditionOperator::Gte, 1)] && self.is_temporal();
        let predicates = if is_default { default.as_slice() } else { predicates };
        let bounds: Vec<(Cmp, u64)> = predicates.iter().map(|(op, count)| (cmp(*op), *count)).collect();
        if bounds.iter().any(|(_, count)| i64::try_from(*count).is_err()) {
            self.refuse(&["condition"], "a bound cannot be negative".into(), "write a whole number from 0");
            return Condition::Bounds(bounds);
        }
        // The answer changes only next to a bound, so these counts stand for all there can be.
        let counts = bounds.iter().flat_map(|(_, n)| [n.saturating_sub(1), *n, n.saturating_add(1)]).chain([1]);
        let can_be = |count: &u64| match self.rule.correlation_type {
            CorrelationType::EventCount | CorrelationType::ValueCount => *count > 0,
            CorrelationType::Temporal => (1..=all).contains(count),
            CorrelationType::TemporalOrdered => *count == all,
            // Measures have fractions; what lies between two whole bounds is not looked for.
            _ => true,
        };
        let mut counts = counts.chain([all]).filter(can_be);
        let measures = !self.is_temporal()
            && !matches!(self.rule.correlation_type, CorrelationType::EventCount | CorrelationType::ValueCount);
        if !measures && !counts.any(|count| holds(&bounds, count as f64)) {
            let message = match self.is_temporal() {
                true => "no number of its rules can meet the condition",
                false => "no count of one or more can meet the condition",
            };
            self.refuse(&["condition"], message.into(), "nothing at all cannot be found");
        }
        Condition::Bounds(bounds)
    }

    fn words(&mut self, words: &ConditionExpr) -> Option<Condition> {
        if !self.is_temporal() {
            let message = format!("{} has no condition in words", self.rule.correlation_type.as_str());
            self.refuse(&["condition"], message, "write a number: {gte: 10}");
            return None;
        }
        let words = self.part_words(words)?;
        if self.rule.correlation_type == CorrelationType::TemporalOrdered {
            // All of them hit in their order, or there is nothing to ask.
            if !words.hold(&|_| true) {
                let message = "all rules of temporal_ordered must hit, and then this does not hold";
                self.refuse(&["condition"], message.into(), "take the condition out, or use temporal");
            }
            return Some(Condition::Bounds(vec![(Cmp::Gte, self.parts.len() as u64)]));
        }
        Some(Condition::Words(words))
    }

    fn part_words(&mut self, words: &ConditionExpr) -> Option<Words> {
        let list = |all: &[ConditionExpr], this: &mut Self| {
            all.iter().map(|one| this.part_words(one)).collect::<Option<Vec<_>>>()
        };
        match words {
            ConditionExpr::And(all) => list(all, self).map(Words::All),
            ConditionExpr::Or(any) => list(any, self).map(Words::Any),
            ConditionExpr::Not(inner) => Some(Words::Not(Box::new(self.part_words(inner)?))),
            ConditionExpr::Identifier(name) => {
                let place = self.rule.rules.iter().position(|reference| reference == name);
                if place.is_none() {
                    let hint = "name them in the condition as they are named in rules:";
                    self.refuse(&["condition"], format!("{name} is none of its rules"), hint);
                }
                place.map(Words::Part)
            }
            ConditionExpr::Selector { .. } => {
                let hint = "name the rules, with and, or, not";
                self.refuse(&["condition"], "a condition over rules has no `1 of` and no `all of`".into(), hint);
                None
            }
        }
    }
}

fn cmp(op: ConditionOperator) -> Cmp {
    match op {
        ConditionOperator::Lt => Cmp::Lt,
        ConditionOperator::Lte => Cmp::Lte,
        ConditionOperator::Gt => Cmp::Gt,
        ConditionOperator::Gte => Cmp::Gte,
        ConditionOperator::Eq => Cmp::Eq,
        ConditionOperator::Neq => Cmp::Ne,
    }
}
