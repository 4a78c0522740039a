//! What is no secret and stays.

use super::*;

#[test]
fn what_an_investigator_works_with_stays() {
    for text in [
        r#"{"kind":"Event","verb":"list","objectRef":{"resource":"secrets","namespace":"shop","name":"db-password"},"requestURI":"/api/v1/secrets?limit=500"}"#,
        r#"{"volumes":[{"name":"v","secret":{"secretName":"db-password","items":[{"key":"password","path":"p"}]}}]}"#,
        r#"{"valueFrom":{"secretKeyRef":{"name":"db","key":"token"}}}"#,
        r#"{"serviceAccountToken":{"tokenExpirationSeconds":3607,"path":"token"}}"#,
        r#"{"projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}}]}}"#,
        r#"{"rules":[{"apiGroups":[""],"resources":["secrets","serviceaccounts/token"],"verbs":["get"],"resourceNames":["token"]}]}"#,
        r#"{"image":"r.example.test/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}"#,
        r#"{"uid":"11111111-0000-4000-8000-000000000001","auditID":"5b0d0000-0000-4000-8000-000000000001"}"#,
        r#"{"user":{"extra":{"authentication.kubernetes.io/credential-id":["JTI=11111111-0000-4000-8000-000000000001"],"authentication.kubernetes.io/pod-name":["web-0"]}}}"#,
        r#"{"webhooks":[{"clientConfig":{"caBundle":"TUlJQg=="}}]}"#,
        r#"{"client-certificate-data":"TUlJQg==","certificate-authority-data":"TUlJQg=="}"#,
        r#"{"kind":"CertificateSigningRequest","spec":{"request":"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K","usages":["client auth"]}}"#,
        r#"{"kind":"ConfigMap","data":{"a":"QUJD","mode":"fast"}}"#,
        r#"{"kind":"ConfigMapList","items":[{"data":{"a":"QUJD"}}]}"#,
        r#"{"kind":"SealedSecret","spec":{"encryptedData":{"a":"QUJD"}}}"#,
        r#"{"annotations":{"authentication.k8s.io/legacy-token":"system:serviceaccount:a:b","kubernetes.io/service-account.name":"b"}}"#,
        r#"{"type":"kubernetes.io/service-account-token"}"#,
        r#"{"imagePullSecrets":[{"name":"regcred"}],"secrets":[{"name":"app-token-x7x7x"}]}"#,
        r#"{"metadata":{"labels":{"env":"prod","app":"token"}}}"#,
        r#"{"envFrom":[{"secretRef":{"name":"db"}}]}"#,
        "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/RG/providers/Microsoft.KeyVault/vaults/v/secrets/db-password",
        r#"{"AuthenticationProcessingDetails":[{"key":"Is CAE Token","value":"False"}]}"#,
        r#"{"counts":{"recovery-client-token":12}}"#,
        "secrets",
        "secrets \"db-password\" is forbidden: User \"lena\" cannot get resource \"secrets\" in API group \"\"",
        "E0102 secret=\"kube-system/foo\" tokenreviews.authentication.k8s.io",
        "system:serviceaccount:kube-system:token-cleaner",
        "kube-etcd pre-existing user-agent -existing a-ubiquitous",
        "‹redacted: 24 bytes›",
        "",
    ] {
        stays(text);
    }
}

#[test]
fn tokens_in_a_config_map_are_hidden_by_their_shape() {
    becomes(
        r#"{"kind":"ConfigMap","data":{"a":"QUJD","b":"AKIA0123456789ABCDEF"}}"#,
        r#"{"kind":"ConfigMap","data":{"a":"QUJD","b":"‹redacted: 20 bytes›"}}"#,
    );
}

#[test]
fn what_the_evidence_masked_itself_stays() {
    stays("--password=*** {\"token\":\"*****\"}");
}

#[test]
fn ordinary_text_is_not_copied() {
    for text in ["pods \"web-0\" not found", r#"{"kind":"Pod"}"#, "secrets", r#"{"password":""}"#] {
        assert!(matches!(redact(text), Cow::Borrowed(_)));
    }
}
