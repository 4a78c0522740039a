//! Table `SigninLogs`: interactive sign-ins of users (formats.md c.6).

use std::sync::LazyLock;

use arrow::datatypes::DataType::Boolean;

use super::sign_in;
use crate::model::table::{Column, Table, azure, schema, text, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "SigninLogs",
    doc: "Interactive sign-ins of users to Entra ID",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'SigninLogs' AS source,
        coalesce(nullif(CAST("UserPrincipalName" AS VARCHAR), ''), CAST("Identity" AS VARCHAR)) AS actor,
        'sign-in' AS verb,
        nullif(concat_ws(' to ', nullif(CAST("AppDisplayName" AS VARCHAR), ''),
            nullif(CAST("ResourceDisplayName" AS VARCHAR), '')), '') AS object,
        TRY_CAST(CAST("ResultType" AS VARCHAR) AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace,
        CAST("UserAgent" AS VARCHAR) AS agent, CAST("IPAddress" AS VARCHAR) AS address, "Id" AS id,
        evidence, "offset", length FROM "SigninLogs""#,
    ),
    id: Some("Id"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = sign_in::user();
    columns.extend([
        new("AADTenantId", word(), "Entra tenant, which TenantId is not"),
        new("AppliedConditionalAccessPolicies", text(), "policies that were applied; older column"),
        new("FlaggedForReview", Boolean, "the user asked administrators to look at a failure"),
        new("IPAddressFromResourceProvider", word(), "address the resource saw, when it was another"),
        new("ProcessingTimeInMilliseconds", word(), "how long Entra took, milliseconds, text"),
        new("Resource", word(), "resource of the log, not of the sign-in"),
        new("ResourceId", word(), "resource id of the log or of what was signed in to"),
        new("ResourceProvider", word(), "provider of the log"),
        new("RiskLevel", word(), "risk; older column"),
        new("ServicePrincipalName", word(), "application that signed in, when it was one"),
        new("SignInIdentifier", word(), "name as typed"),
    ]);
    columns
}
