-- Audit events under the names of Azure Monitor's table AKSAuditAdmin, which leaves out get and list.
-- It says nothing about reads: audit itself may have them.
SELECT
  "TimeGenerated", "AuditId", "Stage", "Level", "Verb", "RequestUri", "UserAgent", "SourceIps", "User", "ObjectRef",
  "ResponseStatus", "RequestObject", "ResponseObject", "Annotations", "RequestReceivedTime", "StageReceivedTime",
  "PodName", "TenantId", "SourceSystem", 'AKSAuditAdmin' AS "Type", "_ResourceId", "_SubscriptionId", "_BilledSize",
  "_IsBillable", evidence, "offset", length
FROM "AKSAudit"
WHERE NOT (("Verb" IN ('get', 'list')) IS TRUE)
