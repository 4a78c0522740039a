//! Our correlations against those of rsigma-eval, which others wrote: made sequences of events, every type of correlation,
//! the lines in any order, gaps around the timespan. Both must find the same events.
//!
//! rsigma says at which event a correlation fires; the events of the window that ends there are then its result. In
//! `temporal_ordered` an event is part of the result when rsigma still fires with that event as the only one of its rule.
//!
//! Differences that are meant, and how they are kept out:
//! - rsigma knows whole seconds and the order in which events come in. We know microseconds, and events of one instant are
//!   in any order: conditions that a further event can break, and counts of firings, are compared without ties.
//! - Without a condition rsigma's `temporal` fires at the first hit of any rule. We want all, as Sigma's specification
//!   does; conditions are written out here.
//! - rsigma's `value_percentile` fires whatever the value is. Here its value is held against the condition.
//! - An event without the counted value makes rsigma ask the window again without adding to it, and fire on what it was. We
//!   ask windows that end with an event that counts; other firings of rsigma are passed over, and are not chained.
//! - rsigma gives a list as a group-by value, or no value, a group together; we take the list as a whole, and no value for
//!   no group. It joins several counted fields by a separator that may be in them, and counts "nan" and "inf" as numbers.
//!   It counts nothing in a chained `value_count`, where we count a key of the group. Not made here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use coldcase::model::Micros;
use coldcase::sigma::{CorrelationKind, RuleFile, RuleSet, load};
use rsigma_eval::{CorrelationConfig, CorrelationEngine, JsonEvent};
use serde_json::{Value, json};

use crate::support::{case_of, cases_of, pack, replay};

/// The timespan of correlations over rules, and of correlations over those.
const SPAN: i64 = 10;
const CHAINED: i64 = 14;
const WORLDS: usize = 300;
const START: i64 = 1_900_000_000;

/// How a correlation is compared.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// The events of windows.
    Windows,
    /// The same, where no two events are of one instant.
    WithoutTies,
    /// The events of chains.
    Chains,
    /// Only whether it is found, where no two events are of one instant.
    Whether,
}

