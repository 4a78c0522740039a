//! Our DataFusion plans against rsigma-eval, which others wrote: every rule of the pack on every event of its cases and
//! on a stretch of the recorded log must hit the same events.
//!
//! Differences that are meant:
//! - Three values: where we say "cannot tell" (a body that was not recorded), rsigma says yes or no. Not compared.
//! - Derived fields (`object`, `podSpec`, `containers`, `execCommand`, `publicSourceIPs`) and annotations, whose keys
//!   have dots, are put into rsigma's event by the plain code below, not by ours.
//! - Keys with dots in bodies and `user.extra` (annotations, labels, selectors) are given to rsigma whole.
//! - With `fieldref` rsigma compares a list as a whole, and we any of its values: `MEANT` names the rules.
//! - Rules that ask what was there before an event, what a certificate request holds, or a list that is not filled are not
//!   compared: rsigma has no such fields and takes the name of a list for a text. Exceptions of standing objects are not
//!   applied, since events are asked.
//! - Null, an empty list and a list of nulls are missing for us, as for the API server, which leaves empty fields out;
//!   for rsigma they are there. It is not shown them.
//! - An event whose own fields (not those of bodies) are of another type is no audit event: intake refuses it, and says so.
//! - An address with blanks around it is an address for us.
//! - `query.*` is put in below by plain code.
//! - `objectRef.name` of a create with a generated name is the name the answer gave: put in below as well.

mod mutations;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Read;
use std::net::IpAddr;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::array_value_to_string;
use coldcase::case::Case;
use coldcase::engine::{Engine, Replay};
use coldcase::sigma::lists::unfilled;
use coldcase::sigma::{Over, Predicate, RuleSet, Source, load};
use ipnet::IpNet;
use rsigma_eval::JsonEvent;
use rsigma_parser::{FilterRuleTarget, SigmaCollection};
use serde_json::Value;

use self::mutations::{Dice, MUTATIONS, mutate};
use crate::support::{case_of, cases_of, pack_files, project, replay};

/// Rules whose hits differ, for the reason above.
const MEANT: &[&str] = &["pe-bind-foreign-sa", "pe-self-grant"];
/// Events of the recorded log that are asked; the whole log is asked in the tests of the incident.
const RECORDED: usize = 1_500;
/// Changed events that are asked.
const CHANGED: u64 = 1_500;

fn events() -> Vec<Value> {
    let mut events = Vec::new();
    for (path, _) in coldcase::pack::DETECTIONS {
        for line in cases_of(path) {
            events.extend(line["events"].as_array().cloned().unwrap_or_default());
        }
    }
    let log = project("sample-data/incidents/aks-intrusion/evidence/audit-log/audit.log.gz");
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(log).unwrap()).read_to_string(&mut text).unwrap();
    events.extend(text.lines().take(RECORDED).map(|line| serde_json::from_str::<Value>(line).unwrap()));
    // Cases of different rules use the same ids; here each event has its own.
    for (number, event) in events.iter_mut().enumerate() {
        event["auditID"] = format!("oracle-{number}").into();
    }
    events
}

fn is_public(ip: &Value) -> bool {
    let local = [
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "0.0.0.0/32",
    ];
    let local6 = ["::1/128", "::/128", "fc00::/7", "fe80::/10"];
    let Some(ip) = ip.as_str().and_then(|text| text.trim().parse::<IpAddr>().ok()) else { return false };
    !local.iter().chain(&local6).any(|net| net.parse::<IpNet>().unwrap().contains(&ip))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            (other, _) => {
                bytes.push(*other);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Finds the keys with dots below `path`, through maps.
fn keys_with_dots(path: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let below = format!("{path}.{key}");
        if key.contains('.') {
            found.push((below.clone(), value.clone()));
        }
        keys_with_dots(&below, value, found);
    }
}

/// What has a name, in an object or in each object of a list.
fn below(value: &Value, name: &str) -> Vec<Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| below(item, name)).collect(),
        other => match &other[name] {
            Value::Null => Vec::new(),
            Value::Array(items) => items.clone(),
            one => vec![one.clone()],
        },
    }
}

