//! What an intake keeps that answers one question and is thrown away: some columns of some tables.
//!
//! Records are read, told apart and counted as in any intake; only what nobody asks for is not written, and nothing is
//! hashed, compressed or synced. Where copies of an event complete one another all columns matter, so such an intake ends
//! with [`Receipt::unfinished`](super::Receipt::unfinished) and is done again without this.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;

use crate::model::tables::{audit, duplicate, evidence};
use crate::model::{TABLES, Table};

/// Without these rows have no order and no place.
const ALWAYS: [&str; 4] = ["time", "evidence", "offset", "length"];
/// Bodies, and what is read out of them.
const BODIES: [&str; 3] = ["request_object", "request_cut", "response_object"];
const SHREDS: [&str; 10] = [
    "containers",
    "host_pid",
    "host_ipc",
    "host_network",
    "host_paths",
    "service_account_name",
    "role_rules",
    "subjects",
    "role_ref_kind",
    "role_ref_name",
];

/// The columns that are kept, by table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Projection(BTreeMap<String, BTreeSet<String>>);

impl Projection {
    /// Keeps these columns and those that place a row. Of tables that are not named nothing is kept, but for open tables:
    /// which they are and what they have is only known once they are read, so they are kept whole.
    pub fn new(mut columns: BTreeMap<String, BTreeSet<String>>) -> Projection {
        if columns.contains_key(duplicate::TABLE.name) {
            let of_audit = columns.entry(audit::TABLE.name.to_owned()).or_default();
            of_audit.extend(["audit_id", "stage", "category"].map(str::to_owned));
        }
        Projection(columns)
    }

    /// Says whether hashes of the inputs are asked for.
    pub(super) fn hashes(&self) -> bool {
        self.0.contains_key(evidence::TABLE.name)
    }

    /// Says whether the bodies of audit events are asked for.
    pub(super) fn bodies(&self) -> bool {
        self.has_any(&BODIES)
    }

    /// Says whether something is asked for that is read out of bodies.
    pub(super) fn shreds(&self) -> bool {
        self.has_any(&SHREDS)
    }

    fn has_any(&self, names: &[&str]) -> bool {
        self.0.get(audit::TABLE.name).is_some_and(|columns| names.iter().any(|name| columns.contains(*name)))
    }

    /// The part of a table's rows that is kept, if any.
    pub(super) fn of(&self, table: &str, rows: &RecordBatch) -> Option<RecordBatch> {
        let closed = |known: &&&Table| known.name == table && !known.is_open();
        if TABLES.iter().find(closed).is_none() {
            return Some(rows.clone());
        }
        let columns = self.0.get(table)?;
        let schema = rows.schema();
        let kept = |name: &str| columns.contains(name) || ALWAYS.contains(&name);
        let places: Vec<usize> = (0..schema.fields().len()).filter(|at| kept(schema.field(*at).name())).collect();
        rows.project(&places).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_and_what_is_read_out_of_them_are_columns_of_the_table() {
        let names: Vec<&str> = audit::TABLE.columns.iter().map(|column| column.name).collect();
        for name in BODIES.iter().chain(&SHREDS).chain(&ALWAYS) {
            assert!(names.contains(name), "{name}");
        }
    }

    #[test]
    fn only_what_is_asked_for_and_the_place_of_a_row_is_kept() {
        let asked = |table: &str, columns: &[&str]| {
            Projection::new(BTreeMap::from([(table.to_owned(), columns.iter().map(|c| (*c).to_owned()).collect())]))
        };
        let rows = RecordBatch::new_empty(audit::TABLE.schema.clone());
        let names = |projection: &Projection| {
            let kept = projection.of("audit", &rows);
            kept.map(|rows| rows.schema().fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>())
        };
        let few = asked("audit", &["verb"]);
        assert_eq!(names(&few).unwrap(), ["time", "verb", "evidence", "offset", "length"]);
        assert!(!few.bodies() && !few.shreds() && !few.hashes());
        assert_eq!(names(&asked("reject", &["reason"])), None);
        assert!(asked("audit", &["response_object"]).bodies() && asked("audit", &["containers"]).shreds());
        // What a double was is read from the event it doubles.
        assert!(names(&asked("duplicate", &["id"])).unwrap().contains(&"audit_id".to_owned()));
        assert!(asked("evidence", &["sha256"]).hashes());
        assert_eq!(few.of("SecurityAlert", &rows), Some(rows.clone()));
    }
}
