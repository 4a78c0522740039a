//! What a rule asks of one event: a tree of tests, where equal tests of many rules are equal values.
//!
//! # Meaning
//! - A field with many values (a list, or a path through an array) passes a test when any one value does.
//! - A missing field fails every test but `Null` and `Exists(false)`; so `Not` of a test on it is true.
//! - Null and missing are the same thing, and so is an empty list: the case keeps no difference.
//! - A field that was not recorded is neither: its tests are unknown, and unknown is carried through All, Any and Not
//!   as in Kleene's three-valued logic. That is the engine's work; [`needs`] says what it must ask for.
//! - Text compares without case (by the lower case of Unicode) unless `cased`. A number or boolean met by a text test
//!   is compared as its JSON text; a text met by a number test is read as a number if it is one.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::fields::{Field, Source};
use crate::model::Recorded;

/// A condition on one event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Predicate {
    True,
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    Test(Test),
}

/// A condition on one field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Test {
    pub field: Field,
    pub op: Op,
}

/// What a value must be. [`Matcher`](super::matcher::Matcher) is its compiled form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// Text like any of these: sorted, without doubles, at least one.
    AnyText(Vec<Pattern>),
    /// Text in which the expression is found.
    Regex {
        pattern: String,
        flags: Flags,
    },
    /// An address of the network.
    Cidr(IpNet),
    /// An address of one of these networks: sorted, none within another, at least one.
    Networks(Vec<IpNet>),
    /// A value of a list that somebody else fills ([`lists`](super::lists)), `before` and `after` put around it. Until
    /// then no value passes.
    List {
        name: String,
        before: String,
        after: String,
        relation: Relation,
        cased: bool,
    },
    Number {
        cmp: Cmp,
        value: Number,
    },
    Bool(bool),
    /// No value, or none but null.
    Null,
    /// Whether there is a value other than null.
    Exists(bool),
    /// Text that relates to a value of another field of the same event.
    FieldRef {
        other: Field,
        relation: Relation,
        cased: bool,
    },
    /// The field is an array, of whose elements so many pass `body`, whose fields are [`Source::Member`]: Sigma's array
    /// matching (`sigma-version: 3`). What is no array is one element, what is missing is none.
    Elements {
        quantifier: Elements,
        body: Box<Predicate>,
    },
}

/// How many elements of an array must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Elements {
    Any,
    /// And there is at least one.
    All,
    AllOrEmpty,
    None,
}

/// A text to compare with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    /// In lower case already unless `cased`.
    pub shape: Shape,
    pub cased: bool,
}

/// Where the text must be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    Equals(String),
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    /// Wildcards that are none of the above; they span the whole text.
    Wildcard(Vec<Token>),
}

/// A piece of a wildcard text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    Text(String),
    /// `*`: any run of characters, line breaks too.
    Many,
    /// `?`: any one character.
    One,
}

/// Flags of a regular expression. It has case unless `i` is set, whatever `cased` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Flags {
    pub ignore_case: bool,
    pub multi_line: bool,
    pub dot_all: bool,
}

/// How a text relates to the text of another field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    Equals,
    Contains,
    StartsWith,
    EndsWith,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cmp {
    Lt,
    Lte,
    Gt,
    Gte,
    Eq,
    Ne,
}

/// A finite number that can be a key: its bits, with one zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(u64);

impl Number {
    /// None for a number that is not finite.
    pub fn new(value: f64) -> Option<Number> {
        value.is_finite().then(|| Number(if value == 0.0 { 0 } else { value.to_bits() }))
    }

