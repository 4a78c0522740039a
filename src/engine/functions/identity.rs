//! `k8s_identity(user)`: what a user name says by itself.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::error::Result;

use super::Function;
use crate::engine::values::text;

pub struct Identity;

impl Function for Identity {
    fn name(&self) -> &'static str {
        "k8s_identity"
    }

    fn usage(&self) -> &'static str {
        "k8s_identity(user)"
    }

    fn doc(&self) -> &'static str {
        "What a user name stands for by Kubernetes' own rules, as kind, namespace and name: service account, node, \
         bootstrap token, anonymous, system (any other name that begins with `system:`) or user"
    }

    fn examples(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                "k8s_identity('system:serviceaccount:web:ci')",
                r#"{"kind": "service account", "namespace": "web", "name": "ci"}"#,
            ),
            ("k8s_identity('system:node:aks-pool-0')", r#"{"kind": "node", "namespace": null, "name": "aks-pool-0"}"#),
            ("k8s_identity('system:bootstrap:07401b')['kind']", r#""bootstrap token""#),
            ("k8s_identity('system:kube-scheduler')['kind']", r#""system""#),
            ("k8s_identity('system:anonymous')['kind']", r#""anonymous""#),
            ("k8s_identity('lena@contoso.example')['kind']", r#""user""#),
        ]
    }

    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }

    fn returns(&self) -> DataType {
        DataType::Struct(fields())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [mut kinds, mut namespaces, mut names] = [StringBuilder::new(), StringBuilder::new(), StringBuilder::new()];
        for row in 0..arguments[0].len() {
            let read = text(&arguments[0], row).map(read);
            kinds.append_option(read.map(|(kind, ..)| kind));
            namespaces.append_option(read.and_then(|(_, namespace, _)| namespace));
            names.append_option(read.map(|(.., name)| name));
        }
        let columns: Vec<ArrayRef> =
            vec![Arc::new(kinds.finish()), Arc::new(namespaces.finish()), Arc::new(names.finish())];
        Ok(Arc::new(StructArray::try_new(fields(), columns, None)?))
    }
}

fn fields() -> Fields {
    ["kind", "namespace", "name"].map(|name| Field::new(name, DataType::Utf8, true)).to_vec().into()
}

/// Kind, namespace and name (Kubernetes, "Authenticating", "Using Node Authorization", "Bootstrap Tokens").
fn read(user: &str) -> (&'static str, Option<&str>, &str) {
    let Some(rest) = user.strip_prefix("system:") else { return ("user", None, user) };
    let account = rest.strip_prefix("serviceaccount:").and_then(|account| account.split_once(':'));
    if let Some((namespace, name)) = account {
        return ("service account", Some(namespace), name);
    }
    for (prefix, kind) in [("node:", "node"), ("bootstrap:", "bootstrap token")] {
        if let Some(name) = rest.strip_prefix(prefix) {
            return (kind, None, name);
        }
    }
    (if rest == "anonymous" { "anonymous" } else { "system" }, None, user)
}
