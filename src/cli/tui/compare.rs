//! Two events field by field, and two windows of time by who did what from where.

use coldcase_tui::ask::{Between, Cell, Column, Compared, Comparison, InEach, Named, Part, RecordId, Side, Window};
use serde_json::Value;

use super::Ask;
use super::rows::{Condition, rows};
use crate::case::Deed;
use crate::engine::Parameter;
use crate::error::Result;
use crate::model::Micros;

/// Values of one thing that are told; the rest is only counted.
const VALUES: usize = 200;

/// What two windows are compared by: its name, the timeline's column, its SQL.
const BY: [(&str, Option<Column>, &str); 6] = [
    ("who", Some(Column::Actor), "CAST(actor AS VARCHAR)"),
    (
        "what",
        None,
        "concat_ws(' ', CAST(verb AS VARCHAR), CASE WHEN source IN ('audit', 'object') THEN split_part(object, ' ', 1) END)",
    ),
    ("from where", Some(Column::Address), "CAST(address AS VARCHAR)"),
    ("with what", Some(Column::Agent), "CAST(agent AS VARCHAR)"),
    ("namespace", Some(Column::Namespace), "CAST(namespace AS VARCHAR)"),
    ("source", Some(Column::Source), "CAST(source AS VARCHAR)"),
];

impl Ask<'_> {
    pub fn compare(&self, a: RecordId, b: RecordId) -> Result<Comparison> {
        let side = |id: RecordId| Side { id, place: self.place(&id) };
        Ok(Comparison { a: side(a), b: side(b), rows: compared(&self.fields(a)?, &self.fields(b)?) })
    }

    pub fn between(&self, a: Window, b: Window) -> Result<Between> {
        let mut condition = Condition { sql: "time IS NOT NULL".into(), parameters: Vec::new() };
        let mut within = |window: Window| {
            let mut tests = Vec::new();
            for (edge, time) in [(">=", window.from), ("<", window.to)] {
                if let Some(time) = time {
                    tests.push(format!("time {edge} {}", condition.bind(Parameter::Time(Micros(time)))));
                }
            }
            if tests.is_empty() { "true".to_owned() } else { format!("({})", tests.join(" AND ")) }
        };
        let (in_a, in_b) = (within(a), within(b));
        condition.and(&format!("({in_a} OR {in_b})"));
        let sums = format!(
            "CAST(sum(CASE WHEN {in_a} THEN 1 ELSE 0 END) AS BIGINT) AS a, \
             CAST(sum(CASE WHEN {in_b} THEN 1 ELSE 0 END) AS BIGINT) AS b"
        );
        let all = self.sql(&format!("SELECT {sums} FROM timeline WHERE {}", condition.sql), &condition.parameters)?;
        let (a, b) = rows(&all).next().map_or((0, 0), |row| (row.count(0), row.count(1)));
        let mut parts = Vec::new();
        for (name, column, sql) in BY {
            let each = format!("SELECT {sql} AS value, {sums} FROM timeline WHERE {} GROUP BY 1", condition.sql);
            let found = self.sql(
                &format!(
                    "SELECT value, a, b FROM ({each}) ORDER BY CASE WHEN b = 0 THEN 0 WHEN a = 0 THEN 1 ELSE 2 END, \
                     greatest(a, b) DESC, value NULLS FIRST LIMIT {VALUES}"
                ),
                &condition.parameters,
            )?;
            let distinct = self.one(&format!("SELECT count(*) AS n FROM ({each})"), &condition.parameters)?;
            let row = |row: super::rows::Row<'_>| InEach { value: row.text(0), a: row.count(1), b: row.count(2) };
            let rows: Vec<InEach> = rows(&found).map(row).collect();
            if rows.iter().any(|row| row.value.is_some()) {
                parts.push(Part { name: name.to_owned(), column, rows, distinct });
            }
        }
        Ok(Between { a, b, parts })
    }

    /// The windows of time that have a name, the earliest first.
    pub fn windows(&self) -> Result<Vec<Named>> {
        let known = self.known()?;
        let named = known.told.iter().filter_map(|told| match &told.note.deed {
            Deed::Window { name, from, to } => Some(Named {
                id: told.note.id.clone(),
                name: name.clone(),
                window: Window { from: Some(*from), to: Some(*to) },
            }),
            _ => None,
        });
        let mut named: Vec<Named> = named.collect();
        named.sort_by_key(|one| (one.window.from, one.window.to));
        Ok(named)
    }
}

