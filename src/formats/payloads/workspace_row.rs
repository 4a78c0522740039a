//! Rows of any other Log Analytics table, under its own name and columns.

use super::{Miss, Payload, activity, control_plane, security_alert};
use crate::formats::Item;
use crate::formats::classify::{Keys, problem};
use crate::formats::json;
use crate::formats::kubeforensys;
use crate::formats::members::Members;
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;

/// See the module's description.
pub struct WorkspaceRow;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for WorkspaceRow {
    fn name(&self) -> &'static str {
        "workspace-row"
    }

    fn doc(&self) -> &'static str {
        "Row of any other Log Analytics table, or of a CSV: kept under its table's name with all its columns"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        match keys {
            Some(k) => {
                k.time_generated.is_some() || k.table_name.is_some() || (k.row_type.is_some() && k.tenant.is_some())
            }
            None => item.cells.is_some(),
        }
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        if let Some(cells) = item.cells {
            return push(cells.all(), item, rows);
        }
        let Members(members) = serde_json::from_str(item.text).map_err(|e| Miss::Broken(problem(&e, item.text)))?;
        let has = |name: &str| members.iter().any(|(key, _)| &**key == name);
        let named = has("TimeGenerated") || has("TableName") || (has("Type") && has("TenantId"));
        if !named {
            return Err(Miss::NotMine);
        }
        let az = has("TableName");
        let row = members.iter().map(|(key, raw)| (&**key, value(raw.get(), az)));
        let row: Vec<(&str, Value<'_>)> = row.collect();
        push(&row, item, rows)
    }
}

/// Reads one value; `az` writes every value as text, and Python's None for what has no value.
fn value(raw: &str, az: bool) -> Value<'_> {
    match json::string(raw).filter(|_| az) {
        Some(text) if text == "None" => Value::Json("null"),
        Some(text) => Value::Text(text),
        None => Value::Json(raw),
    }
}

/// Keeps a row under the table it names, or the one whose columns these are.
fn push(row: &[(&str, Value<'_>)], item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
    let column = |name: &str| row.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_nothing());
    // `PrimaryResult` is what a query calls whatever it found.
    let named = ["Type", "TableName"].iter().filter_map(|name| column(name)).map(|(_, value)| value.as_text());
    let named = named.into_iter().find(|name| name != "PrimaryResult");
    let columns = || row.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let alert = || security_alert::is_row(|name| column(name).is_some()).then(|| "SecurityAlert".into());
    let table = named.or_else(|| rows.table_of(&columns()).map(|table| table.name.into())).or_else(alert);
    let own = [
        ("AKSControlPlane", control_plane::row as fn(&[(&str, Value<'_>)], &Item<'_>, &mut Rows)),
        ("SecurityAlert", security_alert::row),
        ("AzureActivity", activity::row),
    ];
    let read = own.iter().find(|(name, _)| table.as_deref().is_some_and(|table| table.eq_ignore_ascii_case(name)));
    if let Some((_, read)) = read {
        read(row, item, rows);
        return Ok(());
    }
    let is_queried = item.cells.is_some() || column("TableName").is_some();
    let more = kubeforensys::known(table.as_deref(), row, is_queried, rows);
    let row = row.iter().map(|(name, value)| (*name, value.clone()));
    rows.named_row(table.as_deref(), &item.at, None, row.chain(more));
    Ok(())
}
