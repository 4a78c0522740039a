-- Audit events under the names of Azure Monitor's table AKSAudit, whatever route they came by.
-- What a case does not keep of a row is null: the workspace, what was billed, the API server's pod.
-- Impersonation has no column in Azure's table; ask audit.impersonated_user_name.
-- ObjectRef has no CASE around it, so that the planner sees through a test on one of its parts.
SELECT
  time AS "TimeGenerated",
  audit_id AS "AuditId",
  stage AS "Stage",
  level AS "Level",
  verb AS "Verb",
  request_uri AS "RequestUri",
  user_agent AS "UserAgent",
  source_ips AS "SourceIps",
  named_struct('username', user_name, 'uid', user_uid, 'groups', user_groups, 'extra', user_extra) AS "User",
  named_struct('resource', resource, 'subresource', subresource, 'namespace', namespace, 'name', name,
    'uid', object_uid, 'apiGroup', api_group, 'apiVersion', api_version) AS "ObjectRef",
  named_struct('code', response_code, 'status', response_status, 'reason', response_reason,
    'message', response_message) AS "ResponseStatus",
  request_object AS "RequestObject",
  response_object AS "ResponseObject",
  annotations AS "Annotations",
  request_received_time AS "RequestReceivedTime",
  CASE WHEN time_source = 'stageTimestamp' THEN time END AS "StageReceivedTime",
  CAST(NULL AS VARCHAR) AS "PodName",
  CAST(NULL AS VARCHAR) AS "TenantId",
  CAST(NULL AS VARCHAR) AS "SourceSystem",
  'AKSAudit' AS "Type",
  cluster_id AS "_ResourceId",
  nullif(split_part(CAST(cluster_id AS VARCHAR), '/', 3), '') AS "_SubscriptionId",
  CAST(NULL AS DOUBLE) AS "_BilledSize",
  CAST(NULL AS VARCHAR) AS "_IsBillable",
  evidence,
  "offset",
  length
FROM audit
