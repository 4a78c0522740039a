//! Our meaning of a rule against that of rsigma-eval, which others wrote, on many small events. Tests only.
//!
//! Differences that are meant, each with a test below that pins both sides:
//! 1. `startswith` and `endswith` with a wildcard inside: rsigma 0.23 anchors the wrong end. Ours anchors the right one.
//! 2. A wildcard spans line breaks here; there `*` stops at one, so a command of two lines would hide.
//! 3. Null and missing are one here. There a list of values with null in it does not match a missing field, and `neq`
//!    matches an explicit null: the API server leaves empty fields out, and columns keep no difference.
//! 4. An empty list, or one of nulls only, is missing here, for the same reason; there it exists.
//! 5. Prefix, suffix and infix wildcards compare by lower case here like all other text; there by case folding, which
//!    differs for a few letters such as ſ.
//! 6. `fieldref` between lists is "any with any" as text here; there the whole lists must be equal, with types.
//! 7. Annotation and user.extra keys keep their dots here; there a dot always goes one level down.

mod pack;

use std::cell::Cell;

use proptest::prelude::*;
use rsigma_eval::{CompiledRule, JsonEvent, compile_rule, evaluate_rule};
use serde_json::{Value as Json, json};

use super::elements::{Members, elements, reach};
use super::fields::{Field, Source};
use super::matcher::{Matcher, Value};
use super::predicate::{Op, Predicate, Test};
use super::{RuleFile, load};

/// A predicate whose expressions are compiled.
enum Ready<'a> {
    All(Vec<Ready<'a>>),
    Any(Vec<Ready<'a>>),
    Not(Box<Ready<'a>>),
    Test(&'a Test, Matcher),
}

fn ready(predicate: &Predicate) -> Ready<'_> {
    match predicate {
        Predicate::True => Ready::All(Vec::new()),
        Predicate::All(parts) => Ready::All(parts.iter().map(ready).collect()),
        Predicate::Any(parts) => Ready::Any(parts.iter().map(ready).collect()),
        Predicate::Not(part) => Ready::Not(Box::new(ready(part))),
        Predicate::Test(test) => Ready::Test(test, Matcher::new(&test.op)),
    }
}

impl Ready<'_> {
    /// Asks a whole event, everything of it recorded. Derived fields are read by name, as if they were in the event.
    fn holds(&self, event: &Json) -> bool {
        match self {
            Ready::All(parts) => parts.iter().all(|part| part.holds(event)),
            Ready::Any(parts) => parts.iter().any(|part| part.holds(event)),
            Ready::Not(part) => !part.holds(event),
            Ready::Test(test, matcher) => passes(test, matcher, event),
        }
    }
}

fn passes(test: &Test, matcher: &Matcher, event: &Json) -> bool {
    let found = values(&test.field, event);
    match &test.op {
        Op::Elements { quantifier, body } => {
            let path: Vec<String> = test.field.name.split('.').map(str::to_owned).collect();
            let found: Vec<&Json> = reach(event, &path).into_iter().flat_map(elements).collect();
            Members::new(*quantifier, body).hold(&found)
        }
        Op::FieldRef { other, .. } => {
            let others = values(other, event);
            found.iter().any(|value| others.iter().any(|other| matcher.relates(*value, *other)))
        }
        _ => matcher.matches_any(found),
    }
}

fn values<'a>(field: &'a Field, event: &'a Json) -> Vec<Value<'a>> {
    let mut found = Vec::new();
    match &field.source {
        Source::Everything => {
            leaves(event, &mut found);
            found.retain(|value| matches!(value, Value::Text(_)));
        }
        Source::Annotation(key) => walk(&event["annotations"], &[key], &mut found),
        Source::Extra(key) => walk(&event["user"]["extra"], &[key], &mut found),
        _ => match field.name.strip_prefix("annotations.") {
            Some(key) => walk(&event["annotations"], &[key], &mut found),
            None => {
                let path: Vec<String> = field.name.split('.').map(str::to_owned).collect();
                reach(event, &path).into_iter().for_each(|value| walk(value, &[], &mut found));
            }
        },
    }
    found
}

fn walk<'a>(json: &'a Json, path: &[&str], found: &mut Vec<Value<'a>>) {
    match (json, path) {
        (Json::Array(items), _) => items.iter().for_each(|item| walk(item, path, found)),
        (Json::Object(parts), [key, rest @ ..]) => {
            if let Some(part) = parts.get(*key) {
                walk(part, rest, found);
            }
        }
        (leaf, []) => found.push(value(leaf)),
        _ => {}
    }
}

