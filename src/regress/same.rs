//! Whether two predicates are one and the same for every event that an API server writes: then no test can tell them apart.
//!
//! It is proved, not guessed: the predicates with what is known of an event filled in, subresource by subresource and status by
//! status, must be equal, every other test taken for a different unknown. What is known stands in [`super::api`].

use std::collections::BTreeSet;

use super::api::{
    BEHIND, CREATED, DONE, MADE_BY_UPDATE, POD, REFUSED, REQUESTS, ROLES, STREAM, SUBRESOURCES, WITHOUT_OBJECT,
    WITHOUT_POD, WRITES,
};
use crate::model::Recorded;
use crate::sigma::matcher::Value;
use crate::sigma::predicate::{Pattern, Shape};
use crate::sigma::{Matcher, Op, Predicate, Source, Test};

/// Says whether no event tells them apart.
pub fn same(one: &Predicate, other: &Predicate) -> bool {
    let mut others = Vec::new();
    let both = Both(Bare::of(one, &mut others), Bare::of(other, &mut others));
    are_same(&both, None) || both.are_same_by_request() || both.are_same_by_kind()
}

/// They are the same, of requests of this verb or of all.
fn are_same(both: &Both<'_>, verb: Option<&str>) -> bool {
    let named = both.resources();
    SUBRESOURCES.iter().all(|known| {
        let both = both.given("subresource", known.name.map_or(Value::Null, Value::Text));
        let proxied = known.name == Some("proxy");
        let done = || -> Vec<i64> {
            let streams = matches!(known.name, None | Some("exec" | "attach" | "portforward" | "proxy" | "other"));
            let usual = DONE.iter().chain(streams.then_some(&STREAM)).chain(BEHIND.iter().filter(|_| proxied)).copied();
            match (verb, known.name) {
                (Some("create"), None) => vec![CREATED],
                _ if known.codes.is_empty() => usual.collect(),
                _ => known.codes.to_vec(),
            }
        };
        both.are_equal()
            || both.given("response_code", Value::Null).are_equal()
                && REFUSED.iter().all(|code| both.given("response_code", Value::Int(*code)).are_equal())
                && done().iter().all(|code| {
                    let both = both.given("response_code", Value::Int(*code));
                    both.are_equal()
                        || *code == CREATED && !proxied && both.made()
                        || known.verbs.iter().all(|verb| both.given("verb", Value::Text(verb)).are_equal())
                            && !known.verbs.is_empty()
                        || known
                            .of
                            .all(named.as_ref())
                            .is_some_and(|of| of.iter().all(|resource| both.by(known.verbs, resource)))
                })
    })
}

/// Two predicates of which the same is known.
struct Both<'a>(Bare<'a>, Bare<'a>);

impl<'a> Both<'a> {
    fn given(&self, column: &str, value: Value<'_>) -> Both<'a> {
        Both(self.0.given(column, value), self.1.given(column, value))
    }

    /// What is left of them for requests of this verb: those for many objects have no subresource, and a deletion of all no name.
    fn request(&self, verb: &str) -> Both<'a> {
        let mut both = self.given("verb", Value::Text(verb));
        if ["list", "watch", "deletecollection"].contains(&verb) {
            both = both.given("subresource", Value::Null);
        }
        if verb == "deletecollection" { both.given("name", Value::Null) } else { both }
    }

    fn are_same_by_request(&self) -> bool {
        REQUESTS.iter().all(|verb| are_same(&self.request(verb), Some(verb)))
    }

    /// They are for each kind of the group of roles and bindings, and for all other groups.
    fn are_same_by_kind(&self) -> bool {
        let others = [Value::Null, Value::Text("other")];
        let of = |group: Value<'_>| self.given("api_group", group);
        let roles = of(Value::Text(ROLES.0));
        others.into_iter().all(|group| of(group).are_same_by_request())
            && ROLES.1.iter().all(|(kind, _)| {
                let kind = Value::Text(kind);
                roles.given("resource", kind).given("kind", kind).are_same_by_request()
            })
    }

    fn are_equal(&self) -> bool {
        self.0 == self.1
    }

    /// They are for each of these verbs, or for all when there is none, where the resource is this one.
    fn by(&self, verbs: &[&str], resource: &str) -> bool {
        let both = self.given("resource", Value::Text(resource));
        let by = |verb: &&str| both.given("verb", Value::Text(verb)).are_equal();
        both.are_equal() || !verbs.is_empty() && verbs.iter().all(by)
    }

    /// They are where something was made.
    fn made(&self) -> bool {
        let by = |verb: &str| self.given("verb", Value::Text(verb));
        let updated = by("update");
        let of = |resource: &&str| updated.given("resource", Value::Text(resource)).are_equal();
        by("create").are_equal() && by("patch").are_equal() && MADE_BY_UPDATE.iter().all(of)
    }

    /// The resources they name; None when they name some by a part of the name.
    fn resources(&self) -> Option<BTreeSet<&'a str>> {
        let mut named = BTreeSet::new();
        (self.0.resources(&mut named) && self.1.resources(&mut named)).then_some(named)
    }
}

