//! An [`Op`] made ready to ask of many values.
//!
//! Semantics are those of rsigma-eval 0.23 value by value; the differences that are meant are listed and tested in
//! `oracle`. It looks at values only: finding them, and telling unknown from absent, is the engine's work.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::OnceLock;

use ipnet::IpNet;
use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder, RegexSet};

use super::predicate::{Cmp, Flags, Number, Op, Pattern, Relation, Shape, Token};

/// One value of a field, as a column, a list item or a JSON leaf holds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    /// A JSON object: it exists, and no other test is true of it.
    Object,
}

/// See the module's description.
#[derive(Debug)]
pub struct Matcher(Kind);

#[derive(Debug)]
enum Kind {
    Text(Box<Texts>),
    Regex(Lazy<Regex>),
    Cidr(IpNet),
    Networks(Vec<IpNet>),
    Number(Cmp, Number),
    Bool(bool),
    Null,
    Exists(bool),
    Relation(Relation, bool),
    /// No value passes by itself: `sigma::elements` asks arrays, and a list must be filled first.
    Never,
}

/// Texts to look for, by how they compare.
#[derive(Debug)]
struct Texts {
    folded: Needles,
    cased: Needles,
    wild: Option<Lazy<RegexSet>>,
}

/// Texts to look for, by where.
#[derive(Debug, Default)]
struct Needles {
    /// Sorted.
    equals: Vec<String>,
    starts: Vec<String>,
    ends: Vec<String>,
    contains: Vec<Finder<'static>>,
}

/// An expression, compiled at its first use.
#[derive(Debug)]
struct Lazy<T: Expression> {
    text: T::Text,
    made: OnceLock<Option<T>>,
}

trait Expression: Sized {
    type Text: std::fmt::Debug;

    fn make(text: &Self::Text) -> Result<Self, regex::Error>;
    fn is_match(&self, text: &str) -> bool;
}

impl Expression for Regex {
    type Text = (String, Flags);

    fn make((pattern, flags): &(String, Flags)) -> Result<Regex, regex::Error> {
        RegexBuilder::new(pattern)
            .case_insensitive(flags.ignore_case)
            .multi_line(flags.multi_line)
            .dot_matches_new_line(flags.dot_all)
            .build()
    }

    fn is_match(&self, text: &str) -> bool {
        Regex::is_match(self, text)
    }
}

impl Expression for RegexSet {
    type Text = Vec<String>;

    fn make(patterns: &Vec<String>) -> Result<RegexSet, regex::Error> {
        RegexSet::new(patterns)
    }

    fn is_match(&self, text: &str) -> bool {
        RegexSet::is_match(self, text)
    }
}

impl<T: Expression> Lazy<T> {
    /// An expression that cannot be compiled matches nothing; [`Matcher::check`] refused its rule.
    fn is_match(&self, text: &str) -> bool {
        self.made.get_or_init(|| T::make(&self.text).ok()).as_ref().is_some_and(|made| made.is_match(text))
    }
}

impl Matcher {
    /// Makes `op` ready. Regular expressions are compiled when they are first asked: most never are, since cheaper tests
    /// decide, and to compile them all would take longer than to replay a case.
    pub fn new(op: &Op) -> Matcher {
        Matcher(match op {
            Op::AnyText(patterns) => texts(patterns),
            Op::Regex { pattern, flags } => {
                Kind::Regex(Lazy { text: (pattern.clone(), *flags), made: OnceLock::new() })
            }
            Op::Cidr(net) => Kind::Cidr(*net),
            Op::Number { cmp, value } => Kind::Number(*cmp, *value),
            Op::Bool(wanted) => Kind::Bool(*wanted),
            Op::Null => Kind::Null,
            Op::Exists(wanted) => Kind::Exists(*wanted),
            Op::FieldRef { relation, cased, .. } => Kind::Relation(*relation, *cased),
            Op::Networks(nets) => Kind::Networks(nets.clone()),
            Op::Elements { .. } | Op::List { .. } => Kind::Never,
        })
    }

    /// Proves that `op` can be compiled.
    ///
    /// # Errors
    /// When a regular expression is wrong or too large.
    pub fn check(op: &Op) -> Result<(), regex::Error> {
        match Matcher::new(op).0 {
            Kind::Text(texts) => texts.wild.map_or(Ok(()), |wild| RegexSet::make(&wild.text).map(drop)),
            Kind::Regex(lazy) => Regex::make(&lazy.text).map(drop),
            _ => Ok(()),
        }
    }