/// Takes out what says nothing: null, and lists of nothing else.
fn pruned(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) => {
            let items: Vec<Value> = items.into_iter().filter_map(pruned).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(parts) => Some(parts.into_iter().filter_map(|(key, part)| Some((key, pruned(part)?))).collect()),
        other => Some(other),
    }
}

fn moment(time: &Value) -> Option<chrono::DateTime<chrono::FixedOffset>> {
    chrono::DateTime::parse_from_rfc3339(time.as_str()?).ok()
}

/// What our intake adds, done by hand.
fn enriched(event: Value) -> Value {
    let mut event = pruned(event).unwrap();
    for (key, value) in event["annotations"].as_object().cloned().into_iter().flatten() {
        event[format!("annotations.{key}")] = value;
    }
    let (verb, resource) = (event["verb"].as_str().unwrap_or_default(), event["objectRef"]["resource"].as_str());
    let object = match verb {
        "create" | "update" => event["requestObject"].clone(),
        "patch" => event["responseObject"].clone(),
        _ => Value::Null,
    };
    let steps: &[&str] = match resource {
        Some("pods") => &["spec"],
        Some("podtemplates") => &["template", "spec"],
        Some("cronjobs") => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => &["spec", "template", "spec"],
    };
    let spec = steps.iter().fold(object.clone(), |at, step| below(&at, step).first().cloned().unwrap_or_default());
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let containers: Vec<Value> = lists.iter().flat_map(|list| below(&spec, list)).collect();
    let public: Vec<Value> =
        event["sourceIPs"].as_array().into_iter().flatten().filter(|ip| is_public(ip)).cloned().collect();
    if verb == "create" && event["objectRef"]["name"].is_null() && event["objectRef"].is_object() {
        let name = event["responseObject"]["metadata"]["name"].clone();
        if name.is_string() {
            event["objectRef"]["name"] = name;
        }
    }
    let uri = event["requestURI"].as_str().unwrap_or_default().to_owned();
    let sub = event["objectRef"]["subresource"].as_str().unwrap_or_default().to_owned();
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    let command: Vec<String> = query.split('&').filter_map(|part| part.strip_prefix("command=")).map(decoded).collect();
    if !command.is_empty() && ["exec", "attach"].contains(&sub.as_str()) {
        event["execCommand"] = command.join(" ").into();
    }
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        event["query"][decoded(key)] = decoded(value).into();
    }
    if let (Some(from), Some(to)) = (moment(&event["requestReceivedTimestamp"]), moment(&event["stageTimestamp"])) {
        event["duration"] = (to - from).num_seconds().into();
    }
    let reason = event["annotations"]["authorization.k8s.io/reason"].as_str().unwrap_or_default();
    let words: Vec<String> = reason.split('"').map(str::to_owned).collect();
    if let [begin, binding, _, role, _, _, ..] = &words[..]
        && let Some(kind) = begin.strip_prefix("RBAC: allowed by ")
    {
        let (name, namespace) = binding.split_once('/').map_or((binding.as_str(), None), |(a, b)| (a, Some(b)));
        event["allowedBy"] = serde_json::json!({"kind": kind.trim(), "name": name, "role": role});
        if let Some(namespace) = namespace {
            event["allowedBy"]["namespace"] = namespace.into();
        }
    }
    // rsigma takes every dot for a step down; keys that have dots are given to it whole.
    let mut dotted = Vec::new();
    keys_with_dots("object", &object, &mut dotted);
    keys_with_dots("podSpec", &spec, &mut dotted);
    keys_with_dots("requestObject", &event["requestObject"], &mut dotted);
    keys_with_dots("responseObject", &event["responseObject"], &mut dotted);
    keys_with_dots("user.extra", &event["user"]["extra"], &mut dotted);
    dotted.into_iter().for_each(|(key, value)| event[key] = value);
    for (key, value) in [("object", object.clone()), ("podSpec", spec)] {
        if !value.is_null() {
            event[key] = value;
        }
    }
    for (key, list) in [("containers", containers), ("publicSourceIPs", public)] {
        if !list.is_empty() {
            event[key] = list.into();
        }
    }
    event
}

