//! Which rules this evidence cannot answer, and why: silence of such a rule proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{Int32Type, Int64Type, TimestampMicrosecondType};

use super::baseline::Baseline;
use super::detect::chain;
use super::logsource::{self, Covered};
use super::queried::Unable;
use super::threads::each;
use super::{Engine, damaged};
use crate::error::{Error, Result};
use crate::model::{Micros, Recorded};
use crate::sigma::lists::unfilled;
use crate::sigma::{Field, Level, Meta, Origin, Over, Part, Rule, RuleSet, verbs};

/// What the audit evidence holds, source by source.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    pub sources: Vec<Source>,
    /// Objects of snapshots.
    pub objects: u64,
    /// Tables of other log sources that have rows.
    pub logs: Vec<Covered>,
    /// Rules that are SQL and cannot be answered, by name.
    pub unable: BTreeMap<String, Unable>,
}

/// One category of audit events of one cluster.
#[derive(Debug, Clone)]
pub struct Source {
    /// Diagnostic category or table; None for plain audit logs.
    pub category: Option<String>,
    pub cluster: Option<String>,
    pub events: u64,
    pub first: Option<Micros>,
    pub last: Option<Micros>,
    /// Events with verb get or list.
    pub reads: u64,
    pub cut: u64,
    pub skipped: u64,
    pub not_recorded: u64,
    /// What none of its events has.
    pub lacks: Recorded,
}

/// A rule that this evidence cannot answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Blind {
    pub rule: String,
    pub level: Level,
    pub title: String,
    /// False: a part of what it sees can still be seen.
    pub whole: bool,
    pub reason: String,
    /// Which export would answer it.
    pub remedy: String,
}

/// Verbs that kube-audit-admin and AKSAuditAdmin leave out (Azure's description of both).
const LEFT_OUT: [&str; 2] = ["get", "list"];

impl Source {
    /// Says whether the source is one of those that leave out reads by design.
    pub fn is_admin(&self) -> bool {
        self.category
            .as_deref()
            .is_some_and(|c| c.eq_ignore_ascii_case("kube-audit-admin") || c.eq_ignore_ascii_case("AKSAuditAdmin"))
    }

    /// The name people know it by.
    pub fn label(&self) -> &str {
        self.category.as_deref().unwrap_or("audit log")
    }

    fn new((category, cluster): Origins) -> Source {
        Source {
            category,
            cluster,
            events: 0,
            first: None,
            last: None,
            reads: 0,
            cut: 0,
            skipped: 0,
            not_recorded: 0,
            lacks: Recorded::ALL,
        }
    }

    fn add(&mut self, more: &Source) {
        self.events += more.events;
        self.first = self.first.into_iter().chain(more.first).min();
        self.last = self.last.max(more.last);
        self.reads += more.reads;
        self.cut += more.cut;
        self.skipped += more.skipped;
        self.not_recorded += more.not_recorded;
        self.lacks = self.lacks.both(more.lacks);
    }
}

/// Category and cluster of events.
type Origins = (Option<String>, Option<String>);

/// What coverage is told by.
const COVERED: [&str; 6] = ["category", "cluster_id", "time", "verb", "body", "not_recorded"];

/// Where the events of a batch are from, counted.
///
/// # Errors
/// When columns of an audit event are not there.
pub(super) fn sources(events: &RecordBatch) -> Result<Vec<Source>> {
    let mut sources = BTreeMap::new();
    if events.num_rows() > 0 {
        let columns = COVERED.iter().map(|name| events.schema().index_of(name));
        let places = columns.collect::<std::result::Result<Vec<_>, _>>().map_err(damaged)?;
        cover(&events.project(&places).map_err(damaged)?, &mut sources);
    }
    Ok(sources.into_values().collect())
}

/// Counts the events of a batch.
fn cover(events: &RecordBatch, sources: &mut BTreeMap<Origins, Source>) {
    let word = |column: usize| Of::new(events.column(column).as_dictionary::<Int32Type>());
    let [categories, clusters, verbs, bodies, lacking] = [0, 1, 3, 4, 5].map(word);
    let reads: Vec<bool> = verbs.words().map(|verb| verb.is_some_and(|verb| LEFT_OUT.contains(&verb))).collect();
    let lacks: Vec<Recorded> = lacking.words().map(|lacks| Recorded::parse(lacks.unwrap_or_default())).collect();
    let bodies_of: Vec<Option<&str>> = bodies.words().collect();
    let times = events.column(2).as_primitive::<TimestampMicrosecondType>();
    // Most batches are of one source.
    let mut own: Vec<((usize, usize), Source)> = Vec::new();
    for row in 0..events.num_rows() {
        let key = (categories.key(row), clusters.key(row));
        let place = own.iter().rposition(|(known, _)| *known == key).unwrap_or_else(|| {
            let text = |of: &Of<'_>, key: usize| of.word(key).map(str::to_owned);
            own.push((key, Source::new((text(&categories, key.0), text(&clusters, key.1)))));
            own.len() - 1
        });
        let source = &mut own[place].1;
        let time = (!times.is_null(row)).then(|| Micros(times.value(row)));
        source.events += 1;
        source.first = source.first.into_iter().chain(time).min();
        source.last = source.last.max(time);
        source.reads += u64::from(reads[verbs.key(row)]);
        source.lacks = source.lacks.both(lacks[lacking.key(row)]);
        match bodies_of[bodies.key(row)] {
            Some("cut") => source.cut += 1,
            Some("skipped") => source.skipped += 1,
            Some("not recorded") => source.not_recorded += 1,
            _ => {}
        }
    }
    own.iter().for_each(|(_, source)| count_in(sources, source));
}

