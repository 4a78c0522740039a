//! The activity log of Azure Resource Manager, as rows of Azure's table AzureActivity.
//!
//! Three ways out (formats.md d): REST, `az` and the portal write `{value, localizedValue}` pairs in camelCase, the SDKs
//! the same in snake_case, a diagnostic setting a resource-log record. What is localised goes to the legacy columns,
//! which are localised in Azure too. Names of operations stay as they are written; compare them without case.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Miss, Payload};
use crate::formats::classify::Keys;
use crate::formats::fields::{Gathered, Names, is_azure, member, members, part, same, segment, unwrapped, word};
use crate::formats::members::Members;
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::formats::text::Text;
use crate::formats::{Item, json};

/// See the module's description.
pub struct Activity;

const TABLE: &str = "AzureActivity";

/// Members of an event in any spelling, and their columns.
const EVENT: Names = &[
    ("authorization", "Authorization"),
    ("caller", "Caller"),
    ("claims", "Claims"),
    ("correlationId", "CorrelationId"),
    ("eventDataId", "EventDataId"),
    ("eventTimestamp", "TimeGenerated"),
    ("httpRequest", "HTTPRequest"),
    ("level", "Level"),
    ("operationId", "OperationId"),
    ("properties", "Properties"),
    ("resourceGroupName", "ResourceGroup"),
    ("resourceId", "ResourceId"),
    ("submissionTimestamp", "EventSubmissionTimestamp"),
    ("subscriptionId", "SubscriptionId"),
    // TenantId is the workspace, this one is Entra's.
    ("tenantId", "AADTenantId"),
];

/// Pairs: member, column of its value, column of what people read.
const PAIRS: &[(&str, &str, &str)] = &[
    ("category", "CategoryValue", "Category"),
    ("operationName", "OperationNameValue", "OperationName"),
    ("resourceProviderName", "ResourceProviderValue", "ResourceProvider"),
    ("status", "ActivityStatusValue", "ActivityStatus"),
    ("subStatus", "ActivitySubstatusValue", "ActivitySubstatus"),
];

/// Members of a record of a diagnostic setting, and their columns.
const RECORD: Names = &[
    ("time", "TimeGenerated"),
    ("resourceId", "ResourceId"),
    ("operationName", "OperationNameValue"),
    ("resultType", "ActivityStatusValue"),
    ("resultSignature", "ActivitySubstatusValue"),
    ("callerIpAddress", "CallerIpAddress"),
    ("correlationId", "CorrelationId"),
    ("level", "Level"),
    ("properties", "Properties"),
    ("tenantId", "AADTenantId"),
];

/// Categories of the activity log; older records say Write, Delete or Action instead.
const CATEGORIES: [&str; 8] =
    ["Administrative", "Security", "ServiceHealth", "Alert", "Recommendation", "Policy", "Autoscale", "ResourceHealth"];
const OLD_CATEGORIES: [&str; 3] = ["Write", "Delete", "Action"];

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for Activity {
    fn name(&self) -> &'static str {
        "activity"
    }

    fn doc(&self) -> &'static str {
        "Event of the Azure activity log: REST, `az`, portal, SDK, or a record of a diagnostic setting"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| {
            let event = k.activity.is_some() || k.sdk_activity.is_some();
            is_azure(item, k) && (event || (k.category.is_some() && k.operation_name.is_some()))
        })
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let all = members(item)?;
        let mut row = Gathered::default();
        if member(&all, "eventDataId").is_some() || member(&all, "event_data_id").is_some() {
            event(&all, &mut row);
        } else if is_record(&all) {
            record(&all, &mut row);
        } else {
            return Err(Miss::NotMine);
        }
        policies(&mut row);
        rows.named_row(Some(TABLE), &item.at, None, row.row());
        Ok(())
    }
}