fn leaves<'a>(json: &'a Json, found: &mut Vec<Value<'a>>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Json::Object(parts) => parts.values().for_each(|part| leaves(part, found)),
        leaf => found.push(value(leaf)),
    }
}

fn value(leaf: &Json) -> Value<'_> {
    match leaf {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(n) => n.as_i64().map_or_else(|| Value::Float(n.as_f64().unwrap_or(f64::NAN)), Value::Int),
        Json::String(text) => Value::Text(text),
        Json::Object(_) | Json::Array(_) => Value::Object,
    }
}

fn rule(detection: &Json) -> String {
    json!({"title": "t", "detection": detection}).to_string()
}

fn our_rule(text: &str) -> Predicate {
    let (mut set, problems) = load(&[RuleFile { path: "t.yml".into(), text: text.to_owned() }]);
    assert_eq!(problems, [], "{text}");
    set.rules.remove(0).predicate
}

fn their_rule(text: &str) -> CompiledRule {
    compile_rule(&rsigma_parser::parse_sigma_yaml(text).unwrap().rules[0]).unwrap()
}

fn ours(text: &str, event: &Json) -> bool {
    ready(&our_rule(text)).holds(event)
}

fn theirs(text: &str, event: &Json) -> bool {
    evaluate_rule(&their_rule(text), &JsonEvent::borrow(event)).is_some()
}

const FIELDS: [&str; 8] = [
    "verb",
    "userAgent",
    "sourceIPs",
    "responseStatus.code",
    "requestObject.x",
    "requestObject.x.y",
    "requestObject.spec.containers.image",
    "containers.securityContext.privileged",
];

fn plain() -> impl Strategy<Value = Json> {
    prop_oneof![Just(""), Just("true"), Just("No"), Just("10"), Just("1.5"), Just("10.1.2.3"), Just("fd00::1")]
        .prop_map(Json::from)
        .boxed()
        .prop_union("[aAbBéÉß.1 ]{0,4}".prop_map(Json::from).boxed())
}

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        4 => plain(),
        1 => (-2i64..12).prop_map(Json::from),
        1 => Just(json!(1.5)),
        1 => any::<bool>().prop_map(Json::from),
    ]
}

fn wild() -> impl Strategy<Value = Json> {
    "[aAbBé*?\\\\.1]{0,5}".prop_map(Json::from)
}

/// One `field|modifiers: values` of a selection.
fn item(with_neq: bool) -> impl Strategy<Value = (String, Json)> {
    let many = |each: BoxedStrategy<Json>| proptest::collection::vec(each, 1..4).prop_map(Json::from).boxed();
    let two = |each: BoxedStrategy<Json>| proptest::collection::vec(each, 2..4).prop_map(Json::from).boxed();
    let regexes = prop::sample::select(vec!["^a", "b$", "a|é", ".*", r"\d+", "A.b", "(?i)É"]).prop_map(Json::from);
    let nets = prop::sample::select(vec!["10.0.0.0/8", "0.0.0.0/0", "fd00::/8", "10.1.2.3/32"]).prop_map(Json::from);
    let numbers = prop_oneof![(-2i64..12).prop_map(Json::from), Just(json!(1.5)), Just(json!("10"))].boxed();
    let text = prop_oneof![
        (Just("".to_owned()), many(scalar().boxed())),
        (Just("".to_owned()), wild()),
        (Just("".to_owned()), Just(Json::Null)),
        (Just("|contains".to_owned()), many(prop_oneof![wild(), plain()].boxed())),
        (Just("|cased".to_owned()), many(prop_oneof![wild(), plain()].boxed())),
        (Just("|contains|cased".to_owned()), many(plain().boxed())),
        (Just("|contains|all".to_owned()), two(prop_oneof![wild(), plain()].boxed())),
        (Just("|startswith".to_owned()), many(plain().boxed())),
        (Just("|endswith".to_owned()), many(plain().boxed())),
        (Just("|startswith|cased".to_owned()), plain()),
        (Just("|endswith|all".to_owned()), two(plain().boxed())),
    ];
    let other = prop_oneof![
        (prop::sample::select(vec!["|re", "|re|i", "|re|i|m|s"]).prop_map(str::to_owned), many(regexes.boxed())),
        (Just("|cidr".to_owned()), many(nets.boxed())),
        (prop::sample::select(vec!["|gt", "|gte", "|lt", "|lte"]).prop_map(str::to_owned), many(numbers)),
        (Just("|exists".to_owned()), any::<bool>().prop_map(Json::from)),
        (Just("|windash|contains".to_owned()), prop::sample::select(vec!["-a", "a-b", "b"]).prop_map(Json::from)),
        (Just("|base64offset|contains".to_owned()), plain()),
    ];
    let modifiers = if with_neq {
        prop_oneof![
            (Just("|neq".to_owned()), many(prop_oneof![scalar().boxed(), wild().boxed()].boxed())),
            (Just("|contains|neq".to_owned()), many(plain().boxed()))
        ]
        .boxed()
    } else {
        prop_oneof![3 => text, 2 => other].boxed()
    };
    (prop::sample::select(FIELDS.to_vec()), modifiers)
        .prop_map(|(field, (modifiers, value))| (field.to_owned() + &modifiers, value))
}

