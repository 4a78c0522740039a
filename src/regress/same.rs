//! Whether two predicates are one and the same for every event that an API server writes: then no test can tell them apart.
//!
//! It is proved, not guessed. Each way a request can be is gone through: its subresource, status, resource, verb and group,
//! and each name that the two ask for where they differ. What is known then is filled in and what follows is drawn: of all
//! that must hold together, a test that holds makes another that it implies hold too. What cannot be so for any request is
//! left out ([`super::api`]). Everywhere else the two must be equal, every other test taken for a different unknown.
//!
//! Draws of tests of bodies are not made, since a body may be missing in the log and then nothing is certain.

use std::collections::BTreeSet;

use super::api::{self, Request, SUBRESOURCES};
use crate::model::Recorded;
use crate::sigma::matcher::Value;
use crate::sigma::predicate::{Cmp, Elements, Pattern, Shape};
use crate::sigma::{Matcher, Op, Predicate, Source, Test};

/// Says whether no event tells them apart of those that one of the rules is about.
pub fn same_where(rules: &[&Predicate], one: &Predicate, other: &Predicate) -> bool {
    let (mut in_one, mut in_other) = (BTreeSet::new(), BTreeSet::new());
    tests(one, &mut in_one);
    tests(other, &mut in_other);
    // Only columns of which they ask otherwise need to be gone through name by name.
    let names: BTreeSet<&str> = in_one
        .symmetric_difference(&in_other)
        .filter_map(|test| column(test))
        .filter(|name| !KNOWN.contains(name))
        .collect();
    rules.iter().all(|rule| {
        let mut others = Vec::new();
        let rule = Bare::of(rule, &mut others);
        let with = |predicate, others: &mut Vec<_>| Bare::joined(vec![rule.clone(), Bare::of(predicate, others)], true);
        let both = Both(with(one, &mut others), with(other, &mut others));
        let columns: Vec<&str> = KNOWN.iter().chain(&names).copied().collect();
        both.drawn(&others).are_same(&Request::default(), &columns, &others)
    })
}

/// Whether a predicate asks what may not have been recorded.
pub fn asks_body(predicate: &Predicate) -> bool {
    let mut found = BTreeSet::new();
    tests(predicate, &mut found);
    found.into_iter().any(|test| Part::of(test).is_some())
}

/// Columns of which more is known than what is asked, in the order in which they are gone through.
const KNOWN: [&str; 5] = ["subresource", "response_code", "resource", "verb", "api_group"];

/// Notes the tests of a predicate.
fn tests<'a>(predicate: &'a Predicate, found: &mut BTreeSet<&'a Test>) {
    match predicate {
        Predicate::True => {}
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| tests(part, found)),
        Predicate::Not(part) => tests(part, found),
        Predicate::Test(test) => drop(found.insert(test)),
    }
}

/// The column of a test that one value decides.
fn column(test: &Test) -> Option<&'static str> {
    match (&test.field.source, &test.op) {
        (_, Op::FieldRef { .. } | Op::List { .. } | Op::Elements { .. }) => None,
        (Source::Column(column), _) => Some(column),
        _ => None,
    }
}

/// What a column is.
#[derive(Clone, Copy, PartialEq)]
enum Is<'a> {
    Value(Value<'a>),
    /// A text that no rule names in full.
    Else,
    /// Some text, and which is not known.
    There,
}

/// Two predicates of which the same is known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Both<'a>(Bare<'a>, Bare<'a>);

