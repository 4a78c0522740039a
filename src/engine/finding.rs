//! Verdicts to findings: what a person is shown, with every event that proves it.

use std::collections::{BTreeMap, BTreeSet};

use ahash::AHashSet;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, TimestampMicrosecondType, UInt32Type, UInt64Type};
use sha2::{Digest, Sha256};

use super::entity::{Entities, Entity};
use super::events::Events;
use super::steps::{Number, hash};
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
    /// Whether it is about objects that stand in a snapshot, and no events.
    pub stands: bool,
    /// Whether any of its events is of another log than the audit log.
    pub of_logs: bool,
    /// The chain of evidence, in event order.
    pub events: Events,
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
        Reader::new(batch.clone()).event(row)
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
pub struct Reader {
    batch: RecordBatch,
    columns: [Option<ArrayRef>; COLUMNS.len()],
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

impl Reader {
    pub fn new(batch: RecordBatch) -> Reader {
        Reader { columns: COLUMNS.map(|name| batch.column_by_name(name).cloned()), batch }
    }

    /// The event of a row.
    pub fn event(&self, row: usize) -> Event {
        let batch = &self.batch;
        let cells = self.columns.each_ref().map(|column| column.as_ref().and_then(|column| text(column, row)));
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

/// What is gathered of the events of a finding while they are read, one after another in their order.
#[derive(Default)]
struct Gathered {
    /// Their places among those that are read.
    places: Vec<u32>,
    first: Option<Micros>,
    last: Option<Micros>,
    requests: AHashSet<Number>,
    actors: BTreeSet<String>,
    /// What was acted on, by the parts of its name, and as it is written.
    things: AHashSet<Number>,
    objects: BTreeSet<String>,
    kinds: BTreeSet<(Option<String>, Option<String>)>,
    entities: Entities,
    audit_ids: Vec<String>,
    known_ids: AHashSet<Number>,
    /// The event that names the finding.
    naming: Option<Event>,
    events: u64,
    standing: u64,
    of_logs: bool,
}

impl Gathered {
    fn add(&mut self, place: u32, event: &Event) {
        self.places.push(place);
        self.first = [self.first, event.time].into_iter().flatten().min();
        self.last = self.last.max(event.time);
        // A client may choose one auditID for many requests: the path tells them apart.
        self.requests.insert(hash((&event.audit_id, &event.uri, event.audit_id.is_none().then_some(event.span))));
        if let Some(actor) = event.actor.as_ref().filter(|actor| !self.actors.contains(*actor)) {
            self.actors.insert(actor.clone());
        }
        // A chain of many events may have few objects.
        let thing = (&event.kind, &event.namespace, &event.name, event.kind.is_none().then_some(&event.uri));
        if self.things.insert(hash(thing)) {
            self.objects.extend(event.object());
            self.kinds.insert((event.kind.clone(), event.namespace.clone()));
        }
        self.entities.add(event);
        if let Some(id) = event.audit_id.as_ref().filter(|id| self.known_ids.insert(hash(id))) {
            self.audit_ids.push(id.clone());
        }
        if self.naming.as_ref().is_none_or(|naming| is_before(event, naming)) {
            self.naming = Some(event.clone());
        }
        self.events += 1;
        self.standing += u64::from(event.stands());
        self.of_logs |= event.source.is_some();
    }

    fn finding(self, words: &Words<'_>, events: Events) -> Finding {
        Finding {
            id: self.naming.as_ref().map_or(String::new(), |event| id(words.rule, event)),
            rule: words.rule.to_owned(),
            level: words.level,
            title: words.title.to_owned(),
            first: self.first,
            last: self.last,
            count: self.requests.len() as u64,
            target: target(&self.objects, &self.kinds),
            actor: few(&self.actors, "identities"),
            techniques: words.techniques.to_vec(),
            tactics: words.tactics.to_vec(),
            threat_matrix: words.threat_matrix.to_vec(),
            defender: words.defender.to_vec(),
            remediation: words.remediation.map(str::to_owned),
            entities: self.entities.sorted(),
            incident: None,
            shared: Vec::new(),
            audit_ids: self.audit_ids,
            stands: self.standing == self.events,
            of_logs: self.of_logs,
            events,
        }
    }
}

/// Makes one finding of the events that belong together; `events` must not be empty.
pub fn finding(words: &Words<'_>, events: Events) -> Finding {
    let mut gathered = Gathered::default();
    (0..).zip(&events).for_each(|(place, event)| gathered.add(place, &event));
    gathered.finding(words, events)
}

/// A finding of one event that is in no batch.
#[cfg(test)]
pub fn of_event(words: &Words<'_>, event: &Event) -> Finding {
    let mut gathered = Gathered::default();
    gathered.add(0, event);
    gathered.finding(words, Events::default())
}

/// Says which of two events names a finding. Nothing counts that hangs on where an event is written: the same events in
/// other files, or read in another order, give the same id.
fn is_before(one: &Event, other: &Event) -> bool {
    fn key(event: &Event) -> impl Ord {
        (event.time, &event.audit_id, &event.stage, &event.actor)
    }
    key(one).cmp(&key(other)).then_with(|| one.object().cmp(&other.object())).is_lt()
}

/// Names a finding by its rule and its first event.
fn id(rule: &str, first: &Event) -> String {
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
pub fn group(words: &Words<'_>, events: &Events) -> Vec<Finding> {
    let mut groups: BTreeMap<Option<String>, Gathered> = BTreeMap::new();
    for (place, event) in (0..).zip(events) {
        match groups.get_mut(&event.actor) {
            Some(known) => known.add(place, &event),
            None => groups.entry(event.actor.clone()).or_default().add(place, &event),
        }
    }
    let finding = |mut gathered: Gathered| {
        let own = events.only(&std::mem::take(&mut gathered.places));
        gathered.finding(words, own)
    };
    groups.into_values().map(finding).collect()
}

fn target(objects: &BTreeSet<String>, kinds: &BTreeSet<(Option<String>, Option<String>)>) -> Option<String> {
    if objects.len() <= 1 {
        return objects.first().cloned();
    }
    match kinds.iter().collect::<Vec<_>>()[..] {
        [(Some(kind), Some(namespace))] => Some(format!("{kind} {namespace}/… ({})", objects.len())),
        [(Some(kind), None)] => Some(format!("{kind} ({})", objects.len())),
        _ => few(objects, "objects"),
    }
}

/// Up to two by name, more by number.
fn few(all: &BTreeSet<String>, what: &str) -> Option<String> {
    match all.len() {
        0 => None,
        1 | 2 => Some(all.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
        n => Some(format!("{n} {what}")),
    }
}
