//! Sigma rules as text in, predicates and correlations as values out.
//!
//! It opens no files and asks no events. A document that cannot be used is a [`Diagnostic`] with its place, and never
//! keeps the others from being used.

mod collection;
mod correlation;
mod diagnostic;
pub mod elements;
mod encode;
pub mod fields;
mod first;
pub mod lint;
pub mod lists;
pub mod logsource;
mod lower;
pub mod matcher;
mod never;
#[cfg(test)]
mod oracle;
mod parse;
pub mod predicate;
mod rule;
mod select;
mod sql;
mod words;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use rsigma_parser::{CorrelationRule, FilterRuleTarget};
use yaml_serde::Value;

use self::collection::{Part as Piece, Says};
use self::correlation::Named;
pub use self::correlation::{Condition, Correlation, CorrelationKind, Key, Measure, Origin, Part, Words};
pub(crate) use self::diagnostic::{Document, documents};
pub use self::fields::{Field, Side, Source};
pub use self::first::First;
pub use self::lists::Lists;
pub use self::logsource::{LOGSOURCES, LogSource};
pub use self::matcher::Matcher;
use self::parse::Parsed;
pub use self::predicate::{Elements, Needs, Op, Predicate, Test, needs, verbs};
pub use self::rule::{Exception, Level, Meta, Over, Rule};
pub use self::sql::Sql;
use crate::error::Diagnostic;

/// The text of one file, and what to call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    pub path: String,
    pub text: String,
}

/// Rules, correlations and exceptions that can be used, each sorted by name; a correlation comes after those it names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleSet {
    pub rules: Vec<Rule>,
    pub correlations: Vec<Correlation>,
    pub exceptions: Vec<Exception>,
    /// Lists that fill `%name%` in rules and exceptions.
    pub lists: Lists,
}

impl RuleSet {
    /// Everything whose hits are findings, with the rules that see its events: rules first, then correlations.
    pub fn reported(&self) -> impl Iterator<Item = (&Meta, Vec<&Rule>)> {
        let rules = self.rules.iter().filter(|rule| rule.meta.reported).map(|rule| (&rule.meta, vec![rule]));
        let parts = |c: &Correlation| self.rules_of(c).into_iter().filter_map(|rule| self.rules.get(rule)).collect();
        let correlations = self.correlations.iter().filter(|c| c.meta.reported);
        rules.chain(correlations.map(move |c| (&c.meta, parts(c))))
    }

    /// The places of the rules a correlation is made of, those of its correlations included; each once, in the order they
    /// are named.
    pub fn rules_of(&self, correlation: &Correlation) -> Vec<usize> {
        let mut rules = Vec::new();
        for part in &correlation.parts {
            let more = match part {
                Part::Rule(rule) => vec![*rule],
                Part::Correlation(place) => self.rules_of(&self.correlations[*place]),
            };
            rules.extend(more.into_iter().filter(|rule| !rules.contains(rule)).collect::<Vec<_>>());
        }
        rules
    }
}

/// Reads rules. What cannot be used is told, in the order of the files; the rest is returned.
///
/// ```
/// use coldcase::sigma::{RuleFile, load};
///
/// let text = "title: A pod was deleted\ndetection:\n  gone: {verb: delete, objectRef.resource: pods}\n  condition: gone\n";
/// let (set, problems) = load(&[RuleFile { path: "im-pod-delete.yml".into(), text: text.into() }]);
/// assert!(problems.is_empty());
/// assert_eq!(set.rules[0].meta.name, "im-pod-delete");
/// ```
pub fn load(files: &[RuleFile]) -> (RuleSet, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    let mut waiting: BTreeMap<String, Waiting<'_>> = BTreeMap::new();
    let mut filters: BTreeMap<String, Filter<'_>> = BTreeMap::new();
    let mut fed = Fed::default();
    let mut taken: HashMap<String, String> = HashMap::new();
    let parts: Vec<Piece<'_>> = files.iter().flat_map(collection::parts).collect();
    for (Piece { document, .. }, read) in parts.iter().zip(read_all(&parts)) {
        let Some(read) = read else { continue };
        fed.hidden.extend(read.fed.hidden);
        fed.shown.extend(read.fed.shown);
        let loaded = read.parsed.and_then(|parsed| {
            let meta = match &parsed {
                Read::Rule(rule) => &rule.meta,
                Read::Correlation(_, meta) | Read::Filter(.., meta) => meta,
            };
            // An id is another way to name a rule, so it must be as unique as the name.
            for name in [Some(&meta.name), meta.id.as_ref()].into_iter().flatten() {
                let here = format!("{}:{}", meta.file, meta.line);
                if let Some(there) = taken.insert(name.clone(), here) {
                    let key = if *name == meta.name { "name" } else { "id" };
                    let message = format!("{key} {name} is taken by {there}");
                    return Err(vec![document.problem(&[key], message, "give each document its own")]);
                }
            }
            match parsed {
                Read::Rule(rule) => drop(rules.insert(rule.meta.name.clone(), *rule)),
                Read::Correlation(rule, meta) => {
                    waiting.insert(meta.name.clone(), Waiting { rule, meta: *meta, document });
                }
                Read::Filter(predicate, rules, not_for, over, meta) => {
                    filters.insert(
                        meta.name.clone(),
                        Filter { predicate: *predicate, rules, not_for, over, meta: *meta, document },
                    );
                }
            }
            Ok(())
        });
        problems.extend(loaded.err().into_iter().flatten());
    }
    let mut rules: Vec<Rule> = rules.into_values().collect();
    for rule in &mut rules {
        rule.meta.reported = !fed.hides(&rule.meta);
    }
    for waiting in waiting.values_mut() {
        waiting.meta.reported = !fed.hides(&waiting.meta);
    }
    let correlations = correlate(waiting, &rules, &mut problems);
    let exceptions = except(filters, &rules, &mut problems);
    let order: HashMap<&str, usize> =
        files.iter().enumerate().map(|(place, file)| (file.path.as_str(), place)).collect();
    problems.sort_by_key(|problem| (order.get(problem.file.as_str()).copied(), problem.line, problem.column));
    (RuleSet { rules, correlations, exceptions, lists: Lists::default() }, problems)
}

