//! Azure Policy (`product: azure, service: policystates`) and Gatekeeper (`product: kubernetes, service: gatekeeper`).

use super::{LogSource, Reading, SILENT, Words, field, means};

/// What Azure Policy found of resources.
pub static STATES: LogSource = LogSource {
    name: "policystates",
    doc: "compliance of resources with Azure Policy",
    means: &[means("", "azure", "policystates")],
    fields: &[
        field!("complianceState", "NonCompliant, Compliant, Exempt …"),
        field!("resourceId", "resource, in lower case"),
        field!("resourceType", "ARM resource type"),
        field!("policyDefinitionName", "name of the definition, which for built-in ones is a GUID"),
        field!("policyDefinitionId", "definition"),
        field!("policyDefinitionAction", "effect: audit, deny …"),
        field!("policyDefinitionCategory", "category of the definition"),
        field!("policyDefinitionReferenceId", "which policy of the set"),
        field!("policyAssignmentName", "name of the assignment"),
        field!(tree "components", "objects inside the resource with their own states"),
    ],
    readings: &[Reading {
        table: "policy_state",
        from: "",
        only: "",
        event: Words {
            id: "CAST(definition_id AS VARCHAR)",
            actor: "CAST(assignment_name AS VARCHAR)",
            verb: "coalesce(CAST(compliance AS VARCHAR), 'state')",
            kind: "'resource'",
            name: "CAST(resource_id AS VARCHAR)",
            ..SILENT
        },
        fields: &[
            (
                "any text",
                "concat_ws(' ', CAST(resource_id AS VARCHAR), CAST(definition_id AS VARCHAR), CAST(assignment_name AS VARCHAR), components)",
            ),
            (
                "complianceState",
                "coalesce(CAST(compliance AS VARCHAR), CASE WHEN is_compliant THEN 'Compliant' WHEN NOT is_compliant THEN 'NonCompliant' END)",
            ),
            ("resourceId", "resource_id"),
            ("resourceType", "resource_type"),
            ("policyDefinitionName", "definition_name"),
            ("policyDefinitionId", "definition_id"),
            ("policyDefinitionAction", "definition_action"),
            ("policyDefinitionCategory", "definition_category"),
            ("policyDefinitionReferenceId", "definition_reference_id"),
            ("policyAssignmentName", "assignment_name"),
            ("components", "components"),
        ],
    }],
    remedy: "add az policy state list of the subscription or cluster",
};

/// What Gatekeeper found or refused.
pub static VIOLATIONS: LogSource = LogSource {
    name: "gatekeeper",
    doc: "violations that Gatekeeper found, and requests it refused",
    means: &[means("", "kubernetes", "gatekeeper")],
    fields: &[
        field!("event_type", "violation_audited, or violation of an admission; of constraints listed"),
        field!("constraint_kind", "kind of the constraint, which is the name of its template"),
        field!("constraint_name", "name of the constraint"),
        field!("constraint_action", "deny, dryrun, warn or scoped"),
        field!("resource_kind", "kind of the object"),
        field!("resource_namespace", "namespace of the object"),
        field!("resource_name", "name of the object"),
        field!("request_username", "who asked, of refused requests"),
        field!("message", "what is wrong"),
    ],
    readings: &[
        Reading {
            table: "gatekeeper_log",
            from: "",
            only: "event_type IN ('violation_audited', 'violation')",
            event: Words {
                actor: "CAST(request_username AS VARCHAR)",
                verb: "CAST(event_type AS VARCHAR)",
                kind: "coalesce(CAST(resource_kind AS VARCHAR), 'object')",
                namespace: "resource_namespace",
                name: "CAST(resource_name AS VARCHAR)",
                ..SILENT
            },
            fields: &[
                ("any text", "message"),
                ("event_type", "event_type"),
                ("constraint_kind", "constraint_kind"),
                ("constraint_name", "constraint_name"),
                ("constraint_action", "constraint_action"),
                ("resource_kind", "resource_kind"),
                ("resource_namespace", "resource_namespace"),
                ("resource_name", "resource_name"),
                ("request_username", "request_username"),
                ("message", "message"),
            ],
        },
        Reading {
            table: "policy_violation",
            from: "",
            only: "",
            event: Words {
                verb: "coalesce(CAST(enforcement_action AS VARCHAR), 'violation')",
                kind: "coalesce(CAST(resource_kind AS VARCHAR), 'object')",
                namespace: "resource_namespace",
                name: "CAST(resource_name AS VARCHAR)",
                ..SILENT
            },
            fields: &[
                ("any text", "message"),
                ("event_type", "'listed'"),
                ("constraint_kind", "constraint_kind"),
                ("constraint_name", "constraint_name"),
                ("constraint_action", "enforcement_action"),
                ("resource_kind", "resource_kind"),
                ("resource_namespace", "resource_namespace"),
                ("resource_name", "resource_name"),
                ("message", "message"),
            ],
        },
    ],
    remedy: "add the log of the gatekeeper-audit pod, or kubectl get constraints -o json",
};
