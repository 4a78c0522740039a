-- Lines of the control plane's programs (guard, cluster-autoscaler, kube-apiserver …) under the names of Azure Monitor's
-- table AzureDiagnostics, whatever route they came by.
-- A case keeps them in control_plane, and only rows without such a line in AzureDiagnostics itself: ask both.
-- log_s is the line as it was written. TimeGenerated is the time of the record around it, the line's own is in time.
-- Null is what a case does not keep of a record: the workspace, what was billed, the container, where the control plane ran.
SELECT
  coalesce(envelope_time, time) AS "TimeGenerated",
  CAST(category AS VARCHAR) AS "Category",
  CASE WHEN category IS NOT NULL
    THEN 'Microsoft.ContainerService/managedClusters/diagnosticLogs/Read' END AS "OperationName",
  upper(CAST(cluster_id AS VARCHAR)) AS "ResourceId",
  nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 3), '') AS "SubscriptionId",
  upper(nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 5), '')) AS "ResourceGroup",
  upper(nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 7), '')) AS "ResourceProvider",
  upper(nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 8), '')) AS "ResourceType",
  upper(nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 9), '')) AS "Resource",
  coalesce(line, message) AS "log_s",
  CAST(pod AS VARCHAR) AS "pod_s",
  CAST(stream AS VARCHAR) AS "stream_s",
  CAST(NULL AS VARCHAR) AS "containerID_s",
  CAST(NULL AS VARCHAR) AS "ccpNamespace_s",
  CAST(NULL AS VARCHAR) AS "attrs_s",
  CAST(NULL AS VARCHAR) AS "Cloud_s",
  CAST(NULL AS VARCHAR) AS "Environment_s",
  CAST(NULL AS VARCHAR) AS "UnderlayClass_s",
  CAST(NULL AS VARCHAR) AS "UnderlayName_s",
  CAST(NULL AS VARCHAR) AS "AdditionalFields",
  CAST(NULL AS VARCHAR) AS "TenantId",
  CAST(NULL AS VARCHAR) AS "SourceSystem",
  'AzureDiagnostics' AS "Type",
  CAST(cluster_id AS VARCHAR) AS "_ResourceId",
  nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 3), '') AS "_SubscriptionId",
  CAST(NULL AS DOUBLE) AS "_BilledSize",
  CAST(NULL AS VARCHAR) AS "_IsBillable",
  time, level, message, fields,
  evidence,
  "offset",
  length
FROM control_plane
