-- title: What was done in Azure
-- question: Who fetched cluster credentials, ran commands through Azure or changed the cluster, its network or its role assignments there?
-- needs: the Azure activity log (table AzureActivity). It has no reads of data: what was taken from a vault or a storage account is in their own logs.
-- present: "AzureActivity"
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: caller text = % : pattern of the caller, % is everybody
-- param: operation text = % : pattern of the operation, such as %listClusterAdminCredential%, % is every one
SELECT
  min("TimeGenerated") AS first,
  max("TimeGenerated") AS last,
  "Caller" AS actor,
  "CallerIpAddress" AS source,
  "OperationNameValue" AS operation,
  "ResourceId" AS target,
  array_to_string(array_agg(DISTINCT CAST("ActivityStatusValue" AS VARCHAR) ORDER BY CAST("ActivityStatusValue" AS VARCHAR)), ' ') AS outcomes,
  count(DISTINCT coalesce("OperationId", "EventDataId")) AS operations,
  min(evidence) AS evidence,
  first_value("offset" ORDER BY evidence, "offset") AS "offset"
FROM "AzureActivity"
WHERE "TimeGenerated" >= $from AND "TimeGenerated" < $to
  AND coalesce("Caller", '') ILIKE $caller
  AND coalesce("OperationNameValue", '') ILIKE $operation
GROUP BY "Caller", "CallerIpAddress", "OperationNameValue", "ResourceId"
ORDER BY first, evidence, "offset", actor, operation, target
