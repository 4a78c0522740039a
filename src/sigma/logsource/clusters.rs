//! Settings of AKS clusters as Azure describes them: `product: azure, service: managedclusters`.

use super::{LogSource, Reading, SILENT, Words, field, means};

/// A setting that has no column: in ARM it lies below `properties`, `az aks` lifts it up, kubescape wraps the whole.
macro_rules! setting {
    ($path:literal) => {
        concat!(
            "coalesce(json_get(body, 'properties.",
            $path,
            "'), json_get(body, '",
            $path,
            "'), json_get(body, 'data.properties.",
            $path,
            "'), json_get(body, 'data.",
            $path,
            "'))"
        )
    };
}

/// What a description of a cluster says.
pub static CLUSTERS: LogSource = LogSource {
    name: "managedclusters",
    doc: "settings of AKS clusters, as az aks show, ARM or a template has them",
    means: &[means("", "azure", "managedclusters")],
    fields: &[
        field!("resourceId", "the cluster, in lower case; nothing in a template"),
        field!("name", "name of the cluster"),
        field!("location", "region"),
        field!("kubernetesVersion", "version that runs, else the one that was asked for"),
        field!("supportPlan", "KubernetesOfficial or AKSLongTermSupport"),
        field!("sku.tier", "Free, Standard or Premium"),
        field!("enableRBAC", "Kubernetes RBAC decides in the cluster"),
        field!("aadProfile", "true where the cluster knows Entra identities"),
        field!("aadProfile.managed", "AKS manages the Entra integration"),
        field!("aadProfile.enableAzureRBAC", "Azure RBAC decides in the cluster too"),
        field!("disableLocalAccounts", "the local admin certificate is switched off"),
        field!("apiServerAccessProfile.enablePrivateCluster", "the API server has a private address only"),
        field!("apiServerAccessProfile.authorizedIPRanges", "addresses that may reach the API server, a list"),
        field!("apiServerAccessProfile.disableRunCommand", "az aks command invoke is switched off"),
        field!("networkProfile.networkPolicy", "azure, calico, cilium or none"),
        field!("securityProfile.azureKeyVaultKms.enabled", "secrets are encrypted in etcd with a key of Key Vault"),
        field!(
            "securityProfile.kubernetesResourceObjectEncryptionProfile.infrastructureEncryption",
            "Enabled where they are with a key of the platform's"
        ),
        field!("securityProfile.defender", "Defender's sensor is on"),
        field!("addonProfiles.azurepolicy.enabled", "Azure Policy watches what is created"),
        field!("powerState", "Running or Stopped"),
        field!(tree "agentPoolProfiles", "node pools, as JSON"),
        field!(tree "resource", "the whole description, as JSON"),
    ],
    readings: &[Reading {
        table: "azure_resource",
        from: "",
        only: "lower(CAST(type AS VARCHAR)) = 'microsoft.containerservice/managedclusters'",
        event: Words {
            id: "CAST(resource_id AS VARCHAR)",
            verb: "'describe'",
            kind: "'cluster'",
            name: "CAST(name AS VARCHAR)",
            ..SILENT
        },
        fields: &[
            ("any text", "body"),
            ("resourceId", "resource_id"),
            ("name", "name"),
            ("location", "location"),
            (
                "kubernetesVersion",
                "coalesce(CAST(current_kubernetes_version AS VARCHAR), CAST(kubernetes_version AS VARCHAR))",
            ),
            ("supportPlan", setting!("supportPlan")),
            ("sku.tier", "coalesce(json_get(body, 'sku.tier'), json_get(body, 'data.sku.tier'))"),
            ("enableRBAC", "rbac_enabled"),
            // A cluster without a profile has null or nothing there.
            ("aadProfile", concat!(setting!("aadProfile"), " IS NOT NULL")),
            ("aadProfile.managed", "aad_managed"),
            ("aadProfile.enableAzureRBAC", "azure_rbac"),
            ("disableLocalAccounts", "local_accounts_disabled"),
            ("apiServerAccessProfile.enablePrivateCluster", "private_cluster"),
            ("apiServerAccessProfile.authorizedIPRanges", "authorized_ip_ranges"),
            ("apiServerAccessProfile.disableRunCommand", "run_command_disabled"),
            ("networkProfile.networkPolicy", "network_policy"),
            ("securityProfile.azureKeyVaultKms.enabled", setting!("securityProfile.azureKeyVaultKms.enabled")),
            (
                "securityProfile.kubernetesResourceObjectEncryptionProfile.infrastructureEncryption",
                setting!("securityProfile.kubernetesResourceObjectEncryptionProfile.infrastructureEncryption"),
            ),
            ("securityProfile.defender", "defender_enabled"),
            ("addonProfiles.azurepolicy.enabled", "azure_policy_enabled"),
            ("powerState", "power_state"),
            ("agentPoolProfiles", "node_pools"),
            ("resource", "body"),
        ],
    }],
    remedy: "add the answer of az aks show, of ARM, or an export of the resource group",
};
