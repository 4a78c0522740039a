//! Logs of Entra as records of a diagnostic setting, as rows of the tables Azure keeps them in.
//!
//! The record's `properties` are the columns; where the record itself says something else under the same name, the
//! table's column is the one of `properties`, as in Azure.

use super::{Miss, Payload};
use crate::formats::classify::Keys;
use crate::formats::fields::{Gathered, Names, column, is_azure, member, members};
use crate::formats::members::Members;
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::formats::{Item, json};

/// See the module's description.
pub struct Entra;

/// Category of a record, and its table (formats.md c.6).
const TABLES: Names = &[
    ("SignInLogs", "SigninLogs"),
    ("NonInteractiveUserSignInLogs", "AADNonInteractiveUserSignInLogs"),
    ("ServicePrincipalSignInLogs", "AADServicePrincipalSignInLogs"),
    ("ManagedIdentitySignInLogs", "AADManagedIdentitySignInLogs"),
    ("ADFSSignInLogs", "ADFSSignInLogs"),
    ("AuditLogs", "AuditLogs"),
    ("ProvisioningLogs", "AADProvisioningLogs"),
    ("RiskyUsers", "AADRiskyUsers"),
    ("UserRiskEvents", "AADUserRiskEvents"),
    ("RiskyServicePrincipals", "AADRiskyServicePrincipals"),
    ("ServicePrincipalRiskEvents", "AADServicePrincipalRiskEvents"),
    ("MicrosoftGraphActivityLogs", "MicrosoftGraphActivityLogs"),
];

/// The record's own fields.
const RECORD: Names = &[
    ("time", "TimeGenerated"),
    ("resourceId", "ResourceId"),
    ("operationName", "OperationName"),
    ("operationVersion", "OperationVersion"),
    ("category", "Category"),
    // TenantId is the workspace, this one is Entra's.
    ("tenantId", "AADTenantId"),
    ("resultType", "ResultType"),
    ("resultSignature", "ResultSignature"),
    ("resultDescription", "ResultDescription"),
    ("durationMs", "DurationMs"),
    ("callerIpAddress", "CallerIpAddress"),
    ("correlationId", "CorrelationId"),
    ("identity", "Identity"),
    ("level", "Level"),
    ("location", "Location"),
];

/// Properties whose column has another name.
const PROPERTIES: Names = &[
    ("id", "Id"),
    ("ipAddress", "IPAddress"),
    ("operationType", "AADOperationType"),
    ("tenantId", "AADTenantId"),
    ("appliedConditionalAccessPolicies", "ConditionalAccessPolicies"),
];

/// Those of a sign-in: where it came from and what it was for; the record's own are a country and the tenant.
const SIGN_IN: Names = &[("location", "LocationDetails"), ("resourceId", "ResourceIdentity")];

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for Entra {
    fn name(&self) -> &'static str {
        "entra"
    }

    fn doc(&self) -> &'static str {
        "Entra log record of a diagnostic setting: sign-ins, audit, risks, provisioning, Graph activity"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| is_azure(item, k) && k.category.is_some())
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let all = members(item)?;
        let text = |name: &str| member(&all, name).and_then(json::string);
        let category = text("category").unwrap_or_default();
        let Some((_, table)) = TABLES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&category)) else {
            return Err(Miss::NotMine);
        };
        // Other services have audit logs too; Entra's resource is the tenant.
        let entra = text("resourceId").map(|id| id.to_lowercase().contains("/providers/microsoft.aadiam"));
        if !entra.unwrap_or(*table != "AuditLogs") {
            return Err(Miss::NotMine);
        }
        let sign_in: Names = if table.to_lowercase().contains("signin") { SIGN_IN } else { &[] };
        let properties = member(&all, "properties").and_then(|raw| serde_json::from_str::<Members<'_>>(raw).ok());
        let mut row = Gathered::default();
        let inner = properties.as_ref().map(|Members(members)| members.as_slice()).unwrap_or_default();
        for (name, raw) in inner {
            row.keep(capital(column(PROPERTIES, column(sign_in, name))), Value::Json(raw.get()));
        }
        for (name, raw) in &all {
            if &**name == "properties" && properties.is_some() {
                continue;
            }
            let known = RECORD.iter().find(|(record, _)| record.eq_ignore_ascii_case(name));
            row.keep(known.map_or(&**name, |(_, column)| *column), Value::Json(raw.get()));
        }
        rows.named_row(Some(table), &item.at, None, row.row());
        Ok(())
    }
}

/// A property as the tables spell their columns.
fn capital(name: &str) -> String {
    let first = name.chars().next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(name.chars().skip(1)).collect()
}
