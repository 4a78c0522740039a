//! Cases that are like another one but for named changes: what a near miss lacks is all that its line says.
//!
//! A path is written as in a rule; through an array it means every element, and `[0]` one of them. Without `events[1].` before
//! it, it means every event (else object, else record) of the case that has it. A field that is not there is added only by
//! `+path`, so that a word written wrong is no change. The address of a request follows its `objectRef`.

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::readers::Line;
use super::words::EVENT;

/// What a case is like and what is otherwise.
#[derive(Default)]
pub struct Changes<'a> {
    /// Values by path; null takes the field away.
    pub but: Option<&'a Map<String, Value>>,
    /// Texts by the text they stand in place of, in every value.
    pub replace: Option<&'a Map<String, Value>>,
}

/// The lists of a case, in the order in which a path without one of them means one.
const LISTS: [&str; 3] = ["events", "objects", "records"];

/// Maps of the API whose keys are chosen by who writes them and may have dots.
const MAPS: [&str; 8] =
    ["annotations", "labels", "matchLabels", "nodeSelector", "extra", "data", "stringData", "binaryData"];

/// Fields that rules ask and that no event has: they are made of others.
const DERIVED: [&str; 10] = [
    "object",
    "podSpec",
    "containers",
    "execCommand",
    "query",
    "publicSourceIPs",
    "certificateRequest",
    "before",
    "added",
    "removed",
];

/// The data of `base` with the changes, put into `line`.
///
/// # Errors
/// When a path is not there, or is to be added and is there, or nothing changes.
pub fn apply(base: &Line, changes: &Changes<'_>, line: &mut Line) -> Result<(), String> {
    let lists = [&base.events, &base.objects, &base.records];
    let values = |raw: &[Box<RawValue>]| -> Result<Vec<Value>, String> {
        raw.iter().map(|raw| serde_json::from_str(raw.get()).map_err(|error| error.to_string())).collect()
    };
    let mut case = Map::new();
    for (name, list) in LISTS.iter().zip(lists) {
        case.insert((*name).to_owned(), Value::Array(values(list)?));
    }
    let mut case = Value::Object(case);
    let before = case.clone();
    for (old, new) in changes.replace.into_iter().flatten() {
        let new = new.as_str().ok_or_else(|| format!("{old:?} is replaced by a text only"))?;
        if old.is_empty() || !replace(&mut case, old, new) {
            return Err(format!("the text {old:?} is nowhere in what it is like"));
        }
        if old == new {
            return Err(format!("{old:?} is replaced by itself"));
        }
    }
    // What is taken away last, from the end: the places of the others stay what they are.
    let mut gone = Vec::new();
    for (path, value) in changes.but.into_iter().flatten() {
        match value {
            Value::Null => gone.extend(there(&case, path)?),
            value => change(&mut case, path, value)?,
        }
    }
    gone.sort();
    gone.dedup();
    gone.iter().rev().for_each(|place| remove(&mut case, place));
    let says = |word: &str| changes.but.is_some_and(|but| but.keys().any(|path| path.contains(word)));
    if !says("requestURI") {
        let (events, old) = (case["events"].as_array_mut(), before["events"].as_array());
        // Events that were taken away or added have no fellow before.
        if let Some((events, old)) = events.zip(old).filter(|(events, old)| events.len() == old.len()) {
            events.iter_mut().zip(old).for_each(|(event, old)| follow(event, old));
        }
    }
    if case == before {
        return Err("nothing is otherwise than in what it is like".to_owned());
    }
    let raw = |name: &str| -> Result<Vec<Box<RawValue>>, String> {
        let values = case[name].as_array().into_iter().flatten();
        values.map(|value| to_raw_value(value).map_err(|error| error.to_string())).collect()
    };
    (line.events, line.objects, line.records) = (raw("events")?, raw("objects")?, raw("records")?);
    Ok(())
}

/// A step into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Item(usize),
    Key(String),
}

