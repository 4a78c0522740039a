//! Table `gatekeeper_log`: what Gatekeeper's audit and admission pods wrote.

use std::sync::LazyLock;

use crate::model::table::{Column, Table, ours, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "gatekeeper_log",
    doc: "Log lines of Gatekeeper: violations found by its audit, requests denied at admission",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'gatekeeper_log' AS source, CAST(request_username AS VARCHAR) AS actor, \
         CAST(event_type AS VARCHAR) AS verb, message AS object, CAST(NULL AS BIGINT) AS status, \
         CAST(resource_namespace AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent, \
         CAST(NULL AS VARCHAR) AS address, CAST(audit_id AS VARCHAR) AS id, evidence, \"offset\", length \
         FROM gatekeeper_log",
    ),
    id: Some("audit_id"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "field ts: when the line was written, UTC"),
        new("level", word(), "info, error …"),
        new("logger", word(), "part of Gatekeeper that wrote it"),
        new("process", word(), "audit or admission"),
        new("event_type", word(), "violation_audited, constraint_audited, audit_started, violation …"),
        new("audit_id", word(), "audit run: the time it began, as text"),
        new("message", text(), "field msg: what is wrong, or what was done"),
        new("constraint_group", word(), "API group of the constraint"),
        new("constraint_api_version", word(), "API version of the constraint"),
        new("constraint_kind", word(), "kind of the constraint"),
        new("constraint_name", word(), "name of the constraint"),
        new("constraint_namespace", word(), "namespace of the constraint, mostly null"),
        new("constraint_action", word(), "deny, dryrun, warn or scoped"),
        new("constraint_enforcement_actions", text(), "actions of a scoped constraint, as JSON"),
        new("constraint_annotations", text(), "annotations of the constraint, as JSON"),
        new("constraint_violations", text(), "how many violations of the constraint an audit found, as written"),
        new("resource_group", word(), "API group of the object, null for the core group"),
        new("resource_api_version", word(), "API version of the object"),
        new("resource_kind", word(), "kind of the object"),
        new("resource_namespace", word(), "namespace of the object"),
        new("resource_name", word(), "name of the object"),
        new("resource_labels", text(), "labels of the object, as JSON"),
        new("request_username", word(), "who asked, at admission"),
        new("details", text(), "what the template adds, as JSON"),
    ];
    columns.extend(ours());
    columns
}
