//! Places behind the names of files: lines of members, revisions of a database, messages and rows.

use std::fs::File;
use std::path::Path;

use super::{Explained, Outcome, explain};

/// Explains a place of a specimen; None where the specimens are not.
fn at(specimen: &str, place: &str) -> Option<Option<Explained>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/formats").join(specimen);
    let file = File::open(&path).ok()?;
    let name = specimen.rsplit('/').next().unwrap();
    Some(explain(Box::new(file), place, name, &std::env::temp_dir(), &str::to_owned).unwrap())
}

/// Table, and the values of some columns.
fn row<'a>(found: &'a Explained, names: &[&str]) -> (&'a str, Vec<String>) {
    let Outcome::Row { table, columns, .. } = &found.outcome else { panic!("{:?}", found.outcome) };
    let value =
        |name: &&str| columns.iter().find(|(known, _)| known == name).map_or("-", |(_, value)| value).to_owned();
    (table, names.iter().map(value).collect())
}

#[test]
fn a_line_of_a_member_is_explained() {
    let Some(found) = at("archives/support-bundle.zip", "!support-bundle/notes.txt:1") else { return };
    let found = found.unwrap();
    assert_eq!(row(&found, &["file", "line", "text"]).1, ["notes.txt", "1", "free text of a person"]);
    assert_eq!((found.line, found.envelope.as_str(), found.at.clone()), (1, "text", 0..21));
    assert_eq!(found.steps[0], "member 3 of a zip archive: support-bundle/notes.txt");
    assert!(found.steps[1].starts_with("payload text-line: "), "{:?}", found.steps);
    for place in
        ["", ":1", "!support-bundle/notes.txt:2", "!notes.txt", "!support-bundle", "!support-bundle/notes.txt:x"]
    {
        assert_eq!(at("archives/support-bundle.zip", place).unwrap(), None, "{place}");
    }
}

#[test]
fn a_member_of_a_member_is_named_by_both() {
    let Some(found) = at("archives/zip-in-tar-gz.tar.gz", "!inner.zip!pods.json") else { return };
    let found = found.unwrap();
    assert_eq!(
        row(&found, &["kind", "namespace", "name"]),
        ("object", ["Pod", "shop", "cart-0"].map(str::to_owned).to_vec())
    );
    assert_eq!(found.steps[..2], ["member 1 of a tar archive: inner.zip", "member 1 of a zip archive: pods.json"]);
    let Outcome::Row { fields, .. } = &found.outcome else { unreachable!() };
    assert!(fields.iter().any(|(path, value, at)| path == "metadata.name" && value == "cart-0" && at[0] == "name"));
}

#[test]
fn a_member_that_is_no_file_says_why() {
    let Some(found) = at("archives/links-and-devices.tar", "!bundle/current") else { return };
    let Outcome::Reject { reason, .. } = found.unwrap().outcome else { panic!() };
    assert_eq!(reason, "member bundle/current: a link to /etc/passwd, not followed");
}

#[test]
fn a_revision_is_found_by_its_number_and_a_key_by_its_name() {
    let Some(found) = at("etcd/snapshot.db.gz", ":308") else { return };
    let found = found.unwrap();
    assert_eq!(row(&found, &["kind", "name", "revision"]).1, ["Namespace", "web", "308"]);
    assert_eq!((found.line, found.envelope.as_str()), (0, "etcd-snapshot"));
    assert_eq!(found.steps, ["etcd key /registry/namespaces/web, revision 308: the newest, stored as protobuf"]);
    let key = "!/registry/deployments/web/front";
    let newest = at("etcd/snapshot.db.gz", key).unwrap().unwrap();
    assert_eq!(row(&newest, &["revision", "superseded"]).1, ["604", "false"]);
    let first = at("etcd/snapshot.db.gz", &format!("{key}:516")).unwrap().unwrap();
    assert_eq!(row(&first, &["revision", "superseded"]).1, ["516", "true"]);
    assert!(first.steps[0].contains("revision 516: superseded by a later one"), "{:?}", first.steps);
    for place in [":1", "!/registry/deployments/web/fron", &format!("{key}:308"), "web"] {
        assert_eq!(at("etcd/snapshot.db.gz", place).unwrap(), None, "{place}");
    }
}

#[test]
fn messages_and_rows_are_counted_from_one() {
    for specimen in ["captures/null.avro", "captures/deflate.avro"] {
        let Some(found) = at(specimen, ":1") else { return };
        let found = found.unwrap();
        assert_eq!(row(&found, &["category"]), ("audit", vec!["kube-audit".to_owned()]));
        assert_eq!(found.steps[0], "envelope event-hub-capture: message 1 of the file");
        assert!(found.steps.iter().any(|step| step.starts_with("wrapping records")), "{:?}", found.steps);
        assert_eq!(at(specimen, ":99").unwrap(), None);
    }
    let third = at("parquet/explorer-part.parquet", ":3").unwrap().unwrap();
    assert_eq!(row(&third, &["verb", "response_code"]), ("audit", vec!["create".to_owned(), "201".to_owned()]));
    let first = at("parquet/explorer-part.parquet", "").unwrap().unwrap();
    assert_eq!(row(&first, &["verb"]).1, ["list"]);
    assert!(first.steps.iter().any(|step| step.starts_with("payload aks-audit")), "{:?}", first.steps);
    assert_ne!(first.at, third.at, "each has the bytes of its row group");
    assert_eq!(at("parquet/explorer-part.parquet", ":4").unwrap(), None);
}
