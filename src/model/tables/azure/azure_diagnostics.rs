//! Table `AzureDiagnostics`: resource logs of the legacy mode that carry no AKS log line (formats.md c.1).
//!
//! The table is shared by all of Azure and has no fixed columns: every service adds its own, with a suffix for the
//! type. Listed are those of AKS and of Key Vault, whose secrets pods read; the published column list is another
//! product's.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Float64;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "AzureDiagnostics",
    doc: "Resource logs of the legacy mode that carry no AKS log line, such as Key Vault's",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'AzureDiagnostics' AS source,
        coalesce(nullif(CAST("identity_claim_oid_g" AS VARCHAR), ''), nullif(CAST("identity_claim_appid_g" AS VARCHAR),
            ''), nullif(CAST("pod_s" AS VARCHAR), '')) AS actor,
        coalesce(nullif(CAST("OperationName" AS VARCHAR), ''), CAST("Category" AS VARCHAR)) AS verb,
        coalesce(nullif("requestUri_s", ''), nullif(CAST("ResourceId" AS VARCHAR), ''), CAST("_ResourceId" AS VARCHAR))
            AS object,
        coalesce(TRY_CAST("httpStatusCode_d" AS BIGINT), TRY_CAST(CAST("ResultType" AS VARCHAR) AS BIGINT)) AS status,
        CAST("ccpNamespace_s" AS VARCHAR) AS namespace, CAST("clientInfo_s" AS VARCHAR) AS agent,
        CAST("CallerIPAddress" AS VARCHAR) AS address, "CorrelationId" AS id, evidence, "offset", length
        FROM "AzureDiagnostics""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "time of the record"),
        new("ResourceId", word(), "resource that logged, upper case"),
        new("Category", word(), "diagnostic category: AuditEvent, kube-audit, guard …"),
        new("ResourceGroup", word(), "its resource group"),
        new("SubscriptionId", word(), "its subscription"),
        new("ResourceProvider", word(), "its provider: MICROSOFT.KEYVAULT, MICROSOFT.CONTAINERSERVICE …"),
        new("Resource", word(), "its name"),
        new("ResourceType", word(), "its type: VAULTS, MANAGEDCLUSTERS …"),
        new("OperationName", word(), "what was done: SecretGet, VaultGet …"),
        new("OperationVersion", word(), "version of the API that was asked for"),
        new("ResultType", word(), "outcome"),
        new("ResultSignature", word(), "HTTP outcome, in words or as a number"),
        new("ResultDescription", text(), "further words on the outcome"),
        new("CorrelationId", text(), "ties records of one request together; the client may send it"),
        new("CallerIPAddress", word(), "where the request came from"),
        new("Computer", word(), "machine that logged, when the service names one"),
        new("RawData", text(), "the record as text, when it was not taken apart"),
        new(
            "log_s",
            text(),
            "null here: lines of AKS are in views AzureDiagnosticsAudit and AzureDiagnosticsControlPlane",
        ),
        new("pod_s", word(), "pod of the control plane that logged"),
        new("stream_s", word(), "stdout or stderr"),
        new("containerID_s", word(), "container of the control plane that logged"),
        new("ccpNamespace_s", word(), "namespace of the cluster's control plane, on Azure's side"),
        new("attrs_s", text(), "further attributes of the line, in a notation of their own in old records"),
        new("Cloud_s", word(), "cloud the control plane runs in"),
        new("Environment_s", word(), "environment the control plane runs in"),
        new("UnderlayClass_s", word(), "kind of the cluster below the control plane"),
        new("UnderlayName_s", word(), "name of the cluster below the control plane"),
        new("requestUri_s", text(), "Key Vault: URI asked for; names the secret"),
        new("httpStatusCode_d", Float64, "Key Vault: HTTP status"),
        new("clientInfo_s", word(), "Key Vault: user agent, the client's own words"),
        new("id_s", word(), "Key Vault: id the service gave"),
        new("identity_claim_appid_g", word(), "Key Vault: application that asked"),
        new("identity_claim_oid_g", word(), "Key Vault: object id of who asked"),
        new("AdditionalFields", text(), "JSON: fields that had no column left"),
    ]
}