    /// Returns the number.
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl Pattern {
    /// Makes the pattern that the tokens spell, which cover the whole text.
    ///
    /// `a*` and a prefix are the same question, so they become the same value.
    pub fn new(tokens: impl IntoIterator<Item = Token>, cased: bool) -> Pattern {
        let mut whole: Vec<Token> = Vec::new();
        for token in tokens {
            match (whole.last_mut(), token) {
                (_, Token::Text(text)) if text.is_empty() => {}
                (Some(Token::Text(before)), Token::Text(text)) => before.push_str(&text),
                (Some(Token::Many), Token::Many) => {}
                (_, token) => whole.push(token),
            }
        }
        let fold = |text: &str| if cased { text.to_owned() } else { text.to_lowercase() };
        let shape = match whole.as_slice() {
            [] => Shape::Equals(String::new()),
            [Token::Many] => Shape::Contains(String::new()),
            [Token::Text(text)] => Shape::Equals(fold(text)),
            [Token::Text(text), Token::Many] => Shape::StartsWith(fold(text)),
            [Token::Many, Token::Text(text)] => Shape::EndsWith(fold(text)),
            [Token::Many, Token::Text(text), Token::Many] => Shape::Contains(fold(text)),
            _ => Shape::Wildcard(whole),
        };
        Pattern { shape, cased }
    }
}

impl Predicate {
    /// True when all of `parts` are.
    pub fn all(parts: impl IntoIterator<Item = Predicate>) -> Predicate {
        let mut flat: Vec<Predicate> = Vec::new();
        for part in parts {
            match part {
                Predicate::True => {}
                Predicate::All(inner) => inner.into_iter().for_each(|p| push_new(&mut flat, p)),
                other => push_new(&mut flat, other),
            }
        }
        match flat.len() {
            0 => Predicate::True,
            1 => flat.remove(0),
            _ => Predicate::All(flat),
        }
    }

