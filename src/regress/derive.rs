//! Tests made of tests: from each case that fires, changes of the evidence that must not change the verdict, and changes
//! that must.
//!
//! What must not matter: the order of lines, doubles, records of other stages, the route by which Azure delivered the event,
//! how a time is written, the order of keys, one more address in front of the cluster. What must: another verb, a field that
//! the rule asks for, a second outside of the window; and a request cut at 16 KiB must leave what asks for it untold.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::words::EVENT;
use super::{Data, Exceptions, Expect, Test};
use crate::engine::keys;
use crate::model::{Micros, Recorded};
use crate::sigma::predicate::{Cmp, Op};
use crate::sigma::{CorrelationKind, Predicate, Rule, RuleSet, Source, needs, verbs};

/// The tests derived of those that fire, of rules over events.
pub fn derive(set: &RuleSet, tests: &[Test]) -> Vec<Test> {
    tests.iter().filter(|test| test.skip.is_none()).flat_map(|test| of(set, test)).collect()
}

fn of(set: &RuleSet, test: &Test) -> Vec<Test> {
    let (Data::Lines(lines), [Expect::Events(hits)], Some(name)) =
        (&test.data, test.expect.as_slice(), test.rules.first())
    else {
        return Vec::new();
    };
    let events: Vec<Value> = lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let is_event = |event: &Value| event.get("auditID").is_some() && event.get("stageTimestamp").is_some();
    let Some((meta, rules)) = set.reported().find(|(meta, _)| meta.name == *name) else { return Vec::new() };
    if rules.is_empty() || events.len() != lines.len() || !events.iter().all(is_event) {
        return Vec::new();
    }
    let make = |what: &str, lines: Vec<String>, expect: Expect| Test {
        name: format!("{} [{what}]", test.name),
        data: Data::Lines(lines),
        exceptions: Exceptions::Ignored,
        expect: vec![expect],
        ..test.clone()
    };
    let same = |what: &str, lines: Vec<String>| make(what, lines, Expect::Events(hits.clone()));
    let mut derived = vec![
        same("lines in reverse", lines.iter().rev().cloned().collect()),
        same("lines doubled", lines.iter().chain(lines).cloned().collect()),
        same("other stages", events.iter().flat_map(|event| [received(event), event.to_string()]).collect()),
        same("by storage", events.iter().map(|event| storage(&event.to_string(), event)).collect()),
        same("by AzureDiagnostics", events.iter().map(diagnostics).collect()),
        same("times with an offset", events.iter().map(|event| offset(event).to_string()).collect()),
        same("keys in reverse", events.iter().map(reversed).collect()),
        same("one more address", events.iter().map(|event| hop(event).to_string()).collect()),
    ];
    // Two lines have one other order.
    if lines.len() > 2 {
        derived.push(same("lines shuffled", shuffled(lines)));
    }
    // Rows of AKSAudit do not say who was impersonated.
    let impersonated = |rule: &&Rule| match &rule.sql {
        Some(sql) => sql.text.contains("impersonated"),
        None => needs(&rule.predicate).any.misses(Recorded::IMPERSONATED),
    };
    let by_impersonated = keys(set, meta).iter().any(|key| key.root.misses(Recorded::IMPERSONATED));
    if !rules.iter().any(impersonated) && !by_impersonated {
        derived.push(same("by AKSAudit", events.iter().map(aks_audit).collect()));
    }
    // A query may do without a verb.
    if rules.iter().all(|rule| rule.sql.is_none() && verbs(&rule.predicate).is_some()) {
        let other = |event: &Value| with(event, &["verb"], Some("nosuch".into())).to_string();
        derived.push(make("another verb", events.iter().map(other).collect(), Expect::Nothing));
    }
    for field in asked_of_all(&rules) {
        let path: Vec<&str> = field.split('.').collect();
        let less = events.iter().map(|event| with(event, &path, None).to_string()).collect();
        derived.push(make(&format!("without {field}"), less, Expect::Nothing));
    }
    if let Some(lines) = late(set, name, &events, hits) {
        derived.push(make("a second outside of the window", lines, Expect::Nothing));
    }
    let alone = set.rules.iter().any(|rule| rule.meta.name == *name);
    let hangs = |rule: &&Rule| {
        let needs = needs(&rule.predicate).hit;
        needs.misses(Recorded::REQUEST) || needs.misses(Recorded::OBJECT)
    };
    // The object of a patch is in the response, which comes after the request and is lost with it.
    if alone
        && rules.iter().all(hangs)
        && events.iter().all(|event| event.get("requestObject").is_some())
        && rules[0].first.is_none()
    {
        derived.push(make("cut at 16 KiB", events.iter().map(cut).collect(), Expect::CannotTell(None)));
    }
    derived
}

