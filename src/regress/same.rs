//! Whether two predicates are one and the same for every event that an API server writes: then no test can tell them apart.
//!
//! It is proved, not guessed: the predicates with what is known of an event filled in, subresource by subresource and status by
//! status, must be equal, every other test taken for a different unknown. Known of the API is:
//! - 101 is the answer of those that become a stream: exec, attach, portforward, proxy, and a watch. Between 203 and 399 an API
//!   server answers nothing itself; only what is behind a proxy does.
//! - 201 says that something was made: by create, by patch (server-side apply), and by update only where the API server lets
//!   an update make what is not there.
//! - An object as the request leaves it is there only when it was created, updated or patched. A session, a proxy and a log
//!   leave none; an eviction, a binding, a token and a scale are objects of their own kind, without a pod spec.
//! - Requests for many objects (list, watch, deletecollection) have no subresource, and one that deletes all no name.
//! - A subresource that a resource does not have is refused, whatever the verb; so is a verb that it does not know. Custom
//!   resources have status and scale; others are of resources that are named here, or of an aggregated API server.

use std::collections::BTreeSet;

use super::words::RESOURCES;
use crate::model::Recorded;
use crate::sigma::matcher::Value;
use crate::sigma::predicate::{Pattern, Shape};
use crate::sigma::{Matcher, Op, Predicate, Source, Test};

/// What can be done with a subresource.
struct Known {
    name: Option<&'static str>,
    /// Resources that have it.
    of: Of,
    /// Verbs and statuses with which it is not refused; any when there is none.
    verbs: &'static [&'static str],
    codes: &'static [i64],
}

/// Resources that have a subresource.
enum Of {
    All,
    These(&'static [&'static str]),
    /// And what an aggregated API server may have.
    TheseOrUnknown(&'static [&'static str]),
    /// Custom resources too.
    AllBut(&'static [&'static str]),
}

const CHANGES: &[&str] = &["get", "update", "patch"];

const SUBRESOURCES: [Known; 16] = [
    Known { name: None, of: Of::All, verbs: &[], codes: &[] },
    Known { name: Some("exec"), of: Of::These(&["pods"]), verbs: &["get", "create"], codes: &[] },
    Known { name: Some("attach"), of: Of::These(&["pods"]), verbs: &["get", "create"], codes: &[] },
    // Also of virtual machines, by KubeVirt.
    Known { name: Some("portforward"), of: Of::TheseOrUnknown(&["pods"]), verbs: &["get", "create"], codes: &[] },
    Known { name: Some("proxy"), of: Of::These(&["pods", "services", "nodes"]), verbs: &[], codes: &[] },
    Known { name: Some("log"), of: Of::TheseOrUnknown(&["pods"]), verbs: &["get"], codes: &[200] },
    Known { name: Some("ephemeralcontainers"), of: Of::These(&["pods"]), verbs: CHANGES, codes: &[200] },
    Known { name: Some("resize"), of: Of::These(&["pods"]), verbs: CHANGES, codes: &[200] },
    Known { name: Some("eviction"), of: Of::These(&["pods"]), verbs: &["create"], codes: &[201] },
    Known { name: Some("binding"), of: Of::These(&["pods"]), verbs: &["create"], codes: &[201] },
    Known { name: Some("token"), of: Of::These(&["serviceaccounts"]), verbs: &["create"], codes: &[201] },
    Known { name: Some("approval"), of: Of::These(&["certificatesigningrequests"]), verbs: CHANGES, codes: &[200] },
    Known { name: Some("finalize"), of: Of::These(&["namespaces"]), verbs: &["update"], codes: &[200] },
    Known { name: Some("scale"), of: Of::AllBut(&BARE), verbs: CHANGES, codes: &[200] },
    Known { name: Some("status"), of: Of::AllBut(&BARE), verbs: CHANGES, codes: &[200] },
    Known { name: Some("other"), of: Of::TheseOrUnknown(&[]), verbs: &[], codes: &[] },
];

/// Resources of Kubernetes that have neither status nor scale.
const BARE: [&str; 22] = [
    "clusterrolebindings",
    "clusterroles",
    "configmaps",
    "controllerrevisions",
    "endpoints",
    "endpointslices",
    "events",
    "leases",
    "limitranges",
    "mutatingwebhookconfigurations",
    "podtemplates",
    "priorityclasses",
    "rolebindings",
    "roles",
    "secrets",
    "selfsubjectaccessreviews",
    "selfsubjectrulesreviews",
    "serviceaccounts",
    "storageclasses",
    "subjectaccessreviews",
    "tokenreviews",
    "validatingwebhookconfigurations",
];

/// What an API server answers itself when it does what was asked, and when it does not.
const DONE: [i64; 3] = [200, 201, 202];
const REFUSED: [i64; 22] =
    [400, 401, 403, 404, 405, 406, 408, 409, 410, 413, 415, 422, 424, 429, 431, 499, 500, 501, 502, 503, 504, 505];
