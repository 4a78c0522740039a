//! Verdicts to findings: what a person is shown, with every event that proves it.

use std::collections::{BTreeMap, BTreeSet};

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
        let cell = |name: &str| batch.column_by_name(name).and_then(|a| text(a.as_ref(), row)).map(str::to_owned);
        let code = batch.column_by_name("response_code").filter(|a| !a.is_null(row));
        let kind = match (cell("resource"), cell("subresource")) {
            (Some(resource), Some(sub)) => Some(format!("{resource}/{sub}")),
            (resource, _) => resource,
        };
        let actor = match (cell("user_name"), cell("impersonated_user_name"), cell("host")) {
            (Some(user), Some(other), _) => Some(format!("{user} as {other}")),
            (Some(user), _, Some(host)) => Some(format!("{user}@{host}")),
            (user, _, host) => user.or(host),
        };
        let recorded = batch.column_by_name("source_ips").is_some_and(|array| !array.is_null(row));
        let address = recorded.then(|| texts_of(batch, "source_ips", row).join(" "));
        Event {
            time: Event::time(batch, row),
            span: Event::span(batch, row),
            audit_id: cell("audit_id"),
            stage: cell("stage"),
            actor,
            verb: cell("verb"),
            uri: cell("request_uri"),
            kind,
            namespace: cell("namespace"),
            name: cell("name"),
            code: code.map(|a| a.as_primitive::<Int32Type>().value(row)),
            address,
            agent: cell("user_agent"),
            body: cell("body"),
            not_recorded: cell("not_recorded"),
            identities: [cell("user_name"), cell("impersonated_user_name")].into_iter().flatten().collect(),
            cluster: cell("cluster_id"),
            extra: cell("user_extra"),
            images: match batch.column_by_name("images") {
                Some(known) => texts(known.as_ref(), row),
                None => images(batch, row),
            },
            host: cell("host"),
            source: cell("source"),
        }
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
    let mut seen = BTreeSet::new();
    let audit_ids = events.iter().filter_map(|e| e.audit_id.clone()).filter(|id| seen.insert(id.clone())).collect();
    // A client may choose one auditID for many requests: the path tells them apart.
    let requests: BTreeSet<_> =
        events.iter().map(|e| (&e.audit_id, &e.uri, e.audit_id.is_none().then_some(e.span))).collect();
    Finding {
        id: id(words.rule, &events),
        rule: words.rule.to_owned(),
        level: words.level,
        title: words.title.to_owned(),
        first: events.iter().filter_map(|e| e.time).min(),
        last: events.iter().filter_map(|e| e.time).max(),
        count: requests.len() as u64,
        actor: few(events.iter().filter_map(|e| e.actor.clone()), "identities"),
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

/// Names a finding by its rule and its first event, and by nothing that hangs on where the event is written: the same
/// events in other files, or read in another order, give the same id.
fn id(rule: &str, events: &[Event]) -> String {
    let key = |event: &Event| {
        let object = event.object().unwrap_or_default();
        (event.time, event.audit_id.clone(), event.stage.clone(), event.actor.clone(), object)
    };
    let Some((time, audit_id, stage, actor, object)) = events.iter().map(key).min() else { return String::new() };
    let mut hash = Sha256::new();
    for part in [Some(rule), audit_id.as_deref(), stage.as_deref(), actor.as_deref()] {
        hash.update(part.unwrap_or_default());
        hash.update([0]);
    }
    hash.update(time.map_or(0, |t| t.0).to_be_bytes());
    hash.update(object);
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Sorts the verdicts of one rule into findings: one actor, one behaviour, with everything it was done to.
pub fn group(words: &Words<'_>, events: Vec<Event>) -> Vec<Finding> {
    let mut groups: BTreeMap<_, Vec<Event>> = BTreeMap::new();
    for event in events {
        groups.entry(event.actor.clone()).or_default().push(event);
    }
    groups.into_values().map(|events| finding(words, events)).collect()
}

fn target(events: &[Event]) -> Option<String> {
    let objects: BTreeSet<String> = events.iter().filter_map(Event::object).collect();
    if objects.len() <= 1 {
        return objects.into_iter().next();
    }
    let kinds: BTreeSet<_> = events.iter().map(|e| (&e.kind, &e.namespace)).collect();
    match kinds.into_iter().collect::<Vec<_>>()[..] {
        [(Some(kind), Some(namespace))] => Some(format!("{kind} {namespace}/… ({})", objects.len())),
        [(Some(kind), None)] => Some(format!("{kind} ({})", objects.len())),
        _ => few(objects.into_iter(), "objects"),
    }
}

/// Up to two by name, more by number.
fn few(all: impl Iterator<Item = String>, what: &str) -> Option<String> {
    let all: BTreeSet<String> = all.collect();
    match all.len() {
        0 => None,
        1 | 2 => Some(all.into_iter().collect::<Vec<_>>().join(", ")),
        n => Some(format!("{n} {what}")),
    }
}
