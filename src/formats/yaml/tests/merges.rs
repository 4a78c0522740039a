//! Anchors, aliases and merge keys.

use super::{json, oddities, reasons};

#[test]
fn aliases_are_copies() {
    assert_eq!(json("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n"), r#"{"a":{"b":1},"c":{"b":1},"d":[{"b":1},{"b":1}]}"#);
    assert_eq!(json("a: &x 1\nb: &x 2\nc: *x\n"), r#"{"a":1,"b":2,"c":2}"#);
    assert_eq!(json("&k 1: a\nb: *k\n*k : c\n"), r#"{"1":"a","b":1,"1":"c"}"#);
}

#[test]
fn a_key_behind_the_merge_key_wins_over_what_is_merged() {
    assert_eq!(json("x: &x {a: 1, b: 2}\nz:\n  <<: *x\n  b: 3\n"), r#"{"x":{"a":1,"b":2},"z":{"b":3,"a":1}}"#);
}

#[test]
fn what_is_merged_wins_over_a_key_before_and_both_are_kept() {
    let text = "x: &x {a: 1, b: 2}\nz:\n  b: 3\n  <<: *x\n";
    assert_eq!(json(text), r#"{"x":{"a":1,"b":2},"z":{"b":3,"a":1,"b":2}}"#);
    assert!(oddities(text)[1].ends_with("key \"b\" comes before `<<` and in it, Kubernetes takes the merged"));
}

#[test]
fn the_first_mapping_of_a_sequence_wins_and_the_last_merge_key() {
    let heads = "x: &x {a: 1}\nw: &w {a: 2, c: 3}\n";
    let written = r#""x":{"a":1},"w":{"a":2,"c":3}"#;
    assert_eq!(json(&format!("{heads}z: {{<<: [*x, *w]}}\n")), format!(r#"{{{written},"z":{{"a":1,"c":3}}}}"#));
    assert_eq!(json(&format!("{heads}z:\n  <<: *x\n  <<: *w\n")), format!(r#"{{{written},"z":{{"a":2,"c":3}}}}"#));
}

#[test]
fn mappings_may_stand_in_merge_keys_themselves() {
    assert_eq!(json("<<: {<<: {a: 1}, b: 2}\nc: 3\n"), r#"{"c":3,"b":2,"a":1}"#);
    assert_eq!(json("a: {<<: {b: &q {k: 'x,}'}}, c: *q}\n"), r#"{"a":{"c":{"k":"x,}"},"b":{"k":"x,}"}}}"#);
    assert_eq!(json("a: {<<: {}}\nb: {<<: []}\n"), r#"{"a":{},"b":{}}"#);
}

#[test]
fn a_quoted_merge_key_is_a_key() {
    assert_eq!(json("\"<<\": {a: 1}\n"), r#"{"<<":{"a":1}}"#);
}

#[test]
fn merging_what_is_no_mapping_breaks_the_document() {
    for text in ["<<: 1\n", "<<:\n", "<<: [1]\n", "x: &x []\na: {<<: *x}\n", "x: &x 1\na: {<<: [*x]}\n"] {
        assert!(reasons(text)[0].ends_with("the value of a merge key is no mapping"), "{text}");
    }
}
