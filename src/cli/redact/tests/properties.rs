//! What holds of any text.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Texts made of what the rules look for, so that rules meet each other.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "\"",
        "\\\"",
        "\\\\\\\"",
        "\"\"",
        "'",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "=",
        "\\",
        "\\n",
        "\\u0026",
        "\\u0022",
        " ",
        "\n",
        "  ",
        "\0",
        "-",
        "&",
        ";",
        "+",
        "%20",
        "%3D",
        "%3A",
        "kind",
        "Secret",
        "data",
        "stringData",
        "env",
        "value",
        "name",
        "path",
        "/data/x",
        "/env/0/value",
        "password",
        "token",
        "--password",
        "--token",
        "--env",
        " -e ",
        "-p",
        " -u ",
        "mysql",
        "docker",
        "curl",
        "Authorization",
        "Bearer",
        "Basic",
        "://",
        "u:p@h",
        "%2F%2F",
        "eyJhbGciOiJIUzI1NiJ9",
        ".",
        "sig=",
        "==",
        "AKIA0123456789ABCDEF",
        "-----BEGIN PRIVATE KEY-----",
        "-----END",
        "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0t",
        "kubectl.kubernetes.io/last-applied-configuration",
        "proctitle=",
        "2D2D70617373776F72643D6162",
        "set env ",
        "&command=",
        "A=b",
        "abcdef.0123456789abcdef",
        "bootstrap",
        "‹redacted: 3 bytes›",
        "‹",
        "ä",
        "***",
        "true",
        "12345",
        "resource",
        "secrets",
        "objectRef",
        "auths",
        "auth",
        "kubeconfigs",
        "|",
        "- ",
        "x",
        "QUJD",
        "client_secret",
        "--from-literal=",
        "abc8Q~0123456789abcdefghij0123456789abcd",
        "/",
        "~",
        "<",
        "@",
        "#",
        "a0=",
        "pwd",
        "privateKey",
        "EnvironmentVar",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        pieces().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        prop::sample::select(vec!["Secret", "ConfigMap", "Event", "secrets", "QUJD", "/data/x", "Opaque"])
            .prop_map(Value::from),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "kind",
            "data",
            "stringData",
            "env",
            "name",
            "value",
            "path",
            "type",
            "objectRef",
            "resource",
            "password",
            "token",
            "items",
            "auths",
            "auth",
            "Authorization",
            "kubectl.kubernetes.io/last-applied-configuration",
            "EnvironmentVar",
        ])
        .prop_map(str::to_owned),
        pieces(),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner.clone()), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
            // JSON in a string of JSON.
            inner.prop_map(|value| Value::from(value.to_string())),
        ]
    })
}

/// The same nesting and the same members; leaves may have become texts.
fn same_shape(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            // A name that is a token itself is hidden as any text is.
            right.len() <= left.len()
                && left.iter().all(|(name, value)| match right.get(name) {
                    Some(other) => same_shape(value, other),
                    None => right.keys().any(|name| name.contains('‹')),
                })
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same_shape(left, right))
        }
        (Value::String(_) | Value::Number(_), Value::String(_)) => true,
        (left, right) => left == right,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000)
    ))]

    #[test]
    fn a_second_pass_changes_nothing(text in pieces()) {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once), once.as_str());
        for column in ["request_object", "EnvironmentVar", "proctitle", "password"] {
            let once = redact_column(None, column, &text).into_owned();
            prop_assert_eq!(redact_column(None, column, &once), once.as_str());
        }
    }

    #[test]
    fn json_stays_json_of_the_same_shape(document in documents(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) }.unwrap();
        for out in [redact(&text), redact_column(None, "request_object", &text)] {
            let read: Value = serde_json::from_str(&out).map_err(|error| TestCaseError::fail(format!("{error}: {text} -> {out}")))?;
            prop_assert!(same_shape(&document, &read), "{} -> {}", text, out);
        }
    }

    #[test]
    fn data_of_a_secret_never_shows(document in documents(), front in any::<bool>(), times in 0usize..4) {
        let mut body = serde_json::Map::new();
        let data = serde_json::json!({"a": "emVicmFaZWJyYQ=="});
        if front {
            body.insert("data".into(), data.clone());
        }
        body.insert("kind".into(), "Secret".into());
        body.insert("metadata".into(), document);
        if !front {
            body.insert("spare".into(), data);
        }
        let text = escaped(&serde_json::to_string(&body).unwrap().replace("\"spare\"", "\"data\""), times);
        let text = if times > 0 { format!("{{\"log\":\"{text}\"}}") } else { text };
        prop_assert!(!redact(&text).contains("emVicmFaZWJyYQ=="), "{}", text);
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200), text in pieces()) {
        let mut all = bytes.clone();
        all.extend_from_slice(text.as_bytes());
        all.extend_from_slice(&bytes);
        let once = redact_bytes(&all).into_owned();
        prop_assert_eq!(redact_bytes(&once).into_owned(), once);
    }
}
