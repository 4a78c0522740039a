//! Table `AzureActivity`: what was done to Azure resources, the cluster included (formats.md c.6).
//!
//! Start and end of one operation are two rows with one CorrelationId.

use std::sync::LazyLock;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "AzureActivity",
    doc: "Operations on Azure resources (activity log)",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'AzureActivity' AS source, CAST("Caller" AS VARCHAR) AS actor,
        coalesce(nullif(CAST("OperationNameValue" AS VARCHAR), ''), CAST("OperationName" AS VARCHAR)) AS verb,
        coalesce(nullif(CAST("ResourceId" AS VARCHAR), ''), CAST("_ResourceId" AS VARCHAR)) AS object,
        coalesce(TRY_CAST(CAST("ActivitySubstatusValue" AS VARCHAR) AS BIGINT),
            TRY_CAST(CAST("ActivityStatusValue" AS VARCHAR) AS BIGINT)) AS status,
        CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        CAST("CallerIpAddress" AS VARCHAR) AS address, "EventDataId" AS id, evidence, "offset", length
        FROM "AzureActivity""#,
    ),
    id: Some("EventDataId"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "time of the event"),
        new("EventSubmissionTimestamp", timestamp(), "when it could first be queried"),
        new("EventDataId", text(), "id of the event, one per row"),
        new("OperationNameValue", word(), "operation, upper case in practice: …/LISTCLUSTERADMINCREDENTIAL/ACTION …"),
        new("OperationName", word(), "operation in words; older rows, may be localised"),
        new("Caller", word(), "who did it: user name, or object id of an application"),
        new("CallerIpAddress", word(), "where the request came from"),
        new("ActivityStatusValue", word(), "Start, Success, Failure …: an operation has a row for each"),
        new("ActivityStatus", word(), "the same in older rows, may be localised"),
        new("ActivitySubstatusValue", word(), "finer outcome, often the HTTP status in words"),
        new("ActivitySubstatus", word(), "the same in older rows, may be localised"),
        new("ResourceId", word(), "what it was done to"),
        new("Resource", word(), "name of that resource; older rows"),
        new("ResourceGroup", word(), "its resource group"),
        new("ResourceProviderValue", word(), "its provider, such as MICROSOFT.CONTAINERSERVICE"),
        new("ResourceProvider", word(), "the same in older rows, may be localised"),
        new("SubscriptionId", word(), "its subscription"),
        new("Hierarchy", word(), "management groups above the subscription"),
        new("CategoryValue", word(), "Administrative, Policy, Security, ServiceHealth …"),
        new("Category", word(), "the same in older rows, may be localised"),
        new("Level", word(), "Critical, Error, Warning, Informational or Verbose"),
        new("CorrelationId", text(), "ties the rows of one action together, across resources"),
        new("OperationId", text(), "ties start and end of one operation together"),
        new("Authorization", text(), "JSON: action, role and scope that allowed it"),
        new("Authorization_d", text(), "JSON: as Authorization, the newer column"),
        new("Claims", text(), "JSON: claims of the caller's token: name, application, how it signed in"),
        new("Claims_d", text(), "JSON: as Claims, the newer column"),
        new("HTTPRequest", text(), "JSON: method, client address and request id"),
        new("Properties", text(), "JSON: details, the request body of some operations among them"),
        new("Properties_d", text(), "JSON: as Properties, the newer column"),
    ]
}
