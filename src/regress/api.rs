//! What every API server does, whatever it is asked and whoever asks. Tests need not tell apart what it never writes.
//!
//! - 101 is the answer of those that become a stream: exec, attach, portforward, proxy, and a watch. Between 203 and 399 an API
//!   server answers nothing itself; only what is behind a proxy does.
//! - 201 says that something was made: by create, by patch (server-side apply), and by update only where the API server lets
//!   an update make what is not there.
//! - An object as the request leaves it is there only when it was created, updated or patched. A session, a proxy and a log
//!   leave none; an eviction, a binding, a token and a scale are objects of their own kind, without a pod spec.
//! - A create is answered 201. Of the kinds of rbac.authorization.k8s.io only bindings have subjects, and only roles rules.
//! - Requests for many objects (list, watch, deletecollection) have no subresource, and one that deletes all no name.
//! - A subresource that a resource does not have is refused, whatever the verb; so is a verb that it does not know. Custom
//!   resources have status and scale; others are of resources that are named here, or of an aggregated API server.

use std::collections::BTreeSet;

use super::words::RESOURCES;

/// What can be done with a subresource.
pub struct Known {
    pub name: Option<&'static str>,
    /// Resources that have it.
    pub of: Of,
    /// Verbs and statuses with which it is not refused; any when there is none.
    pub verbs: &'static [&'static str],
    pub codes: &'static [i64],
}

/// Resources that have a subresource.
pub enum Of {
    All,
    These(&'static [&'static str]),
    /// And what an aggregated API server may have.
    TheseOrUnknown(&'static [&'static str]),
    /// Custom resources too.
    AllBut(&'static [&'static str]),
}

pub const CHANGES: &[&str] = &["get", "update", "patch"];

pub const SUBRESOURCES: [Known; 16] = [
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
pub const BARE: [&str; 22] = [
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

/// A group of the API, its kinds, and what of an object the kind does not have.
pub const ROLES: (&str, [(&str, [&str; 2]); 4]) = (
    "rbac.authorization.k8s.io",
    [
        ("roles", ["subjects", "roleRef"]),
        ("clusterroles", ["subjects", "roleRef"]),
        ("rolebindings", ["rules", "aggregationRule"]),
        ("clusterrolebindings", ["rules", "aggregationRule"]),
    ],
);

/// What an API server answers itself when it does what was asked, and when it does not.
pub const DONE: [i64; 3] = [200, 201, 202];
pub const REFUSED: [i64; 22] =
    [400, 401, 403, 404, 405, 406, 408, 409, 410, 413, 415, 422, 424, 429, 431, 499, 500, 501, 502, 503, 504, 505];
/// Of what is behind a proxy also these, standing for their class.
pub const BEHIND: [i64; 8] = [100, 203, 204, 299, 301, 302, 399, 599];
pub const STREAM: i64 = 101;
pub const CREATED: i64 = 201;

/// Resources that an update makes when they are not there; all others answer it with 404.
pub const MADE_BY_UPDATE: [&str; 14] = [
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
pub const REQUESTS: [&str; 9] =
    ["create", "update", "patch", "get", "list", "watch", "delete", "deletecollection", "other"];

/// Those that leave an object behind.
pub const WRITES: [&str; 3] = ["create", "update", "patch"];

/// Subresources of which no body is recorded.
pub const WITHOUT_OBJECT: [&str; 5] = ["exec", "attach", "portforward", "proxy", "log"];
/// The part of an object that holds the pod spec, wherever that is.
pub const POD: &str = "podSpec";
/// Those whose object is of another kind than the resource, and holds no pod spec.
pub const WITHOUT_POD: [&str; 4] = ["eviction", "binding", "token", "scale"];

impl Of {
    /// All resources that have it, as far as predicates that name only `named` can tell; None when that cannot be said.
    pub fn all<'a>(&self, named: Option<&BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
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