/// The events of a log of JSON lines in a case, and as rsigma is to see them, by id.
fn asked(events: Vec<Value>) -> (tempfile::TempDir, Case, Vec<(String, Value)>) {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for event in &events {
        writeln!(text, "{event}").unwrap();
    }
    let input = folder.path().join("events.jsonl");
    std::fs::write(&input, text).unwrap();
    let case = case_of(&folder, &[input]);
    let events = events.into_iter().map(|e| (e["auditID"].as_str().unwrap().to_owned(), enriched(e))).collect();
    (folder, case, events)
}

/// The pack as we read it, and as rsigma reads it.
fn rules() -> (RuleSet, SigmaCollection) {
    let files = pack_files();
    let (mut set, _) = load(&files);
    // Base rules of correlations are asked as rules of their own.
    set.correlations.clear();
    // Those that are SQL are none of Sigma, and how objects of a snapshot stand to each other no event can say.
    let left_out: BTreeSet<String> = set
        .rules
        .iter()
        .filter(|rule| rule.sql.is_some() || asks_relations(&rule.predicate))
        .map(|rule| rule.meta.name.clone())
        .collect();
    let names: BTreeSet<&str> = set.rules.iter().map(|rule| rule.meta.name.as_str()).collect();
    let mut set = set.only(&names.into_iter().filter(|name| !left_out.contains(*name)).collect());
    set.rules.iter_mut().for_each(|rule| rule.meta.reported = true);
    // Keys that only we know.
    let is_audit = |rule: &coldcase::sigma::Rule| rule.over.log().is_none();
    set.rules.iter_mut().filter(|rule| is_audit(rule)).for_each(|rule| (rule.first, rule.over) = (None, Over::Events));
    let mut parsed = SigmaCollection::new();
    for file in &files {
        let one = rsigma_parser::parse_sigma_yaml(&file.text).unwrap();
        // Those over other log sources are asked of their own events: tests/it/cases.rs.
        let names = |theirs: &rsigma_parser::SigmaRule| {
            set.rules.iter().any(|rule| is_audit(rule) && theirs.name.as_ref() == Some(&rule.meta.name))
        };
        parsed.rules.extend(one.rules.into_iter().filter(names));
        parsed.filters.extend(one.filters);
    }
    set.exceptions.retain(|exception| exception.over.events());
    // It knows rules by id only, and not what a filter is not for.
    let exceptions = &set.exceptions;
    parsed
        .filters
        .retain(|filter| exceptions.iter().any(|exception| Some(&exception.meta.name) == filter.name.as_ref()));
    for filter in &mut parsed.filters {
        let exception = exceptions.iter().find(|exception| Some(&exception.meta.name) == filter.name.as_ref());
        let rules = exception.unwrap().rules.iter().map(|place| &set.rules[*place]).filter(|rule| is_audit(rule));
        let rules = rules.map(|rule| rule.meta.id.clone().unwrap());
        filter.rules = FilterRuleTarget::Specific(rules.collect());
    }
    (set, parsed)
}

fn theirs(parsed: &SigmaCollection, exceptions: bool) -> rsigma_eval::Engine {
    let mut theirs = rsigma_eval::Engine::new();
    theirs.add_rules(&parsed.rules);
    if exceptions {
        parsed.filters.iter().for_each(|filter| theirs.apply_filter(filter).unwrap());
    }
    theirs
}

