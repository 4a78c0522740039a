//! Verdicts to findings: what a person is shown, with every event that proves it.

use std::collections::{BTreeMap, BTreeSet};

use ahash::{AHashMap, AHashSet};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, TimestampMicrosecondType, UInt32Type, UInt64Type};
use sha2::{Digest, Sha256};

use super::entity::{Entity, entities};
use super::values::{images, text, texts, texts_of};
use crate::model::{EvidenceId, Micros, Span};
use crate::sigma::Level;

/// What a rule found: one actor on one kind of thing, or one episode of a correlation.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Stable: the same rule over the same evidence gives the same id.
    pub id: String,
    pub rule: String,
    pub level: Level,
    pub title: String,
    pub first: Option<Micros>,
    pub last: Option<Micros>,
    /// Requests, each counted once whatever its stages.
    pub count: u64,
    pub actor: Option<String>,
    pub target: Option<String>,
    /// ATT&CK techniques and tactics in the vocabulary of the rule, old or new.
    pub techniques: Vec<String>,
    pub tactics: Vec<String>,
    /// Ids of Microsoft's threat matrix.
    pub threat_matrix: Vec<String>,
    pub defender: Vec<String>,
    /// What to do about it; None when the rule does not say.
    pub remediation: Option<String>,
    /// Who acted, from where and on what, sorted, each once.
    pub entities: Vec<Entity>,
    /// The incident it is part of, if any, and what it shares with other findings of it.
    pub incident: Option<String>,
    pub shared: Vec<Entity>,
    /// In event order, each once.
    pub audit_ids: Vec<String>,
    /// The chain of evidence, in event order.
    pub events: Vec<Event>,
}

/// One event as a finding needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    pub time: Option<Micros>,
    pub span: Span,
    pub audit_id: Option<String>,
    pub stage: Option<String>,
    pub actor: Option<String>,
    pub verb: Option<String>,
    pub uri: Option<String>,
    pub kind: Option<String>,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub code: Option<i32>,
    pub address: Option<String>,
    pub agent: Option<String>,
    pub body: Option<String>,
    pub not_recorded: Option<String>,
    /// Who asked, and as whom, each by itself.
    pub identities: Vec<String>,
    /// ARM id of the cluster.
    pub cluster: Option<String>,
    /// user.extra as JSON: names pod and node of a pod's token.
    pub extra: Option<String>,
    /// Images of the written pod spec.
    pub images: Vec<String>,
    /// Node or machine, of events that are no audit events.
    pub host: Option<String>,
    /// The table it is a row of; None for audit events.
    pub source: Option<String>,
}

impl Event {
    /// Reads one row of the verdict stream.
    pub fn read(batch: &RecordBatch, row: usize) -> Event {
        Reader::new(batch).event(row)
    }

    /// When the event of one row was.
    pub fn time(batch: &RecordBatch, row: usize) -> Option<Micros> {
        let times = batch.column_by_name("time").filter(|times| !times.is_null(row))?;
        Some(Micros(times.as_primitive::<TimestampMicrosecondType>().value(row)))
    }

    /// Where the event of one row lies.
    pub fn span(batch: &RecordBatch, row: usize) -> Span {
        let big = |name: &str| batch.column_by_name(name).map_or(0, |a| a.as_primitive::<UInt64Type>().value(row));
        let evidence = batch.column_by_name("evidence").map_or(0, |a| a.as_primitive::<UInt32Type>().value(row));
        Span { evidence: EvidenceId(evidence), offset: big("offset"), length: big("length") }
    }

    /// Says whether it is no event but an object that stands in a snapshot.
    pub fn stands(&self) -> bool {
        self.verb.is_none() && self.uri.is_none() && self.kind.is_some()
    }

    /// The thing acted on: `pods/exec web/api-0`, or the path of a non-resource request.
    pub fn object(&self) -> Option<String> {
        let Some(kind) = &self.kind else {
            return self.uri.clone();
        };
        Some(match (&self.namespace, &self.name) {
            (Some(namespace), Some(name)) => format!("{kind} {namespace}/{name}"),
            (Some(namespace), None) => format!("{kind} {namespace}/*"),
            (None, Some(name)) => format!("{kind} {name}"),
            (None, None) => kind.clone(),
        })
    }
}

