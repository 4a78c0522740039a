//! Oracle: the structs of `k8s-pb`, decoded by `prost`: every field of the lab's objects, loose ones among them.

use std::collections::BTreeMap;

use base64::Engine;
use k8s_pb::api;
use prost::Message;
use serde_json::Value as Json;

use super::super::Value;
use super::debugged::{Debugged, parse};
use super::lab;

/// Decodes with k8s-pb, None for a kind that is not stored in the lab.
fn theirs(kind: &str, raw: &[u8]) -> Option<Debugged> {
    macro_rules! kinds {
        ($($name:literal => $of:ty,)*) => {
            match kind {
                $($name => format!("{:?}", <$of>::decode(raw).unwrap()),)*
                _ => return None,
            }
        };
    }
    use k8s_pb::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
    use k8s_pb::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
    let text = kinds! {
        "ConfigMap" => api::core::v1::ConfigMap,
        "Endpoints" => api::core::v1::Endpoints,
        "Event" => api::core::v1::Event,
        "Namespace" => api::core::v1::Namespace,
        "Node" => api::core::v1::Node,
        "Pod" => api::core::v1::Pod,
        "RangeAllocation" => api::core::v1::RangeAllocation,
        "Secret" => api::core::v1::Secret,
        "Service" => api::core::v1::Service,
        "ServiceAccount" => api::core::v1::ServiceAccount,
        "ControllerRevision" => api::apps::v1::ControllerRevision,
        "DaemonSet" => api::apps::v1::DaemonSet,
        "Deployment" => api::apps::v1::Deployment,
        "ReplicaSet" => api::apps::v1::ReplicaSet,
        "CronJob" => api::batch::v1::CronJob,
        "Job" => api::batch::v1::Job,
        "ClusterRole" => api::rbac::v1::ClusterRole,
        "ClusterRoleBinding" => api::rbac::v1::ClusterRoleBinding,
        "Role" => api::rbac::v1::Role,
        "RoleBinding" => api::rbac::v1::RoleBinding,
        "CertificateSigningRequest" => api::certificates::v1::CertificateSigningRequest,
        "CSINode" => api::storage::v1::CSINode,
        "EndpointSlice" => api::discovery::v1::EndpointSlice,
        "FlowSchema" => api::flowcontrol::v1::FlowSchema,
        "PriorityLevelConfiguration" => api::flowcontrol::v1::PriorityLevelConfiguration,
        "IPAddress" => api::networking::v1::IPAddress,
        "ServiceCIDR" => api::networking::v1::ServiceCIDR,
        "Lease" => api::coordination::v1::Lease,
        "MutatingWebhookConfiguration" => api::admissionregistration::v1::MutatingWebhookConfiguration,
        "PriorityClass" => api::scheduling::v1::PriorityClass,
        "APIService" => APIService,
        "CustomResourceDefinition" => CustomResourceDefinition,
    };
    Some(parse(&text))
}

/// Takes the object out of its envelope, whose last two fields are empty, without any help from the reader tested.
fn raw(value: &[u8]) -> Vec<u8> {
    #[derive(Clone, PartialEq, Message)]
    struct Unknown {
        #[prost(bytes = "vec", tag = "2")]
        raw: Vec<u8>,
    }
    Unknown::decode(&value[4..]).unwrap().raw
}

