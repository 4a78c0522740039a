//! How the objects of a snapshot stand to each other: what they name that is not there, which pods a service or a policy is
//! about, how a pod is reached, and what its account may do. Rules ask it by the fields `related.…` of standing objects.
//!
//! It says nothing where the snapshot may lack a kind: a Secret is missing only where others of its namespace are there, or
//! those of several namespaces.

mod facts;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub use self::facts::Name;
use self::facts::{Facts, Runs};
use super::rbac::{Asked, Rbac};
use crate::model::Span;

/// What RBAC may allow that leads further: its name, a verb, a resource and its group.
const RIGHTS: [(&str, &str, &str, &str); 16] = [
    ("everything", "*", "*", "*"),
    ("read secrets", "list", "secrets", ""),
    ("create pods", "create", "pods", ""),
    ("create workloads", "create", "deployments", "apps"),
    ("enter pods", "create", "pods/exec", ""),
    ("debug pods", "patch", "pods/ephemeralcontainers", ""),
    ("reach kubelets", "get", "nodes/proxy", ""),
    ("change nodes", "patch", "nodes", ""),
    ("mint tokens", "create", "serviceaccounts/token", ""),
    ("bind roles", "bind", "clusterroles", "rbac.authorization.k8s.io"),
    ("escalate roles", "escalate", "clusterroles", "rbac.authorization.k8s.io"),
    ("impersonate users", "impersonate", "users", ""),
    ("impersonate groups", "impersonate", "groups", ""),
    ("impersonate accounts", "impersonate", "serviceaccounts", ""),
    ("approve certificates", "update", "certificatesigningrequests/approval", "certificates.k8s.io"),
    ("change webhooks", "patch", "mutatingwebhookconfigurations", "admissionregistration.k8s.io"),
];

/// The objects of one cluster, as far as they name each other.
#[derive(Default)]
pub struct Relations {
    things: HashMap<Name, Facts>,
    /// Names of services, ingresses, policies and constraints, by namespace.
    by_namespace: BTreeMap<Option<String>, Vec<Name>>,
    /// Pods and the workloads that run them.
    runners: Vec<Name>,
    /// By kind the namespaces that have one.
    kinds: BTreeMap<String, BTreeSet<Option<String>>>,
    rbac: Rbac,
    /// By account what it may do.
    rights: BTreeMap<Name, BTreeSet<String>>,
    /// By namespace and claim who mounts it.
    claims: BTreeMap<(Option<String>, String), BTreeSet<String>>,
}

impl Relations {
    /// Adds an object; of two with one name the later one stands. One that is no JSON says nothing.
    pub fn add(&mut self, name: &Name, api_version: &str, body: &str) {
        let Ok(json) = serde_json::from_str(body) else { return };
        if api_version.starts_with("rbac.authorization.k8s.io/") {
            self.rbac.add(&name.0, body, Span::default());
        }
        self.things.insert(name.clone(), Facts::read(&name.0, api_version, name.1.as_deref(), &json));
    }

    /// Works out what hangs on all objects together.
    pub fn finish(&mut self) {
        self.rbac.finish();
        let mut names: Vec<&Name> = self.things.keys().collect();
        names.sort_unstable();
        for name in names {
            let facts = &self.things[name];
            self.kinds.entry(name.0.clone()).or_default().insert(name.1.clone());
            if facts.opens.is_some() || facts.selector.is_some() || !facts.leaves_out.is_empty() {
                self.by_namespace.entry(name.1.clone()).or_default().push(name.clone());
            }
            if let Some(runs) = &facts.runs {
                self.runners.push(name.clone());
                for claim in &runs.claims {
                    let who = runs.owner.clone().unwrap_or_else(|| format!("{} {}", name.0, name.2));
                    self.claims.entry((name.1.clone(), claim.clone())).or_default().insert(who);
                }
            }
        }
        let accounts: BTreeSet<Name> = self.runners.iter().filter_map(|name| self.account(name)).collect();
        let standing = self.things.keys().filter(|name| name.0 == "ServiceAccount").cloned();
        for account in accounts.into_iter().chain(standing) {
            let rights = self.rights_of(&account);
            self.rights.insert(account, rights);
        }
    }

