//! Limits of what is held at once, met by making them small: what came before stays, and one line says what is lost.

use super::{Batch, EVENT, read};
use crate::formats::block::{ENOUGH, MOST};

/// Reads with blocks of 64 KB and records of 1 MB at most.
fn small(content: &str) -> (Batch, String) {
    let before = (ENOUGH.replace(64 << 10), MOST.replace(1 << 20));
    let (batch, content) = read(content.as_bytes());
    ENOUGH.set(before.0);
    MOST.set(before.1);
    (batch, content.format)
}

const REASON: &str = "one record is longer than 1 MB: it and what follows are not read; split the file behind it";

#[test]
fn a_record_that_is_too_long_is_one_reject_with_all_behind_it() {
    let long = "x".repeat(10 << 20);
    let object = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}"#;
    let pretty = "{\n\"kind\":\"Pod\",\n\"apiVersion\":\"v1\",\n\"metadata\":{\"name\":\"a\"}\n}";
    let yaml = "kind: Pod\napiVersion: v1\nmetadata: {name: a}\n";
    let pad = "x".repeat(70 << 10);
    for (format, head, tail) in [
        ("json-lines", format!("{EVENT}\n{{\"a\":\"{pad}\"}}\n"), format!("{{\"a\":\"{long}\"}}\n{EVENT}\n")),
        ("json-lines", format!("{EVENT}\n{object}\n{{\"a\":\"{pad}\"}}\n"), long.clone()),
        (
            "json-documents",
            format!("{pretty}\n{{\n\"a\":\"{pad}\"}}\n"),
            format!("{{\n\"a\":\"{long}\"\n}}\n{pretty}\n"),
        ),
        ("json-documents", format!("[\n{EVENT},\n\"{pad}\",\n"), format!("{{\"a\":\"{long}\"}},\n{EVENT}\n]\n")),
        (
            "csv",
            format!("TimeGenerated,AuditId,Verb,Note\n1,a,list,{pad}\n"),
            format!("1,b,list,\"{long}\"\n1,c,list,\n"),
        ),
        ("yaml", format!("{yaml}---\na: {pad}\n---\n"), format!("a: {long}\n---\n{yaml}")),
        ("text", format!("one\n{pad}\n"), format!("{long}\nlast\n")),
    ] {
        let (batch, found) = small(&(head.clone() + &tail));
        assert_eq!(found, format);
        let last = batch.rejects.last().unwrap();
        let short = |batch: &Batch| batch.rejects.iter().map(|r| (r.offset, r.reason.clone())).collect::<Vec<_>>();
        assert_eq!(last.reason, REASON, "{format}: {:?}", short(&batch));
        assert_eq!((last.offset + last.length) as usize, head.len() + tail.len(), "{format}");
        assert!(last.offset as usize >= head.len() - 8 && last.offset as usize <= head.len() + 8, "{format}");
        let (alone, _) = small(&head);
        // An array that is cut is a reject more, and so is a document of which only the marker is left.
        assert!(batch.read >= alone.read, "{format}: {:?} and alone {:?}", short(&batch), short(&alone));
        assert!(batch.audit.num_rows() + batch.object.num_rows() + batch.sheets.len() > 0, "{format}");
    }
}

#[test]
fn a_record_as_long_as_may_be_is_read() {
    let body = "x".repeat(900 << 10);
    let event = EVENT.replace("\"annotations\":{", &format!("\"annotations\":{{\"a\":\"{body}\","));
    let (batch, _) = small(&format!("{event}\n{event}\n"));
    assert_eq!((batch.audit.num_rows(), batch.rejects.len()), (2, 0));
}
