//! The eight tables KubeForenSys fills through the ingestion API (formats.md f.6).
//!
//! They are a collection, not a log: kube-system, azure-arc and gatekeeper-system are skipped, and so are succeeded
//! pods. TimeGenerated is the creation of the object for inventories, which is what the timeline says of them, but
//! the time of collection for shell history, whose commands are older.

use std::sync::LazyLock;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// Container output.
pub static LOGS: Table = Table {
    name: "kubelogs_CL",
    doc: "Lines containers wrote, collected by KubeForenSys",
    columns: LazyLock::new(|| azure(logs())),
    schema: LazyLock::new(|| schema(&LOGS.columns)),
    timeline: Some(
        r#"SELECT time, 'kubelogs_CL' AS source,
        nullif(concat_ws('/', nullif(CAST("pod_name" AS VARCHAR), ''), nullif(CAST("container_name" AS VARCHAR), '')),
            '') AS actor,
        'log' AS verb, "message" AS object, CAST(NULL AS BIGINT) AS status, CAST("namespace" AS VARCHAR) AS namespace,
        CAST(NULL AS VARCHAR) AS agent, CAST(NULL AS VARCHAR) AS address, CAST(NULL AS VARCHAR) AS id,
        evidence, "offset", length FROM "kubelogs_CL""#,
    ),
    id: None,
};

fn logs() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "time of the line, from the node's log"),
        new("namespace", word(), "namespace of the pod"),
        new("pod_name", word(), "pod"),
        new("container_name", word(), "container"),
        new("message", text(), "the line; its writer controls all of it"),
        new("containerimages", word(), "images of the pod; empty, since the tool sends them under another name"),
        new("labels", word(), "labels of the pod, as text"),
        new("annotations", word(), "annotations of the pod, as text"),
    ]
}

/// Core Kubernetes events.
pub static EVENTS: Table = Table {
    name: "kubeevents_CL",
    doc: "Kubernetes events (no audit events), collected by KubeForenSys",
    columns: LazyLock::new(|| azure(events())),
    schema: LazyLock::new(|| schema(&EVENTS.columns)),
    timeline: Some(
        r#"SELECT time, 'kubeevents_CL' AS source, CAST("reporting_component" AS VARCHAR) AS actor,
        coalesce(nullif(CAST("reason" AS VARCHAR), ''), CAST("action" AS VARCHAR)) AS verb,
        nullif(concat_ws(': ', nullif(CAST("involved_object_name" AS VARCHAR), ''), nullif("message", '')), '')
            AS object,
        CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        CAST(NULL AS VARCHAR) AS address, CAST("involved_object_uid" AS VARCHAR) AS id, evidence, "offset", length
        FROM "kubeevents_CL""#,
    ),
    id: None,
};

fn events() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the event object was created"),
        new("first_timestamp", timestamp(), "when it happened first"),
        new("last_timestamp", timestamp(), "when it happened last"),
        new("action", word(), "what was done about the object"),
        new("reason", word(), "what happened, in one word"),
        new("message", text(), "what happened, in words"),
        new("involved_object_name", word(), "object it happened to; its kind and namespace are not kept"),
        new("involved_object_uid", word(), "uid of that object"),
        new("reporting_component", word(), "reporting instance of the event, whatever the column is called"),
    ]
}

/// Shell history.
pub static HISTORY: Table = Table {
    name: "commandhistory_CL",
    doc: "Shell history found in containers by KubeForenSys; its time is that of collection",
    columns: LazyLock::new(|| azure(history())),
    schema: LazyLock::new(|| schema(&HISTORY.columns)),
    timeline: Some(
        r#"SELECT time, 'commandhistory_CL' AS source,
        nullif(concat_ws('/', nullif(CAST("pod_name" AS VARCHAR), ''), nullif(CAST("container_name" AS VARCHAR), '')),
            '') AS actor,
        'found in shell history' AS verb, "command" AS object, CAST(NULL AS BIGINT) AS status,
        CAST("namespace" AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent, CAST(NULL AS VARCHAR) AS address,
        CAST(NULL AS VARCHAR) AS id, evidence, "offset", length FROM "commandhistory_CL""#,
    ),
    id: None,
};

fn history() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the history was collected; the commands are older"),
        new("namespace", word(), "namespace of the pod"),
        new("pod_name", word(), "pod"),
        new("container_name", word(), "container"),
        new("command", text(), "line of root's ash or bash history; whoever had a shell can change it"),
    ]
}

/// Service accounts.
pub static SERVICE_ACCOUNTS: Table = Table {
    name: "serviceaccounts_CL",
    doc: "Service accounts, collected by KubeForenSys",
    columns: LazyLock::new(|| azure(service_accounts())),
    schema: LazyLock::new(|| schema(&SERVICE_ACCOUNTS.columns)),
    timeline: Some(
        r#"SELECT time, 'serviceaccounts_CL' AS source, CAST(NULL AS VARCHAR) AS actor, 'created' AS verb,
        'ServiceAccount ' || CAST("name" AS VARCHAR) AS object, CAST(NULL AS BIGINT) AS status,
        CAST("namespace" AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent, CAST(NULL AS VARCHAR) AS address,
        CAST(NULL AS VARCHAR) AS id, evidence, "offset", length FROM "serviceaccounts_CL""#,
    ),
    id: None,
};

fn service_accounts() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the service account was created"),
        new("namespace", word(), "its namespace"),
        new("name", word(), "its name"),
        new("automount_service_account_token", word(), "whether its pods get its token; empty leaves it to them"),
        new("image_pull_secrets", word(), "secrets for pulling images, as text"),
    ]
}

