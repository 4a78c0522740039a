//! Who and what a finding is about, each with its kind, so that findings can be joined with each other and with whatever
//! else names the same thing.

use std::collections::BTreeSet;
use std::fmt;

use ahash::AHashSet;

use super::finding::Event;
use super::steps::{Number, hash};

/// What kind of thing an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    User,
    ServiceAccount,
    Pod,
    Node,
    Image,
    Address,
    Namespace,
    /// Any other named object, such as `secrets web/db`.
    Object,
    Cluster,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 9] = [
        Kind::User,
        Kind::ServiceAccount,
        Kind::Pod,
        Kind::Node,
        Kind::Image,
        Kind::Address,
        Kind::Namespace,
        Kind::Object,
        Kind::Cluster,
    ];

    /// Returns the word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::ServiceAccount => "service account",
            Kind::Pod => "pod",
            Kind::Node => "node",
            Kind::Image => "image",
            Kind::Address => "address",
            Kind::Namespace => "namespace",
            Kind::Object => "object",
            Kind::Cluster => "cluster",
        }
    }
}

/// Somebody or something by its name; names of namespaced things are `namespace/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entity {
    pub kind: Kind,
    pub name: String,
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.name)
    }
}

/// The entities of events, each once.
#[derive(Default)]
pub struct Entities {
    all: BTreeSet<Entity>,
    /// A chain of a million requests has few callers.
    callers: AHashSet<Number>,
}

impl Entities {
    /// Adds what an event names.
    pub fn add(&mut self, event: &Event) {
        let mut add = |kind: Kind, name: &str| {
            if !name.is_empty() {
                self.all.insert(Entity { kind, name: name.to_owned() });
            }
        };
        if self.callers.insert(hash((&event.identities, &event.extra, &event.address))) {
            event.identities.iter().for_each(|identity| who(identity, &mut add));
            from_where(event, &mut add);
        }
        on_what(event, &mut add);
        event.images.iter().for_each(|image| add(Kind::Image, image));
        event.namespace.iter().for_each(|namespace| add(Kind::Namespace, namespace));
        event.cluster.iter().for_each(|cluster| add(Kind::Cluster, cluster));
    }

    /// Those that were added, sorted.
    pub fn sorted(self) -> Vec<Entity> {
        self.all.into_iter().collect()
    }
}

fn who(identity: &str, add: &mut dyn FnMut(Kind, &str)) {
    if let Some((namespace, name)) = account(identity) {
        return add(Kind::ServiceAccount, &format!("{namespace}/{name}"));
    }
    if let Some(node) = identity.strip_prefix("system:node:") {
        add(Kind::Node, node);
    }
    add(Kind::User, identity);
}

/// Namespace and name of a service account by its user name (Kubernetes, "Authenticating").
pub(super) fn account(identity: &str) -> Option<(&str, &str)> {
    identity.strip_prefix("system:serviceaccount:")?.split_once(':')
}

/// Addresses, and the pod and node that a bound token names (KEP-4193).
fn from_where(event: &Event, add: &mut dyn FnMut(Kind, &str)) {
    event.address.iter().flat_map(|all| all.split(' ')).for_each(|address| add(Kind::Address, address));
    let extra = event.extra.as_deref().and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let first = |key: &str| {
        let value = extra.as_ref()?.get(key)?;
        value.get(0).unwrap_or(value).as_str().map(str::to_owned)
    };
    // The pod runs in the namespace of the account whose token it holds.
    let namespace = event.identities.first().and_then(|identity| account(identity)).map(|(namespace, _)| namespace);
    if let Some((namespace, pod)) = namespace.zip(first("authentication.kubernetes.io/pod-name")) {
        add(Kind::Pod, &format!("{namespace}/{pod}"));
    }
    if let Some(node) = first("authentication.kubernetes.io/node-name") {
        add(Kind::Node, &node);
    }
}

fn on_what(event: &Event, add: &mut dyn FnMut(Kind, &str)) {
    let (Some(kind), Some(name)) = (&event.kind, &event.name) else { return };
    let resource = kind.split('/').next().unwrap_or(kind);
    match (resource, &event.namespace) {
        ("pods", Some(namespace)) => add(Kind::Pod, &format!("{namespace}/{name}")),
        ("serviceaccounts", Some(namespace)) => add(Kind::ServiceAccount, &format!("{namespace}/{name}")),
        ("nodes", _) => add(Kind::Node, name),
        ("namespaces", _) => add(Kind::Namespace, name),
        (_, Some(namespace)) => add(Kind::Object, &format!("{resource} {namespace}/{name}")),
        (_, None) => add(Kind::Object, &format!("{resource} {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entities(events: &[Event]) -> Vec<Entity> {
        let mut all = Entities::default();
        events.iter().for_each(|event| all.add(event));
        all.sorted()
    }

    #[test]
    fn everybody_and_everything_an_event_names_is_an_entity_of_its_kind() {
        let text = |text: &str| Some(text.to_owned());
        let event = Event {
            identities: vec!["system:serviceaccount:web:api".into(), "system:node:aks-1".into()],
            extra: text(
                r#"{"authentication.kubernetes.io/pod-name":["api-0"],"authentication.kubernetes.io/node-name":["aks-2"]}"#,
            ),
            address: text("203.0.113.7 10.0.0.4"),
            kind: text("pods/exec"),
            namespace: text("kube-system"),
            name: text("coredns-1"),
            images: vec!["docker.io/library/nginx:1".into()],
            cluster: text("/subscriptions/s"),
            ..Event::default()
        };
        let named: Vec<String> = entities(&[event.clone(), event]).iter().map(Entity::to_string).collect();
        assert_eq!(
            named,
            [
                "user system:node:aks-1",
                "service account web/api",
                "pod kube-system/coredns-1",
                "pod web/api-0",
                "node aks-1",
                "node aks-2",
                "image docker.io/library/nginx:1",
                "address 10.0.0.4",
                "address 203.0.113.7",
                "namespace kube-system",
                "cluster /subscriptions/s",
            ]
        );
    }

    #[test]
    fn an_object_is_named_with_its_kind_and_a_list_is_none() {
        let event = |kind: &str, namespace: Option<&str>, name: Option<&str>| Event {
            kind: Some(kind.into()),
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
            ..Event::default()
        };
        let named = |event: Event| entities(&[event]).iter().map(Entity::to_string).collect::<Vec<_>>();
        assert_eq!(named(event("secrets", Some("web"), Some("db"))), ["namespace web", "object secrets web/db"]);
        assert_eq!(named(event("clusterroles", None, Some("all"))), ["object clusterroles all"]);
        assert_eq!(named(event("secrets", Some("web"), None)), ["namespace web"]);
        assert_eq!(
            named(event("serviceaccounts/token", Some("web"), Some("a"))),
            ["service account web/a", "namespace web"]
        );
    }
}
