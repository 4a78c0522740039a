//! Lists: every item a document with its own bytes.

use super::super::Found;
use super::{found, json, pieces, whole};

fn owned(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    pairs.iter().map(|(bytes, json)| (*bytes, (*json).to_owned())).collect()
}

#[test]
fn the_example_of_the_reference_is_a_pod_of_a_typed_list() {
    let text = "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: cart-0, namespace: shop, uid: 0d0d}\n  spec: {hostPID: true, containers: [{name: c, image: cart:1, securityContext: {privileged: true}}]}\n";
    let all = whole(text);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].list, Some(("Pod".to_owned(), "v1".to_owned())));
    assert_eq!(all[0].line, 4);
    assert!(text[all[0].at.clone()].starts_with("metadata: {name") && text[all[0].at.clone()].ends_with("true}}]}"));
    assert_eq!(
        all[0].json,
        r#"{"metadata":{"name":"cart-0","namespace":"shop","uid":"0d0d"},"spec":{"hostPID":true,"containers":[{"name":"c","image":"cart:1","securityContext":{"privileged":true}}]}}"#
    );
}

#[test]
fn a_plain_list_gives_its_items_with_their_own_bytes() {
    let text = "apiVersion: v1\nitems:\n- kind: Pod # first\n  a:\n# between\n-   kind: Node\n    b: |\n      x\n\n- [c]\n-\n- 'd'  # last\nkind: List\nmetadata:\n  resourceVersion: \"\"\n";
    assert_eq!(
        pieces(text),
        owned(&[
            ("kind: Pod # first\n  a:", r#"{"kind":"Pod","a":null}"#),
            ("kind: Node\n    b: |\n      x", r#"{"kind":"Node","b":"x\n"}"#),
            ("[c]", r#"["c"]"#),
            ("", "null"),
            ("'d'  # last", r#""d""#),
        ])
    );
    assert!(whole(text).iter().all(|document| document.list.is_none()));
    assert_eq!(whole(text).iter().map(|document| document.line).collect::<Vec<_>>(), [3, 6, 10, 11, 12]);
}

#[test]
fn flow_style_and_json_lists_are_taken_apart_too() {
    let text = "{\"kind\": \"PodList\", \"apiVersion\": \"v1\", \"items\": [{\"a\": 1}, {\"b\": [2]} ]}\n";
    assert_eq!(pieces(text), owned(&[("{\"a\": 1}", r#"{"a":1}"#), ("{\"b\": [2]}", r#"{"b":[2]}"#)]));
    assert_eq!(whole(text)[0].list, Some(("Pod".to_owned(), "v1".to_owned())));
}

#[test]
fn a_comma_before_the_brace_does_not_shorten_an_item() {
    let text = "kind: List\nitems: [{a: 1,}, {b: 2 , # c }\n}, {c: [d,], }, ]\n";
    let bytes: Vec<&str> = pieces(text).into_iter().map(|(bytes, _)| bytes).collect();
    assert_eq!(bytes, ["{a: 1,}", "{b: 2 , # c }\n}", "{c: [d,], }"]);
}

#[test]
fn a_list_among_documents_and_an_empty_one() {
    let text = "kind: A\n---\nkind: List\nitems: []\n---\nkind: BList\nitems:\n- x: 1\n---\nkind: C\n";
    let all: Vec<String> = whole(text).into_iter().map(|document| document.json).collect();
    assert_eq!(all, [r#"{"kind":"A"}"#, r#"{"x":1}"#, r#"{"kind":"C"}"#]);
}

#[test]
fn what_only_looks_like_a_list_is_one_document() {
    for text in [
        "kind: AllowList\nmetadata: {name: mine}\nitems: [1]\n",
        "kind: Menu\nitems:\n- a\n",
        "items:\n- a\n",
        "kind: PodList\nitems:\n",
        "kind: PodList\nspec:\n  items:\n  - a\n",
        "x: {kind: PodList}\nitems: [a]\n",
    ] {
        assert_eq!(whole(text).len(), 1, "{text}");
        assert_eq!(whole(text)[0].at, 0..text.trim_end().len());
    }
    assert_eq!(json("kind: Menu\nitems:\n- a\n"), r#"{"kind":"Menu","items":["a"]}"#);
}

#[test]
fn anchors_reach_from_item_to_item() {
    let text = "kind: List\nitems:\n- a: &x {p: 1}\n- *x\n- b: *x\n";
    let all: Vec<String> = whole(text).into_iter().map(|document| document.json).collect();
    assert_eq!(all, [r#"{"a":{"p":1}}"#, r#"{"p":1}"#, r#"{"b":{"p":1}}"#]);
}

#[test]
fn items_before_the_damage_are_kept() {
    let text = "apiVersion: v1\nitems:\n- a: 1\n- b: 2\n- c: [3\n- d: 4\nkind: List\n---\nkind: Next\n";
    assert_eq!(
        pieces(text),
        owned(&[
            ("a: 1", r#"{"a":1}"#),
            ("b: 2", r#"{"b":2}"#),
            ("- c: [3\n- d: 4\nkind: List", "!"),
            ("kind: Next", r#"{"kind":"Next"}"#),
        ])
    );
    let all = found(text);
    assert!(matches!(&all[0], Found::Document(d) if d.oddities == ["the list breaks before it says its kind"]));
    assert!(matches!(&all[2], Found::Broken { line: 5, reason, .. } if reason.starts_with("line 6: ")));
}

#[test]
fn a_list_cut_at_the_end_of_a_line_is_a_list() {
    let all = whole("apiVersion: v1\nitems:\n- kind: Pod\n  a: 1\n- kind: Pod\n");
    let json: Vec<&str> = all.iter().map(|document| document.json.as_str()).collect();
    assert_eq!(json, [r#"{"kind":"Pod","a":1}"#, r#"{"kind":"Pod"}"#]);
    assert_eq!(all[1].oddities, ["the list ends before it says its kind, its last item may be cut"]);
    assert_eq!(all[1].list, None);
}

#[test]
fn a_list_that_said_its_kind_before_the_damage_has_it() {
    let text = "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- a: 1\n- b: 'cut";
    let all = found(text);
    assert!(
        matches!(&all[0], Found::Document(d) if d.list == Some(("Deployment".into(), "apps/v1".into())) && d.oddities.is_empty())
    );
    assert!(matches!(&all[1], Found::Broken { at, .. } if &text[at.clone()] == "- b: 'cut"));
}

#[test]
fn a_broken_document_of_another_kind_is_broken_as_a_whole() {
    assert_eq!(pieces("kind: Menu\nitems:\n- a\n- 'b\n"), owned(&[("kind: Menu\nitems:\n- a\n- 'b", "!")]));
}

#[test]
fn oddities_belong_to_their_item() {
    let all = whole("kind: List\nkind: List\nitems:\n- a: no\n- b: 1\n- c: off\n");
    assert_eq!(all[0].oddities.len(), 2);
    assert!(all[0].oddities[0].contains("\"kind\" comes twice"));
    assert_eq!(all[1].oddities, [""; 0]);
    assert_eq!(all[2].oddities, ["line 6: `off` is read as false, YAML 1.2 has a string"]);
}
