//! What is known of every request that an API server writes down: which of them cannot be.
//!
//! Of Kubernetes 1.34, from its source under `pkg/registry`, `staging/src/k8s.io/apiserver` and
//! `staging/src/k8s.io/apiextensions-apiserver`; where a fact is from is said with it. A request that was refused may have
//! been for anything, since the resource is looked up after the request was written down, so nothing is known of those.

use super::same::Part;
use super::words::RESOURCES;

/// What can be done with a subresource.
pub struct Known {
    pub name: Option<&'static str>,
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

/// A resource or group that nothing is known of.
pub const ELSE: &str = "…";

const CHANGES: &[&str] = &["get", "update", "patch"];

/// By the storage that each `NewStorage` and `NewREST` of `pkg/registry/*/*/storage` gives: a Getter answers get, an Updater
/// update and patch, a Creater create, a Connecter whatever its ConnectMethods say.
pub static SUBRESOURCES: [Known; 16] = [
    Known { name: None, of: Of::All, verbs: &[], codes: &[] },
    // core/pod/rest/subresources.go: upgradeableMethods are GET and POST.
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
static BARE: [&str; 22] = [
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
static DONE: [i64; 3] = [200, 201, 202];
static REFUSED: [i64; 22] =
    [400, 401, 403, 404, 405, 406, 408, 409, 410, 413, 415, 422, 424, 429, 431, 499, 500, 501, 502, 503, 504, 505];
/// Of what is behind a proxy also these, standing for their class.
static BEHIND: [i64; 8] = [100, 203, 204, 299, 301, 302, 399, 599];
/// The answer of those that become a stream.
const STREAM: i64 = 101;
/// What was asked for has not changed since (If-None-Match): the description of the API, which is no resource
/// (kube-openapi/pkg/handler).
const UNCHANGED: i64 = 304;
/// Something was made: by create, by patch (server-side apply), and by an update of [`MADE_BY_UPDATE`].
const CREATED: i64 = 201;

/// Resources that an update makes when they are not there, by what AllowCreateOnUpdate of their strategy returns (of budgets,
/// webhooks and policies the comment above it says otherwise); all others answer it with 404. One too many proves less, and
/// nothing wrong.
static MADE_BY_UPDATE: [&str; 12] = [
    "certificatesigningrequests",
    "clusterrolebindings",
    "clusterroles",
    "endpoints",
    "events",
    "leases",
    "limitranges",
    "podtemplates",
    "rolebindings",
    "roles",
    "runtimeclasses",
    "services",
];

/// Groups that the API server has itself, and all that is in them. A custom resource is in a group with a dot, and in one of
/// k8s.io only with an annotation that it was approved there (apiextensions/validation), which was done for none in these. Held
/// against the types of the crate k8s-pb and what the captures recorded.
pub static GROUPS: [(&str, &[&str]); 8] = [
    // pkg/registry/core/rest/storage_core.go; this group has no name.
    (
        "",
        &[
            "bindings",
            "componentstatuses",
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "namespaces",
            "nodes",
            "persistentvolumeclaims",
            "persistentvolumes",
            "pods",
            "podtemplates",
            "replicationcontrollers",
            "resourcequotas",
            "secrets",
            "serviceaccounts",
            "services",
        ],
    ),
    // pkg/registry/apps/rest/storage_apps.go
    ("apps", &["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"]),
    // pkg/registry/batch/rest/storage_batch.go
    ("batch", &["cronjobs", "jobs"]),
    // pkg/registry/networking/rest/storage_settings.go
    ("networking.k8s.io", &["ingressclasses", "ingresses", "ipaddresses", "networkpolicies", "servicecidrs"]),
    // kube-aggregator/pkg/registry/apiservice/rest/storage_apiservice.go
    ("apiregistration.k8s.io", &["apiservices"]),
    // apiextensions-apiserver/pkg/apiserver/apiserver.go
    ("apiextensions.k8s.io", &["customresourcedefinitions"]),
    // pkg/registry/rbac/rest/storage_rbac.go
    ("rbac.authorization.k8s.io", &["roles", "rolebindings", "clusterroles", "clusterrolebindings"]),
    // pkg/registry/admissionregistration/rest/storage_apiserver.go
    (
        "admissionregistration.k8s.io",
        &[
            "mutatingwebhookconfigurations",
            "validatingwebhookconfigurations",
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
        ],
    ),
];

/// Questions, whose storage is nothing but a Creater (pkg/registry/authentication and authorization).
static ONLY_CREATED: [&str; 6] = [
    "localsubjectaccessreviews",
    "selfsubjectaccessreviews",
    "selfsubjectreviews",
    "selfsubjectrulesreviews",
    "subjectaccessreviews",
    "tokenreviews",
];

/// Verbs of requests for resources; and one for requests of other paths, or of which no verb is known.
pub static REQUESTS: [&str; 9] =
    ["create", "update", "patch", "get", "list", "watch", "delete", "deletecollection", "other"];

/// Those that leave an object behind.
static WRITES: [&str; 3] = ["create", "update", "patch"];

/// A request, as far as it is known.
#[derive(Default, Clone, Copy)]
pub struct Request<'a> {
    pub subresource: Option<&'static Known>,
    /// None within: no answer is known.
    pub code: Option<Option<i64>>,
    pub resource: Option<&'a str>,
    pub verb: Option<&'a str>,
    /// Empty for the core group.
    pub group: Option<&'a str>,
}

impl Request<'_> {
    fn is_proxied(&self) -> bool {
        self.subresource.is_some_and(|known| known.name == Some("proxy"))
    }

    /// What an API server answers to it.
    pub fn codes(&self) -> impl Iterator<Item = Option<i64>> {
        let behind = if self.is_proxied() { &BEHIND[..] } else { &[] };
        let all = DONE.iter().chain(&REFUSED).chain([&STREAM, &UNCHANGED]).chain(behind).copied();
        [None].into_iter().chain(all.map(Some))
    }

    /// Equal for answers of which the same is known.
    pub fn kind_of_answer(&self) -> i64 {
        match self.code.flatten() {
            None => 0,
            Some(code) if code >= 400 => 400,
            Some(code) => code,
        }
    }

    /// Resources of which something is known.
    pub fn resources(&self) -> impl Iterator<Item = &'static str> {
        let of = |known: &'static Known| -> &'static [&'static str] {
            match known.of {
                Of::All => &[],
                Of::These(of) | Of::TheseOrUnknown(of) | Of::AllBut(of) => of,
            }
        };
        let grouped = GROUPS.iter().flat_map(|(_, of)| of.iter());
        SUBRESOURCES.iter().flat_map(of).chain(&MADE_BY_UPDATE).chain(&ONLY_CREATED).chain(grouped).copied()
    }

