//! Words of the API: values that a field has of all that an API server accepts or acts on.
//!
//! A text that somebody chooses (a name, a user, an image) can be longer than the one a rule asks for, and `*x*` for `x` is a
//! mistake that a test can show. A word of the API cannot: `*watch*` lets in nothing that `watch` does not, since no other
//! verb has it in it. Where one word lies within another (`delete` in deletecollection, `jobs` in cronjobs) it is a mistake,
//! unless the rule asks for the other one too.

/// Fields, by their name or the end of it, and their words.
const FIELDS: [(&str, &[&str]); 25] = [
    ("verb", &VERBS),
    // What is no verb grants nothing in a role.
    ("verbs", &VERBS),
    ("objectRef.resource", &RESOURCES),
    ("resources", &RESOURCES),
    ("objectRef.subresource", &SUBRESOURCES),
    ("stage", &["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"]),
    ("level", &["None", "Metadata", "Request", "RequestResponse"]),
    ("annotations.authorization.k8s.io/decision", &["allow", "forbid"]),
    // Objects with another word here are refused by the API server or by the webhook whose word it is.
    ("object.spec.type", &["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
    ("seccompProfile.type", &["Unconfined", "RuntimeDefault", "Localhost"]),
    ("appArmorProfile.type", &["Unconfined", "RuntimeDefault", "Localhost"]),
    ("os.name", &["linux", "windows"]),
    ("procMount", &["Default", "Unmasked"]),
    ("tolerations.operator", &["Exists", "Equal", "Lt", "Gt"]),
    ("failurePolicy", &["Ignore", "Fail"]),
    ("pod-security.kubernetes.io/enforce", &["privileged", "baseline", "restricted"]),
    ("enforcementAction", &["deny", "dryrun", "warn", "scoped"]),
    ("requestObject.op", &["add", "remove", "replace", "move", "copy", "test"]),
    (
        "spec.usages",
        &[
            "signing",
            "digital signature",
            "content commitment",
            "key encipherment",
            "key agreement",
            "data encipherment",
            "cert sign",
            "crl sign",
            "encipher only",
            "decipher only",
            "any",
            "server auth",
            "client auth",
            "code signing",
            "email protection",
            "s/mime",
            "ipsec end system",
            "ipsec tunnel",
            "ipsec user",
            "timestamping",
            "ocsp signing",
            "microsoft sgc",
            "netscape sgc",
        ],
    ),
    // Of ingress-nginx; it takes no other and keeps what it had.
    ("annotations-risk-level", &["Low", "Medium", "High", "Critical"]),
    // Kubelets write it of themselves.
    ("kubernetes.io/os", &["linux", "windows"]),
    // Groups, versions and kinds are written whole by every client.
    ("apiGroup", &[]),
    ("apiGroups", &[]),
    ("apiVersion", &[]),
    ("kind", &[]),
];

/// The fields of an audit event, in the order in which an API server writes them.
pub const EVENT: [&str; 19] = [
    "kind",
    "apiVersion",
    "level",
    "auditID",
    "stage",
    "requestURI",
    "verb",
    "user",
    "impersonatedUser",
    "authenticationMetadata",
    "sourceIPs",
    "userAgent",
    "objectRef",
    "responseStatus",
    "requestObject",
    "responseObject",
    "requestReceivedTimestamp",
    "stageTimestamp",
    "annotations",
];

/// Verbs of requests to resources, and those that only roles have.
pub const VERBS: [&str; 16] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "impersonate",
    "escalate",
    "bind",
    "use",
    "approve",
    "sign",
    "attest",
    "*",
];

/// Resources of Kubernetes, of what AKS adds, and of what is common in clusters; in a role with what is below them.
pub const RESOURCES: [&str; 105] = [
    "apiservices",
    "azureidentities",
    "azureidentitybindings",
    "bindings",
    "certificatesigningrequests",
    "certificatesigningrequests/approval",
    "certificatesigningrequests/status",
    "ciliumendpoints",
    "ciliumnetworkpolicies",
    "ciliumnodes",
    "clusterexternalsecrets",
    "clusterrolebindings",
    "clusterroles",
    "componentstatuses",
    "configmaps",
    "controllerrevisions",
    "cronjobs",
    "cronjobs/status",
    "csidrivers",
    "csinodes",
    "csistoragecapacities",
    "customresourcedefinitions",
    "customresourcedefinitions/status",
    "daemonsets",
    "daemonsets/status",
    "deployments",
    "deployments/scale",
    "deployments/status",
    "endpoints",
    "endpointslices",
    "events",
    "externalsecrets",
    "flowschemas",
    "gateways",
    "globalnetworkpolicies",
    "horizontalpodautoscalers",
    "httproutes",
    "ingressclasses",
    "ingresses",
    "ingresses/status",
    "ipaddresses",
    "jobs",
    "jobs/status",
    "leases",
    "limitranges",
    "localsubjectaccessreviews",
    "mutatingwebhookconfigurations",
    "namespaces",
    "namespaces/finalize",
    "namespaces/status",
    "networkpolicies",
    "nodes",
    "nodes/proxy",
    "nodes/status",
    "persistentvolumeclaims",
    "persistentvolumeclaims/status",
    "persistentvolumes",
    "persistentvolumes/status",
    "poddisruptionbudgets",
    "pods",
    "pods/attach",
    "pods/ephemeralcontainers",
    "pods/eviction",
    "pods/exec",
    "pods/log",
    "pods/portforward",
    "pods/proxy",
    "pods/status",
    "podtemplates",
    "priorityclasses",
    "prioritylevelconfigurations",
    "replicasets",
    "replicasets/scale",
    "replicationcontrollers",
    "replicationcontrollers/scale",
    "resourcequotas",
    "rolebindings",
    "roles",
    "runtimeclasses",
    "secretproviderclasses",
    "secretproviderclasspodstatuses",
    "secrets",
    "selfsubjectaccessreviews",
    "selfsubjectreviews",
    "selfsubjectrulesreviews",
    "serviceaccounts",
    "serviceaccounts/token",
    "servicecidrs",
    "serviceentries",
    "services",
    "services/proxy",
    "signers",
    "statefulsets",
    "statefulsets/scale",
    "storageclasses",
    "subjectaccessreviews",
    "tokenreviews",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "validatingwebhookconfigurations",
    "volumeattachments",
    "volumegroupsnapshots",
    "volumesnapshotclasses",
    "volumesnapshotcontents",
    "volumesnapshots",
];

pub const SUBRESOURCES: [&str; 13] = [
    "approval",
    "attach",
    "binding",
    "ephemeralcontainers",
    "eviction",
    "exec",
    "finalize",
    "log",
    "portforward",
    "proxy",
    "scale",
    "status",
    "token",
];

/// Says whether a text in place of a word lets in something else: a longer word of the field that is not asked for as well.
/// True of fields whose texts are no words of the API.
pub fn lets_in_more(field: &str, text: &str, asked: &[&str]) -> bool {
    // A label that says true or false says nothing else.
    if text == "true" || text == "false" {
        return false;
    }
    let is_end = |name: &str| field.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('.'));
    match FIELDS.iter().find(|(name, _)| is_end(name)) {
        Some((name, words)) => {
            // What an event asks for is without what is below it: that has a field of its own.
            let is_there = |word: &str| *name != "objectRef.resource" || !word.contains('/');
            // A word made of another begins or ends with it; in the middle it is chance.
            let is_made_of = |word: &str| word != text && (word.starts_with(text) || word.ends_with(text));
            words.iter().any(|word| is_made_of(word) && !asked.contains(word) && is_there(word))
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_that_another_is_made_of_lets_in_more() {
        for (field, text, asked, more) in [
            ("verb", "watch", &[][..], false),
            ("verb", "delete", &["delete"], true),
            ("verb", "delete", &["delete", "deletecollection"], false),
            ("objectRef.resource", "jobs", &["jobs"], true),
            ("objectRef.resource", "jobs", &["jobs", "cronjobs"], false),
            ("objectRef.resource", "pods", &["pods"], false),
            ("resources", "pods", &["pods"], true),
            ("object.rules.resources", "pods/exec", &["pods/exec"], false),
            ("objectRef.apiGroup", "apps", &[], false),
            ("object.metadata.labels.app", "true", &[], false),
            ("object.metadata.labels.app", "x", &[], true),
            ("user.username", "watch", &[], true),
            ("podSpec.nodeSelector.kubernetes.io/os", "linux", &[], false),
        ] {
            assert_eq!(lets_in_more(field, text, asked), more, "{field} {text} {asked:?}");
        }
    }
}
