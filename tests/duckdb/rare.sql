-- coldcase stats rare --top 12
-- case: aks-intrusion
WITH counted AS (
  SELECT verb, nullif(concat_ws('/', resource, subresource), '') AS kind, count(*) AS events, min(time) AS first, max(time) AS last,
    count(DISTINCT user_name) AS distinct_actor
  FROM audit GROUP BY 1, 2
)
SELECT verb, kind, events, round(100.0::DOUBLE * events / (SELECT count(*) FROM audit), 4) AS share, first, last, distinct_actor
FROM counted
-- The twelfth, and whatever is as frequent.
QUALIFY rank() OVER (ORDER BY events) <= 12
ORDER BY events, share, first NULLS FIRST, verb NULLS FIRST, kind NULLS FIRST
