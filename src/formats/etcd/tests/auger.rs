//! Oracle: auger's pairs of storage protobuf and JSON, written by Kubernetes 1.6.

use serde_json::Value as Json;

use super::super::object::Why;
use super::super::value::{Scratch, Value, decode};
use super::compare::{Difference, differences};
use super::lab;

fn compared(storage: &str, json: &str) -> Option<Vec<Difference>> {
    let stored = lab::shared(&format!("public/auger/storage/{storage}"))?;
    let expected = lab::shared(&format!("public/auger/json/{json}"))?;
    // Some files have the key on a line of its own in front, and all were saved with a line feed behind the value.
    let value = stored[memchr::memmem::find(&stored, b"k8s\0")?..].strip_suffix(b"\n")?;
    let expected = &expected[memchr::memchr(b'{', &expected)?..];
    let mut scratch = Scratch::default();
    let decoded = decode(value, &mut scratch, &mut |kind, odd| assert_eq!(odd.why, Why::Fraction, "{kind}: {odd:?}"));
    let Value::Object { json, .. } = decoded else { panic!("{decoded:?}") };
    Some(differences(&serde_json::from_str(json).unwrap(), &serde_json::from_slice::<Json>(expected).unwrap()))
}

#[test]
fn objects_are_what_auger_shows() {
    for (storage, json) in [("job.bin", "job.json"), ("pod.bin", "pod.json"), ("pod-with-key.bin", "pod-with-key.txt")]
    {
        let Some(differences) = compared(storage, json) else { return };
        assert_eq!(differences, [], "{storage}");
    }
}