    /// The values of a field of an object that was added.
    pub fn values(&self, field: &str, name: &Name) -> Vec<String> {
        let Some(facts) = self.things.get(name) else { return Vec::new() };
        let values: BTreeSet<String> = match (field, &facts.runs) {
            ("related.missing", _) => {
                let missing = facts.names.iter().filter(|other| self.is_missing(other));
                let nobody = facts.selector.as_ref().is_some_and(|selector| !selector.is_empty())
                    && self.kinds.contains_key("Pod")
                    && self.pods(name, facts).is_empty();
                let pods = nobody.then(|| format!("Pod {}/*", name.1.as_deref().unwrap_or_default()));
                missing.map(|other| format!("{} {}", other.0, path(other))).chain(pods).collect()
            }
            ("related.pods", _) => self.pods(name, facts),
            ("related.ingressPolicies", Some(runs)) => self.about(name, runs, |facts| facts.limits.0),
            ("related.egressPolicies", Some(runs)) => self.about(name, runs, |facts| facts.limits.1),
            ("related.exposedBy", Some(runs)) => self.exposed(name, runs),
            ("related.rights", _) => self.reach(name, facts),
            ("related.sharedClaims", Some(runs)) => {
                let mine = |claim: &&String| {
                    let all = self.claims.get(&(name.1.clone(), (*claim).clone()));
                    all.is_some_and(|all| all.iter().any(|who| !self.is_own(who, name, runs)))
                };
                runs.claims.iter().filter(mine).cloned().collect()
            }
            ("related.holds", _) if name.0 == "Namespace" => {
                let within = Some(name.2.clone());
                self.kinds.iter().filter(|(_, spaces)| spaces.contains(&within)).map(|(kind, _)| kind.clone()).collect()
            }
            ("related.exemptFrom", Some(_)) => {
                let all = self.by_namespace.get(&None).into_iter().flatten();
                let leaves_out = |other: &&Name| {
                    self.things[*other]
                        .leaves_out
                        .iter()
                        .any(|pattern| fits(pattern, name.1.as_deref().unwrap_or_default()))
                };
                all.filter(leaves_out).map(|other| format!("{} {}", other.0, other.2)).collect()
            }
            _ => BTreeSet::new(),
        };
        values.into_iter().collect()
    }

    /// Says whether the snapshot ought to have something and has not.
    fn is_missing(&self, name: &Name) -> bool {
        if self.things.contains_key(name) || (name.0 == "ServiceAccount" && name.2 == "default") {
            return false;
        }
        let Some(spaces) = self.kinds.get(&name.0) else { return false };
        let gone = self.kinds.contains_key("Namespace")
            && name
                .1
                .as_ref()
                .is_some_and(|space| !self.things.contains_key(&("Namespace".into(), None, space.clone())));
        spaces.contains(&name.1) || spaces.len() > 1 || gone
    }