impl<'a> Both<'a> {
    fn given(&self, column: &str, is: Is<'_>, others: &[&Test]) -> Both<'a> {
        Both(self.0.given(column, is), self.1.given(column, is)).drawn(others)
    }

    /// What follows from what must hold together.
    fn drawn(self, others: &[&Test]) -> Both<'a> {
        let draw = |bare: Bare<'a>| {
            let mut bare = bare;
            for _ in 0..4 {
                let next = bare.drawn(others);
                if next == bare {
                    break;
                }
                bare = next;
            }
            bare
        };
        Both(draw(self.0), draw(self.1))
    }

    /// They are equal whatever the columns that are left have in them, for each request that can be.
    fn are_same(&self, request: &Request<'_>, columns: &[&str], others: &[&Test]) -> bool {
        if self.0 == self.1 || !request.can_be() {
            return true;
        }
        let Some((column, rest)) = columns.split_first() else { return false };
        let texts = self.texts(column);
        let text = |text| Is::Value(Value::Text(text));
        match *column {
            "subresource" => SUBRESOURCES.iter().all(|known| {
                let is = known.name.map_or(Is::Value(Value::Null), text);
                let request = Request { subresource: Some(known), ..*request };
                self.given(column, is, others).without(&request).drawn(others).are_same(&request, rest, others)
            }),
            "response_code" => {
                // Of statuses that are asked for alike, one is enough.
                let mut seen = BTreeSet::new();
                request.codes().all(|code| {
                    let both = self.given(column, Is::Value(code.map_or(Value::Null, Value::Int)), others);
                    let request = Request { code: Some(code), ..*request };
                    !seen.insert((both.clone(), request.kind_of_answer())) || both.are_same(&request, rest, others)
                })
            }
            "verb" => api::REQUESTS.iter().chain(&texts).all(|&verb| {
                let request = Request { verb: Some(verb), ..*request };
                let mut both = self.given(column, text(verb), others).without(&request).drawn(others);
                if request.is_nameless() {
                    both = both.given("name", Is::Value(Value::Null), others);
                } else if request.is_named() {
                    both = both.given("name", Is::There, others);
                }
                both.are_same(&request, rest, others)
            }),
            "resource" => {
                let mut named: BTreeSet<&str> = request.resources().collect::<BTreeSet<&'static str>>();
                named.extend(texts.iter().copied());
                named.iter().all(|&name| {
                    let request = Request { resource: Some(name), ..*request };
                    self.given(column, text(name), others).are_same(&request, rest, others)
                }) && [Is::Else, Is::Value(Value::Null)].iter().all(|&is| {
                    let name = if is == Is::Else { api::ELSE } else { "" };
                    let request = Request { resource: Some(name), ..*request };
                    self.given(column, is, others).are_same(&request, rest, others)
                })
            }
            "api_group" => {
                let named: BTreeSet<&str> =
                    texts.iter().copied().chain(api::GROUPS.iter().map(|(group, _)| *group)).collect();
                named.iter().filter(|name| !name.is_empty()).all(|&name| {
                    let request = Request { group: Some(name), ..*request };
                    let both = self.given(column, text(name), others).without(&request).drawn(others);
                    both.are_same(&request, rest, others)
                }) && [Is::Else, Is::Value(Value::Null)].iter().all(|&is| {
                    let group = if is == Is::Else { api::ELSE } else { "" };
                    let request = Request { group: Some(group), ..*request };
                    self.given(column, is, others).are_same(&request, rest, others)
                })
            }
            _ => {
                texts.iter().all(|&name| self.given(column, text(name), others).are_same(request, rest, others))
                    && [Is::Else, Is::Value(Value::Null)]
                        .iter()
                        .all(|&is| self.given(column, is, others).are_same(request, rest, others))
            }
        }
    }

    /// The texts that a column is compared with as a whole.
    fn texts(&self, column: &str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        self.0.texts(column, &mut found);
        self.1.texts(column, &mut found);
        found
    }

    /// Without bodies that such a request does not have.
    fn without(&self, request: &Request<'_>) -> Both<'a> {
        Both(self.0.without(request), self.1.without(request))
    }
}

