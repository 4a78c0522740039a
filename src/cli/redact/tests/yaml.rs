//! YAML.

use super::*;

#[test]
fn a_secret_in_yaml_is_hidden_and_stays_yaml() {
    becomes(
        "apiVersion: v1\ndata:\n  a: aHVudGVyMg==\n  b: |\n    line\n    line\nkind: Secret\nmetadata:\n  name: db\n",
        "apiVersion: v1\ndata:\n  a: \"‹redacted: 12 bytes›\"\n  b: |\n    ‹redacted: 13 bytes›\nkind: Secret\nmetadata:\n  name: db\n",
    );
}

#[test]
fn documents_and_items_are_told_apart() {
    becomes(
        "kind: ConfigMap\ndata:\n  a: QUJD\n---\nkind: Secret\nstringData:\n  a: 'x: y'\n",
        "kind: ConfigMap\ndata:\n  a: QUJD\n---\nkind: Secret\nstringData:\n  a: '‹redacted: 4 bytes›'\n",
    );
    becomes(
        "items:\n- data:\n    a: QUJD\n  kind: ConfigMap\n- data:\n    a: QUJD\n  kind: Secret\nkind: List\n",
        "items:\n- data:\n    a: QUJD\n  kind: ConfigMap\n- data:\n    a: \"‹redacted: 4 bytes›\"\n  kind: Secret\nkind: List\n",
    );
}

#[test]
fn environments_in_yaml_keep_names() {
    becomes(
        "containers:\n- name: c\n  env:\n  - name: A\n    value: hunter2\n  - name: B\n    valueFrom:\n      secretKeyRef:\n        name: db\n        key: k\n  image: web\n",
        "containers:\n- name: c\n  env:\n  - name: A\n    value: \"‹redacted: 7 bytes›\"\n  - name: B\n    valueFrom:\n      secretKeyRef:\n        name: db\n        key: k\n  image: web\n",
    );
}

#[test]
fn the_annotation_is_hidden_in_every_style() {
    becomes(
        "  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {\"kind\":\"Pod\"}\n    other: kept\n",
        "  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      ‹redacted: 14 bytes›\n    other: kept\n",
    );
    becomes(
        "a:\n  kubectl.kubernetes.io/last-applied-configuration: '{\"kind\":\"Pod\",\n    \"x\":1}'\n  other: kept\n",
        "a:\n  kubectl.kubernetes.io/last-applied-configuration: '‹redacted: 25 bytes›'\n  other: kept\n",
    );
    becomes(
        "Annotations:  kubectl.kubernetes.io/last-applied-configuration:\n                {\"kind\":\"Pod\"}\nStatus: Running\n",
        "Annotations:  kubectl.kubernetes.io/last-applied-configuration:\n                ‹redacted: 14 bytes›\nStatus: Running\n",
    );
    stays("fieldsV1:\n  f:kubectl.kubernetes.io/last-applied-configuration: {}\n  f:x: {}\n");
}

#[test]
fn a_kubeconfig_loses_its_keys_and_keeps_its_certificates() {
    becomes(
        "users:\n- name: u\n  user:\n    client-certificate-data: TUlJQg==\n    client-key-data: TUlJRQ==\n    token: abc\n",
        "users:\n- name: u\n  user:\n    client-certificate-data: TUlJQg==\n    client-key-data: \"‹redacted: 8 bytes›\"\n    token: \"‹redacted: 3 bytes›\"\n",
    );
}