/// A batch of which many rows are read: each column is looked up once.
pub struct Reader<'a> {
    batch: &'a RecordBatch,
    columns: [Option<&'a dyn Array>; COLUMNS.len()],
}

/// The columns of text that an event shows.
const COLUMNS: [&str; 17] = [
    "audit_id",
    "stage",
    "user_name",
    "impersonated_user_name",
    "host",
    "verb",
    "request_uri",
    "resource",
    "subresource",
    "namespace",
    "name",
    "user_agent",
    "body",
    "not_recorded",
    "cluster_id",
    "user_extra",
    "source",
];

impl<'a> Reader<'a> {
    pub fn new(batch: &'a RecordBatch) -> Reader<'a> {
        Reader { batch, columns: COLUMNS.map(|name| batch.column_by_name(name).map(AsRef::as_ref)) }
    }

    /// The event of a row.
    pub fn event(&self, row: usize) -> Event {
        let batch = self.batch;
        let cells = self.columns.map(|column| column.and_then(|column| text(column, row)));
        let [audit_id, stage, user, other, host, verb, uri, resource, sub, namespace, name, agent, body, lacks, ..] =
            cells;
        let [.., cluster, extra, source] = cells;
        let code = batch.column_by_name("response_code").filter(|a| !a.is_null(row));
        let recorded = batch.column_by_name("source_ips").is_some_and(|array| !array.is_null(row));
        let owned = |cell: Option<&str>| cell.map(str::to_owned);
        Event {
            time: Event::time(batch, row),
            span: Event::span(batch, row),
            audit_id: owned(audit_id),
            stage: owned(stage),
            actor: match (user, other, host) {
                (Some(user), Some(other), _) => Some(format!("{user} as {other}")),
                (Some(user), _, Some(host)) => Some(format!("{user}@{host}")),
                (user, _, host) => owned(user.or(host)),
            },
            verb: owned(verb),
            uri: owned(uri),
            kind: match (resource, sub) {
                (Some(resource), Some(sub)) => Some(format!("{resource}/{sub}")),
                (resource, _) => owned(resource),
            },
            namespace: owned(namespace),
            name: owned(name),
            code: code.map(|a| a.as_primitive::<Int32Type>().value(row)),
            address: recorded.then(|| texts_of(batch, "source_ips", row).join(" ")),
            agent: owned(agent),
            body: owned(body),
            not_recorded: owned(lacks),
            identities: [user, other].into_iter().flatten().map(str::to_owned).collect(),
            cluster: owned(cluster),
            extra: owned(extra),
            images: match batch.column_by_name("images") {
                Some(known) => texts(known.as_ref(), row),
                None => images(batch, row),
            },
            host: owned(host),
            source: owned(source),
        }
    }

    /// What is counted of a row: when and where it is, its request, and what of it was recorded.
    pub fn request(&self, row: usize) -> Event {
        let [audit_id, uri, body, lacks] = [0, 6, 12, 13]
            .map(|column: usize| self.columns[column].and_then(|column| text(column, row)).map(str::to_owned));
        Event {
            time: Event::time(self.batch, row),
            span: Event::span(self.batch, row),
            audit_id,
            uri,
            body,
            not_recorded: lacks,
            ..Event::default()
        }
    }
}

/// The words of a rule that its findings repeat.
pub struct Words<'a> {
    pub rule: &'a str,
    pub level: Level,
    pub title: &'a str,
    pub techniques: &'a [String],
    pub tactics: &'a [String],
    pub threat_matrix: &'a [String],
    pub defender: &'a [String],
    pub remediation: Option<&'a str>,
}

