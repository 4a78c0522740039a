//! Lists of a site, and what a case knows about its cluster, put where rules name them: `field|expand: '%name%'`.
//!
//! A rule says what is looked for, a list says which values are meant here. An entry that is an address or a network is
//! compared as one, any other as text of Sigma, wildcards too. An entry may be valid for a time only: it counts for events
//! of that time, whenever the list is read. A rule that names a list nobody filled is no rule yet: it never hits, and
//! `rules blind` says so.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use rsigma_parser::{SigmaString, SpecialChar, StringPart};
use yaml_serde::Value;

use super::fields::{Field, Source};
use super::predicate::{Cmp, Number, Op, Pattern, Predicate, Relation, Shape, Test, Token};
use super::{Exception, Rule, RuleSet};
use crate::model::{Micros, Recorded};

/// One value of a list, and the events it counts for: those from `from` on and before `until`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub value: String,
    pub from: Option<Micros>,
    pub until: Option<Micros>,
}

/// Addresses and networks of the cluster.
pub const CLUSTER: &str = "cluster_networks";
/// Public addresses that the cluster's own traffic comes from.
pub const EGRESS: &str = "cluster_egress";
/// Who may reach the API server.
pub const AUTHORISED: &str = "authorized_networks";

/// Lists that the snapshots of a case fill by themselves, and what from; a site file may add to them.
pub static DERIVED: [(&str, &str); 3] = [
    (
        CLUSTER,
        "networks of nodes, pods and services: addresses and podCIDRs of Node, ServiceCIDR, addresses of Pod and Service, \
         networkProfile of the cluster in Azure",
    ),
    (
        EGRESS,
        "public addresses of the cluster: ExternalIP of Node, addresses in the node resource group of the cluster in Azure",
    ),
    (AUTHORISED, "authorised address ranges of the API server of the cluster in Azure"),
];

/// Lists by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lists(BTreeMap<String, Vec<Entry>>);

/// A list of a site file: its entries, or the file they are in, relative to it.
#[derive(Debug, PartialEq, Eq)]
pub enum Listed {
    Entries(Vec<Entry>),
    File(String),
}

/// Reads a site file: `lists:`, by name a list of values or `{value, from, until}`, or `{file: NAME}`.
///
/// # Errors
/// In words, what in it cannot be used.
pub fn site(text: &str) -> Result<Vec<(String, Listed)>, String> {
    let yaml: Value = yaml_serde::from_str(text).map_err(|error| format!("this is no YAML: {error}"))?;
    let Some(Value::Mapping(lists)) = yaml.get("lists") else {
        return Err("a site file has lists:, each with a name and values".into());
    };
    let mut read = Vec::new();
    for (name, list) in lists {
        let name = name.as_str().filter(|name| is_name(name)).ok_or("a list's name is letters, digits and _")?;
        let listed = match list {
            Value::Sequence(all) => Listed::Entries(all.iter().map(entry).collect::<Result<_, _>>()?),
            Value::Null => Listed::Entries(Vec::new()),
            other => match other.get("file").and_then(Value::as_str) {
                Some(file) => Listed::File(file.to_owned()),
                None => return Err(format!("list {name} is neither a list of values nor {{file: NAME}}")),
            },
        };
        read.push((name.to_owned(), listed));
    }
    Ok(read)
}

/// Reads a file of values: one a line, with `from` and `until` behind it when they are known, separated by commas. Blank
/// lines, lines that begin with `#` and a head line `value,…` are left out.
///
/// # Errors
/// In words, the first line that cannot be used.
pub fn file(text: &str) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut cells = line.split(',').map(|cell| cell.trim().trim_matches('"'));
        let value = cells.next().unwrap_or_default();
        if value.is_empty() || value.starts_with('#') || (number == 0 && value.eq_ignore_ascii_case("value")) {
            continue;
        }
        let mut cell = |what: &str| moment(cells.next(), what).map_err(|why| format!("line {}: {why}", number + 1));
        entries.push(Entry { value: value.to_owned(), from: cell("from")?, until: cell("until")? });
    }
    Ok(entries)
}

