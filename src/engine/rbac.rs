//! Who may do something, from the roles and bindings of a snapshot, as the API server's RBAC authorizer decides it.
//!
//! What it cannot see it does not say: other authorizers (nodes, webhooks such as Azure RBAC, the bootstrap group
//! system:masters, which is above all of them) are no objects, so an answer here is who RBAC allows, and no more.
//! The matching is that of the API documentation of `rbac.authorization.k8s.io/v1`, PolicyRule and Subject.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arrow::array::RecordBatch;
use serde::Deserialize;

use super::Engine;
use super::finding::Event;
use super::values::text;
use crate::error::Result;
use crate::model::Span;

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub verb: String,
    /// `pods`, `pods/exec`; of a path such as `/metrics`, the path.
    pub resource: String,
    /// None: whatever group has a resource of this name.
    pub group: Option<String>,
    /// None: in the whole cluster.
    pub namespace: Option<String>,
    /// None: any object.
    pub name: Option<String>,
}

/// Somebody who may, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// "ServiceAccount web/ci", "Group system:masters", "User alice".
    pub subject: String,
    /// "ClusterRoleBinding ci-edit".
    pub binding: String,
    /// "ClusterRole edit".
    pub role: String,
    /// The rule that allows it, in words.
    pub rule: String,
    /// Where the grant holds: None for the whole cluster.
    pub namespace: Option<String>,
    /// The bytes of the binding.
    pub span: Span,
}

