//! Incidents of Sentinel as its REST interface lists them, as rows of Azure's table SecurityIncident.

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::fields::{Gathered, Names, column, is_azure, member, members, part};
use crate::formats::members::Members;
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;

/// See the module's description.
pub struct SecurityIncident;

/// Formats.md c.4.
const NAMES: Names = &[
    ("classification", "Classification"),
    ("classificationComment", "ClassificationComment"),
    ("classificationReason", "ClassificationReason"),
    ("createdTimeUtc", "CreatedTime"),
    ("description", "Description"),
    ("firstActivityTimeUtc", "FirstActivityTime"),
    ("incidentNumber", "IncidentNumber"),
    ("incidentUrl", "IncidentUrl"),
    ("labels", "Labels"),
    ("lastActivityTimeUtc", "LastActivityTime"),
    ("lastModifiedTimeUtc", "LastModifiedTime"),
    ("owner", "Owner"),
    ("providerName", "ProviderName"),
    ("providerIncidentId", "ProviderIncidentId"),
    ("relatedAnalyticRuleIds", "RelatedAnalyticRuleIds"),
    ("additionalData", "AdditionalData"),
    ("severity", "Severity"),
    ("status", "Status"),
    ("title", "Title"),
];

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for SecurityIncident {
    fn name(&self) -> &'static str {
        "security-incident"
    }

    fn doc(&self) -> &'static str {
        "Incident of Sentinel as REST lists it"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| is_azure(item, k) && k.properties.is_some() && k.category.is_none())
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let all = members(item)?;
        let properties = member(&all, "properties").filter(|raw| part(raw, &["incidentNumber"]).is_some());
        let Some(Members(inner)) = properties.and_then(|raw| serde_json::from_str(raw).ok()) else {
            return Err(Miss::NotMine);
        };
        let mut row = Gathered::default();
        for (name, raw) in &inner {
            row.keep(column(NAMES, name), Value::Json(raw.get()));
        }
        for (name, raw) in all.iter().filter(|(name, _)| &**name != "properties") {
            let column = match &**name {
                "name" => "IncidentName",
                // Column Type is the name of a table.
                "type" => "type_",
                name => name,
            };
            row.keep(column, Value::Json(raw.get()));
        }
        // A row is the incident as its last change left it.
        let time = row.get("LastModifiedTime").and_then(Value::time);
        rows.named_row(Some("SecurityIncident"), &item.at, time, row.row());
        Ok(())
    }
}