/// A predicate of which only the tests of these six columns are known; each other test is a number, equal ones the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Bare<'a> {
    Is(bool),
    All(Vec<Bare<'a>>),
    Any(Vec<Bare<'a>>),
    Not(Box<Bare<'a>>),
    Column(&'static str, &'a Op),
    /// A test of the object as the request leaves it, the part of it that is asked, and whether it holds when that is not there.
    Object {
        test: usize,
        part: &'a str,
        without: bool,
    },
    Other(usize),
}

/// What a test of the object asks: the pod spec, or the first part of the path.
fn part(field: &str) -> &str {
    let mut path = field.split(['.', '[']);
    match path.next() {
        Some("podSpec" | "containers") => POD,
        _ => path.next().unwrap_or_default(),
    }
}

impl<'a> Bare<'a> {
    fn of(predicate: &'a Predicate, others: &mut Vec<&'a Test>) -> Bare<'a> {
        match predicate {
            Predicate::True => Bare::Is(true),
            Predicate::All(parts) => Bare::All(parts.iter().map(|part| Bare::of(part, others)).collect()),
            Predicate::Any(parts) => Bare::Any(parts.iter().map(|part| Bare::of(part, others)).collect()),
            Predicate::Not(part) => Bare::Not(Box::new(Bare::of(part, others))),
            Predicate::Test(test) => match (&test.field.source, &test.op) {
                (
                    Source::Column(
                        column @ ("subresource" | "response_code" | "resource" | "verb" | "name" | "api_group"),
                    ),
                    op,
                ) if !matches!(op, Op::FieldRef { .. } | Op::List { .. }) => Bare::Column(column, op),
                _ => {
                    let place = others.iter().position(|known| *known == test).unwrap_or_else(|| {
                        others.push(test);
                        others.len() - 1
                    });
                    match test.field.root == Recorded::OBJECT && !matches!(test.op, Op::FieldRef { .. }) {
                        true => Bare::Object {
                            test: place,
                            part: part(&test.field.name),
                            without: Matcher::new(&test.op).matches_any([]),
                        },
                        false => Bare::Other(place),
                    }
                }
            },
        }
    }

    /// Notes the resources that are named; false when a test is of something else than whole names.
    fn resources(&self, named: &mut BTreeSet<&'a str>) -> bool {
        match self {
            Bare::Column("resource", Op::AnyText(patterns)) => patterns.iter().all(|pattern: &'a Pattern| {
                let Shape::Equals(name) = &pattern.shape else { return false };
                named.insert(name);
                true
            }),
            Bare::Column("resource", Op::Null | Op::Exists(_)) => true,
            Bare::Column(name, _) => *name != "resource",
            Bare::All(parts) | Bare::Any(parts) => parts.iter().all(|part| part.resources(named)),
            Bare::Not(part) => part.resources(named),
            Bare::Is(_) | Bare::Object { .. } | Bare::Other(_) => true,
        }
    }

    /// What is left when a column has this value.
    fn given(&self, column: &str, value: Value<'_>) -> Bare<'a> {
        let all_of = |parts: &[Bare<'a>], neutral: bool| {
            let mut left: Vec<Bare<'a>> = Vec::new();
            for part in parts.iter().map(|part| part.given(column, value)) {
                match part {
                    Bare::Is(is) if is == neutral => {}
                    Bare::Is(is) => return Err(is),
                    Bare::All(inner) if neutral => left.extend(inner),
                    Bare::Any(inner) if !neutral => left.extend(inner),
                    other => left.push(other),
                }
            }
            left.sort();
            left.dedup();
            Ok(left)
        };
        let join = |left: Result<Vec<Bare<'a>>, bool>, neutral: bool| match left {
            Err(is) => Bare::Is(is),
            Ok(left) if left.is_empty() => Bare::Is(neutral),
            Ok(mut left) if left.len() == 1 => left.remove(0),
            Ok(left) if neutral => Bare::All(left),
            Ok(left) => Bare::Any(left),
        };
        let text = if let Value::Text(text) = value { Some(text) } else { None };
        let is_of = |names: &[&str]| text.is_some_and(|text| names.contains(&text));
        let has_none = |part: &str| match column {
            "verb" => text.is_some() && !is_of(&WRITES),
            "subresource" => is_of(&WITHOUT_OBJECT) || part == POD && is_of(&WITHOUT_POD),
            "kind" => ROLES.1.iter().any(|(kind, lacks)| text == Some(kind) && lacks.contains(&part)),
            _ => false,
        };
        match self {
            Bare::Object { part, without, .. } if has_none(part) => Bare::Is(*without),
            Bare::Column(name, op) if *name == column => Bare::Is(Matcher::new(op).matches_any([value])),
            Bare::All(parts) => join(all_of(parts, true), true),
            Bare::Any(parts) => join(all_of(parts, false), false),
            Bare::Not(part) => match part.given(column, value) {
                Bare::Is(is) => Bare::Is(!is),
                Bare::Not(inner) => *inner,
                other => Bare::Not(Box::new(other)),
            },
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigma::{RuleFile, load};

    fn rule(detection: &str) -> Predicate {
        let text =
            format!("title: t\nname: t\nlogsource: {{product: kubernetes, service: audit}}\ndetection:\n{detection}");
        let (set, problems) = load(&[RuleFile { path: "t.yml".into(), text }]);
        assert!(problems.is_empty(), "{problems:?}");
        set.rules[0].predicate.clone()
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
        assert!(
            bare("secrets", "[get, list]") && bare("secrets", "create") && bare("persistentvolumeclaims", "create")
        );
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
    fn other_verbs_are_other_events() {
        assert!(!are("verb: get", "verb: list"));
        let pods = "responseStatus.code|lt: 300, objectRef.resource: pods, verb";
        assert!(are(&format!("{pods}: watch, objectRef.subresource: null"), &format!("{pods}: watch")));
        assert!(!are(&format!("{pods}: delete, objectRef.subresource: null"), &format!("{pods}: delete")));
        // All of a kind are deleted without a name.
        assert!(are("verb: delete, objectRef.name: a", "verb|contains: delete, objectRef.name: a"));
        assert!(!are("verb: delete", "verb|contains: delete"));
    }
}
