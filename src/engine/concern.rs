//! Which events concern somebody or something, and how: as who acted, as what was acted on, or since another log names
//! it. Each way is a test over view `timeline`, so that a page on an entity and a timeline of it mean the same events.

use super::entity::{Entity, Kind, account};
use crate::formats::standing::resource;

/// One way an event concerns an entity.
#[derive(Debug, Clone, Copy)]
struct Way {
    kind: Kind,
    /// What the entity is in the event, in words.
    role: &'static str,
    found: Found,
}

/// How events of a way are found. In tests, `{name}` is the whole name, `{own}` the part after the namespace,
/// `{namespace}` that namespace, `{user}` the user name of an account or a node; each stands for a parameter.
#[derive(Debug, Clone, Copy)]
enum Found {
    /// By the columns of the timeline.
    Timeline(&'static str),
    /// By the columns of a table.
    In(&'static str, &'static str),
    /// By one element of a list of a table: table, column, test of element `x`.
    Each(&'static str, &'static str, &'static str),
    /// By the columns of `audit`, and by those of the timeline what other logs say: the object of a request is put together
    /// of five columns, which takes seconds for ten million of them.
    Either(&'static str, &'static str),
}

use Found::{Each, Either, In, Timeline};

const ACTED: &str = "acted";
const TARGET: &str = "was acted on";
const STANDS: &str = "stands in a snapshot";
const ALERT: &str = "named in an alert";
const LOG: &str = "wrote to its log";
const HOST: &str = "seen on the host";
const FLOW: &str = "in a flow";
const BINDING: &str = "named in a binding";
const TOKEN: &str = "its token acted";
const IMPERSONATED: &str = "somebody acted as it";

/// What an alert says is JSON, so a name stands in quotes there.
const IN_ALERT: Found = In(
    "\"SecurityAlert\"",
    "(strpos(lower(concat_ws(' ', \"Entities\", \"ExtendedProperties\")), lower(concat('\"', {own}, '\"'))) > 0 \
     OR lower(CAST(\"CompromisedEntity\" AS VARCHAR)) = lower({own}))",
);
const OBJECT: &str = "(object = concat({resource}, ' ', {name}) OR (starts_with(object, concat({resource}, '/')) \
    AND ends_with(object, concat(' ', {name}))))";

/// The same of a request: the text of its object is its resource, a blank, and this.
const REQUESTED: &str = "resource = {resource} AND concat_ws('/', namespace, name) = {name}";

/// Public destinations of flow analytics stand in a list, each with its counts after a bar.
const NTA: &str = "(\"DestIp\" = {name} OR strpos(concat(' ', \"DestPublicIps\"), concat(' ', {name}, '|')) > 0)";
const NTA_OLD: &str =
    "(\"DestIP_s\" = {name} OR strpos(concat(' ', \"DestPublicIPs_s\"), concat(' ', {name}, '|')) > 0)";

/// Every way, in the order in which an event with several is counted.
static WAYS: &[Way] = &[
    way(Kind::User, ACTED, Timeline("actor = {name}")),
    way(Kind::User, IMPERSONATED, In("audit", "impersonated_user_name = {name}")),
    way(Kind::User, BINDING, Each("audit", "subjects", "x['kind'] = 'User' AND x['name'] = {name}")),
    way(Kind::User, TARGET, Timeline("source = 'AuditLogs' AND strpos(object, {name}) > 0")),
    way(Kind::User, ALERT, IN_ALERT),
    way(Kind::ServiceAccount, ACTED, Timeline("actor = {user}")),
    way(Kind::ServiceAccount, TARGET, Either(REQUESTED, OBJECT)),
    way(Kind::ServiceAccount, IMPERSONATED, In("audit", "impersonated_user_name = {user}")),
    way(
        Kind::ServiceAccount,
        BINDING,
        Each(
            "audit",
            "subjects",
            "x['kind'] = 'ServiceAccount' AND x['name'] = {own} AND x['namespace'] = {namespace}",
        ),
    ),
    way(
        Kind::ServiceAccount,
        "a written workload runs as it",
        In("audit", "CAST(service_account_name AS VARCHAR) = {own} AND CAST(namespace AS VARCHAR) = {namespace}"),
    ),
    way(Kind::ServiceAccount, STANDS, Timeline("source = 'object' AND object = concat('ServiceAccount ', {name})")),
    way(
        Kind::Pod,
        TOKEN,
        In(
            "audit",
            "strpos(replace(user_extra, ' ', ''), concat('\"authentication.kubernetes.io/pod-name\":[\"', {own}, '\"]')) \
             > 0 AND starts_with(user_name, concat('system:serviceaccount:', {namespace}, ':'))",
        ),
    ),
    way(Kind::Pod, TARGET, Either(REQUESTED, OBJECT)),
    way(Kind::Pod, STANDS, Timeline("source = 'object' AND object = concat('Pod ', {name})")),
    way(Kind::Pod, LOG, In("container_log", "pod = {own} AND namespace = {namespace}")),
    way(Kind::Pod, LOG, In("\"ContainerLogV2\"", "\"PodName\" = {own} AND \"PodNamespace\" = {namespace}")),
    way(Kind::Pod, LOG, In("\"kubelogs_CL\"", "\"pod_name\" = {own} AND \"namespace\" = {namespace}")),
    way(
        Kind::Pod,
        "its shell history",
        In("\"commandhistory_CL\"", "\"pod_name\" = {own} AND \"namespace\" = {namespace}"),
    ),
    way(Kind::Pod, HOST, In("falco", "pod = {own} AND namespace = {namespace}")),
    way(Kind::Pod, HOST, In("tetragon", "pod = {own} AND namespace = {namespace}")),
    way(
        Kind::Pod,
        FLOW,
        In(
            "hubble_flow",
            "((source_pod = {own} AND source_namespace = {namespace}) OR (destination_pod = {own} \
             AND destination_namespace = {namespace}))",
        ),
    ),
    way(
        Kind::Pod,
        "named in an event",
        In("\"KubeEvents\"", "\"ObjectKind\" = 'Pod' AND \"Name\" = {own} AND \"Namespace\" = {namespace}"),
    ),
    way(Kind::Pod, "in an inventory", In("\"KubePodInventory\"", "\"Name\" = {own} AND \"Namespace\" = {namespace}")),
    way(Kind::Pod, ALERT, IN_ALERT),
    way(Kind::Node, ACTED, Timeline("actor = {user}")),
    way(Kind::Node, TARGET, Either(REQUESTED, OBJECT)),
    way(Kind::Node, STANDS, Timeline("source = 'object' AND object = concat('Node ', {name})")),
    way(
        Kind::Node,
        "a token of a pod on it acted",
        In(
            "audit",
            "strpos(replace(user_extra, ' ', ''), concat('\"authentication.kubernetes.io/node-name\":[\"', {name}, \
             '\"]')) > 0",
        ),
    ),
    way(Kind::Node, HOST, In("auditd", "node = {name}")),
    way(Kind::Node, HOST, In("falco", "hostname = {name}")),
    way(Kind::Node, HOST, In("tetragon", "node = {name}")),
    way(Kind::Node, HOST, In("\"LinuxAuditLog\"", "\"Computer\" = {name}")),
    way(Kind::Node, HOST, In("\"Syslog\"", "\"Computer\" = {name}")),
    way(Kind::Node, FLOW, In("hubble_flow", "node = {name}")),
    way(Kind::Node, "named in an event", In("\"KubeEvents\"", "\"ObjectKind\" = 'Node' AND \"Name\" = {name}")),
    way(Kind::Node, ALERT, IN_ALERT),
    way(Kind::Image, "in a written workload", Each("audit", "containers", "x['image'] = {name}")),
    way(Kind::Image, STANDS, In("object", "strpos(body, concat('\"', {name}, '\"')) > 0")),
    way(Kind::Image, HOST, In("falco", "image = {name}")),
    way(Kind::Image, HOST, In("tetragon", "image = {name}")),
    way(Kind::Image, ALERT, IN_ALERT),
    way(
        Kind::Address,
        "requests came from it",
        Timeline("strpos(concat(' ', address, ' '), concat(' ', {name}, ' ')) > 0"),
    ),
    way(Kind::Address, "was spoken to", In("hubble_flow", "destination_ip = {name}")),
    way(Kind::Address, "was spoken to", In("network_flow", "destination_ip = {name}")),
    way(Kind::Address, "was spoken to", In("kubeshark_entry", "destination_ip = {name}")),
    way(Kind::Address, "was spoken to", In("\"AzureNetworkAnalytics_CL\"", NTA_OLD)),
    way(Kind::Address, "was spoken to", In("\"NTANetAnalytics\"", NTA)),
    way(Kind::Address, "was spoken to", In("\"VMConnection\"", "\"DestinationIp\" = {name}")),
    way(Kind::Address, "an object has it", In("object", "strpos(body, concat('\"', {name}, '\"')) > 0")),
    way(Kind::Address, ALERT, IN_ALERT),
    // The API server names a namespace both as the object and as the namespace it is in.
    way(
        Kind::Namespace,
        TARGET,
        Either(
            "resource = 'namespaces' AND concat_ws('/', resource, subresource) = 'namespaces' \
             AND concat_ws('/', namespace, name) IN ({name}, concat({name}, '/', {name}))",
            "object IN (concat('namespaces ', {name}), concat('namespaces ', {name}, '/', {name}))",
        ),
    ),
    way(Kind::Namespace, STANDS, Timeline("source = 'object' AND object = concat('Namespace ', {name})")),
    way(Kind::Namespace, "events in it", Timeline("namespace = {name}")),
    way(Kind::Object, TARGET, Either(REQUESTED, OBJECT)),
    way(Kind::Object, STANDS, Timeline("source = 'object' AND object IN ({standing})")),
    way(Kind::Cluster, "requests to it", In("audit", "CAST(cluster_id AS VARCHAR) = {name}")),
    way(Kind::Cluster, "its control plane", In("control_plane", "CAST(cluster_id AS VARCHAR) = {name}")),
];

const fn way(kind: Kind, role: &'static str, found: Found) -> Way {
    Way { kind, role, found }
}

/// The events of one way, and what the entity is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    pub role: &'static str,
    /// What `test` is over, as the FROM of a query; `None`: view `timeline` itself.
    pub from: Option<String>,
    pub test: String,
    /// What `from` does not know, as a test over view `timeline`.
    pub besides: Option<String>,
}

impl Concern {
    /// Returns what view `timeline` alone can tell of it.
    pub fn direct(&self) -> Option<&str> {
        if self.from.is_none() { Some(&self.test) } else { self.besides.as_deref() }
    }

