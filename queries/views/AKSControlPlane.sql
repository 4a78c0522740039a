-- Control-plane log lines under the names of Azure Monitor's table AKSControlPlane.
SELECT
  time AS "TimeGenerated",
  category AS "Category",
  level AS "Level",
  message AS "Message",
  pod AS "PodName",
  stream AS "Stream",
  CAST(NULL AS VARCHAR) AS "TenantId",
  CAST(NULL AS VARCHAR) AS "SourceSystem",
  'AKSControlPlane' AS "Type",
  cluster_id AS "_ResourceId",
  nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 3), '') AS "_SubscriptionId",
  CAST(NULL AS DOUBLE) AS "_BilledSize",
  CAST(NULL AS VARCHAR) AS "_IsBillable",
  evidence,
  "offset",
  length
FROM control_plane
