//! A predicate in words, for those who want to know what a rule asks.

use std::fmt;

use super::predicate::{Cmp, Elements, Op, Predicate, Relation, Shape, Test, Token};

/// As many networks of a list as are shown.
const SHOWN: usize = 3;

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.field)?;
        match &self.op {
            Op::AnyText(patterns) => {
                let shapes: Vec<String> = patterns.iter().map(|pattern| shape(&pattern.shape)).collect();
                f.write_str(&shapes.join(", or "))
            }
            Op::Regex { pattern, .. } => write!(f, "matches /{pattern}/"),
            Op::Cidr(net) => write!(f, "is in {net}"),
            Op::Networks(nets) => {
                let some: Vec<String> = nets.iter().take(SHOWN).map(ToString::to_string).collect();
                let more = if nets.len() > SHOWN { " …" } else { "" };
                write!(f, "is in one of {} networks: {}{more}", nets.len(), some.join(", "))
            }
            Op::List { name, before, after, .. } => write!(f, "is in list {before}%{name}%{after}"),
            Op::Number { cmp, value } => write!(f, "{} {}", symbol(*cmp), value.get()),
            Op::Bool(value) => write!(f, "is {value}"),
            Op::Null => f.write_str("is absent"),
            Op::Exists(true) => f.write_str("is there"),
            Op::Exists(false) => f.write_str("is not there"),
            Op::Elements { quantifier, .. } => f.write_str(match quantifier {
                Elements::Any => "has an element with",
                Elements::All => "has elements, each with",
                Elements::AllOrEmpty => "has no element without",
                Elements::None => "has no element with",
            }),
            Op::FieldRef { other, relation, .. } => {
                let how = match relation {
                    Relation::Equals => "is",
                    Relation::Contains => "contains",
                    Relation::StartsWith => "starts with",
                    Relation::EndsWith => "ends with",
                };
                write!(f, "{how} the value of {other}")
            }
        }
    }
}

fn shape(shape: &Shape) -> String {
    match shape {
        Shape::Equals(text) if text.is_empty() => "is empty".to_owned(),
        Shape::Equals(text) => format!("is {text}"),
        Shape::StartsWith(text) => format!("starts with {text}"),
        Shape::EndsWith(text) => format!("ends with {text}"),
        Shape::Contains(text) if text.is_empty() => "is any text".to_owned(),
        Shape::Contains(text) => format!("contains {text}"),
        Shape::Wildcard(tokens) => {
            let token = |token: &Token| match token {
                Token::Text(text) => text.clone(),
                Token::Many => "*".to_owned(),
                Token::One => "?".to_owned(),
            };
            format!("is like {}", tokens.iter().map(token).collect::<String>())
        }
    }
}

fn symbol(cmp: Cmp) -> &'static str {
    match cmp {
        Cmp::Lt => "<",
        Cmp::Lte => "<=",
        Cmp::Gt => ">",
        Cmp::Gte => ">=",
        Cmp::Eq => "=",
        Cmp::Ne => "is not",
    }
}

impl Predicate {
    /// The predicate and its parts, each with its depth and in words, from the whole to the parts.
    ///
    /// ```
    /// use coldcase::sigma::{RuleFile, load};
    /// let text = "title: t\ndetection:\n  a: {verb: get}\n  b: {stage: Panic}\n  condition: a and not b\n";
    /// let (set, _) = load(&[RuleFile { path: "t.yml".into(), text: text.into() }]);
    /// let words: Vec<String> = set.rules[0].predicate.parts().into_iter().map(|(_, words, _)| words).collect();
    /// assert_eq!(words, ["all of", "verb is get", "not", "stage is panic"]);
    /// ```
    pub fn parts(&self) -> Vec<(usize, String, &Predicate)> {
        let mut parts = Vec::new();
        self.add_parts(0, &mut parts);
        parts
    }

    fn add_parts<'a>(&'a self, depth: usize, parts: &mut Vec<(usize, String, &'a Predicate)>) {
        let (words, inner) = match self {
            Predicate::True => ("always".to_owned(), [].as_slice()),
            Predicate::All(all) => ("all of".to_owned(), all.as_slice()),
            Predicate::Any(any) => ("any of".to_owned(), any.as_slice()),
            Predicate::Not(part) => ("not".to_owned(), std::slice::from_ref(&**part)),
            Predicate::Test(test) => match &test.op {
                Op::Elements { body, .. } => (test.to_string(), std::slice::from_ref(&**body)),
                _ => (test.to_string(), [].as_slice()),
            },
        };
        parts.push((depth, words, self));
        inner.iter().for_each(|part| part.add_parts(depth + 1, parts));
    }
}
