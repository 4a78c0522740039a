//! Correlations: hits of rules counted within a sliding window of event time, by group.
//!
//! Sums, averages, percentiles, other windows, and correlations of correlations are refused by name for now.

use rsigma_parser::{ConditionOperator, CorrelationCondition, CorrelationRule, CorrelationType, WindowMode};

use super::diagnostic::Document;
use super::fields::Field;
use super::parse::WORDS;
use super::predicate::Cmp;
use super::rule::Meta;
use crate::error::Diagnostic;

/// A rule over many events.
///
/// Two events are in one window when their times differ by `timespan` at most: the edge belongs to the window. An event
/// without a value for one of `group_by` is in no group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlation {
    pub meta: Meta,
    pub kind: CorrelationKind,
    /// Places in [`RuleSet::rules`](super::RuleSet), in the order the correlation names them.
    pub rules: Vec<usize>,
    pub group_by: Vec<GroupKey>,
    /// Microseconds.
    pub timespan: i64,
    /// All must hold of the count: of events, of distinct values, or (temporal) of distinct rules that hit.
    pub condition: Vec<(Cmp, u64)>,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorrelationKind {
    /// Events.
    EventCount,
    /// Distinct values of the field; events without one do not count.
    ValueCount { field: Field },
    /// Distinct rules of `rules`, hit in any order.
    Temporal,
    /// All rules of `rules`, hit in their order.
    TemporalOrdered,
}

/// One part of what makes a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupKey {
    /// The field, or the alias.
    pub name: String,
    /// The field to read for each of `rules`, in their order; the same for all unless the name is an alias.
    pub fields: Vec<Field>,
}

impl Correlation {
    /// Says whether the count is what the condition asks for.
    pub fn holds(&self, count: u64) -> bool {
        holds(&self.condition, count)
    }
}

fn holds(condition: &[(Cmp, u64)], count: u64) -> bool {
    condition.iter().all(|(cmp, wanted)| match cmp {
        Cmp::Lt => count < *wanted,
        Cmp::Lte => count <= *wanted,
        Cmp::Gt => count > *wanted,
        Cmp::Gte => count >= *wanted,
        Cmp::Eq => count == *wanted,
        Cmp::Ne => count != *wanted,
    })
}

/// Makes the correlation of a document. `rules` are the places of the rules it names.
///
/// # Errors
/// Everything in it that cannot be done.
pub fn lower(
    rule: &CorrelationRule,
    rules: Vec<usize>,
    meta: Meta,
    document: &Document<'_>,
) -> Result<Correlation, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut refuse = |path: &[&str], message: String, hint: &str| {
        problems.push(document.problem(&[&["correlation"], path].concat(), message, hint));
    };
    let (predicates, counted) = match &rule.condition {
        CorrelationCondition::Threshold { predicates, field, .. } => {
            (predicates.as_slice(), field.as_deref().unwrap_or_default())
        }
        CorrelationCondition::Extended(_) => {
            refuse(&["condition"], WORDS.into(), "name the rules; all must hit");
            ([].as_slice(), [].as_slice())
        }
    };
    let is_temporal = matches!(rule.correlation_type, CorrelationType::Temporal | CorrelationType::TemporalOrdered);
    let kind = match (rule.correlation_type, counted) {
        (CorrelationType::EventCount, _) => Some(CorrelationKind::EventCount),
        (CorrelationType::Temporal, _) => Some(CorrelationKind::Temporal),
        (CorrelationType::TemporalOrdered, _) => Some(CorrelationKind::TemporalOrdered),
        (CorrelationType::ValueCount, [field]) => match Field::with_values(field) {
            Ok(field) => Some(CorrelationKind::ValueCount { field }),
            Err(unknown) => {
                refuse(&["condition", "field", field], format!("audit events have no field {field}"), &unknown.hint);
                None
            }
        },
        (CorrelationType::ValueCount, _) => {
            refuse(&["condition"], "value_count counts the values of one field".into(), "add field: to the condition");
            None
        }
        (other, _) => {
            let message = format!("correlation type {} is not supported yet", other.as_str());
            refuse(&["type"], message, "use event_count, value_count, temporal or temporal_ordered");
            None
        }
    };
    if rule.window != WindowMode::Sliding {
        let message = format!("window {} is not supported yet", rule.window.as_str());
        refuse(&["window"], message, "leave it out: the window slides");
    }
    let seconds = i64::try_from(rule.timespan.seconds).ok().filter(|seconds| *seconds > 0);
    let timespan = seconds.and_then(|seconds| seconds.checked_mul(1_000_000));
    if timespan.is_none() {
        refuse(&["timespan"], format!("{} is no usable timespan", rule.timespan), "write 30s, 15m, 6h or 7d");
    }
    let mut group_by = Vec::new();
    for name in &rule.group_by {
        match group_key(name, rule) {
            Ok(key) => group_by.push(key),
            Err((field, hint)) => {
                refuse(&["group-by", name], format!("audit events have no field {field}"), &hint);
            }
        }
    }
    let default = [(ConditionOperator::Gte, rules.len() as u64)];
    let is_default = predicates == [(ConditionOperator::Gte, 1)] && is_temporal;
    let predicates = if is_default { default.as_slice() } else { predicates };
    let condition: Vec<(Cmp, u64)> = predicates.iter().map(|(op, count)| (cmp(*op), *count)).collect();
    // The answer changes only next to a bound, so these counts stand for all there can be.
    let bounds = condition.iter().flat_map(|(_, n)| [n.saturating_sub(1), *n, n.saturating_add(1)]);
    if !bounds.chain([1]).filter(|count| *count > 0).any(|count| holds(&condition, count)) {
        refuse(
            &["condition"],
            "no count of one or more can meet the condition".into(),
            "nothing at all cannot be found",
        );
    }
    match (kind, timespan) {
        (Some(kind), Some(timespan)) if problems.is_empty() => {
            Ok(Correlation { meta, kind, rules, group_by, timespan, condition })
        }
        _ => Err(problems),
    }
}

fn group_key(name: &str, rule: &CorrelationRule) -> Result<GroupKey, (String, String)> {
    let alias = rule.aliases.iter().find(|alias| alias.alias == name);
    let fields = rule.rules.iter().map(|reference| {
        let field = match alias {
            Some(alias) => alias
                .mapping
                .get(reference)
                .ok_or_else(|| (name.to_owned(), format!("the alias says no field for rule {reference}")))?,
            None => name,
        };
        Field::with_values(field).map_err(|unknown| (field.to_owned(), unknown.hint))
    });
    Ok(GroupKey { name: name.to_owned(), fields: fields.collect::<Result<_, _>>()? })
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
