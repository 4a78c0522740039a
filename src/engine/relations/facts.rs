//! What an object of a snapshot says of others: selectors, references, and where its pod template lies.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// Kind, namespace and name of what is meant; cluster-wide things have no namespace.
pub type Name = (String, Option<String>, String);

/// What matters of one object.
#[derive(Debug, Default)]
pub struct Facts {
    /// Of a pod, or of the template of a workload.
    pub runs: Option<Runs>,
    /// Which pods a service or a policy is about; None of what is about none.
    pub selector: Option<Selector>,
    /// Of a service: its type, or "InternalLoadBalancer". Of an ingress: "Ingress".
    pub opens: Option<String>,
    /// Of an ingress: the services behind it.
    pub backends: Vec<String>,
    /// Of a policy: whether it says what may come in, and what may go out.
    pub limits: (bool, bool),
    /// What the object names and cannot do without.
    pub names: Vec<Name>,
    /// Of an account: whether its token is mounted where a pod says nothing.
    pub mounts_token: Option<bool>,
    /// Of a constraint: the namespaces it leaves out, with `*` at an end.
    pub leaves_out: Vec<String>,
}

/// A pod spec and its labels.
#[derive(Debug, Default)]
pub struct Runs {
    pub labels: BTreeMap<String, String>,
    pub node: Option<String>,
    pub account: String,
    pub mounts_token: Option<bool>,
    pub claims: Vec<String>,
    /// The controller it was made by.
    pub owner: Option<String>,
}

/// A selector of labels, with all that it asks.
#[derive(Debug, Default)]
pub struct Selector {
    labels: Vec<(String, String)>,
    expressions: Vec<(String, String, Vec<String>)>,
}

impl Selector {
    /// Says whether labels pass; one that asks nothing takes all.
    pub fn takes(&self, labels: &BTreeMap<String, String>) -> bool {
        self.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.expressions.iter().all(|(key, operator, values)| {
                let is_in = labels.get(key).is_some_and(|value| values.contains(value));
                match operator.as_str() {
                    "In" => is_in,
                    "NotIn" => !is_in,
                    "Exists" => labels.contains_key(key),
                    "DoesNotExist" => !labels.contains_key(key),
                    _ => false,
                }
            })
    }

    /// Says whether it asks nothing.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// A LabelSelector.
    fn read(selector: &Json) -> Selector {
        let expression = |one: &Json| {
            Some((text(&one["key"])?.to_owned(), text(&one["operator"])?.to_owned(), texts(&one["values"])))
        };
        Selector {
            labels: pairs(&selector["matchLabels"]),
            expressions: items(&selector["matchExpressions"]).filter_map(expression).collect(),
        }
    }
}

fn text(json: &Json) -> Option<&str> {
    json.as_str().filter(|text| !text.is_empty())
}

fn items(json: &Json) -> impl Iterator<Item = &Json> {
    json.as_array().into_iter().flatten()
}

fn texts(json: &Json) -> Vec<String> {
    items(json).filter_map(text).map(str::to_owned).collect()
}

