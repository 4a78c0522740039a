//! Table `AADServicePrincipalSignInLogs`: sign-ins of applications with a secret, certificate or federation
//! (formats.md c.6).

use std::sync::LazyLock;

use super::sign_in;
use crate::model::table::{Column, Table, azure, schema, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "AADServicePrincipalSignInLogs",
    doc: "Sign-ins of service principals to Entra ID",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'AADServicePrincipalSignInLogs' AS source,
        coalesce(nullif(CAST("ServicePrincipalName" AS VARCHAR), ''), nullif(CAST("ServicePrincipalId" AS VARCHAR), ''),
            CAST("AppId" AS VARCHAR)) AS actor,
        'application sign-in' AS verb, CAST("ResourceDisplayName" AS VARCHAR) AS object,
        TRY_CAST(CAST("ResultType" AS VARCHAR) AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace,
        CAST(NULL AS VARCHAR) AS agent, CAST("IPAddress" AS VARCHAR) AS address, "Id" AS id,
        evidence, "offset", length FROM "AADServicePrincipalSignInLogs""#,
    ),
    id: Some("Id"),
};

/// The table of managed identities has the same columns.
pub(super) fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = sign_in::every();
    columns.extend([
        new("ServicePrincipalName", word(), "name of the service principal that signed in"),
        new("ServicePrincipalCredentialKeyId", word(), "which of its secrets or certificates was used"),
        new("ServicePrincipalCredentialThumbprint", word(), "thumbprint of the certificate that was used"),
        new("FederatedCredentialId", word(), "which federation was used: workload identities of pods show here"),
    ]);
    columns
}