fn entry(value: &Value) -> Result<Entry, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    if let Some(value) = text(value) {
        return Ok(Entry { value, from: None, until: None });
    }
    let of = |key: &str| value.get(key).and_then(text);
    let named = of("value").ok_or("an entry is a value, or {value, from, until}")?;
    let [from, until] = ["from", "until"].map(|key| moment(of(key).as_deref(), key));
    Ok(Entry { value: named, from: from?, until: until? })
}

/// A time, or a day, which begins at midnight UTC.
fn moment(text: Option<&str>, what: &str) -> Result<Option<Micros>, String> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let read = Micros::parse(text).or_else(|| Micros::parse(&format!("{text}T00:00:00Z")));
    read.map(Some).ok_or_else(|| format!("{what} {text} is no time; write 2026-03-01 or 2026-03-01T08:00:00Z"))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A value with a placeholder: what stands before it, its name, and what stands behind it.
///
/// # Errors
/// In words, when there is more than one.
pub fn placeholder(text: &str) -> Result<Option<(&str, &str, &str)>, String> {
    let Some((before, rest)) = text.split_once('%') else { return Ok(None) };
    let Some((name, after)) = rest.split_once('%').filter(|(name, _)| is_name(name)) else { return Ok(None) };
    match placeholder(after)? {
        Some(_) => Err("one %list% in a value".into()),
        None => Ok(Some((before, name, after))),
    }
}

impl Lists {
    /// Adds entries to a list, which is known from then on, also when there are none.
    pub fn add(&mut self, name: &str, entries: impl IntoIterator<Item = Entry>) {
        self.0.entry(name.to_owned()).or_default().extend(entries);
    }

    /// Adds the entries of other lists.
    pub fn extend(&mut self, other: &Lists) {
        other.0.iter().for_each(|(name, entries)| self.add(name, entries.iter().cloned()));
    }

    /// Returns the names and how many values each has.
    pub fn sizes(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(name, entries)| (name.as_str(), entries.len()))
    }
}

impl RuleSet {
    /// Says whether a rule or an exception names a list that snapshots fill.
    pub fn asks_derived(&self) -> bool {
        let rules = self.rules.iter().map(|rule| &rule.predicate);
        let mut all = rules.chain(self.exceptions.iter().map(|exception| &exception.predicate));
        let is_derived = |name: &&str| DERIVED.iter().any(|(known, _)| known == name);
        all.any(|predicate| unfilled(predicate).iter().any(is_derived))
    }

    /// The set with the values of its own lists and of `known` in the place of the names of lists.
    pub fn filled(&self, known: &Lists) -> RuleSet {
        let mut lists = self.lists.clone();
        lists.extend(known);
        let rule = |rule: &Rule| Rule { predicate: fill(&rule.predicate, &lists, true), ..rule.clone() };
        let exception = |e: &Exception| Exception { predicate: fill(&e.predicate, &lists, true), ..e.clone() };
        RuleSet {
            rules: self.rules.iter().map(rule).collect(),
            correlations: self.correlations.clone(),
            exceptions: self.exceptions.iter().map(exception).collect(),
            lists,
        }
    }
}

/// The lists a predicate names that were not filled.
pub fn unfilled(predicate: &Predicate) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    predicate.each_test(&mut |test| match &test.op {
        Op::List { name, .. } => drop(names.insert(name.as_str())),
        Op::Elements { body, .. } => names.extend(unfilled(body)),
        _ => {}
    });
    names
}

/// `event`: the predicate is about an event, which has a time, and not about an element of an array.
fn fill(predicate: &Predicate, lists: &Lists, event: bool) -> Predicate {
    match predicate {
        Predicate::True => Predicate::True,
        Predicate::All(parts) => Predicate::all(parts.iter().map(|part| fill(part, lists, event))),
        Predicate::Any(parts) => Predicate::any(parts.iter().map(|part| fill(part, lists, event))),
        Predicate::Not(part) => Predicate::negate(fill(part, lists, event)),
        Predicate::Test(Test { field, op }) => match op {
            Op::List { name, .. } => match lists.0.get(name) {
                Some(entries) => listed(field, op, entries, event),
                None => predicate.clone(),
            },
            Op::Elements { quantifier, body } => {
                let op = Op::Elements { quantifier: *quantifier, body: Box::new(fill(body, lists, false)) };
                Predicate::Test(Test { field: field.clone(), op })
            }
            _ => predicate.clone(),
        },
    }
}

