-- coldcase stats pivot --rows actor --columns verb --most 5
-- case: aks-intrusion
-- The five most frequent verbs by name; the next lines stand only because these are they.
WITH verbs AS (
  SELECT verb FROM audit GROUP BY verb QUALIFY row_number() OVER (ORDER BY count(*) DESC, verb) <= 5
)
SELECT user_name AS actor, count(*) AS total,
  count(*) FILTER (verb = 'delete') AS "delete",
  count(*) FILTER (verb = 'get') AS "get",
  count(*) FILTER (verb = 'list') AS "list",
  count(*) FILTER (verb = 'patch') AS "patch",
  count(*) FILTER (verb = 'update') AS "update",
  count(*) FILTER (verb NOT IN (SELECT verb FROM verbs)) AS "(others)"
FROM audit
WHERE (SELECT array_agg(verb ORDER BY verb) FROM verbs) = ['delete', 'get', 'list', 'patch', 'update']
GROUP BY user_name
ORDER BY total DESC, actor NULLS LAST
