//! A parsed Sigma rule made a [`Predicate`]: conditions and selections here, single values by rsigma-ir.
//!
//! What cannot be asked of an audit event, or not yet, is refused by name and place.

use rsigma_ir::lower::lower_detection_item;
use rsigma_ir::{IrError, IrMatcher, IrNumber, IrPattern, IrPatternPart, IrStrOp, LowerOptions};
use rsigma_parser::{
    ArrayQuantifier, ConditionExpr, Detection, DetectionItem, Detections, Modifier, Quantifier, SelectorPattern,
    SigmaValue,
};

use super::diagnostic::Document;
use super::encode;
use super::fields::{Field, Source, Unknown};
use super::lists;
use super::matcher::Matcher;
use super::predicate::{Cmp, Elements, Flags, Number, Op, Pattern, Predicate, Relation, Test, Token};
use super::rule::Over;
use crate::error::Diagnostic;

/// As many ways to choose as `N of` may have.
const MOST_CHOICES: usize = 500;

/// Makes the predicate of a rule's `detection`, or of the `filter` of a filter: the section with selections and condition.
///
/// # Errors
/// Everything in it that cannot be asked.
pub fn lower(
    detections: &Detections,
    section: &str,
    over: Over,
    document: &Document<'_>,
) -> Result<Predicate, Vec<Diagnostic>> {
    let mut lowering = Lowering { document, section, over, member: false, problems: Vec::new() };
    // Sorted, because the parser keeps selections in no order.
    let mut names: Vec<&String> = detections.named.keys().collect();
    names.sort_unstable();
    let selections: Vec<(&str, Predicate)> = names
        .into_iter()
        .map(|name| (name.as_str(), lowering.detection(&[section, name], &detections.named[name])))
        .collect();
    if detections.timeframe.is_some() {
        lowering.refuse(&[section, "timeframe"], "timeframe is not supported", "write a correlation instead");
    }
    let ways: Vec<Predicate> = detections.conditions.iter().map(|c| lowering.condition(c, &selections)).collect();
    if lowering.problems.is_empty() { Ok(Predicate::any(ways)) } else { Err(lowering.problems) }
}

/// Parts are lowered before they are joined, so that the problems of every one are told.
struct Lowering<'a> {
    document: &'a Document<'a>,
    section: &'a str,
    /// What the rule is asked of.
    over: Over,
    /// Inside the element of an array fields are its own.
    member: bool,
    problems: Vec<Diagnostic>,
}