/// Makes one finding of the events that belong together; `events` must not be empty.
pub fn finding(words: &Words<'_>, mut events: Vec<Event>) -> Finding {
    events.sort();
    events.dedup();
    let audit_ids = audit_ids(&events);
    Finding {
        id: id(words.rule, &events),
        rule: words.rule.to_owned(),
        level: words.level,
        title: words.title.to_owned(),
        first: events.iter().filter_map(|e| e.time).min(),
        last: events.iter().filter_map(|e| e.time).max(),
        count: requests(&events),
        actor: few(events.iter().filter_map(|e| e.actor.as_deref()).collect(), "identities"),
        target: target(&events),
        techniques: words.techniques.to_vec(),
        tactics: words.tactics.to_vec(),
        threat_matrix: words.threat_matrix.to_vec(),
        defender: words.defender.to_vec(),
        remediation: words.remediation.map(str::to_owned),
        entities: entities(&events),
        incident: None,
        shared: Vec::new(),
        audit_ids,
        events,
    }
}

/// The audit ids of events, in their order, each once.
pub fn audit_ids(events: &[Event]) -> Vec<String> {
    let mut seen = AHashSet::new();
    events.iter().filter_map(|e| e.audit_id.as_ref()).filter(|id| seen.insert(*id)).cloned().collect()
}

/// How many requests some events are of.
pub fn requests(events: &[Event]) -> u64 {
    // A client may choose one auditID for many requests: the path tells them apart.
    let requests: AHashSet<_> =
        events.iter().map(|e| (&e.audit_id, &e.uri, e.audit_id.is_none().then_some(e.span))).collect();
    requests.len() as u64
}

/// Names a finding by its rule and its first event, and by nothing that hangs on where the event is written: the same
/// events in other files, or read in another order, give the same id.
fn id(rule: &str, events: &[Event]) -> String {
    fn key(event: &Event) -> impl Ord {
        (event.time, &event.audit_id, &event.stage, &event.actor)
    }
    let order = |a: &&Event, b: &&Event| key(a).cmp(&key(b)).then_with(|| a.object().cmp(&b.object()));
    let Some(first) = events.iter().min_by(order) else { return String::new() };
    let mut hash = Sha256::new();
    for part in [Some(rule), first.audit_id.as_deref(), first.stage.as_deref(), first.actor.as_deref()] {
        hash.update(part.unwrap_or_default());
        hash.update([0]);
    }
    hash.update(first.time.map_or(0, |t| t.0).to_be_bytes());
    hash.update(first.object().unwrap_or_default());
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Sorts the verdicts of one rule into findings: one actor, one behaviour, with everything it was done to.
pub fn group(words: &Words<'_>, events: Vec<Event>) -> Vec<Finding> {
    let mut groups: BTreeMap<Option<String>, Vec<Event>> = BTreeMap::new();
    for event in events {
        match groups.get_mut(&event.actor) {
            Some(known) => known.push(event),
            None => drop(groups.insert(event.actor.clone(), vec![event])),
        }
    }
    groups.into_values().map(|events| finding(words, events)).collect()
}

fn target(events: &[Event]) -> Option<String> {
    // A chain of many events may have few objects.
    let what = events.iter().map(|e| ((&e.kind, &e.namespace, &e.name, e.kind.is_none().then_some(&e.uri)), e));
    let different: AHashMap<_, &Event> = what.collect();
    let objects: BTreeSet<String> = different.into_values().filter_map(Event::object).collect();
    if objects.len() <= 1 {
        return objects.into_iter().next();
    }
    let kinds: BTreeSet<_> = events.iter().map(|e| (&e.kind, &e.namespace)).collect();
    match kinds.into_iter().collect::<Vec<_>>()[..] {
        [(Some(kind), Some(namespace))] => Some(format!("{kind} {namespace}/… ({})", objects.len())),
        [(Some(kind), None)] => Some(format!("{kind} ({})", objects.len())),
        _ => few(objects.iter().map(String::as_str).collect(), "objects"),
    }
}

/// Up to two by name, more by number.
fn few(all: BTreeSet<&str>, what: &str) -> Option<String> {
    match all.len() {
        0 => None,
        1 | 2 => Some(all.into_iter().collect::<Vec<_>>().join(", ")),
        n => Some(format!("{n} {what}")),
    }
}