/// What the snapshots hold of RBAC, ready to be asked.
#[derive(Debug, Default)]
pub struct Rbac {
    /// By kind, namespace and name.
    roles: BTreeMap<(String, Option<String>, String), Role>,
    bindings: Vec<Binding>,
    /// Bindings whose role is not in the snapshot: what they grant cannot be told.
    pub dangling: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Role {
    metadata: Metadata,
    rules: Option<Vec<Rule>>,
    aggregation_rule: Option<Aggregation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: String,
    namespace: Option<String>,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Rule {
    verbs: Option<Vec<String>>,
    api_groups: Option<Vec<String>>,
    resources: Option<Vec<String>>,
    resource_names: Option<Vec<String>>,
    #[serde(rename = "nonResourceURLs")]
    non_resource_urls: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Aggregation {
    cluster_role_selectors: Vec<Selector>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Selector {
    match_labels: Option<BTreeMap<String, String>>,
    match_expressions: Option<Vec<serde_json::Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BindingBody {
    metadata: Metadata,
    subjects: Option<Vec<Subject>>,
    role_ref: RoleRef,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Subject {
    kind: String,
    name: String,
    namespace: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RoleRef {
    kind: String,
    name: String,
}

#[derive(Debug)]
struct Binding {
    kind: String,
    body: BindingBody,
    span: Span,
}

impl Engine {
    /// Reads roles and bindings as they stand at the end of the snapshots. A snapshot without any gives an empty answer.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn rbac(&self) -> Result<Rbac> {
        let answer = self.sql(
            "SELECT CAST(kind AS VARCHAR) AS kind, body, evidence, \"offset\", length FROM object \
             WHERE kind IN ('Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding') AND body IS NOT NULL \
             AND coalesce(superseded, false) = false AND coalesce(deleted, false) = false \
             ORDER BY evidence, \"offset\"",
            &[],
        )?;
        let mut rbac = Rbac::default();
        for batch in &answer.batches {
            (0..batch.num_rows()).for_each(|row| rbac.read(batch, row));
        }
        rbac.finish();
        Ok(rbac)
    }
}

impl Rbac {
    fn read(&mut self, batch: &RecordBatch, row: usize) {
        let cell = |name: &str| batch.column_by_name(name).and_then(|column| text(column.as_ref(), row));
        if let (Some(kind), Some(body)) = (cell("kind"), cell("body")) {
            self.add(kind, body, Event::span(batch, row));
        }
    }

    /// Adds an object. One that is no such object, or cut, says nothing.
    pub(super) fn add(&mut self, kind: &str, body: &str, span: Span) {
        if kind.ends_with("Binding") {
            if let Ok(body) = serde_json::from_str::<BindingBody>(body) {
                self.bindings.push(Binding { kind: kind.to_owned(), body, span });
            }
        } else if let Ok(role) = serde_json::from_str::<Role>(body) {
            let key = (kind.to_owned(), role.metadata.namespace.clone(), role.metadata.name.clone());
            // Of two snapshots the later evidence is believed.
            self.roles.insert(key, role);
        }
    }

    pub(super) fn finish(&mut self) {
        // Two snapshots hold a binding twice; the later stands.
        let mut last = BTreeMap::new();
        for (at, binding) in self.bindings.iter().enumerate() {
            let metadata = &binding.body.metadata;
            last.insert((binding.kind.clone(), metadata.namespace.clone(), metadata.name.clone()), at);
        }
        let mut at = 0;
        self.bindings.retain(|_| {
            at += 1;
            last.values().any(|kept| *kept == at - 1)
        });
        let missing = self.bindings.iter().filter(|binding| self.role(binding).is_none());
        self.dangling = missing.map(|b| format!("{} {}", b.kind, b.body.metadata.name)).collect();
    }

    /// Which of `asked`, each with its name, any of `subjects` may do: `name` in the whole cluster, else `name in namespace`.
    pub(super) fn held(&self, subjects: &HashSet<String>, asked: &[(&str, Asked)]) -> BTreeSet<String> {
        let mut held = BTreeSet::new();
        for binding in &self.bindings {
            let own = binding.body.metadata.namespace.as_deref();
            let namespace = own.filter(|_| binding.kind == "RoleBinding");
            let mut all = binding.body.subjects.iter().flatten();
            if !all.any(|subject| subject.words(namespace).is_some_and(|words| subjects.contains(&words))) {
                continue;
            }
            let Some(role) = self.role(binding) else { continue };
            let rules = self.rules(role);
            let may = asked.iter().filter(|(_, asked)| rules.iter().any(|rule| rule.allows(asked)));
            held.extend(may.map(|(name, _)| match namespace {
                Some(namespace) => format!("{name} in {namespace}"),
                None => (*name).to_owned(),
            }));
        }
        held
    }

    /// Says whether there is any role or binding to answer from.
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.bindings.is_empty()
    }

    fn role(&self, binding: &Binding) -> Option<&Role> {
        let role = &binding.body.role_ref;
        let namespace = if role.kind == "Role" { binding.body.metadata.namespace.clone() } else { None };
        self.roles.get(&(role.kind.clone(), namespace, role.name.clone()))
    }

    /// The rules of a role; of one that gathers others, also theirs, which a controller writes into it and a manifest
    /// lacks.
    fn rules<'a>(&'a self, role: &'a Role) -> Vec<&'a Rule> {
        let mut rules: Vec<&Rule> = role.rules.iter().flatten().collect();
        let selectors = role.aggregation_rule.iter().flat_map(|rule| &rule.cluster_role_selectors);
        for selector in selectors.filter(|selector| selector.match_expressions.is_none()) {
            let wanted = selector.match_labels.iter().flatten();
            let fits = |other: &&Role| {
                let labels = other.metadata.labels.as_ref();
                wanted.clone().all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
            };
            let others = self.roles.iter().filter(|((kind, ..), _)| kind == "ClusterRole").map(|(_, role)| role);
            rules.extend(others.filter(fits).flat_map(|other| other.rules.iter().flatten()));
        }
        rules
    }

    /// Everybody whom RBAC allows it, by subject, then binding.
    pub fn who_can(&self, asked: &Asked) -> Vec<Grant> {
        let mut grants = Vec::new();
        for binding in &self.bindings {
            let body = &binding.body;
            let namespace = (binding.kind == "RoleBinding").then(|| body.metadata.namespace.clone()).flatten();
            // A binding within a namespace grants nothing beyond it, and paths are not within any.
            let within = match (&namespace, &asked.namespace) {
                (None, _) => true,
                (Some(here), Some(asked_in)) => here == asked_in,
                (Some(_), None) => false,
            };
            let path = asked.resource.starts_with('/');
            let Some(role) = self.role(binding).filter(|_| within && !(path && namespace.is_some())) else { continue };
            let Some(rule) = self.rules(role).into_iter().find(|rule| rule.allows(asked)) else { continue };
            for subject in body.subjects.iter().flatten() {
                let Some(subject) = subject.words(namespace.as_deref()) else { continue };
                grants.push(Grant {
                    subject,
                    binding: format!("{} {}", binding.kind, body.metadata.name),
                    role: format!("{} {}", body.role_ref.kind, body.role_ref.name),
                    rule: rule.words(),
                    namespace: namespace.clone(),
                    span: binding.span,
                });
            }
        }
        grants.sort_by(|a, b| (&a.subject, &a.binding).cmp(&(&b.subject, &b.binding)));
        grants
    }
}

impl Subject {
    /// Who it is. A service account of no namespace is one of the binding's own, and of a binding without one nobody.
    fn words(&self, namespace: Option<&str>) -> Option<String> {
        match self.kind.as_str() {
            "ServiceAccount" => {
                let own = self.namespace.as_deref().filter(|own| !own.is_empty());
                Some(format!("ServiceAccount {}/{}", own.or(namespace)?, self.name))
            }
            kind => Some(format!("{kind} {}", self.name)),
        }
    }
}

impl Rule {
    fn allows(&self, asked: &Asked) -> bool {
        let has =
            |list: &Option<Vec<String>>, value: &str| list.iter().flatten().any(|entry| entry == "*" || entry == value);
        if !has(&self.verbs, &asked.verb) {
            return false;
        }
        if asked.resource.starts_with('/') {
            let fits = |url: &String| match url.strip_suffix('*') {
                Some(start) => asked.resource.starts_with(start),
                None => *url == asked.resource,
            };
            return self.non_resource_urls.iter().flatten().any(fits);
        }
        let resource = |entry: &String| {
            let same_sub = |sub: &str| asked.resource.split_once('/').is_some_and(|(_, other)| other == sub);
            entry == "*" || *entry == asked.resource || entry.strip_prefix("*/").is_some_and(same_sub)
        };
        let group = asked.group.as_ref().is_none_or(|group| has(&self.api_groups, group));
        let names = self.resource_names.as_deref().unwrap_or_default();
        let named = names.is_empty() || asked.name.as_ref().is_some_and(|name| names.contains(name));
        group && named && self.resources.iter().flatten().any(resource)
    }

    /// The rule in words: `get, list on pods, pods/log (only: api)`.
    fn words(&self) -> String {
        let join = |list: &Option<Vec<String>>| list.iter().flatten().cloned().collect::<Vec<_>>().join(", ");
        let on: Vec<String> =
            [&self.resources, &self.non_resource_urls].map(join).into_iter().filter(|on| !on.is_empty()).collect();
        let groups = self.api_groups.iter().flatten().filter(|group| !group.is_empty()).cloned().collect::<Vec<_>>();
        let groups = if groups.is_empty() { String::new() } else { format!(" of {}", groups.join(", ")) };
        let names = join(&self.resource_names);
        let names = if names.is_empty() { String::new() } else { format!(" (only: {names})") };
        format!("{} on {}{groups}{names}", join(&self.verbs), on.join(", "))
    }
}

impl Asked {
    /// Reads what a person writes: `create pods/exec -n web`, `get secrets/db -n web`, `patch deployments.apps`,
    /// `get /metrics`. None when it is no question.
    pub fn read(words: &str) -> Option<Asked> {
        let mut asked = Asked::default();
        let mut parts = words.split_whitespace();
        asked.verb = parts.next()?.to_lowercase();
        let mut resource = parts.next()?.to_owned();
        while let Some(option) = parts.next() {
            match (option, option.strip_prefix("--namespace=")) {
                (_, Some(namespace)) => asked.namespace = Some(namespace.to_owned()),
                ("-n" | "--namespace", _) => asked.namespace = Some(parts.next()?.to_owned()),
                ("--name", _) => asked.name = Some(parts.next()?.to_owned()),
                _ => return None,
            }
        }
        if !resource.starts_with('/')
            && let Some((name, group)) = resource.clone().split_once('.')
        {
            let (group, sub) = group.split_once('/').map_or((group, None), |(group, sub)| (group, Some(sub)));
            asked.group = Some(group.to_owned());
            resource = sub.map_or_else(|| name.to_owned(), |sub| format!("{name}/{sub}"));
        }
        asked.resource = resource;
        Some(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EvidenceId;

    /// Each expectation is a sentence of the API documentation of rbac.authorization.k8s.io/v1.
    fn rbac(objects: &[(&str, serde_json::Value)]) -> Rbac {
        let mut rbac = Rbac::default();
        for (at, (kind, body)) in (0..).zip(objects) {
            rbac.add(kind, &body.to_string(), Span { evidence: EvidenceId(0), offset: at, length: 1 });
        }
        rbac.finish();
        rbac
    }

    fn role(kind: &str, name: &str, rules: serde_json::Value) -> (String, serde_json::Value) {
        (
            kind.to_owned(),
            serde_json::json!({"metadata": {"name": name, "namespace": if kind == "Role" { Some("web") } else { None }}, "rules": rules}),
        )
    }

    fn binding(kind: &str, to: (&str, &str), subject: serde_json::Value) -> (String, serde_json::Value) {
        let namespace = if kind == "RoleBinding" { Some("web") } else { None };
        let body = serde_json::json!({"metadata": {"name": "b", "namespace": namespace}, "subjects": [subject],
            "roleRef": {"kind": to.0, "name": to.1}});
        (kind.to_owned(), body)
    }

    fn who(objects: Vec<(String, serde_json::Value)>, question: &str) -> Vec<String> {
        let objects: Vec<(&str, serde_json::Value)> = objects.iter().map(|(k, b)| (k.as_str(), b.clone())).collect();
        let grants = rbac(&objects).who_can(&Asked::read(question).unwrap());
        grants.into_iter().map(|grant| grant.subject).collect()
    }

    fn user() -> serde_json::Value {
        serde_json::json!({"kind": "User", "name": "alice"})
    }

    fn allowed(rules: serde_json::Value, question: &str) -> bool {
        let objects =
            vec![role("ClusterRole", "r", rules), binding("ClusterRoleBinding", ("ClusterRole", "r"), user())];
        who(objects, question) == ["User alice"]
    }

    #[test]
    fn verbs_groups_resources_and_names_must_all_fit() {
        let rule = serde_json::json!([{"verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments"]}]);
        assert!(allowed(rule.clone(), "get deployments.apps"));
        assert!(allowed(rule.clone(), "get deployments -n web"), "without a group any will do");
        assert!(!allowed(rule.clone(), "list deployments.apps"));
        assert!(!allowed(rule, "get deployments.extensions"));
        let named = serde_json::json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["db"]}]);
        assert!(allowed(named.clone(), "get secrets --name db"));
        assert!(!allowed(named.clone(), "get secrets --name tls"));
        assert!(!allowed(named, "get secrets"), "a rule for one object is none for all");
    }

    #[test]
    fn a_subresource_is_a_resource_of_its_own() {
        let pods = serde_json::json!([{"verbs": ["*"], "apiGroups": [""], "resources": ["pods"]}]);
        assert!(allowed(pods.clone(), "create pods") && !allowed(pods, "create pods/exec"));
        let any = serde_json::json!([{"verbs": ["create"], "apiGroups": ["*"], "resources": ["*/exec"]}]);
        assert!(allowed(any.clone(), "create pods/exec") && !allowed(any, "create pods"));
        let all = serde_json::json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
        assert!(allowed(all.clone(), "create pods/exec -n web") && !allowed(all, "get /metrics"));
    }

    #[test]
    fn paths_fit_whole_or_by_a_star_at_the_end() {
        let rule = serde_json::json!([{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/logs/*"]}]);
        assert!(allowed(rule.clone(), "get /healthz") && allowed(rule.clone(), "get /logs/a"));
        assert!(!allowed(rule, "get /healthz/etcd"));
    }

    #[test]
    fn a_role_binding_grants_within_its_namespace_only() {
        let rules = serde_json::json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
        for kind in ["Role", "ClusterRole"] {
            let objects = || vec![role(kind, "r", rules.clone()), binding("RoleBinding", (kind, "r"), user())];
            assert_eq!(who(objects(), "get pods -n web"), ["User alice"]);
            assert!(who(objects(), "get pods -n other").is_empty() && who(objects(), "get pods").is_empty());
        }
    }

    #[test]
    fn a_service_account_without_a_namespace_is_of_the_bindings_own() {
        let rules = serde_json::json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]);
        let account = serde_json::json!({"kind": "ServiceAccount", "name": "ci"});
        let objects = |kind: &str| {
            vec![role("ClusterRole", "r", rules.clone()), binding(kind, ("ClusterRole", "r"), account.clone())]
        };
        assert_eq!(who(objects("RoleBinding"), "get pods -n web"), ["ServiceAccount web/ci"]);
        assert!(who(objects("ClusterRoleBinding"), "get pods -n web").is_empty());
    }

    #[test]
    fn roles_that_gather_others_have_their_rules() {
        let rules = serde_json::json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]);
        let part = serde_json::json!({"metadata": {"name": "p", "labels": {"to": "edit"}}, "rules": rules});
        let whole = serde_json::json!({"metadata": {"name": "edit"}, "rules": null,
            "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "edit"}}]}});
        let objects = vec![
            ("ClusterRole".to_owned(), part),
            ("ClusterRole".to_owned(), whole),
            binding("ClusterRoleBinding", ("ClusterRole", "edit"), user()),
        ];
        assert_eq!(who(objects, "get pods"), ["User alice"]);
    }

    #[test]
    fn a_binding_to_a_role_that_is_not_there_is_told() {
        let (kind, body) = binding("ClusterRoleBinding", ("ClusterRole", "gone"), user());
        let rbac = rbac(&[(kind.as_str(), body)]);
        assert_eq!(rbac.dangling, ["ClusterRoleBinding b"]);
        assert!(!rbac.is_empty() && rbac.who_can(&Asked::read("get pods").unwrap()).is_empty());
    }

    #[test]
    fn what_is_no_question_is_none() {
        for words in ["", "get", "get pods -n", "get pods surely"] {
            assert_eq!(Asked::read(words), None, "{words}");
        }
    }
}
