//! Any other resource-log record of Azure: Key Vault, Functions, gateways …
//!
//! Leaves flow logs alone, and refuses a record of AKS, which without its log says nothing.

use super::{Miss, Payload};
use crate::formats::classify::Keys;
use crate::formats::fields::{Gathered, Names, is_azure, member, members};
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::formats::{Item, json};
use crate::model::tables::resource_log::TABLE;

/// See the module's description.
pub struct ResourceLog;

const NAMES: Names = &[
    ("category", "category"),
    ("operationName", "operation_name"),
    ("level", "level"),
    ("resultType", "result_type"),
    ("resultDescription", "result_description"),
    ("correlationId", "correlation_id"),
    ("callerIpAddress", "caller_ip"),
    ("identity", "identity"),
    ("properties", "properties"),
];

/// Flow logs hold many flows in one record.
const FLOWS: [&str; 2] = ["NetworkSecurityGroupFlowEvent", "FlowLogFlowEvent"];
/// The operation of every record of AKS (formats.md b.2).
const AKS: &str = "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read";

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for ResourceLog {
    fn name(&self) -> &'static str {
        "resource-log"
    }

    fn doc(&self) -> &'static str {
        "Resource log record of any other Azure service: its properties are kept as they are"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| {
            is_azure(item, k) && k.category.is_some() && (k.resource_id.is_some() || k.operation_name.is_some())
        })
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let all = members(item)?;
        let text = |name: &str| member(&all, name).and_then(json::string);
        let (Some(category), operation, resource) = (text("category"), text("operationName"), text("resourceId"))
        else {
            return Err(Miss::NotMine);
        };
        let flow = FLOWS.iter().any(|flow| flow.eq_ignore_ascii_case(&category));
        if flow || (operation.is_none() && resource.is_none()) {
            return Err(Miss::NotMine);
        }
        if operation.is_some_and(|operation| operation.eq_ignore_ascii_case(AKS)) {
            return Err(Miss::Broken(format!("AKS record of category {category} without a properties.log")));
        }
        let mut row = Gathered::default();
        let mut time = None;
        for (name, raw) in &all {
            let value = Value::Json(raw.get());
            match &**name {
                "time" if time.is_none() && value.time().is_some() => time = value.time(),
                "resourceId" if resource.is_some() => {
                    row.keep("resource_id", Value::text(value.as_text().to_lowercase()));
                }
                // One service writes Level, another level.
                name => {
                    let known = NAMES.iter().find(|(member, _)| member.eq_ignore_ascii_case(name));
                    row.keep(known.map_or(name, |(_, column)| *column), value);
                }
            }
        }
        rows.row(&TABLE, &item.at, time, row.row());
        Ok(())
    }
}
