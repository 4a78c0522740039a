//! Compliance states and events of Azure Policy (Policy Insights).
//!
//! Refuses summaries: they count states and name none. "" and "tbd" are how the service writes that it knows nothing
//! (formats.md g.4).

use std::borrow::Cow;

use super::{Miss, Payload};
use crate::formats::classify::Keys;
use crate::formats::fields::{Gathered, Names, is_azure, member, members, same};
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::formats::{Item, json};
use crate::model::tables::policy_state::TABLE;

/// See the module's description.
pub struct PolicyState;

const NAMES: Names = &[
    ("resourceType", "resource_type"),
    ("complianceState", "compliance"),
    ("isCompliant", "is_compliant"),
    ("policyAssignmentId", "assignment_id"),
    ("policyAssignmentName", "assignment_name"),
    ("policyAssignmentScope", "assignment_scope"),
    ("policyDefinitionId", "definition_id"),
    ("policyDefinitionName", "definition_name"),
    ("policyDefinitionAction", "definition_action"),
    ("policyDefinitionCategory", "definition_category"),
    ("policyDefinitionReferenceId", "definition_reference_id"),
    ("policySetDefinitionId", "set_definition_id"),
    ("subscriptionId", "subscription_id"),
    ("resourceGroup", "resource_group"),
    ("resourceLocation", "location"),
    ("policyAssignmentParameters", "parameters"),
    ("components", "components"),
    ("policyDefinitionGroupNames", "groups"),
];

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for PolicyState {
    fn name(&self) -> &'static str {
        "policy-state"
    }

    fn doc(&self) -> &'static str {
        "Compliance state or policy event of Azure Policy: REST, `az policy state list`"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| is_azure(item, k) && k.policy_definition.is_some())
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let all = members(item)?;
        let has = |name: &str| member(&all, name).is_some();
        if !has("policyDefinitionId") || !(has("complianceState") || has("isCompliant") || has("policyAssignmentId")) {
            return Err(Miss::NotMine);
        }
        let mut row = Gathered::default();
        let mut time = None;
        for (name, raw) in &all {
            let value = Value::Json(raw.get());
            let text = json::string(raw.get());
            if text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("tbd")) {
                continue;
            }
            match &**name {
                "timestamp" if value.time().is_some() => time = value.time(),
                "resourceId" => row.keep("resource_id", Value::text(value.as_text().to_lowercase())),
                "managementGroupIds" => {
                    let text = text.unwrap_or_default();
                    let groups = text.split(',').map(str::trim).filter(|group| !group.is_empty());
                    let groups: Vec<Cow<'_, str>> = groups.map(|group| Cow::Owned(group.to_owned())).collect();
                    if groups.is_empty() {
                        // No list of texts: whatever it is, it is not lost.
                        row.keep(&**name, value);
                    } else {
                        row.keep("management_groups", Value::List(groups));
                    }
                }
                name => {
                    let known = NAMES.iter().find(|(member, _)| *member == name);
                    row.keep(known.map_or(name, |(_, column)| *column), value);
                }
            }
        }
        let context = all
            .iter()
            .find(|(name, _)| same(name.trim_start_matches("@odata.").trim_start_matches("odata"), "context"));
        let context = context.map(|(_, raw)| raw.get().to_lowercase()).unwrap_or_default();
        for (word, kind) in [("#policystates", "state"), ("#policyevents", "event")] {
            if context.contains(word) {
                row.keep("record", Value::text(kind));
            }
        }
        rows.row(&TABLE, &item.at, time, row.row());
        Ok(())
    }
}
