//! Alerts of Defender for Cloud, as rows of Azure's table SecurityAlert whatever they came in.
//!
//! A row is one version of an alert: the same alert is exported anew with every update, and its history is all rows of
//! one SystemAlertId, which compares without case. Nothing is merged here.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Miss, Payload};
use crate::formats::classify::Keys;
use crate::formats::fields::{Gathered, Names, column, is_azure, member, members, part};
use crate::formats::members::Members;
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::formats::{Item, entities};

/// See the module's description.
pub struct SecurityAlert;

const TABLE: &str = "SecurityAlert";

/// Continuous export, flat PascalCase (formats.md e.1, e.4).
const EXPORT: Names = &[
    ("AlertDisplayName", "DisplayName"),
    ("Severity", "AlertSeverity"),
    ("Intent", "Tactics"),
    ("StartTimeUtc", "StartTime"),
    ("EndTimeUtc", "EndTime"),
    ("AzureResourceId", "ResourceId"),
    ("AlertUri", "AlertLink"),
];

/// REST, below `properties` or flattened by `az security alert list` (formats.md e.3).
const REST: Names = &[
    ("alertDisplayName", "DisplayName"),
    ("alertType", "AlertType"),
    ("alertUri", "AlertLink"),
    ("compromisedEntity", "CompromisedEntity"),
    ("description", "Description"),
    ("endTimeUtc", "EndTime"),
    ("entities", "Entities"),
    ("extendedLinks", "ExtendedLinks"),
    ("extendedProperties", "ExtendedProperties"),
    ("intent", "Tactics"),
    ("isIncident", "IsIncident"),
    ("processingEndTimeUtc", "ProcessingEndTime"),
    ("productComponentName", "ProductComponentName"),
    ("productName", "ProductName"),
    ("remediationSteps", "RemediationSteps"),
    ("severity", "AlertSeverity"),
    ("startTimeUtc", "StartTime"),
    ("status", "Status"),
    ("subTechniques", "SubTechniques"),
    ("systemAlertId", "SystemAlertId"),
    ("techniques", "Techniques"),
    ("timeGeneratedUtc", "TimeGenerated"),
    ("vendorName", "VendorName"),
];

/// Rows of the table itself: its columns as older exports call them (formats.md c.4).
const ROWS: Names = &[
    ("AlertDisplayName", "DisplayName"),
    ("Severity", "AlertSeverity"),
    ("StartTimeUtc", "StartTime"),
    ("EndTimeUtc", "EndTime"),
    ("ProviderAlertId", "VendorOriginalId"),
];

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for SecurityAlert {
    fn name(&self) -> &'static str {
        "security-alert"
    }

    fn doc(&self) -> &'static str {
        "Alert of Defender for Cloud: continuous export, REST, `az security alert list`; its entity graph resolved"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| {
            let rest = k.properties.is_some() && k.category.is_none();
            is_azure(item, k) && (k.alert_type.is_some() || k.rest_alert_type.is_some() || rest)
        })
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let all = members(item)?;
        let has = |name: &str| member(&all, name).is_some();
        let table = member(&all, "Type").is_some_and(|table| !table.eq_ignore_ascii_case("\"SecurityAlert\""));
        if has("AlertType") && has("SystemAlertId") {
            // A row that names its table is read as one.
            if table || has("TableName") {
                return Err(Miss::NotMine);
            }
            let names = if has("Type") || has("ProviderAlertId") { ROWS } else { EXPORT };
            alert(all.iter().map(|(key, raw)| pair(key, raw)), names, item, rows);
            return Ok(());
        }
        if has("alertType") && has("systemAlertId") {
            alert(all.iter().map(|(key, raw)| outer(key, raw)), REST, item, rows);
            return Ok(());
        }
        let properties = member(&all, "properties").filter(|raw| part(raw, &["alertType"]).is_some());
        let Some(Members(inner)) = properties.and_then(|raw| serde_json::from_str(raw).ok()) else {
            return Err(Miss::NotMine);
        };
        let around = all.iter().filter(|(key, _)| &**key != "properties").map(|(key, raw)| outer(key, raw));
        alert(inner.iter().map(|(key, raw)| pair(key, raw)).chain(around), REST, item, rows);
        Ok(())
    }
}

