-- coldcase stats rare --of namespace,verb --by actor --distinct object --top 40
-- case: aks-intrusion
WITH counted AS (
  SELECT user_name AS actor, namespace, verb, count(*) AS events, min(time) AS first, max(time) AS last,
    count(DISTINCT nullif(concat_ws('/', resource, subresource, namespace, name), '')) AS distinct_object
  FROM audit GROUP BY 1, 2, 3
)
SELECT actor, namespace, verb, events, round(100.0::DOUBLE * events / sum(events) OVER (PARTITION BY actor), 4) AS share, first, last, distinct_object
FROM counted
QUALIFY rank() OVER (ORDER BY events) <= 40
ORDER BY events, events / sum(events) OVER (PARTITION BY actor), first NULLS FIRST, actor NULLS FIRST, namespace NULLS FIRST, verb NULLS FIRST
