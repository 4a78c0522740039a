//! Documents, their markers and their places.

use super::super::{Found, cut, ends};
use super::{found, json, pieces, reasons, whole};

#[test]
fn documents_have_their_bytes_and_lines() {
    let text = "# head\na: 1 # tail\n# foot\n---\n\n---\n  b: é\n  c:\n...\n# between\n--- {d: 2}  \n--- |\n text\n--- # none\n";
    let all: Vec<(&str, u64, String)> = whole(text).into_iter().map(|d| (&text[d.at], d.line, d.json)).collect();
    let expected = [
        ("a: 1", 2, r#"{"a":1}"#),
        ("b: é\n  c:", 7, r#"{"b":"é","c":null}"#),
        ("{d: 2}", 11, r#"{"d":2}"#),
        ("|\n text", 12, r#""text\n""#),
    ];
    assert_eq!(all, expected.map(|(bytes, line, json)| (bytes, line, json.to_owned())));
}

#[test]
fn nothing_is_found_in_nothing() {
    for text in ["", "\n", "---\n", "---\n---\n...\n", "# only\n", "--- # c\n", "\u{feff}", "%YAML 1.1\n---\n"] {
        assert_eq!(found(text), [], "{text:?}");
    }
    assert_eq!(json("~\n"), "null");
    assert_eq!(json("--- null\n"), "null");
}

#[test]
fn damage_stays_in_its_document() {
    let text = "a: 1\n---\nb: [\nc: 2\n---\nd: 3\n---\n\te: x: y\n...\nf: 4\n";
    let short: Vec<(&str, String)> = pieces(text);
    assert_eq!(short.len(), 5);
    assert_eq!(short[1], ("b: [\nc: 2", "!".to_owned()));
    assert_eq!(short[2].0, "d: 3");
    assert_eq!(short[3].1, "!");
    assert_eq!(short[4].0, "f: 4");
    assert!(reasons(text)[0].starts_with("line 4: "), "{:?}", reasons(text));
    assert!(reasons(text).iter().all(|reason| !reason.contains('\n') && !reason.ends_with('.')));
}

#[test]
fn a_document_followed_by_what_does_not_belong_is_broken() {
    assert_eq!(pieces("[1, 2] x\n"), [("[1, 2] x", "!".to_owned())]);
    assert_eq!(pieces("{a: b}\n{c: d}\n"), [("{a: b}\n{c: d}", "!".to_owned())]);
}

#[test]
fn line_ends_and_marks_of_windows_change_nothing() {
    let text = "\u{feff}a: 1\r\nb:\r\n  - |\r\n    x\r\n    y\r\n---\r\nc: 'd\r\n  e'\r\n";
    assert_eq!(
        pieces(text).into_iter().map(|(_, json)| json).collect::<Vec<_>>(),
        [r#"{"a":1,"b":["x\ny\n"]}"#, r#"{"c":"d e"}"#]
    );
    assert_eq!(pieces(text)[0].0, "a: 1\r\nb:\r\n  - |\r\n    x\r\n    y");
    assert_eq!(whole(text)[1].line, 7);
}

#[test]
fn directives_stay_with_their_document() {
    let text = "%YAML 1.1\n# c\n---\na: 1\n...\n%TAG !e! tag:e,2031:\n---\nb: !e!x 2\n";
    assert_eq!(pieces(text).into_iter().map(|(_, json)| json).collect::<Vec<_>>(), [r#"{"a":1}"#, r#"{"b":"2"}"#]);
    assert_eq!(reasons("a: 1\n%YAML 1.1\n---\nb: 2\n").len(), 1);
    assert_eq!(reasons("%ÉÉÉ x\n---\na: 1\n"), ["line 1: a directive with characters beyond ASCII"]);
}

#[test]
fn block_scalars_keep_what_their_indicators_say() {
    for (text, expected) in [
        ("a: |\n  x\n  y\n", r#"{"a":"x\ny\n"}"#),
        ("a: |-\n  x\n\n", r#"{"a":"x"}"#),
        ("a: |+\n  x\n\nb: 1\n", r#"{"a":"x\n\n","b":1}"#),
        ("a: >\n  x\n  y\n\n  z\n", r#"{"a":"x y\nz\n"}"#),
        ("a: >-\n  x\n    more\n  y\n", r#"{"a":"x\n  more\ny"}"#),
        ("a: |2\n    x\n   y\n", r#"{"a":"  x\n y\n"}"#),
        ("a: |\n  # no comment\n# comment\nb: 1\n", r##"{"a":"# no comment\n","b":1}"##),
        ("a: |\n  no\n", r#"{"a":"no\n"}"#),
        // Where the text ends without a line break there is none to keep.
        ("a: |\n  x", r#"{"a":"x"}"#),
        ("a: |\n  x\n  ", r#"{"a":"x\n"}"#),
        ("a: |\n    x\n  ", r#"{"a":"x\n"}"#),
        ("a: |+\n  ", r#"{"a":""}"#),
        ("a: |+\n\n\n    ", r#"{"a":"\n\n"}"#),
        ("a: |\n  é", r#"{"a":"é"}"#),
        ("a: 'x\n\n  y'\nb: x\n  y\n", r#"{"a":"x\ny","b":"x y"}"#),
    ] {
        assert_eq!(json(text), expected, "{text:?}");
    }
}

#[test]
fn tabs_separate_but_do_not_indent() {
    let text = "a:\tb\nc:\t\td\ne:\t|\n  f:\tg\n";
    assert_eq!(json(text), r#"{"a":"b","c":"d","e":"f:\tg\n"}"#);
    assert_eq!(pieces(text)[0].0, text.trim_end());
    assert_eq!(json("{\n\t\"a\": [\n\t\t1\n\t]\n}\n"), r#"{"a":[1]}"#);
    assert_eq!(reasons("a:\n\tb: c\n").len(), 1);
}

#[test]
fn a_document_that_is_json_and_no_yaml_is_kept_as_it_is() {
    let text = "a: 1\n---\n{\"b\": \"\\ud83d\\ude00\"}\n---\nc: 2\n";
    let all = whole(text);
    assert_eq!(all[1].json, "{\"b\": \"\\ud83d\\ude00\"}");
    assert_eq!(&text[all[1].at.clone()], all[1].json);
    assert!(all[1].oddities[0].starts_with("read as JSON, since it is no YAML: line 3: "));
    assert_eq!(json("{\"a\": \"\\/\"}\n"), r#"{"a":"/"}"#);
}

#[test]
fn bytes_are_counted_behind_characters_of_many_bytes() {
    let text = format!("a: {}\n---\n# é\nb: \"{}\" # ü\nc: [x, é]\n", "é".repeat(300), "😀".repeat(200));
    let all = whole(&text);
    assert!(text[all[0].at.clone()].starts_with("a: é") && text[all[0].at.clone()].ends_with('é'));
    assert!(text[all[1].at.clone()].starts_with("b: \"😀") && text[all[1].at.clone()].ends_with("[x, é]"));
    assert_eq!(all[1].line, 4);
}

#[test]
fn text_is_cut_where_documents_end() {
    for (held, expected) in [
        ("", None),
        ("a: 1\n", None),
        ("---\na: 1\n", None),
        ("a: 1\n---", None),
        ("a: 1\n---\n", Some(5)),
        ("a: 1\n--- x\nb", Some(5)),
        ("a: 1\n---x\n", None),
        ("a: 1\n...\n", Some(9)),
        ("a: 1\n...", None),
        ("a: 1\n...\r", None),
        ("a: 1\r\n...\r\n", Some(11)),
        ("a\n---\nb\n---\nc\n", Some(8)),
        // Directives and comments stay with the document that follows them.
        ("%YAML 1.1\n# c\n---\na: 1\n", None),
        ("a\n...\n%YAML 1.1\n---\nb\n", Some(6)),
        ("\u{feff}---\na: 1\n", None),
        ("a: |\n  ---\n  ...\n", None),
    ] {
        assert_eq!(cut(held.as_bytes()), expected, "{held:?}");
    }
}

#[test]
fn a_broken_part_has_the_line_it_starts_on() {
    let all = found("\n\n# c\na: b\n c: d\n");
    assert!(matches!(&all[0], Found::Broken { at, line: 4, .. } if *at == (6..16)), "{all:?}");
}

#[test]
fn what_is_no_text_is_cut_where_text_is() {
    // `----` is no marker, and `...` is one.
    let content = b"a: 1\n----1\nb: 2\n---\nc: \xff\n...\nd: 3\n";
    assert_eq!(ends(content), [16, 29]);
    assert_eq!(cut(content), Some(29));
}