/// From when on and until when an entry counts.
type Validity = (Option<Micros>, Option<Micros>);

/// The test that a field has a value of the list: one of networks and one of texts for each time of validity.
fn listed(field: &Field, op: &Op, entries: &[Entry], event: bool) -> Predicate {
    let mut by_time: BTreeMap<Validity, (Vec<IpNet>, Vec<Pattern>)> = BTreeMap::new();
    for entry in entries {
        let (networks, texts) = by_time.entry((entry.from, entry.until)).or_default();
        match network(op, &entry.value) {
            Some(network) => networks.push(network),
            None => texts.push(pattern(op, &entry.value)),
        }
    }
    let test = |op: Op| Predicate::Test(Test { field: field.clone(), op });
    let any = |networks: Vec<IpNet>, mut texts: Vec<Pattern>| {
        texts.sort_unstable();
        texts.dedup();
        // Joined, so that one of them at most holds an address.
        let networks = IpNet::aggregate(&networks);
        let networks = (!networks.is_empty()).then(|| test(Op::Networks(networks)));
        let texts = (!texts.is_empty()).then(|| test(Op::AnyText(texts)));
        Predicate::any(networks.into_iter().chain(texts))
    };
    let times = by_time.keys().any(|(from, until)| from.is_some() || until.is_some());
    if !times || !event {
        let all = by_time.into_values().reduce(|(mut networks, mut texts), (more, others)| {
            networks.extend(more);
            texts.extend(others);
            (networks, texts)
        });
        let (networks, texts) = all.unwrap_or_default();
        return any(networks, texts);
    }
    // First of all values together, which few events pass, then of each time by itself.
    let (networks, texts) = by_time.values().cloned().fold((Vec::new(), Vec::new()), |mut all, (networks, texts)| {
        all.0.extend(networks);
        all.1.extend(texts);
        all
    });
    let each = by_time.into_iter().map(|((from, until), (networks, texts))| {
        let from = from.and_then(|from| when(Cmp::Gte, from));
        let until = until.and_then(|until| when(Cmp::Lt, until));
        Predicate::all([from, until, Some(any(networks, texts))].into_iter().flatten())
    });
    Predicate::all([any(networks, texts), Predicate::any(each.collect::<Vec<_>>())])
}

/// The time of the event; microseconds of this age are exact as a float.
fn when(cmp: Cmp, time: Micros) -> Option<Predicate> {
    let field = Field { name: "time".into(), source: Source::Column("time"), root: Recorded::ALL };
    let value = Number::new(time.0 as f64)?;
    Some(Predicate::Test(Test { field, op: Op::Number { cmp, value } }))
}

/// The network an entry is when it is a whole value.
fn network(op: &Op, value: &str) -> Option<IpNet> {
    match op {
        Op::List { relation: Relation::Equals, before, after, .. } if before.is_empty() && after.is_empty() => {
            let address = || value.parse().ok().map(|ip: std::net::IpAddr| IpNet::from(ip.to_canonical()));
            value.parse::<IpNet>().ok().map(|net| net.trunc()).or_else(address)
        }
        _ => None,
    }
}

