-- Defender alerts, one row per SystemAlertId: the newest version, how many there were, and what their states were.
-- A service sends an alert again whenever it changes; every version is a row of SecurityAlert.
SELECT
  last_value("SystemAlertId" ORDER BY "TimeGenerated", evidence, "offset") AS "SystemAlertId",
  last_value("AlertType" ORDER BY "TimeGenerated", evidence, "offset") AS "AlertType",
  last_value("DisplayName" ORDER BY "TimeGenerated", evidence, "offset") AS "DisplayName",
  last_value(CAST("AlertSeverity" AS VARCHAR) ORDER BY "TimeGenerated", evidence, "offset") AS "AlertSeverity",
  last_value(CAST("Status" AS VARCHAR) ORDER BY "TimeGenerated", evidence, "offset") AS "Status",
  last_value(CAST("CompromisedEntity" AS VARCHAR) ORDER BY "TimeGenerated", evidence, "offset") AS "CompromisedEntity",
  last_value("ResolvedEntities" ORDER BY "TimeGenerated", evidence, "offset") AS "ResolvedEntities",
  min("StartTime") AS "StartTime",
  max("EndTime") AS "EndTime",
  count(*) AS "Versions",
  min("TimeGenerated") AS "FirstSent",
  max("TimeGenerated") AS "LastSent",
  array_agg(CAST("Status" AS VARCHAR) ORDER BY "TimeGenerated", evidence, "offset") AS "StatusHistory",
  last_value(evidence ORDER BY "TimeGenerated", evidence, "offset") AS evidence,
  last_value("offset" ORDER BY "TimeGenerated", evidence, "offset") AS "offset",
  last_value(length ORDER BY "TimeGenerated", evidence, "offset") AS length
FROM "SecurityAlert"
GROUP BY lower("SystemAlertId")
