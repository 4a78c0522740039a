//! Oracle: what `kubectl get` answered in the second after a snapshot was taken.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;

use super::super::{Found, Tail, Value};
use super::compare::differences;
use super::lab;

/// What a snapshot came to beside its dump.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    dumped: usize,
    equal: usize,
    /// The dump has a later resourceVersion: written between snapshot and dump.
    later: usize,
    /// Written after the snapshot was taken, but found outside of its tree, and equal.
    later_loose: usize,
    /// Only an address differs, as the lab's README says.
    address: usize,
    /// In the dump, but not yet in the snapshot.
    not_yet: usize,
    /// Of a dumped kind and in the snapshot, but no longer in the dump.
    gone: usize,
    differ: Vec<String>,
}

fn compared(name: &str) -> Option<Count> {
    let bytes = lab::snapshot(name)?;
    let dump = lab::shared(&format!("lab/snapshots/{name}/objects.json.gz"))?;
    let mut live: HashMap<String, (i64, String)> = HashMap::new();
    let mut loose: HashMap<i64, String> = HashMap::new();
    let summary = lab::each(&bytes, |stored| match (stored.value, stored.found) {
        (Value::Object { json, .. }, Found::Loose) => drop(loose.insert(stored.revision, json.into())),
        (_, Found::Loose) => {}
        (Value::Object { json, .. }, _) | (Value::Json(json), _) => {
            live.insert(stored.key.into(), (stored.revision, json.into()));
        }
        _ => drop(live.remove(stored.key)),
    });
    assert_eq!((summary.tail, &summary.damaged[..]), (Tail::Matches, &[][..]));
    assert_eq!(summary.unknown, BTreeMap::new());
    let mut objects: HashMap<[String; 4], (i64, Json)> = HashMap::new();
    for (key, (revision, json)) in live {
        // Addresses of the servers themselves: kept as Endpoints, but no object that can be asked for.
        if !key.starts_with("/registry/masterleases/") {
            let object: Json = serde_json::from_str(&json).unwrap();
            objects.insert(id(&object), (revision, object));
        }
    }
    let newest = objects.values().map(|(revision, _)| *revision).max().unwrap_or(0);
    let dump: Json = serde_json::from_slice(&dump).unwrap();
    let mut count = Count::default();
    let items = dump["items"].as_array().unwrap();
    let kinds: Vec<_> = items.iter().map(|item| kind(&id(item))).collect();
    for item in items {
        count.dumped += 1;
        let version: i64 = item["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
        let theirs = stripped(item);
        if let Some(object) = loose.get(&version).map(|json| serde_json::from_str(json).unwrap()) {
            let differences = differences(&stripped(&object), &theirs);
            count.later_loose += usize::from(differences.is_empty());
        }
        let Some((revision, object)) = objects.remove(&id(item)) else {
            count.not_yet += usize::from(version > newest);
            continue;
        };
        let mut differences = differences(&stripped(&object), &theirs);
        if differences.is_empty() {
            count.equal += 1;
            assert_eq!(revision, version);
            continue;
        }
        if version > revision {
            count.later += 1;
            continue;
        }
        differences.retain(|(_, ours, theirs)| mapped(ours) != *theirs);
        count.address += usize::from(differences.is_empty());
        count.differ.extend(differences.iter().map(|difference| format!("{:?} {difference:?}", id(item))));
    }
    count.gone = objects.keys().filter(|object| kinds.contains(&kind(object))).count();
    Some(count)
}

fn kind(id: &[String; 4]) -> (String, String) {
    (id[0].clone(), id[1].clone())
}

fn id(object: &Json) -> [String; 4] {
    let text = |json: &Json| json.as_str().unwrap_or("").to_string();
    let metadata = &object["metadata"];
    [text(&object["apiVersion"]), text(&object["kind"]), text(&metadata["namespace"]), text(&metadata["name"])]
}

/// Without what etcd does not store, and what kubectl does not show.
fn stripped(object: &Json) -> Json {
    let mut object = object.clone();
    let metadata = object["metadata"].as_object_mut().unwrap();
    metadata.remove("resourceVersion");
    metadata.remove("managedFields");
    object
}

/// Loopback addresses as the lab's dumps show them.
fn mapped(text: &str) -> String {
    let nets = [
        ("127.66.0.", "203.0.113."),
        ("127.20.0.", "198.51.100."),
        ("127.30.0.", "172.31.0."),
        ("127.40.0.", "10.244.3."),
        ("127.10.0.", "10.224.0."),
    ];
    nets.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn newest_objects_are_what_kubectl_shows() {
    let count = |dumped, equal, later, later_loose, address, not_yet, gone| Count {
        dumped,
        equal,
        later,
        later_loose,
        address,
        not_yet,
        gone,
        differ: Vec::new(),
    };
    let expected = [
        count(347, 347, 0, 0, 0, 0, 0),
        count(1784, 1779, 5, 1, 0, 0, 6),
        count(2096, 2089, 5, 4, 1, 1, 2),
        count(2245, 2244, 0, 0, 1, 0, 0),
    ];
    for (name, expected) in lab::SNAPSHOTS.iter().zip(expected) {
        let Some(count) = compared(name) else { return };
        assert_eq!(count, expected, "{name}");
    }
}

/// What an earlier snapshot has in its tree and a later one only outside of it is the same bytes of the same key.
#[test]
fn compacted_revisions_are_what_they_were() {
    let (Some(before), Some(after)) = (lab::snapshot("quiet-end"), lab::snapshot("intrusion-after-attack")) else {
        return;
    };
    let mut known: HashMap<(i64, i64, bool), (String, String)> = HashMap::new();
    lab::each(&before, |s| {
        known.insert((s.revision, s.sub, s.deleted), (s.key.into(), format!("{:?}", s.value)));
    });
    let (mut same, mut newer) = (0, 0);
    lab::each(&after, |s| {
        if s.found == Found::Loose {
            match known.get(&(s.revision, s.sub, s.deleted)) {
                Some((key, value)) => {
                    assert_eq!((key.as_str(), value), (s.key, &format!("{:?}", s.value)));
                    same += 1;
                }
                None => newer += 1,
            }
        }
    });
    // The newer ones were written, and compacted away, between the two.
    assert_eq!((same, newer), (1082, 1911));
}
