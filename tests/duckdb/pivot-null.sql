-- coldcase stats pivot --rows code --columns namespace
-- case: aks-intrusion
-- What DuckDB's own PIVOT makes of it; it leaves null out.
WITH counted AS (
  PIVOT (SELECT response_code AS code, coalesce(namespace, '(none)') AS namespace FROM audit)
  ON namespace USING count(*) GROUP BY code
)
SELECT code, (SELECT count(*) FROM audit WHERE response_code IS NOT DISTINCT FROM code) AS total, COLUMNS(* EXCLUDE code)
FROM counted
ORDER BY total DESC, code NULLS LAST
