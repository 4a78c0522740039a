//! What RBAC wrote into annotation `authorization.k8s.io/reason`: which binding let a request in.
//!
//! The words are those of `RuleAccumulator` in `pkg/registry/rbac/validation/rule.go` of Kubernetes:
//! `RBAC: allowed by RoleBinding "edit/web" of ClusterRole "edit" to User "lena"`, where only a binding within a namespace
//! has that behind its name. Other authorizers have words of their own, and no binding.

/// Returns one part of a reason: `kind`, `name` and `namespace` of the binding, or `role`, which it grants.
pub fn granted<'a>(reason: &'a str, part: &str) -> Option<&'a str> {
    let (kind, rest) = reason.strip_prefix("RBAC: allowed by ")?.split_once(" \"")?;
    let (binding, rest) = rest.split_once("\" of ")?;
    let (name, namespace) = match kind {
        "ClusterRoleBinding" => (binding, None),
        "RoleBinding" => binding.rsplit_once('/').map(|(name, namespace)| (name, Some(namespace)))?,
        _ => return None,
    };
    match part {
        "kind" => Some(kind),
        "name" => Some(name),
        "namespace" => namespace,
        "role" => Some(rest.split_once(" \"")?.1.split_once("\" to ")?.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_of_rbac_names_its_binding() {
        let parts = |reason: &'static str| ["kind", "name", "namespace", "role"].map(|part| granted(reason, part));
        assert_eq!(
            parts(r#"RBAC: allowed by RoleBinding "edit/web" of ClusterRole "edit" to ServiceAccount "ci/web""#),
            [Some("RoleBinding"), Some("edit"), Some("web"), Some("edit")]
        );
        assert_eq!(
            parts(r#"RBAC: allowed by ClusterRoleBinding "a:b" of ClusterRole "c/d" to Group "system:masters""#),
            [Some("ClusterRoleBinding"), Some("a:b"), None, Some("c/d")]
        );
        for other in
            ["", "access granted by Azure RBAC", "RBAC: allowed by nothing", r#"RBAC: allowed by RoleBinding "x"#]
        {
            assert_eq!(parts(other), [None; 4], "{other}");
        }
    }
}