    /// Says whether the one value passes. A reference to another field needs [`Matcher::relates`] and is false here.
    pub fn matches(&self, value: Value<'_>) -> bool {
        match &self.0 {
            Kind::Text(texts) => as_text(value).is_some_and(|text| {
                (!texts.cased.is_empty() && texts.cased.find(&text))
                    || (!texts.folded.is_empty() && texts.folded.find(&fold(&text)))
                    || texts.wild.as_ref().is_some_and(|set| set.is_match(&text))
            }),
            Kind::Regex(regex) => as_text(value).is_some_and(|text| regex.is_match(&text)),
            Kind::Cidr(net) => match value {
                Value::Text(text) => text.parse::<IpAddr>().is_ok_and(|ip| net.contains(&ip)),
                _ => false,
            },
            Kind::Networks(nets) => match value {
                Value::Text(text) => text.trim().parse().is_ok_and(|ip: IpAddr| is_in(nets, ip.to_canonical())),
                _ => false,
            },
            Kind::Number(cmp, wanted) => as_number(value).is_some_and(|number| compare(*cmp, number, wanted.get())),
            Kind::Bool(wanted) => match value {
                Value::Bool(found) => found == *wanted,
                Value::Text(text) => truth(text) == Some(*wanted),
                _ => false,
            },
            Kind::Null => value == Value::Null,
            Kind::Exists(wanted) => (value != Value::Null) == *wanted,
            Kind::Relation(..) | Kind::Never => false,
        }
    }

    /// Says whether a field with these values passes: the meaning of a test for lists, arrays and missing fields.
    pub fn matches_any<'a>(&self, values: impl IntoIterator<Item = Value<'a>>) -> bool {
        let mut values = values.into_iter();
        match self.0 {
            Kind::Null | Kind::Exists(false) => values.all(|value| value == Value::Null),
            _ => values.any(|value| self.matches(value)),
        }
    }

    /// Says whether a value relates to one of the other field. Always false when this is no field reference.
    pub fn relates(&self, value: Value<'_>, other: Value<'_>) -> bool {
        let Kind::Relation(relation, cased) = self.0 else { return false };
        let (Some(left), Some(right)) = (as_text(value), as_text(other)) else { return false };
        let (left, right) = if cased { (left, right) } else { (lower(left), lower(right)) };
        match relation {
            Relation::Equals => left == right,
            Relation::Contains => left.contains(right.as_ref()),
            Relation::StartsWith => left.starts_with(right.as_ref()),
            Relation::EndsWith => left.ends_with(right.as_ref()),
        }
    }
}

impl Needles {
    fn is_empty(&self) -> bool {
        self.equals.is_empty() && self.starts.is_empty() && self.ends.is_empty() && self.contains.is_empty()
    }

    fn find(&self, text: &str) -> bool {
        self.equals.binary_search_by(|needle| needle.as_str().cmp(text)).is_ok()
            || self.starts.iter().any(|needle| text.starts_with(needle.as_str()))
            || self.ends.iter().any(|needle| text.ends_with(needle.as_str()))
            || self.contains.iter().any(|needle| needle.find(text.as_bytes()).is_some())
    }
}

/// Sorted and apart, the only network that can hold an address is the last that does not begin behind it.
fn is_in(nets: &[IpNet], ip: IpAddr) -> bool {
    let behind = nets.partition_point(|net| net.network() <= ip);
    behind.checked_sub(1).and_then(|at| nets.get(at)).is_some_and(|net| net.contains(&ip))
}

fn texts(patterns: &[Pattern]) -> Kind {
    let (mut folded, mut cased, mut wild) = (Needles::default(), Needles::default(), Vec::new());
    for pattern in patterns {
        let needles = if pattern.cased { &mut cased } else { &mut folded };
        match &pattern.shape {
            Shape::Equals(text) => needles.equals.push(text.clone()),
            Shape::StartsWith(text) => needles.starts.push(text.clone()),
            Shape::EndsWith(text) => needles.ends.push(text.clone()),
            Shape::Contains(text) => needles.contains.push(Finder::new(text).into_owned()),
            Shape::Wildcard(tokens) => wild.push(expression(tokens, pattern.cased)),
        }
    }
    folded.equals.sort_unstable();
    cased.equals.sort_unstable();
    let wild = (!wild.is_empty()).then(|| Lazy { text: wild, made: OnceLock::new() });
    Kind::Text(Box::new(Texts { folded, cased, wild }))
}

fn expression(tokens: &[Token], cased: bool) -> String {
    let mut text = String::from(if cased { "(?s)^" } else { "(?si)^" });
    for token in tokens {
        match token {
            Token::Text(literal) => text.push_str(&regex::escape(literal)),
            Token::Many => text.push_str(".*"),
            Token::One => text.push('.'),
        }
    }
    text.push('$');
    text
}

