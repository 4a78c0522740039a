-- title: Secrets read, listed and changed
-- question: Who read, listed or changed which secrets and configuration maps, and who was refused?
-- needs: audit events of secrets and configmaps. Reads are only in the category kube-audit. A list has no name: it gave away everything in its namespace, or in the cluster when the namespace is empty. Secrets mounted into pods are read by the kubelet, not by the application.
-- present: audit
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
-- param: namespace text = % : pattern of the namespace, % is every one and the whole cluster
-- param: name text = % : pattern of the name, % is every one, also lists
-- param: kind text = % : secrets or configmaps, % is both
SELECT
  user_name AS actor,
  impersonated_user_name AS acting_as,
  array_to_string(source_ips, ', ') AS source,
  resource AS kind,
  verb,
  namespace,
  name,
  count(DISTINCT audit_id) AS requests,
  count(DISTINCT CASE WHEN response_code BETWEEN 100 AND 299 THEN audit_id END) AS given,
  count(DISTINCT CASE WHEN response_code IN (401, 403) THEN audit_id END) AS refused,
  min(time) AS first,
  max(time) AS last
FROM audit
WHERE time >= $from AND time < $to
  AND resource IN ('secrets', 'configmaps')
  AND stage <> 'RequestReceived'
  AND coalesce(user_name, '') ILIKE $user
  AND coalesce(namespace, '') ILIKE $namespace
  AND coalesce(name, '') ILIKE $name
  AND resource ILIKE $kind
GROUP BY user_name, impersonated_user_name, array_to_string(source_ips, ', '), resource, verb, namespace, name
ORDER BY first, actor, acting_as, source, kind, verb, namespace, name