/// Names without what Rust and JSON spell differently: `cluster_i_ps`, `clusterIPs`.
fn plain(name: &str) -> String {
    name.trim_start_matches("r#").chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

fn number(fields: &[(String, Debugged)], name: &str) -> Option<f64> {
    fields.iter().find(|(of, _)| of == name).and_then(|(_, value)| match value {
        Debugged::Number(n) => Some(*n),
        _ => None,
    })
}

fn bytes(list: &[Debugged]) -> Vec<u8> {
    list.iter().map(|byte| if let Debugged::Number(n) = byte { *n as u8 } else { panic!("{byte:?}") }).collect()
}

/// Seconds since 1970 of an RFC 3339 time in UTC, and its microseconds; counted year by year, so that it is no copy of
/// what is tested.
fn seconds(text: &str) -> (i64, i64) {
    let part = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let months = [31, 28 + i64::from(leap(part(0..4))), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let years: i64 = (1970..part(0..4)).map(|year| 365 + i64::from(leap(year))).sum();
    let days = years + months[..part(5..7) as usize - 1].iter().sum::<i64>() + part(8..10) - 1;
    let micros = if text.len() == 27 { part(20..26) } else { 0 };
    assert!(text.ends_with('Z') && matches!(text.len(), 20 | 27), "{text}");
    (days * 86_400 + part(11..13) * 3600 + part(14..16) * 60 + part(17..19), micros)
}

/// Compares; what prost has not set, or set to nothing, may be absent in JSON.
fn compare(path: &str, theirs: &Debugged, ours: Option<&Json>, wrong: &mut Vec<String>) {
    let mut fail = || wrong.push(format!("{path}: {theirs:?} / {ours:?}"));
    match (theirs, ours.filter(|json| !json.is_null())) {
        (Debugged::None, None) => {}
        (Debugged::Text(text), ours) => match ours {
            Some(Json::String(own)) if own == text => {}
            None if text.is_empty() => {}
            _ => fail(),
        },
        (Debugged::Number(n), ours) => match ours.map(Json::as_f64) {
            Some(Some(own)) if own == *n => {}
            None if *n == 0.0 => {}
            _ => fail(),
        },
        (Debugged::Bool(b), ours) => match ours {
            Some(Json::Bool(own)) if own == b => {}
            None if !b => {}
            _ => fail(),
        },
        (Debugged::List(list), None) if list.is_empty() => {}
        (Debugged::Map(map), None) if map.is_empty() => {}
        // Bytes.
        (Debugged::List(list), Some(Json::String(own))) => {
            if base64::engine::general_purpose::STANDARD.encode(bytes(list)) != *own {
                fail();
            }
        }
        (Debugged::List(list), Some(Json::Array(own))) if list.len() == own.len() => {
            list.iter().zip(own).for_each(|(a, b)| compare(&format!("{path}[]"), a, Some(b), wrong));
        }
        (Debugged::Map(map), Some(Json::Object(own))) if map.len() == own.len() => {
            map.iter().for_each(|(key, value)| compare(&format!("{path}[{key}]"), value, own.get(key), wrong));
        }
        (Debugged::Struct(name, fields), ours) => match (name.as_str(), ours) {
            ("Time" | "MicroTime", None) if number(fields, "seconds").is_none() => {}
            ("Time", Some(Json::String(own))) if Some(seconds(own).0 as f64) == number(fields, "seconds") => {}
            ("MicroTime", Some(Json::String(own))) => {
                let (seconds, micros) = seconds(own);
                let nanos = number(fields, "nanos").unwrap();
                if Some(seconds as f64) != number(fields, "seconds") || micros != nanos as i64 / 1000 {
                    fail();
                }
            }
            ("Quantity" | "ExtraValue", own) => compare(path, &fields[0].1, own, wrong),
            ("IntOrString", own) => {
                let kind = number(fields, "r#type").or(number(fields, "type"));
                compare(path, &fields[if kind == Some(0.0) { 1 } else { 2 }].1, own, wrong);
            }
            ("FieldsV1" | "RawExtension" | "Json", Some(own)) => {
                let Debugged::List(list) = &fields[0].1 else { return fail() };
                if serde_json::from_slice::<Json>(&bytes(list)).unwrap() != *own {
                    fail();
                }
            }
            ("JsonSchemaPropsOrBool", Some(Json::Bool(_))) => compare(path, &fields[0].1, ours, wrong),
            ("JsonSchemaPropsOrBool", _) => compare(path, &fields[1].1, ours, wrong),
            ("JsonSchemaPropsOrArray", own) => compare(path, &fields[0].1, own, wrong),
            (_, Some(Json::Object(own))) => members(path, fields, own, wrong),
            _ => fail(),
        },
        _ => fail(),
    }
}

/// Compares a struct with an object, both ways: what JSON has and prost has not is wrong too.
fn members(path: &str, fields: &[(String, Debugged)], own: &serde_json::Map<String, Json>, wrong: &mut Vec<String>) {
    let mut left: BTreeMap<String, &Json> = own.iter().map(|(key, value)| (plain(key), value)).collect();
    if path.is_empty() {
        left.retain(|key, _| key != "apiversion" && key != "kind");
    }
    take(path, fields, &mut left, wrong);
    wrong.extend(
        left.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| format!("{path}.{key}: - / {value}")),
    );
}

fn take(path: &str, fields: &[(String, Debugged)], left: &mut BTreeMap<String, &Json>, wrong: &mut Vec<String>) {
    const INLINE: [&str; 4] = ["VolumeSource", "ProbeHandler", "LocalObjectReference", "Rule"];
    for (name, value) in fields {
        match (left.remove(&plain(name)), value) {
            (None, Debugged::Struct(of, inner)) if INLINE.contains(&of.as_str()) => take(path, inner, left, wrong),
            (ours, value) => compare(&format!("{path}.{name}"), value, ours, wrong),
        }
    }
}

#[test]
fn objects_are_what_prost_reads() {
    // With 1 here it compares all 657 and 14,365 of them, which takes half a minute.
    const EVERY: u32 = 10;
    for (name, expected) in [("quiet-before", 649), ("intrusion-end", 2_452)] {
        let Some(snapshot) = lab::snapshot(name) else { return };
        let (mut same, mut wrong) = (0, Vec::new());
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        lab::each(&snapshot, |stored| {
            let Value::Object { json, odd } = stored.value else { return };
            assert_eq!(odd, 0);
            let ours: Json = serde_json::from_str(json).unwrap();
            let kind = ours["kind"].as_str().unwrap();
            let nth = seen.entry(kind.into()).or_default();
            *nth += 1;
            if *nth > 100 && !nth.is_multiple_of(EVERY) {
                return;
            }
            let bytes = &snapshot[stored.at.start as usize..stored.at.end as usize];
            let Some(theirs) = theirs(kind, &raw(bytes)) else {
                wrong.push(format!("{kind} is not compared"));
                return;
            };
            let before = wrong.len();
            compare("", &theirs, Some(&ours), &mut wrong);
            same += u32::from(wrong.len() == before);
        });
        wrong.sort();
        wrong.dedup();
        assert_eq!((same, &wrong[..wrong.len().min(20)]), (expected, &[][..]), "{name}");
    }
}