/// Name, type, counted field, rules, condition, and how it is compared.
type OverRules = (&'static str, &'static str, &'static str, &'static [&'static str], &'static str, Way);

const OVER_RULES: &[OverRules] = &[
    ("count", "event_count", "", &["r0", "r1", "r2"], "{gte: 3}", Way::Windows),
    ("count-two", "event_count", "", &["r0"], "{eq: 2}", Way::WithoutTies),
    ("count-few", "event_count", "", &["r0", "r1"], "{gt: 1, lte: 3}", Way::WithoutTies),
    ("values", "value_count", "objectRef.name", &["r0", "r1"], "{gte: 2}", Way::Windows),
    ("values-pairs", "value_count", "[objectRef.name, requestObject.word]", &["r0", "r2"], "{gte: 3}", Way::Windows),
    ("values-not-one", "value_count", "requestObject.word", &["r1", "r2"], "{neq: 1}", Way::WithoutTies),
    ("verbs", "value_count", "verb", &["r0", "r1", "r2"], "{gte: 2}", Way::Windows),
    ("sum", "value_sum", "requestObject.number", &["r0", "r1", "r2"], "{gte: 9}", Way::WithoutTies),
    ("sum-low", "value_sum", "requestObject.number", &["r0", "r1"], "{lt: 3}", Way::WithoutTies),
    ("average", "value_avg", "requestObject.number", &["r0", "r1", "r2"], "{gte: 3}", Way::WithoutTies),
    ("average-is", "value_avg", "requestObject.number", &["r0", "r1", "r2"], "{eq: 2}", Way::WithoutTies),
    ("median", "value_median", "requestObject.number", &["r0", "r1", "r2"], "{gt: 3}", Way::WithoutTies),
    (
        "p90",
        "value_percentile",
        "requestObject.number, percentile: 90",
        &["r0", "r1", "r2"],
        "{gte: 5}",
        Way::WithoutTies,
    ),
    ("p25", "value_percentile", "requestObject.number, percentile: 25", &["r0", "r2"], "{lte: 1}", Way::WithoutTies),
    ("any-two", "temporal", "", &["r0", "r1", "r2"], "{gte: 2}", Way::Windows),
    ("all-three", "temporal", "", &["r0", "r1", "r2"], "{gte: 3}", Way::Windows),
    ("words", "temporal", "", &["r0", "r1", "r2"], "r0 and (r1 or r2)", Way::Windows),
    ("words-not", "temporal", "", &["r0", "r1"], "r0 and not r1", Way::WithoutTies),
    ("ordered", "temporal_ordered", "", &["r0", "r1"], "{gte: 2}", Way::Chains),
    ("ordered-three", "temporal_ordered", "", &["r2", "r0", "r1"], "{gte: 3}", Way::Chains),
];

/// The same over correlations, which fire as often as they are met.
const OVER_CORRELATIONS: &[(&str, &str, &[&str], &str, Way)] = &[
    ("chained-count", "event_count", &["count"], "{gte: 2}", Way::WithoutTies),
    ("chained-any", "temporal", &["verbs", "r2"], "{gte: 2}", Way::WithoutTies),
    ("chained-words", "temporal", &["any-two", "r1"], "any-two and not r1", Way::WithoutTies),
    ("chained-ordered", "temporal_ordered", &["any-two", "r2"], "{gte: 2}", Way::Whether),
    ("chained-twice", "temporal", &["chained-count", "any-two"], "{gte: 2}", Way::WithoutTies),
];

const VERBS: [&str; 3] = ["get", "list", "watch"];

fn rules() -> String {
    let mut text = String::new();
    let id = |number: usize| format!("{number:08}-0000-4000-8000-000000000000");
    for (number, verb) in VERBS.iter().enumerate() {
        writeln!(
            text,
            "title: r{number}\nid: {}\nname: r{number}\ndetection:\n  s: {{verb: {verb}}}\n  condition: s\n---",
            id(number)
        )
        .unwrap();
    }
    for (number, (name, kind, field, rules, condition, _)) in OVER_RULES.iter().enumerate() {
        let field = if field.is_empty() { String::new() } else { format!(", field: {field}}}") };
        let condition = if field.is_empty() { (*condition).to_owned() } else { condition.replace('}', &field) };
        writeln!(
            text,
            "title: {name}\nid: {}\nname: {name}\ngenerate: true\ncorrelation:\n  type: {kind}\n  rules: [{}]\n  group-by: [user.username]\n  timespan: {SPAN}s\n  condition: {condition}\n---",
            id(100 + number),
            rules.join(", "),
        )
        .unwrap();
    }
    for (number, (name, kind, rules, condition, _)) in OVER_CORRELATIONS.iter().enumerate() {
        writeln!(
            text,
            "title: {name}\nid: {}\nname: {name}\ngenerate: true\ncorrelation:\n  type: {kind}\n  rules: [{}]\n  group-by: [user.username]\n  timespan: {CHAINED}s\n  condition: {condition}\n---",
            id(200 + number),
            rules.join(", "),
        )
        .unwrap();
    }
    text
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

struct Made {
    id: String,
    world: usize,
    rule: usize,
    time: i64,
    event: Value,
}

impl Made {
    /// Says whether it has a value that counts for a correlation.
    fn counts(&self, kind: &str, field: &str) -> bool {
        let has = |path: &str| self.event.pointer(&format!("/{}", path.trim().replace('.', "/"))).is_some();
        match kind {
            "value_count" => field.trim_matches(['[', ']']).split(',').all(has),
            kind if kind.starts_with("value") => match &self.event["requestObject"]["number"] {
                Value::String(text) => text.parse::<f64>().is_ok(),
                number => number.is_number(),
            },
            _ => true,
        }
    }
}

/// Worlds of a dozen events each, of one user; in every second one no two events are of one second.
fn worlds() -> Vec<Made> {
    let mut random = Random(7);
    let mut made = Vec::new();
    for world in 0..WORLDS {
        let mut time = START;
        for number in 0..4 + random.below(10) {
            let least = world % 2;
            time += random.of(&[least as i64, 1, 1, 2, 4, SPAN - 1, SPAN, SPAN + 1]);
            let (rule, id) = (random.below(3), format!("{world}-{number}"));
            let mut body = json!({});
            if random.below(5) > 0 {
                body["number"] =
                    random.of(&[json!(1), json!(2), json!(0.5), json!(6), json!("3"), json!(-2), json!("x")]);
            }
            if random.below(4) > 0 {
                body["word"] = random.of(&["a", "b"]).into();
            }
            let mut object = json!({"resource": "pods", "namespace": "web", "apiVersion": "v1"});
            if random.below(6) > 0 {
                object["name"] = random.of(&["x", "y", "z"]).into();
            }
            let event = json!({
                "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": id,
                "stage": "ResponseComplete", "requestURI": "/x", "verb": VERBS[rule],
                "user": {"username": format!("w{world}")}, "objectRef": object, "requestObject": body,
                "responseStatus": {"code": 200}, "stageTimestamp": stamp(time),
            });
            made.push(Made { id, world, rule, time, event });
        }
    }
    made
}

fn stamp(time: i64) -> String {
    let second = time - START;
    // START is 17:46:40 of that day, and no world is longer than a few minutes.
    let of_day = 17 * 3_600 + 46 * 60 + 40 + second;
    format!("2030-03-17T{:02}:{:02}:{:02}.000000Z", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

/// At which events, by their places, each correlation fires, with its value.
fn fired(text: &str, events: &[(i64, Value)]) -> BTreeMap<String, Vec<(usize, f64)>> {
    let mut engine = CorrelationEngine::new(CorrelationConfig { max_state_entries: usize::MAX, ..Default::default() });
    engine.add_collection(&rsigma_parser::parse_sigma_yaml(text).unwrap()).unwrap();
    let mut fired: BTreeMap<String, Vec<(usize, f64)>> = BTreeMap::new();
    for (place, (time, event)) in events.iter().enumerate() {
        for result in engine.process_event_at(&JsonEvent::borrow(event), *time) {
            if let Some(body) = result.as_correlation() {
                fired.entry(result.header.rule_title.clone()).or_default().push((place, body.aggregated_value));
            }
        }
    }
    fired
}

#[test]
fn correlations_find_what_those_of_rsigma_find() {
    let (text, made) = (rules(), worlds());
    let mut lines: Vec<String> = made.iter().map(|made| made.event.to_string()).collect();
    let mut random = Random(11);
    for place in (1..lines.len()).rev() {
        lines.swap(place, random.below(place + 1));
    }
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("events.jsonl");
    std::fs::write(&input, lines.join("\n")).unwrap();
    let (set, problems) = load(&[RuleFile { path: "c.yml".into(), text: text.clone() }]);
    assert_eq!(problems, []);
    let found = replay(&case_of(&folder, &[input]), &set);
    let mut ours: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in &found.findings {
        ours.entry(&finding.rule).or_default().extend(finding.audit_ids.iter().map(String::as_str));
    }
    let events: Vec<(i64, Value)> = made.iter().map(|made| (made.time, made.event.clone())).collect();
    let theirs = fired(&text, &events);
    let mut wrong = Vec::new();
    let mut compare = |name: &str, way: Way, theirs: &BTreeSet<usize>| {
        let is_compared = |world: usize| !matches!(way, Way::WithoutTies | Way::Whether) || world % 2 == 1;
        let mut hits = 0;
        for world in (0..WORLDS).filter(|world| is_compared(*world)) {
            let here = || made.iter().enumerate().filter(|(_, made)| made.world == world);
            let theirs: Vec<&str> =
                here().filter(|(place, _)| theirs.contains(place)).map(|(_, made)| made.id.as_str()).collect();
            let is_ours = |id: &str| ours.get(name).is_some_and(|ids| ids.contains(id));
            let ours: Vec<&str> = here().map(|(_, made)| made.id.as_str()).filter(|id| is_ours(id)).collect();
            hits += ours.len();
            let same = if way == Way::Whether { ours.is_empty() == theirs.is_empty() } else { ours == theirs };
            if !same {
                wrong.push(format!("{name} in world {world}: rsigma {theirs:?}, ours {ours:?}"));
            }
        }
        assert!(hits > 20, "{name} was hardly asked: {hits} events");
    };
    // The events of the windows that end where a correlation over rules fires.
    let windows_of = |(name, kind, field, rules, condition, _): &OverRules| {
        let counts = |made: &Made| rules.contains(&format!("r{}", made.rule).as_str()) && made.counts(kind, field);
        let meets = |value: f64| !kind.starts_with("value_perc") || bounds_hold(condition, value);
        let firings =
            theirs.get(*name).into_iter().flatten().filter(|(place, value)| counts(&made[*place]) && meets(*value));
        let windows = firings.map(|(end, _)| {
            let begin = made[*end].time - SPAN;
            let inside = |place: &usize| {
                made[*place].world == made[*end].world && made[*place].time >= begin && counts(&made[*place])
            };
            (*end, (0..=*end).filter(inside).collect::<BTreeSet<usize>>())
        });
        windows.collect::<BTreeMap<usize, BTreeSet<usize>>>()
    };
    let mut windows: BTreeMap<&str, BTreeMap<usize, BTreeSet<usize>>> = BTreeMap::new();
    for correlation in OVER_RULES {
        let (name, _, _, rules, _, way) = *correlation;
        if way == Way::Chains {
            compare(name, way, &chains(&text, name, rules, &made));
            continue;
        }
        windows.insert(name, windows_of(correlation));
        compare(name, way, &windows[name].values().flatten().copied().collect());
    }
    for (name, _, parts, _, way) in OVER_CORRELATIONS {
        let mut of_parent = BTreeMap::new();
        for (end, _) in theirs.get(*name).into_iter().flatten() {
            let inside = |place: &usize| {
                made[*place].world == made[*end].world && made[*place].time >= made[*end].time - CHAINED && place <= end
            };
            let mut events = BTreeSet::new();
            for part in *parts {
                match windows.get(part) {
                    Some(child) => {
                        events.extend(child.iter().filter(|(place, _)| inside(place)).flat_map(|(_, window)| window))
                    }
                    None => {
                        events.extend((0..made.len()).filter(|p| inside(p) && format!("r{}", made[*p].rule) == *part))
                    }
                }
            }
            of_parent.insert(*end, events);
        }
        compare(name, *way, &of_parent.values().flatten().copied().collect());
        windows.insert(name, of_parent);
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

/// What correlations find does not hang on when the hits of their parts are told: those of rules that are nothing but parts
/// may wait for a rarer part, those of rules that are reported themselves, as above, do not.
#[test]
fn hits_that_wait_for_another_part_are_the_same() {
    let made = worlds();
    let found = |events: &[&Made], correlation: &str, generate: bool| {
        let documents = rules();
        let is_asked = |document: &&str| {
            let name = document.lines().find_map(|line| line.strip_prefix("name: ")).unwrap_or_default();
            name == correlation || name.starts_with('r')
        };
        let text: Vec<&str> = documents.split("---\n").filter(is_asked).collect();
        let text = text.join("---\n").replace("generate: true", &format!("generate: {generate}"));
        let (set, problems) = load(&[RuleFile { path: "c.yml".into(), text }]);
        assert_eq!(problems, []);
        assert_eq!(set.rules.iter().all(|rule| rule.meta.reported), generate);
        hits_of(&set, correlation, events.iter().map(|made| made.event.clone()))
    };
    for (correlation, needed) in [("all-three", 0), ("words", 0), ("ordered", 0), ("ordered-three", 2)] {
        let mut nth = 0;
        let mut rare = |made: &Made, one_in: usize| {
            nth += usize::from(made.rule == needed);
            made.rule != needed || nth % one_in == 0
        };
        // Every part hits often, one of them is rare, and one never hits.
        for (one_in, finds) in [(1, true), (12, true), (usize::MAX, false)] {
            let events: Vec<&Made> = made.iter().filter(|made| rare(made, one_in)).collect();
            let (late, at_once) = (found(&events, correlation, false), found(&events, correlation, true));
            assert_eq!(late, at_once, "{correlation}, one in {one_in}");
            assert_eq!(!late.is_empty(), finds, "{correlation}, one in {one_in}");
        }
    }
}

/// The events that are part of a chain: rsigma is asked for each once more, with no other event of its rule.
fn chains(text: &str, name: &str, rules: &[&str], made: &[Made]) -> BTreeSet<usize> {
    let mut events = Vec::new();
    let mut about = Vec::new();
    for (place, this) in made.iter().enumerate().filter(|(_, made)| rules.contains(&format!("r{}", made.rule).as_str()))
    {
        for other in
            made.iter().filter(|other| other.world == this.world && (other.rule != this.rule || other.id == this.id))
        {
            let mut event = other.event.clone();
            event["user"]["username"] = format!("only-{}", this.id).into();
            events.push((other.time, event));
            about.push(place);
        }
    }
    fired(text, &events).get(name).into_iter().flatten().map(|(place, _)| about[*place]).collect()
}

fn bounds_hold(condition: &str, value: f64) -> bool {
    let (word, number) = condition.trim_matches(['{', '}']).split_once(": ").unwrap();
    let number: f64 = number.parse().unwrap();
    match word {
        "gte" => value >= number,
        "lte" => value <= number,
        other => panic!("no {other} here"),
    }
}

/// Every correlation of the pack has cases that miss its window by a second, and finds the same whatever the order its
/// events come in; one of `temporal_ordered` has a near miss that is only one because its steps are the other way round.
#[test]
fn correlations_of_the_pack_have_their_edges_and_their_order_tried() {
    let time = |event: &Value| Micros::parse(event["stageTimestamp"].as_str().unwrap()).unwrap().0;
    let (pack, mut asked) = (pack(), 0);
    for correlation in pack.correlations.iter().filter(|c| c.meta.reported) {
        let name = &correlation.meta.name;
        let set = pack.of_file(&correlation.meta.file);
        let lines = cases_of(&correlation.meta.file);
        // Records of other logs have their times in as many ways as there are tables: those cases are read by eye.
        if lines.iter().any(|line| line["records"].is_array()) {
            continue;
        }
        let events = |line: &Value| line["events"].as_array().cloned().unwrap_or_default();
        let near = || lines.iter().filter(|line| line["case"] == "near miss");
        let misses = |line: &&Value| {
            let times: Vec<i64> = events(line).iter().map(time).collect();
            times.iter().any(|one| times.iter().any(|other| other - one == correlation.timespan + 1_000_000))
        };
        assert!(near().any(|line| misses(&line)), "{name} has no near miss a second after its window");
        let fires = lines.iter().find(|line| line["case"] == "fires").unwrap();
        let hits: BTreeSet<&str> = fires["hits"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(
            hits_of(&set, name, events(fires).into_iter().rev()),
            hits.into_iter().map(str::to_owned).collect(),
            "{name}"
        );
        if correlation.kind == CorrelationKind::TemporalOrdered {
            let mirrored = |line: &Value| {
                let mut events = events(line);
                let ends =
                    events.iter().map(time).fold((i64::MAX, i64::MIN), |(first, last), t| (first.min(t), last.max(t)));
                for event in &mut events {
                    let turned = Micros(ends.0 + ends.1 - time(event)).to_string();
                    event["stageTimestamp"] = turned.clone().into();
                    event["requestReceivedTimestamp"] = turned.into();
                }
                !hits_of(&set, name, events.into_iter()).is_empty()
            };
            assert!(near().any(mirrored), "{name} has no near miss with its steps the other way round");
        }
        asked += 1;
    }
    assert!(asked >= 35, "the pack has only {asked} correlations");
}

fn hits_of(set: &RuleSet, rule: &str, events: impl Iterator<Item = Value>) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("events.jsonl");
    std::fs::write(&input, events.map(|event| format!("{event}\n")).collect::<String>()).unwrap();
    let found = replay(&case_of(&folder, &[input]), set);
    found.findings.into_iter().filter(|finding| finding.rule == rule).flat_map(|finding| finding.audit_ids).collect()
}
