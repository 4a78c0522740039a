//! Columns the sign-in tables of Entra ID share (formats.md c.6).
//!
//! `SigninLogs` holds some as dynamic values that its siblings hold as strings; both are JSON text here.

use arrow::datatypes::DataType::{Boolean, Int64};

use crate::model::table::{Column, text, timestamp, word};

/// Columns of both tables of sign-ins by people.
pub(super) fn user() -> Vec<Column> {
    let new = Column::new;
    let mut columns = every();
    columns.extend([
        new("CreatedDateTime", timestamp(), "when the sign-in began"),
        new("UserPrincipalName", word(), "user name"),
        new("UserDisplayName", word(), "user's name as people see it"),
        new("UserId", word(), "object id of the user; survives a change of name"),
        new("UserType", word(), "member or guest"),
        new("AlternateSignInName", word(), "name as typed, when it was another"),
        new("SignInIdentifierType", word(), "kind of name that was typed"),
        new("AppDisplayName", word(), "application signed in with; the Azure CLI and kubelogin show here"),
        new("ClientAppUsed", word(), "kind of client; legacy ones cannot do a second factor"),
        new("UserAgent", word(), "client's own words"),
        new("AuthenticationDetails", text(), "JSON: every step of the authentication and its outcome"),
        new("AuthenticationMethodsUsed", word(), "methods used"),
        new("AuthenticationProtocol", word(), "protocol or grant; deviceCode is a favourite of phishing"),
        new("AuthenticationRequirement", word(), "whether one factor was enough"),
        new("AuthenticationRequirementPolicies", word(), "what asked for that"),
        new("AutonomousSystemNumber", word(), "network of the client"),
        new("NetworkLocationDetails", word(), "named locations the client's network is in"),
        new("DeviceDetail", text(), "JSON: device, system and browser"),
        new("MfaDetail", text(), "JSON: second factor; no longer filled"),
        new("Status", text(), "JSON: error code and its reason"),
        new("IsInteractive", Boolean, "whether the user gave a factor, not just a token"),
        new("IsRisky", Boolean, "whether Entra took it for risky"),
        new("RiskState", word(), "what became of the risk: atRisk, dismissed, confirmedCompromised …"),
        new("RiskLevelDuringSignIn", word(), "risk as seen at once; hidden without the licence"),
        new("RiskLevelAggregated", word(), "risk as seen later"),
        new("RiskDetail", word(), "why the state of the risk is what it is"),
        new("RiskEventTypes", word(), "kinds of risk seen; older column"),
        new("RiskEventTypes_V2", word(), "kinds of risk seen: anonymizedIPAddress, unlikelyTravel …"),
        new("AppliedEventListeners", text(), "JSON: extensions that ran during the sign-in"),
        new("SessionLifetimePolicies", word(), "policies that shorten the session"),
        new("CrossTenantAccessType", word(), "how the user crossed from another tenant, none when not"),
        new("HomeTenantId", word(), "tenant of the user"),
        new("ResourceTenantId", word(), "tenant of the resource"),
        new("OriginalRequestId", text(), "first request of the chain; leads back to the interactive sign-in"),
        new("TokenIssuerName", word(), "who issued the token"),
        new("TokenIssuerType", word(), "kind of that issuer"),
    ]);
    columns
}

/// Columns of all four tables.
pub(super) fn every() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "time of the sign-in event"),
        new("Id", text(), "id of the sign-in, one per row"),
        new("CorrelationId", text(), "ties the sign-ins of one attempt together; the client sends it"),
        new("UniqueTokenIdentifier", text(), "the token issued; follow it into logs of resources"),
        new("ResultType", word(), "0 is success, else an error code of Entra"),
        new("ResultSignature", word(), "outcome, a second column for it"),
        new("ResultDescription", word(), "why it failed"),
        new("OperationName", word(), "always the sign-in activity"),
        new("OperationVersion", word(), "version of the API"),
        new("Category", word(), "which sign-in log the row is of"),
        new("Level", word(), "level of the event"),
        new("Identity", word(), "display name of who signed in"),
        new("AppId", word(), "id of the application signed in with"),
        new("ServicePrincipalId", word(), "object id of the service principal that signed in"),
        new("IPAddress", word(), "where it came from"),
        new("Location", word(), "country or region of that address"),
        new("LocationDetails", text(), "JSON: place of that address"),
        new("ResourceDisplayName", word(), "what was signed in to; the AKS server application shows here"),
        new("ResourceIdentity", word(), "id of what was signed in to"),
        new("ResourceServicePrincipalId", word(), "service principal of what was signed in to"),
        new("ResourceGroup", word(), "resource group of the log"),
        new("ConditionalAccessStatus", word(), "success, failure or notApplied"),
        new("ConditionalAccessPolicies", text(), "JSON: policies that were weighed and what each said"),
        new("AuthenticationContextClassReferences", word(), "authentication contexts asked for"),
        new("AuthenticationProcessingDetails", text(), "details of how it was processed"),
        new("DurationMs", Int64, "how long it took, milliseconds"),
    ]
}