/// Adds what was counted elsewhere of a source.
fn count_in(sources: &mut BTreeMap<Origins, Source>, more: &Source) {
    let origins = (more.category.clone(), more.cluster.clone());
    sources.entry(origins.clone()).or_insert_with(|| Source::new(origins)).add(more);
}

/// The words of a column, and one past them for null.
struct Of<'a> {
    keys: &'a Int32Array,
    words: &'a StringArray,
}

impl<'a> Of<'a> {
    fn new(column: &'a DictionaryArray<Int32Type>) -> Of<'a> {
        Of { keys: column.keys(), words: column.values().as_string() }
    }

    fn key(&self, row: usize) -> usize {
        if self.keys.is_null(row) { self.words.len() } else { self.keys.value(row) as usize }
    }

    fn word(&self, key: usize) -> Option<&'a str> {
        (key < self.words.len() && !self.words.is_null(key)).then(|| self.words.value(key))
    }

    fn words(&self) -> impl Iterator<Item = Option<&'a str>> {
        (0..=self.words.len()).map(|key| self.word(key))
    }
}

impl Coverage {
    /// Counts all audit events.
    pub fn events(&self) -> u64 {
        self.sources.iter().map(|source| source.events).sum()
    }

    /// When the first event was.
    pub fn first(&self) -> Option<Micros> {
        self.sources.iter().filter_map(|source| source.first).min()
    }

    /// When the last event was.
    pub fn last(&self) -> Option<Micros> {
        self.sources.iter().filter_map(|source| source.last).max()
    }

    /// By cluster when its events begin, here or in what was learnt before.
    pub fn begins(&self, baseline: &Baseline) -> BTreeMap<Option<String>, Micros> {
        let mut begins: BTreeMap<Option<String>, Micros> = BTreeMap::new();
        for source in &self.sources {
            let here = source.first.into_iter().chain(baseline.begin(&source.cluster));
            for first in here {
                let begin = begins.entry(source.cluster.clone()).or_insert(first);
                *begin = first.min(*begin);
            }
        }
        begins
    }

    /// The longest time in microseconds that the events of one cluster cover, what was learnt before included.
    pub fn longest(&self, baseline: &Baseline) -> i64 {
        let begins = self.begins(baseline);
        let spans = self.sources.iter().filter_map(|source| Some(source.last?.0 - begins.get(&source.cluster)?.0));
        spans.max().unwrap_or_default()
    }

    /// Says whether reads (get, list) are in the evidence at all.
    pub fn has_reads(&self) -> bool {
        self.sources.iter().any(|source| source.reads > 0)
    }
}

impl Engine {
    /// Sums up the audit evidence.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn coverage(&self) -> Result<Coverage> {
        let all = each(self.audit.groups(), BTreeMap::new, |group, sources| {
            cover(&self.audit.read(group, &COVERED, None)?, sources);
            Ok::<_, Error>(())
        })?;
        let mut sources: BTreeMap<Origins, Source> = BTreeMap::new();
        all.into_iter().flat_map(BTreeMap::into_values).for_each(|more| count_in(&mut sources, &more));
        let sources = sources.into_values().collect();
        let mut objects = 0;
        if self.has("object") {
            let count = self.sql("SELECT count(*) FROM object", &[])?;
            objects = count.one()?.column(0).as_primitive::<Int64Type>().value(0) as u64;
        }
        Ok(Coverage { sources, objects, logs: self.covered()?, ..Coverage::default() })
    }
}

impl Engine {
    /// Says which of the rules this case's evidence cannot answer.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn blind(&self, rules: &RuleSet) -> Result<Vec<Blind>> {
        self.blind_to(rules, &self.coverage()?)
    }

    /// As [`Engine::blind`], when the evidence was summed up already.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn blind_to(&self, rules: &RuleSet, coverage: &Coverage) -> Result<Vec<Blind>> {
        let coverage = Coverage { unable: self.unable(rules)?, ..coverage.clone() };
        Ok(blind(&self.fill(rules, None)?, &coverage, &Baseline::default()))
    }
}

