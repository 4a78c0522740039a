//! Table `AADManagedIdentitySignInLogs`: sign-ins of managed identities, those of node pools among them
//! (formats.md c.6).
//!
//! Its columns are those of `AADServicePrincipalSignInLogs`, so a header alone never tells the two apart.

use std::sync::LazyLock;

use super::aad_service_principal_sign_in_logs::columns;
use crate::model::table::{Table, azure, schema};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "AADManagedIdentitySignInLogs",
    doc: "Sign-ins of managed identities to Entra ID",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'AADManagedIdentitySignInLogs' AS source,
        coalesce(nullif(CAST("ServicePrincipalName" AS VARCHAR), ''), nullif(CAST("ServicePrincipalId" AS VARCHAR), ''),
            CAST("AppId" AS VARCHAR)) AS actor,
        'managed identity sign-in' AS verb, CAST("ResourceDisplayName" AS VARCHAR) AS object,
        TRY_CAST(CAST("ResultType" AS VARCHAR) AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace,
        CAST(NULL AS VARCHAR) AS agent, CAST("IPAddress" AS VARCHAR) AS address, "Id" AS id,
        evidence, "offset", length FROM "AADManagedIdentitySignInLogs""#,
    ),
    id: Some("Id"),
};
