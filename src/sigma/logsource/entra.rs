//! Entra ID: sign-ins (`service: signinlogs`) and changes (`service: auditlogs`), both `product: azure`.

use super::{LogField, LogSource, Reading, SILENT, Words, field, means};

static SIGNIN_FIELDS: &[LogField] = &[
    field!("UserPrincipalName", "user name; of applications their name"),
    field!("UserId", "object id of the user"),
    field!("UserType", "member or guest"),
    field!("ServicePrincipalId", "object id of the application that signed in"),
    field!("AppDisplayName", "application signed in with"),
    field!("AppId", "id of that application"),
    field!("ResourceDisplayName", "what was signed in to"),
    field!("ResourceIdentity", "id of what was signed in to"),
    field!("ResultType", "0 is success, else an error code of Entra, as text"),
    field!("ResultDescription", "why it failed"),
    field!("IPAddress", "where it came from"),
    field!("Location", "country or region of that address"),
    field!("UserAgent", "client's own words"),
    field!("ClientAppUsed", "kind of client"),
    field!("AuthenticationProtocol", "protocol or grant, such as deviceCode"),
    field!("AuthenticationRequirement", "singleFactorAuthentication or multiFactorAuthentication"),
    field!("ConditionalAccessStatus", "success, failure or notApplied"),
    field!("RiskLevelDuringSignIn", "risk as seen at once"),
    field!("RiskState", "what became of the risk"),
    field!("AutonomousSystemNumber", "network of the client"),
    field!(tree "DeviceDetail", "device, system and browser"),
    field!(tree "Status", "error code and its reason"),
];

macro_rules! person {
    ($table:literal) => {
        Reading {
            table: $table,
            from: "",
            only: "",
            event: Words {
                id: "\"Id\"",
                actor: "coalesce(nullif(CAST(\"UserPrincipalName\" AS VARCHAR), ''), CAST(\"Identity\" AS VARCHAR))",
                verb: "'sign-in'",
                kind: "'application'",
                name: "concat_ws(' to ', nullif(CAST(\"AppDisplayName\" AS VARCHAR), ''), \
                       nullif(CAST(\"ResourceDisplayName\" AS VARCHAR), ''))",
                address: "CAST(\"IPAddress\" AS VARCHAR)",
                agent: "CAST(\"UserAgent\" AS VARCHAR)",
                ..SILENT
            },
            fields: &[
                ("any text", "concat_ws(' ', CAST(\"UserPrincipalName\" AS VARCHAR), CAST(\"AppDisplayName\" AS VARCHAR), CAST(\"UserAgent\" AS VARCHAR), CAST(\"ResultDescription\" AS VARCHAR))"),
                ("UserPrincipalName", "lower(CAST(\"UserPrincipalName\" AS VARCHAR))"),
                ("UserId", "\"UserId\""),
                ("UserType", "\"UserType\""),
                ("AppDisplayName", "\"AppDisplayName\""),
                ("AppId", "\"AppId\""),
                ("ResourceDisplayName", "\"ResourceDisplayName\""),
                ("ResourceIdentity", "\"ResourceIdentity\""),
                ("ResultType", "\"ResultType\""),
                ("ResultDescription", "\"ResultDescription\""),
                ("IPAddress", "\"IPAddress\""),
                ("Location", "\"Location\""),
                ("UserAgent", "\"UserAgent\""),
                ("ClientAppUsed", "\"ClientAppUsed\""),
                ("AuthenticationProtocol", "\"AuthenticationProtocol\""),
                ("AuthenticationRequirement", "\"AuthenticationRequirement\""),
                ("ConditionalAccessStatus", "\"ConditionalAccessStatus\""),
                ("RiskLevelDuringSignIn", "\"RiskLevelDuringSignIn\""),
                ("RiskState", "\"RiskState\""),
                ("AutonomousSystemNumber", "\"AutonomousSystemNumber\""),
                ("DeviceDetail", "\"DeviceDetail\""),
                ("Status", "\"Status\""),
            ],
        }
    };
}

