//! What was done to container registries: `product: azure, service: containerregistry`.

use super::{LogSource, Reading, SILENT, Words, field, means};

/// See the module's description.
pub static REGISTRY: LogSource = LogSource {
    name: "containerregistry",
    doc: "pushes, pulls, deletions and logins of Azure container registries",
    means: &[means("", "azure", "containerregistry")],
    fields: &[
        field!("OperationName", "Push, Pull, Delete, Login …"),
        field!("Category", "ContainerRegistryRepositoryEvents or ContainerRegistryLoginEvents"),
        field!("ResultType", "outcome, an HTTP status"),
        field!("CallerIpAddress", "where it came from"),
        field!("ResourceId", "the registry, in lower case"),
        field!(tree "Identity", "who"),
        field!(tree "Properties", "repository, tag, digest and more"),
    ],
    readings: &[Reading {
        table: "resource_log",
        from: "",
        only: "CAST(category AS VARCHAR) LIKE 'ContainerRegistry%'",
        event: Words {
            id: "correlation_id",
            actor: "regexp_match(identity, '\"(?:name|username|loginServer|[^\"]*upn)\"\\s*:\\s*\"([^\"]+)\"')[1]",
            verb: "coalesce(CAST(operation_name AS VARCHAR), 'operation')",
            kind: "'image'",
            name: "coalesce(regexp_match(properties, '\"repository\"\\s*:\\s*\"([^\"]+)\"')[1], CAST(resource_id AS VARCHAR))",
            address: "CAST(caller_ip AS VARCHAR)",
            ..SILENT
        },
        fields: &[
            ("any text", "concat_ws(' ', CAST(operation_name AS VARCHAR), properties)"),
            ("OperationName", "operation_name"),
            ("Category", "category"),
            ("ResultType", "result_type"),
            ("CallerIpAddress", "caller_ip"),
            ("ResourceId", "resource_id"),
            ("Identity", "identity"),
            ("Properties", "properties"),
        ],
    }],
    remedy: "switch on the diagnostic categories of the container registry and export them",
};
