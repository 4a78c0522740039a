-- title: Through the API to nodes and their kubelets
-- question: Who went through the API server to a kubelet, or to a pod or service behind it, or put a debug pod on a node?
-- needs: audit events. Requests with GET, which most of these are, are only in the category kube-audit; who speaks to a kubelet directly is in no audit log of the cluster.
-- present: audit
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
SELECT
  user_name AS actor,
  impersonated_user_name AS acting_as,
  array_to_string(source_ips, ', ') AS source,
  verb,
  concat_ws('/', resource, subresource) AS kind,
  namespace,
  name,
  split_part(request_uri, '?', 1) AS path,
  count(DISTINCT audit_id) AS requests,
  count(DISTINCT CASE WHEN response_code BETWEEN 100 AND 299 THEN audit_id END) AS succeeded,
  min(time) AS first,
  max(time) AS last
FROM audit
WHERE time >= $from AND time < $to
  AND stage <> 'RequestReceived'
  AND ((resource = 'nodes' AND subresource IN ('proxy', 'log', 'stats', 'metrics', 'exec', 'configz', 'pods', 'healthz', 'checkpoint'))
       OR (resource IN ('pods', 'services') AND subresource = 'proxy')
       -- kubectl debug node/NAME calls its pod so.
       OR (resource = 'pods' AND verb = 'create' AND subresource IS NULL AND name LIKE 'node-debugger-%'))
  AND coalesce(user_name, '') ILIKE $user
GROUP BY user_name, impersonated_user_name, array_to_string(source_ips, ', '), verb, concat_ws('/', resource, subresource), namespace, name, split_part(request_uri, '?', 1)
ORDER BY first, actor, acting_as, source, verb, kind, namespace, name, path
