//! Table `AuditLogs`: changes in Entra ID (formats.md c.6). Nothing of Kubernetes is in it, whatever its name.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Int64;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description. The actor is read out of InitiatedBy with a pattern, because the engine has no
/// function for JSON; what the pattern does not match is shown whole.
pub static TABLE: Table = Table {
    name: "AuditLogs",
    doc: "Changes in Entra ID: users, groups, roles, applications, their credentials",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'AuditLogs' AS source,
        coalesce(regexp_match("InitiatedBy", '"userPrincipalName"\s*:\s*"([^"\\]+)"')[1],
            nullif(CAST("Identity" AS VARCHAR), ''),
            regexp_match("InitiatedBy", '"displayName"\s*:\s*"([^"\\]+)"')[1], "InitiatedBy") AS actor,
        coalesce(nullif(CAST("ActivityDisplayName" AS VARCHAR), ''), CAST("OperationName" AS VARCHAR)) AS verb,
        "TargetResources" AS object, CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace,
        CAST(NULL AS VARCHAR) AS agent, regexp_match("InitiatedBy", '"ipAddress"\s*:\s*"([^"\\]+)"')[1] AS address,
        "Id" AS id, evidence, "offset", length FROM "AuditLogs""#,
    ),
    id: Some("Id"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the row was made"),
        new("ActivityDateTime", timestamp(), "when it was done"),
        new("Id", text(), "id of the activity, one per row"),
        new("CorrelationId", text(), "ties activities of one request together; the client may send it"),
        new("ActivityDisplayName", word(), "what was done: Add member to role, Add service principal credentials …"),
        new("OperationName", word(), "what was done, a second column for it"),
        new("AADOperationType", word(), "Add, Update, Delete or Other"),
        new("Category", word(), "area: RoleManagement, ApplicationManagement …"),
        new("LoggedByService", word(), "part of Entra that did it"),
        new("InitiatedBy", text(), "JSON: user or application that did it, with address"),
        new("Identity", word(), "display name of who did it; often empty"),
        new("TargetResources", text(), "JSON: what it was done to, with old and new values"),
        new("AdditionalDetails", text(), "JSON: further names and values"),
        new("Result", word(), "success, failure or timeout"),
        new("ResultReason", word(), "why it failed"),
        new("ResultType", word(), "outcome, a second column for it"),
        new("ResultDescription", word(), "further words on the outcome"),
        new("ResultSignature", word(), "not used by Azure"),
        new("AADTenantId", word(), "Entra tenant, which TenantId is not"),
        new("Location", word(), "where the data centre is, not the actor"),
        new("Level", word(), "always informational"),
        new("OperationVersion", word(), "version of the API"),
        new("DurationMs", Int64, "not used by Azure"),
        new("Resource", word(), "resource of the log, not of the change"),
        new("ResourceId", word(), "resource id of the log"),
        new("ResourceGroup", word(), "resource group of the log"),
        new("ResourceProvider", word(), "provider of the log"),
    ]
}
