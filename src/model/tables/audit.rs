//! Table `audit`: one row per audit.k8s.io event, in three layers.
//!
//! (1) Typed columns named as in audit.k8s.io, in snake case. (2) Shred columns: the parts of the written object that
//! detections ask for most, read once at intake. (3) Both bodies as the JSON text they arrived in.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Boolean, Int32, Int64, UInt32, UInt64};

use crate::model::table::{Column, Table, list, schema, structure, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "audit",
    doc: "Kubernetes audit events (audit.k8s.io), one row per logical event",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'audit' AS source, user_name AS actor, verb, \
         coalesce(nullif(concat_ws('/', resource, subresource), '') || \
         coalesce(' ' || nullif(concat_ws('/', namespace, name), ''), ''), request_uri) AS object, \
         CAST(response_code AS BIGINT) AS status, namespace, user_agent AS agent, \
         array_to_string(source_ips, ' ') AS address, audit_id AS id, evidence, \"offset\", length FROM audit",
    ),
    id: Some("audit_id"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("time", timestamp(), "event time, UTC: stageTimestamp, else the field named in time_source"),
        new("time_source", word(), "field the time came from; envelope = the export's own time, a little late"),
        new("audit_id", text(), "auditID; a client can choose it, so it names a request but proves nothing"),
        new("stage", word(), "RequestReceived, ResponseStarted, ResponseComplete or Panic"),
        new("level", word(), "audit level: Metadata, Request or RequestResponse"),
        new("verb", word(), "Kubernetes verb; HTTP method in lower case for non-resource requests"),
        new("request_uri", text(), "requestURI as the client sent it, query included"),
        new("user_name", word(), "user.username"),
        new("user_uid", word(), "user.uid"),
        new("user_groups", list(text()), "user.groups"),
        new("user_extra", word(), "user.extra as JSON"),
        new("impersonated_user_name", word(), "impersonatedUser.username; see not_recorded before reading null as no"),
        new("impersonated_groups", list(text()), "impersonatedUser.groups"),
        new("source_ips", list(text()), "sourceIPs in order; all but the last can be forged by the client"),
        new("user_agent", word(), "userAgent; the client's own words"),
        new("resource", word(), "objectRef.resource"),
        new("subresource", word(), "objectRef.subresource"),
        new("namespace", word(), "objectRef.namespace"),
        new("name", text(), "objectRef.name, else the name the response gave it (generateName)"),
        new("object_uid", text(), "objectRef.uid"),
        new("api_group", word(), "objectRef.apiGroup; null is the core group"),
        new("api_version", word(), "objectRef.apiVersion"),
        new("response_code", Int32, "responseStatus.code"),
        new("response_status", word(), "responseStatus.status: Success or Failure, when given"),
        new("response_reason", word(), "responseStatus.reason"),
        new("response_message", text(), "responseStatus.message"),
        new("decision", word(), "annotation authorization.k8s.io/decision: allow or forbid"),
        new("decision_reason", word(), "annotation authorization.k8s.io/reason: the binding that allowed it"),
        new("annotations", word(), "all annotations as JSON"),
        new("request_received_time", timestamp(), "requestReceivedTimestamp, UTC"),
        new("envelope_time", timestamp(), "time of the record around the event, UTC; null when it came bare"),
        new("body", word(), "recorded, cut, skipped or not recorded: what became of the two bodies"),
        new("not_recorded", word(), "audit.k8s.io fields this evidence does not hold for the event, blank-separated"),
        new("request_object", text(), "requestObject, JSON text as it arrived"),
        new("request_cut", text(), "what is left of a requestObject that was cut: how it begins, no JSON by itself"),
        new("response_object", text(), "responseObject, JSON text as it arrived"),
        new("containers", list(container()), "containers, init and ephemeral containers of the written pod spec"),
        new("host_pid", Boolean, "hostPID of the written pod spec"),
        new("host_ipc", Boolean, "hostIPC of the written pod spec"),
        new("host_network", Boolean, "hostNetwork of the written pod spec"),
        new("host_paths", list(text()), "volumes[].hostPath.path of the written pod spec"),
        new("service_account_name", word(), "serviceAccountName of the written pod spec"),
        new("role_rules", list(rule()), "rules of the written Role or ClusterRole"),
        new("subjects", list(subject()), "subjects of the written binding"),
        new("role_ref_kind", word(), "roleRef.kind of the written binding"),
        new("role_ref_name", word(), "roleRef.name of the written binding"),
        new("exec_command", text(), "command= parameters of requestURI, decoded, joined by a blank"),
        new("category", word(), "diagnostic category or table the event came from: kube-audit, AKSAuditAdmin …"),
        new("cluster_id", word(), "ARM resource id of the cluster in lower case, when the envelope names it"),
        new("evidence", UInt32, "number of the evidence in table evidence").required(),
        new("offset", UInt64, "first byte in that evidence, after decompression").required(),
        new("length", UInt64, "bytes").required(),
    ]
}

/// One container: `kind` is container, init or ephemeral.
pub fn container() -> arrow::datatypes::DataType {
    structure(&[
        ("kind", text()),
        ("name", text()),
        ("image", text()),
        ("command", list(text())),
        ("args", list(text())),
        ("privileged", Boolean),
        ("allow_privilege_escalation", Boolean),
        ("run_as_user", Int64),
        ("run_as_non_root", Boolean),
        ("capabilities_add", list(text())),
    ])
}

/// One rule of a role.
pub fn rule() -> arrow::datatypes::DataType {
    structure(&[
        ("verbs", list(text())),
        ("api_groups", list(text())),
        ("resources", list(text())),
        ("resource_names", list(text())),
        ("non_resource_urls", list(text())),
    ])
}

/// One subject of a binding.
pub fn subject() -> arrow::datatypes::DataType {
    structure(&[("kind", text()), ("name", text()), ("namespace", text())])
}