    /// True when it names no object: those that delete all of a kind.
    pub fn is_nameless(&self) -> bool {
        self.verb == Some("deletecollection")
    }

    /// True when it names an object (endpoints/request/requestinfo.go: a get without a name is a list or a watch, a delete
    /// without one a deletecollection). Requests of other paths name none.
    pub fn is_named(&self) -> bool {
        let is_of_resource = self.resource.is_some_and(|name| !name.is_empty());
        is_of_resource && self.verb.is_some_and(|verb| ["get", "delete"].contains(&verb))
    }

    /// False when it is known that there is no such request.
    pub fn can_be(&self) -> bool {
        let verb_is = |any: &[&str]| self.verb.is_none_or(|verb| any.contains(&verb));
        let known = self.subresource;
        let is_verb = |any: &[&str]| self.verb.is_some_and(|verb| any.contains(&verb));
        let is_below = known.is_some_and(|known| known.name.is_some());
        let Some(Some(code)) = self.code else { return true };
        if code >= 400 && code != 599 {
            return true;
        }
        // endpoints/request/requestinfo.go: a read without a name is a list or a watch, a deletion without one of all. What has no
        // name has nothing below it; a path of that kind (`pods//exec`) and the old one of a watch are not found.
        if is_below && is_verb(&["list", "watch", "deletecollection"]) {
            return false;
        }
        let is_whole = known.is_some_and(|known| known.name.is_none());
        let is_asked = self.resource.is_none_or(|name| !ONLY_CREATED.contains(&name) || verb_is(&["create"]));
        let is_answer = known.is_none_or(|known| {
            let has = match (self.resource, &known.of) {
                (None, _) | (_, Of::All) => true,
                (Some(resource), Of::These(of)) => of.contains(&resource),
                (Some(resource), Of::TheseOrUnknown(of)) => of.contains(&resource) || !RESOURCES.contains(&resource),
                (Some(resource), Of::AllBut(of)) => !of.contains(&resource),
            };
            has && (known.verbs.is_empty() || verb_is(known.verbs))
                && (known.codes.is_empty() || known.codes.contains(&code))
        });
        let is_stream = || match known.map(|known| known.name) {
            None => true,
            Some(None) => verb_is(&["watch"]),
            Some(Some(name)) => ["exec", "attach", "portforward", "proxy", "other"].contains(&name),
        };
        let is_made = || {
            verb_is(&["create", "patch"])
                || verb_is(&["update"])
                    && self.resource.is_none_or(|name| name == ELSE || MADE_BY_UPDATE.contains(&name))
        };
        is_answer
            && is_asked
            && self.is_grouped()
            && match code {
                STREAM => is_stream(),
                UNCHANGED => self.is_proxied() || self.resource.is_none_or(str::is_empty),
                CREATED => self.is_proxied() || is_made(),
                // endpoints/handlers/create.go: what is created is answered so and not otherwise.
                _ => !(is_whole && is_verb(&["create"])),
            }
    }

    /// False when its group has no such resource.
    fn is_grouped(&self) -> bool {
        let Some((group, resource)) = self.group.zip(self.resource) else { return true };
        // A path that is no resource has no group either.
        let is_path = group.is_empty() && resource.is_empty();
        is_path || GROUPS.iter().find(|(name, _)| *name == group).is_none_or(|(_, of)| of.contains(&resource))
    }

    /// True when such a request has nothing of that part.
    pub fn lacks(&self, part: Part) -> bool {
        let below = self.subresource.and_then(|known| known.name).unwrap_or_default();
        // endpoints/handlers/rest.go: a connection notes no object.
        let is_connection = ["exec", "attach", "portforward", "proxy", "log"].contains(&below);
        let is_read = self.verb.is_some_and(|verb| ["get", "list", "watch"].contains(&verb));
        let is_write = self.verb.is_none_or(|verb| WRITES.contains(&verb));
        // Where there is no such resource no body is read.
        let has_object = !is_connection && is_write && self.is_grouped();
        let is_of_roles = |any: &[&str]| {
            self.group == Some("rbac.authorization.k8s.io") && self.resource.is_some_and(|name| any.contains(&name))
        };
        match part {
            Part::Elsewhere => false,
            Part::Request => is_connection || is_read || !self.is_grouped(),
            Part::Object => !has_object,
            // Those have objects of their own: Eviction, Binding, TokenRequest, Scale.
            Part::PodSpec => {
                !has_object || ["eviction", "binding", "token", "scale", "approval", "finalize"].contains(&below)
            }
            Part::Rules => !has_object || is_of_roles(&["rolebindings", "clusterrolebindings"]),
            Part::Subjects => !has_object || is_of_roles(&["roles", "clusterroles"]),
        }
    }
}

#[cfg(test)]
mod tests;
