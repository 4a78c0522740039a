//! Table `SecurityIncident`: incidents of Sentinel, one row per modification (formats.md c.4).

use std::sync::LazyLock;

use arrow::datatypes::DataType::Int32;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "SecurityIncident",
    doc: "Incidents of Sentinel, one row per modification",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'SecurityIncident' AS source, CAST("ModifiedBy" AS VARCHAR) AS actor,
        CAST("Status" AS VARCHAR) AS verb,
        nullif(concat_ws(' ', '#' || CAST("IncidentNumber" AS VARCHAR), CAST("Severity" AS VARCHAR),
            CAST("Title" AS VARCHAR)), '') AS object,
        CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        CAST(NULL AS VARCHAR) AS address, "IncidentName" AS id, evidence, "offset", length FROM "SecurityIncident""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when this state of the incident reached the workspace"),
        new("IncidentNumber", Int32, "number analysts call it by"),
        new("IncidentName", text(), "GUID of the incident, the same in all its rows"),
        new("Title", word(), "title"),
        new("Description", text(), "what it is about, in words"),
        new("Severity", word(), "severity at the time of this row; analysts change it"),
        new("Status", word(), "state at the time of this row"),
        new("Classification", word(), "verdict given on closing"),
        new("ClassificationReason", word(), "reason chosen for that verdict"),
        new("ClassificationComment", text(), "reason for that verdict in the analyst's words"),
        new("Owner", text(), "JSON: who it was assigned to"),
        new("ModifiedBy", word(), "who or what made this change"),
        new("AlertIds", text(), "JSON: alerts in it; join to SystemAlertId of SecurityAlert"),
        new("BookmarkIds", text(), "JSON: saved search results hung on it"),
        new("RelatedAnalyticRuleIds", text(), "JSON: rules that made its alerts"),
        new("Comments", text(), "JSON: notes of analysts, what was known when"),
        new("Labels", text(), "JSON: tags"),
        new("Tasks", text(), "JSON: work items set for it"),
        new("AdditionalData", text(), "JSON: counts and other details"),
        new("FirstActivityTime", timestamp(), "earliest activity of its alerts"),
        new("LastActivityTime", timestamp(), "latest activity of its alerts"),
        new("CreatedTime", timestamp(), "when it was opened"),
        new("FirstModifiedTime", timestamp(), "when it was first touched"),
        new("LastModifiedTime", timestamp(), "when this state came to be"),
        new("ClosedTime", timestamp(), "when it was last closed; it may have been opened again"),
        new("ProviderName", word(), "product that made the incident"),
        new("ProviderIncidentId", text(), "id that product gave it"),
        new("IncidentUrl", text(), "page of the incident in the portal"),
    ]
}
