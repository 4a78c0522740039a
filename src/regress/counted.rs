//! What is known of an event that a correlation counts, beside what the rule asks that it is a hit of.
//!
//! A mutant of a rule that is a part of a correlation is noticed by nothing but what the correlation finds. An event that is
//! in no group, or has no value that is counted, it does not find (architecture: `Correlation`), and of one whose parts must
//! all hit, each part hits with the same values of the keys: what one part asks of a key holds of the events of the others.

use crate::engine::cannot_lack;
use crate::sigma::{Correlation, Field, Key, Op, Origin, Part, Predicate, RuleSet, Source, Test};

/// What holds of each event of the rule at `place` that the correlation counts. Of one that is made of correlations
/// nothing is known.
pub fn counted(set: &RuleSet, correlation: &Correlation, place: usize) -> Predicate {
    let direct = correlation.parts.iter().all(|part| matches!(part, Part::Rule(_)));
    let part = correlation.parts.iter().position(|part| *part == Part::Rule(place));
    let Some(part) = part.filter(|_| direct) else { return Predicate::True };
    let keys = correlation.group_by.iter().chain(correlation.counted());
    let there = keys.filter_map(|key| field(key, part));
    let mut all: Vec<Predicate> = there.map(|field| test(field, Op::Exists(true))).collect();
    if (0..correlation.parts.len()).all(|part| cannot_lack(correlation, part)) {
        for (other, rule) in correlation.parts.iter().enumerate() {
            let Part::Rule(rule) = rule else { continue };
            let rule = set.rules.get(*rule).filter(|rule| other != part && rule.sql.is_none());
            let Some(rule) = rule else { continue };
            let is_column = |field: &&Field| matches!(field.source, Source::Column(_));
            let shared = correlation.group_by.iter().filter_map(|key| {
                let field = field(key, part).filter(is_column)?;
                (self::field(key, other) == Some(field)).then_some(field)
            });
            all.push(about(&rule.predicate, &shared.collect::<Vec<_>>()));
        }
    }
    Predicate::All(all)
}

fn field(key: &Key, part: usize) -> Option<&Field> {
    match key.from.get(part) {
        Some(Origin::Field(field)) => Some(field),
        _ => None,
    }
}

fn test(field: &Field, op: Op) -> Predicate {
    Predicate::Test(Test { field: field.clone(), op })
}

/// What a predicate asks of some fields: it holds wherever the predicate does.
fn about(predicate: &Predicate, fields: &[&Field]) -> Predicate {
    match predicate {
        Predicate::All(parts) => Predicate::All(parts.iter().map(|part| about(part, fields)).collect()),
        Predicate::Any(parts) => Predicate::Any(parts.iter().map(|part| about(part, fields)).collect()),
        other if is_about(other, fields) => other.clone(),
        _ => Predicate::True,
    }
}

fn is_about(predicate: &Predicate, fields: &[&Field]) -> bool {
    match predicate {
        Predicate::True => true,
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().all(|part| is_about(part, fields)),
        Predicate::Not(part) => is_about(part, fields),
        Predicate::Test(Test { op: Op::FieldRef { .. } | Op::List { .. }, .. }) => false,
        Predicate::Test(test) => fields.contains(&&test.field),
    }
}
