//! Table `SecurityRecommendation`: what Defender for Cloud found wanting in resources (formats.md c.4, e.2).
//!
//! A weekly snapshot repeats every assessment, so a row is a state, not a change.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Boolean;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "SecurityRecommendation",
    doc: "Assessments of resources by Defender for Cloud, one row per state exported",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'SecurityRecommendation' AS source, CAST("ProviderName" AS VARCHAR) AS actor,
        CAST("RecommendationState" AS VARCHAR) AS verb,
        nullif(concat_ws(' on ', coalesce(nullif(CAST("RecommendationDisplayName" AS VARCHAR), ''),
            CAST("RecommendationName" AS VARCHAR)), nullif(CAST("AssessedResourceId" AS VARCHAR), '')), '') AS object,
        CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        CAST(NULL AS VARCHAR) AS address, "RecommendationId" AS id, evidence, "offset", length
        FROM "SecurityRecommendation""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the row was exported; see IsSnapshot before reading it as a change"),
        new("RecommendationDisplayName", word(), "what ought to be so, as people see it"),
        new("RecommendationName", word(), "key of the assessment, the same on every resource"),
        new("RecommendationId", text(), "assessment of this resource"),
        new("RecommendationState", word(), "Healthy, Unhealthy or NotApplicable"),
        new("RecommendationSeverity", word(), "how much it matters, says the product"),
        new("AssessedResourceId", word(), "resource that was looked at"),
        new("ResourceRegion", word(), "region of that resource"),
        new("DeviceId", word(), "device that was looked at, when it is one"),
        new("Environment", word(), "cloud the resource is in"),
        new("Description", text(), "why it matters, in the product's words"),
        new("FirstEvaluationDate", timestamp(), "when the resource was first assessed"),
        new("DiscoveredTimeUTC", timestamp(), "when the weakness was first seen"),
        new(
            "StatusChangeDate",
            timestamp(),
            "when the state last changed: from here on the resource was open, or closed",
        ),
        new("ResolvedTimeUTC", timestamp(), "when the weakness was gone"),
        new("IsSnapshot", Boolean, "true when the row only repeats a state, false when it tells a change"),
        new("PolicyDefinitionId", word(), "Azure Policy behind the assessment"),
        new("Properties", text(), "JSON: the whole assessment"),
        new("RecommendationAdditionalData", text(), "JSON: findings below the assessment"),
        new("ProviderName", word(), "who assessed"),
    ]
}