fn pairs(json: &Json) -> Vec<(String, String)> {
    let pairs = json.as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

impl Facts {
    /// Reads them; what is of no kind that names others has none.
    pub fn read(kind: &str, api_version: &str, namespace: Option<&str>, body: &Json) -> Facts {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let spec = &body["spec"];
        let mut facts = Facts::default();
        let mut name = |kind: &str, namespace: Option<&str>, name: Option<&str>| {
            let name = name.map(|name| (kind.to_owned(), namespace.map(str::to_owned), name.to_owned()));
            facts.names.extend(name);
        };
        match (group, kind) {
            ("", "Service") if text(&spec["type"]) != Some("ExternalName") => {
                // Azure gives the load balancer an address of the virtual network then (learn.microsoft.com, AKS internal-lb).
                let inside =
                    &body["metadata"]["annotations"]["service.beta.kubernetes.io/azure-load-balancer-internal"];
                let opens = match text(&spec["type"]).unwrap_or("ClusterIP") {
                    "LoadBalancer" if text(inside) == Some("true") => "InternalLoadBalancer",
                    opens => opens,
                };
                facts.opens = Some(opens.to_owned());
                let labels = pairs(&spec["selector"]);
                facts.selector = (!labels.is_empty()).then(|| Selector { labels, expressions: Vec::new() });
            }
            ("networking.k8s.io" | "extensions", "Ingress") => {
                let paths = items(&spec["rules"]).flat_map(|rule| items(&rule["http"]["paths"]));
                let backends = paths.map(|path| &path["backend"]).chain([&spec["defaultBackend"], &spec["backend"]]);
                let service = |backend: &Json| {
                    text(&backend["service"]["name"]).or(text(&backend["serviceName"])).map(str::to_owned)
                };
                facts.backends = backends.filter_map(service).collect();
                facts.opens = Some("Ingress".to_owned());
                let (own, backends) = (namespace, facts.backends.clone());
                let mut name = |kind: &str, to: &str| facts.names.push((kind.into(), own.map(Into::into), to.into()));
                backends.iter().for_each(|backend| name("Service", backend));
                items(&spec["tls"])
                    .filter_map(|tls| text(&tls["secretName"]))
                    .for_each(|secret| name("Secret", secret));
            }
            ("networking.k8s.io", "NetworkPolicy") => {
                facts.selector = Some(Selector::read(&spec["podSelector"]));
                let types = texts(&spec["policyTypes"]);
                let says = |word: &str| types.iter().any(|known| known == word);
                facts.limits = match types.is_empty() {
                    // Without a word it is about what comes in, and about what goes out where it says something of that.
                    true => (true, !spec["egress"].is_null()),
                    false => (says("Ingress"), says("Egress")),
                };
            }
            ("cilium.io", "CiliumNetworkPolicy") => {
                facts.selector = Some(Selector::read(&spec["endpointSelector"]));
                let says = |words: [&str; 2]| words.iter().any(|word| !spec[*word].is_null());
                facts.limits = (says(["ingress", "ingressDeny"]), says(["egress", "egressDeny"]));
            }
            ("", "ServiceAccount") => facts.mounts_token = body["automountServiceAccountToken"].as_bool(),
            ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
                let role = text(&body["roleRef"]["kind"]).unwrap_or("ClusterRole");
                let within = if role == "Role" { namespace } else { None };
                name(role, within, text(&body["roleRef"]["name"]));
                for subject in items(&body["subjects"]).filter(|one| one["kind"] == "ServiceAccount") {
                    name("ServiceAccount", text(&subject["namespace"]).or(namespace), text(&subject["name"]));
                }
            }
            ("autoscaling", "HorizontalPodAutoscaler") => {
                let target = &spec["scaleTargetRef"];
                name(text(&target["kind"]).unwrap_or_default(), namespace, text(&target["name"]));
            }
            ("apiregistration.k8s.io", "APIService") => {
                name("Service", text(&spec["service"]["namespace"]), text(&spec["service"]["name"]));
            }
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") => {
                for webhook in items(&body["webhooks"]) {
                    let service = &webhook["clientConfig"]["service"];
                    name("Service", text(&service["namespace"]), text(&service["name"]));
                }
            }
            ("constraints.gatekeeper.sh", _) => facts.leaves_out = texts(&spec["match"]["excludedNamespaces"]),
            ("", "Pod") => facts.run(&body["metadata"], spec, namespace),
            _ => {
                let template =
                    if kind == "CronJob" { &spec["jobTemplate"]["spec"]["template"] } else { &spec["template"] };
                // Rollouts and sets of others have templates too.
                if template["spec"]["containers"].is_array() {
                    facts.run(&template["metadata"], &template["spec"], namespace);
                }
            }
        }
        facts
    }

    /// Reads a pod spec.
    fn run(&mut self, metadata: &Json, spec: &Json, namespace: Option<&str>) {
        let owner = items(&metadata["ownerReferences"]).find(|owner| owner["controller"] == true);
        let account = text(&spec["serviceAccountName"]).unwrap_or("default").to_owned();
        let volumes = || items(&spec["volumes"]);
        let claims: Vec<String> = volumes()
            .filter_map(|volume| text(&volume["persistentVolumeClaim"]["claimName"]))
            .map(str::to_owned)
            .collect();
        let mut name = |kind: &str, name: &str| self.names.push((kind.into(), namespace.map(Into::into), name.into()));
        name("ServiceAccount", &account);
        claims.iter().for_each(|claim| name("PersistentVolumeClaim", claim));
        let needed = |of: &Json, key: &str| text(&of[key]).filter(|_| of["optional"] != true).map(str::to_owned);
        let containers = ["containers", "initContainers"].iter().flat_map(|list| items(&spec[*list]));
        let sources = containers.flat_map(|container| {
            let all = items(&container["envFrom"]).map(|from| (&from["secretRef"], &from["configMapRef"]));
            let each = items(&container["env"])
                .map(|env| (&env["valueFrom"]["secretKeyRef"], &env["valueFrom"]["configMapKeyRef"]));
            all.chain(each)
        });
        let sources = sources.map(|(secret, config)| (needed(secret, "name"), needed(config, "name")));
        let mounted =
            volumes().map(|volume| (needed(&volume["secret"], "secretName"), needed(&volume["configMap"], "name")));
        let wanted: Vec<(Option<String>, Option<String>)> = sources.chain(mounted).collect();
        for (secret, config) in &wanted {
            secret.iter().for_each(|secret| name("Secret", secret));
            config.iter().for_each(|config| name("ConfigMap", config));
        }
        self.runs = Some(Runs {
            labels: pairs(&metadata["labels"]).into_iter().collect(),
            node: text(&spec["nodeName"]).map(str::to_owned),
            account,
            mounts_token: spec["automountServiceAccountToken"].as_bool(),
            claims,
            owner: owner.and_then(|owner| Some(format!("{} {}", text(&owner["kind"])?, text(&owner["name"])?))),
        });
    }
}
