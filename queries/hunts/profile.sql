-- title: Before and in the window
-- question: What is usual here: which identities do what to which kinds of object, how often in an hour before the window, and how often in it?
-- needs: audit events from before the window, the longer the better; without any, nothing is known to be usual and no row is shown. Column hours_before says how much there is. What only reads is missing where the category kube-audit is.
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC; give it
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
-- param: new_only int = 0 : 1 shows only what was never seen before the window
WITH span AS (
  SELECT (date_part('epoch', $from) - date_part('epoch', min(time))) / 3600.0 AS before,
    (date_part('epoch', max(time)) - date_part('epoch', $from)) / 3600.0 AS within
  FROM audit WHERE time < $to
),
done AS (
  SELECT
    coalesce(user_name, '') AS actor,
    coalesce(verb, '') AS verb,
    coalesce(concat_ws('/', resource, subresource), '') AS kind,
    count(DISTINCT CASE WHEN time < $from THEN audit_id END) AS requests_before,
    count(DISTINCT CASE WHEN time >= $from THEN audit_id END) AS requests_within,
    min(CASE WHEN time >= $from THEN time END) AS first_within,
    max(CASE WHEN time < $from THEN time END) AS last_before
  FROM audit
  WHERE time < $to AND coalesce(user_name, '') ILIKE $user
  GROUP BY coalesce(user_name, ''), coalesce(verb, ''), coalesce(concat_ws('/', resource, subresource), '')
)
SELECT
  first_within,
  k8s_identity(actor)['kind'] AS class,
  nullif(actor, '') AS actor,
  nullif(verb, '') AS verb,
  nullif(kind, '') AS kind,
  requests_before,
  requests_within,
  round(requests_before / before, 2) AS an_hour_before,
  round(requests_within / nullif(within, 0.0), 2) AS an_hour_within,
  requests_before = 0 AS new,
  last_before,
  round(before, 2) AS hours_before
FROM done CROSS JOIN span
WHERE before > 0.0 AND requests_within >= $new_only AND ($new_only = 0 OR requests_before = 0)
ORDER BY new DESC, first_within, actor, verb, kind