/// A copy of an event with what lies at a path replaced or taken away.
fn with(event: &Value, path: &[&str], value: Option<Value>) -> Value {
    let mut event = event.clone();
    let Some((last, before)) = path.split_last() else { return event };
    let mut at = Some(&mut event);
    for key in before {
        at = at.and_then(|at| at.get_mut(*key));
    }
    if let Some(members) = at.and_then(Value::as_object_mut) {
        match value {
            Some(value) => drop(members.insert((*last).to_owned(), value)),
            None => drop(members.remove(*last)),
        }
    }
    event
}

/// The record that the API server may write when the request comes in.
fn received(event: &Value) -> String {
    let mut record = with(event, &["stage"], Some("RequestReceived".into()));
    let time = record.get("requestReceivedTimestamp").or(event.get("stageTimestamp")).cloned().unwrap_or_default();
    record["stageTimestamp"] = time;
    for key in ["responseStatus", "responseObject", "requestObject", "annotations"] {
        record = with(&record, &[key], None);
    }
    with(&record, &["level"], Some("Metadata".into())).to_string()
}

const CLUSTER: &str = "/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000000/RESOURCEGROUPS/RG/PROVIDERS/\
                       MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/CLUSTER";

/// A record of a diagnostic setting with a text in `properties.log`.
fn storage(log: &str, event: &Value) -> String {
    json!({
        "category": "kube-audit", "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "resourceId": CLUSTER, "time": event["stageTimestamp"],
        "properties": {"log": log, "pod": "kube-apiserver-0", "stream": "stdout"},
    })
    .to_string()
}

fn diagnostics(event: &Value) -> String {
    json!({
        "Type": "AzureDiagnostics", "Category": "kube-audit", "TimeGenerated": event["stageTimestamp"],
        "ResourceId": CLUSTER, "log_s": event.to_string(), "pod_s": "kube-apiserver-0", "stream_s": "stdout",
    })
    .to_string()
}

/// Columns of AKSAudit and the fields they hold.
const COLUMNS: [(&str, &str); 16] = [
    ("TimeGenerated", "stageTimestamp"),
    ("Level", "level"),
    ("AuditId", "auditID"),
    ("Stage", "stage"),
    ("RequestUri", "requestURI"),
    ("Verb", "verb"),
    ("User", "user"),
    ("SourceIps", "sourceIPs"),
    ("UserAgent", "userAgent"),
    ("ObjectRef", "objectRef"),
    ("ResponseStatus", "responseStatus"),
    ("RequestObject", "requestObject"),
    ("ResponseObject", "responseObject"),
    ("RequestReceivedTime", "requestReceivedTimestamp"),
    ("StageReceivedTime", "stageTimestamp"),
    ("Annotations", "annotations"),
];

fn aks_audit(event: &Value) -> String {
    let mut row: Map<String, Value> =
        COLUMNS.iter().filter_map(|(column, field)| Some(((*column).to_owned(), event.get(*field)?.clone()))).collect();
    row.insert("Type".into(), "AKSAudit".into());
    row.insert("_ResourceId".into(), CLUSTER.to_lowercase().into());
    Value::Object(row).to_string()
}

/// The same moments, as RFC 3339 writes them with an offset of two hours.
fn offset(event: &Value) -> Value {
    let mut event = event.clone();
    for key in ["stageTimestamp", "requestReceivedTimestamp"] {
        let time = event.get(key).and_then(Value::as_str).and_then(Micros::parse);
        if let Some(time) = time {
            let there = Micros(time.0 + 7_200_000_000).to_string();
            event[key] = format!("{}+02:00", there.trim_end_matches('Z')).into();
        }
    }
    event
}