fn selection(with_neq: bool) -> impl Strategy<Value = Json> {
    let map =
        proptest::collection::vec(item(with_neq), 1..3).prop_map(|items| Json::Object(items.into_iter().collect()));
    let map = map.boxed();
    prop_oneof![
        6 => map.clone(),
        2 => proptest::collection::vec(map, 1..3).prop_map(Json::from),
        1 => proptest::collection::vec("[aAbé*?]{1,3}".prop_map(Json::from), 1..3).prop_map(Json::from),
    ]
}

fn leaf(nulls: bool) -> BoxedStrategy<Json> {
    let list = proptest::collection::vec(scalar(), 1..4).prop_map(Json::from);
    let plain = prop_oneof![5 => scalar(), 2 => list, 1 => Just(json!({"z": "a"}))];
    if nulls { prop_oneof![7 => plain, 1 => Just(Json::Null)].boxed() } else { plain.boxed() }
}

fn event(nulls: bool) -> impl Strategy<Value = Json> {
    let maybe = |strategy: BoxedStrategy<Json>| prop::option::weighted(0.8, strategy);
    let image = proptest::collection::vec(maybe(scalar().boxed()), 1..3);
    let flag = proptest::collection::vec(maybe(any::<bool>().prop_map(Json::from).boxed()), 1..3);
    (
        maybe(leaf(nulls)),
        maybe(leaf(nulls)),
        maybe(leaf(nulls)),
        maybe(leaf(nulls)),
        maybe(leaf(nulls)),
        any::<bool>(),
        image,
        flag,
    )
        .prop_map(|(verb, agent, ips, code, x, deep, images, flags)| {
            let mut event = json!({});
            for (key, value) in [("verb", verb), ("userAgent", agent), ("sourceIPs", ips)] {
                if let Some(value) = value {
                    event[key] = value;
                }
            }
            if let Some(code) = code {
                event["responseStatus"] = json!({ "code": code });
            }
            if let Some(x) = x {
                event["requestObject"]["x"] = if deep { json!({ "y": x }) } else { x };
            }
            let containers = images.into_iter().map(|image| image.map_or(json!({}), |image| json!({ "image": image })));
            event["requestObject"]["spec"]["containers"] = containers.collect();
            let flags = flags
                .into_iter()
                .map(|flag| flag.map_or(json!({}), |flag| json!({"securityContext": {"privileged": flag}})));
            event["containers"] = flags.collect();
            event
        })
}

fn condition() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "sa and sb",
        "sa or sb or sc",
        "sa and not sb",
        "not sa",
        "not (sa or sb) and not sc",
        "1 of s*",
        "all of them",
        "2 of them",
        "sa and not 1 of s*",
        "not all of s*",
    ])
}

fn check(neq: bool) {
    let parts = [(); 3].map(|()| selection(neq));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(800)
    });
    let (hits, misses) = (Cell::new(0), Cell::new(0));
    let cases = (parts, condition(), proptest::collection::vec(event(!neq), 2..6));
    let result = runner.run(&cases, |([a, b, c], condition, events)| {
        let text = rule(&json!({"sa": a, "sb": b, "sc": c, "condition": condition}));
        let (predicate, rule) = (our_rule(&text), their_rule(&text));
        let our_rule = ready(&predicate);
        for event in &events {
            let hit = our_rule.holds(event);
            let their_hit = evaluate_rule(&rule, &JsonEvent::borrow(event)).is_some();
            prop_assert_eq!(hit, their_hit, "{}\n{}", text, event);
            let count = if hit { &hits } else { &misses };
            count.set(count.get() + 1);
        }
        Ok(())
    });
    result.unwrap();
    // Agreement means nothing when everybody always says the same.
    assert!(hits.get() > 300 && misses.get() > 300, "{hits:?} {misses:?}");
}

#[test]
fn random_rules_hit_the_same_random_events() {
    check(false);
}

#[test]
fn negated_values_hit_the_same_random_events() {
    check(true);
}

