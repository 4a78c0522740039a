//! Table `SecurityAlert`: alerts of Microsoft Defender and Sentinel (formats.md c.4, e.4).
//!
//! Azure inserts an alert again on every change, so a SystemAlertId has several rows; none of them is dropped here.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Boolean, Float64};

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "SecurityAlert",
    doc: "Alerts of Microsoft security products, one row per state an alert has had",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'SecurityAlert' AS source, CAST("ProductName" AS VARCHAR) AS actor,
        CAST("AlertSeverity" AS VARCHAR) AS verb,
        nullif(concat_ws(' on ', nullif(CAST("DisplayName" AS VARCHAR), ''),
            nullif(CAST("CompromisedEntity" AS VARCHAR), '')), '') AS object,
        CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        CAST(NULL AS VARCHAR) AS address, "SystemAlertId" AS id, evidence, "offset", length FROM "SecurityAlert""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new(
            "TimeGenerated",
            timestamp(),
            "when this state of the alert reached the workspace; the newest row is current",
        ),
        new("SystemAlertId", text(), "the alert, the same in every export; compare without regard to case"),
        new("AlertName", word(), "name of the alert; may hold names of the resources it is about"),
        new("DisplayName", word(), "title as people see it; [SAMPLE ALERT] marks a test"),
        new(
            "AlertType",
            word(),
            "detection that fired: K8S_… reads audit logs, K8S.NODE_… an agent, SIMULATED_ a test",
        ),
        new("AlertSeverity", word(), "Informational, Low, Medium or High"),
        new("Status", word(), "New, Active, Resolved or Dismissed at the time of this row"),
        new("StartTime", timestamp(), "first activity the alert is about"),
        new("EndTime", timestamp(), "last activity the alert is about"),
        new("ProcessingEndTime", timestamp(), "when the product had finished the alert, the delay after EndTime"),
        new("CompromisedEntity", word(), "what is said to be attacked, often the cluster or host"),
        new("ResourceId", word(), "Azure resource the alert hangs on"),
        new("Description", text(), "what happened, in the product's words"),
        new("Entities", text(), "JSON: who and what took part, linked by $id and $ref"),
        new("ResolvedEntities", text(), "Entities with every $ref put in place, JSON (coldcase's own column)"),
        new("IsSample", Boolean, "a test of the alerting: [SAMPLE ALERT] or SIMULATED (coldcase's own column)"),
        new("ExtendedProperties", text(), "JSON: details of the detection; some values are JSON text again"),
        new("ExtendedLinks", text(), "JSON: links the product adds"),
        new("RemediationSteps", text(), "advice of the product; says nothing of what was done"),
        new("Tactics", word(), "ATT&CK tactics, comma-separated"),
        new("Techniques", word(), "ATT&CK techniques"),
        new("SubTechniques", word(), "ATT&CK sub-techniques"),
        new("ConfidenceLevel", word(), "how sure the product is, in words"),
        new("ConfidenceScore", Float64, "how sure the product is, as a number"),
        new("IsIncident", Boolean, "true when the row is a group of alerts, not one detection"),
        new("ProductName", word(), "product that raised it"),
        new("ProductComponentName", word(), "plan or part of that product"),
        new("ProviderName", word(), "short name of the source of the alert"),
        new("VendorName", word(), "maker of the product"),
        new("VendorOriginalId", text(), "id the source itself gave the alert"),
        new("SourceComputerId", word(), "agent's id of the computer concerned"),
        new("AlertLink", text(), "page of the alert in the portal"),
        new("WorkspaceSubscriptionId", word(), "subscription of the workspace, not of the attacked resource"),
        new("WorkspaceResourceGroup", word(), "resource group of the workspace, not of the attacked resource"),
    ]
}
