//! Objects of snapshots as the screens ask for them: what stands, its history, and who RBAC allows what.

use std::collections::HashMap;

use coldcase_tui::ask::{Change, Grant, ObjectLine, ObjectText, Objects, RecordId, Total, WhoCan};
use serde_json::Value;

use super::Ask;
use super::answers::level;
use super::rows::rows;
use crate::cli::secrets;
use crate::engine::{Asked, Parameter};
use crate::error::{Error, Result};
use crate::formats::standing::resource;

/// Verbs that change an object.
const WRITES: &str = "('create', 'update', 'patch', 'delete', 'deletecollection')";
/// Fields that change with every write and tell nothing.
const NOISE: [&str; 3] = ["metadata.managedFields", "metadata.resourceVersion", "metadata.generation"];
/// More changes of one write than a person reads.
const MOST: usize = 40;
const LONGEST: usize = 120;

impl Ask<'_> {
    pub fn objects(&self, limit: u32) -> Result<Objects> {
        let standing = "coalesce(superseded, false) = false AND coalesce(deleted, false) = false";
        let fired = self.sql(
            "SELECT f.evidence, f.\"offset\", f.word, f.says FROM (SELECT unnest(evidence) AS evidence, \
             unnest(\"offset\") AS \"offset\", CAST(level AS VARCHAR) AS word, title AS says FROM finding) f \
             JOIN object o ON f.evidence = o.evidence AND f.\"offset\" = o.\"offset\" ORDER BY f.says, f.word",
            &[],
        )?;
        let mut risks: HashMap<(u32, u64), Vec<(coldcase_tui::ask::Level, String)>> = HashMap::new();
        for row in rows(&fired) {
            let place = (u32::try_from(row.number(0)).unwrap_or_default(), row.count(1));
            let all = risks.entry(place).or_default();
            let risk = (level(row.text(2).as_deref()), row.text(3).unwrap_or_default());
            if !all.contains(&risk) {
                all.push(risk);
            }
        }
        let found = self.sql(
            &format!(
                "SELECT evidence, \"offset\", length, CAST(namespace AS VARCHAR) AS namespace, \
                 CAST(kind AS VARCHAR) AS kind, name FROM object WHERE {standing} \
                 ORDER BY namespace NULLS FIRST, kind, name, evidence, \"offset\" LIMIT {limit}"
            ),
            &[],
        )?;
        let line = |row: super::rows::Row<'_>| {
            let place = (u32::try_from(row.number(0)).unwrap_or_default(), row.count(1));
            let risks = risks.get(&place).cloned().unwrap_or_default();
            ObjectLine {
                id: RecordId { evidence: place.0, offset: place.1, len: row.count(2) },
                namespace: row.text(3),
                kind: row.text(4).unwrap_or_else(|| "unknown kind".into()),
                name: row.text(5).unwrap_or_default(),
                risk: risks.iter().map(|(level, _)| *level).max(),
                risks: risks.into_iter().map(|(_, title)| title).collect(),
            }
        };
        let total = self.one(&format!("SELECT count(*) AS n FROM object WHERE {standing}"), &[])?;
        Ok(Objects { rows: rows(&found).map(line).collect(), total: Total::Exactly(total) })
    }

    pub fn object(&self, id: RecordId) -> Result<ObjectText> {
        let found = self.sql(
            &format!(
                "SELECT CAST(kind AS VARCHAR) AS kind, CAST(api_version AS VARCHAR) AS api_version, \
                 CAST(namespace AS VARCHAR) AS namespace, name, uid, time, body FROM object \
                 WHERE evidence = {} AND \"offset\" = {}",
                id.evidence, id.offset
            ),
            &[],
        )?;
        let Some(row) = rows(&found).next() else {
            return Err(Error::Usage { what: "the case has no such object".into(), hint: None });
        };
        let text = |column: usize| row.text(column).unwrap_or_default();
        let body: Value = serde_json::from_str(&text(6)).unwrap_or(Value::Null);
        let mut facts = vec![("kind".to_owned(), format!("{} ({})", text(0), text(1)))];
        let mut fact = |name: &str, value: Option<String>| {
            facts.extend(value.filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value)));
        };
        fact("created", (!row.is_null(5)).then(|| crate::model::Micros(row.number(5)).to_string()));
        fact("uid", row.text(4));
        let owners = body.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten();
        let owner = |o: &Value| Some(format!("{}/{}", o.get("kind")?.as_str()?, o.get("name")?.as_str()?));
        fact("owner", Some(owners.filter_map(owner).collect::<Vec<_>>().join(", ")));
        let spec = ["/spec", "/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];
        let spec = spec.iter().filter_map(|path| body.pointer(path)).find(|spec| spec.get("containers").is_some());
        if let Some(spec) = spec {
            let one = |name: &str| spec.get(name).and_then(Value::as_str).map(str::to_owned);
            fact("account", one("serviceAccountName"));
            fact("node", one("nodeName"));
            let images = spec.get("containers").and_then(Value::as_array).into_iter().flatten();
            let images = images.filter_map(|c| c.get("image")?.as_str().map(str::to_owned)).collect::<Vec<_>>();
            fact("images", Some(images.join(", ")));
        }
        let group = text(1).split_once('/').map_or(String::new(), |(group, _)| group.to_owned());
        let history = self.history(&text(0), &group, row.text(2), &text(3))?;
        let raw = text(6);
        let shown = secrets::column("body", &raw).into_owned();
        Ok(ObjectText { id, facts, history, body: shown })
    }

    /// States of snapshots and writes of the audit log, in the order of time.
    pub fn history(&self, kind: &str, group: &str, namespace: Option<String>, name: &str) -> Result<Vec<Change>> {
        let mut parameters = vec![
            ("kind".to_owned(), Parameter::Text(kind.to_owned())),
            ("name".to_owned(), Parameter::Text(name.to_owned())),
            ("resource".to_owned(), Parameter::Text(resource(kind, group))),
        ];
        let within = match namespace {
            Some(namespace) => {
                parameters.push(("namespace".to_owned(), Parameter::Text(namespace)));
                "CAST(namespace AS VARCHAR) = $namespace"
            }
            None => "namespace IS NULL",
        };
        let has = |names: &[&str]| {
            parameters.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect::<Vec<_>>()
        };
        let states = self.sql(
            &format!(
                "SELECT time, revision, coalesce(deleted, false) AS deleted, body, evidence FROM object \
                 WHERE CAST(kind AS VARCHAR) = $kind AND name = $name AND {within} \
                 ORDER BY evidence, revision NULLS FIRST, \"offset\""
            ),
            &has(&["kind", "name", "namespace"]),
        )?;
        let mut changes = Vec::new();
        let mut before: Option<Value> = None;
        for row in rows(&states) {
            let body = row.text(3).and_then(|body| serde_json::from_str::<Value>(&body).ok());
            let what = match (row.is_null(1), row.text(2).as_deref()) {
                (false, Some("true")) => format!("revision {}: deleted", row.number(1)),
                (false, _) => format!("revision {}", row.number(1)),
                (true, _) => format!("as it stands in the snapshot of evidence {}", row.number(4)),
            };
            let mut different = Vec::new();
            if let (Some(before), Some(now)) = (&before, &body) {
                differences("", before, now, &mut different);
            }
            // A snapshot says when an object was created and not when it was seen.
            if changes.is_empty() && !row.is_null(0) {
                let what = "created, as the object itself says".to_owned();
                changes.push(Change { time: Some(row.number(0)), actor: None, what, changes: Vec::new() });
            }
            changes.push(Change { time: None, actor: None, what, changes: cut(different) });
            before = body.or(before);
        }
        let writes = self.sql(
            &format!(
                "SELECT time, user_name, CAST(verb AS VARCHAR) AS verb, CAST(subresource AS VARCHAR) AS sub, \
                 CAST(response_code AS BIGINT) AS code, request_object FROM audit \
                 WHERE CAST(resource AS VARCHAR) = $resource AND name = $name AND {within} AND verb IN {WRITES} \
                 AND coalesce(stage, 'ResponseComplete') = 'ResponseComplete' ORDER BY time, evidence, \"offset\""
            ),
            &has(&["resource", "name", "namespace"]),
        )?;
        for row in rows(&writes) {
            let sub = row.text(3).map(|sub| format!(" {sub}")).unwrap_or_default();
            let code = if row.is_null(4) { String::new() } else { format!(" → {}", row.number(4)) };
            let what = format!("{}{sub}{code}", row.text(2).unwrap_or_default());
            let patch = row.text(5).filter(|_| row.text(2).as_deref() == Some("patch"));
            let mut written = Vec::new();
            if let Some(patch) = patch.and_then(|patch| serde_json::from_str::<Value>(&patch).ok()) {
                leaves("", &patch, &mut written);
            }
            let time = (!row.is_null(0)).then(|| row.number(0));
            changes.push(Change { time, actor: row.text(1), what, changes: cut(written) });
        }
        // States without a time stay in their own order, after everything that has one.
        let (mut timed, untimed): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| change.time.is_some());
        timed.sort_by_key(|change| change.time);
        timed.extend(untimed);
        Ok(timed)
    }

    pub fn who_can(&self, question: &str) -> Result<WhoCan> {
        let Some(asked) = Asked::read(question) else {
            return Err(Error::Usage {
                what: format!("{question} is no question"),
                hint: Some("for example: create pods/exec -n web, get secrets -n web --name db, get /metrics".into()),
            });
        };
        let rbac = self.desk.engine.rbac()?;
        let mut remarks = Vec::new();
        if rbac.is_empty() {
            remarks.push("No snapshot of this case has roles or bindings: this cannot be told.".to_owned());
        } else {
            remarks.push(
                "Only what RBAC grants: group system:masters may do everything, and what Azure RBAC and the node \
                 authorizer allow is in no snapshot."
                    .to_owned(),
            );
        }
        if !rbac.dangling.is_empty() {
            let names = rbac.dangling.join(", ");
            remarks.push(format!("These bindings name a role that is in no snapshot: {names}."));
        }
        let grant = |grant: crate::engine::Grant| Grant {
            subject: grant.subject,
            binding: grant.binding,
            role: grant.role,
            rule: grant.rule,
            namespace: grant.namespace,
        };
        let place = asked.namespace.as_ref().map_or("in every namespace".to_owned(), |ns| format!("in {ns}"));
        let name = asked.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        let place = if asked.resource.starts_with('/') { String::new() } else { format!(" {place}") };
        let group = asked.group.as_ref().map(|group| format!(".{group}")).unwrap_or_default();
        Ok(WhoCan {
            question: format!("{} {}{group}{name}{place}", asked.verb, asked.resource),
            grants: rbac.who_can(&asked).into_iter().map(grant).collect(),
            remarks,
        })
    }
}