/// Sets what lies at a path, or adds it.
fn change(case: &mut Value, path: &str, value: &Value) -> Result<(), String> {
    let Some(path) = path.strip_prefix('+') else {
        let places = there(case, path)?;
        let mut otherwise = false;
        for place in &places {
            if let Some(at) = at(case, place) {
                otherwise |= at != value;
                *at = value.clone();
            }
        }
        return if otherwise { Ok(()) } else { Err(format!("{path} is {value} already")) };
    };
    let (list, rest) = roots(case, path);
    let (mut added, mut unknown) = (0, false);
    match list {
        None => added = add(case, "", path, value),
        Some(list) => {
            let top = rest.split(['.', '[']).next().unwrap_or_default();
            unknown = list == "events" && !EVENT.contains(&top);
            if !unknown {
                let each = case[list].as_array_mut().into_iter().flatten();
                added = each.map(|one| add(one, "", rest, value)).sum();
            }
        }
    }
    match added {
        0 if unknown => Err(unknown_field(rest)),
        0 => Err(format!("+{path} adds nothing: it is there, or what it would be in is not")),
        _ => Ok(()),
    }
}

/// The places that a path means.
fn there(case: &Value, path: &str) -> Result<Vec<Vec<Step>>, String> {
    let mut found = Vec::new();
    let (list, rest) = roots(case, path);
    match list {
        None => find(case, rest, &mut Vec::new(), &mut found),
        Some(list) => find(&case[list], rest, &mut vec![Step::Key(list.to_owned())], &mut found),
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let top = rest.split(['.', '[']).next().unwrap_or_default();
    Err(match list {
        Some("events") if !EVENT.contains(&top) => unknown_field(rest),
        _ => format!("{path} is not in what it is like; +{path} adds it"),
    })
}

fn unknown_field(path: &str) -> String {
    let top = path.split(['.', '[']).next().unwrap_or_default();
    match DERIVED.contains(&top) {
        true => format!("{path} is made of fields of the event: name one of those, such as requestObject.spec"),
        false => format!("an audit event has no field {top}"),
    }
}

/// The list that a path means without saying so, and the path below its elements or below the case.
fn roots<'a>(case: &Value, path: &'a str) -> (Option<&'static str>, &'a str) {
    if LISTS.iter().any(|list| path.strip_prefix(list).is_some_and(|rest| rest.starts_with('['))) {
        return (None, path);
    }
    let is_filled = |list: &&&str| case[**list].as_array().is_some_and(|list| !list.is_empty());
    (LISTS.iter().find(is_filled).copied(), path)
}

/// Of the keys of an object, the longest that the path begins with, and the rest of the path.
fn key<'a, 'b>(members: &'a Map<String, Value>, path: &'b str) -> Option<(&'a str, &'b str)> {
    let rest = |key: &'a String| {
        let rest = path.strip_prefix(key.as_str())?;
        match rest.chars().next() {
            None | Some('[') => Some((key.as_str(), rest)),
            Some('.') => Some((key.as_str(), &rest[1..])),
            Some(_) => None,
        }
    };
    members.keys().filter_map(rest).max_by_key(|(key, _)| key.len())
}

/// A place in an array at the beginning of a path, and the rest.
fn item(path: &str) -> Option<(usize, &str)> {
    let (number, rest) = path.strip_prefix('[')?.split_once(']')?;
    Some((number.parse().ok()?, rest.strip_prefix('.').unwrap_or(rest)))
}

fn find(value: &Value, path: &str, steps: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    if path.is_empty() {
        return found.push(steps.clone());
    }
    let mut go = |step: Step, value: &Value, rest: &str| {
        steps.push(step);
        find(value, rest, steps, found);
        steps.pop();
    };
    match (value, item(path)) {
        (Value::Array(items), Some((place, rest))) => {
            if let Some(value) = items.get(place) {
                go(Step::Item(place), value, rest);
            }
        }
        (Value::Array(items), None) => {
            items.iter().enumerate().for_each(|(place, value)| go(Step::Item(place), value, path));
        }
        (Value::Object(members), _) => {
            if let Some((key, rest)) = key(members, path) {
                go(Step::Key(key.to_owned()), &members[key], rest);
            }
        }
        _ => {}
    }
}

fn at<'a>(value: &'a mut Value, steps: &[Step]) -> Option<&'a mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Item(place) => value.get_mut(place),
    })
}

fn remove(value: &mut Value, steps: &[Step]) {
    let Some((last, before)) = steps.split_last() else { return };
    match (at(value, before), last) {
        (Some(Value::Object(members)), Step::Key(key)) => drop(members.remove(key)),
        (Some(Value::Array(items)), Step::Item(place)) if *place < items.len() => drop(items.remove(*place)),
        _ => {}
    }
}

