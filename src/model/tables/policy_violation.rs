//! Table `policy_violation`: what Gatekeeper's last audit found, as its constraints list it.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Int64, Utf8};

use crate::model::table::{Column, Table, list, ours, schema, text, timestamp, word};

/// See the module's description. Its rows repeat parts of rows of `object`.
pub static TABLE: Table = Table {
    name: "policy_violation",
    doc: "Violations that Gatekeeper constraints of a snapshot list; n of total says how many are not listed",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'policy_violation' AS source, CAST(constraint_name AS VARCHAR) AS actor, \
         CAST(enforcement_action AS VARCHAR) AS verb, message AS object, CAST(NULL AS BIGINT) AS status, \
         CAST(resource_namespace AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent, \
         CAST(NULL AS VARCHAR) AS address, CAST(NULL AS VARCHAR) AS id, evidence, \"offset\", length \
         FROM policy_violation",
    ),
    id: Some("constraint_name"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "end of the audit run that found it, UTC: only the last run is kept"),
        new("constraint_kind", word(), "kind of the constraint, which is the name of its template"),
        new("constraint_name", word(), "name of the constraint"),
        new("enforcement_action", word(), "deny, dryrun, warn or scoped"),
        new("enforcement_actions", list(Utf8), "actions of a scoped constraint"),
        new("resource_group", word(), "API group of the object, null for the core group"),
        new("resource_version", word(), "API version of the object"),
        new("resource_kind", word(), "kind of the object"),
        new("resource_namespace", word(), "namespace of the object"),
        new("resource_name", word(), "name of the object"),
        new("message", text(), "what is wrong, as the template says it"),
        new("n", Int64, "place in the constraint's list, from 1"),
        new("total", Int64, "violations the audit counted; more than are listed when the list was cut"),
    ];
    columns.extend(ours());
    columns
}