fn pattern(op: &Op, value: &str) -> Pattern {
    let Op::List { before, after, relation, cased, .. } = op else {
        return Pattern { shape: Shape::Equals(value.to_owned()), cased: true };
    };
    let (open, close) = match relation {
        Relation::Equals => (false, false),
        Relation::Contains => (true, true),
        Relation::StartsWith => (false, true),
        Relation::EndsWith => (true, false),
    };
    let text = format!("{before}{value}{after}");
    let token = |part: &StringPart| match part {
        StringPart::Plain(text) => Token::Text(text.clone()),
        StringPart::Special(SpecialChar::WildcardMulti) => Token::Many,
        StringPart::Special(SpecialChar::WildcardSingle) => Token::One,
    };
    let tokens = SigmaString::new(&text).parts.iter().map(token).collect::<Vec<_>>();
    let many = |wanted: bool| wanted.then_some(Token::Many);
    Pattern::new(many(open).into_iter().chain(tokens).chain(many(close)), *cased)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigma::{RuleFile, load};

    fn rule(selection: &str) -> (RuleSet, Vec<String>) {
        let text = format!("title: t\ndetection:\n  s: {selection}\n  condition: s\n");
        let (set, problems) = load(&[RuleFile { path: "t.yml".into(), text }]);
        (set, problems.iter().map(ToString::to_string).collect())
    }

    fn lists(text: &str) -> Lists {
        let mut lists = Lists::default();
        for (name, listed) in site(text).unwrap() {
            let Listed::Entries(entries) = listed else { panic!("{name} is a file") };
            lists.add(&name, entries);
        }
        lists
    }

    fn words(selection: &str, list: &str) -> Vec<String> {
        let (set, problems) = rule(selection);
        assert_eq!(problems, Vec::<String>::new());
        let filled = set.filled(&lists(list));
        filled.rules[0].predicate.parts().into_iter().map(|(_, words, _)| words).collect()
    }

    #[test]
    fn a_list_takes_the_place_of_its_name() {
        let found =
            words("{sourceIPs|expand: '%bad%'}", "lists: {bad: [203.0.113.7, 198.51.100.0/25, 198.51.100.128/25]}");
        assert_eq!(found, ["sourceIPs is in one of 2 networks: 198.51.100.0/24, 203.0.113.7/32"]);
        let found = words("{userAgent|startswith|expand: 'x-%tool%/'}", "lists: {tool: [Hunter]}");
        assert_eq!(found, ["userAgent starts with x-hunter/"]);
    }

    #[test]
    fn an_entry_counts_for_the_events_of_its_time() {
        let found = words(
            "{sourceIPs|expand: '%bad%'}",
            "lists: {bad: [{value: 203.0.113.7, from: 2031-01-01, until: 2031-02-01}, 203.0.113.8]}",
        );
        assert_eq!(found[..2], ["all of", "sourceIPs is in one of 2 networks: 203.0.113.7/32, 203.0.113.8/32"]);
        assert!(found.contains(&"time >= 1924992000000000".to_owned()), "{found:?}");
        assert!(found.contains(&"time < 1927670400000000".to_owned()), "{found:?}");
    }

    #[test]
    fn a_list_that_nobody_filled_is_named_and_one_that_is_empty_is_known() {
        let (set, _) = rule("{sourceIPs|expand: ['%bad%', '%worse%']}");
        let filled = set.filled(&lists("lists: {bad: []}"));
        assert_eq!(unfilled(&filled.rules[0].predicate), BTreeSet::from(["worse"]));
        assert_eq!(unfilled(&set.filled(&lists("lists: {bad: , worse: []}")).rules[0].predicate), BTreeSet::new());
    }

    #[test]
    fn files_have_a_value_a_line() {
        let read = file("value,from,until\n# known bad\n203.0.113.7,2031-01-01,\n\nevil.example\n").unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].from, read[0].until), (Some(Micros(1_924_992_000_000_000)), None));
        assert_eq!(
            file("a,soon").unwrap_err(),
            "line 1: from soon is no time; write 2026-03-01 or 2026-03-01T08:00:00Z"
        );
        assert!(site("lists: {a: {files: x}}").is_err() && site("list: {}").is_err());
        assert_eq!(site("lists: {a: {file: tor.txt}}").unwrap()[0].1, Listed::File("tor.txt".into()));
    }

    #[test]
    fn what_cannot_be_filled_is_told_with_its_place() {
        let (_, problems) = rule("{userAgent|expand: '%a%%b%'}");
        assert_eq!(problems, ["t.yml:3:7: one %list% in a value"]);
        let (_, problems) = rule("{userAgent|re|expand: '%a%'}");
        assert!(problems[0].contains("expand cannot be used with re"), "{problems:?}");
    }
}