impl Lowering<'_> {
    /// Notes a problem; the predicate returned stands in until the whole rule is refused.
    fn refuse(&mut self, path: &[&str], message: impl Into<String>, hint: impl Into<String>) -> Predicate {
        self.problems.push(self.document.problem(path, message, hint));
        Predicate::True
    }

    /// The field of that name where the lowering is: of the event, or of one element.
    fn field(&self, name: &str) -> Result<Field, Unknown> {
        if self.member { Ok(Field::of_member(name)) } else { self.over.field(name) }
    }

    fn condition(&mut self, condition: &ConditionExpr, selections: &[(&str, Predicate)]) -> Predicate {
        match condition {
            ConditionExpr::And(parts) => {
                Predicate::all(parts.iter().map(|part| self.condition(part, selections)).collect::<Vec<_>>())
            }
            ConditionExpr::Or(parts) => {
                Predicate::any(parts.iter().map(|part| self.condition(part, selections)).collect::<Vec<_>>())
            }
            ConditionExpr::Not(part) => Predicate::negate(self.condition(part, selections)),
            ConditionExpr::Identifier(name) => match selections.iter().find(|(known, _)| known == name) {
                Some((_, predicate)) => predicate.clone(),
                None => {
                    let known: Vec<&str> = selections.iter().map(|(name, _)| *name).collect();
                    let hint = format!("selections are: {}", known.join(", "));
                    self.refuse(&[self.section, "condition", name], format!("no selection is called {name}"), hint)
                }
            },
            ConditionExpr::Selector { quantifier, pattern } => self.selector(quantifier, pattern, selections),
        }
    }

    fn selector(
        &mut self,
        quantifier: &Quantifier,
        pattern: &SelectorPattern,
        selections: &[(&str, Predicate)],
    ) -> Predicate {
        let chosen: Vec<Predicate> = selections
            .iter()
            .filter(|(name, _)| pattern.matches_detection_name(name))
            .map(|(_, predicate)| predicate.clone())
            .collect();
        let path = [self.section, "condition"];
        if chosen.is_empty() {
            let hint = "name a selection so, or take it out of the condition";
            return self.refuse(&path, format!("no selection is named like {pattern}"), hint);
        }
        match quantifier {
            Quantifier::Any => Predicate::any(chosen),
            Quantifier::All => Predicate::all(chosen),
            Quantifier::Count(0) => Predicate::True,
            Quantifier::Count(count) => {
                let count = usize::try_from(*count).unwrap_or(usize::MAX);
                if count > chosen.len() {
                    let message = format!("{count} of {pattern} can never be: there are {}", chosen.len());
                    return self.refuse(&path, message, "lower the number");
                }
                match choices(&chosen, count) {
                    Some(ways) => Predicate::any(ways.into_iter().map(Predicate::all)),
                    None => {
                        self.refuse(&path, format!("{count} of {pattern} is too many combinations"), "split the rule")
                    }
                }
            }
        }
    }

    fn detection(&mut self, path: &[&str], detection: &Detection) -> Predicate {
        match detection {
            Detection::AllOf(items) => {
                Predicate::all(items.iter().map(|item| self.item(path, item)).collect::<Vec<_>>())
            }
            Detection::And(parts) => {
                Predicate::all(parts.iter().map(|part| self.detection(path, part)).collect::<Vec<_>>())
            }
            Detection::AnyOf(parts) if parts.is_empty() => {
                self.refuse(path, "an empty selection", "it can never match")
            }
            Detection::AnyOf(parts) => {
                Predicate::any(parts.iter().map(|part| self.detection(path, part)).collect::<Vec<_>>())
            }
            Detection::Keywords(_) if self.member => {
                self.refuse(path, "a keyword inside an element", "name the field of the element, or `.` for all of it")
            }
            Detection::Keywords(values) => self.keywords(path, values),
            Detection::ArrayMatch { field, quantifier, body } => self.elements(path, field, *quantifier, body),
            Detection::Conditional { named, condition } => {
                let mut names: Vec<&String> = named.keys().collect();
                names.sort_unstable();
                let selections: Vec<(&str, Predicate)> =
                    names.into_iter().map(|name| (name.as_str(), self.detection(path, &named[name]))).collect();
                self.condition(condition, &selections)
            }
        }
    }

    /// Tests that must hold of one and the same element of an array.
    fn elements(&mut self, path: &[&str], name: &str, quantifier: ArrayQuantifier, body: &Detection) -> Predicate {
        let field = match self.field(name) {
            Ok(field) if matches!(field.source, Source::Body { .. } | Source::State { .. } | Source::Member(_)) => {
                field
            }
            Ok(_) => {
                let hint =
                    "arrays with elements of several fields are those in object, podSpec, containers and the bodies";
                return self.refuse(path, format!("elements of {name} cannot be asked"), hint);
            }
            Err(unknown) => return self.refuse(path, self.over.no_field(name), unknown.hint),
        };
        let outside = std::mem::replace(&mut self.member, true);
        let body = Box::new(self.detection(path, body));
        self.member = outside;
        let quantifier = match quantifier {
            ArrayQuantifier::Any => Elements::Any,
            ArrayQuantifier::All => Elements::All,
            ArrayQuantifier::AllOrEmpty => Elements::AllOrEmpty,
            ArrayQuantifier::None => Elements::None,
        };
        Predicate::Test(Test { field, op: Op::Elements { quantifier, body } })
    }

    fn keywords(&mut self, path: &[&str], values: &[SigmaValue]) -> Predicate {
        let mut patterns = Vec::new();
        for value in values {
            match value {
                SigmaValue::String(text) => {
                    let pattern = encode::around(IrStrOp::Contains, sigma_tokens(text), false);
                    patterns.push(pattern);
                }
                other => {
                    return self.refuse(path, format!("keyword {other} is not a text"), "put it in quotes");
                }
            }
        }
        patterns.sort_unstable();
        patterns.dedup();
        if patterns.is_empty() {
            return self.refuse(path, "an empty selection", "it can never match");
        }
        Predicate::Test(Test { field: self.over.everything(), op: Op::AnyText(patterns) })
    }

    fn item(&mut self, path: &[&str], item: &DetectionItem) -> Predicate {
        let key = key_of(item, self.document.text);
        let path = [path, &[key.as_str()]].concat();
        let name = match &item.field.name {
            Some(name) => name.as_str(),
            None if self.member => ".",
            None => {
                return self.refuse(&path, "a test without a field", "write a list of keywords, or name the field");
            }
        };
        if item.values.is_empty() {
            return self.refuse(&path, format!("{name} has no value to compare with"), "list at least one");
        }
        let field = match self.field(name) {
            Ok(field) => field,
            Err(unknown) => {
                return self.refuse(&path, self.over.no_field(name), unknown.hint);
            }
        };
        if item.field.modifiers.contains(&Modifier::Expand) {
            return self.expand(&path, &field, item);
        }
        let lowered = match lower_detection_item(item, &LowerOptions::default()) {
            Ok(lowered) => lowered,
            Err(error) => {
                let message = match &error {
                    IrError::InvalidModifiers(what) | IrError::IncompatibleValue(what) => what.clone(),
                    IrError::ExpectedNumeric(what) => format!("{what} is not a number"),
                    other => other.to_string(),
                };
                return self.refuse(&path, message, "");
            }
        };
        if !self.member
            && self.over.log().is_none()
            && Field::is_presence_only(name)
            && !matches!(lowered.matcher, IrMatcher::Exists(_) | IrMatcher::Null)
        {
            return self.refuse(
                &path,
                format!("{name} is a structure"),
                format!("test a part of it, or {name}|exists"),
            );
        }
        let negated = matches!(lowered.matcher, IrMatcher::Not(_));
        match self.matcher(&path, &field, &lowered.matcher) {
            // `neq` of a missing field is false, unlike `not` in a condition.
            test if negated => Predicate::all([Predicate::Test(Test { field, op: Op::Exists(true) }), test]),
            test => test,
        }
    }

    /// Values with `%name%`, which lists fill later.
    fn expand(&mut self, path: &[&str], field: &Field, item: &DetectionItem) -> Predicate {
        let has = |modifier: Modifier| item.field.modifiers.contains(&modifier);
        let known = [
            Modifier::Expand,
            Modifier::Contains,
            Modifier::StartsWith,
            Modifier::EndsWith,
            Modifier::All,
            Modifier::Cased,
        ];
        if let Some(other) = item.field.modifiers.iter().find(|modifier| !known.contains(modifier)) {
            let message = format!("expand cannot be used with {}", format!("{other:?}").to_lowercase());
            return self.refuse(path, message, "entries that are networks are compared as such; leave cidr out");
        }
        let relation = match () {
            () if has(Modifier::Contains) => Relation::Contains,
            () if has(Modifier::StartsWith) => Relation::StartsWith,
            () if has(Modifier::EndsWith) => Relation::EndsWith,
            () => Relation::Equals,
        };
        let cased = has(Modifier::Cased);
        let mut tests = Vec::new();
        for value in &item.values {
            let SigmaValue::String(text) = value else {
                return self.refuse(path, format!("{value} has no %list%"), "put the name in quotes: '%name%'");
            };
            let op = match lists::placeholder(&text.original) {
                Ok(Some((before, name, after))) => {
                    let [name, before, after] = [name, before, after].map(str::to_owned);
                    Op::List { name, before, after, relation, cased }
                }
                Ok(None) => {
                    let op = match relation {
                        Relation::Equals => IrStrOp::Exact,
                        Relation::Contains => IrStrOp::Contains,
                        Relation::StartsWith => IrStrOp::StartsWith,
                        Relation::EndsWith => IrStrOp::EndsWith,
                    };
                    Op::AnyText(vec![encode::around(op, sigma_tokens(text), cased)])
                }
                Err(why) => return self.refuse(path, why, "list more values instead"),
            };
            tests.push(Predicate::Test(Test { field: field.clone(), op }));
        }
        if has(Modifier::All) { Predicate::all(tests) } else { Predicate::any(tests) }
    }

    fn matcher(&mut self, path: &[&str], field: &Field, matcher: &IrMatcher) -> Predicate {
        let number = |cmp, number: &IrNumber| match number {
            IrNumber::Literal(value) => Number::new(*value).map(|value| Op::Number { cmp, value }),
            IrNumber::DynamicSourceRef { .. } => None,
        };
        let op = match matcher {
            IrMatcher::AnyOf(parts) => {
                return Predicate::any(parts.iter().map(|p| self.matcher(path, field, p)).collect::<Vec<_>>());
            }
            IrMatcher::AllOf(parts) => {
                return Predicate::all(parts.iter().map(|p| self.matcher(path, field, p)).collect::<Vec<_>>());
            }
            IrMatcher::Not(part) => return Predicate::negate(self.matcher(path, field, part)),
            IrMatcher::Str { op, pattern, case_insensitive } => {
                Op::AnyText(vec![encode::around(*op, tokens(pattern), !case_insensitive)])
            }
            IrMatcher::Encoded { encodings, op, value, case_insensitive } => {
                match encode::patterns(encodings, *op, value, !case_insensitive) {
                    Ok(patterns) => Op::AnyText(sorted(patterns)),
                    Err(refusal) => {
                        return self.refuse(path, format!("modifier {} cannot be used here", refusal.0), refusal.1);
                    }
                }
            }
            IrMatcher::Regex { pattern, case_insensitive, multiline, dotall, .. } => Op::Regex {
                pattern: pattern.clone(),
                flags: Flags { ignore_case: *case_insensitive, multi_line: *multiline, dot_all: *dotall },
            },
            IrMatcher::Cidr { network } => match network.parse() {
                Ok(net) => Op::Cidr(net),
                Err(_) => {
                    let hint = "write it like 10.0.0.0/8 or fd00::/8";
                    return self.refuse(&[path, &[network]].concat(), format!("{network} is no network"), hint);
                }
            },
            IrMatcher::NumericEq(n) => match number(Cmp::Eq, n) {
                Some(op) => op,
                None => return self.refuse(path, "not a finite number", ""),
            },
            IrMatcher::NumericGt(n) | IrMatcher::NumericGte(n) | IrMatcher::NumericLt(n) | IrMatcher::NumericLte(n) => {
                let cmp = match matcher {
                    IrMatcher::NumericGt(_) => Cmp::Gt,
                    IrMatcher::NumericGte(_) => Cmp::Gte,
                    IrMatcher::NumericLt(_) => Cmp::Lt,
                    _ => Cmp::Lte,
                };
                match number(cmp, n) {
                    Some(op) => op,
                    None => return self.refuse(path, "not a finite number", ""),
                }
            }
            IrMatcher::Exists(wanted) => Op::Exists(*wanted),
            IrMatcher::Null => Op::Null,
            IrMatcher::BoolEq(wanted) => Op::Bool(*wanted),
            IrMatcher::FieldRef { field: other, op, case_insensitive } => match self.over.field_with_values(other) {
                Ok(other) => Op::FieldRef { other, relation: relation(*op), cased: !case_insensitive },
                Err(unknown) => {
                    let path = [path, &[other]].concat();
                    return self.refuse(&path, self.over.no_field(other), unknown.hint);
                }
            },
            IrMatcher::Expand { .. } => return self.refuse(path, "modifier expand cannot be used here", ""),
            IrMatcher::TimestampPart { part, .. } => {
                let name = format!("{part:?}").to_lowercase();
                return self.refuse(
                    path,
                    format!("modifier {name} is not supported"),
                    "ask for hours with a hunt in SQL",
                );
            }
        };
        if let Err(error) = Matcher::check(&op) {
            // The last line of its message is the reason; those before draw the expression.
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let hint = "expressions are those of Rust's regex: no look-around, no back-references";
            return self.refuse(path, format!("the expression cannot be used: {reason}"), hint);
        }
        debug_assert!(field.source != Source::Everything);
        Predicate::Test(Test { field: field.clone(), op })
    }
}

