//! What looks like YAML and what does not.

use super::super::{Fit, looks_like};

#[test]
fn manifests_lists_and_marked_documents_are_sure() {
    for head in [
        "apiVersion: v1\nkind: Pod\n",
        "kind: Pod\n",
        "\u{feff}# comment\n\n---\r\napiVersion: v1\r\nki",
        "---\nkind: List\nitems:\n",
        "--- # c\n{\"kind\": \"Pod\"}\n",
        "--- {kind: Pod}\n",
        "%YAML 1.1\n---\n",
        "items:\n- metadata:\n    name: x\n",
        "items:\n  - a: 1\n",
        "metadata:\n  name: x\nkind: Pod\n",
        "\"apiVersion\": \"v1\"\n",
        "# Licence\n# more\nkind: Pod",
    ] {
        assert_eq!(looks_like(head.as_bytes()), Fit::Sure, "{head:?}");
    }
}

#[test]
fn other_mappings_and_sequences_are_maybe() {
    for head in
        ["a: 1\nb: 2\n", "metadata:\n  name: x\n", "- a: 1\n", "---\n", "# only comments\n", "items:\n", "--- !t\nx"]
    {
        assert_eq!(looks_like(head.as_bytes()), Fit::Maybe, "{head:?}");
    }
}

#[test]
fn json_logs_tables_and_bytes_are_not() {
    for head in [
        "",
        "{\"kind\":\"Pod\"}",
        "[1]",
        "type=SYSCALL msg=audit(1.2:3): arch=c000003e\n",
        "TimeGenerated,OperationName\n2031-04-05,x\n",
        "I0405 06:07:08.123456       1 main.go:1] kind: Pod\n",
        "2031-04-05T06:07:08Z INFO: started\n",
        "{\"kind\"=>\"Event\"}",
        "--- a/file\n+++ b/file\n",
        "==== START logs for container c of pod a/b ====\n",
        "#!/bin/sh\necho x\n",
        "key: \0\n",
        "error: something failed badly\nand here is why\n",
    ] {
        assert_eq!(looks_like(head.as_bytes()), Fit::No, "{head:?}");
    }
    assert_eq!(looks_like(b"\xff\xfek\0i\0"), Fit::No);
}

#[test]
fn a_character_cut_at_the_end_does_not_matter() {
    assert_eq!(looks_like(b"kind: Pod\nname: \xc3"), Fit::Sure);
}
