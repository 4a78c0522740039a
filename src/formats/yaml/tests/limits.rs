//! Depth, aliases and sizes that are too much.

use super::super::{Found, MAX_DEPTH};
use super::{found, json, reasons};

#[test]
fn a_billion_laughs_is_broken_and_quick() {
    let mut text = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for n in 1..30 {
        let last = format!("*a{}", n - 1);
        text += &format!("a{n}: &a{n} [{}]\n", [last.as_str(); 9].join(", "));
    }
    assert!(reasons(&text)[0].contains("aliases expand to more than"), "{:?}", reasons(&text));
}

#[test]
fn merge_keys_count_as_expansion_even_when_nothing_of_them_is_kept() {
    let big = "x".repeat(1 << 20);
    let uses: String = (0..40).map(|n| format!("u{n}: {{<<: *b, k: 1}}\n")).collect();
    assert!(reasons(&format!("b: &b {{k: {big}}}\n{uses}"))[0].contains("more than 16777216 bytes"));
}

#[test]
fn an_alias_of_what_is_around_it_is_broken() {
    assert_eq!(reasons("a: &x {b: *x}\n"), ["line 1: an alias is part of what it stands for"]);
    assert_eq!(reasons("a: &x\n  <<: *x\n"), ["line 2: an alias is part of what it stands for"]);
}

#[test]
fn an_alias_does_not_reach_into_another_document() {
    assert_eq!(reasons("a: &x 1\n---\nb: *x\n"), ["line 3: while parsing node, found unknown anchor"]);
}

#[test]
fn values_nest_as_deeply_as_serde_json_reads_and_no_deeper() {
    let nested = |depth: usize| format!("{}{}\n", "[".repeat(depth), "]".repeat(depth));
    assert!(serde_json::from_str::<serde_json::Value>(&json(&nested(MAX_DEPTH))).is_ok());
    assert_eq!(reasons(&nested(MAX_DEPTH + 1)), ["line 1: nested more than 127 levels deep"]);
    assert_eq!(reasons(&nested(400)).len(), 1);
    assert_eq!(reasons(&format!("{}x\n", "- ".repeat(100_000))), ["line 1: nested more than 127 levels deep"]);
}

#[test]
fn aliases_and_merges_count_their_depth() {
    let deep = |use_: &str| {
        let inner = format!("{}{}", "[".repeat(100), "]".repeat(100));
        let outer = format!("{}{use_}{}", "[".repeat(40), "]".repeat(40));
        format!("a: &x {{v: {inner}}}\nb: {outer}\n")
    };
    assert!(reasons(&deep("*x"))[0].contains("levels deep"));
    assert!(reasons(&deep("{<<: *x}"))[0].contains("levels deep"));
    assert!(reasons(&deep("1")).is_empty());
}

#[test]
fn an_item_that_is_refused_does_not_hide_the_next() {
    let text = format!("kind: List\nitems:\n- a: 1\n- {}x\n- b: 2\n", "- ".repeat(200));
    let all = found(&text);
    assert!(matches!(&all[0], Found::Document(d) if d.json == r#"{"a":1}"#));
    assert!(
        matches!(&all[1], Found::Broken { at, .. } if text[at.clone()].starts_with("- - ") && text[at.clone()].ends_with('x'))
    );
    assert!(matches!(&all[2], Found::Document(d) if d.json == r#"{"b":2}"#));
    assert_eq!(all.len(), 3);
}

#[test]
fn an_item_may_be_as_deep_as_a_document() {
    let item = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert!(reasons(&format!("kind: List\nitems:\n- {item}\n")).is_empty());
    assert_eq!(reasons(&format!("kind: Other\nitems:\n- {item}\n")).len(), 1);
}
