//! Values that no audit event has: a test for one is true of nothing, for ever, and looks as if it were a rule.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::Source;
use super::predicate::{Op, Predicate, Shape, verbs};

/// Every verb an audit event can have: those of requests to resources, and HTTP methods in lower case for the others.
/// Verbs that only roles have (bind, escalate, impersonate, use) are never the verb of a request.
const VERBS: [&str; 15] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "proxy",
    "post",
    "put",
    "head",
    "options",
    "connect",
    "trace",
];

const STAGES: [&str; 4] = ["requestreceived", "responsestarted", "responsecomplete", "panic"];
const LEVELS: [&str; 4] = ["none", "metadata", "request", "requestresponse"];

const DECISIONS: [&str; 2] = ["allow", "forbid"];

/// Kinds in the singular, which are taken for resources by mistake.
const KINDS: [&str; 23] = [
    "pod",
    "deployment",
    "daemonset",
    "statefulset",
    "replicaset",
    "job",
    "cronjob",
    "secret",
    "configmap",
    "service",
    "endpoint",
    "ingress",
    "networkpolicy",
    "node",
    "namespace",
    "serviceaccount",
    "role",
    "rolebinding",
    "clusterrole",
    "clusterrolebinding",
    "persistentvolume",
    "persistentvolumeclaim",
    "event",
];

/// Networks of which `publicSourceIPs` has no address.
const LOCAL: [&str; 10] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "100.64.0.0/10",
    "0.0.0.0/32",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
];

/// A value a field never has.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Never {
    /// The field as the rule names it.
    pub field: String,
    /// In lower case.
    pub value: String,
    pub hint: String,
}

/// Says whether tests of the verb exclude one another.
pub fn no_verb(predicate: &Predicate) -> bool {
    verbs(predicate).is_some_and(|verbs| verbs.is_empty())
}

/// Finds the tests of a predicate that no event passes, each once, in order.
pub fn nevers(predicate: &Predicate) -> BTreeSet<Never> {
    let mut found = BTreeSet::new();
    predicate.each_test(&mut |test| {
        let mut never = |value: String, hint: String| {
            found.insert(Never { field: test.field.name.clone(), value, hint });
        };
        match &test.op {
            Op::AnyText(patterns) => {
                for pattern in patterns {
                    if let Some(hint) = why(&test.field.source, &pattern.shape) {
                        never(written(&pattern.shape), hint);
                    }
                }
            }
            Op::Number { cmp: super::predicate::Cmp::Eq, value }
                if test.field.source == Source::Column("response_code") && !is_code(value.get()) =>
            {
                never(value.get().to_string(), "a status is a number from 100 to 599".into());
            }
            Op::Cidr(net) if test.field.source == Source::PublicSourceIps => {
                let local = |text: &&str| text.parse::<IpNet>().is_ok_and(|local| local.contains(net));
                if LOCAL.iter().any(local) {
                    never(net.to_string(), "it has public addresses only; ask sourceIPs".into());
                }
            }
            _ => {}
        }
    });
    found
}

fn is_code(number: f64) -> bool {
    (100.0..600.0).contains(&number)
}

/// Why no value of the field has the shape; None when one may.
fn why(source: &Source, shape: &Shape) -> Option<String> {
    let (text, whole) = match shape {
        Shape::Equals(text) => (text.to_lowercase(), true),
        Shape::StartsWith(text) | Shape::EndsWith(text) | Shape::Contains(text) => (text.to_lowercase(), false),
        Shape::Wildcard(_) => return None,
    };
    let few = |known: &[&str]| {
        let has = known.iter().any(|word| match shape {
            Shape::StartsWith(_) => word.starts_with(&text),
            Shape::EndsWith(_) => word.ends_with(&text),
            Shape::Contains(_) => word.contains(&text),
            _ => *word == text,
        });
        (!has).then(|| format!("it is one of: {}", known.join(", ")))
    };
    let hint = |wrong: bool, hint: &str| wrong.then(|| hint.to_owned());
    match source {
        Source::Column("verb") => few(&VERBS),
        Source::Column("stage") => few(&STAGES),
        Source::Column("level") => few(&LEVELS),
        Source::Column("decision") => few(&DECISIONS),
        Source::Column("response_code") => hint(
            whole && !text.parse().is_ok_and(is_code),
            "a status is a number from 100 to 599; whether it was allowed is annotations.authorization.k8s.io/decision",
        ),
        Source::Column("resource") => {
            let slash = hint(text.contains('/'), "what is behind the slash is objectRef.subresource");
            slash.or_else(|| hint(whole && KINDS.contains(&text.as_str()), "resources are in the plural, such as pods"))
        }
        Source::Column("subresource" | "namespace") => hint(text.contains('/'), "it has no slash"),
        Source::Column("api_group") => hint(
            text.contains('/') || (whole && matches!(text.as_str(), "core" | "v1" | "")),
            "a group has no version, and the core group is absent: null",
        ),
        Source::List("source_ips") | Source::PublicSourceIps => {
            let letters = text.chars().any(|c| !(c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '%')));
            hint(letters, "it is a list of addresses")
        }
        _ => None,
    }
}

fn written(shape: &Shape) -> String {
    match shape {
        Shape::StartsWith(text) => format!("{text}*"),
        Shape::EndsWith(text) => format!("*{text}"),
        Shape::Contains(text) => format!("*{text}*"),
        Shape::Equals(text) => text.clone(),
        Shape::Wildcard(_) => String::new(),
    }
}
