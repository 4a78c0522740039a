//! Tokens by their shape.

use super::*;

const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJsZW5hIn0.c2lnbmF0dXJl_-x";

#[test]
fn web_tokens_are_hidden_wherever_they_stand() {
    let out = format!("‹redacted: {} bytes›", JWT.len());
    for (before, after) in [("", ""), ("got ", " ok"), ("{\"m\":\"", "\"}"), ("a\\n", "\\n"), ("(", ")."), ("x=", "&y")]
    {
        becomes(&format!("{before}{JWT}{after}"), &format!("{before}{out}{after}"));
    }
    hides(&format!("/exec?command=echo+{JWT}&tty=true"), &["c2lnbmF0dXJl"]);
    hides(r#"{"continue":"x","m":"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJsZW5hIn0.c2ln"#, &["eyJzdWIi"]);
    // The mark of a place in a list is JSON in base64 as well, and no token.
    stays(r#"{"metadata":{"continue":"eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhIn0"}}"#);
}

#[test]
fn signatures_of_azure_storage_are_hidden() {
    becomes(
        "https://a.blob.core.windows.net/c?sv=2031-01-01&sr=c&sig=abcdefghijklmnopqrstuvwxyz0123456789ABCD%2Fx%3D&se=1",
        "https://a.blob.core.windows.net/c?sv=2031-01-01&sr=c&sig=‹redacted: 47 bytes›&se=1",
    );
    hides(r#"{"u":"https://a/c?x=1\u0026sig=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG%3D"}"#, &["abcdefghij"]);
    stays("type=ANOM_ABEND comm=\"x\" sig=11 res=1");
    stays("design=abcdefghijklmnopqrstuvwxyz0123456789");
}

#[test]
fn account_keys_are_known_by_length() {
    let key = format!("{}/+3456==", "Ab0123456789".repeat(7).get(..80).unwrap());
    assert_eq!(key.len(), 88);
    becomes(&format!("key {key} end"), "key ‹redacted: 88 bytes› end");
    becomes(&format!("AccountName=a;AccountKey={key};X=y"), "AccountName=a;AccountKey=‹redacted: 88 bytes›;X=y");
    becomes(&format!(r#"{{"k":"{}"}}"#, key.replace('/', "\\/")), r#"{"k":"‹redacted: 89 bytes›"}"#);
    becomes(&format!(r#"{{"k":"{}"}}"#, key.replace('+', "\\u002B")), r#"{"k":"‹redacted: 93 bytes›"}"#);
    stays(&format!("sha512-{key}"));
    stays(&format!("A{key}"));
    stays(&key[1..]);
}

#[test]
fn keys_with_prefixes_are_hidden() {
    becomes("id AKIA0123456789ABCDEF.", "id ‹redacted: 20 bytes›.");
    becomes("ghp_0123456789abcdefghij0123456789abcdef", "‹redacted: 40 bytes›");
    becomes("a\\nxoxb-0123456789-abcdef", "a\\n‹redacted: 22 bytes›");
    becomes("AIza0123456789abcdefghijklmnopqrstuvwxy", "‹redacted: 39 bytes›");
    becomes("abc8Q~0123456789abcdefghij0123456789abcd", "‹redacted: 40 bytes›");
    becomes("glpat-0123456789abcdefghij", "‹redacted: 26 bytes›");
    stays("southeastasia AKIA eastASIA0123456789ABCDEF ghp_short xoxb-1 XAKIA0123456789ABCDEF");
}

#[test]
fn private_keys_keep_their_first_and_last_line() {
    becomes(
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----‹redacted: 11 bytes›-----END RSA PRIVATE KEY-----\n",
    );
    for times in 1..4 {
        let line = escaped("\n", times);
        let text =
            format!(r#"{{"k":"-----BEGIN PRIVATE KEY-----{line}MIIE{line}-----END PRIVATE KEY-----{line}","x":"y"}}"#);
        hides(&text, &["MIIE"]);
    }
    hides("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0F\n\nMIIE", &["MIIE"]);
    hides(r#"{"k":"-----BEGIN PRIVATE KEY-----\nMIIE"#, &["MIIE"]);
    stays("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n");
    stays("-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----\n");
}

#[test]
fn private_keys_in_base64_are_told_from_certificates() {
    // "-----BEGIN RSA PRIVATE KEY-----\nMII" and "-----BEGIN CERTIFICATE-----\nMIIB" in base64, by hand of base64(1).
    becomes(r#"{"key":"LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUk="}"#, r#"{"key":"‹redacted: 48 bytes›"}"#);
    stays(r#"{"caBundle":"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI="}"#);
}

#[test]
fn bootstrap_tokens_are_known_near_their_name() {
    becomes("kubeadm join --token abcdef.0123456789abcdef h", "kubeadm join --token ‹redacted: 23 bytes› h");
    becomes(
        "using bootstrap token abcdef.0123456789abcdef now",
        "using bootstrap token abcdef.‹redacted: 16 bytes› now",
    );
    stays("pod abcdef.0123456789abcdef");
    stays("system:bootstrap:abcdef in system:bootstrappers");
}

#[test]
fn bearer_tokens_are_known_without_their_header() {
    becomes("sent Bearer abc123def456ghi789 to", "sent Bearer ‹redacted: 18 bytes› to");
    stays("Bearer authentication-is-required-here");
}
