//! What else Defender for Cloud exports: recommendations, sub-assessments, secure score, regulatory compliance.
//!
//! A weekly snapshot repeats everything that is known (formats.md e.2): IsSnapshot says so, and no row is dropped for
//! it.

use super::{Miss, Payload};
use crate::formats::classify::Keys;
use crate::formats::fields::{Gathered, is_azure, member, members, part, word};
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::formats::{Item, json};

/// See the module's description.
pub struct SecurityRecord;

/// How the type of a record begins, lower case, and the table it goes to; the first that fits.
const TABLES: &[(&str, &str)] = &[
    ("microsoft.security/assessments/subassessments", "SecuritySubAssessment"),
    ("microsoft.security/subassessments", "SecuritySubAssessment"),
    ("microsoft.security/assessments", RECOMMENDATION),
    ("microsoft.security/securescore", "SecureScore"),
    ("microsoft.security/regulatorycompliance", "RegulatoryCompliance"),
];

const RECOMMENDATION: &str = "SecurityRecommendation";

/// Columns of SecurityRecommendation and where an assessment says it (formats.md c.4, e.2).
const ASSESSMENT: &[(&str, &[&str])] = &[
    ("AssessedResourceId", &["resourceDetails", "id"]),
    ("FirstEvaluationDate", &["status", "firstEvaluationDate"]),
    ("StatusChangeDate", &["status", "statusChangeDate"]),
    ("RecommendationState", &["status", "code"]),
    ("RecommendationDisplayName", &["displayName"]),
    ("RecommendationDisplayName", &["metadata", "displayName"]),
    ("RecommendationSeverity", &["metadata", "severity"]),
    ("PolicyDefinitionId", &["metadata", "policyDefinitionId"]),
    ("RecommendationAdditionalData", &["additionalData"]),
];

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for SecurityRecord {
    fn name(&self) -> &'static str {
        "security-record"
    }

    fn doc(&self) -> &'static str {
        "Continuous export of Defender for Cloud beside alerts: assessments, sub-assessments, scores, compliance"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| is_azure(item, k) && k.properties.is_some() && k.resource_type.is_some())
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let all = members(item)?;
        let kind = member(&all, "type").and_then(json::string).unwrap_or_default().to_lowercase();
        let Some((_, table)) = TABLES.iter().find(|(start, _)| kind.starts_with(start)) else {
            return Err(Miss::NotMine);
        };
        let Some(properties) = member(&all, "properties") else { return Err(Miss::NotMine) };
        let recommendation = *table == RECOMMENDATION;
        let mut row = Gathered::default();
        let mut time = None;
        if recommendation {
            for (column, path) in ASSESSMENT {
                if row.get(column).is_none() {
                    row.json(*column, part(properties, path));
                }
            }
            // A recommendation has no time of its own but that of its last change.
            time = row.get("StatusChangeDate").and_then(Value::time);
        } else {
            row.json("displayName", part(properties, &["displayName"]));
            row.json("statusCode", part(properties, &["status", "code"]));
            row.json("resourceId", part(properties, &["resourceDetails", "id"]));
        }
        for (name, raw) in &all {
            let column = match &**name {
                "id" if recommendation => "RecommendationId",
                "name" if recommendation => "RecommendationName",
                "properties" => "Properties",
                "tenantId" => "AADTenantId",
                // Column Type is the name of a table.
                "type" => "type_",
                name => name,
            };
            row.keep(column, Value::Json(raw.get()));
            // `assessmentEventDataEnrichment` and its like.
            if name.ends_with("EventDataEnrichment") && row.get("IsSnapshot").is_none() {
                row.json("IsSnapshot", part(raw.get(), &["isSnapshot"]));
            }
        }
        if row.get("isSnapshot").is_none()
            && let Some(word) = word(properties, &["isSnapshot"])
        {
            row.keep("IsSnapshot", Value::Text(word));
        }
        rows.named_row(Some(table), &item.at, time, row.row());
        Ok(())
    }
}
