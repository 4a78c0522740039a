//! The routes by which AKS delivers an audit event: a case has to get the same verdict by each.

use serde_json::{Value, json};

const CLUSTER: &str = "/subscriptions/00000000-1111-2222-3333-444444444444/resourcegroups/rg-shop/providers/\
                       microsoft.containerservice/managedclusters/shop-prod";

/// One route.
pub struct Envelope {
    pub name: &'static str,
    /// The event as one line of that route.
    pub wrap: fn(&Value) -> Value,
    /// Whether the route loses fields, so that a rule may not be able to tell.
    pub poorer: bool,
}

/// The event as the API server writes it.
pub const PLAIN: Envelope = Envelope { name: "audit log", wrap: Value::clone, poorer: false };

/// The event as Azure delivers it.
pub const AZURE: [Envelope; 3] = [
    Envelope { name: "storage", wrap: storage, poorer: false },
    Envelope { name: "AzureDiagnostics", wrap: diagnostics, poorer: false },
    Envelope { name: "AKSAudit", wrap: aks_audit, poorer: true },
];

/// A record of a diagnostic setting, as in PT1H.json.
fn storage(event: &Value) -> Value {
    json!({
        "time": event["stageTimestamp"], "resourceId": CLUSTER.to_uppercase(), "category": "kube-audit",
        "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "properties": {"log": format!("{event}\n"), "stream": "stdout", "pod": "kube-apiserver-1a2b-xy"},
    })
}

/// A row of AzureDiagnostics.
fn diagnostics(event: &Value) -> Value {
    json!({
        "TimeGenerated": event["stageTimestamp"], "ResourceId": CLUSTER.to_uppercase(), "Category": "kube-audit",
        "ResourceProvider": "MICROSOFT.CONTAINERSERVICE", "Resource": "SHOP-PROD", "ResourceType": "MANAGEDCLUSTERS",
        "OperationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "log_s": format!("{event}\n"), "pod_s": "kube-apiserver-1a2b-xy", "stream_s": "stdout",
        "Type": "AzureDiagnostics", "_ResourceId": CLUSTER,
    })
}

/// A row of AKSAudit, which has columns for most fields of an event and none for who was impersonated.
fn aks_audit(event: &Value) -> Value {
    let columns = [
        ("TimeGenerated", "stageTimestamp"),
        ("Level", "level"),
        ("AuditId", "auditID"),
        ("Stage", "stage"),
        ("RequestUri", "requestURI"),
        ("Verb", "verb"),
        ("User", "user"),
        ("SourceIps", "sourceIPs"),
        ("UserAgent", "userAgent"),
        ("ObjectRef", "objectRef"),
        ("ResponseStatus", "responseStatus"),
        ("RequestObject", "requestObject"),
        ("ResponseObject", "responseObject"),
        ("RequestReceivedTime", "requestReceivedTimestamp"),
        ("StageReceivedTime", "stageTimestamp"),
        ("Annotations", "annotations"),
    ];
    let mut row = json!({"Type": "AKSAudit", "_ResourceId": CLUSTER, "PodName": "kube-apiserver-1a2b-xy"});
    for (column, field) in columns {
        if let Some(value) = event.get(field) {
            row[column] = value.clone();
        }
    }
    row
}