/// What one document says, by itself.
struct Reading {
    fed: Fed,
    parsed: Result<Read, Vec<Diagnostic>>,
}

enum Read {
    Rule(Box<Rule>),
    Correlation(Box<CorrelationRule>, Box<Meta>),
    /// What it excepts, from which rules, and the rules and log source that `any` does not and does mean.
    Filter(Box<Predicate>, FilterRuleTarget, Vec<String>, Over, Box<Meta>),
}

/// Reads documents side by side: a large rule set takes longer to read than to replay.
fn read_all(all: &[Piece<'_>]) -> Vec<Option<Reading>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = all.len().div_ceil(threads).max(16);
    std::thread::scope(|scope| {
        let parts = all.chunks(share).map(|part| scope.spawn(|| part.iter().map(read).collect::<Vec<_>>()));
        let parts: Vec<_> = parts.collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Reads a document; None of one that is only there for others.
fn read(Piece { document, says }: &Piece<'_>) -> Option<Reading> {
    let mut fed = Fed::default();
    let yaml = match says {
        Says::Itself => parse::yaml(document).map(|yaml| (yaml, Cow::Borrowed(document.text))),
        Says::Joined(yaml) => parse::text(document, yaml).map(|text| ((**yaml).clone(), Cow::Owned(text))),
        Says::Wrong(problem) => Err(problem.clone()),
        Says::Template => return None,
    };
    let parsed = yaml.map_err(|problem| vec![problem]).and_then(|(yaml, text)| {
        fed.read(&yaml);
        Ok(match parse::parse(document, &yaml, &text)? {
            Parsed::Rule(rule, meta) => {
                let over = Over::read(&yaml);
                let predicate = lower::lower(&rule.detection, "detection", over, document)?;
                let first = First::read(document, &yaml, over)?;
                Read::Rule(Box::new(Rule { meta, predicate, sql: None, first, over }))
            }
            Parsed::Sql(sql, meta) => {
                let (over, never) = (Over::read(&yaml), Predicate::negate(Predicate::True));
                Read::Rule(Box::new(Rule { meta, predicate: never, sql: Some(sql), first: None, over }))
            }
            Parsed::Filter(filter, meta) => {
                let over = Over::read(&yaml);
                let kept = lower::lower(&filter.detection, "filter", over, document)?;
                Read::Filter(
                    Box::new(Predicate::negate(kept)),
                    filter.rules,
                    texts(yaml.get("not-for")),
                    over,
                    Box::new(meta),
                )
            }
            Parsed::Correlation(rule, meta) => Read::Correlation(rule, Box::new(meta)),
        })
    });
    Some(Reading { fed, parsed })
}

/// A correlation read before all the rules it names.
struct Waiting<'a> {
    rule: Box<CorrelationRule>,
    meta: Meta,
    document: &'a Document<'a>,
}

/// A filter read before all the rules it names.
struct Filter<'a> {
    predicate: Predicate,
    rules: FilterRuleTarget,
    not_for: Vec<String>,
    /// What its log source is: `any` means the rules of that.
    over: Over,
    meta: Meta,
    document: &'a Document<'a>,
}

/// Finds the rules that filters name. Read by themselves, filters have no rules to name, and nothing is wrong with them.
fn except(filters: BTreeMap<String, Filter<'_>>, rules: &[Rule], problems: &mut Vec<Diagnostic>) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    let unknown = |key: &str, name: &str, document: &Document<'_>, problems: &mut Vec<Diagnostic>| {
        if !rules.is_empty() {
            let hint = "name a rule over events by its name: or id:; a correlation is excepted by its rules";
            problems.push(document.problem(&[key, name], format!("no rule is called {name}"), hint));
        }
    };
    for Filter { predicate, rules: named, not_for, over, meta, document } in filters.into_values() {
        let places = match named {
            FilterRuleTarget::Any => {
                let named = |rule: &Rule| not_for.contains(&rule.meta.name);
                for name in not_for.iter().filter(|name| !rules.iter().any(|rule| rule.meta.name == **name)) {
                    unknown("not-for", name, document, problems);
                }
                let meant = |rule: &Rule| match over {
                    Over::Objects => rule.over.objects(),
                    Over::Events | Over::Both => rule.over.events(),
                    Over::Log(_) => rule.over == over,
                };
                (0..rules.len()).filter(|place| meant(&rules[*place]) && !named(&rules[*place])).collect()
            }
            FilterRuleTarget::Specific(names) => {
                let mut places = Vec::new();
                for name in names {
                    let names = |known: &Rule| known.meta.name == name || known.meta.id.as_ref() == Some(&name);
                    match rules.iter().position(names) {
                        Some(place) => places.push(place),
                        None => unknown("filter", &name, document, problems),
                    }
                }
                places
            }
        };
        exceptions.push(Exception { meta, predicate, rules: places, over });
    }
    exceptions
}

/// Finds the rules and correlations that correlations name; those that name none come first.
fn correlate(
    mut waiting: BTreeMap<String, Waiting<'_>>,
    rules: &[Rule],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Correlation> {
    let mut correlations: Vec<Correlation> = Vec::new();
    loop {
        let is_called = |meta: &Meta, name: &str| meta.name == name || meta.id.as_deref() == Some(name);
        let waits = |name: &String| waiting.values().any(|other| is_called(&other.meta, name));
        let ready: Vec<String> = waiting
            .iter()
            .filter(|(_, waiting)| !waiting.rule.rules.iter().any(waits))
            .map(|(name, _)| name.clone())
            .collect();
        if ready.is_empty() {
            break;
        }
        let ready: Vec<Waiting<'_>> = ready.iter().filter_map(|name| waiting.remove(name)).collect();
        let mut made = Vec::new();
        for Waiting { rule, meta, document } in ready {
            let before = problems.len();
            let mut parts: Vec<(Part, Named<'_>)> = Vec::new();
            for name in &rule.rules {
                let path = ["correlation", "rules", name.as_str()];
                let rule = rules.iter().position(|known| is_called(&known.meta, name)).map(Part::Rule);
                let chain =
                    || correlations.iter().position(|known| is_called(&known.meta, name)).map(Part::Correlation);
                match rule.or_else(chain) {
                    Some(part) if parts.iter().any(|(other, _)| *other == part) => {
                        problems.push(document.problem(&path, format!("{name} is named twice"), "name each rule once"));
                    }
                    Some(part @ Part::Correlation(place)) => {
                        parts.push((part, Named::Correlation(&correlations[place])));
                    }
                    Some(part @ Part::Rule(place)) => parts.push((part, Named::Rule(rules[place].over))),
                    None => {
                        let hint = "name a rule or correlation by its name: or id:; one with a problem is left out";
                        problems.push(document.problem(&path, format!("no rule is called {name}"), hint));
                    }
                }
            }
            if rule.rules.is_empty() {
                problems.push(document.problem(
                    &["correlation", "rules"],
                    "a correlation needs rules",
                    "name one or more",
                ));
            }
            if problems.len() > before {
                continue;
            }
            match correlation::lower(&rule, parts, meta, document) {
                Ok(correlation) => made.push(correlation),
                Err(more) => problems.extend(more),
            }
        }
        correlations.extend(made);
    }
    for Waiting { rule, meta, document } in waiting.values() {
        let others = rule.rules.iter().find(|name| {
            waiting.values().any(|other| other.meta.name == **name || other.meta.id.as_ref() == Some(*name))
        });
        let path = ["correlation", "rules", others.map_or("", String::as_str)];
        let message = format!("{} is made of itself, or waits for one that is", meta.name);
        problems.push(document.problem(&path, message, "leave one out of the circle"));
    }
    correlations
}

/// The texts of a list, or the only one.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Sequence(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

/// Which rules and correlations only feed correlations. Read from the YAML, so that it holds when the correlation has a problem too:
/// a rule that was never meant to be reported must not become a finding by another rule's mistake.
#[derive(Default)]
struct Fed {
    hidden: HashSet<String>,
    shown: HashSet<String>,
}

impl Fed {
    fn read(&mut self, yaml: &Value) {
        let Some(correlation) = yaml.get("correlation") else { return };
        let generate = [yaml.get("generate"), correlation.get("generate")]
            .into_iter()
            .flatten()
            .any(|v| v.as_bool() == Some(true));
        let names = texts(correlation.get("rules"));
        if generate { self.shown.extend(names) } else { self.hidden.extend(names) }
    }

    fn hides(&self, meta: &Meta) -> bool {
        let named =
            |set: &HashSet<String>| set.contains(&meta.name) || meta.id.as_ref().is_some_and(|id| set.contains(id));
        named(&self.hidden) && !named(&self.shown)
    }
}

#[cfg(test)]
mod tests;
