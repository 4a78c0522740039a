//! Oracle: every built-in kind, filled by Kubernetes' own Go types.
//!
//! `filled.tsv.gz` was made by a program of ours that fills each type by reflection, writes it with the API server's
//! storage serializer, reads that back, and prints it as JSON: kind and filling, storage protobuf in base64, JSON.
//! Fillings: 0 nothing, 1 every field, 2 every field there is to point to, but with zero in it. Types are those of
//! Kubernetes 1.37 (k8s.io/api 0.37.2); of 1.34 and 1.26 for kinds that have left since.

use std::io::Read;

use base64::Engine;
use serde_json::Value as Json;

use super::super::fields::TABLES;
use super::super::value::{Scratch, Value, decode};
use super::compare::differences;

/// Differences there must be: an older version that shares the table of a newer one, in objects with nothing in them.
const EXPECTED: &[&str] = &[
    // Required later: absence is shown there.
    "apps/v1beta1 Deployment 0: .spec.selector null -",
    "apps/v1beta1 StatefulSet 0: .spec.selector null -",
    "extensions/v1beta1 DaemonSet 0: .spec.selector null -",
    "extensions/v1beta1 Deployment 0: .spec.selector null -",
    "extensions/v1beta1 ReplicaSet 0: .spec.selector null -",
    // Required once: no longer in the version whose table it is.
    "certificates.k8s.io/v1beta1 PodCertificateRequest 0: .spec.pkixPublicKey - null",
    "certificates.k8s.io/v1beta1 PodCertificateRequest 0: .spec.proofOfPossession - null",
    "autoscaling/v2beta2 HorizontalPodAutoscaler 0: .status.conditions - null",
    "autoscaling/v2beta2 HorizontalPodAutoscaler 0: .status.currentReplicas - 0",
    "autoscaling/v2beta2 HorizontalPodAutoscaler 2: .status.currentReplicas - 0",
    "certificates.k8s.io/v1alpha1 PodCertificateRequest 0: .spec.pkixPublicKey - null",
    "certificates.k8s.io/v1alpha1 PodCertificateRequest 0: .spec.proofOfPossession - null",
    // Required since: absence is shown.
    "certificates.k8s.io/v1alpha1 PodCertificateRequest 0: .spec.stubPKCS10Request null -",
    "certificates.k8s.io/v1alpha1 PodCertificateRequest 1: .spec.stubPKCS10Request null -",
    "certificates.k8s.io/v1alpha1 PodCertificateRequest 2: .spec.stubPKCS10Request null -",
    // Servers before 1.33 wrote null where newer ones write nothing.
    "flowcontrol.apiserver.k8s.io/v1alpha1 FlowSchema 0: .metadata.creationTimestamp - null",
    "flowcontrol.apiserver.k8s.io/v1alpha1 FlowSchema 2: .metadata.creationTimestamp - null",
    "flowcontrol.apiserver.k8s.io/v1alpha1 PriorityLevelConfiguration 0: .metadata.creationTimestamp - null",
    "flowcontrol.apiserver.k8s.io/v1alpha1 PriorityLevelConfiguration 2: .metadata.creationTimestamp - null",
    "extensions/v1beta1 PodSecurityPolicy 0: .metadata.creationTimestamp - null",
    "extensions/v1beta1 PodSecurityPolicy 2: .metadata.creationTimestamp - null",
    "policy/v1beta1 PodSecurityPolicy 0: .metadata.creationTimestamp - null",
    "policy/v1beta1 PodSecurityPolicy 2: .metadata.creationTimestamp - null",
];

#[test]
fn every_kind_is_what_kubernetes_makes_of_it() {
    let mut text = String::new();
    flate2::read::GzDecoder::new(&include_bytes!("filled.tsv.gz")[..]).read_to_string(&mut text).unwrap();
    let mut found = Vec::new();
    let mut kinds = std::collections::BTreeSet::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [name, proto, json] = cells[..] else { panic!("{line}") };
        let bytes = base64::engine::general_purpose::STANDARD.decode(proto).unwrap();
        let mut scratch = Scratch::default();
        let value = decode(&bytes, &mut scratch, &mut |_, odd| found.push(format!("{name}: {odd:?}")));
        let Value::Object { json: ours, odd: _ } = value else { panic!("{name}: {value:?}") };
        let ours: Json = serde_json::from_str(ours).unwrap();
        let differences = differences(&ours, &serde_json::from_str(json).unwrap());
        found.extend(differences.iter().map(|(path, ours, theirs)| format!("{name}: {path} {ours} {theirs}")));
        kinds.insert(name[..name.len() - 2].to_string());
    }
    found.sort();
    let mut expected = EXPECTED.to_vec();
    expected.sort();
    assert_eq!(found, expected);
    // Both are v1 kinds in their alpha; they are in none of the three releases.
    for alpha in ["networking.k8s.io/v1alpha1 IPAddress", "networking.k8s.io/v1alpha1 ServiceCIDR"] {
        kinds.insert(alpha.into());
    }
    let tables = TABLES.all_kinds().map(|(version, kind)| format!("{version} {kind}")).collect();
    assert_eq!(kinds, tables);
}
