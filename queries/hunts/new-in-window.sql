-- title: New in the window
-- question: Which identities, addresses, clients, namespaces, images and acts, and which pairs of them, were never seen before the window?
-- needs: audit events from before the window, the longer the better: without any, nothing is called new. Column seen_since says from when on was looked. What only reads is new too if only the window has the category kube-audit. Images are those of written pods and workloads whose body was recorded; those that ran before are in hunt images.
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC; give it
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: what text = % : identity, acting as, address, client, namespace, image, verb and kind, identity from address, identity with client, identity and kind, % is all
WITH seen AS (
  SELECT 'identity' AS what, user_name AS value, time, audit_id FROM audit
  UNION ALL
  SELECT 'acting as' AS what, user_name || ' as ' || impersonated_user_name AS value, time, audit_id FROM audit
  UNION ALL
  SELECT 'address' AS what, array_to_string(source_ips, ', ') AS value, time, audit_id FROM audit
  UNION ALL
  SELECT 'client' AS what, user_agent AS value, time, audit_id FROM audit
  UNION ALL
  SELECT 'namespace' AS what, namespace AS value, time, audit_id FROM audit
  UNION ALL
  SELECT 'image' AS what, container['image'] AS value, time, audit_id
  FROM (SELECT unnest(containers) AS container, time, audit_id FROM audit) AS written
  UNION ALL
  SELECT 'verb and kind' AS what, verb || ' ' || concat_ws('/', resource, subresource) AS value, time, audit_id FROM audit WHERE resource IS NOT NULL
  UNION ALL
  SELECT 'identity from address' AS what, user_name || ' from ' || array_to_string(source_ips, ', ') AS value, time, audit_id FROM audit
  UNION ALL
  SELECT 'identity with client' AS what, user_name || ' with ' || user_agent AS value, time, audit_id FROM audit
  UNION ALL
  SELECT 'identity and kind' AS what, user_name || ' ' || verb || ' ' || concat_ws('/', resource, subresource) AS value, time, audit_id
  FROM audit WHERE resource IS NOT NULL
)
SELECT
  what,
  value,
  min(time) AS first,
  max(CASE WHEN time < $to THEN time END) AS last,
  count(DISTINCT CASE WHEN time < $to THEN audit_id END) AS requests,
  (SELECT min(time) FROM audit) AS seen_since
FROM seen
WHERE value IS NOT NULL AND what ILIKE $what
GROUP BY what, value
HAVING min(time) >= $from AND min(time) < $to AND (SELECT min(time) FROM audit) < $from
ORDER BY first, what, value
