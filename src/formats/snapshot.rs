//! An etcd database as rows of table `object`: every revision that is stored, deletions among them.

use std::collections::HashMap;
use std::io::{Read, Seek};

use super::Item;
use super::block::Content;
use super::etcd::{self, Found, Stored, Tail, Value};
use super::payloads::gatekeeper;
use super::payloads::kube_object::{Head, head_of};
use super::rows::Rows;
use super::rows::object::{Object, Revised};

/// Bytes of rows that are handed on at a time.
const FULL: usize = 8 << 20;

/// What is known of a key's object from the revision before.
#[derive(Clone, Default)]
struct Before {
    kind: Option<String>,
    api_version: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    uid: Option<String>,
}

/// Reads a database into `rows`; `full` is called whenever they are enough to be taken out.
///
/// # Errors
/// The reason why it is no database that can be read.
pub fn read(
    source: &mut (impl Read + Seek),
    rows: &mut Rows,
    full: &mut dyn FnMut(&mut Rows),
) -> Result<Content, String> {
    let refused = |error: etcd::Refused| error.to_string();
    // The newest revision of each key must be known before the first row says that it is not the newest.
    let mut newest: HashMap<String, i64> = HashMap::new();
    etcd::read(source, &mut |stored| {
        if stored.found == Found::Tree {
            newest.insert(stored.key.to_owned(), stored.revision);
        }
    })
    .map_err(refused)?;
    let mut before: HashMap<String, Before> = HashMap::new();
    let summary = etcd::read(source, &mut |stored| {
        let known = before.entry(stored.key.to_owned()).or_default();
        let superseded =
            stored.found == Found::Loose || newest.get(stored.key).is_some_and(|new| *new > stored.revision);
        row(&stored, superseded, known, rows);
        if rows.weight() >= FULL {
            full(rows);
        }
    })
    .map_err(refused)?;
    for damage in &summary.damaged {
        // An empty range is about the whole file.
        if damage.at.is_empty() {
            rows.note(format!("etcd database: {}", damage.why));
        } else {
            rows.reject(damage.at.clone(), 0, format!("etcd database: {}", damage.why), &[]);
        }
    }
    let size = source.seek(std::io::SeekFrom::End(0)).unwrap_or(0);
    Ok(Content { format: "etcd-snapshot".to_owned(), size, notes: notes(&summary) })
}

fn notes(summary: &etcd::Summary) -> Vec<String> {
    let mut notes = Vec::new();
    match summary.tail {
        Tail::Matches => notes.push("the SHA-256 at the end of the snapshot matches".to_owned()),
        Tail::Absent => notes.push("no SHA-256 at the end: a copied database, no snapshot that etcd made".to_owned()),
        Tail::Differs => notes.push("the SHA-256 at the end DIFFERS: changed or damaged since etcd made it".to_owned()),
        Tail::Unread => notes.push("the SHA-256 at the end could not be checked: not all of it is readable".to_owned()),
    }
    let (revisions, tombstones) = (summary.revisions, summary.tombstones);
    notes.push(format!("{revisions} revisions, {tombstones} of them deletions"));
    if let Some(revision) = summary.compacted {
        notes.push(format!("history before revision {revision} was compacted away: what it held is not known"));
    }
    if summary.loose > 0 {
        notes.push(format!("{} revisions lie outside of the tree: etcd itself would not give them", summary.loose));
    }
    if summary.damaged_more > 0 {
        notes.push(format!("{} further damaged regions are not listed", summary.damaged_more));
    }
    for (unknown, count) in summary.unknown.iter().take(20) {
        let etcd::Oddity { message, field, why } = unknown.oddity;
        let why = match why {
            etcd::Why::Unknown => "is not known to this version, and not shown",
            etcd::Why::Type => "has another type than it should, and is not shown",
            etcd::Why::NotText => "is no UTF-8: its bytes are shown as \\xNN",
            etcd::Why::NotJson => "is no JSON: its bytes are shown as base64",
            etcd::Why::NotNumber => "is a number that JSON cannot write: shown as null",
            etcd::Why::Fraction => "has a fraction of a second, which is not shown",
        };
        notes.push(format!("{}: field {field} of {message} {why} ({count} times)", unknown.kind));
    }
    notes
}

