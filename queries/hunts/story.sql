-- title: The story, with proof
-- question: What happened in order, by the steps that investigators put into the story or marked and by the first event of each finding, and where are the bytes that prove each?
-- needs: a replay for findings, notes for what people saw. Each row has the input, its SHA-256 and the bytes in it; coldcase evidence raw shows them and coldcase verify holds them against the hash. coldcase report --story makes the page. What the evidence cannot tell is in hunts holdings and gaps.
-- present: note WHERE counts AND evidence IS NOT NULL
-- present: finding
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: told_by text = % : pattern of who says so: story, mark, comment, tag or finding, % is all
-- param: level text = % : pattern of the level of findings, such as high, % is every one
WITH step AS (
  SELECT does AS told_by, coalesce(text, '') AS says, CAST(NULL AS VARCHAR) AS level, evidence AS s_evidence, "offset" AS s_offset, length AS s_length
  FROM note WHERE counts AND evidence IS NOT NULL AND does IN ('story', 'mark', 'comment', 'tag')
  UNION ALL
  SELECT 'finding' AS told_by, rule || ': ' || title AS says, CAST(level AS VARCHAR) AS level, evidence[1] AS s_evidence, "offset"[1] AS s_offset, length[1] AS s_length
  FROM finding
)
SELECT
  line.time AS first,
  step.told_by,
  step.level,
  step.says,
  line.actor,
  line.verb,
  line.object,
  line.namespace,
  line.address,
  source.path AS input,
  source.sha256,
  step.s_evidence AS evidence,
  step.s_offset AS "offset",
  step.s_length AS length
FROM step
JOIN evidence AS source ON source.evidence = step.s_evidence
LEFT JOIN timeline AS line ON line.evidence = step.s_evidence AND line."offset" = step.s_offset
WHERE (line.time IS NULL OR (line.time >= $from AND line.time < $to))
  AND step.told_by ILIKE $told_by
  AND coalesce(step.level, '') ILIKE $level
ORDER BY first, step.s_evidence, step.s_offset, step.told_by, step.says
