//! What Gatekeeper says: its log lines, and the violations that its constraints list.
//!
//! A constraint is an object of the cluster and kept as one; its violations are rows beside it, so that they can be
//! asked for. Gatekeeper lists only the first of them, 20 unless told otherwise (formats.md g.1).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Miss, Payload};
use crate::formats::classify::Keys;
use crate::formats::fields::{Gathered, is_azure, member, members};
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::formats::{Item, json, wrappings};
use crate::model::tables::{gatekeeper_log, policy_violation};

/// Group of every constraint.
const CONSTRAINTS: &str = "constraints.gatekeeper.sh/";

/// A line that Gatekeeper's pods wrote.
pub struct GatekeeperLog;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for GatekeeperLog {
    fn name(&self) -> &'static str {
        "gatekeeper-log"
    }

    fn doc(&self) -> &'static str {
        "Log line of Gatekeeper: violations its audit found, requests its admission webhook denied"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| is_azure(item, k) && k.event_type.is_some() && k.process.is_some())
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let all = members(item)?;
        let process = member(&all, "process").and_then(json::string);
        let event = member(&all, "event_type").and_then(json::string);
        if event.is_none() || !process.is_some_and(|process| matches!(&*process, "audit" | "admission")) {
            return Err(Miss::NotMine);
        }
        let mut row = Gathered::default();
        let mut time = None;
        for (name, raw) in &all {
            let value = Value::Json(raw.get());
            match &**name {
                "ts" if value.time().is_some() => time = value.time(),
                "msg" => row.keep("message", value),
                name => row.keep(name, value),
            }
        }
        rows.row(&gatekeeper_log::TABLE, &item.at, time, row.row());
        Ok(())
    }
}

#[derive(Deserialize)]
struct Constraint<'a> {
    #[serde(borrow)]
    status: Option<Status<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    audit_timestamp: Option<&'a RawValue>,
    total_violations: Option<&'a RawValue>,
    violations: Option<Vec<&'a RawValue>>,
}

/// Members of a violation and their columns.
const NAMES: [(&str, &str); 8] = [
    ("enforcementAction", "enforcement_action"),
    ("enforcementActions", "enforcement_actions"),
    ("group", "resource_group"),
    ("version", "resource_version"),
    ("kind", "resource_kind"),
    ("namespace", "resource_namespace"),
    ("name", "resource_name"),
    ("message", "message"),
];

/// Keeps the violations that an object lists, if it is a constraint.
pub fn violations(item: &Item<'_>, api_version: &str, kind: &str, name: Option<&str>, rows: &mut Rows) {
    if !api_version.starts_with(CONSTRAINTS) {
        return;
    }
    let shown = name.unwrap_or("without name");
    let status = match serde_json::from_str::<Constraint<'_>>(item.text) {
        Ok(constraint) => constraint.status,
        Err(_) => return rows.note(format!("constraint {shown}: its status is not readable, see its object")),
    };
    let Some(status) = status else { return };
    let time = status.audit_timestamp.and_then(|raw| Value::Json(raw.get()).time());
    let listed = status.violations.unwrap_or_default();
    let total = status.total_violations.and_then(|raw| Value::Json(raw.get()).int());
    if let Some(total) = total.filter(|total| usize::try_from(*total).is_ok_and(|total| total > listed.len())) {
        let count = listed.len();
        rows.note(format!(
            "constraint {shown}: {count} of {total} violations are listed; the rest is not in the snapshot"
        ));
    }
    for (place, raw) in listed.into_iter().enumerate() {
        let mut row = Gathered::default();
        row.keep("constraint_kind", Value::text(kind));
        row.keep("constraint_name", Value::text(name.unwrap_or_default()));
        row.keep("n", Value::Int(place as i64 + 1));
        if let Some(total) = total {
            row.keep("total", Value::Int(total));
        }
        match serde_json::from_str::<crate::formats::members::Members<'_>>(raw.get()) {
            Ok(crate::formats::members::Members(members)) => {
                for (name, raw) in members {
                    let known = NAMES.iter().find(|(member, _)| *member == &*name);
                    let column = known.map_or_else(|| name.0.clone(), |(_, column)| (*column).into());
                    row.keep(column, Value::Json(raw.get()));
                }
            }
            Err(_) => row.keep("message", Value::Json(raw.get())),
        }
        rows.derived(&policy_violation::TABLE, &wrappings::span(item, raw.get()), time, row.row());
    }
}