/// The fields of audit events that a correlation groups by, counts or measures, and so do those that it is made of.
pub(crate) fn keys<'a>(rules: &'a RuleSet, meta: &Meta) -> Vec<&'a Field> {
    let Some(number) = rules.correlations.iter().position(|one| one.meta.name == meta.name) else { return Vec::new() };
    let all = chain(&rules.correlations, number).into_iter().map(|number| &rules.correlations[number]);
    let keys = all.flat_map(|one| {
        let keys = one.group_by.iter().chain(one.counted());
        keys.flat_map(move |key| key.from.iter().zip(&one.parts))
    });
    keys.filter_map(|(origin, part)| match (origin, part) {
        (Origin::Field(field), Part::Rule(rule)) if rules.rules[*rule].over.events() => Some(field),
        _ => None,
    })
    .collect()
}

/// A time in days, or in hours when it is short.
pub(super) fn days(micros: i64) -> String {
    let hours = micros / 3_600_000_000;
    if hours < 48 { format!("{hours} h") } else { format!("{} days", hours / 24) }
}

/// Says of every rule and correlation whether the evidence can hold what it looks for.
pub fn blind(rules: &RuleSet, coverage: &Coverage, baseline: &Baseline) -> Vec<Blind> {
    let mut blind = Vec::new();
    let full = "export the category kube-audit (or table AKSAudit), which holds get and list too";
    for (meta, parts) in rules.reported() {
        let keys = keys(rules, meta);
        let mut add = |whole: bool, reason: String, remedy: &str| {
            blind.push(Blind {
                rule: meta.name.clone(),
                level: meta.level,
                title: meta.title.clone(),
                whole,
                reason,
                remedy: remedy.to_owned(),
            });
        };
        let lists: BTreeSet<&str> = parts.iter().flat_map(|rule| unfilled(&rule.predicate)).collect();
        if !lists.is_empty() {
            let names = lists.into_iter().collect::<Vec<_>>().join(", ");
            let remedy = "give the list in a site file (--site), or add what fills it: docs/reference/fields.md";
            add(true, format!("nothing is known for list {names}"), remedy);
            continue;
        }
        if let Some(unable) = parts.iter().find_map(|rule| coverage.unable.get(&rule.meta.name)) {
            add(true, unable.reason.clone(), &unable.remedy);
            continue;
        }
        // A query says itself what it needs.
        let parts: Vec<&Rule> = parts.into_iter().filter(|rule| rule.sql.is_none()).collect();
        if let Some((whole, reason, remedy)) = logsource::blind(&parts, coverage, baseline) {
            add(whole, reason, &remedy);
            continue;
        }
        let parts: Vec<&Rule> = parts.into_iter().filter(|rule| rule.over.log().is_none()).collect();
        if parts.is_empty() {
            continue;
        }
        if parts.iter().any(|rule| rule.over.objects()) && coverage.objects > 0 {
            // What it does not see happen it sees standing.
            continue;
        }
        if parts.iter().all(|rule| rule.over == Over::Objects) {
            let remedy = "add kubectl get -o json of the cluster, an etcd snapshot or a Velero backup";
            add(true, "there is no object of a snapshot in the case".into(), remedy);
            continue;
        }
        if coverage.events() == 0 {
            add(true, "there is no audit event in the case".into(), full);
            continue;
        }
        let span = coverage.longest(baseline);
        if let Some(first) = parts.iter().filter_map(|rule| rule.first.as_ref()).find(|first| first.learning > span) {
            let [learns, has] = [first.learning, span].map(days);
            let reason = format!("it learns what is usual for {learns}, and the evidence covers {has}");
            add(true, reason, "add audit logs of the time before, or what another case learnt (--baseline)");
            continue;
        }
        let mut lost: Vec<(&Source, &Field)> = Vec::new();
        for source in &coverage.sources {
            lost.extend(keys.iter().find(|key| source.lacks.misses(key.root)).map(|key| (source, *key)));
        }
        if let Some((source, key)) = lost.first() {
            let reason = format!("it compares events by {}, which no event of {} has", key.name, source.label());
            add(
                lost.len() == coverage.sources.len(),
                reason,
                "export the audit log in an envelope that keeps the whole event",
            );
            continue;
        }
        if coverage.has_reads() {
            continue;
        }
        let why = match coverage.sources.iter().all(Source::is_admin) {
            true => "kube-audit-admin leaves out get and list",
            false => "no get or list was recorded",
        };
        let seen: Vec<Option<BTreeSet<String>>> = parts.iter().map(|rule| verbs(&rule.predicate)).collect();
        let only_reads = |verbs: &Option<BTreeSet<String>>| {
            verbs.as_ref().is_some_and(|verbs| verbs.iter().all(|verb| LEFT_OUT.contains(&verb.as_str())))
        };
        let some_reads = |verbs: &Option<BTreeSet<String>>| {
            verbs.as_ref().is_none_or(|verbs| verbs.iter().any(|verb| LEFT_OUT.contains(&verb.as_str())))
        };
        if seen.iter().any(only_reads) {
            add(true, format!("it looks for reads, and {why}"), full);
        } else if seen.iter().any(some_reads) {
            add(false, format!("it sees writes only: {why}"), full);
        }
    }
    blind.sort_by(|a, b| {
        (!a.whole, std::cmp::Reverse(a.level), &a.rule).cmp(&(!b.whole, std::cmp::Reverse(b.level), &b.rule))
    });
    blind
}