/// What is another in `now` than in `before`, path by path.
fn differences(path: &str, before: &Value, now: &Value, out: &mut Vec<String>) {
    if before == now || NOISE.contains(&path) {
        return;
    }
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (before, now) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                match new.get(key) {
                    Some(other) => differences(&below(key), value, other, out),
                    None => out.push(format!("- {}: {}", below(key), short(value))),
                }
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                out.push(format!("+ {}: {}", below(key), short(value)));
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (at, (value, other)) in old.iter().zip(new).enumerate() {
                differences(&format!("{path}[{at}]"), value, other, out);
            }
        }
        _ => out.push(format!("{path}: {} → {}", short(before), short(now))),
    }
}

/// Every value of a patch with its path.
fn leaves(path: &str, value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                leaves(&if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, value, out);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for (at, value) in list.iter().enumerate() {
                leaves(&format!("{path}[{at}]"), value, out);
            }
        }
        value => out.push(format!("{path}: {}", short(value))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    let text = secrets::text(&text).into_owned();
    if text.len() <= LONGEST { text } else { format!("{}…", &text[..text.floor_char_boundary(LONGEST)]) }
}

fn cut(mut changes: Vec<String>) -> Vec<String> {
    let left = changes.len().saturating_sub(MOST);
    changes.truncate(MOST);
    if left > 0 {
        changes.push(format!("and {left} more"));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_named_by_its_path_and_noise_is_left_out() {
        let before = serde_json::json!({"metadata": {"resourceVersion": "1", "labels": {"a": "b"}},
            "spec": {"replicas": 1, "containers": [{"image": "a"}]}});
        let now = serde_json::json!({"metadata": {"resourceVersion": "2", "labels": {}},
            "spec": {"replicas": 3, "containers": [{"image": "b"}], "hostPID": true}});
        let mut found = Vec::new();
        differences("", &before, &now, &mut found);
        found.sort();
        let wanted = [
            "+ spec.hostPID: true",
            "- metadata.labels.a: \"b\"",
            "spec.containers[0].image: \"a\" → \"b\"",
            "spec.replicas: 1 → 3",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_patch_is_shown_value_by_value() {
        let mut found = Vec::new();
        leaves("", &serde_json::json!({"spec": {"a": [{"b": 1}], "c": {}}}), &mut found);
        assert_eq!(found, ["spec.a[0].b: 1", "spec.c: {}"]);
    }
}