/// A predicate of which only the tests of columns are known; each other test is a number, equal ones the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Bare<'a> {
    Is(bool),
    All(Vec<Bare<'a>>),
    Any(Vec<Bare<'a>>),
    Not(Box<Bare<'a>>),
    /// A column whose text is like one of these.
    Texts(&'static str, Vec<&'a Pattern>, usize),
    Column(&'static str, &'a Op, usize),
    /// A test of a body, which part of the event it is in, and whether it holds when there is none.
    Body(usize, Part, bool),
    Other(usize),
}

/// Parts of an event that some requests do not have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What the client sent.
    Request,
    /// The object as the request leaves it.
    Object,
    /// The pod spec in it.
    PodSpec,
    /// What a role lets do.
    Rules,
    /// Whom a binding lets do it, and which role it is.
    Subjects,
    /// The answer, and what was before.
    Elsewhere,
}

impl Part {
    /// Of a test; None when it asks no body.
    fn of(test: &Test) -> Option<Part> {
        let name = test.field.name.as_str();
        let is = |of: &str| name.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        match test.field.root {
            Recorded::REQUEST => Some(Part::Request),
            Recorded::OBJECT if is("podSpec") || is("containers") => Some(Part::PodSpec),
            Recorded::OBJECT if is("object.rules") || is("object.aggregationRule") => Some(Part::Rules),
            Recorded::OBJECT if is("object.subjects") || is("object.roleRef") => Some(Part::Subjects),
            Recorded::OBJECT if is("object") => Some(Part::Object),
            Recorded::OBJECT | Recorded::RESPONSE | Recorded::BEFORE => Some(Part::Elsewhere),
            _ => None,
        }
    }
}

impl<'a> Bare<'a> {
    fn of(predicate: &'a Predicate, others: &mut Vec<&'a Test>) -> Bare<'a> {
        let each = |parts: &'a [Predicate], others: &mut Vec<&'a Test>| -> Vec<Bare<'a>> {
            parts.iter().map(|part| Bare::of(part, others)).collect()
        };
        match predicate {
            Predicate::True => Bare::Is(true),
            Predicate::All(parts) => Bare::joined(each(parts, others), true),
            Predicate::Any(parts) => Bare::joined(each(parts, others), false),
            Predicate::Not(part) => Bare::of(part, others).not(),
            Predicate::Test(test) => {
                let place = others.iter().position(|known| *known == test).unwrap_or_else(|| {
                    others.push(test);
                    others.len() - 1
                });
                match (Part::of(test), column(test), &test.op) {
                    (Some(part), ..) => {
                        let without = match &test.op {
                            Op::Elements { quantifier, .. } => {
                                matches!(quantifier, Elements::AllOrEmpty | Elements::None)
                            }
                            op => holds(op, []),
                        };
                        Bare::Body(place, part, without)
                    }
                    (None, Some(column), Op::AnyText(patterns)) => {
                        Bare::Texts(column, patterns.iter().collect(), place)
                    }
                    (None, Some(column), op) => Bare::Column(column, op, place),
                    (None, None, _) => Bare::Other(place),
                }
            }
        }
    }

    /// All of them, or any.
    fn joined(parts: Vec<Bare<'a>>, all: bool) -> Bare<'a> {
        let mut left: Vec<Bare<'a>> = Vec::new();
        for part in parts {
            match part {
                Bare::Is(is) if is == all => {}
                Bare::Is(is) => return Bare::Is(is),
                Bare::All(inner) if all => left.extend(inner),
                Bare::Any(inner) if !all => left.extend(inner),
                other => left.push(other),
            }
        }
        left.sort();
        left.dedup();
        match left.len() {
            0 => Bare::Is(all),
            1 => left.remove(0),
            _ if all => Bare::All(left),
            _ => Bare::Any(left),
        }
    }

    fn not(self) -> Bare<'a> {
        match self {
            Bare::Is(is) => Bare::Is(!is),
            Bare::Not(inner) => *inner,
            other => Bare::Not(Box::new(other)),
        }
    }

    /// The same of each part.
    fn map(&self, change: &impl Fn(&Bare<'a>) -> Bare<'a>) -> Bare<'a> {
        match self {
            Bare::All(parts) => Bare::joined(parts.iter().map(|part| part.map(change)).collect(), true),
            Bare::Any(parts) => Bare::joined(parts.iter().map(|part| part.map(change)).collect(), false),
            Bare::Not(part) => part.map(change).not(),
            other => change(other),
        }
    }

    /// What is left when a column is so.
    fn given(&self, column: &str, is: Is<'_>) -> Bare<'a> {
        self.map(&|bare| match (bare, is) {
            (Bare::Texts(name, patterns, _), Is::Value(value)) if *name == column => {
                Bare::Is(patterns.iter().any(|pattern| holds(&Op::AnyText(vec![(*pattern).clone()]), [value])))
            }
            (Bare::Texts(name, patterns, place), Is::Else) if *name == column => {
                let parts = patterns.iter().filter(|pattern| !matches!(pattern.shape, Shape::Equals(_)));
                let parts: Vec<&Pattern> = parts.copied().collect();
                if parts.is_empty() { Bare::Is(false) } else { Bare::Texts(name, parts, *place) }
            }
            (Bare::Column(name, op, _), Is::Value(value)) if *name == column => Bare::Is(holds(op, [value])),
            (Bare::Column(name, Op::Null, _), Is::Else | Is::There) if *name == column => Bare::Is(false),
            (Bare::Column(name, Op::Exists(is), _), Is::Else | Is::There) if *name == column => Bare::Is(*is),
            (other, _) => other.clone(),
        })
    }

    fn without(&self, request: &Request<'_>) -> Bare<'a> {
        self.map(&|bare| match bare {
            Bare::Body(_, part, without) if request.lacks(*part) => Bare::Is(*without),
            other => other.clone(),
        })
    }

    fn texts(&self, column: &str, found: &mut BTreeSet<&'a str>) {
        match self {
            Bare::Texts(name, patterns, _) if *name == column => {
                found.extend(patterns.iter().filter_map(|pattern| match &pattern.shape {
                    Shape::Equals(text) => Some(text.as_str()),
                    _ => None,
                }));
            }
            Bare::All(parts) | Bare::Any(parts) => parts.iter().for_each(|part| part.texts(column, found)),
            Bare::Not(part) => part.texts(column, found),
            _ => {}
        }
    }

    /// With what follows from what must hold beside it.
    fn drawn(&self, others: &[&Test]) -> Bare<'a> {
        self.drawn_from(&[], others)
    }

    fn drawn_from(&self, held: &[(Bare<'a>, bool)], others: &[&Test]) -> Bare<'a> {
        let (parts, all) = match self {
            Bare::All(parts) => (parts, true),
            Bare::Any(parts) => (parts, false),
            Bare::Not(part) => return part.drawn_from(held, others).not(),
            single => return single.decided(held, others).map_or_else(|| single.clone(), Bare::Is),
        };
        // Of two that imply each other the later one stays.
        let is_single = |part: &&Bare<'a>| part.single().is_some();
        let mut kept: Vec<Bare<'a>> = Vec::new();
        let mut held: Vec<(Bare<'a>, bool)> = held.to_vec();
        let singles: Vec<&Bare<'a>> = parts.iter().filter(is_single).collect();
        for (place, single) in singles.iter().enumerate() {
            let after = singles[place + 1..].iter().filter_map(|part| part.single());
            let after = after.map(|(part, is)| (part.clone(), is == all));
            let known: Vec<(Bare<'a>, bool)> = held.iter().cloned().chain(after).collect();
            let (bare, is) = single.single().unwrap_or((single, true));
            match bare.decided(&known, others) {
                Some(decided) => kept.push(Bare::Is(decided == is)),
                None => {
                    held.push((bare.clone(), is == all));
                    kept.push((*single).clone());
                }
            }
        }
        let rest = parts.iter().filter(|part| !is_single(part)).map(|part| part.drawn_from(&held, others));
        kept.extend(rest.collect::<Vec<_>>());
        Bare::joined(kept, all)
    }

    /// A test that draws may be made of, and whether it is meant as it is or turned round.
    fn single(&self) -> Option<(&Bare<'a>, bool)> {
        match self {
            Bare::Texts(..) | Bare::Column(..) | Bare::Other(_) => Some((self, true)),
            Bare::Not(part) if !matches!(**part, Bare::Not(_)) => part.single().map(|(part, _)| (part, false)),
            _ => None,
        }
    }

    /// What a test is where those hold, or do not.
    fn decided(&self, held: &[(Bare<'a>, bool)], others: &[&Test]) -> Option<bool> {
        held.iter().find_map(|(known, is)| match is {
            true if known.implies(self, others) => Some(true),
            true if known.excludes(self, others) => Some(false),
            false if self.implies(known, others) => Some(false),
            _ => None,
        })
    }

    /// The test, and what is left of its texts.
    fn asks<'b>(&'b self, others: &[&'b Test]) -> Option<(&'b Test, Vec<&'b Pattern>)> {
        match self {
            Bare::Texts(_, patterns, place) => Some((others[*place], patterns.clone())),
            Bare::Column(_, _, place) => Some((others[*place], Vec::new())),
            Bare::Other(place) => match &others[*place].op {
                Op::AnyText(patterns) => Some((others[*place], patterns.iter().collect())),
                _ => Some((others[*place], Vec::new())),
            },
            _ => None,
        }
    }

    fn implies(&self, other: &Bare<'a>, others: &[&Test]) -> bool {
        if self == other {
            return true;
        }
        let Some(((one, texts), (two, wider))) = self.asks(others).zip(other.asks(others)) else { return false };
        one.field == two.field
            && match (&one.op, &two.op) {
                (Op::AnyText(_), Op::AnyText(_)) => {
                    texts.iter().all(|text| wider.iter().any(|wide| is_within(text, wide)))
                }
                (Op::Number { cmp: one, value: of }, Op::Number { cmp: two, value: at }) => match (one, two) {
                    (Cmp::Lt, Cmp::Lt) | (Cmp::Lte, Cmp::Lte) => of.get() <= at.get(),
                    (Cmp::Gt, Cmp::Gt) | (Cmp::Gte, Cmp::Gte) => of.get() >= at.get(),
                    _ => false,
                },
                (Op::AnyText(_) | Op::Number { .. } | Op::Regex { .. } | Op::Cidr(_), Op::Exists(is)) => *is,
                _ => false,
            }
    }

    fn excludes(&self, other: &Bare<'a>, others: &[&Test]) -> bool {
        // One text is not two.
        if let (Bare::Texts(one, texts, _), Bare::Texts(two, patterns, _)) = (self, other) {
            let is_other = |text: &&Pattern| match &text.shape {
                Shape::Equals(text) => !patterns.iter().any(|pattern| is_like(pattern, text)),
                _ => false,
            };
            return one == two && texts.iter().all(is_other);
        }
        let Some(((one, _), (two, _))) = self.asks(others).zip(other.asks(others)) else { return false };
        let is_there = |op: &Op| matches!(op, Op::AnyText(_) | Op::Number { .. } | Op::Regex { .. } | Op::Exists(true));
        let is_missing = |op: &Op| matches!(op, Op::Null | Op::Exists(false));
        one.field == two.field && (is_there(&one.op) && is_missing(&two.op) || is_missing(&one.op) && is_there(&two.op))
    }
}

fn holds<'v>(op: &Op, values: impl IntoIterator<Item = Value<'v>>) -> bool {
    Matcher::new(op).matches_any(values)
}

fn is_like(pattern: &Pattern, text: &str) -> bool {
    holds(&Op::AnyText(vec![pattern.clone()]), [Value::Text(text)])
}

/// Whether every text that is like the one is like the other.
fn is_within(one: &Pattern, other: &Pattern) -> bool {
    if one.cased != other.cased {
        return false;
    }
    match (&one.shape, &other.shape) {
        (one, other) if one == other => true,
        (Shape::Equals(text), _) => is_like(other, text),
        (Shape::StartsWith(text), Shape::StartsWith(start)) => text.starts_with(start),
        (Shape::EndsWith(text), Shape::EndsWith(end)) => text.ends_with(end),
        (Shape::StartsWith(text) | Shape::EndsWith(text) | Shape::Contains(text), Shape::Contains(part)) => {
            text.contains(part)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