    /// True when one of `parts` is. Text tests of one field become one test.
    pub fn any(parts: impl IntoIterator<Item = Predicate>) -> Predicate {
        let mut flat: Vec<Predicate> = Vec::new();
        for part in parts {
            match part {
                Predicate::True => return Predicate::True,
                Predicate::Any(inner) => inner.into_iter().for_each(|p| push_or_merge(&mut flat, p)),
                other => push_or_merge(&mut flat, other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Predicate::Any(flat) }
    }

    /// True when `part` is false.
    pub fn negate(part: Predicate) -> Predicate {
        match part {
            Predicate::Not(inner) => *inner,
            other => Predicate::Not(Box::new(other)),
        }
    }

    /// Calls `each` on every test, in order.
    pub fn each_test<'a>(&'a self, each: &mut dyn FnMut(&'a Test)) {
        match self {
            Predicate::True => {}
            Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|p| p.each_test(each)),
            Predicate::Not(part) => part.each_test(each),
            Predicate::Test(test) => each(test),
        }
    }
}

fn push_new(parts: &mut Vec<Predicate>, part: Predicate) {
    if !parts.contains(&part) {
        parts.push(part);
    }
}

fn push_or_merge(parts: &mut Vec<Predicate>, part: Predicate) {
    if let Predicate::Test(Test { field, op: Op::AnyText(more) }) = &part {
        for known in parts.iter_mut() {
            if let Predicate::Test(Test { field: same, op: Op::AnyText(patterns) }) = known
                && same == field
            {
                patterns.extend(more.iter().cloned());
                patterns.sort_unstable();
                patterns.dedup();
                return;
            }
        }
    }
    push_new(parts, part);
}

/// What must have been recorded to decide a predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// Everything any test asks for.
    pub any: Recorded,
    /// What every hit must know: without one of these the predicate can never be true.
    pub hit: Recorded,
}

/// Says what `predicate` depends on.
pub fn needs(predicate: &Predicate) -> Needs {
    let mut any = Recorded::ALL;
    predicate.each_test(&mut |test| any = any.without(roots(test)));
    Needs { any, hit: required(predicate, true) }
}

fn roots(test: &Test) -> Recorded {
    match &test.op {
        Op::FieldRef { other, .. } => test.field.root.without(other.root),
        _ => test.field.root,
    }
}

/// What must be known before `predicate` can be `wanted`.
fn required(predicate: &Predicate, wanted: bool) -> Recorded {
    let both = |parts: &[Predicate]| parts.iter().fold(Recorded::ALL, |sum, p| sum.without(required(p, wanted)));
    let common = |parts: &[Predicate]| {
        let each = parts.iter().map(|p| required(p, wanted));
        each.reduce(|a, b| Recorded(a.0 & b.0)).unwrap_or_default()
    };
    match predicate {
        Predicate::True => Recorded::ALL,
        // A keyword is found in whatever is there; it is only "not found" that needs everything.
        Predicate::Test(test) if test.field.source == Source::Everything && wanted => Recorded::ALL,
        Predicate::Test(test) => roots(test),
        Predicate::Not(part) => required(part, !wanted),
        Predicate::All(parts) if wanted => both(parts),
        Predicate::Any(parts) if !wanted => both(parts),
        Predicate::All(parts) | Predicate::Any(parts) => common(parts),
    }
}

/// Returns the only verbs `predicate` can match, in lower case; None when any.
pub fn verbs(predicate: &Predicate) -> Option<BTreeSet<String>> {
    match predicate {
        Predicate::True | Predicate::Not(_) => None,
        Predicate::Test(Test { field, op: Op::AnyText(patterns) }) if field.source == Source::Column("verb") => {
            let texts = patterns.iter().map(|pattern| match &pattern.shape {
                Shape::Equals(text) => Some(text.to_lowercase()),
                _ => None,
            });
            texts.collect()
        }
        Predicate::Test(_) => None,
        Predicate::All(parts) => parts.iter().filter_map(verbs).reduce(|a, b| a.intersection(&b).cloned().collect()),
        Predicate::Any(parts) => {
            let sets: Option<Vec<_>> = parts.iter().map(verbs).collect();
            Some(sets?.into_iter().flatten().collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(field: &str, value: &str) -> Predicate {
        let pattern = Pattern::new([Token::Text(value.into())], false);
        Predicate::Test(Test { field: Field::named(field).unwrap(), op: Op::AnyText(vec![pattern]) })
    }

    #[test]
    fn tests_that_ask_the_same_are_equal() {
        assert_eq!(text("verb", "Create"), text("verb", "create"));
        let prefix = Pattern::new([Token::Text("System:".into()), Token::Many], false);
        assert_eq!(prefix.shape, Shape::StartsWith("system:".into()));
        assert_eq!(Number::new(0.0), Number::new(-0.0));
        assert_eq!(Number::new(f64::NAN), None);
    }

    #[test]
    fn texts_of_one_field_become_one_test() {
        let merged = Predicate::any([text("verb", "patch"), text("stage", "Panic"), text("verb", "create")]);
        let Predicate::Any(parts) = &merged else { panic!("{merged:?}") };
        assert_eq!(parts.len(), 2);
        let Predicate::Test(Test { op: Op::AnyText(patterns), .. }) = &parts[0] else { panic!("{parts:?}") };
        assert_eq!(patterns.len(), 2);
    }

    #[test]
    fn nested_groups_are_flat() {
        let inner = Predicate::all([text("verb", "get"), Predicate::True]);
        assert_eq!(inner, text("verb", "get"));
        let flat = Predicate::all([Predicate::all([text("verb", "a"), text("stage", "b")]), text("level", "c")]);
        assert!(matches!(flat, Predicate::All(parts) if parts.len() == 3));
        assert_eq!(Predicate::negate(Predicate::negate(text("verb", "a"))), text("verb", "a"));
    }

    #[test]
    fn verbs_are_only_those_every_way_to_match_allows() {
        let set = |verbs: &[&str]| Some(verbs.iter().map(|v| (*v).to_string()).collect::<BTreeSet<_>>());
        let write = Predicate::any([text("verb", "create"), text("verb", "patch")]);
        assert_eq!(verbs(&Predicate::all([write.clone(), text("stage", "x")])), set(&["create", "patch"]));
        assert_eq!(verbs(&Predicate::all([write.clone(), text("verb", "patch")])), set(&["patch"]));
        assert_eq!(verbs(&Predicate::any([write.clone(), text("stage", "x")])), None);
        assert_eq!(verbs(&Predicate::negate(write)), None);
    }

    #[test]
    fn a_hit_needs_what_every_way_to_it_needs() {
        let body = text("requestObject.kind", "Pod");
        let either = Predicate::any([body.clone(), text("verb", "get")]);
        assert_eq!(needs(&either).any, Recorded::REQUEST.without(Recorded::VERB));
        assert_eq!(needs(&either).hit, Recorded::ALL);
        assert_eq!(needs(&Predicate::all([body.clone(), text("verb", "get")])).hit, needs(&either).any);
        // not (body and verb) is already true when the verb is another one
        let outside = Predicate::negate(Predicate::all([body.clone(), text("verb", "get")]));
        assert_eq!(needs(&outside).hit, Recorded::ALL);
        assert_eq!(needs(&Predicate::negate(body)).hit, Recorded::REQUEST);
    }
}
