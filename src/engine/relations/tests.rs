//! Snapshots of a few objects, and what each field says of them.

use super::*;

fn relations(objects: &[&str]) -> Relations {
    let mut relations = Relations::default();
    for body in objects {
        let json: serde_json::Value = yaml_serde::from_str(body).unwrap();
        let text = |at: &str| json.pointer(at).and_then(|text| text.as_str());
        let name = (
            text("/kind").unwrap().to_owned(),
            text("/metadata/namespace").map(str::to_owned),
            text("/metadata/name").unwrap().to_owned(),
        );
        relations.add(&name, text("/apiVersion").unwrap(), &json.to_string());
    }
    relations.finish();
    relations
}

fn name(kind: &str, path: &str) -> Name {
    match path.split_once('/') {
        Some((namespace, name)) => (kind.into(), Some(namespace.into()), name.into()),
        None => (kind.into(), None, path.into()),
    }
}

const API: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: web}, spec: {template: {metadata: {labels: {app: api, tier: front}}, spec: {serviceAccountName: ci, volumes: [{persistentVolumeClaim: {claimName: data}}, {secret: {secretName: tls}}], containers: [{envFrom: [{configMapRef: {name: gone, optional: true}}]}]}}}}";
const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: api-7-x, namespace: web, labels: {app: api, tier: front}, ownerReferences: [{kind: ReplicaSet, name: api-7, controller: true}]}, spec: {nodeName: n1, serviceAccountName: ci, volumes: [{persistentVolumeClaim: {claimName: data}}]}}";

#[test]
fn what_is_named_and_not_there_is_missing_only_where_its_kind_was_exported() {
    let secret = |namespace: &str| {
        format!("{{apiVersion: v1, kind: Secret, metadata: {{name: other, namespace: {namespace}}}}}")
    };
    let missing =
        |more: &[&str]| relations(&[&[API], more].concat()).values("related.missing", &name("Deployment", "web/api"));
    assert!(missing(&[]).is_empty(), "no secret, claim or account is there at all");
    assert_eq!(missing(&[&secret("web")]), ["Secret web/tls"]);
    assert!(missing(&[&secret("shop")]).is_empty(), "one other namespace may be all that was exported");
    assert_eq!(missing(&[&secret("shop"), &secret("bank")]), ["Secret web/tls"]);
    let binding = "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: b, namespace: web}, roleRef: {kind: Role, name: r}, subjects: [{kind: ServiceAccount, name: ci, namespace: old}, {kind: ServiceAccount, name: default}, {kind: User, name: lena}]}";
    let role = "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: other, namespace: web}}";
    let account = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: ci, namespace: web}}";
    let space = "{apiVersion: v1, kind: Namespace, metadata: {name: web}}";
    let of = |objects: &[&str]| relations(objects).values("related.missing", &name("RoleBinding", "web/b"));
    assert_eq!(of(&[binding, role]), ["Role web/r"]);
    // Its namespace is gone, so it is.
    assert_eq!(of(&[binding, account, space]), ["ServiceAccount old/ci"]);
}

#[test]
fn selectors_say_what_is_about_a_pod() {
    let policy = |name: &str, spec: &str| {
        format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: {name}, namespace: web}}, spec: {spec}}}"
        )
    };
    let all = [
        policy("all", "{podSelector: {}}"),
        policy("out", "{podSelector: {matchExpressions: [{key: tier, operator: In, values: [front]}]}, policyTypes: [Egress]}"),
        policy("not", "{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}}"),
        policy("both", "{podSelector: {matchLabels: {app: api}}, egress: []}"),
        policy("other", "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress]}"),
        policy("none", "{podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}"),
        "{apiVersion: v1, kind: Service, metadata: {name: api, namespace: web}, spec: {type: NodePort, selector: {app: api}}}".into(),
        "{apiVersion: v1, kind: Service, metadata: {name: inner, namespace: web, annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: 'true'}}, spec: {type: LoadBalancer, selector: {app: api}}}".into(),
        "{apiVersion: v1, kind: Service, metadata: {name: outer, namespace: web, annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: 'false'}}, spec: {type: LoadBalancer, selector: {app: api}}}".into(),
        "{apiVersion: v1, kind: Service, metadata: {name: db, namespace: web}, spec: {selector: {app: db}}}".into(),
        "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: shop, namespace: web}, spec: {rules: [{http: {paths: [{backend: {service: {name: api}}}]}}]}}".into(),
        POD.into(),
        API.into(),
    ];
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let related = relations(&all);
    let values = |field: &str, kind: &str, path: &str| related.values(field, &name(kind, path));
    for (kind, path) in [("Pod", "web/api-7-x"), ("Deployment", "web/api")] {
        assert_eq!(values("related.ingressPolicies", kind, path), ["web/all", "web/both"]);
        assert_eq!(values("related.egressPolicies", kind, path), ["web/both", "web/out"]);
        assert_eq!(
            values("related.exposedBy", kind, path),
            ["Ingress web/shop", "LoadBalancer web/outer", "NodePort web/api"]
        );
    }
    assert_eq!(values("related.pods", "Service", "web/api"), ["web/api-7-x"]);
    assert!(values("related.pods", "Service", "web/db").is_empty());
    assert_eq!(values("related.missing", "Service", "web/db"), ["Pod web/*"]);
    assert!(values("related.missing", "Service", "web/api").is_empty());
    assert!(values("related.missing", "NetworkPolicy", "web/all").is_empty());
    assert_eq!(values("related.pods", "NetworkPolicy", "web/all"), ["web/api-7-x"]);
}