    /// Things of a namespace, or of the cluster, that select some labels.
    fn selecting<'a>(&'a self, name: &'a Name, runs: &'a Runs) -> impl Iterator<Item = (&'a Name, &'a Facts)> {
        let all = self.by_namespace.get(&name.1).into_iter().flatten();
        all.map(|other| (other, &self.things[other]))
            .filter(|(_, facts)| facts.selector.as_ref().is_some_and(|selector| selector.takes(&runs.labels)))
    }

    fn about(&self, name: &Name, runs: &Runs, wanted: impl Fn(&Facts) -> bool) -> BTreeSet<String> {
        self.selecting(name, runs).filter(|(_, facts)| wanted(facts)).map(|(other, _)| path(other)).collect()
    }

    fn exposed(&self, name: &Name, runs: &Runs) -> BTreeSet<String> {
        let services: Vec<(&Name, &Facts)> =
            self.selecting(name, runs).filter(|(other, _)| other.0 == "Service").collect();
        let outside = services.iter().filter_map(|(other, facts)| {
            let how = facts.opens.as_deref().filter(|how| matches!(*how, "LoadBalancer" | "NodePort"))?;
            Some(format!("{how} {}", path(other)))
        });
        let all = self.by_namespace.get(&name.1).into_iter().flatten();
        let ingresses = all.filter(|other| {
            other.0 == "Ingress"
                && self.things[*other]
                    .backends
                    .iter()
                    .any(|backend| services.iter().any(|(service, _)| service.2 == *backend))
        });
        outside.chain(ingresses.map(|other| format!("Ingress {}", path(other)))).collect()
    }

    /// The pods that something is about.
    fn pods(&self, name: &Name, facts: &Facts) -> BTreeSet<String> {
        let pods = self.runners.iter().filter(|pod| pod.0 == "Pod");
        let is_about = |pod: &&Name| {
            let Some(runs) = &self.things[*pod].runs else { return false };
            match name.0.as_str() {
                "Node" => runs.node.as_deref() == Some(&name.2),
                "ServiceAccount" => pod.1 == name.1 && runs.account == name.2,
                _ => pod.1 == name.1 && facts.selector.as_ref().is_some_and(|selector| selector.takes(&runs.labels)),
            }
        };
        pods.filter(is_about).map(path).collect()
    }

    /// The account whose token the containers of a pod or workload hold.
    fn account(&self, name: &Name) -> Option<Name> {
        let runs = self.things[name].runs.as_ref()?;
        let account = ("ServiceAccount".to_owned(), name.1.clone(), runs.account.clone());
        let of_account = self.things.get(&account).and_then(|facts| facts.mounts_token);
        runs.mounts_token.or(of_account).unwrap_or(true).then_some(account)
    }

    /// What an account may do by its name and its groups.
    fn rights_of(&self, account: &Name) -> BTreeSet<String> {
        let space = account.1.as_deref().unwrap_or_default();
        let subjects = HashSet::from([
            format!("ServiceAccount {space}/{}", account.2),
            format!("User system:serviceaccount:{space}:{}", account.2),
            "Group system:serviceaccounts".to_owned(),
            format!("Group system:serviceaccounts:{space}"),
            "Group system:authenticated".to_owned(),
        ]);
        let asked = RIGHTS.map(|(right, verb, resource, group)| {
            let asked = Asked {
                verb: verb.into(),
                resource: resource.into(),
                group: Some(group.into()),
                namespace: None,
                name: None,
            };
            (right, asked)
        });
        self.rbac.held(&subjects, &asked)
    }

    /// What may be done from where a thing stands.
    fn reach(&self, name: &Name, facts: &Facts) -> BTreeSet<String> {
        let of =
            |account: Option<Name>| account.and_then(|account| self.rights.get(&account)).cloned().unwrap_or_default();
        match name.0.as_str() {
            "ServiceAccount" => of(Some(name.clone())),
            "Node" => {
                let on = |pod: &&Name| {
                    let runs = self.things[*pod].runs.as_ref();
                    pod.0 == "Pod" && runs.is_some_and(|runs| runs.node.as_deref() == Some(&name.2))
                };
                self.runners.iter().filter(on).flat_map(|pod| of(self.account(pod))).collect()
            }
            _ if facts.runs.is_some() => of(self.account(name)),
            _ => BTreeSet::new(),
        }
    }

    /// Says whether who mounts a claim is the thing itself, its controller, or a pod of its own.
    fn is_own(&self, who: &str, name: &Name, runs: &Runs) -> bool {
        let own = format!("{} {}", name.0, name.2);
        // A deployment's pods belong to its replica sets, whose names begin with its own.
        let made = |owner: &str| {
            let set = owner.strip_prefix("ReplicaSet ").and_then(|set| set.strip_prefix(&name.2));
            let job = owner.strip_prefix("Job ").and_then(|job| job.strip_prefix(&name.2));
            (name.0 == "Deployment" && set.is_some_and(|rest| rest.starts_with('-')))
                || (name.0 == "CronJob" && job.is_some_and(|rest| rest.starts_with('-')))
        };
        let same_set = |owner: &str| {
            let stem = |text: &str| text.rsplit_once('-').map(|(stem, _)| stem.to_owned());
            owner.starts_with("ReplicaSet ") && who.starts_with("ReplicaSet ") && stem(owner) == stem(who)
        };
        let owner = runs.owner.as_deref();
        who == own
            || made(who)
            || owner.is_some_and(|owner| owner == who || same_set(owner) || self.is_parent(who, owner))
    }

    /// Says whether `who` is the deployment of a replica set, or the cron job of a job.
    fn is_parent(&self, who: &str, owner: &str) -> bool {
        let pairs = [("Deployment ", "ReplicaSet "), ("CronJob ", "Job ")];
        pairs.iter().any(|(above, below)| {
            let (parent, child) = (who.strip_prefix(above), owner.strip_prefix(below));
            matches!((parent, child), (Some(parent), Some(child)) if child.strip_prefix(parent).is_some_and(|rest| rest.starts_with('-')))
        })
    }
}

/// Namespace and name.
fn path(name: &Name) -> String {
    name.1.as_ref().map_or_else(|| name.2.clone(), |space| format!("{space}/{}", name.2))
}

/// Says whether a namespace is meant by a pattern of Gatekeeper, which may have a star at either end.
fn fits(pattern: &str, namespace: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => namespace.contains(pattern.trim_matches('*')),
        (Some(end), None) => namespace.ends_with(end),
        (None, Some(start)) => namespace.starts_with(start),
        (None, None) => pattern == namespace,
    }
}
