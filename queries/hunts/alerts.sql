-- title: Alerts of Defender and of Falco
-- question: What did the alerting of the time say, about what, and when?
-- needs: alerts of Microsoft Defender (table SecurityAlert) or of Falco. What our rules find is in table finding after a replay.
-- present: "SecurityAlert"
-- present: falco
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
SELECT *
FROM (
  SELECT "StartTime" AS first, "EndTime" AS last, 'Defender' AS source, "AlertType" AS type, "DisplayName" AS says,
    "AlertSeverity" AS severity, "CompromisedEntity" AS about, evidence, "offset"
  FROM "Alert"
  UNION ALL
  SELECT time AS first, time AS last, 'Falco' AS source, CAST(rule AS VARCHAR) AS type, coalesce(message, output) AS says,
    CAST(priority AS VARCHAR) AS severity, coalesce(namespace || '/' || pod, CAST(hostname AS VARCHAR)) AS about, evidence, "offset"
  FROM falco
) AS alerts
WHERE first >= $from AND first < $to
ORDER BY first, evidence, "offset"