#[test]
fn rights_are_those_of_the_account_whose_token_a_pod_holds() {
    let role = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: r}, rules: [{apiGroups: [''], resources: [secrets], verbs: ['*']}]}";
    let all = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: admin}, rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]}";
    let bind = |kind: &str, space: &str, role: &str, subject: &str| {
        format!(
            "{{apiVersion: rbac.authorization.k8s.io/v1, kind: {kind}, metadata: {{name: b-{role}{space}, namespace: {space}}}, roleRef: {{kind: ClusterRole, name: {role}}}, subjects: [{subject}]}}"
        )
    };
    let ci = "{kind: ServiceAccount, name: ci, namespace: web}";
    let (in_shop, wide) = (
        bind("RoleBinding", "shop", "r", ci),
        bind("ClusterRoleBinding", "null", "admin", "{kind: Group, name: 'system:serviceaccounts:web'}"),
    );
    let quiet = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: ci, namespace: web}, automountServiceAccountToken: false}";
    let node = "{apiVersion: v1, kind: Node, metadata: {name: n1}}";
    let rights = |more: &[&str], kind: &str, path: &str| {
        relations(&[&[role, all, POD, node], more].concat()).values("related.rights", &name(kind, path))
    };
    for (kind, path) in [("Pod", "web/api-7-x"), ("Node", "n1")] {
        assert_eq!(rights(&[&in_shop], kind, path), ["read secrets in shop"]);
        assert!(rights(&[&wide], kind, path).contains(&"everything".to_owned()));
        assert!(rights(&[&wide, quiet], kind, path).is_empty(), "no token is mounted");
    }
    assert!(rights(&[&wide, quiet], "ServiceAccount", "web/ci").contains(&"escalate roles".to_owned()));
    assert!(rights(&[&wide], "Node", "n2").is_empty());
}

#[test]
fn a_claim_is_shared_with_others_and_not_with_ones_own_pods() {
    let job = "{apiVersion: v1, kind: Pod, metadata: {name: thief, namespace: web}, spec: {volumes: [{persistentVolumeClaim: {claimName: data}}]}}";
    let elsewhere = job.replace("namespace: web", "namespace: shop");
    let next = POD.replace("api-7", "api-8");
    let shared = |more: &[&str], kind: &str, path: &str| {
        relations(&[&[API, POD], more].concat()).values("related.sharedClaims", &name(kind, path))
    };
    for (kind, path) in [("Deployment", "web/api"), ("Pod", "web/api-7-x")] {
        assert!(shared(&[], kind, path).is_empty());
        assert!(shared(&[&elsewhere, &next], kind, path).is_empty(), "another namespace, and the next replica set");
        assert_eq!(shared(&[job], kind, path), ["data"]);
    }
    assert_eq!(shared(&[job], "Pod", "web/thief"), ["data"]);
}

#[test]
fn a_namespace_holds_kinds_and_a_constraint_leaves_namespaces_out() {
    let space = "{apiVersion: v1, kind: Namespace, metadata: {name: web}}";
    let constraint = |out: &str| {
        format!(
            "{{apiVersion: constraints.gatekeeper.sh/v1beta1, kind: K8sNoEnv, metadata: {{name: no-env}}, spec: {{match: {{excludedNamespaces: [{out}]}}}}}}"
        )
    };
    let holds = relations(&[space, API, POD]).values("related.holds", &name("Namespace", "web"));
    assert_eq!(holds, ["Deployment", "Pod"]);
    for (out, expected) in
        [("web", true), ("'we*'", true), ("'*eb'", true), ("'*e*'", true), ("shop", false), ("'b*'", false)]
    {
        let exempt = relations(&[API, &constraint(out)]).values("related.exemptFrom", &name("Deployment", "web/api"));
        assert_eq!(exempt == ["K8sNoEnv no-env"], expected, "{out}");
    }
}
