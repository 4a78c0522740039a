-- title: Traces taken away
-- question: Who deleted events or the pods of logging, or changed diagnostic settings?
-- needs: audit events of deletes, and the Azure activity log for diagnostic settings. Who stops a log agent on a node is in neither. Kubernetes lets events expire by itself, which is no delete.
-- present: audit WHERE verb NOT IN ('get', 'list', 'watch')
-- present: "AzureActivity"
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
SELECT *
FROM (
  SELECT
    min(time) AS first,
    'audit' AS log,
    user_name AS actor,
    array_to_string(source_ips, ', ') AS source,
    verb || ' ' || resource AS act,
    concat_ws('/', namespace, name) AS what,
    CAST(max(response_code) AS VARCHAR) AS outcome,
    audit_id AS id,
    min(evidence) AS evidence,
    first_value("offset" ORDER BY evidence, "offset") AS "offset"
  FROM audit
  WHERE verb IN ('delete', 'deletecollection')
    AND stage <> 'RequestReceived'
    AND (resource = 'events'
         OR (namespace IN ('kube-system', 'calico-system', 'gatekeeper-system', 'falco', 'logging')
             AND (name LIKE 'ama-logs%' OR name LIKE 'omsagent%' OR name LIKE 'ama-metrics%' OR name LIKE 'microsoft-defender%'
                  OR name LIKE 'falco%' OR name LIKE 'fluent%')))
  GROUP BY audit_id, user_name, array_to_string(source_ips, ', '), verb || ' ' || resource, concat_ws('/', namespace, name)
  UNION ALL
  SELECT
    "TimeGenerated" AS first,
    'Azure' AS log,
    CAST("Caller" AS VARCHAR) AS actor,
    CAST("CallerIpAddress" AS VARCHAR) AS source,
    CAST("OperationNameValue" AS VARCHAR) AS act,
    CAST("ResourceId" AS VARCHAR) AS what,
    CAST("ActivityStatusValue" AS VARCHAR) AS outcome,
    "EventDataId" AS id,
    evidence,
    "offset"
  FROM "AzureActivity"
  WHERE "OperationNameValue" ILIKE 'microsoft.insights/diagnosticsettings/%'
     OR "OperationNameValue" ILIKE 'microsoft.operationalinsights/workspaces/%delete'
     OR "OperationNameValue" ILIKE 'microsoft.insights/datacollectionrule%'
) AS taken
WHERE first >= $from AND first < $to
ORDER BY first, evidence, "offset"