/// Adds a field where it is not; `within` is the name of what the value is. Counts the places.
fn add(value: &mut Value, within: &str, path: &str, new: &Value) -> usize {
    match (value, item(path)) {
        (Value::Array(items), Some((place, ""))) if place == items.len() => {
            items.push(new.clone());
            1
        }
        (Value::Array(items), Some((place, rest))) if !rest.is_empty() => {
            items.get_mut(place).map_or(0, |value| add(value, within, rest, new))
        }
        (Value::Array(items), None) => items.iter_mut().map(|value| add(value, within, path, new)).sum(),
        (Value::Object(members), _) => {
            if let Some((key, rest)) = key(members, path) {
                let key = key.to_owned();
                let below = if rest.is_empty() { None } else { members.get_mut(&key) };
                return below.map_or(0, |value| add(value, &key, rest, new));
            }
            let (first, rest) = match MAPS.contains(&within) {
                true => (path, None),
                false => path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest))),
            };
            let mut made = new.clone();
            if let Some(rest) = rest {
                made = Value::Object(Map::new());
                add(&mut made, first, rest, new);
            }
            members.insert(first.to_owned(), made);
            1
        }
        _ => 0,
    }
}

/// Puts a text in place of another in every value; false when it is in none.
fn replace(value: &mut Value, old: &str, new: &str) -> bool {
    match value {
        Value::String(text) if text.contains(old) => {
            *text = text.replace(old, new);
            true
        }
        Value::Array(items) => items.iter_mut().fold(false, |any, item| replace(item, old, new) | any),
        Value::Object(members) => members.values_mut().fold(false, |any, member| replace(member, old, new) | any),
        _ => false,
    }
}

/// Writes the address of a request anew when what it asks for changed and the address was that of what it asked for.
fn follow(event: &mut Value, old: &Value) {
    if event["requestURI"] != old["requestURI"]
        || (&event["objectRef"], &event["verb"]) == (&old["objectRef"], &old["verb"])
    {
        return;
    }
    let Some(uri) = old["requestURI"].as_str() else { return };
    let Some((was, is)) = address(old).zip(address(event)) else { return };
    // What is behind a proxy has a path of its own.
    let ends = |tail: &&str| {
        tail.is_empty() || tail.starts_with('?') || tail.starts_with('/') && old["objectRef"]["subresource"] == "proxy"
    };
    let tail = uri.strip_prefix(&was).filter(ends);
    if let Some(tail) = tail {
        event["requestURI"] = format!("{is}{tail}").into();
    }
}

