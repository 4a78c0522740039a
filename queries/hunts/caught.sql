-- title: Was it caught
-- question: Of what investigators marked, commented or put into the story: which findings of the last replay hold that very event, and what was caught by none?
-- needs: notes on events (coldcase case mark, or m, T and P on the screens) and a replay of the rules to be judged, which replaces the findings of the one before. Events are compared by their place in the evidence. An event without a finding was missed by the rules, excepted, or could not be told: coldcase rules explain RULE --event says which. What nobody marked is not asked.
-- present: note WHERE counts AND evidence IS NOT NULL
-- present: finding
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: rule text = % : pattern of the rule, % is every one
WITH noted AS (
  SELECT evidence, "offset", array_to_string(array_agg(DISTINCT does ORDER BY does), ' ') AS does,
    array_to_string(array_agg(text ORDER BY noted, id) FILTER (WHERE text IS NOT NULL), '; ') AS said
  FROM note
  WHERE counts AND evidence IS NOT NULL
  GROUP BY evidence, "offset"
),
held AS (
  SELECT DISTINCT f_evidence, f_offset, f_rule, f_level
  FROM (
    SELECT unnest(evidence) AS f_evidence, unnest("offset") AS f_offset, CAST(rule AS VARCHAR) AS f_rule, CAST(level AS VARCHAR) AS f_level
    FROM finding
  ) AS events
  WHERE f_rule ILIKE $rule
)
SELECT
  min(line.time) AS first,
  max(CASE WHEN held.f_rule IS NULL THEN 'missed' ELSE 'caught' END) AS verdict,
  array_to_string(array_agg(DISTINCT held.f_level || ' ' || held.f_rule ORDER BY held.f_level || ' ' || held.f_rule)
    FILTER (WHERE held.f_rule IS NOT NULL), ', ') AS by_rules,
  min(line.actor) AS actor,
  min(line.verb) AS verb,
  min(line.object) AS object,
  noted.does,
  noted.said,
  noted.evidence,
  noted."offset"
FROM noted
LEFT JOIN timeline AS line ON line.evidence = noted.evidence AND line."offset" = noted."offset"
LEFT JOIN held ON held.f_evidence = noted.evidence AND held.f_offset = noted."offset"
WHERE line.time IS NULL OR (line.time >= $from AND line.time < $to)
GROUP BY noted.evidence, noted."offset", noted.does, noted.said
ORDER BY first, noted.evidence, noted."offset"