#[test]
fn references_between_texts_agree() {
    let words = ["", "a", "A", "ab", "Éa", "éA", "ba"];
    for modifiers in
        ["fieldref", "fieldref|cased", "fieldref|contains", "fieldref|startswith", "fieldref|endswith|cased"]
    {
        let key = format!("user.username|{modifiers}");
        let text = rule(&json!({"s": {key: "requestObject.metadata.name"}, "condition": "s"}));
        for left in words {
            for right in words {
                let event = json!({"user": {"username": left}, "requestObject": {"metadata": {"name": right}}});
                assert_eq!(ours(&text, &event), theirs(&text, &event), "{text} {event}");
            }
        }
        let missing = json!({"user": {"username": "a"}});
        assert!(!ours(&text, &missing) && !theirs(&text, &missing));
    }
}

/// Pins a difference that is meant: what we say, and that they say the opposite.
fn differs(selection: Json, event: Json, we_say: bool) {
    let text = rule(&json!({"s": selection, "condition": "s"}));
    assert_eq!(ours(&text, &event), we_say, "ours: {text} {event}");
    assert_eq!(theirs(&text, &event), !we_say, "theirs: {text} {event}");
}

#[test]
fn difference_1_wildcards_within_a_prefix_or_suffix() {
    differs(json!({"userAgent|startswith": "kube*/v1"}), json!({"userAgent": "kubectl/v1.31 (linux)"}), true);
    differs(json!({"userAgent|endswith": "a*b"}), json!({"userAgent": "x a b"}), true);
}

#[test]
fn difference_2_wildcards_and_line_breaks() {
    differs(json!({"userAgent": "sh*curl"}), json!({"userAgent": "sh -c\ncurl"}), true);
}

#[test]
fn difference_3_null_is_missing() {
    differs(json!({"objectRef.namespace": ["kube-system", null]}), json!({"verb": "get"}), true);
    differs(json!({"verb|neq": "get"}), json!({"verb": null}), false);
}

#[test]
fn difference_4_an_empty_list_is_missing() {
    differs(json!({"sourceIPs|exists": true}), json!({"sourceIPs": []}), false);
    differs(json!({"sourceIPs": null}), json!({"sourceIPs": [null, null]}), true);
}

#[test]
fn difference_5_letters_with_a_second_lower_case() {
    differs(json!({"userAgent": "s*"}), json!({"userAgent": "ſecret"}), false);
}

#[test]
fn difference_6_references_between_lists() {
    let selection = json!({"sourceIPs|fieldref": "requestObject.ips"});
    differs(selection, json!({"sourceIPs": ["a", "b"], "requestObject": {"ips": ["b"]}}), true);
}

#[test]
fn difference_7_keys_with_dots() {
    let event = json!({"annotations": {"authorization.k8s.io/decision": "forbid"}});
    differs(json!({"annotations.authorization.k8s.io/decision": "forbid"}), event, true);
}

#[test]
fn elements_of_arrays_are_asked_as_rsigma_asks_them() {
    let bodies = [
        "{privileged: true, image|startswith: 'a/'}",
        "{privileged: true}",
        "{image|endswith: ':1', name: [x, y]}",
        "{'ports[any]': {hostPort|gte: 1024, name: p}}",
        "{'ports[none].name': q}",
        "{condition: risky and not known, risky: {privileged: true}, known: {image|contains: good}}",
        "{env.name|exists: false}",
        "{image: null}",
    ];
    let containers = [
        r#"[]"#,
        r#"[{"name":"x","privileged":true,"image":"b/good:1"},{"name":"y","privileged":false,"image":"a/bad:1"}]"#,
        r#"[{"name":"x","privileged":true,"image":"a/bad:1","ports":[{"name":"p","hostPort":80},{"name":"q","hostPort":8080}]}]"#,
        r#"[{"name":"x","image":"a/bad:2","ports":[{"name":"p","hostPort":8080}],"env":[{"name":"A"}]}]"#,
        r#"[{"name":"z","image":null,"privileged":true}]"#,
        r#"null"#,
    ];
    let mut hits = 0;
    for body in bodies {
        for quantifier in ["any", "all", "all_or_empty", "none"] {
            let text = format!(
                "title: t\nsigma-version: 3\nlogsource: {{product: kubernetes, service: audit}}\ndetection:\n  s:\n    verb: create\n    requestObject.spec.containers[{quantifier}]: {body}\n  condition: s\n"
            );
            for list in containers {
                let event: Json = serde_json::from_str(&format!(
                    r#"{{"verb":"create","requestObject":{{"spec":{{"containers":{list}}}}}}}"#
                ))
                .unwrap();
                let their = evaluate_rule(&their_rule(&text), &JsonEvent::borrow(&event)).is_some();
                assert_eq!(ours(&text, &event), their, "{text}{event}");
                hits += usize::from(their);
            }
        }
    }
    assert!(hits > 50, "{hits}");
}