/// The path by which an API server is asked for what `objectRef` names.
fn address(event: &Value) -> Option<String> {
    let of = |key: &str| event["objectRef"][key].as_str().filter(|text| !text.is_empty());
    let (resource, version) = (of("resource")?, of("apiVersion").unwrap_or("v1"));
    let mut path = of("apiGroup").map_or_else(|| format!("/api/{version}"), |group| format!("/apis/{group}/{version}"));
    if let Some(namespace) = of("namespace").filter(|_| resource != "namespaces") {
        path += &format!("/namespaces/{namespace}");
    }
    path += &format!("/{resource}");
    let (name, verb) = (of("name"), event["verb"].as_str().unwrap_or_default());
    let of_all = matches!(verb, "list" | "watch" | "deletecollection");
    if let Some(name) = name.filter(|_| !of_all && (verb != "create" || of("subresource").is_some())) {
        path += &format!("/{name}");
    }
    if let Some(subresource) = of("subresource") {
        path += &format!("/{subresource}");
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use crate::regress::written_out;

    const FIRES: &str = r#"{"case":"fires","why":"a command","events":[{"auditID":"a","verb":"create","requestURI":"/api/v1/namespaces/web/pods/x/exec?command=sh","objectRef":{"resource":"pods","namespace":"web","name":"x","subresource":"exec","apiVersion":"v1"},"sourceIPs":["192.0.2.1"],"annotations":{"authorization.k8s.io/decision":"allow"},"responseStatus":{"code":101},"requestObject":{"spec":{"containers":[{"image":"a"},{"image":"b"}]}}},{"auditID":"b","verb":"get","requestURI":"/x","userAgent":"curl"}],"hits":["a"]}"#;

    fn read(like: &str) -> Result<Vec<Value>, String> {
        let text = format!("{FIRES}\n\n{like}\n");
        let all = written_out(Path::new("t.cases.jsonl"), &text).map_err(|problem| problem.to_string());
        Ok(all?.split_off(1))
    }

    fn one(but: Value) -> Value {
        let line = json!({"case": "near miss", "why": "w", "like": "fires", "but": but}).to_string();
        read(&line).unwrap().remove(0)["events"].take()
    }

    fn wrong(line: &str) -> String {
        read(line).unwrap_err()
    }

    #[test]
    fn a_near_miss_is_what_it_is_like_but_for_what_it_says() {
        let line = r#"{"case":"near miss","why":"w","like":"fires","but":{"responseStatus.code":403}}"#;
        let all = read(line).unwrap();
        let mut expected: Value = serde_json::from_str(FIRES).unwrap();
        expected["events"][0]["responseStatus"]["code"] = 403.into();
        expected["case"] = "near miss".into();
        expected["why"] = "w".into();
        expected.as_object_mut().unwrap().remove("hits");
        assert_eq!(all, [expected]);
        let hits = |line: &str| read(line).unwrap()[0]["hits"].clone();
        assert_eq!(hits(r#"{"case":"fires","why":"w","like":"a command","but":{"userAgent":"wget"}}"#), json!(["a"]));
        let own = r#"{"case":"fires","why":"w","like":"fires 1","but":{"userAgent":"wget"},"hits":["b"]}"#;
        assert_eq!(hits(own), json!(["b"]));
    }

    #[test]
    fn a_path_means_every_event_and_element_that_has_it_or_the_one_it_names() {
        let events = one(json!({"verb": "patch"}));
        assert_eq!((&events[0]["verb"], &events[1]["verb"]), (&json!("patch"), &json!("patch")));
        let events = one(json!({"events[1].verb": "patch"}));
        assert_eq!((&events[0]["verb"], &events[1]["verb"]), (&json!("create"), &json!("patch")));
        let images = |events: Value| events[0]["requestObject"]["spec"]["containers"].clone();
        let all = one(json!({"requestObject.spec.containers.image": "c"}));
        assert_eq!(images(all), json!([{"image": "c"}, {"image": "c"}]));
        let second = one(json!({"requestObject.spec.containers[1].image": "c"}));
        assert_eq!(images(second), json!([{"image": "a"}, {"image": "c"}]));
        // Keys with dots.
        let decision = one(json!({"annotations.authorization.k8s.io/decision": "forbid"}));
        assert_eq!(decision[0]["annotations"], json!({"authorization.k8s.io/decision": "forbid"}));
    }

    #[test]
    fn fields_are_taken_away_by_null_and_added_by_a_plus() {
        let events = one(json!({"userAgent": null, "requestObject.spec.containers[0]": null, "events[0].verb": null}));
        assert_eq!(events[1], json!({"auditID": "b", "verb": "get", "requestURI": "/x"}));
        assert_eq!(events[0]["requestObject"]["spec"]["containers"], json!([{"image": "b"}]));
        assert!(events[0].get("verb").is_none());
        let events = one(json!({"events[0]": null, "+impersonatedUser.username": "u", "+annotations.a.b/c": "d"}));
        let added = json!({"auditID": "b", "verb": "get", "requestURI": "/x", "userAgent": "curl",
            "impersonatedUser": {"username": "u"}, "annotations": {"a.b/c": "d"}});
        assert_eq!(events, json!([added]));
        let events = one(json!({"+events[2]": {"auditID": "c"}, "events[0].sourceIPs": [], "events[1].userAgent": ""}));
        assert_eq!(events[2], json!({"auditID": "c"}));
        let spec =
            &one(json!({"+requestObject.spec.nodeSelector": {}, "+requestObject.spec.containers.stdin": true}))[0];
        let containers = json!([{"image": "a", "stdin": true}, {"image": "b", "stdin": true}]);
        assert_eq!(spec["requestObject"]["spec"], json!({"containers": containers, "nodeSelector": {}}));
        let events = one(json!({"+events[0].sourceIPs[1]": "10.0.0.1"}));
        assert_eq!(events[0]["sourceIPs"], json!(["192.0.2.1", "10.0.0.1"]));
    }

    #[test]
    fn the_address_of_a_request_follows_what_it_asks_for() {
        let uri = |but: Value| one(but)[0]["requestURI"].as_str().unwrap().to_owned();
        assert_eq!(uri(json!({"objectRef.name": "y"})), "/api/v1/namespaces/web/pods/y/exec?command=sh");
        let other =
            json!({"objectRef.resource": "vms", "+objectRef.apiGroup": "kubevirt.io", "objectRef.apiVersion": "v2"});
        assert_eq!(uri(other), "/apis/kubevirt.io/v2/namespaces/web/vms/x/exec?command=sh");
        assert_eq!(uri(json!({"objectRef.subresource": null})), "/api/v1/namespaces/web/pods?command=sh");
        let list = json!({"objectRef.subresource": null, "events[0].verb": "list"});
        assert_eq!(uri(list), "/api/v1/namespaces/web/pods?command=sh");
        let said = json!({"objectRef.name": "y", "events[0].requestURI": "/z"});
        assert_eq!(uri(said), "/z");
        // One that was not that of its object stays.
        assert_eq!(one(json!({"+events[1].objectRef.name": "y"}))[1]["requestURI"], "/x");
    }

    #[test]
    fn each_value_is_a_case_of_its_own_and_texts_are_replaced_in_lines() {
        let line = r#"{"case":"near miss","why":"w","like":"fires","each":{"verb":["get","list"],"+stage":["Panic"]}}"#;
        let whys: Vec<Value> = read(line).unwrap().into_iter().map(|mut line| line["why"].take()).collect();
        assert_eq!(whys, [r#"w (+stage: "Panic")"#, r#"w (verb: "get")"#, r#"w (verb: "list")"#]);
        let records = r#"{"case":"fires","why":"r","records":["type=EXECVE a0=\"nc\"",{"a":1,"b":"nc"}],"hits":[0]}"#;
        let line = r#"{"case":"near miss","why":"w","like":"fires 2","replace":{"nc":"ls"},"but":{"a":2}}"#;
        let all = read(&format!("{records}\n{line}")).unwrap();
        assert_eq!(all[1]["records"], json!(["type=EXECVE a0=\"ls\"", {"a": 2, "b": "ls"}]));
    }

    #[test]
    fn what_changes_nothing_or_is_not_there_is_told_with_its_line() {
        for (line, message) in [
            (r#""like":"quiet","but":{"verb":"get"}"#, "no case above is \"quiet\""),
            (r#""like":"fires 2","but":{"verb":"get"}"#, "no case above is \"fires 2\""),
            (
                r#""like":"fires","but":{"objectRef.nmae":"x"}"#,
                "objectRef.nmae is not in what it is like; +objectRef.nmae adds it",
            ),
            (r#""like":"fires","but":{"events[1].objectRef.name":"x"}"#, "is not in what it is like"),
            (r#""like":"fires","but":{"+objectReff.name":"x"}"#, "an audit event has no field objectReff"),
            (r#""like":"fires","but":{"containers.image":"x"}"#, "containers.image is made of fields of the event"),
            (r#""like":"fires","but":{"+userAgent":"x","+events[1].verb":"x"}"#, "+events[1].verb adds nothing"),
            (r#""like":"fires","but":{"responseStatus.code":101}"#, "responseStatus.code is 101 already"),
            (r#""like":"fires","replace":{"nosuch":"x"}"#, "the text \"nosuch\" is nowhere"),
            (r#""like":"fires""#, "it is in nothing otherwise than \"fires\""),
            (r#""like":"fires","each":{"verb":"get"}"#, "a list of values for verb"),
            (r#""like":"fires","events":[{}],"but":{"verb":"get"}"#, "not both"),
            (r#""but":{"verb":"get"}"#, "in what the case is `like`"),
            (r#""like":"fires","buts":{"verb":"get"}"#, "unknown field `buts`"),
        ] {
            let told = wrong(&format!(r#"{{"case":"near miss","why":"w",{line}}}"#));
            assert!(told.starts_with("t.cases.jsonl:3:1: ") && told.contains(message), "{told}");
        }
    }
}
