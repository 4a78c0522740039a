-- coldcase stats histogram --every 90s --by verb,stage --distinct source,code
-- case: aks-intrusion
-- A bin of 90 seconds begins at a multiple of them since 0001-01-01.
SELECT
  make_timestamp(((epoch_us(time) + 719162 * 86400000000) // 90000000) * 90000000 - 719162 * 86400000000) AS begin,
  verb,
  stage,
  count(*) AS events,
  count(DISTINCT array_to_string(source_ips, ', ')) AS distinct_source,
  count(DISTINCT response_code) AS distinct_code
FROM audit WHERE time IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY begin, verb NULLS FIRST, stage NULLS FIRST
