//! Table `azure_resource`: resources as Azure Resource Manager describes them, clusters with what a check asks of them.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Boolean, Utf8};

use crate::model::table::{Column, Table, list, ours, schema, text, timestamp, word};

/// See the module's description. A resource has no time: the description does not say when it was made.
pub static TABLE: Table = Table {
    name: "azure_resource",
    doc: "Azure resources as ARM, az or a template describes them; AKS clusters with their settings as columns",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: None,
    id: Some("body"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "null: a description has no time"),
        new("resource_id", word(), "ARM resource id in lower case; null in a template"),
        new("name", word(), "name, or the template's expression for it"),
        new("type", word(), "ARM resource type"),
        new("location", word(), "region"),
        new("resource_group", word(), "resource group, as written"),
        new("kubernetes_version", word(), "version asked for; may lack the patch number"),
        new("current_kubernetes_version", word(), "version that runs"),
        new("rbac_enabled", Boolean, "Kubernetes RBAC is on"),
        new("local_accounts_disabled", Boolean, "the local admin certificate is switched off"),
        new("aad_managed", Boolean, "Entra integration is managed by AKS"),
        new("azure_rbac", Boolean, "Azure RBAC decides in the cluster"),
        new("private_cluster", Boolean, "the API server has a private address only"),
        new("authorized_ip_ranges", list(Utf8), "addresses that may reach the API server; empty or null = all"),
        new("run_command_disabled", Boolean, "az aks command invoke is switched off"),
        new("network_policy", word(), "azure, calico, cilium, none"),
        new("network_plugin", word(), "azure, kubenet, none"),
        new("oidc_issuer", Boolean, "the cluster issues OIDC tokens for workloads"),
        new("workload_identity", Boolean, "workload identity is on"),
        new("defender_enabled", Boolean, "Defender's sensor is on"),
        new("azure_policy_enabled", Boolean, "add-on azurepolicy is on"),
        new("oms_agent_enabled", Boolean, "add-on omsagent (Container Insights) is on"),
        new("http_application_routing", Boolean, "add-on httpApplicationRouting is on"),
        new("node_resource_group", word(), "resource group of the nodes"),
        new("fqdn", word(), "public name of the API server"),
        new("power_state", word(), "Running or Stopped"),
        new("node_pools", text(), "agentPoolProfiles, as JSON"),
        new("body", text(), "the whole description, as JSON"),
    ];
    columns.extend(ours());
    columns
}
