-- coldcase stats baseline --every 1m --window 10m --min-past 3 --all --key actor --distinct object --sql "SELECT time, user_name AS actor, nullif(concat_ws('/', resource, subresource, namespace, name), '') AS object FROM audit WHERE user_name LIKE '%contoso.example'"
-- case: aks-intrusion
WITH bin AS (
  SELECT date_trunc('minute', time) AS begin, user_name AS actor, count(*) AS events,
    count(DISTINCT nullif(concat_ws('/', resource, subresource, namespace, name), '')) AS distinct_object
  FROM audit WHERE time IS NOT NULL AND user_name LIKE '%contoso.example' GROUP BY 1, 2
),
usual AS (
  SELECT now.begin, now.actor, count(past.begin) AS past, median(past.events) AS usual_events, median(past.distinct_object) AS usual_distinct
  FROM bin AS now
  LEFT JOIN bin AS past ON past.actor IS NOT DISTINCT FROM now.actor AND past.begin >= now.begin - INTERVAL 10 MINUTE AND past.begin < now.begin
  GROUP BY ALL
),
spread AS (
  SELECT usual.begin, usual.actor, median(abs(past.events - usual_events)) AS spread_events,
    median(abs(past.distinct_object - usual_distinct)) AS spread_distinct
  FROM usual
  LEFT JOIN bin AS past ON past.actor IS NOT DISTINCT FROM usual.actor AND past.begin >= usual.begin - INTERVAL 10 MINUTE AND past.begin < usual.begin
  GROUP BY ALL
),
scored AS (
  SELECT bin.*, usual_events, spread_events, usual_distinct, spread_distinct, past,
    CASE WHEN past >= 3 THEN (events - usual_events) / greatest(1.4826::DOUBLE * spread_events, sqrt(usual_events), 1.0) END AS score_events,
    CASE WHEN past >= 3 THEN (distinct_object - usual_distinct) / greatest(1.4826::DOUBLE * spread_distinct, sqrt(usual_distinct), 1.0) END AS score_distinct
  FROM bin
  JOIN usual ON usual.begin = bin.begin AND usual.actor IS NOT DISTINCT FROM bin.actor
  JOIN spread ON spread.begin = bin.begin AND spread.actor IS NOT DISTINCT FROM bin.actor
)
SELECT begin, actor, events, usual_events, spread_events, round(score_events, 4) AS score_events, distinct_object, usual_distinct,
  spread_distinct, round(score_distinct, 4) AS score_distinct, past
FROM scored
ORDER BY greatest(scored.score_events, scored.score_distinct) DESC NULLS LAST, begin, actor NULLS FIRST