macro_rules! application {
    ($table:literal) => {
        Reading {
            table: $table,
            from: "",
            only: "",
            event: Words {
                id: "\"Id\"",
                actor: "coalesce(CAST(\"ServicePrincipalName\" AS VARCHAR), CAST(\"ServicePrincipalId\" AS VARCHAR))",
                verb: "'sign-in'",
                kind: "'application'",
                name: "CAST(\"ResourceDisplayName\" AS VARCHAR)",
                address: "CAST(\"IPAddress\" AS VARCHAR)",
                ..SILENT
            },
            fields: &[
                ("any text", "concat_ws(' ', CAST(\"ServicePrincipalName\" AS VARCHAR), CAST(\"ResourceDisplayName\" AS VARCHAR), CAST(\"ResultDescription\" AS VARCHAR))"),
                ("ServicePrincipalId", "\"ServicePrincipalId\""),
                ("AppId", "\"AppId\""),
                ("ResourceDisplayName", "\"ResourceDisplayName\""),
                ("ResourceIdentity", "\"ResourceIdentity\""),
                ("ResultType", "\"ResultType\""),
                ("ResultDescription", "\"ResultDescription\""),
                ("IPAddress", "\"IPAddress\""),
                ("Location", "\"Location\""),
                ("ConditionalAccessStatus", "\"ConditionalAccessStatus\""),
            ],
        }
    };
}

/// Sign-ins of people and applications.
pub static SIGNINS: LogSource = LogSource {
    name: "signinlogs",
    doc: "sign-ins to Entra ID",
    means: &[means("", "azure", "signinlogs")],
    fields: SIGNIN_FIELDS,
    readings: &[
        person!("SigninLogs"),
        person!("AADNonInteractiveUserSignInLogs"),
        application!("AADServicePrincipalSignInLogs"),
        application!("AADManagedIdentitySignInLogs"),
    ],
    remedy: "export the sign-in logs of Entra ID, or table SigninLogs and its siblings",
};

/// Changes.
pub static AUDITLOGS: LogSource = LogSource {
    name: "auditlogs",
    doc: "changes in Entra ID",
    means: &[means("", "azure", "auditlogs")],
    fields: &[
        field!("ActivityDisplayName", "what was done"),
        field!("OperationName", "the same, a second column for it"),
        field!("Category", "area: RoleManagement, ApplicationManagement …"),
        field!("LoggedByService", "part of Entra that did it"),
        field!("Result", "success, failure or timeout"),
        field!("Identity", "display name of who did it; often empty"),
        field!("CorrelationId", "ties activities of one request together"),
        field!(tree "InitiatedBy", "user or application that did it, with address"),
        field!(tree "TargetResources", "what it was done to, with old and new values"),
        field!(tree "AdditionalDetails", "further names and values"),
    ],
    readings: &[Reading {
        table: "AuditLogs",
        from: "",
        only: "",
        event: Words {
            id: "\"Id\"",
            actor: "coalesce(regexp_match(\"InitiatedBy\", '\"userPrincipalName\"\\s*:\\s*\"([^\"\\\\]+)\"')[1], \
                    nullif(CAST(\"Identity\" AS VARCHAR), ''), \
                    regexp_match(\"InitiatedBy\", '\"displayName\"\\s*:\\s*\"([^\"\\\\]+)\"')[1])",
            verb: "coalesce(nullif(CAST(\"ActivityDisplayName\" AS VARCHAR), ''), CAST(\"OperationName\" AS VARCHAR), 'change')",
            kind: "'object'",
            name: "coalesce(regexp_match(\"TargetResources\", '\"displayName\"\\s*:\\s*\"([^\"\\\\]+)\"')[1], \
                   regexp_match(\"TargetResources\", '\"userPrincipalName\"\\s*:\\s*\"([^\"\\\\]+)\"')[1])",
            address: "regexp_match(\"InitiatedBy\", '\"ipAddress\"\\s*:\\s*\"([^\"\\\\]+)\"')[1]",
            ..SILENT
        },
        fields: &[
            (
                "any text",
                "concat_ws(' ', CAST(\"ActivityDisplayName\" AS VARCHAR), \"InitiatedBy\", \"TargetResources\")",
            ),
            (
                "ActivityDisplayName",
                "coalesce(nullif(CAST(\"ActivityDisplayName\" AS VARCHAR), ''), CAST(\"OperationName\" AS VARCHAR))",
            ),
            ("OperationName", "\"OperationName\""),
            ("Category", "\"Category\""),
            ("LoggedByService", "\"LoggedByService\""),
            ("Result", "\"Result\""),
            ("Identity", "\"Identity\""),
            ("CorrelationId", "\"CorrelationId\""),
            ("InitiatedBy", "\"InitiatedBy\""),
            ("TargetResources", "\"TargetResources\""),
            ("AdditionalDetails", "\"AdditionalDetails\""),
        ],
    }],
    remedy: "export the audit log of Entra ID, or table AuditLogs",
};
