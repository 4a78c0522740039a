-- title: What containers logged
-- question: What did containers write in the window, and where does a word turn up in it?
-- needs: container logs: files of the runtime (table container_log) or Container Insights (ContainerLogV2). What a process does and does not write is in neither.
-- present: container_log
-- present: "ContainerLogV2"
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: namespace text = % : pattern of the namespace, % is every one and unknown ones
-- param: pod text = % : pattern of the pod, % is every one and unknown ones
-- param: message text = % : pattern of the line, such as %curl%, % is every one
SELECT *
FROM (
  SELECT time AS first, namespace, pod, container, CAST(stream AS VARCHAR) AS stream, message, evidence, "offset" FROM container_log
  UNION ALL
  SELECT "TimeGenerated" AS first, "PodNamespace" AS namespace, "PodName" AS pod, "ContainerName" AS container,
    CAST("LogSource" AS VARCHAR) AS stream, CAST("LogMessage" AS VARCHAR) AS message, evidence, "offset"
  FROM "ContainerLogV2"
) AS lines
WHERE (first IS NULL OR (first >= $from AND first < $to))
  AND coalesce(namespace, '') ILIKE $namespace
  AND coalesce(pod, '') ILIKE $pod
  AND coalesce(message, '') ILIKE $message
ORDER BY first, evidence, "offset"