/// The lines in an order that their hashes give: the same in each run, and none that anybody chose.
fn shuffled(lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.sort_by_cached_key(|line| *blake3::hash(line.as_bytes()).as_bytes());
    lines
}

/// The keys of every object in reverse.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .rev()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), reversed(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(reversed).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// A proxy inside of the cluster's network adds its own address.
fn hop(event: &Value) -> Value {
    let mut event = event.clone();
    if let Some(addresses) = event.get_mut("sourceIPs").and_then(Value::as_array_mut) {
        addresses.push("10.224.0.77".into());
    }
    event
}

/// Fields of an event that every rule needs with a value: without them nothing may fire.
fn asked_of_all(rules: &[&Rule]) -> BTreeSet<String> {
    let asked = |rule: &&Rule| -> BTreeSet<String> {
        let parts = match &rule.predicate {
            Predicate::All(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        };
        let plain = |part: &Predicate| match part {
            Predicate::Test(test) if matches!(test.op, Op::AnyText(_) | Op::Cidr(_)) => match test.field.source {
                Source::Column(_) => Some(test.field.name.clone()).filter(|name| FIELDS.contains(&name.as_str())),
                _ => None,
            },
            _ => None,
        };
        parts.iter().filter_map(plain).collect()
    };
    rules.iter().map(asked).reduce(|all, more| all.intersection(&more).cloned().collect()).unwrap_or_default()
}

/// Fields that can be missing in an event that is still one.
const FIELDS: [&str; 6] = [
    "user.username",
    "userAgent",
    "objectRef.resource",
    "objectRef.subresource",
    "objectRef.namespace",
    "objectRef.name",
];

/// The events with the last of those that are hit moved out of the window, when each of them is needed.
fn late(set: &RuleSet, name: &str, events: &[Value], hits: &BTreeSet<String>) -> Option<Vec<String>> {
    let correlation = set.correlations.iter().find(|correlation| correlation.meta.name == name)?;
    let needed = match (&correlation.kind, correlation.bounds()) {
        (CorrelationKind::TemporalOrdered, _) => correlation.parts.len() as u64,
        (_, [(Cmp::Gte, count)]) => *count,
        (_, [(Cmp::Gt, count)]) => count + 1,
        _ => return None,
    };
    if hits.len() as u64 != needed || needed < 2 {
        return None;
    }
    let time = |event: &Value| event["stageTimestamp"].as_str().and_then(Micros::parse);
    let is_hit = |event: &&Value| event["auditID"].as_str().is_some_and(|id| hits.contains(id));
    let first = events.iter().filter(is_hit).filter_map(time).min()?;
    let last = events.iter().filter(is_hit).filter_map(time).max()?;
    let moved = Micros(first.0 + correlation.timespan + 1_000_000);
    let line = |event: &Value| {
        if time(event) == Some(last) && is_hit(&event) {
            let event = with(event, &["stageTimestamp"], Some(moved.to_string().into()));
            return with(&event, &["requestReceivedTimestamp"], Some(moved.to_string().into())).to_string();
        }
        event.to_string()
    };
    Some(events.iter().map(line).collect())
}

/// Where Azure cuts a record.
const LONGEST: usize = 16_384;

/// The event padded by whoever made the request, as the storage route delivers it: cut within the padding.
fn cut(event: &Value) -> String {
    let mut event = event.clone();
    let body = event.get_mut("requestObject").map(Value::take).unwrap_or_default();
    let inner = body.to_string();
    let padded = format!("{{\"a\":\"{}\",{}", "x".repeat(LONGEST), inner.trim_start_matches('{'));
    let member = |key: &&str| {
        let value = if *key == "requestObject" { padded.clone() } else { event.get(*key)?.to_string() };
        Some(format!("\"{key}\":{value}"))
    };
    let text = format!("{{{}}}", EVENT.iter().filter_map(member).collect::<Vec<_>>().join(","));
    storage(&text[..text.floor_char_boundary(LONGEST)], &event)
}
