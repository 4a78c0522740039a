//! What is said of requests, held against what a control plane recorded.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use k8s_pb::{HasStatus, Resource};
use serde_json::Value;

use super::*;

/// Every event of the two captures, over which no request was left out.
fn recorded() -> Vec<Value> {
    let mut events = Vec::new();
    for capture in ["quiet-hour", "aks-intrusion"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("sample-data/incidents/{capture}/evidence/audit-log/audit.log.gz"));
        for line in BufReader::new(MultiGzDecoder::new(File::open(path).unwrap())).lines() {
            events.push(serde_json::from_str(&line.unwrap()).unwrap());
        }
    }
    events
}

fn text<'a>(event: &'a Value, path: &str) -> &'a str {
    event.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn request(event: &Value) -> Request<'_> {
    let below = Some(text(event, "/objectRef/subresource")).filter(|name| !name.is_empty());
    let known = SUBRESOURCES.iter().find(|known| known.name == below);
    let other = SUBRESOURCES.iter().find(|known| known.name == Some("other"));
    Request {
        subresource: known.or(other),
        code: Some(event.pointer("/responseStatus/code").and_then(Value::as_i64)),
        resource: Some(text(event, "/objectRef/resource")),
        verb: Some(REQUESTS.into_iter().find(|verb| *verb == text(event, "/verb")).unwrap_or("other")),
        group: Some(text(event, "/objectRef/apiGroup")),
    }
}

#[test]
fn whatever_was_recorded_can_be() {
    let events = recorded();
    assert!(events.len() > 5_000, "{} events", events.len());
    let mut wrong = Vec::new();
    let mut holds = |is: bool, event: &Value, what: &str| {
        if !is {
            let (verb, uri) = (text(event, "/verb"), text(event, "/requestURI"));
            wrong.push(format!("{what}: {verb} {uri} {}", event["responseStatus"]["code"]));
        }
    };
    for event in &events {
        let request = request(event);
        holds(request.can_be(), event, "cannot be");
        holds(request.codes().any(|code| Some(code) == request.code), event, "is not answered so");
        let name = text(event, "/objectRef/name");
        holds(!request.is_named() || !name.is_empty(), event, "has no name");
        holds(!request.is_nameless() || name.is_empty(), event, "has a name");
        let sent = event.get("requestObject").is_some();
        holds(!sent || !request.lacks(Part::Request), event, "sends something");
        let is_written = sent && WRITES.contains(&text(event, "/verb"));
        holds(!is_written || !request.lacks(Part::Object), event, "leaves an object");
        let pods = ["/requestObject/spec/containers", "/requestObject/spec/template/spec/containers"];
        let is_pod = is_written && pods.iter().any(|path| event.pointer(path).is_some());
        holds(!is_pod || !request.lacks(Part::PodSpec), event, "has a pod spec");
        holds(event.pointer("/requestObject/rules").is_none() || !request.lacks(Part::Rules), event, "has rules");
        let subjects = event.pointer("/requestObject/subjects");
        holds(subjects.is_none() || !request.lacks(Part::Subjects), event, "has subjects");
    }
    assert!(wrong.is_empty(), "{} of {}: {:#?}", wrong.len(), events.len(), &wrong[..wrong.len().min(20)]);
}

/// Group and resource of a type of Kubernetes.
fn of<T: Resource>() -> (&'static str, &'static str) {
    (T::GROUP, T::URL_PATH_SEGMENT)
}

fn with_status<T: Resource + HasStatus>() -> &'static str {
    T::URL_PATH_SEGMENT
}

#[test]
fn groups_are_those_of_the_types_of_kubernetes() {
    use k8s_pb::api::{admissionregistration::v1 as admission, apps::v1 as apps, batch::v1 as batch, core::v1 as core};
    use k8s_pb::api::{admissionregistration::v1beta1 as newer, networking::v1 as networking, rbac::v1 as rbac};
    use k8s_pb::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
    use k8s_pb::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
    let mut types = [
        of::<core::Binding>(),
        of::<core::ComponentStatus>(),
        of::<core::ConfigMap>(),
        of::<core::Endpoints>(),
        of::<core::Event>(),
        of::<core::LimitRange>(),
        of::<core::Namespace>(),
        of::<core::Node>(),
        of::<core::PersistentVolumeClaim>(),
        of::<core::PersistentVolume>(),
        of::<core::Pod>(),
        of::<core::PodTemplate>(),
        of::<core::ReplicationController>(),
        of::<core::ResourceQuota>(),
        of::<core::Secret>(),
        of::<core::ServiceAccount>(),
        of::<core::Service>(),
        of::<apps::ControllerRevision>(),
        of::<apps::DaemonSet>(),
        of::<apps::Deployment>(),
        of::<apps::ReplicaSet>(),
        of::<apps::StatefulSet>(),
        of::<batch::CronJob>(),
        of::<batch::Job>(),
        of::<networking::IngressClass>(),
        of::<networking::Ingress>(),
        of::<networking::IPAddress>(),
        of::<networking::NetworkPolicy>(),
        of::<networking::ServiceCIDR>(),
        of::<rbac::Role>(),
        of::<rbac::RoleBinding>(),
        of::<rbac::ClusterRole>(),
        of::<rbac::ClusterRoleBinding>(),
        of::<admission::MutatingWebhookConfiguration>(),
        of::<admission::ValidatingWebhookConfiguration>(),
        of::<admission::ValidatingAdmissionPolicy>(),
        of::<admission::ValidatingAdmissionPolicyBinding>(),
        of::<newer::MutatingAdmissionPolicy>(),
        of::<newer::MutatingAdmissionPolicyBinding>(),
        of::<CustomResourceDefinition>(),
        of::<APIService>(),
    ];
    let ours = GROUPS.iter().flat_map(|(group, resources)| resources.iter().map(move |resource| (*group, *resource)));
    let mut ours: Vec<(&str, &str)> = ours.collect();
    types.sort_unstable();
    ours.sort_unstable();
    assert_eq!(ours, types);
}

#[test]
fn what_has_a_state_has_a_subresource_for_it() {
    use k8s_pb::api::{apps::v1 as apps, batch::v1 as batch, core::v1 as core, networking::v1 as networking};
    use k8s_pb::api::{autoscaling::v2::HorizontalPodAutoscaler, certificates::v1::CertificateSigningRequest};
    use k8s_pb::api::{policy::v1::PodDisruptionBudget, storage::v1::VolumeAttachment};
    for name in [
        with_status::<core::Namespace>(),
        with_status::<core::Node>(),
        with_status::<core::PersistentVolumeClaim>(),
        with_status::<core::PersistentVolume>(),
        with_status::<core::Pod>(),
        with_status::<core::ReplicationController>(),
        with_status::<core::ResourceQuota>(),
        with_status::<core::Service>(),
        with_status::<apps::DaemonSet>(),
        with_status::<apps::Deployment>(),
        with_status::<apps::ReplicaSet>(),
        with_status::<apps::StatefulSet>(),
        with_status::<batch::CronJob>(),
        with_status::<batch::Job>(),
        with_status::<networking::Ingress>(),
        with_status::<HorizontalPodAutoscaler>(),
        with_status::<CertificateSigningRequest>(),
        with_status::<PodDisruptionBudget>(),
        with_status::<VolumeAttachment>(),
    ] {
        assert!(!BARE.contains(&name), "{name}");
    }
}
