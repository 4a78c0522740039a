-- coldcase stats histogram --every 1m
-- case: aks-intrusion
WITH counted AS (
  SELECT date_trunc('minute', time) AS begin, count(*) AS events, count(DISTINCT audit_id) AS requests, count(DISTINCT user_name) AS actors
  FROM audit WHERE time IS NOT NULL GROUP BY 1
),
bin AS (
  SELECT unnest(range((SELECT min(begin) FROM counted), (SELECT max(begin) FROM counted) + INTERVAL 1 MICROSECOND, INTERVAL 1 MINUTE)) AS begin
)
SELECT bin.begin, coalesce(events, 0) AS events, coalesce(requests, 0) AS distinct_request, coalesce(actors, 0) AS distinct_actor
FROM bin LEFT JOIN counted USING (begin)
ORDER BY begin
