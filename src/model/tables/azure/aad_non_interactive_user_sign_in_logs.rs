//! Table `AADNonInteractiveUserSignInLogs`: sign-ins a client did for a user with a token (formats.md c.6).
//!
//! A stolen refresh token shows here and nowhere in `SigninLogs`.

use std::sync::LazyLock;

use super::sign_in;
use crate::model::table::{Column, Table, azure, schema, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "AADNonInteractiveUserSignInLogs",
    doc: "Sign-ins to Entra ID a client did for a user, with a token it had",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'AADNonInteractiveUserSignInLogs' AS source,
        coalesce(nullif(CAST("UserPrincipalName" AS VARCHAR), ''), CAST("Identity" AS VARCHAR)) AS actor,
        'token sign-in' AS verb,
        nullif(concat_ws(' to ', nullif(CAST("AppDisplayName" AS VARCHAR), ''),
            nullif(CAST("ResourceDisplayName" AS VARCHAR), '')), '') AS object,
        TRY_CAST(CAST("ResultType" AS VARCHAR) AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace,
        CAST("UserAgent" AS VARCHAR) AS agent, CAST("IPAddress" AS VARCHAR) AS address, "Id" AS id,
        evidence, "offset", length FROM "AADNonInteractiveUserSignInLogs""#,
    ),
    id: Some("Id"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = sign_in::user();
    columns.extend([
        new("SignInEventTypes", word(), "kinds of sign-in: refreshToken, continuousAccessEvaluation …"),
        new("ProcessingTimeInMs", word(), "how long Entra took, milliseconds, text"),
    ]);
    columns
}
