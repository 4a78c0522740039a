//! Tables of Azure's Log Analytics workspaces: names and columns are Azure's own, case kept (formats.md c).
//!
//! AKSAudit, AKSAuditAdmin and AKSControlPlane are not here: their rows are rows of `audit` and `control_plane`.
//! `Perf` is not here either: metrics say nothing of who did what.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::model::table::{self, Table};

pub mod aad_managed_identity_sign_in_logs;
pub mod aad_non_interactive_user_sign_in_logs;
pub mod aad_service_principal_sign_in_logs;
pub mod audit_logs;
pub mod azure_activity;
pub mod azure_diagnostics;
pub mod azure_network_analytics;
pub mod container_inventory;
pub mod container_log;
pub mod container_log_v2;
pub mod kube_events;
pub mod kube_node_inventory;
pub mod kube_pod_inventory;
pub mod kube_pv_inventory;
pub mod kube_services;
pub mod kubeforensys;
pub mod linux_audit_log;
pub mod nta_net_analytics;
pub mod security_alert;
pub mod security_event;
pub mod security_incident;
pub mod security_recommendation;
mod sign_in;
pub mod signin_logs;
pub mod syslog;
#[cfg(test)]
mod tests;
pub mod vm_connection;

/// Every table, in alphabetical order.
pub static AZURE: &[&Table] = &[
    &aad_managed_identity_sign_in_logs::TABLE,
    &aad_non_interactive_user_sign_in_logs::TABLE,
    &aad_service_principal_sign_in_logs::TABLE,
    &audit_logs::TABLE,
    &azure_activity::TABLE,
    &azure_diagnostics::TABLE,
    &azure_network_analytics::TABLE,
    &kubeforensys::HISTORY,
    &container_inventory::TABLE,
    &container_log::TABLE,
    &container_log_v2::TABLE,
    &kubeforensys::CRON_JOBS,
    &kube_events::TABLE,
    &kubeforensys::EVENTS,
    &kubeforensys::LOGS,
    &kube_node_inventory::TABLE,
    &kube_pod_inventory::TABLE,
    &kube_pv_inventory::TABLE,
    &kube_services::TABLE,
    &linux_audit_log::TABLE,
    &kubeforensys::NETWORK_POLICIES,
    &nta_net_analytics::TABLE,
    &kubeforensys::RBAC_BINDINGS,
    &security_alert::TABLE,
    &security_event::TABLE,
    &security_incident::TABLE,
    &security_recommendation::TABLE,
    &kubeforensys::SERVICE_ACCOUNTS,
    &signin_logs::TABLE,
    &kubeforensys::SUSPICIOUS_PODS,
    &syslog::TABLE,
    &vm_connection::TABLE,
];

/// Says whether a column, its name in lower case, tells a table from others.
fn tells(name: &str) -> bool {
    name != "timegenerated" && !table::is_tail(name)
}

/// Fewer names than this could be anyone's.
const FEWEST: usize = 4;

/// The columns that tell a table from others, in lower case, one set per table of [`AZURE`]: neither the common ones
/// nor coldcase's own.
static TELLING: LazyLock<Vec<BTreeSet<String>>> = LazyLock::new(|| {
    let shared: Vec<&str> = table::azure(Vec::new()).iter().map(|column| column.name).collect();
    let own = |table: &Table| {
        let names = table.columns.iter().map(|column| column.name).filter(|name| !shared.contains(name));
        names.map(str::to_ascii_lowercase).filter(|name| tells(name)).collect()
    };
    AZURE.iter().map(|table| own(table)).collect()
});

/// Returns the table of that name; case does not matter, because export paths are written in lower case.
pub fn by_name(name: &str) -> Option<&'static Table> {
    AZURE.iter().find(|table| table.name.eq_ignore_ascii_case(name)).copied()
}

/// Returns the one table the header `names` is of, for exports that do not name their table.
///
/// It must hold at least four of the names and four fifths of them, and more than any other table does. Case does not
/// matter, a name counts once, and empty names (an unnamed index column) and those of nearly every table not at all.
/// The time zone a portal writes behind a name is the caller's to take off.
pub fn by_columns(names: &[&str]) -> Option<&'static Table> {
    let names = names.iter().map(|name| name.to_ascii_lowercase());
    let names: BTreeSet<String> = names.filter(|name| !name.is_empty() && tells(name)).collect();
    let held = TELLING.iter().map(|own| names.intersection(own).count());
    let held: Vec<(usize, &&Table)> = held.zip(AZURE).collect();
    let best = held.iter().map(|(count, _)| *count).max().filter(|best| *best >= FEWEST)?;
    let enough = best.checked_mul(5)? >= names.len().checked_mul(4)?;
    let mut firsts = held.iter().filter(|(count, _)| *count == best);
    match (enough, firsts.next(), firsts.next()) {
        (true, Some((_, table)), None) => Some(table),
        _ => None,
    }
}

/// Returns the column that says when the event of a row was: TimeGenerated is when Azure had a row of it, which may be
/// an interval or a delay later.
pub fn event_time(table: &str) -> &'static str {
    match table {
        "SecurityAlert" => "StartTime",
        "NTANetAnalytics" => "FlowStartTime",
        "AzureNetworkAnalytics_CL" => "FlowStartTime_t",
        _ => "TimeGenerated",
    }
}
