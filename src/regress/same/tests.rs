//! Mutants that are equal, and some that are nearly so.

use super::*;
use crate::sigma::{RuleFile, load};

fn rule(detection: &str) -> Predicate {
    let text =
        format!("title: t\nname: t\nlogsource: {{product: kubernetes, service: audit}}\ndetection:\n{detection}");
    let (set, problems) = load(&[RuleFile { path: "t.yml".into(), text }]);
    assert!(problems.is_empty(), "{problems:?}");
    set.rules[0].predicate.clone()
}

fn same(one: &Predicate, other: &Predicate) -> bool {
    same_where(&[&Predicate::True], one, other)
}

fn are(one: &str, other: &str) -> bool {
    let all = |selection: &str| rule(&format!("  s: {{{selection}}}\n  condition: s\n"));
    same(&all(one), &all(other))
}

#[test]
fn what_no_api_server_answers_tells_nothing_apart() {
    // Of a pod, also what is behind its proxy.
    let pods = "objectRef.resource: pods, responseStatus.code|lt";
    assert!(!are(&format!("{pods}: 300"), &format!("{pods}: 400")));
    let secrets = "objectRef.resource: secrets, objectRef.subresource: null, responseStatus.code";
    assert!(are(&format!("{secrets}|lt: 300"), &format!("{secrets}|lt: 400")));
    // A watch can be a stream.
    assert!(!are(&format!("{secrets}|gte: 200"), &format!("{secrets}|gte: 100")));
    let token = "objectRef.subresource: token, responseStatus.code";
    assert!(are(&format!("{token}|gte: 200"), &format!("{token}|gte: 100")));
    assert!(!are(&format!("{secrets}|lt: 300"), &format!("{secrets}|lt: 500")));
    assert!(!are(&format!("{secrets}|lt: 300"), secrets.trim_end_matches(", responseStatus.code")));
    let exec = "objectRef.subresource: exec, responseStatus.code";
    assert!(!are(&format!("{exec}|gte: 200"), &format!("{exec}|gte: 100")));
    let done = |least: &str| {
        rule(&format!(
            "  s: {{objectRef.subresource: exec}}\n  a: {{responseStatus.code: 101}}\n  b:\n{least}    responseStatus.code|lt: 300\n  condition: s and (a or b)\n"
        ))
    };
    assert!(same(&done("    responseStatus.code|gte: 200\n"), &done("")));
}

#[test]
fn what_makes_something_is_a_create_or_a_patch() {
    let made = |resource: &str, applied: &str| {
        rule(&format!(
            "  s: {{objectRef.resource: {resource}, responseStatus.code|lt: 300}}\n  a: {{verb: create}}\n  b: {{{applied}}}\n  condition: s and (a or b)\n"
        ))
    };
    let applied = "verb: patch, responseStatus.code: 201";
    let claims = "persistentvolumeclaims, objectRef.subresource: null";
    assert!(same(&made(claims, applied), &made(claims, "responseStatus.code: 201")));
    assert!(!same(&made(claims, applied), &made(claims, "verb: patch")));
    // An update makes a role as well; what is behind a proxy may be answered anyhow.
    assert!(!same(&made("roles", applied), &made("roles", "responseStatus.code: 201")));
    assert!(!same(&made("pods", applied), &made("pods", "responseStatus.code: 201")));
}

#[test]
fn a_subresource_of_one_resource_says_which() {
    let both = "responseStatus.code|lt: 300, objectRef.resource: pods, objectRef.subresource";
    let sub = "responseStatus.code|lt: 300, objectRef.subresource";
    assert!(are(&format!("{both}: exec"), &format!("{sub}: exec")));
    assert!(are(&format!("{both}: [exec, attach]"), &format!("{sub}: [exec, attach]")));
    for other in ["log", "status", "proxy", "portforward", "null"] {
        assert!(!are(&format!("{both}: {other}"), &format!("{sub}: {other}")), "{other}");
    }
    // What was refused may have been asked for of anything.
    assert!(!are("objectRef.resource: pods, objectRef.subresource: exec", "objectRef.subresource: exec"));
}

