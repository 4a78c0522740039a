-- Audit events under the names of Azure Monitor's table AzureDiagnostics, whatever route they came by.
-- A case keeps them in audit, each once, and only other rows in AzureDiagnostics itself: ask both.
-- Given is what an event and its cluster say: the resource and its parts, Category and OperationName where the copy that
-- is kept came by a diagnostic setting. TimeGenerated is the event's time, where it has one, not when Azure had the row.
-- There is no log_s: its text is not kept, and one made of columns would not be what Azure wrote. What a query looks for
-- in it stands in the columns behind, named as in audit; the bytes themselves are at evidence and offset.
SELECT
  time AS "TimeGenerated",
  CASE WHEN CAST(category AS VARCHAR) LIKE 'kube-%' THEN CAST(category AS VARCHAR) END AS "Category",
  CASE WHEN CAST(category AS VARCHAR) LIKE 'kube-%'
    THEN 'Microsoft.ContainerService/managedClusters/diagnosticLogs/Read' END AS "OperationName",
  upper(CAST(cluster_id AS VARCHAR)) AS "ResourceId",
  nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 3), '') AS "SubscriptionId",
  upper(nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 5), '')) AS "ResourceGroup",
  upper(nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 7), '')) AS "ResourceProvider",
  upper(nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 8), '')) AS "ResourceType",
  upper(nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 9), '')) AS "Resource",
  CAST(NULL AS VARCHAR) AS "TenantId",
  CAST(NULL AS VARCHAR) AS "SourceSystem",
  'AzureDiagnostics' AS "Type",
  CAST(cluster_id AS VARCHAR) AS "_ResourceId",
  nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 3), '') AS "_SubscriptionId",
  CAST(NULL AS DOUBLE) AS "_BilledSize",
  CAST(NULL AS VARCHAR) AS "_IsBillable",
  audit_id, stage, level, verb, request_uri, user_name, user_groups, source_ips, user_agent,
  resource, subresource, namespace, name, api_group, response_code, response_reason, decision, decision_reason,
  annotations, body, request_object, response_object,
  evidence,
  "offset",
  length
FROM audit
