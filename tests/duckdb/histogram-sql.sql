-- coldcase stats histogram --every 10s --sql 'SELECT time AS TimeGenerated, user_name FROM audit WHERE response_code = 403;'
-- case: aks-intrusion
WITH counted AS (
  SELECT time_bucket(INTERVAL 10 SECOND, time) AS begin, count(*) AS events FROM audit WHERE response_code = 403 GROUP BY 1
),
bin AS (
  SELECT unnest(range((SELECT min(begin) FROM counted), (SELECT max(begin) FROM counted) + INTERVAL 1 MICROSECOND, INTERVAL 10 SECOND)) AS begin
)
SELECT bin.begin, coalesce(events, 0) AS events
FROM bin LEFT JOIN counted USING (begin)
ORDER BY begin