/// The lower case of Unicode; without a copy when there is nothing to change.
fn fold(text: &str) -> Cow<'_, str> {
    // One look without a branch a byte: nearly every text is lower-case ASCII.
    let plain = text.bytes().fold(true, |plain, byte| plain & byte.is_ascii() & !byte.is_ascii_uppercase());
    match plain {
        true => Cow::Borrowed(text),
        false if text.is_ascii() => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Owned(text.to_lowercase()),
    }
}

fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    match fold(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(folded) => Cow::Owned(folded),
    }
}

fn as_text(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(text) => Some(Cow::Borrowed(text)),
        Value::Int(number) => Some(Cow::Owned(number.to_string())),
        Value::Float(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if flag { "true" } else { "false" })),
        Value::Null | Value::Object => None,
    }
}

/// Sigma compares numbers as floats; those of audit events are small enough to be exact.
fn as_number(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Int(number) => Some(number as f64),
        Value::Float(number) => Some(number),
        Value::Text(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Object => None,
    }
}

fn compare(cmp: Cmp, left: f64, right: f64) -> bool {
    let equal = (left - right).abs() < f64::EPSILON;
    match cmp {
        Cmp::Lt => left < right,
        Cmp::Lte => left <= right,
        Cmp::Gt => left > right,
        Cmp::Gte => left >= right,
        Cmp::Eq => equal,
        Cmp::Ne => !equal,
    }
}

fn truth(text: &str) -> Option<bool> {
    match fold(text).as_ref() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts_like(texts: &[&str], cased: bool) -> Matcher {
        let tokens = |text: &str| -> Vec<Token> {
            text.split_inclusive('*')
                .flat_map(|part| match part.strip_suffix('*') {
                    Some(literal) => vec![Token::Text(literal.into()), Token::Many],
                    None => vec![Token::Text(part.into())],
                })
                .collect()
        };
        Matcher::new(&Op::AnyText(texts.iter().map(|t| Pattern::new(tokens(t), cased)).collect()))
    }

    #[test]
    fn text_has_no_case_unless_asked() {
        assert!(texts_like(&["Straße", "x"], false).matches(Value::Text("STRAßE")));
        assert!(!texts_like(&["Straße"], true).matches(Value::Text("straße")));
        assert!(texts_like(&["kube*Probe/*"], false).matches(Value::Text("KUBE-probe/1.31")));
        assert!(!texts_like(&["kube*probe"], false).matches(Value::Text("kube-probe/1.31")));
    }

    #[test]
    fn a_number_met_by_text_is_its_json_text() {
        assert!(texts_like(&["20*"], false).matches(Value::Int(201)));
        assert!(texts_like(&["true"], false).matches(Value::Bool(true)));
        let code = Op::Number { cmp: Cmp::Lt, value: Number::new(300.0).unwrap() };
        assert!(Matcher::new(&code).matches(Value::Text("200")));
        assert!(!Matcher::new(&code).matches(Value::Text("OK")));
    }

    #[test]
    fn a_wildcard_spans_line_breaks() {
        assert!(texts_like(&["sh*curl*evil"], false).matches(Value::Text("sh -c\ncurl x\nevil")));
    }

    #[test]
    fn a_regular_expression_has_case_and_no_anchors() {
        let op = |flags| Op::Regex { pattern: "^b.c".into(), flags };
        assert!(!Matcher::new(&op(Flags::default())).matches(Value::Text("a\nB\nc")));
        let all = Flags { ignore_case: true, multi_line: true, dot_all: true };
        assert!(Matcher::new(&op(all)).matches(Value::Text("a\nB\nc")));
        assert!(Matcher::check(&Op::Regex { pattern: "(".into(), flags: all }).is_err());
    }

    #[test]
    fn null_is_the_absence_of_any_value() {
        let null = Matcher::new(&Op::Null);
        assert!(null.matches_any([]) && null.matches_any([Value::Null, Value::Null]));
        assert!(!null.matches_any([Value::Null, Value::Bool(false)]));
        let exists = Matcher::new(&Op::Exists(true));
        assert!(exists.matches_any([Value::Null, Value::Object]) && !exists.matches_any([]));
    }

    #[test]
    fn a_reference_compares_two_values() {
        let other = crate::sigma::fields::Field::named("user.username").unwrap();
        let op = |cased| Op::FieldRef { other: other.clone(), relation: Relation::EndsWith, cased };
        let (left, right) = (Value::Text("system:Lena"), Value::Text("lena"));
        assert!(Matcher::new(&op(false)).relates(left, right));
        assert!(!Matcher::new(&op(true)).relates(left, right));
        assert!(!Matcher::new(&op(false)).relates(left, Value::Null));
    }
}
