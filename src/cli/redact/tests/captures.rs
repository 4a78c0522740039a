//! Real captures: what a cluster wrote stays JSON, and what is hidden in it is what has to be.

use std::io::Read;
use std::path::Path;

use super::*;

fn shared(name: &str) -> Option<Vec<u8>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    let bytes = std::fs::read(file).ok()?;
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut out).ok()?;
    Some(out)
}

#[test]
fn lines_of_an_audit_log_stay_json_of_the_same_members() {
    let Some(log) = shared("lab/audit.jsonl.gz") else { return };
    let (mut lines, mut changed) = (0, 0);
    for line in log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let out = redact_bytes(line);
        lines += 1;
        changed += usize::from(out != line);
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let event: serde_json::Value = serde_json::from_slice(line).unwrap();
        for member in ["verb", "auditID", "user", "sourceIPs", "objectRef", "responseStatus", "stageTimestamp"] {
            assert_eq!(event[member], read[member]);
        }
        let text = String::from_utf8_lossy(&out);
        assert_eq!(redact_bytes(text.as_bytes()), text.as_bytes());
        // Every member of a Secret's data is a mark now.
        for body in ["requestObject", "responseObject"] {
            if read[body]["kind"] == "Secret" || event["objectRef"]["resource"] == "secrets" {
                let values = read[body]["data"].as_object().into_iter().flat_map(|data| data.values());
                values.for_each(|value| {
                    assert!(value.as_str().is_none_or(|text| text.starts_with('‹') || text.is_empty()), "{value}")
                });
            }
            let applied = &read[body]["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
            assert!(applied.as_str().is_none_or(|text| text.starts_with('‹')));
        }
    }
    assert!(lines > 1000 && changed < lines / 4);
}

#[test]
fn whole_objects_in_json_and_yaml_hide_the_same() {
    let (Some(json), Some(yaml)) =
        (shared("lab/snapshots/intrusion-end/objects.json.gz"), shared("lab/snapshots/intrusion-end/objects.yaml.gz"))
    else {
        return;
    };
    serde_json::from_slice::<serde_json::Value>(&redact_bytes(&json)).unwrap();
    let marks = |bytes: &[u8]| memchr::memmem::find_iter(&redact_bytes(bytes), "‹redacted".as_bytes()).count();
    assert!(marks(&json) > 0 && marks(&yaml) > 0);
}