    /// Returns it as a condition over view `timeline`.
    pub fn condition(&self) -> String {
        let besides = self.besides.as_ref().map_or(String::new(), |besides| format!(" OR ({besides})"));
        match &self.from {
            None => format!("({})", self.test),
            Some(from) => format!(
                "(EXISTS (SELECT 1 FROM {from} w WHERE w.evidence = timeline.evidence \
                 AND w.\"offset\" = timeline.\"offset\" AND {}){besides})",
                self.test
            ),
        }
    }
}

/// Every way events may concern an entity, as far as the case has the tables. `present` are the names of tables with
/// rows, `kinds` the kinds of objects in snapshots with their groups; `bind` makes a text a parameter and returns what
/// stands for it in SQL.
pub fn concerns(
    entity: &Entity,
    present: &[String],
    kinds: &[(String, String)],
    bind: &mut dyn FnMut(&str) -> String,
) -> Vec<Concern> {
    let (named, name) = match (entity.kind, entity.name.split_once(' ')) {
        (Kind::Object, Some((resource, name))) => (Some(resource), name),
        _ => (None, entity.name.as_str()),
    };
    let own_resource = named.unwrap_or(match entity.kind {
        Kind::Pod => "pods",
        Kind::ServiceAccount => "serviceaccounts",
        Kind::Node => "nodes",
        _ => "namespaces",
    });
    let (namespace, own) = match entity.kind {
        Kind::Pod | Kind::ServiceAccount => name.split_once('/').unwrap_or(("", name)),
        _ => ("", name),
    };
    let user = match entity.kind {
        Kind::ServiceAccount => format!("system:serviceaccount:{namespace}:{own}"),
        Kind::Node => format!("system:node:{name}"),
        _ => name.to_owned(),
    };
    let mut texts: Vec<(&str, String)> = Vec::new();
    let mut fill = |test: &str| {
        let mut test = test.to_owned();
        for (place, text) in [
            ("{name}", name),
            ("{own}", own),
            ("{namespace}", namespace),
            ("{user}", user.as_str()),
            ("{resource}", own_resource),
        ] {
            if !test.contains(place) {
                continue;
            }
            if !texts.iter().any(|(known, _)| *known == place) {
                texts.push((place, bind(text)));
            }
            if let Some((_, bound)) = texts.iter().find(|(known, _)| *known == place) {
                test = test.replace(place, bound);
            }
        }
        if test.contains("{standing}") {
            let of = kinds.iter().filter(|(kind, group)| resource(kind, group) == own_resource);
            let standing: Vec<String> = of.map(|(kind, _)| bind(&format!("{kind} {name}"))).collect();
            let standing = if standing.is_empty() { "NULL".to_owned() } else { standing.join(", ") };
            test = test.replace("{standing}", &standing);
        }
        test
    };
    let has = |table: &str| present.iter().any(|name| name == table.trim_matches('"'));
    let from = |found: Found| match found {
        Timeline(test) => Some((None, test, None)),
        In(table, test) => has(table).then(|| (Some(table.to_owned()), test, None)),
        Either(audit, others) if has("audit") => Some((Some("audit".to_owned()), audit, Some(others))),
        Either(_, others) => Some((None, others, None)),
        Each(table, column, test) => has(table).then(|| {
            let each =
                format!("(SELECT evidence, \"offset\", unnest({column}) AS x FROM {table} WHERE {column} IS NOT NULL)");
            (Some(each), test, None)
        }),
    };
    let of = WAYS.iter().filter(|way| way.kind == entity.kind);
    of.filter_map(|way| {
        let (from, test, besides) = from(way.found)?;
        let besides = besides.map(|test| format!("source <> 'audit' AND {}", fill(test)));
        Some(Concern { role: way.role, from, test: fill(test), besides })
    })
    .collect()
}

/// The entity that a cell of the timeline names, `None` when it names none that is known by its form.
pub fn named(column: &str, value: &str) -> Option<Entity> {
    let entity = |kind: Kind, name: &str| Some(Entity { kind, name: name.to_owned() });
    match column {
        "actor" => match account(value) {
            Some((namespace, name)) => entity(Kind::ServiceAccount, &format!("{namespace}/{name}")),
            None => match value.strip_prefix("system:node:") {
                Some(node) => entity(Kind::Node, node),
                // Flow logs have addresses where others have names.
                None if value.parse::<std::net::IpAddr>().is_ok() => entity(Kind::Address, value),
                None => entity(Kind::User, value),
            },
        },
        // All but the last can be forged by the client.
        "address" => entity(Kind::Address, value.split(' ').next_back()?),
        "namespace" => entity(Kind::Namespace, value),
        "object" => object(value),
        _ => None,
    }
}

/// An object as the timeline has it: `pods/exec web/api`, or `Pod web/api` of a snapshot.
fn object(value: &str) -> Option<Entity> {
    let (what, name) = value.split_once(' ')?;
    // A count, such as `4 objects`, and a sentence of a log are no object.
    if !what.starts_with(|c: char| c.is_ascii_alphabetic()) || name.is_empty() || name.contains(' ') {
        return None;
    }
    let kind = what.split('/').next().unwrap_or(what);
    let plural = if kind.starts_with(char::is_uppercase) { resource(kind, "") } else { kind.to_owned() };
    let entity = |kind: Kind, name: String| Some(Entity { kind, name });
    match plural.as_str() {
        "pods" if name.contains('/') => entity(Kind::Pod, name.to_owned()),
        "serviceaccounts" if name.contains('/') => entity(Kind::ServiceAccount, name.to_owned()),
        "nodes" => entity(Kind::Node, name.to_owned()),
        // The API server names a namespace both as object and as the namespace it is in.
        "namespaces" => entity(Kind::Namespace, name.split('/').next_back().unwrap_or(name).to_owned()),
        _ => entity(Kind::Object, format!("{plural} {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_names_somebody_or_something_by_its_form() {
        let of = |column: &str, value: &str| named(column, value).map(|entity| entity.to_string());
        for (column, value, wanted) in [
            ("actor", "system:serviceaccount:web:ci", "service account web/ci"),
            ("actor", "system:node:aks-1", "node aks-1"),
            ("actor", "lena@contoso.example", "user lena@contoso.example"),
            ("actor", "10.0.0.4", "address 10.0.0.4"),
            ("address", "203.0.113.7 10.0.0.4", "address 10.0.0.4"),
            ("namespace", "web", "namespace web"),
            ("object", "pods/exec web/api-0", "pod web/api-0"),
            ("object", "Pod web/api-0", "pod web/api-0"),
            ("object", "serviceaccounts/token web/ci", "service account web/ci"),
            ("object", "secrets web/db", "object secrets web/db"),
            ("object", "NetworkPolicy web/deny", "object networkpolicies web/deny"),
            ("object", "nodes/proxy aks-1", "node aks-1"),
            ("object", "namespaces web/web", "namespace web"),
        ] {
            assert_eq!(of(column, value).as_deref(), Some(wanted), "{column} {value}");
        }
        for (column, value) in
            [("object", "secrets"), ("object", "/healthz"), ("object", "sh -c env now"), ("object", "4 objects")]
        {
            assert_eq!(of(column, value), None, "{column} {value}");
        }
    }

    #[test]
    fn every_kind_has_a_way_and_tables_that_a_case_lacks_are_not_asked() {
        for kind in Kind::ALL {
            let entity = Entity { kind, name: "secrets web/db".to_owned() };
            let mut bound = Vec::new();
            let mut bind = |text: &str| {
                bound.push(text.to_owned());
                format!("$p{}", bound.len())
            };
            let audit = concerns(&entity, &["audit".to_owned()], &[], &mut bind);
            assert!(!audit.is_empty(), "{kind:?}");
            assert!(audit.iter().all(|one| !one.condition().contains("falco") && !one.test.contains('{')), "{audit:?}");
        }
    }
}
