//! Plain words, as the API server reads them.

use super::{json, oddities, reasons};

/// Each as `sigs.k8s.io/yaml` reads it, numbers as they were written where JSON allows.
const PLAIN: &[(&str, &str)] = &[
    ("y", "true"),
    ("Yes", "true"),
    ("ON", "true"),
    ("TRUE", "true"),
    ("n", "false"),
    ("NO", "false"),
    ("Off", "false"),
    ("False", "false"),
    ("yEs", r#""yEs""#),
    ("tRUE", r#""tRUE""#),
    ("oN", r#""oN""#),
    ("~", "null"),
    ("Null", "null"),
    ("nUll", r#""nUll""#),
    ("0644", "420"),
    ("-0644", "-420"),
    ("0o17", "15"),
    ("0O17", "15"),
    ("0x1F", "31"),
    ("0x_1F", "31"),
    ("0b101", "5"),
    ("-0b101", "-5"),
    ("0b-1", "-1"),
    ("-0b-1", r#""-0b-1""#),
    ("0b12", r#""0b12""#),
    ("0x", r#""0x""#),
    ("08", "8"),
    ("0899", "899"),
    ("007", "7"),
    ("00", "0"),
    ("-0", "0"),
    ("+12", "12"),
    ("1_000", "1000"),
    ("12_", "12"),
    ("_1", r#""_1""#),
    ("1_000.5", "1000.5"),
    ("1e3", "1e3"),
    ("1.50", "1.50"),
    (".5", "0.5"),
    ("-.5e-2", "-0.5e-2"),
    (".5_0", "0.50"),
    (".5__0", r#"".5__0""#),
    ("._5", r#""._5""#),
    ("5.", "5"),
    ("00.5", "0.5"),
    ("1e", r#""1e""#),
    ("1.2.3", r#""1.2.3""#),
    ("+", r#""+""#),
    (".", r#"".""#),
    ("1:30", r#""1:30""#),
    ("12:30:45", r#""12:30:45""#),
    ("2031-04-05", r#""2031-04-05""#),
    ("2031-04-05T06:07:08Z", r#""2031-04-05T06:07:08Z""#),
    ("9223372036854775807", "9223372036854775807"),
    ("18446744073709551615", "18446744073709551615"),
    ("-9223372036854775808", "-9223372036854775808"),
    ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"),
    ("0x1FFFFFFFFFFFFFFFF", r#""0x1FFFFFFFFFFFFFFFF""#),
    ("1e309", r#""1e309""#),
    ("100m", r#""100m""#),
    ("1Gi", r#""1Gi""#),
    ("10.0.0.0/8", r#""10.0.0.0/8""#),
    ("nan", r#""nan""#),
    ("é", r#""é""#),
];

#[test]
fn plain_scalars_mean_what_kubernetes_reads() {
    for (plain, expected) in PLAIN {
        assert_eq!(json(&format!("a: {plain}\n")), format!(r#"{{"a":{expected}}}"#));
        assert_eq!(json(&format!("[{plain}]\n")), format!("[{expected}]"));
    }
}

#[test]
fn quotes_and_the_tag_str_make_text() {
    for (plain, _) in PLAIN {
        let text = format!(r#"{{"a":"{plain}"}}"#);
        assert_eq!(json(&format!("a: '{plain}'\n")), text);
        assert_eq!(json(&format!("a: \"{plain}\"\n")), text);
        assert_eq!(json(&format!("a: !!str {plain}\n")), text);
        assert_eq!(json(&format!("a: ! {plain}\n")), text);
    }
}

#[test]
fn numbers_that_json_or_64_bits_do_not_hold_are_kept_and_noted() {
    assert_eq!(json("a: [.inf, -.INF, .nan]\n"), r#"{"a":[".inf","-.INF",".nan"]}"#);
    assert_eq!(oddities("a: .inf\n"), ["line 1: `.inf` is no number in JSON and kept as text, Kubernetes refuses it"]);
    assert_eq!(json("a: -123456789012345678901234567890\n"), r#"{"a":-123456789012345678901234567890}"#);
    assert_eq!(oddities("a: 18446744073709551616\n").len(), 1);
}

#[test]
fn what_the_versions_of_yaml_read_otherwise_is_noted() {
    for (plain, note) in [
        ("no", "`no` is read as false, YAML 1.2 has a string"),
        ("0644", "`0644` is read as 420, YAML 1.2 has 644"),
        ("-010", "`-010` is read as -8, YAML 1.2 has -10"),
        ("0o17", "`0o17` is read as 15, YAML 1.1 has a string"),
        ("0b1", "`0b1` is read as 1, YAML 1.2 has a string"),
        ("-0x1F", "`-0x1F` is read as -31, YAML 1.2 has a string"),
        ("0X1F", "`0X1F` is read as 31, YAML has a string"),
        ("1_000", "`1_000` is read as 1000, YAML 1.2 has a string"),
        ("08", "`08` is read as 8, YAML 1.1 has a string"),
        ("1e3", "`1e3` is read as a number, YAML 1.1 has a string"),
        ("1:30", "`1:30` is text, YAML 1.1 has a number to base 60"),
        ("1e309", "`1e309` is larger than any float and read as text"),
    ] {
        assert_eq!(oddities(&format!("b:\n  a: {plain}\n")), [format!("line 2: {note}")]);
    }
    for plain in ["true", "False", "~", "0", "00", "007", "12", "-5", "1.5", ".5", "1.5e+3", "0x1F", "text", "1.2.3"] {
        assert_eq!(oddities(&format!("a: {plain}\n")), [""; 0], "{plain}");
    }
}

#[test]
fn oddities_come_once_and_not_without_end() {
    assert_eq!(oddities("- 0644\n- 0644\n- 0644\n").len(), 1);
    let many: String = (10..40).map(|n| format!("- 0{n}\n")).collect();
    let all = oddities(&many);
    assert_eq!(all.len(), 9);
    assert_eq!(all[8], "further oddities are not listed");
}

#[test]
fn keys_are_text_as_sigs_yaml_writes_them() {
    assert_eq!(json("1: a\n0644: b\non: c\n1.50: d\n1e6: e\n0.00001: f\n"), {
        r#"{"1":"a","420":"b","true":"c","1.5":"d","1e+06":"e","1e-05":"f"}"#
    });
    assert_eq!(oddities("on: push\n"), ["line 1: key `on` is read as true, YAML 1.2 has a string"]);
    assert_eq!(oddities("1.50: x\n"), ["line 1: key `1.50` is read as the number 1.5"]);
    assert_eq!(oddities("1: x\n\"on\": z\n"), [""; 0]);
}

#[test]
fn keys_that_json_cannot_have_break_the_document() {
    assert_eq!(reasons("a: 1\n~: x\n"), ["line 2: null is the key of a mapping"]);
    assert_eq!(reasons("? [a]\n: b\n"), ["line 1: a sequence is the key of a mapping"]);
    assert_eq!(reasons("? {a: b}\n: c\n"), ["line 1: a mapping is the key of a mapping"]);
}

#[test]
fn a_key_that_comes_twice_is_kept_twice() {
    assert_eq!(json("a: 1\nb: 2\na: 3\n"), r#"{"a":1,"b":2,"a":3}"#);
    assert_eq!(oddities("a: 1\nb: 2\na: 3\n"), ["line 3: key \"a\" comes twice, Kubernetes takes the last"]);
    let many: String = (0..40).chain([7]).map(|n| format!("k{n}: x\n")).collect();
    assert_eq!(oddities(&many), ["line 41: key \"k7\" comes twice, Kubernetes takes the last"]);
}

#[test]
fn tags_are_obeyed_or_noted() {
    assert_eq!(
        json("a: !!int '5'\nb: !!float 5\nc: !!bool 'yes'\nd: !!null ''\n"),
        r#"{"a":5,"b":5,"c":true,"d":null}"#
    );
    assert_eq!(json("a: !<tag:yaml.org,2002:int> '5'\n"), r#"{"a":5}"#);
    assert_eq!(json("a: !!binary aGVsbG8=\n"), r#"{"a":"aGVsbG8="}"#);
    assert_eq!(json("a: !mine 12\n"), r#"{"a":"12"}"#);
    assert_eq!(json("a: !!int x\n"), r#"{"a":"x"}"#);
    assert_eq!(oddities("a: !!int x\n"), ["line 1: `x` is no !!int to Kubernetes and kept as text"]);
    assert_eq!(oddities("a: !mine 12\n"), ["line 1: !mine is a tag that Kubernetes does not know, its value is text"]);
    assert_eq!(oddities("--- !mine\na: 1\n"), ["line 1: `!mine` is a tag that Kubernetes does not know"]);
}

#[test]
fn escapes_become_json_escapes() {
    assert_eq!(json(r#"a: "\x41\u00e9\U0001F600\t\0\"\\\e""#), r#"{"a":"Aé😀\t\u0000\"\\\u001b"}"#);
    assert_eq!(json("a: 'it''s \"x\" \\n'\n"), r#"{"a":"it's \"x\" \\n"}"#);
}
