//! The bundled pack over the events of its own cases, against rsigma-eval.

use rsigma_eval::{JsonEvent, compile_rule, evaluate_rule};
use serde_json::Value as Json;

use super::ready;
use crate::sigma::load;

/// Adds the derived fields, and each annotation under its whole name (difference 7), as rsigma can read them.
fn derived(mut event: Json) -> Json {
    for (key, value) in event["annotations"].as_object().cloned().into_iter().flatten() {
        event[format!("annotations.{key}")] = value;
    }
    let object = match event["verb"].as_str() {
        Some("create" | "update") => event["requestObject"].clone(),
        Some("patch") => event["responseObject"].clone(),
        _ => Json::Null,
    };
    let template = |object: &Json| object["spec"]["template"]["spec"].clone();
    let pod_spec = match object["kind"].as_str() {
        Some("Pod") => object["spec"].clone(),
        Some("CronJob") => template(&object["spec"]["jobTemplate"]),
        _ => template(&object),
    };
    let lists = ["containers", "initContainers", "ephemeralContainers"].map(|key| pod_spec[key].as_array().cloned());
    let containers: Vec<Json> = lists.into_iter().flatten().flatten().collect();
    for (key, value) in [("object", object), ("podSpec", pod_spec), ("containers", Json::from(containers))] {
        if !value.is_null() {
            event[key] = value;
        }
    }
    // rsigma takes every dot for a step down; keys that have dots are given to it whole.
    let mut dotted = Vec::new();
    for side in ["object", "podSpec", "requestObject", "responseObject"] {
        keys_with_dots(side, &event[side], &mut dotted);
    }
    keys_with_dots("user.extra", &event["user"]["extra"], &mut dotted);
    dotted.into_iter().for_each(|(key, value)| event[key] = value);
    // Good enough to be the same on both sides; what is public and how a command is decoded is tested where it is done.
    let uri = event["requestURI"].as_str().unwrap_or_default().to_owned();
    let commands: Vec<&str> = uri.split(['?', '&']).filter_map(|part| part.strip_prefix("command=")).collect();
    if !commands.is_empty() {
        event["execCommand"] = Json::from(commands.join(" ").replace('+', " ").replace("%2F", "/"));
    }
    let ips = event["sourceIPs"].as_array().cloned().unwrap_or_default();
    let public: Vec<Json> = ips.into_iter().filter(|ip| !ip.as_str().unwrap_or("10.").starts_with("10.")).collect();
    if !public.is_empty() {
        event["publicSourceIPs"] = Json::from(public);
    }
    event
}

/// Finds the keys with dots below `path`, through maps.
fn keys_with_dots(path: &str, value: &Json, found: &mut Vec<(String, Json)>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let below = format!("{path}.{key}");
        if key.contains('.') {
            found.push((below.clone(), value.clone()));
        }
        keys_with_dots(&below, value, found);
    }
}

#[test]
fn the_pack_hits_the_same_events_of_its_cases() {
    let (files, cases) = crate::sigma::tests::pack();
    let events: Vec<Json> = cases
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| serde_json::from_str::<Json>(line).unwrap()["events"].as_array().cloned())
        .flatten()
        .map(derived)
        .collect();
    let set = load(&files).0;
    let parsed: Vec<_> =
        files.iter().flat_map(|file| rsigma_parser::parse_sigma_yaml(&file.text).unwrap().rules).collect();
    // With `fieldref` rsigma compares a list as a whole, and we any of its values, as with every other test.
    let (meant, mut differences) = (["pe-bind-foreign-sa", "pe-self-grant"], 0);
    let mut hits = 0;
    // Events of other log sources are asked in their tables: tests/it/cases.rs.
    let audit: Vec<_> = set.rules.iter().filter(|rule| rule.over.log().is_none() && rule.sql.is_none()).collect();
    for rule in &audit {
        let name = &rule.meta.name;
        let theirs = parsed.iter().find(|known| known.name.as_ref() == Some(name)).unwrap();
        let (ours, theirs) = (ready(&rule.predicate), compile_rule(theirs).unwrap());
        for event in &events {
            let hit = ours.holds(event);
            let their = evaluate_rule(&theirs, &JsonEvent::borrow(event)).is_some();
            if hit != their && meant.contains(&name.as_str()) {
                differences += 1;
                continue;
            }
            assert_eq!(hit, their, "{name} {event}");
            hits += usize::from(hit);
        }
    }
    assert!(differences > 0, "they differ no longer");
    assert!(hits >= audit.len(), "{hits}");
}