fn pair<'a>(name: &'a str, raw: &'a RawValue) -> (&'a str, Value<'a>) {
    (name, Value::Json(raw.get()))
}

/// As [`pair`]: the `type` of an ARM object is not the name of a table, which is what column Type is.
fn outer<'a>(name: &'a str, raw: &'a RawValue) -> (&'a str, Value<'a>) {
    pair(if name == "type" { "type_" } else { name }, raw)
}

/// Says whether a row that names no table is one of SecurityAlert (formats.md 0.2).
pub fn is_row(has: impl Fn(&str) -> bool) -> bool {
    (has("AlertName") && has("ProviderName")) || (has("AlertType") && has("SystemAlertId"))
}

/// Keeps a row of the table SecurityAlert.
pub fn row(row: &[(&str, Value<'_>)], item: &Item<'_>, rows: &mut Rows) {
    alert(row.iter().map(|(name, value)| (*name, value.clone())), ROWS, item, rows);
}

fn alert<'a>(values: impl Iterator<Item = (&'a str, Value<'a>)>, names: Names, item: &Item<'_>, rows: &mut Rows) {
    let mut alert = Gathered::default();
    for (name, value) in values {
        alert.keep(column(names, name), value);
    }
    let text = |name: &str| alert.get(name).map(|value| value.as_text().into_owned());
    let id = text("SystemAlertId");
    let resolved = text("Entities").and_then(|graph| resolved(&graph, id.as_deref().unwrap_or("without id"), rows));
    let sample = is_sample(&["DisplayName", "AlertName"].map(text), text("AlertType").as_deref());
    let resource = alert.get("resourceIdentifiers").and_then(|all| only_resource(&all.as_text()));
    if alert.get("ResourceId").is_none() {
        alert.keep("ResourceId", Value::text(resource.unwrap_or_default()));
    }
    if let Some(json) = resolved {
        alert.keep("ResolvedEntities", Value::text(json));
    }
    if let Some(sample) = sample {
        alert.keep("IsSample", Value::Bool(sample));
    }
    rows.named_row(Some(TABLE), &item.at, None, alert.row());
}

fn resolved(graph: &str, alert: &str, rows: &mut Rows) -> Option<String> {
    let Some(found) = entities::resolve(graph) else {
        rows.note(format!("alert {alert}: Entities are no valid JSON (cut?), so there are no ResolvedEntities"));
        return None;
    };
    if !found.ambiguous.is_empty() {
        let ids = found.ambiguous.join(", ");
        rows.note(format!(
            "alert {alert}: entity id {ids} is defined more than once; a reference means the nearest definition before \
             it, else the first"
        ));
    }
    if found.bounded {
        rows.note(format!("alert {alert}: its entities refer to each other too often, some references are left"));
    }
    Some(found.json)
}

/// Says whether somebody only tried the alerting (formats.md e.1); None when there is nothing to tell it by.
fn is_sample(titles: &[Option<String>], kind: Option<&str>) -> Option<bool> {
    let titles = titles.iter().flatten().map(|title| title.to_uppercase());
    let (titles, kind) = (titles.collect::<Vec<_>>(), kind.map(str::to_uppercase));
    if titles.is_empty() && kind.is_none() {
        return None;
    }
    let simulated = kind.is_some_and(|kind| kind.contains("SIMULATED"));
    Some(simulated || titles.iter().any(|title| title.contains("[SAMPLE ALERT]")))
}

/// Returns the Azure resource among the identifiers of an alert, when there is exactly one.
fn only_resource(identifiers: &str) -> Option<String> {
    let all: Vec<&RawValue> = serde_json::from_str(identifiers).ok()?;
    let ids = all.iter().filter_map(|one| crate::formats::fields::word(one.get(), &["azureResourceId"]));
    let mut ids = ids.map(Cow::into_owned).collect::<Vec<_>>();
    ids.dedup();
    if ids.len() == 1 { ids.pop() } else { None }
}