/// Of what is behind a proxy also these, standing for their class.
const BEHIND: [i64; 8] = [100, 203, 204, 299, 301, 302, 399, 599];
const STREAM: i64 = 101;
const CREATED: i64 = 201;

/// Resources that an update makes when they are not there; all others answer it with 404.
const MADE_BY_UPDATE: [&str; 14] = [
    "certificatesigningrequests",
    "clusterrolebindings",
    "clusterroles",
    "endpoints",
    "events",
    "leases",
    "limitranges",
    "podtemplates",
    "priorityclasses",
    "replicationcontrollers",
    "rolebindings",
    "roles",
    "runtimeclasses",
    "services",
];

/// Verbs of requests for resources; and one for requests of other paths, or of which no verb is known.
const REQUESTS: [&str; 9] =
    ["create", "update", "patch", "get", "list", "watch", "delete", "deletecollection", "other"];

/// Those that leave an object behind.
const WRITES: [&str; 3] = ["create", "update", "patch"];

/// Subresources of which no body is recorded.
const WITHOUT_OBJECT: [&str; 5] = ["exec", "attach", "portforward", "proxy", "log"];
/// Those whose object is of another kind than the resource, and holds no pod spec.
const WITHOUT_POD: [&str; 4] = ["eviction", "binding", "token", "scale"];

/// Says whether no event tells them apart.
pub fn same(one: &Predicate, other: &Predicate) -> bool {
    let mut others = Vec::new();
    let both = Both(Bare::of(one, &mut others), Bare::of(other, &mut others));
    are_same(&both) || REQUESTS.iter().all(|verb| are_same(&both.request(verb)))
}

fn are_same(both: &Both<'_>) -> bool {
    let named = both.resources();
    SUBRESOURCES.iter().all(|known| {
        let both = both.given("subresource", known.name.map_or(Value::Null, Value::Text));
        let proxied = known.name == Some("proxy");
        let done = || -> Vec<i64> {
            let streams = matches!(known.name, None | Some("exec" | "attach" | "portforward" | "proxy" | "other"));
            let usual = DONE.iter().chain(streams.then_some(&STREAM)).chain(BEHIND.iter().filter(|_| proxied)).copied();
            if known.codes.is_empty() { usual.collect() } else { known.codes.to_vec() }
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

impl Of {
    /// All resources that have it, as far as predicates that name only `named` can tell; None when that cannot be said.
    fn all<'a>(&self, named: Option<&BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
        match self {
            Of::All => None,
            Of::These(these) => Some(these.to_vec()),
            Of::TheseOrUnknown(these) => {
                let unknown = named?.iter().copied().filter(|name| !RESOURCES.contains(name));
                Some(these.iter().copied().chain(unknown).chain(["other"]).collect())
            }
            Of::AllBut(bare) => {
                Some(named?.iter().copied().filter(|name| !bare.contains(name)).chain(["other"]).collect())
            }
        }
    }
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

/// A predicate of which only the tests of these five columns are known; each other test is a number, equal ones the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Bare<'a> {
    Is(bool),
    All(Vec<Bare<'a>>),
    Any(Vec<Bare<'a>>),
    Not(Box<Bare<'a>>),
    Column(&'static str, &'a Op),
    /// A test of the object as the request leaves it, or of the pod spec in it, and whether it holds when there is none.
    Object { test: usize, of_pod: bool, without: bool },
    Other(usize),
}

impl<'a> Bare<'a> {
    fn of(predicate: &'a Predicate, others: &mut Vec<&'a Test>) -> Bare<'a> {
        match predicate {
            Predicate::True => Bare::Is(true),
            Predicate::All(parts) => Bare::All(parts.iter().map(|part| Bare::of(part, others)).collect()),
            Predicate::Any(parts) => Bare::Any(parts.iter().map(|part| Bare::of(part, others)).collect()),
            Predicate::Not(part) => Bare::Not(Box::new(Bare::of(part, others))),
            Predicate::Test(test) => match (&test.field.source, &test.op) {
                (Source::Column(column @ ("subresource" | "response_code" | "resource" | "verb" | "name")), op)
                    if !matches!(op, Op::FieldRef { .. } | Op::List { .. }) =>
                {
                    Bare::Column(column, op)
                }
                _ => {
                    let place = others.iter().position(|known| *known == test).unwrap_or_else(|| {
                        others.push(test);
                        others.len() - 1
                    });
                    match test.field.root == Recorded::OBJECT && !matches!(test.op, Op::FieldRef { .. }) {
                        true => Bare::Object {
                            test: place,
                            of_pod: ["podSpec", "containers"].iter().any(|pod| test.field.name.starts_with(pod)),
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
        let has_none = |of_pod: bool| match column {
            "verb" => text.is_some() && !is_of(&WRITES),
            "subresource" => is_of(&WITHOUT_OBJECT) || of_pod && is_of(&WITHOUT_POD),
            _ => false,
        };
        match self {
            Bare::Object { of_pod, without, .. } if has_none(*of_pod) => Bare::Is(*without),
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
