//! JSON in JSON, escaped once and more.

use super::*;

const SECRET: &str = r#"{"kind":"Secret","data":{"word":"aHVudGVyMg=="}}"#;
const POD: &str = r#"{"spec":{"containers":[{"env":[{"name":"A","value":"hunter2"}]}]}}"#;

#[test]
fn objects_are_read_at_any_depth_of_escaping() {
    for times in 0..6 {
        hides(&escaped(SECRET, times), &["aHVudGVyMg=="]);
        hides(&escaped(POD, times), &["hunter2"]);
    }
}

#[test]
fn an_event_in_an_envelope_of_azure_is_read() {
    for times in 1..5 {
        let event = format!(r#"{{"kind":"Event","objectRef":{{"resource":"secrets"}},"requestObject":{SECRET}}}"#);
        let envelope = format!(r#"{{"category":"kube-audit","properties":{{"log":"{}"}}}}"#, escaped(&event, 1));
        let text = escaped(&envelope, times - 1);
        let out = hides(&text, &["aHVudGVyMg=="]);
        assert_eq!(out, text.replace("aHVudGVyMg==", "‹redacted: 12 bytes›"));
    }
}

#[test]
fn slashes_may_be_escaped_as_azure_does() {
    hides(
        r#"{"properties":{"log":"{\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io\/last-applied-configuration\":\"{\\\"kind\\\":\\\"Pod\\\"}\\n\",\"a\":\"b\"}}}"}}"#,
        &["Pod"],
    );
}

#[test]
fn the_last_applied_object_is_hidden_as_a_whole() {
    becomes(
        r#"{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"kind\":\"Deployment\"}\n","other":"kept"}}"#,
        r#"{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"‹redacted: 27 bytes›","other":"kept"}}"#,
    );
    let annotations =
        r#"{"kubectl.kubernetes.io/last-applied-configuration":"{\"image\":\"web\",\"say\":\"\\\"x\\\"\"}","k":"v"}"#;
    for times in 1..5 {
        let text = format!(r#"{{"log":"{}","after":"kept"}}"#, escaped(annotations, times));
        let out = hides(&text, &["image", "web", "say"]);
        assert!(out.ends_with(r#"","after":"kept"}"#) && out.contains("last-applied-configuration"), "{out}");
        serde_json::from_str::<serde_json::Value>(&out).unwrap();
    }
}

#[test]
fn the_fields_a_manager_owns_are_no_values() {
    stays(
        r#"{"fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:kubectl.kubernetes.io/last-applied-configuration":{}}}}}"#,
    );
    stays(r#"{"kind":"Secret","metadata":{"managedFields":[{"fieldsV1":{"f:data":{".":{},"f:password":{}}}}]}}"#);
}

#[test]
fn cells_of_csv_double_their_quotes() {
    becomes(
        r#"a,"{""kind"":""Secret"",""data"":{""word"":""QUJD"",""none"":""""}}",b"#,
        r#"a,"{""kind"":""Secret"",""data"":{""word"":""‹redacted: 4 bytes›"",""none"":""""}}",b"#,
    );
    hides(r#"1,"{""password"":""hunter2"",""user"":""u""}",x"#, &["hunter2"]);
    hides(r#""{""log"":""{\""kind\"":\""Secret\"",\""data\"":{\""a\"":\""aHVudGVyMg==\""}}""}",x"#, &["aHVudGVyMg=="]);
    let rows =
        "time,body\nt1,\"{\"\"env\"\":[{\"\"name\"\":\"\"A\"\",\"\"value\"\":\"\"hunter2\"\"}]}\"\nt2,\"\"\nt3,plain\n";
    assert_eq!(hides(rows, &["hunter2"]), rows.replace("hunter2", "‹redacted: 7 bytes›"));
}

#[test]
fn numbers_become_texts_of_the_same_depth() {
    becomes(r#"{"password":12345,"a":1}"#, r#"{"password":"‹redacted: 5 bytes›","a":1}"#);
    becomes(r#"{"log":"{\"password\":12345}"}"#, r#"{"log":"{\"password\":\"‹redacted: 5 bytes›\"}"}"#);
    stays(r#"{"password":null,"token":true,"apiKey":"","secretKey":false}"#);
}

#[test]
fn members_are_known_by_exact_words() {
    hides(r#"{"Password" : "hunter2"}"#, &["hunter2"]);
    hides("{\n  \"clientSecret\":\n    \"hunter2\"\n}", &["hunter2"]);
    hides(r#"{"m":"{\n  \"client_secret\": \"hunter2\"\n}"}"#, &["hunter2"]);
    becomes(r#"{"password":"a\"b\\","x":"y"}"#, r#"{"password":"‹redacted: 6 bytes›","x":"y"}"#);
    stays(r#"{"passwordProfile":{"forceChange":true},"resetPasswordUrl":"https://example.test"}"#);
}

#[test]
fn quotes_may_be_escaped_by_number_as_dotnet_does() {
    for times in 1..4 {
        let plain = format!(r#"{{"log":"{}"}}"#, escaped(SECRET, 1));
        let text = escaped(&plain.replace("\\\"", "\\u0022"), times - 1);
        let out = hides(&text, &["aHVudGVyMg=="]);
        assert_eq!(out, text.replace("aHVudGVyMg==", "‹redacted: 12 bytes›"));
    }
    hides(
        r#"{"a":"{\u0022env\u0022:[{\u0022name\u0022:\u0022A\u0022,\u0022value\u0022:\u0022hunter2\u0022}]}"}"#,
        &["hunter2"],
    );
    stays(r#"{"a":"say \u0022hello\u0022"}"#);
}
