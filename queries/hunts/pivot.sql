-- title: One value in all sources
-- question: Where else, in all sources and clusters, does an address, name, client or object turn up?
-- needs: any evidence. It looks at who, what, where from and with what of every row, not into bodies; coldcase query asks those.
-- param: value text = - : pattern of the value, such as 203.0.113.7 or %worker%; give it
SELECT
  source,
  CASE
    WHEN address ILIKE $value THEN 'address'
    WHEN actor ILIKE $value THEN 'actor'
    WHEN agent ILIKE $value THEN 'client'
    WHEN namespace ILIKE $value THEN 'namespace'
    ELSE 'object'
  END AS as_what,
  actor,
  address,
  namespace,
  count(*) AS rows,
  min(time) AS first,
  max(time) AS last
FROM timeline
WHERE address ILIKE $value OR actor ILIKE $value OR agent ILIKE $value OR namespace ILIKE $value OR object ILIKE $value
GROUP BY 1, 2, 3, 4, 5
ORDER BY source, as_what, first, actor, address, namespace