/// Appends one revision.
fn row(stored: &Stored<'_>, superseded: bool, before: &mut Before, rows: &mut Rows) {
    let loose = if stored.found == Found::Loose { ", outside of the tree" } else { "" };
    let (storage, body) = match stored.value {
        Value::Object { json, odd: 0 } => (format!("protobuf{loose}"), Some(json)),
        Value::Object { json, odd } => (format!("protobuf, {odd} fields not shown{loose}"), Some(json)),
        Value::Json(json) => (format!("json{loose}"), Some(json)),
        Value::Sealed { provider, version, key } => {
            rows.note(format!(
                "values are sealed by {provider} {version} with key {key}: only their names can be read"
            ));
            (format!("sealed: {provider} {version} {key}{loose}"), None)
        }
        Value::None if stored.deleted => (format!("tombstone{loose}"), None),
        Value::None => (format!("empty{loose}"), None),
        Value::Unreadable(why) => {
            let reason = format!("value of etcd key {}, revision {}: {why}", stored.key, stored.revision);
            return rows.reject(stored.at.clone(), 0, reason, &[]);
        }
    };
    rows.tell(&stored.at, || {
        let state = match (superseded, stored.deleted) {
            (_, true) => "a deletion",
            (true, false) => "superseded by a later one",
            (false, false) => "the newest",
        };
        format!("etcd key {}, revision {}: {state}, stored as {storage}", stored.key, stored.revision)
    });
    let head: Option<Head<'_>> = body.and_then(|json| head_of(json).ok());
    let metadata = head.as_ref().and_then(|head| head.metadata.as_ref());
    if let Some(head) = &head {
        let own = |text: Option<&str>| text.map(str::to_owned);
        *before = Before {
            kind: own(head.kind.as_deref()),
            api_version: own(head.api_version.as_deref()),
            namespace: own(metadata.and_then(|m| m.namespace.as_deref())),
            name: own(metadata.and_then(|m| m.name.as_deref())),
            uid: own(metadata.and_then(|m| m.uid.as_deref())),
        };
    }
    let revision = stored.revision.to_string();
    let (namespace, name) = place(stored.key);
    let object = Object {
        kind: before.kind.as_deref(),
        api_version: before.api_version.as_deref(),
        namespace: before.namespace.as_deref().or(namespace),
        name: before.name.as_deref().or(name),
        uid: before.uid.as_deref(),
        // Stored objects leave it out; the API server answers with the revision that wrote them.
        resource_version: head.as_ref().map(|_| revision.as_str()),
        created: metadata.and_then(|m| m.created()),
        deletion: metadata.and_then(|m| m.deletion()),
        body,
        revised: Some(Revised {
            revision: stored.revision,
            superseded,
            deleted: stored.deleted,
            key: stored.key,
            storage: &storage,
        }),
    };
    rows.object(&stored.at, &object);
    // As a dump of the cluster shows it: what an older revision listed is in its body.
    let current = !superseded && !stored.deleted && stored.found == Found::Tree;
    if let (Some(json), Some(kind), Some(version), true) = (body, object.kind, object.api_version, current) {
        let item = Item { made: true, ..Item::new(stored.at.clone(), 0, json) };
        gatekeeper::violations(&item, version, kind, object.name, rows);
    }
}

/// Namespace and name as the API server writes them into a key: `/registry/[group/]resource/[namespace/]name`, where a
/// group has a dot and a resource none (k8s.io/apiserver, registry/generic/registry).
fn place(key: &str) -> (Option<&str>, Option<&str>) {
    let mut parts: Vec<&str> = key.split('/').skip(2).collect();
    if parts.first().is_some_and(|part| part.contains('.')) {
        parts.remove(0);
    }
    // `/registry/services/specs/…` and `…/endpoints/…`.
    if parts.first() == Some(&"services") && parts.len() > 3 {
        parts.remove(0);
    }
    match parts[..] {
        [_, namespace, name] => (Some(namespace), Some(name)),
        [_, name] => (None, Some(name)),
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_object() {
        assert_eq!(place("/registry/pods/shop/cart-0"), (Some("shop"), Some("cart-0")));
        assert_eq!(place("/registry/clusterroles/admin"), (None, Some("admin")));
        assert_eq!(place("/registry/services/specs/shop/cart"), (Some("shop"), Some("cart")));
        assert_eq!(place("/registry/apiregistration.k8s.io/apiservices/v1."), (None, Some("v1.")));
        assert_eq!(place("compact_rev_key"), (None, None));
    }
}
