//! What a record means: one file per payload, listed in [`PAYLOADS`].

mod activity;
mod aks_audit;
pub(super) mod auditd_event;
mod azure_diagnostics;
mod azure_resource;
pub(super) mod container_line;
pub(super) mod control_plane;
mod diagnostic_record;
mod entra;
mod falco;
pub(super) mod falco_line;
pub(super) mod gatekeeper;
mod hubble;
pub(super) mod kube_audit;
pub(super) mod kube_object;
mod kubeshark;
pub(super) mod network_flow;
mod periscope;
mod policy_state;
mod resource_log;
mod security_alert;
mod security_incident;
mod security_record;
pub(super) mod syslog_line;
mod tetragon;
pub(super) mod text_line;
mod workspace_row;

use super::Item;
use super::classify::Keys;
use super::rows::Rows;

/// Every meaning we know. The order decides when two fit.
pub static PAYLOADS: &[&dyn Payload] = &[
    &kube_audit::KubeAudit,
    &network_flow::NetworkFlow,
    &diagnostic_record::DiagnosticRecord,
    &aks_audit::AksAudit,
    &azure_diagnostics::AzureDiagnostics,
    &entra::Entra,
    &activity::Activity,
    &security_alert::SecurityAlert,
    &security_record::SecurityRecord,
    &security_incident::SecurityIncident,
    &policy_state::PolicyState,
    &gatekeeper::GatekeeperLog,
    &azure_resource::AzureResource,
    &resource_log::ResourceLog,
    &kube_object::KubeObject,
    &falco::Falco,
    &tetragon::Tetragon,
    &hubble::Hubble,
    &kubeshark::Kubeshark,
    &periscope::Periscope,
    &workspace_row::WorkspaceRow,
    &auditd_event::AuditdEvent,
    &syslog_line::SyslogLine,
    &control_plane::LogLine,
    &container_line::ContainerLine,
    &falco_line::FalcoLine,
    &text_line::TextLine,
];

/// A meaning of records.
#[allow(private_interfaces, reason = "payloads are listed for the docs, but asked only by this layer")]
pub trait Payload: Sync {
    fn name(&self) -> &'static str;
    /// One line for people.
    fn doc(&self) -> &'static str;
    /// Says by its keys whether a record is one of these; a row of a table has cells and no keys.
    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool;
    /// Appends the row, or says why not and appends nothing.
    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss>;
}

/// Why a payload appended nothing.
#[derive(Debug, PartialEq, Eq)]
pub enum Miss {
    /// The record is something else.
    NotMine,
    /// It is one of these and cannot be read.
    Broken(String),
}
