//! `first:`, our own key of a rule: of its hits only the first with each combination of values counts, and only when
//! the rule has had time to learn what is usual.
//!
//! Sigma has no rule for what was never seen before. Written as
//! `first: {of: [user.username, userAgent], learning: 7d}`, a rule hits an event when no earlier hit of it had the same
//! values, and at least `learning` lies between the beginning of the evidence and the event. What comes within that time
//! is learnt and not told.

use rsigma_parser::Timespan;
use yaml_serde::Value;

use super::Field;
use super::diagnostic::Document;
use super::rule::Over;
use crate::error::Diagnostic;

/// See the module's description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct First {
    /// The fields whose values together must be new. A value that is absent is a value.
    pub of: Vec<Field>,
    /// Microseconds.
    pub learning: i64,
}

impl First {
    /// Reads the key; None when the rule has none.
    ///
    /// # Errors
    /// Everything in it that cannot be used.
    pub fn read(document: &Document<'_>, yaml: &Value, over: Over) -> Result<Option<First>, Vec<Diagnostic>> {
        let Some(first) = yaml.get("first") else { return Ok(None) };
        let mut problems = Vec::new();
        let mut refuse = |path: &[&str], message: String, hint: &str| {
            problems.push(document.problem(&[&["first"], path].concat(), message, hint));
        };
        let names: Vec<&str> = match first.get("of") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Sequence(all)) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if names.is_empty() {
            refuse(
                &["of"],
                "first: needs the fields that are new together".into(),
                "write of: [user.username, userAgent]",
            );
        }
        let mut of = Vec::new();
        for name in names {
            match over.field_with_values(name) {
                Ok(field) => of.push(field),
                Err(unknown) => refuse(&["of", name], over.no_field(name), &unknown.hint),
            }
        }
        let text = first.get("learning").and_then(Value::as_str);
        let learning = text.and_then(micros);
        if learning.is_none() {
            let message = match text {
                Some(text) => format!("{text} is no usable time to learn"),
                None => "first: needs a time to learn in".to_owned(),
            };
            refuse(&["learning"], message, "write 6h or 7d");
        }
        match learning {
            Some(learning) if problems.is_empty() => Ok(Some(First { of, learning })),
            _ => Err(problems),
        }
    }
}

/// Reads a time as correlations write it: `6h`, `7d`.
fn micros(text: &str) -> Option<i64> {
    let seconds = Timespan::parse(text).ok()?.seconds;
    i64::try_from(seconds).ok().filter(|seconds| *seconds > 0)?.checked_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use crate::sigma::{RuleFile, load};

    fn problems(first: &str) -> Vec<String> {
        let text = format!("title: t\nfirst: {first}\ndetection:\n  s: {{verb: get}}\n  condition: s\n");
        let (set, problems) = load(&[RuleFile { path: "t.yml".into(), text }]);
        assert_eq!(set.rules.len(), usize::from(problems.is_empty()));
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_new_is_named_by_fields_and_a_time() {
        assert!(problems("{of: [user.username, userAgent], learning: 7d}").is_empty());
        assert_eq!(
            problems("{of: username, learning: 7x}"),
            ["t.yml:2:13: audit events have no field username", "t.yml:2:23: 7x is no usable time to learn"]
        );
        assert_eq!(problems("{}").len(), 2);
    }
}
