//! Table `policy_state`: what Azure Policy found of a resource.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Boolean, Utf8};

use crate::model::table::{Column, Table, list, ours, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "policy_state",
    doc: "Compliance states and policy events of Azure Policy (Policy Insights), one row per resource and policy",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'policy_state' AS source, CAST(assignment_name AS VARCHAR) AS actor, \
         CAST(compliance AS VARCHAR) AS verb, CAST(resource_id AS VARCHAR) AS object, \
         CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent, \
         CAST(NULL AS VARCHAR) AS address, CAST(definition_id AS VARCHAR) AS id, evidence, \"offset\", length \
         FROM policy_state",
    ),
    id: Some("resource_id"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "when the policy was evaluated, UTC"),
        new("record", word(), "state or event, where the answer says which it lists"),
        new("resource_id", word(), "ARM resource id in lower case; of what is inside a cluster only components tell"),
        new("resource_type", word(), "ARM resource type as written"),
        new("compliance", word(), "NonCompliant, Compliant, Exempt …"),
        new("is_compliant", Boolean, "the same as yes or no"),
        new("assignment_id", word(), "policy assignment, as written: its case differs between rows"),
        new("assignment_name", word(), "name of the assignment"),
        new("assignment_scope", word(), "what the policy is assigned to"),
        new("definition_id", word(), "policy definition, as written"),
        new("definition_name", word(), "name of the definition"),
        new("definition_action", word(), "effect: audit, deny, deployIfNotExists …"),
        new("definition_category", word(), "category of the definition"),
        new("definition_reference_id", word(), "which policy of the set"),
        new("set_definition_id", word(), "policy set (initiative), as written"),
        new("subscription_id", word(), "subscription of the resource"),
        new("resource_group", word(), "resource group"),
        new("location", word(), "region of the resource"),
        new("parameters", text(), "parameters of the assignment, as JSON"),
        new("components", text(), "objects inside the resource with their own states, as JSON"),
        new("management_groups", list(Utf8), "management groups the subscription is in"),
        new("groups", list(Utf8), "groups of the policy set the policy is in"),
    ];
    columns.extend(ours());
    columns
}