/// Every field of either, those that are JSON path by path.
fn compared(a: &[(String, Cell)], b: &[(String, Cell)]) -> Vec<Compared> {
    let (a, b) = (leaves(a), leaves(b));
    let of_b: std::collections::HashMap<&str, &Cell> = b.iter().map(|(path, value)| (path.as_str(), value)).collect();
    let of_a: std::collections::HashSet<&str> = a.iter().map(|(path, _)| path.as_str()).collect();
    let mut rows: Vec<Compared> = a
        .iter()
        .map(|(path, value)| Compared {
            path: path.clone(),
            a: value.clone(),
            b: of_b.get(path.as_str()).copied().cloned().flatten(),
        })
        .collect();
    // What only the second has follows the field it is in.
    for (path, value) in b.iter().filter(|(path, _)| !of_a.contains(path.as_str())) {
        let top = |path: &str| path.split(['.', '[']).next().unwrap_or(path).to_owned();
        let after = rows.iter().rposition(|row| top(&row.path) == top(path)).map_or(rows.len(), |at| at + 1);
        rows.insert(after, Compared { path: path.clone(), a: None, b: value.clone() });
    }
    rows.retain(|row| row.a.is_some() || row.b.is_some());
    rows
}

fn leaves(fields: &[(String, Cell)]) -> Vec<(String, Cell)> {
    let mut out = Vec::new();
    for (name, value) in fields {
        let json = value.as_deref().filter(|text| text.starts_with(['{', '[']));
        match json.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
            Some(value) => below(name, &value, &mut out),
            None => out.push((name.clone(), value.clone())),
        }
    }
    out
}

fn below(path: &str, value: &Value, out: &mut Vec<(String, Cell)>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                // A key with a dot in it is one step and not two.
                let step =
                    if key.contains(['.', '[']) { format!("{path}[\"{key}\"]") } else { format!("{path}.{key}") };
                below(&step, value, out);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for (at, value) in list.iter().enumerate() {
                below(&format!("{path}[{at}]"), value, out);
            }
        }
        Value::String(text) => out.push((path.to_owned(), Some(text.clone()))),
        value => out.push((path.to_owned(), Some(value.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_compared_by_path_and_not_as_text() {
        let field = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        let a = [
            field("verb", "create"),
            field("request_object", r#"{"spec":{"replicas":1,"labels":{"a.b/c":"x"}},"kind":"Deployment"}"#),
            ("namespace".to_owned(), None),
        ];
        let b = [
            field("verb", "create"),
            // The same in another order, with other blanks, and one more value.
            field(
                "request_object",
                r#"{ "kind": "Deployment", "spec": {"labels": {"a.b/c": "x"}, "replicas": 3, "paused": true} }"#,
            ),
            field("namespace", "web"),
        ];
        let rows = compared(&a, &b);
        let different: Vec<String> = rows
            .iter()
            .filter(|row| row.a != row.b)
            .map(|row| format!("{} {:?} {:?}", row.path, row.a, row.b))
            .collect();
        assert_eq!(
            different,
            [
                r#"request_object.spec.replicas Some("1") Some("3")"#,
                r#"request_object.spec.paused None Some("true")"#,
                r#"namespace None Some("web")"#,
            ]
        );
        let same: Vec<&str> = rows.iter().filter(|row| row.a == row.b).map(|row| row.path.as_str()).collect();
        assert_eq!(same, ["verb", "request_object.kind", r#"request_object.spec.labels["a.b/c"]"#]);
    }
}
