//! Objects of a snapshot as the events that would have created them as they stand, so that a rule over what is written
//! can be asked of what is there.
//!
//! Such an event has the object and what follows from it. Who wrote it, from where and when is not known: a rule that
//! asks for that is answered "cannot tell".

use std::borrow::Cow;
use std::ops::Range;

use arrow::record_batch::RecordBatch;

use super::event::{Code, Event, ObjectRef, Status};
use super::rows::audit::{AuditRows, Body, Sighting};
use super::text::{Raw, Text};
use crate::model::{EvidenceId, Micros, Recorded};

/// An object, and where it is in the evidence.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    pub kind: &'a str,
    pub api_version: &'a str,
    pub namespace: Option<&'a str>,
    pub name: Option<&'a str>,
    pub uid: Option<&'a str>,
    pub created: Option<Micros>,
    /// JSON text.
    pub body: &'a str,
    pub evidence: EvidenceId,
    pub offset: u64,
    pub length: u64,
}

/// Returns a row of table `audit`, words as text, for each object, in their order.
pub fn standing<'a>(objects: impl IntoIterator<Item = Standing<'a>>) -> RecordBatch {
    let mut rows = AuditRows::default();
    for object in objects {
        let Standing { kind, api_version, namespace, name, uid, created, body, evidence, offset, length } = object;
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let text = |text: &'a str| Text(Cow::Borrowed(text));
        let event = Event {
            level: Some(text("RequestResponse")),
            stage: Some(text("ResponseComplete")),
            verb: Some(text("create")),
            object_ref: Some(ObjectRef {
                resource: Some(Text(resource(kind, group).into())),
                namespace: namespace.map(text),
                name: name.map(text),
                uid: uid.map(text),
                api_group: (!group.is_empty()).then(|| text(group)),
                api_version: Some(text(version)),
                subresource: None,
            }),
            response_status: Some(Status { code: Some(Code(201)), ..Status::default() }),
            request_object: Some(Raw(body)),
            ..Event::default()
        };
        let unknown = [
            Recorded::IMPERSONATED,
            Recorded::ANNOTATIONS,
            Recorded::USER,
            Recorded::USER_AGENT,
            Recorded::SOURCE_IPS,
            Recorded::REQUEST_URI,
        ];
        let sighting = Sighting {
            event: &event,
            request: Body::Whole(body),
            response: Body::Whole(body),
            missing: unknown.into_iter().fold(Recorded::ALL, Recorded::without),
            cut: false,
            envelope: created,
            category: None,
            cluster: None,
        };
        let at: Range<u64> = offset..offset + length;
        // It refuses annotations that are no JSON, and there are none.
        let _ = rows.push(evidence, &at, &sighting);
    }
    rows.keys();
    rows.finish()
}

/// Returns the resource of a kind, as the API server names nearly all of them: in lower case, in the plural. Gatekeeper
/// names its constraints by the kind alone.
pub fn resource(kind: &str, group: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.as_str() {
        _ if group == "constraints.gatekeeper.sh" => kind,
        "endpoints" => kind,
        _ if kind.ends_with('s') => kind + "es",
        // networkpolicies, but gateways
        _ => match kind.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u'])) {
            Some(stem) => format!("{stem}ies"),
            None => kind + "s",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_the_resource_that_the_api_server_serves() {
        for (kind, name) in [
            ("Pod", "pods"),
            ("NetworkPolicy", "networkpolicies"),
            ("Ingress", "ingresses"),
            ("Endpoints", "endpoints"),
            ("Gateway", "gateways"),
            ("StorageClass", "storageclasses"),
            ("ClusterRoleBinding", "clusterrolebindings"),
            ("APIService", "apiservices"),
        ] {
            assert_eq!(resource(kind, ""), name);
        }
        assert_eq!(resource("K8sNoEnv", "constraints.gatekeeper.sh"), "k8snoenv");
    }

    #[test]
    fn an_object_is_an_event_with_all_that_follows_from_it() {
        let body = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"hostPID":true,"containers":[{"name":"c","image":"i"}]}}"#;
        let object = Standing {
            kind: "Pod",
            api_version: "v1",
            namespace: Some("web"),
            name: Some("a"),
            uid: None,
            created: None,
            body,
            evidence: EvidenceId(3),
            offset: 7,
            length: body.len() as u64,
        };
        let batch = standing([object, object]);
        let cell = |name: &str| {
            let column = batch.column_by_name(name).unwrap();
            arrow::util::display::array_value_to_string(column, 1).unwrap()
        };
        assert_eq!(batch.num_rows(), 2);
        assert_eq!((cell("resource"), cell("host_pid"), cell("evidence")), ("pods".into(), "true".into(), "3".into()));
        assert!(cell("containers").contains("image: i") && cell("request_object") == body);
        assert!(cell("not_recorded").contains("user") && !cell("not_recorded").contains("requestObject"));
    }
}