/// The key as the text has it: modifiers have more than one spelling.
fn key_of(item: &DetectionItem, text: &str) -> String {
    let name = item.field.name.clone().unwrap_or_default();
    let plain = item.field.modifiers.iter().map(|m| format!("|{}", format!("{m:?}").to_lowercase()));
    let key = plain.fold(name, |key, modifier| key + &modifier);
    let spelt = key.replace("|ignorecase", "|i").replace("|multiline", "|m").replace("|dotall", "|s");
    if text.contains(&spelt) { spelt } else { key }
}

fn tokens(pattern: &IrPattern) -> Vec<Token> {
    let token = |part: &IrPatternPart| match part {
        IrPatternPart::Literal(text) => Token::Text(text.clone()),
        IrPatternPart::WildcardMulti => Token::Many,
        IrPatternPart::WildcardSingle => Token::One,
    };
    pattern.parts.iter().map(token).collect()
}

fn sigma_tokens(text: &rsigma_parser::SigmaString) -> Vec<Token> {
    use rsigma_parser::{SpecialChar, StringPart};
    let token = |part: &StringPart| match part {
        StringPart::Plain(text) => Token::Text(text.clone()),
        StringPart::Special(SpecialChar::WildcardMulti) => Token::Many,
        StringPart::Special(SpecialChar::WildcardSingle) => Token::One,
    };
    text.parts.iter().map(token).collect()
}

