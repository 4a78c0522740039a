-- coldcase stats sessions --gap 45s
-- case: aks-intrusion
WITH event AS (
  SELECT time, user_name AS actor, array_to_string(source_ips, ', ') AS source, user_agent, audit_id, nullif(concat_ws('/', resource, subresource), '') AS kind
  FROM audit WHERE time IS NOT NULL
),
gap AS (
  SELECT *, time - lag(time) OVER (PARTITION BY actor, source, user_agent ORDER BY time) <= INTERVAL 45 SECOND AS goes_on FROM event
),
numbered AS (
  SELECT *, sum(CASE WHEN goes_on THEN 0 ELSE 1 END) OVER (PARTITION BY actor, source, user_agent ORDER BY time ROWS UNBOUNDED PRECEDING) AS number
  FROM gap
)
SELECT min(time) AS first, max(time) AS last, actor, source, user_agent, number::BIGINT AS number,
  (epoch_us(max(time)) - epoch_us(min(time))) / 1e6::DOUBLE AS seconds,
  count(*) AS events, count(DISTINCT audit_id) AS distinct_request, count(DISTINCT kind) AS distinct_kind
FROM numbered
GROUP BY actor, source, user_agent, number
ORDER BY first, actor NULLS FIRST, source NULLS FIRST, user_agent NULLS FIRST, number
