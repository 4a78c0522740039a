//! Where two JSON values differ.

use serde_json::Value as Json;

/// One difference: the path, ours and theirs, `-` for what is not there. List positions are left out of the path.
pub type Difference = (String, String, String);

pub fn differences(ours: &Json, theirs: &Json) -> Vec<Difference> {
    let mut found = Vec::new();
    walk("", ours, theirs, &mut found);
    found
}

fn walk(path: &str, ours: &Json, theirs: &Json, found: &mut Vec<Difference>) {
    let absent = || "-".to_string();
    match (ours, theirs) {
        (Json::Object(a), Json::Object(b)) => {
            for (key, value) in a {
                let path = format!("{path}.{key}");
                match b.get(key) {
                    Some(other) => walk(&path, value, other, found),
                    None => found.push((path, value.to_string(), absent())),
                }
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                found.push((format!("{path}.{key}"), absent(), value.to_string()));
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).for_each(|(a, b)| walk(&format!("{path}[]"), a, b, found));
        }
        (a, b) if a == b => {}
        (a, b) => found.push((path.into(), a.to_string(), b.to_string())),
    }
}