fn sorted(mut patterns: Vec<Pattern>) -> Vec<Pattern> {
    patterns.sort_unstable();
    patterns.dedup();
    patterns
}

fn relation(op: IrStrOp) -> Relation {
    match op {
        IrStrOp::Exact => Relation::Equals,
        IrStrOp::Contains => Relation::Contains,
        IrStrOp::StartsWith => Relation::StartsWith,
        IrStrOp::EndsWith => Relation::EndsWith,
    }
}

/// Every choice of `count` of the predicates; None when there are too many.
fn choices(all: &[Predicate], count: usize) -> Option<Vec<Vec<Predicate>>> {
    let mut ways: Vec<Vec<Predicate>> = vec![Vec::new()];
    for (index, predicate) in all.iter().enumerate() {
        let with = ways
            .iter()
            .filter(|way| way.len() < count)
            .map(|way| [way.as_slice(), std::slice::from_ref(predicate)].concat());
        let with: Vec<_> = with.collect();
        // Whoever cannot reach `count` any more is dropped, so that the list stays as short as the answer.
        let left = all.len() - index - 1;
        ways.retain(|way| way.len() + left >= count);
        ways.extend(with.into_iter().filter(|way| way.len() + left >= count));
        if ways.len() > MOST_CHOICES {
            return None;
        }
    }
    Some(ways)
}