#[test]
fn what_a_resource_does_not_have_is_refused() {
    let done = |rest: &str| format!("responseStatus.code|lt: 300, {rest}");
    let bare = |resource: &str, verb: &str| {
        let rest = format!("objectRef.resource: {resource}, verb: {verb}");
        are(&done(&format!("{rest}, objectRef.subresource: null")), &done(&rest))
    };
    // Secrets have no subresource; a claim has a status, which is changed and never created.
    assert!(bare("secrets", "[get, list]") && bare("secrets", "create") && bare("persistentvolumeclaims", "create"));
    assert!(!bare("persistentvolumeclaims", "patch") && !bare("widgets", "create"));
    assert!(!bare("pods", "create") && !bare("serviceaccounts", "create") && bare("serviceaccounts", "delete"));
    // Refused requests may be for anything, and so may those of which no answer is known.
    let refused = "responseStatus.code: 404, objectRef.resource: secrets";
    assert!(!are(&format!("{refused}, objectRef.subresource: null"), refused));
    assert!(!are("objectRef.resource: secrets, objectRef.subresource: null", "objectRef.resource: secrets"));
    // A name that is only a part of one is no known resource.
    let part = "objectRef.resource|contains: secret, responseStatus.code|lt: 300";
    assert!(!are(&format!("{part}, objectRef.subresource: null"), part));
}

#[test]
fn what_asks_the_object_need_not_say_that_it_is_written() {
    let asks = "objectRef.resource: configmaps, object.data.password|exists";
    assert!(are(&format!("verb: [create, update, patch], {asks}: true"), &format!("{asks}: true")));
    assert!(!are(&format!("verb: [create, update], {asks}: true"), &format!("{asks}: true")));
    // Of other requests it holds that there is none.
    assert!(!are(&format!("verb: [create, update, patch], {asks}: false"), &format!("{asks}: false")));
    let kept = "verb: [create, update, patch], objectRef.resource: pods";
    assert!(!are(kept, "objectRef.resource: pods"));
}

#[test]
fn what_the_rule_asks_an_exception_need_not() {
    let all = |selection: &str| rule(&format!("  s: {{{selection}}}\n  condition: s\n"));
    let within = |of: &str, one: &str, other: &str| same_where(&[&all(of)], &all(one), &all(other));
    let created = "verb: create, objectRef.resource: [pods, jobs]";
    assert!(within(created, "user.username: x, verb: create", "user.username: x"));
    assert!(within(created, "user.username: x, objectRef.resource: [pods, jobs]", "user.username: x"));
    assert!(!within(created, "user.username: x, objectRef.resource: pods", "user.username: x"));
    assert!(!within("verb: [create, update]", "user.username: x, verb: create", "user.username: x"));
    // One of several that are asked for by the rule can be no other.
    let named = "user.username: [x, y], user.groups: m";
    assert!(within(named, "user.username: x", "user.username: '*x*'"));
    assert!(!within("user.username: [x, xy]", "user.username: x", "user.username: '*x*'"));
    assert!(within(named, "verb: get, user.groups: m", "verb: get, user.groups: '*m*'"));
    assert!(!within("user.groups: [m, my]", "verb: get, user.groups: m", "verb: get, user.groups: '*m*'"));
    // Of several rules all.
    let (pods, roles) = (all("objectRef.resource: pods"), all("objectRef.resource: roles"));
    let (one, other) = (all("objectRef.resource: pods, verb: get"), all("verb: get"));
    assert!(same_where(&[&pods], &one, &other) && !same_where(&[&pods, &roles], &one, &other));
}

#[test]
fn a_body_may_be_missing_and_then_decides_nothing() {
    let asks = |nested: &str| {
        rule(&format!(
            "  s: {{verb: create, object.data.a|exists: true}}\n  a: {{user.username: x}}\n  b: {{{nested}}}\n  condition: s and (a or b)\n"
        ))
    };
    let (one, other) = (asks("userAgent: c, object.data.a|exists: true"), asks("userAgent: c"));
    assert!(!same(&one, &other));
    let asks = |nested: &str| {
        rule(&format!(
            "  s: {{verb: create, sourceIPs|exists: true}}\n  a: {{user.username: x}}\n  b: {{{nested}}}\n  condition: s and (a or b)\n"
        ))
    };
    assert!(same(&asks("userAgent: c, sourceIPs|exists: true"), &asks("userAgent: c")));
}

#[test]
fn what_a_subresource_makes_is_no_pod() {
    let asks = |rest: &str, field: &str| {
        let rest = format!("responseStatus.code|lt: 300, objectRef.resource: pods, {rest}, {field}");
        are(&format!("{rest}, objectRef.subresource: null"), &rest)
    };
    assert!(asks("verb: create", "podSpec.hostPID: true"));
    assert!(asks("verb: create", "containers.securityContext.privileged: true"));
    // The status of a pod is answered with the whole pod, and an eviction may bear annotations.
    assert!(!asks("verb: patch", "podSpec.hostPID: true"));
    assert!(!asks("verb: create", "object.metadata.annotations.a|exists: true"));
    // Of what has no pod spec it holds that there is none.
    assert!(!asks("verb: create", "podSpec.hostPID: null"));
}

