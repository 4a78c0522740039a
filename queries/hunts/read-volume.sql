-- title: How much was read
-- question: Who read how many objects of which kinds, by single reads and by whole lists, in which busiest five minutes?
-- needs: audit events of reads, which are only in the category kube-audit. It counts requests, not bytes: how large an answer was is in no audit log. The network's logs have bytes (NTANetAnalytics).
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
WITH read AS (
  SELECT user_name AS actor, array_to_string(source_ips, ', ') AS source, resource AS kind, verb, namespace, name, audit_id,
    min(time) AS time
  FROM audit
  WHERE time >= $from AND time < $to AND verb IN ('get', 'list', 'watch') AND resource IS NOT NULL
    AND response_code BETWEEN 200 AND 299
    AND coalesce(user_name, '') ILIKE $user
  GROUP BY user_name, array_to_string(source_ips, ', '), resource, verb, namespace, name, audit_id
),
slice AS (
  SELECT actor, source, kind, bin(time, '5m') AS slice, count(*) AS requests FROM read GROUP BY 1, 2, 3, 4
),
busiest AS (
  SELECT actor, source, kind, max(requests) AS most FROM slice GROUP BY actor, source, kind
)
SELECT
  read.actor,
  read.source,
  read.kind,
  count(*) AS requests,
  count(DISTINCT CASE WHEN read.name IS NOT NULL THEN concat_ws('/', read.namespace, read.name) END) AS different_objects,
  count(CASE WHEN read.name IS NULL THEN 1 END) AS lists,
  count(CASE WHEN read.name IS NULL AND read.namespace IS NULL THEN 1 END) AS lists_of_cluster,
  max(busiest.most) AS most_in_5m,
  min(read.time) AS first,
  max(read.time) AS last
FROM read
JOIN busiest ON coalesce(busiest.actor, '') = coalesce(read.actor, '') AND coalesce(busiest.source, '') = coalesce(read.source, '')
  AND busiest.kind = read.kind
GROUP BY read.actor, read.source, read.kind
ORDER BY requests DESC, read.actor, read.source, read.kind
