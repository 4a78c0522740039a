//! Kubernetes Secrets, annotations and environment variables.

use super::*;

#[test]
fn data_of_a_secret_is_hidden_and_its_keys_stay() {
    becomes(
        r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"db"},"data":{"user":"YWRtaW4=","word":"aHVudGVyMg=="},"type":"Opaque"}"#,
        r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"db"},"data":{"user":"‹redacted: 8 bytes›","word":"‹redacted: 12 bytes›"},"type":"Opaque"}"#,
    );
}

#[test]
fn data_before_kind_is_hidden_as_kubectl_sorts_keys() {
    becomes(
        r#"{"apiVersion":"v1","data":{"word":"aHVudGVyMg=="},"kind":"Secret","metadata":{"name":"db"}}"#,
        r#"{"apiVersion":"v1","data":{"word":"‹redacted: 12 bytes›"},"kind":"Secret","metadata":{"name":"db"}}"#,
    );
}

#[test]
fn string_data_is_hidden_without_a_kind() {
    becomes(r#"{"stringData":{"a":"b c"}}"#, r#"{"stringData":{"a":"‹redacted: 3 bytes›"}}"#);
}

#[test]
fn data_beside_string_data_is_hidden_without_a_kind() {
    becomes(
        r#"{"data":{"x":"QUJD"},"stringData":{"a":"b"}}"#,
        r#"{"data":{"x":"‹redacted: 4 bytes›"},"stringData":{"a":"‹redacted: 1 bytes›"}}"#,
    );
}

#[test]
fn items_of_a_typed_list_need_no_kind() {
    becomes(
        r#"{"kind":"SecretList","items":[{"metadata":{"name":"a"},"data":{"x":"QUJD"}}]}"#,
        r#"{"kind":"SecretList","items":[{"metadata":{"name":"a"},"data":{"x":"‹redacted: 4 bytes›"}}]}"#,
    );
    becomes(
        r#"{"items":[{"data":{"x":"QUJD"},"metadata":{"name":"a"}}],"kind":"SecretList"}"#,
        r#"{"items":[{"data":{"x":"‹redacted: 4 bytes›"},"metadata":{"name":"a"}}],"kind":"SecretList"}"#,
    );
}

#[test]
fn only_the_secrets_of_a_mixed_list_are_hidden() {
    becomes(
        r#"{"items":[{"data":{"x":"QUJD"},"kind":"ConfigMap"},{"data":{"y":"QUJD"},"kind":"Secret"}],"kind":"List"}"#,
        r#"{"items":[{"data":{"x":"QUJD"},"kind":"ConfigMap"},{"data":{"y":"‹redacted: 4 bytes›"},"kind":"Secret"}],"kind":"List"}"#,
    );
}

#[test]
fn both_bodies_of_an_audit_event_are_read() {
    hides(
        r#"{"kind":"Event","verb":"create","objectRef":{"resource":"secrets","name":"db"},"requestObject":{"kind":"Secret","data":{"a":"cmVxdWVzdA=="}},"responseObject":{"kind":"Secret","data":{"a":"YW5zd2Vy"}}}"#,
        &["cmVxdWVzdA==", "YW5zd2Vy"],
    );
}

#[test]
fn a_patch_is_known_by_the_resource_beside_it() {
    becomes(
        r#"{"kind":"Event","objectRef":{"resource":"secrets"},"requestObject":{"data":{"a":"not base64!"}}}"#,
        r#"{"kind":"Event","objectRef":{"resource":"secrets"},"requestObject":{"data":{"a":"‹redacted: 11 bytes›"}}}"#,
    );
    stays(r#"{"kind":"Event","objectRef":{"resource":"configmaps"},"requestObject":{"data":{"a":"QUJD"}}}"#);
}

#[test]
fn a_row_of_aks_audit_holds_bodies_as_objects_or_texts() {
    hides(
        r#"{"RequestObject":{"data":{"a":"cmVxdWVzdA=="}},"ObjectRef":{"resource":"secrets"},"ResponseObject":"{\"data\":{\"a\":\"YW5zd2Vy\"}}"}"#,
        &["cmVxdWVzdA==", "YW5zd2Vy"],
    );
}

#[test]
fn a_patch_in_a_body_column_is_hidden_when_it_looks_like_base64() {
    column_becomes(
        "audit",
        "request_object",
        r#"{"data":{"a":"aHVudGVyMg==","b":"plain words","c":null}}"#,
        r#"{"data":{"a":"‹redacted: 12 bytes›","b":"plain words","c":null}}"#,
    );
    assert_eq!(redact(r#"{"data":{"a":"aHVudGVyMg=="}}"#), r#"{"data":{"a":"aHVudGVyMg=="}}"#);
}

#[test]
fn a_json_patch_is_known_by_its_path() {
    becomes(
        r#"[{"op":"replace","path":"/spec/template/spec/containers/0/env/2/value","value":"hunter2"}]"#,
        r#"[{"op":"replace","path":"/spec/template/spec/containers/0/env/2/value","value":"‹redacted: 7 bytes›"}]"#,
    );
    becomes(
        r#"[{"op":"add","path":"/spec/containers/0/env/-","value":{"name":"A","value":"hunter2"}}]"#,
        r#"[{"op":"add","path":"/spec/containers/0/env/-","value":{"name":"A","value":"‹redacted: 7 bytes›"}}]"#,
    );
    becomes(
        r#"[{"op":"add","path":"/stringData/x","value":"hunter2"}]"#,
        r#"[{"op":"add","path":"/stringData/x","value":"‹redacted: 7 bytes›"}]"#,
    );
    column_becomes(
        "audit",
        "request_object",
        r#"[{"op":"add","path":"/data/x","value":"aHVudGVyMg=="},{"op":"add","path":"/metadata/labels/x","value":"QUJD"}]"#,
        r#"[{"op":"add","path":"/data/x","value":"‹redacted: 12 bytes›"},{"op":"add","path":"/metadata/labels/x","value":"QUJD"}]"#,
    );
}

#[test]
fn environments_keep_names_and_references() {
    becomes(
        r#"{"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"x y"},{"name":"B","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}]}]}}"#,
        r#"{"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"‹redacted: 3 bytes›"},{"name":"B","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}]}]}}"#,
    );
    becomes(r#"{"Env":["A=b","PATH=/bin"]}"#, r#"{"Env":["A=‹redacted: 1 bytes›","PATH=‹redacted: 4 bytes›"]}"#);
    becomes(r#"{"env":{"A":"b"}}"#, r#"{"env":{"A":"‹redacted: 1 bytes›"}}"#);
}

#[test]
fn variables_of_container_inventory_keep_their_names() {
    column_becomes(
        "ContainerInventory",
        "EnvironmentVar",
        r#"["A=b","C=d=\"e\"","D="]"#,
        r#"["A=‹redacted: 1 bytes›","C=‹redacted: 7 bytes›","D="]"#,
    );
    column_becomes("ContainerInventory", "EnvironmentVar", "[A=b, C=d]", "[A=‹redacted: 6 bytes›]");
    column_becomes(
        "ContainerInventory",
        "EnvironmentVar",
        r#"["A=b","C=se"#,
        r#"["A=‹redacted: 1 bytes›","C=‹redacted: 2 bytes›"#,
    );
    becomes(
        r#"{"EnvironmentVar":"[\"A=b\",\"C=d\"]","Name":"c"}"#,
        r#"{"EnvironmentVar":"[\"A=‹redacted: 1 bytes›\",\"C=‹redacted: 1 bytes›\"]","Name":"c"}"#,
    );
}

#[test]
fn answers_with_credentials_are_hidden() {
    hides(r#"{"kind":"TokenRequest","spec":{"expirationSeconds":3600},"status":{"token":"opaque"}}"#, &["opaque"]);
    hides(r#"{"kubeconfigs":[{"name":"clusterAdmin","value":"YXBpVmVyc2lvbjogdjE="}]}"#, &["YXBpVmVyc2lvbjogdjE="]);
    hides(r#"{"auths":{"r.example.test":{"auth":"dTpw"}}}"#, &["dTpw"]);
    hides(r#"{"servicePrincipalProfile":{"clientId":"c1","secret":"hunter2"}}"#, &["hunter2"]);
    hides(r#"{"parameters":{"adminPassword":{"value":"hunter2"}}}"#, &["hunter2"]);
    hides(r#"[{"name":"DB_PASSWORD","value":"hunter2","slotSetting":false}]"#, &["hunter2"]);
}

#[test]
fn columns_are_secret_by_their_name() {
    column_becomes("t", "client_secret", "abc", "‹redacted: 3 bytes›");
    column_becomes("t", "ConnectionString", "a b", "‹redacted: 3 bytes›");
    column_becomes("t", "Password", "abc", "‹redacted: 3 bytes›");
    column_becomes("audit", "resource", "secrets", "secrets");
    column_becomes("audit", "name", "db-password", "db-password");
    column_becomes("SigninLogs", "UniqueTokenId", "AAbb-cc", "AAbb-cc");
    column_becomes("AzureActivity", "Authorization", r#"{"action":"a/read"}"#, r#"{"action":"a/read"}"#);
}