/// Keeps a row of the table AzureActivity.
pub fn row(row: &[(&str, Value<'_>)], item: &Item<'_>, rows: &mut Rows) {
    let mut gathered = Gathered::default();
    row.iter().for_each(|(name, value)| gathered.keep(*name, value.clone()));
    policies(&mut gathered);
    rows.named_row(Some(TABLE), &item.at, None, gathered.row());
}

fn event<'a>(all: &'a [(Text<'a>, &'a RawValue)], row: &mut Gathered<'a>) {
    for (name, raw) in all {
        let raw = raw.get();
        if let Some((_, value, localised)) = PAIRS.iter().find(|(member, ..)| same(member, name)) {
            match part(raw, &["value"]) {
                Some(inner) => {
                    row.json(*value, Some(inner));
                    row.json(*localised, part(raw, &["localizedValue"]));
                }
                // A pair that was flattened, or an object we do not know.
                None => row.json(*value, Some(raw)),
            }
            continue;
        }
        let column = EVENT.iter().find(|(member, _)| same(member, name));
        row.keep(column.map_or(&**name, |(_, column)| *column), Value::Json(raw));
        if same(name, "httpRequest") {
            row.json("CallerIpAddress", part(raw, &["clientIpAddress"]));
        }
    }
}

/// Says whether a resource-log record is one of the activity log: other services have such categories too, but their
/// operations have no provider in front.
fn is_record(all: &[(Text<'_>, &RawValue)]) -> bool {
    let text = |name: &str| member(all, name).and_then(json::string);
    let category = text("category").unwrap_or_default();
    let one_of = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(&category));
    let identity = || member(all, "identity").is_some_and(|raw| part(raw, &["claims"]).is_some());
    let known = one_of(&CATEGORIES) || (one_of(&OLD_CATEGORIES) && identity());
    known && text("operationName").is_some_and(|name| name.contains('/'))
}

fn record<'a>(all: &'a [(Text<'a>, &'a RawValue)], row: &mut Gathered<'a>) {
    let properties = member(all, "properties");
    // Old records put Write, Delete or Action where the category should be.
    row.json("CategoryValue", properties.and_then(|raw| part(raw, &["eventCategory"])));
    for (name, raw) in all {
        let raw = raw.get();
        let column = match RECORD.iter().find(|(member, _)| member == &&**name) {
            Some((_, column)) => column,
            None if &**name == "category" && row.get("CategoryValue").is_none() => "CategoryValue",
            None if &**name == "category" => match row.get("CategoryValue") {
                Some(value) if value.as_text() == unwrapped(raw) => continue,
                _ => "Category",
            },
            None if &**name == "identity" => {
                identity(raw, row);
                continue;
            }
            None => name,
        };
        row.keep(column, Value::Json(raw));
    }
    row.json("Hierarchy", properties.and_then(|raw| part(raw, &["hierarchy"])));
    if let Some(id) = member(all, "resourceId").and_then(json::string) {
        let parts = [("SubscriptionId", "subscriptions"), ("ResourceGroup", "resourceGroups")];
        for (column, name) in parts {
            row.keep(column, Value::text(segment(&id, name).unwrap_or_default().to_owned()));
        }
    }
}

/// Takes who acted apart. The log's own Caller is the claim of the user's name, or of the service's.
fn identity<'a>(raw: &'a str, row: &mut Gathered<'a>) {
    const SCHEMA: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
    row.json("Authorization", part(raw, &["authorization"]));
    let claims = part(raw, &["claims"]);
    row.json("Claims", claims);
    let names = ["upn", "spn"].map(|name| word(claims?, &[&format!("{SCHEMA}{name}")]));
    if let Some(name) = names.into_iter().flatten().next() {
        row.keep("Caller", Value::Text(name));
    }
    let Ok(Members(members)) = serde_json::from_str::<Members<'_>>(raw) else { return row.json("identity", Some(raw)) };
    if members.iter().any(|(name, _)| !["authorization", "claims"].contains(&&**name)) {
        row.json("identity", Some(raw));
    }
}

/// Names the policies of an event of category Policy: its properties hold them as a JSON text (formats.md g.5).
fn policies(row: &mut Gathered<'_>) {
    const COLUMNS: [(&str, &str); 3] = [
        ("PolicyDefinitionIds", "policyDefinitionId"),
        ("PolicyAssignmentIds", "policyAssignmentId"),
        ("PolicyEffects", "policyDefinitionEffect"),
    ];
    let Some(properties) = row.get("Properties").map(|value| value.as_text().into_owned()) else { return };
    let Some(policies) = part(&properties, &["policies"]).map(unwrapped) else { return };
    let Ok(all) = serde_json::from_str::<Vec<&RawValue>>(&policies) else { return };
    for (column, name) in COLUMNS {
        let texts = all.iter().filter_map(|one| word(one.get(), &[name])).map(|text| Cow::Owned(text.into_owned()));
        let texts: Vec<Cow<'static, str>> = texts.collect();
        if !texts.is_empty() {
            row.keep(column, Value::List(texts));
        }
    }
}