#[test]
fn roles_have_rules_and_bindings_subjects() {
    let group = "verb: create, objectRef.subresource: null, objectRef.apiGroup: rbac.authorization.k8s.io";
    let bound = |kinds: &str| format!("{group}{kinds}, object.subjects.name: a");
    let both = ", objectRef.resource: [rolebindings, clusterrolebindings]";
    assert!(are(&bound(both), &bound("")));
    assert!(!are(&bound(", objectRef.resource: rolebindings"), &bound("")));
    // A group of somebody else may have them in anything.
    let other = |kinds: &str| format!("verb: create{kinds}, object.subjects.name: a");
    assert!(!are(&other(both), &other("")));
    let named = |kinds: &str| format!("{group}{kinds}, object.metadata.name: a");
    assert!(!are(&named(both), &named("")));
}

#[test]
fn a_create_is_answered_201() {
    let changed = "objectRef.resource: nodes, responseStatus.code: 200, objectRef.subresource: null, verb";
    assert!(are(&format!("{changed}: [update, patch]"), &format!("{changed}: [update, patch, create]")));
    assert!(!are(&format!("{changed}: [update, patch]"), &format!("{changed}: [update, patch, get]")));
}

#[test]
fn a_group_of_the_server_has_no_other_resources() {
    let role = "objectRef.apiGroup: rbac.authorization.k8s.io, responseStatus.code|lt: 300";
    let all = "objectRef.resource: [roles, clusterroles, rolebindings, clusterrolebindings]";
    assert!(are(&format!("{role}, {all}"), role));
    assert!(!are(&format!("{role}, objectRef.resource: [roles, clusterroles]"), role));
    let lets = "verb: create, object.rules.verbs: '\\*'";
    assert!(are(&format!("{role}, {lets}, objectRef.resource: [roles, clusterroles]"), &format!("{role}, {lets}")));
}

#[test]
fn other_verbs_are_other_events() {
    assert!(!are("verb: get", "verb: list"));
    let pods = "responseStatus.code|lt: 300, objectRef.resource: pods, verb";
    assert!(are(&format!("{pods}: watch, objectRef.subresource: null"), &format!("{pods}: watch")));
    assert!(!are(&format!("{pods}: delete, objectRef.subresource: null"), &format!("{pods}: delete")));
    // All of a kind are deleted without a name.
    assert!(are("verb: delete, objectRef.name: a", "verb|contains: delete, objectRef.name: a"));
    assert!(!are("verb: delete", "verb|contains: delete"));
}

#[test]
fn a_get_and_a_delete_name_an_object() {
    for verb in ["get", "delete"] {
        let asks = format!("verb: {verb}, objectRef.resource: secrets");
        assert!(are(&format!("{asks}, objectRef.name|exists: true"), &asks), "{verb}");
        assert!(!are(&format!("{asks}, objectRef.name: a"), &asks), "{verb}");
        // A path that is no resource has none.
        assert!(!are(&format!("verb: {verb}, objectRef.name|exists: true"), &format!("verb: {verb}")), "{verb}");
    }
    let list = "verb: list, objectRef.resource: secrets";
    assert!(!are(&format!("{list}, objectRef.name|exists: true"), list));
}

#[test]
fn a_description_of_the_api_may_not_have_changed() {
    let path = "verb: get, objectRef.resource: null, responseStatus.code|lt";
    assert!(!are(&format!("{path}: 300"), &format!("{path}: 400")));
    let secrets = "verb: get, objectRef.resource: secrets, responseStatus.code|lt";
    assert!(are(&format!("{secrets}: 300"), &format!("{secrets}: 400")));
}

#[test]
fn a_question_is_asked_by_create() {
    let asked =
        "objectRef.resource: selfsubjectaccessreviews, objectRef.subresource: null, responseStatus.code|lt: 300";
    assert!(are(&format!("{asked}, verb: create"), asked));
    assert!(!are(
        "objectRef.resource: selfsubjectaccessreviews, verb: create",
        "objectRef.resource: selfsubjectaccessreviews"
    ));
}
