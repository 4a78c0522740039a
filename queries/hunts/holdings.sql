-- title: What evidence there is
-- question: Which sources of evidence are there, from which inputs, from when to when, with how many rows?
-- needs: any evidence. The time of a Kubernetes object is that of its creation; what a source never recorded is in no table (coldcase evidence gaps).
-- present: evidence
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
SELECT
  timeline.source,
  evidence.path AS input,
  count(*) AS rows,
  count(*) - count(timeline.time) AS without_time,
  min(timeline.time) AS first,
  max(timeline.time) AS last
FROM timeline
JOIN evidence ON evidence.evidence = timeline.evidence
WHERE timeline.time IS NULL OR (timeline.time >= $from AND timeline.time < $to)
GROUP BY timeline.source, evidence.path
ORDER BY timeline.source, input