#[test]
fn plans_hit_what_rsigma_hits() {
    let (_folder, case, events) = asked(events());
    let (mut set, parsed) = rules();
    // With exceptions, and then without.
    for exceptions in [true, false] {
        if !exceptions {
            set.exceptions.clear();
        }
        let hits = compare(&set, &replay(&case, &set), &theirs(&parsed, exceptions), &events);
        assert!(hits > 200, "too little was asked: {hits} hits");
    }
}

/// Changed events; a number in `COLDCASE_MUTATIONS` asks so many, with the seed in `COLDCASE_SEED`.
#[test]
fn plans_hit_what_rsigma_hits_in_events_changed_at_random() {
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse::<u64>().unwrap());
    let mut dice = Dice::new(number("COLDCASE_SEED", 6));
    let whole = events();
    let (mut changed, mut done) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for id in 0..number("COLDCASE_MUTATIONS", CHANGED) {
        let mut event = whole[dice.below(whole.len())].clone();
        let names = mutate(&mut event, &mut dice);
        event["auditID"] = format!("{id} {}", names.join(", ")).into();
        names.into_iter().for_each(|name| *done.entry(name).or_default() += 1);
        changed.push(event);
    }
    assert_eq!(done.len(), MUTATIONS.len(), "{done:?}");
    let (_folder, case, mut events) = asked(changed);
    // An event with a field of another type is no audit event: intake refuses it aloud.
    let kept = Engine::open(&case).unwrap().sql("SELECT audit_id FROM audit", &[]).unwrap();
    let ids = |batch: &RecordBatch| {
        let ids = batch.column(0).clone();
        (0..ids.len()).map(move |row| array_value_to_string(&ids, row).unwrap()).collect::<Vec<_>>()
    };
    let kept: BTreeSet<String> = kept.batches.iter().flat_map(ids).collect();
    let all = events.len();
    events.retain(|(id, _)| kept.contains(id));
    assert!(events.len() * 10 > all * 6, "{} of {all} were kept", events.len());
    let (mut set, parsed) = rules();
    set.exceptions.clear();
    let hits = compare(&set, &replay(&case, &set), &theirs(&parsed, false), &events);
    assert!(hits > events.len() / 10, "too little was asked: {hits} hits");
}

fn asks_relations(predicate: &Predicate) -> bool {
    let mut asks = false;
    predicate.each_test(&mut |test| asks |= matches!(test.field.source, Source::Related(_)));
    asks
}

/// Says whether a rule asks what rsigma does not know.
fn only_ours(predicate: &Predicate) -> bool {
    let mut ours = !unfilled(predicate).is_empty();
    predicate.each_test(&mut |test| ours |= matches!(test.field.source, Source::State { .. } | Source::Certificate(_)));
    ours
}

/// Compares every rule on every event that we can tell of, and returns the number of hits.
fn compare(set: &RuleSet, found: &Replay, theirs: &rsigma_eval::Engine, events: &[(String, Value)]) -> usize {
    let mut ours: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in &found.findings {
        ours.entry(&finding.rule).or_default().extend(finding.audit_ids.iter().map(String::as_str));
    }
    let mut untold: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for u in &found.untold {
        untold.entry(&u.rule).or_default().extend(u.audit_ids.iter().map(String::as_str));
    }
    assert!(!untold.is_empty());
    let (mut hits, mut wrong) = (0, Vec::new());
    for (id, event) in events {
        let results = theirs.evaluate(&JsonEvent::borrow(event));
        let theirs: BTreeSet<&str> = results.iter().filter_map(|result| result.header.rule_id.as_deref()).collect();
        hits += theirs.len();
        for rule in &set.rules {
            let name = rule.meta.name.as_str();
            let is_in =
                |map: &BTreeMap<&str, BTreeSet<&str>>| map.get(name).is_some_and(|ids| ids.contains(id.as_str()));
            let their = theirs.contains(rule.meta.id.as_deref().unwrap());
            if only_ours(&rule.predicate) {
                continue;
            }
            if their != is_in(&ours) && !is_in(&untold) && !MEANT.contains(&name) {
                wrong.push(format!("{name} {id}: rsigma says {their}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    hits
}
