//! Which field of an audit event a rule means, and where a case keeps it.
//!
//! Names are written as in audit.k8s.io, plus a few derived ones. A name nobody knows is refused here: a test on a
//! misspelt field would be silently false for ever.

use std::fmt;

use rsigma_parser::fieldpath::unescape_brackets;

use crate::model::Recorded;

/// A field as a rule names it, and where its values are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field {
    /// The name in the rule.
    pub name: String,
    pub source: Source,
    /// What must have been recorded for the field to be known; empty when it always is.
    pub root: Recorded,
}

/// Where the values of a field are.
///
/// A field may have many values (a list, or a path through an array): a test is true when it is true of any of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A column of table `audit` with one value: text, number or boolean.
    Column(&'static str),
    /// A column of table `audit` that is a list of texts.
    List(&'static str),
    /// One part of a column that is a list of structures; the part may itself be a list of texts.
    Shred { column: &'static str, part: &'static str },
    /// A path into a body; empty for the body itself.
    Body { side: Side, path: Vec<String> },
    /// One annotation by its whole key, dots included.
    Annotation(String),
    /// One key of user.extra, dots included; its values are a list of texts.
    Extra(String),
    /// The addresses of column `source_ips` that are public.
    PublicSourceIps,
    /// What lies at a path of the object before the request, or what the request put there or took away.
    State { when: When, side: Side, path: Vec<String> },
    /// A part of the certificate request in `object.spec.request`.
    Certificate(&'static str),
    /// One parameter of requestURI, decoded.
    Query(String),
    /// A part of the binding that annotation authorization.k8s.io/reason names.
    AllowedBy(&'static str),
    /// Whole seconds from one time of the event to another, fractions dropped.
    Seconds { from: &'static str, to: &'static str },
    /// Every text of the whole event: what a keyword without a field searches.
    Everything,
    /// How an object of a snapshot stands to the others: a column that only such objects have, a list of texts.
    Related(&'static str),
    /// A path inside one element of an array; empty for the element itself.
    Member(Vec<String>),
    /// A column of an event of another log source, or a path into the JSON it holds. `always`: where it is null it was not
    /// recorded.
    Log { column: &'static str, always: bool, path: Vec<String> },
}

/// Which body, or which part of one, a path starts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// requestObject.
    Request,
    /// responseObject.
    Response,
    /// requestObject of create and update, responseObject of patch.
    Object,
    /// The pod spec of the object, wherever its kind keeps it.
    PodSpec,
    /// Each container, init container and ephemeral container of that pod spec.
    Containers,
}

/// Which state of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// As it was before the request.
    Before,
    /// Values that are there now and were not.
    Added,
    /// Values that were there and are not any more.
    Removed,
}

/// One line of the list of known fields.
pub struct Known {
    /// The name; a tree also has every name below it.
    pub name: &'static str,
    pub place: Place,
    pub root: Recorded,
    /// One line.
    pub doc: &'static str,
}

/// How a known name becomes a [`Source`].
pub enum Place {
    /// This source.
    At(Source),
    /// A structure that is there when this column is; only its presence can be asked.
    Presence(&'static str),
    /// A body: any path below the name.
    Tree(Side),
    /// A map of annotations: what follows the name is one key.
    Annotations,
    /// The map user.extra: what follows the name is one key.
    Extras,
    /// A state of the object: any path below the name.
    State(When, Side),
    /// What follows the name is a parameter of requestURI.
    Query,
}

const fn column(name: &'static str, column: &'static str, root: Recorded, doc: &'static str) -> Known {
    Known { name, place: Place::At(Source::Column(column)), root, doc }
}

const fn list(name: &'static str, column: &'static str, root: Recorded, doc: &'static str) -> Known {
    Known { name, place: Place::At(Source::List(column)), root, doc }
}

const fn shred(name: &'static str, column: &'static str, part: &'static str, doc: &'static str) -> Known {
    Known { name, place: Place::At(Source::Shred { column, part }), root: Recorded::OBJECT, doc }
}

const fn presence(name: &'static str, column: &'static str, root: Recorded, doc: &'static str) -> Known {
    Known { name, place: Place::Presence(column), root, doc }
}

const fn state(name: &'static str, when: When, side: Side, doc: &'static str) -> Known {
    let root = match when {
        When::Before => Recorded::BEFORE,
        When::Added | When::Removed => Recorded(Recorded::BEFORE.0 | Recorded::OBJECT.0),
    };
    Known { name, place: Place::State(when, side), root, doc }
}

const fn certificate(name: &'static str, part: &'static str, doc: &'static str) -> Known {
    Known { name, place: Place::At(Source::Certificate(part)), root: Recorded::OBJECT, doc }
}

const fn related(name: &'static str, doc: &'static str) -> Known {
    Known { name, place: Place::At(Source::Related(name)), root: Recorded::OBJECT, doc }
}

const fn allowed_by(name: &'static str, part: &'static str, doc: &'static str) -> Known {
    Known { name, place: Place::At(Source::AllowedBy(part)), root: Recorded::ANNOTATIONS, doc }
}

const fn tree(name: &'static str, side: Side, root: Recorded, doc: &'static str) -> Known {
    Known { name, place: Place::Tree(side), root, doc }
}

/// Every field a rule can name. A shred is listed only where it means the same as the JSON leaf of its name.
pub static FIELDS: &[Known] = &[
    column("auditID", "audit_id", Recorded::ALL, "id of the request"),
    column("stage", "stage", Recorded::ALL, "RequestReceived, ResponseStarted, ResponseComplete or Panic"),
    column("level", "level", Recorded::LEVEL, "audit level: Metadata, Request or RequestResponse"),
    column("cluster", "cluster_id", Recorded::ALL, "derived: ARM id of the cluster, where the export names it"),
    Known {
        name: "duration",
        place: Place::At(Source::Seconds { from: "request_received_time", to: "time" }),
        root: Recorded(Recorded::RECEIVED_TIME.0 | Recorded::STAGE_TIME.0),
        doc: "derived: whole seconds from requestReceivedTimestamp to stageTimestamp",
    },
    Known {
        name: "exportDelay",
        place: Place::At(Source::Seconds { from: "time", to: "envelope_time" }),
        root: Recorded::STAGE_TIME,
        doc: "derived: whole seconds from stageTimestamp to the time of the record around the event; absent without one",
    },
    column("verb", "verb", Recorded::VERB, "Kubernetes verb, or the HTTP method in lower case"),
    column("requestURI", "request_uri", Recorded::REQUEST_URI, "address of the request, query included"),
    column("user.username", "user_name", Recorded::USER, "who asked"),
    column("user.uid", "user_uid", Recorded::USER, "uid of who asked"),
    list("user.groups", "user_groups", Recorded::USER, "groups of who asked"),
    Known { name: "user.extra", place: Place::Extras, root: Recorded::USER, doc: "one key of user.extra, a list" },
    presence(
        "impersonatedUser",
        "impersonated_user_name",
        Recorded::IMPERSONATED,
        "there when the caller impersonates",
    ),
    column("impersonatedUser.username", "impersonated_user_name", Recorded::IMPERSONATED, "who the caller acts as"),
    list("impersonatedUser.groups", "impersonated_groups", Recorded::IMPERSONATED, "groups the caller acts with"),
    list("sourceIPs", "source_ips", Recorded::SOURCE_IPS, "addresses the request came through"),
    column("userAgent", "user_agent", Recorded::USER_AGENT, "the client's own words about itself"),
    presence("objectRef", "resource", Recorded::OBJECT_REF, "there when the request is about a resource"),
    column("objectRef.resource", "resource", Recorded::OBJECT_REF, "resource in the plural, such as pods"),
    column("objectRef.subresource", "subresource", Recorded::OBJECT_REF, "such as exec, log, status"),
    column("objectRef.namespace", "namespace", Recorded::OBJECT_REF, "namespace; absent for cluster-wide requests"),
    column("objectRef.name", "name", Recorded::OBJECT_REF, "name; for a generated one the name the answer gave"),
    column("objectRef.uid", "object_uid", Recorded::OBJECT_REF, "uid of the object"),
    column("objectRef.apiGroup", "api_group", Recorded::OBJECT_REF, "API group; absent for the core group"),
    column("objectRef.apiVersion", "api_version", Recorded::OBJECT_REF, "API version, such as v1"),
    presence("responseStatus", "response_code", Recorded::STATUS, "there once there is an answer"),
    column("responseStatus.code", "response_code", Recorded::STATUS, "HTTP status, a number"),
    column("responseStatus.status", "response_status", Recorded::STATUS, "Success or Failure, when given"),
    column("responseStatus.reason", "response_reason", Recorded::STATUS, "such as Forbidden"),
    column("responseStatus.message", "response_message", Recorded::STATUS, "the server's sentence"),
    column(
        "annotations.authorization.k8s.io/decision",
        "decision",
        Recorded::ANNOTATIONS,
        "allow or forbid, as authorisation said",
    ),
    column(
        "annotations.authorization.k8s.io/reason",
        "decision_reason",
        Recorded::ANNOTATIONS,
        "which binding allowed it",
    ),
    allowed_by("allowedBy.kind", "kind", "derived: RoleBinding or ClusterRoleBinding, where RBAC allowed it"),
    allowed_by("allowedBy.name", "name", "derived: name of the binding by which RBAC allowed it"),
    allowed_by("allowedBy.namespace", "namespace", "derived: its namespace; absent of a ClusterRoleBinding"),
    allowed_by("allowedBy.role", "role", "derived: the role that this binding grants"),
    Known {
        name: "annotations",
        place: Place::Annotations,
        root: Recorded::ANNOTATIONS,
        doc: "one annotation by its key",
    },
    tree("requestObject", Side::Request, Recorded::REQUEST, "what the client sent"),
    tree("responseObject", Side::Response, Recorded::RESPONSE, "what the server answered"),
    tree(
        "object",
        Side::Object,
        Recorded::OBJECT,
        "derived: requestObject of create and update, responseObject of patch",
    ),
    shred("object.rules.verbs", "role_rules", "verbs", "derived: verbs of the rules of a written role"),
    shred("object.rules.apiGroups", "role_rules", "api_groups", "derived: API groups of those rules"),
    shred("object.rules.resources", "role_rules", "resources", "derived: resources of those rules"),
    shred("object.rules.resourceNames", "role_rules", "resource_names", "derived: names those rules are limited to"),
    shred("object.rules.nonResourceURLs", "role_rules", "non_resource_urls", "derived: paths of those rules"),
    shred("object.subjects.kind", "subjects", "kind", "derived: User, Group or ServiceAccount of a written binding"),
    shred("object.subjects.name", "subjects", "name", "derived: names in a written binding"),
    shred("object.subjects.namespace", "subjects", "namespace", "derived: namespaces of its service accounts"),
    column(
        "object.roleRef.kind",
        "role_ref_kind",
        Recorded::OBJECT,
        "derived: Role or ClusterRole a written binding grants",
    ),
    column("object.roleRef.name", "role_ref_name", Recorded::OBJECT, "derived: the role a written binding grants"),
    tree("podSpec", Side::PodSpec, Recorded::OBJECT, "derived: the pod spec of the object, wherever its kind keeps it"),
    column("podSpec.hostPID", "host_pid", Recorded::OBJECT, "derived: shares the process ids of the node"),
    column("podSpec.hostIPC", "host_ipc", Recorded::OBJECT, "derived: shares the IPC of the node"),
    column("podSpec.hostNetwork", "host_network", Recorded::OBJECT, "derived: shares the network of the node"),
    list("podSpec.volumes.hostPath.path", "host_paths", Recorded::OBJECT, "derived: node folders it mounts"),
    column("podSpec.serviceAccountName", "service_account_name", Recorded::OBJECT, "derived: its service account"),
    tree(
        "containers",
        Side::Containers,
        Recorded::OBJECT,
        "derived: every container of podSpec, init and ephemeral too",
    ),
    shred("containers.name", "containers", "name", "derived: names of the containers"),
    shred("containers.image", "containers", "image", "derived: images of the containers"),
    shred("containers.command", "containers", "command", "derived: words of their commands"),
    shred("containers.args", "containers", "args", "derived: words of their arguments"),
    shred("containers.securityContext.privileged", "containers", "privileged", "derived: runs privileged"),
    shred(
        "containers.securityContext.allowPrivilegeEscalation",
        "containers",
        "allow_privilege_escalation",
        "derived: may gain privileges",
    ),
    shred("containers.securityContext.runAsUser", "containers", "run_as_user", "derived: uid, 0 is root"),
    shred("containers.securityContext.runAsNonRoot", "containers", "run_as_non_root", "derived: must not be root"),
    shred(
        "containers.securityContext.capabilities.add",
        "containers",
        "capabilities_add",
        "derived: capabilities added",
    ),
    state("before.object", When::Before, Side::Object, "derived: the object as it was before the request"),
    state("before.podSpec", When::Before, Side::PodSpec, "derived: its pod spec before the request"),
    state("before.containers", When::Before, Side::Containers, "derived: its containers before the request"),
    state("added.object", When::Added, Side::Object, "derived: values of the object that it did not have before"),
    state("added.podSpec", When::Added, Side::PodSpec, "derived: values of its pod spec that were not there before"),
    state("added.containers", When::Added, Side::Containers, "derived: values of its containers that none had before"),
    state("removed.object", When::Removed, Side::Object, "derived: values of the object that it has no more"),
    state(
        "removed.podSpec",
        When::Removed,
        Side::PodSpec,
        "derived: values of its pod spec that are not there any more",
    ),
    state(
        "removed.containers",
        When::Removed,
        Side::Containers,
        "derived: values of its containers that none has any more",
    ),
    certificate("certificateRequest.commonName", "commonName", "derived: the user a certificate request asks to be"),
    certificate(
        "certificateRequest.organizations",
        "organizations",
        "derived: the groups a certificate request asks for",
    ),
    certificate("certificateRequest.dnsNames", "dnsNames", "derived: DNS names in a certificate request"),
    certificate("certificateRequest.ipAddresses", "ipAddresses", "derived: addresses in a certificate request"),
    certificate(
        "certificateRequest.emailAddresses",
        "emailAddresses",
        "derived: mail addresses in a certificate request",
    ),
    certificate("certificateRequest.uris", "uris", "derived: URIs in a certificate request"),
    Known {
        name: "query",
        place: Place::Query,
        root: Recorded::REQUEST_URI,
        doc: "derived: one parameter of requestURI, decoded, such as query.dryRun or query.fieldManager",
    },
    related(
        "related.missing",
        "of a standing object: what it names and the snapshot has not, such as `Secret web/tls`",
    ),
    related(
        "related.pods",
        "of a standing service, policy, account or node: pods that it selects, that run as it, or on it",
    ),
    related("related.ingressPolicies", "of standing pods and workloads: policies that say what may reach them"),
    related("related.egressPolicies", "of standing pods and workloads: policies that say what they may reach"),
    related(
        "related.exposedBy",
        "of standing pods and workloads: how they are reached from outside, such as `LoadBalancer web/api`",
    ),
    related(
        "related.rights",
        "of standing pods, workloads and accounts: what RBAC lets the account do that leads further, such as `read \
         secrets` or `create pods in web`; of a node what all its pods may",
    ),
    related("related.sharedClaims", "of standing pods and workloads: volume claims that others mount too"),
    related("related.holds", "of a standing namespace: the kinds of objects in it"),
    related(
        "related.exemptFrom",
        "of standing pods and workloads: constraints of Gatekeeper that leave out their namespace",
    ),
    column("execCommand", "exec_command", Recorded::REQUEST_URI, "derived: command= of requestURI, decoded"),
    Known {
        name: "publicSourceIPs",
        place: Place::At(Source::PublicSourceIps),
        root: Recorded::SOURCE_IPS,
        doc: "derived: sourceIPs without private, loopback, link-local, carrier and local IPv6 addresses",
    },
];

/// Names of audit.k8s.io that a rule cannot test, and the way out.
static NOT_KEPT: &[(&str, &str)] = &[
    ("kind", "every row is an Event; leave it out"),
    ("apiVersion", "every row is an audit.k8s.io event; leave it out"),
    (
        "requestReceivedTimestamp",
        "times are for timespan of a correlation, or for --from and --to; how long it took is duration",
    ),
    ("stageTimestamp", "times are for timespan of a correlation, or for --from and --to; how long it took is duration"),
    ("responseStatus.details", "test responseStatus.reason, or responseObject.details"),
];

/// Why a name is no field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub hint: String,
}

impl Field {
    /// Finds the field that a rule calls `name`.
    ///
    /// # Errors
    /// When nobody knows it; the hint names the nearest known one.
    pub fn named(name: &str) -> Result<Field, Unknown> {
        find(name).ok_or_else(|| Unknown { hint: nearest(name) })
    }

    /// Finds a field to read values of, which a structure has none of.
    ///
    /// # Errors
    /// As for [`Field::named`].
    pub fn with_values(name: &str) -> Result<Field, Unknown> {
        if Field::is_presence_only(name) {
            return Err(Unknown { hint: format!("{name} is a structure; name a part of it") });
        }
        Field::named(name)
    }

    /// A field of one element of an array; `.` is the element itself.
    pub fn of_member(name: &str) -> Field {
        let steps = name.split('.').filter(|step| !step.is_empty());
        let path = steps.map(|step| unescape_brackets(step).into_owned()).collect();
        Field { name: name.to_owned(), source: Source::Member(path), root: Recorded::ALL }
    }

    /// Which cluster an event came from; no rule names it.
    pub fn cluster() -> Field {
        Field { name: "cluster".into(), source: Source::Column("cluster_id"), root: Recorded::ALL }
    }

    /// The field of a keyword: everything.
    pub fn everything() -> Field {
        // What was there before is no part of the event.
        let all = FIELDS.iter().filter(|known| !known.root.misses(Recorded::BEFORE));
        let root = all.fold(Recorded::ALL, |sum, known| sum.without(known.root));
        Field { name: String::new(), source: Source::Everything, root }
    }

    /// Says whether only the presence of `name` can be asked, not its value.
    pub fn is_presence_only(name: &str) -> bool {
        FIELDS.iter().any(|known| known.name == name && matches!(known.place, Place::Presence(_)))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.source == Source::Everything { "any text" } else { &self.name })
    }
}

fn find(name: &str) -> Option<Field> {
    let field = |source, root| Some(Field { name: name.to_owned(), source, root });
    for known in FIELDS.iter().filter(|known| known.name == name) {
        match &known.place {
            Place::At(source) => return field(source.clone(), known.root),
            Place::Presence(column) => return field(Source::Column(column), known.root),
            Place::Tree(side) => return field(Source::Body { side: *side, path: Vec::new() }, known.root),
            Place::State(when, side) => {
                return field(Source::State { when: *when, side: *side, path: Vec::new() }, known.root);
            }
            Place::Annotations | Place::Extras | Place::Query => {}
        }
    }
    FIELDS.iter().find_map(|known| {
        let rest = name.strip_prefix(known.name)?.strip_prefix('.').filter(|rest| !rest.is_empty())?;
        match known.place {
            Place::Tree(side) => {
                let path: Vec<String> = rest.split('.').map(|key| unescape_brackets(key).into_owned()).collect();
                if path.iter().any(String::is_empty) { None } else { field(Source::Body { side, path }, known.root) }
            }
            Place::State(when, side) => {
                let path: Vec<String> = rest.split('.').map(|key| unescape_brackets(key).into_owned()).collect();
                let known_path = !path.iter().any(String::is_empty);
                known_path.then(|| field(Source::State { when, side, path }, known.root)).flatten()
            }
            Place::Query => field(Source::Query(rest.to_owned()), known.root),
            Place::Annotations => field(Source::Annotation(rest.to_owned()), known.root),
            Place::Extras => field(Source::Extra(rest.to_owned()), known.root),
            Place::At(_) | Place::Presence(_) => None,
        }
    })
}

fn nearest(name: &str) -> String {
    if let Some((_, way_out)) = NOT_KEPT.iter().find(|(known, _)| *known == name) {
        return (*way_out).to_owned();
    }
    let (folded, last) = (name.to_lowercase(), name.rsplit('.').next().unwrap_or(name));
    let distance = |known: &Known| {
        let whole = edits(&folded, &known.name.to_lowercase());
        // `username` for `user.username`: the last word is right, the way to it is missing.
        if known.name.rsplit('.').next() == Some(last) { whole.min(2) } else { whole }
    };
    match FIELDS.iter().min_by_key(|known| distance(known)) {
        Some(known) if distance(known) <= 2.max(name.len() / 3) => format!("did you mean {}?", known.name),
        _ => "fields are written as in audit.k8s.io; docs/reference lists them all".to_owned(),
    }
}

/// How many letters must be added, dropped or changed to make `b` of `a`.
pub(super) fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
