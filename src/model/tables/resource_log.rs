//! Table `resource_log`: records of Azure services that have no table of their own here.

use std::sync::LazyLock;

use crate::model::table::{Column, Table, ours, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "resource_log",
    doc: "Resource log records of Azure services other than AKS and Entra: Key Vault, Functions, gateways …",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'resource_log' AS source, CAST(NULL AS VARCHAR) AS actor, \
         CAST(operation_name AS VARCHAR) AS verb, CAST(resource_id AS VARCHAR) AS object, \
         CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent, \
         CAST(caller_ip AS VARCHAR) AS address, correlation_id AS id, evidence, \"offset\", length FROM resource_log",
    ),
    id: Some("correlation_id"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "the record's time, UTC; also where it was written month first or without a zone"),
        new("category", word(), "category of the diagnostic setting: AuditEvent, FunctionAppLogs …"),
        new("operation_name", word(), "operation as the service names it"),
        new("resource_id", word(), "ARM resource id in lower case"),
        new("level", word(), "severity as the service writes it"),
        new("result_type", word(), "outcome as the service writes it"),
        new("result_description", text(), "outcome in words"),
        new("correlation_id", text(), "what ties the records of one request together"),
        new("caller_ip", word(), "address the request came from, as the service saw it"),
        new("identity", text(), "who acted, as JSON"),
        new("properties", text(), "what the service says of the operation, as JSON, or the text it wrote instead"),
    ];
    columns.extend(ours());
    columns
}