/// Pods that can reach their node.
pub static SUSPICIOUS_PODS: Table = Table {
    name: "suspiciouspods_CL",
    doc: "Pods with host network, privilege or host paths, by the judgement of KubeForenSys",
    columns: LazyLock::new(|| azure(suspicious_pods())),
    schema: LazyLock::new(|| schema(&SUSPICIOUS_PODS.columns)),
    timeline: Some(
        r#"SELECT time, 'suspiciouspods_CL' AS source, CAST(NULL AS VARCHAR) AS actor, 'created' AS verb,
        nullif(concat_ws(' ', 'Pod', nullif(CAST("pod_name" AS VARCHAR), ''), nullif(CAST("issue_type" AS VARCHAR), ''),
            nullif(CAST("details" AS VARCHAR), '')), '') AS object,
        CAST(NULL AS BIGINT) AS status, CAST("namespace" AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        CAST(NULL AS VARCHAR) AS address, CAST(NULL AS VARCHAR) AS id, evidence, "offset", length
        FROM "suspiciouspods_CL""#,
    ),
    id: None,
};

fn suspicious_pods() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the pod was created"),
        new("namespace", word(), "its namespace"),
        new("pod_name", word(), "its name; empty for privileged and hostPath, since the tool sends another name"),
        new("issue_type", word(), "hostNetwork, privileged, hostPath or hostPath (creation-capable)"),
        new("details", word(), "container or path concerned"),
    ]
}

/// Role bindings of both kinds.
pub static RBAC_BINDINGS: Table = Table {
    name: "rbacbindings_CL",
    doc: "Role bindings, a row per subject, collected by KubeForenSys",
    columns: LazyLock::new(|| azure(rbac_bindings())),
    schema: LazyLock::new(|| schema(&RBAC_BINDINGS.columns)),
    timeline: Some(
        r#"SELECT time, 'rbacbindings_CL' AS source, CAST(NULL AS VARCHAR) AS actor, 'created' AS verb,
        nullif(concat_ws(' ', CASE WHEN nullif(CAST("namespace" AS VARCHAR), '') IS NULL THEN 'ClusterRoleBinding '
            ELSE 'RoleBinding ' END || CAST("binding_name" AS VARCHAR),
            'of ' || CAST("role_ref_kind" AS VARCHAR) || ' ' || CAST("role_ref_name" AS VARCHAR),
            'to ' || CAST("subject_kind" AS VARCHAR) || ' ' || CAST("subject_name" AS VARCHAR)), '') AS object,
        CAST(NULL AS BIGINT) AS status, CAST("namespace" AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        CAST(NULL AS VARCHAR) AS address, CAST(NULL AS VARCHAR) AS id, evidence, "offset", length
        FROM "rbacbindings_CL""#,
    ),
    id: None,
};

fn rbac_bindings() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the binding was created; its subjects may be newer"),
        new("binding_type", word(), "always RoleBinding, even for a ClusterRoleBinding: see namespace"),
        new("binding_name", word(), "name of the binding"),
        new("namespace", word(), "namespace of the binding; none is a ClusterRoleBinding"),
        new("subject_kind", word(), "User, Group or ServiceAccount"),
        new("subject_name", word(), "who was given the role"),
        new("subject_namespace", word(), "namespace of that service account"),
        new("role_ref_kind", word(), "Role or ClusterRole"),
        new("role_ref_name", word(), "role that was given"),
    ]
}

/// Cron jobs.
pub static CRON_JOBS: Table = Table {
    name: "cronjobs_CL",
    doc: "Cron jobs, a row per container, collected by KubeForenSys",
    columns: LazyLock::new(|| azure(cron_jobs())),
    schema: LazyLock::new(|| schema(&CRON_JOBS.columns)),
    timeline: Some(
        r#"SELECT time, 'cronjobs_CL' AS source, CAST(NULL AS VARCHAR) AS actor, 'created' AS verb,
        nullif(concat_ws(' ', 'CronJob ' || CAST("cronjob_name" AS VARCHAR),
            nullif(CAST("schedule" AS VARCHAR), ''), nullif(CAST("image" AS VARCHAR), ''), nullif("command", '')), '')
            AS object,
        CAST(NULL AS BIGINT) AS status, CAST("namespace" AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        CAST(NULL AS VARCHAR) AS address, CAST(NULL AS VARCHAR) AS id, evidence, "offset", length FROM "cronjobs_CL""#,
    ),
    id: None,
};

fn cron_jobs() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the cron job was created"),
        new("namespace", word(), "its namespace"),
        new("cronjob_name", word(), "its name"),
        new("container_name", word(), "container it starts"),
        new("image", word(), "image of that container"),
        new("command", text(), "command of that container, joined by blanks; its args are not kept"),
        new("schedule", word(), "when it runs, in cron notation"),
    ]
}

/// Network policies.
pub static NETWORK_POLICIES: Table = Table {
    name: "networkpolicies_CL",
    doc: "Names of network policies, collected by KubeForenSys",
    columns: LazyLock::new(|| azure(network_policies())),
    schema: LazyLock::new(|| schema(&NETWORK_POLICIES.columns)),
    timeline: Some(
        r#"SELECT time, 'networkpolicies_CL' AS source, CAST(NULL AS VARCHAR) AS actor, 'created' AS verb,
        'NetworkPolicy ' || CAST("name" AS VARCHAR) AS object, CAST(NULL AS BIGINT) AS status,
        CAST("namespace" AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent, CAST(NULL AS VARCHAR) AS address,
        CAST(NULL AS VARCHAR) AS id, evidence, "offset", length FROM "networkpolicies_CL""#,
    ),
    id: None,
};

fn network_policies() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the policy was created"),
        new("namespace", word(), "its namespace; one without any policy lets all traffic pass"),
        new("name", word(), "its name; its rules are not kept"),
    ]
}
