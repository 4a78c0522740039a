//! Azure resources as ARM describes them, above all AKS clusters: REST, `az aks`, template exports, kubescape.
//!
//! What a hardening check asks of a cluster has columns of its own; what the description does not say is null, never
//! the default. An expression of a template is no value: it is in column unread.

use std::borrow::Cow;

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::fields::{Gathered, is_azure, part, segment, word};
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::model::tables::azure_resource::TABLE;

/// See the module's description.
pub struct AzureResource;

const CLUSTER: &str = "Microsoft.ContainerService/managedClusters";

/// Columns of a cluster and where its properties say it, in any spelling of the names (formats.md f.7).
const PATHS: &[(&str, &[&str])] = &[
    ("kubernetes_version", &["kubernetesVersion"]),
    ("current_kubernetes_version", &["currentKubernetesVersion"]),
    ("rbac_enabled", &["enableRBAC"]),
    ("local_accounts_disabled", &["disableLocalAccounts"]),
    ("aad_managed", &["aadProfile", "managed"]),
    ("azure_rbac", &["aadProfile", "enableAzureRBAC"]),
    ("private_cluster", &["apiServerAccessProfile", "enablePrivateCluster"]),
    ("authorized_ip_ranges", &["apiServerAccessProfile", "authorizedIPRanges"]),
    ("run_command_disabled", &["apiServerAccessProfile", "disableRunCommand"]),
    ("network_policy", &["networkProfile", "networkPolicy"]),
    ("network_plugin", &["networkProfile", "networkPlugin"]),
    ("oidc_issuer", &["oidcIssuerProfile", "enabled"]),
    ("workload_identity", &["securityProfile", "workloadIdentity", "enabled"]),
    ("defender_enabled", &["securityProfile", "defender", "securityMonitoring", "enabled"]),
    // What it was called before.
    ("defender_enabled", &["securityProfile", "azureDefender", "enabled"]),
    ("azure_policy_enabled", &["addonProfiles", "azurepolicy", "enabled"]),
    ("oms_agent_enabled", &["addonProfiles", "omsagent", "enabled"]),
    ("http_application_routing", &["addonProfiles", "httpApplicationRouting", "enabled"]),
    ("node_resource_group", &["nodeResourceGroup"]),
    ("fqdn", &["fqdn"]),
    ("power_state", &["powerState", "code"]),
    ("node_pools", &["agentPoolProfiles"]),
];

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for AzureResource {
    fn name(&self) -> &'static str {
        "azure-resource"
    }

    fn doc(&self) -> &'static str {
        "Resource of Azure as ARM describes it: AKS cluster (REST, `az aks`, kubescape), any resource of a template"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        let described = |k: &Keys<'_>| k.data.is_some() && k.kind().as_deref() == Some("ClusterDescribe");
        keys.is_some_and(|k| described(k) || (is_azure(item, k) && k.resource_type.is_some()))
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let whole = item.text;
        if item.cells.is_some() || !whole.starts_with('{') {
            return Err(Miss::NotMine);
        }
        let described = described(whole);
        let resource = described.unwrap_or(whole);
        let kind = word(resource, &["type"]).unwrap_or_default();
        let cluster = kind.eq_ignore_ascii_case(CLUSTER);
        let other = described.is_none() && !is_description(whole) && is_resource(resource, &kind);
        if !cluster && !other {
            return Err(Miss::NotMine);
        }
        let mut row = Gathered::default();
        let id = word(resource, &["id"]);
        if let Some(id) = &id {
            row.keep("resource_id", Value::text(id.to_lowercase()));
        }
        for name in ["name", "type", "location"] {
            row.json(name, part(resource, &[name]));
        }
        let group = word(resource, &["resourceGroup"]);
        let of_id = id.as_deref().and_then(|id| segment(id, "resourceGroups"));
        if let Some(group) = group.or_else(|| of_id.map(|group| Cow::Owned(group.to_owned()))) {
            row.keep("resource_group", Value::Text(group));
        }
        if cluster {
            // `az aks` lifts the properties up.
            let properties = part(resource, &["properties"]).filter(|raw| raw.starts_with('{')).unwrap_or(resource);
            for (column, path) in PATHS {
                if row.get(column).is_none() {
                    row.json(*column, part(properties, path));
                }
            }
        }
        row.keep("body", Value::Json(whole));
        rows.row(&TABLE, &item.at, None, row.row());
        Ok(())
    }
}

/// Says whether this describes a resource: a type with a provider, and an id or the version of its interface, a date.
/// Says whether this is kubescape's way to wrap what a cloud says of a cluster.
fn is_description(whole: &str) -> bool {
    word(whole, &["kind"]).as_deref() == Some("ClusterDescribe")
}

/// Returns the cluster that is described in an object of kubescape, which looks like one of Kubernetes.
pub(super) fn described(whole: &str) -> Option<&str> {
    let data = part(whole, &["data"]).filter(|_| is_description(whole))?;
    word(data, &["type"]).is_some_and(|kind| kind.eq_ignore_ascii_case(CLUSTER)).then_some(data)
}

fn is_resource(resource: &str, kind: &str) -> bool {
    let provider = kind.split_once('/').is_some_and(|(provider, _)| provider.contains('.'));
    let version = word(resource, &["apiVersion"]).is_some_and(|version| {
        let digits = |range: std::ops::Range<usize>| {
            version.as_bytes().get(range).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
        };
        digits(0..4) && version.as_bytes().get(4) == Some(&b'-') && digits(5..7)
    });
    let id = || word(resource, &["id"]).is_some_and(|id| id.to_lowercase().contains("/providers/"));
    provider && (version || (kind.to_lowercase().starts_with("microsoft.") && id()))
}
