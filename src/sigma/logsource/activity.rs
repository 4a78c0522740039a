//! Operations on Azure resources: `product: azure, service: activitylogs`.

use super::{LogField, LogSource, Reading, SILENT, Words, field, means};

static FIELDS: &[LogField] = &[
    field!("OperationNameValue", "operation, such as MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/DELETE"),
    field!("operationName", "the same, as Sigma's rules call it"),
    field!("Caller", "who did it: user name, or object id of an application"),
    field!("CallerIpAddress", "where the request came from"),
    field!("ActivityStatusValue", "Start, Accept, Success, Failure …: an operation has a row for each"),
    field!("ActivitySubstatusValue", "finer outcome"),
    field!("ResourceId", "what it was done to"),
    field!("ResourceGroup", "its resource group"),
    field!("ResourceProviderValue", "its provider"),
    field!("SubscriptionId", "its subscription"),
    field!("CategoryValue", "Administrative, Policy, Security …"),
    field!("Level", "Critical, Error, Warning, Informational or Verbose"),
    field!("CorrelationId", "ties the rows of one action together"),
    field!(tree "Authorization", "action, role and scope that allowed it"),
    field!(tree "Claims", "claims of the caller's token"),
    field!(tree "HTTPRequest", "method, client address and request id"),
    field!(always "RequestBody", "what was asked for, JSON; the activity log keeps it of some operations only"),
    field!(tree "Properties", "details; requestbody and responseBody are JSON in a text"),
];

/// See the module's description.
pub static ACTIVITY: LogSource = LogSource {
    name: "activitylogs",
    doc: "operations on Azure resources",
    means: &[means("", "azure", "activitylogs"), means("", "azure", "azureactivity")],
    fields: FIELDS,
    readings: &[Reading {
        table: "AzureActivity",
        from: "",
        only: "",
        event: Words {
            id: "coalesce(\"EventDataId\", \"CorrelationId\")",
            actor: "CAST(\"Caller\" AS VARCHAR)",
            verb: "coalesce(nullif(CAST(\"OperationNameValue\" AS VARCHAR), ''), CAST(\"OperationName\" AS VARCHAR), 'operation')",
            kind: "coalesce(CAST(\"ActivityStatusValue\" AS VARCHAR), 'operation')",
            name: "coalesce(nullif(CAST(\"ResourceId\" AS VARCHAR), ''), CAST(\"_ResourceId\" AS VARCHAR))",
            address: "CAST(\"CallerIpAddress\" AS VARCHAR)",
            ..SILENT
        },
        fields: &[
            (
                "any text",
                "concat_ws(' ', CAST(\"OperationNameValue\" AS VARCHAR), CAST(\"Caller\" AS VARCHAR), \"Properties\", \"Authorization\", CAST(\"ResourceId\" AS VARCHAR))",
            ),
            (
                "OperationNameValue",
                "coalesce(nullif(CAST(\"OperationNameValue\" AS VARCHAR), ''), CAST(\"OperationName\" AS VARCHAR))",
            ),
            (
                "operationName",
                "coalesce(nullif(CAST(\"OperationNameValue\" AS VARCHAR), ''), CAST(\"OperationName\" AS VARCHAR))",
            ),
            ("Caller", "\"Caller\""),
            ("CallerIpAddress", "\"CallerIpAddress\""),
            (
                "ActivityStatusValue",
                "coalesce(nullif(CAST(\"ActivityStatusValue\" AS VARCHAR), ''), CAST(\"ActivityStatus\" AS VARCHAR))",
            ),
            ("ActivitySubstatusValue", "\"ActivitySubstatusValue\""),
            (
                "ResourceId",
                "lower(coalesce(nullif(CAST(\"ResourceId\" AS VARCHAR), ''), CAST(\"_ResourceId\" AS VARCHAR)))",
            ),
            ("ResourceGroup", "lower(CAST(\"ResourceGroup\" AS VARCHAR))"),
            ("ResourceProviderValue", "\"ResourceProviderValue\""),
            ("SubscriptionId", "\"SubscriptionId\""),
            ("CategoryValue", "\"CategoryValue\""),
            ("Level", "\"Level\""),
            ("CorrelationId", "\"CorrelationId\""),
            ("Authorization", "coalesce(\"Authorization\", \"Authorization_d\")"),
            ("Claims", "coalesce(\"Claims\", \"Claims_d\")"),
            ("HTTPRequest", "\"HTTPRequest\""),
            (
                "RequestBody",
                "replace(regexp_match(coalesce(\"Properties\", \"Properties_d\"), \
                 '\"requestbody\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"')[1], '\\\"', '\"')",
            ),
            ("Properties", "coalesce(\"Properties\", \"Properties_d\")"),
        ],
    }],
    remedy: "export the activity log of the subscription (az monitor activity-log list, a diagnostic setting, or table \
             AzureActivity)",
};
