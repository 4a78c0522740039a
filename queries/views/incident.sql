-- Findings that belong together, one row per incident: who, on what, when, the tactics in the order of their first
-- finding, and the worst level. Which findings: SELECT * FROM finding WHERE incident = '…'; why: their column shared.
WITH
member AS (
  SELECT incident, id, CAST(rule AS VARCHAR) AS rule, CAST(level AS VARCHAR) AS level, first, last, count, actor, target,
    techniques, tactics, entities,
    CASE CAST(level AS VARCHAR) WHEN 'critical' THEN 5 WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 ELSE 1 END
      AS rank
  FROM finding WHERE incident IS NOT NULL
),
began AS (
  SELECT incident, tactic, min(first) AS since FROM (SELECT incident, first, unnest(tactics) AS tactic FROM member)
  GROUP BY incident, tactic
),
tactic AS (SELECT incident, array_agg(tactic ORDER BY since, tactic) AS tactics FROM began GROUP BY incident),
technique AS (
  SELECT incident, array_agg(technique ORDER BY technique) AS techniques
  FROM (SELECT DISTINCT incident, technique FROM (SELECT incident, unnest(techniques) AS technique FROM member))
  GROUP BY incident
),
named AS (
  SELECT DISTINCT incident, entity['kind'] AS kind, entity['name'] AS name
  FROM (SELECT incident, unnest(entities) AS entity FROM member)
),
thing AS (
  SELECT incident,
    array_agg(name ORDER BY name) FILTER (WHERE kind = 'address') AS addresses,
    array_agg(kind || ' ' || name ORDER BY kind, name) FILTER (WHERE kind IN ('pod', 'node', 'object', 'image')) AS objects
  FROM named GROUP BY incident
),
actor AS (
  SELECT incident, array_agg(actor ORDER BY actor) AS actors
  FROM (SELECT DISTINCT incident, actor FROM member WHERE actor IS NOT NULL) GROUP BY incident
),
whole AS (
  SELECT incident, max(rank) AS rank, min(first) AS first, max(last) AS last, count(*) AS findings,
    array_agg(rule ORDER BY first, rule, id) AS rules
  FROM member GROUP BY incident
)
SELECT
  whole.incident AS id,
  CASE rank WHEN 5 THEN 'critical' WHEN 4 THEN 'high' WHEN 3 THEN 'medium' WHEN 2 THEN 'low' ELSE 'informational' END
    AS level,
  whole.first AS first, whole.last AS last, whole.findings AS findings, whole.rules AS rules,
  tactic.tactics AS tactics, technique.techniques AS techniques, actor.actors AS actors, thing.addresses AS addresses,
  thing.objects AS objects
FROM whole
LEFT JOIN tactic ON tactic.incident = whole.incident
LEFT JOIN technique ON technique.incident = whole.incident
LEFT JOIN actor ON actor.incident = whole.incident
LEFT JOIN thing ON thing.incident = whole.incident
