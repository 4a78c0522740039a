-- title: Changes of roles and bindings
-- question: Who made, changed or deleted which roles and bindings, when, and with what content?
-- needs: audit events of the group rbac.authorization.k8s.io, which every category has; the content needs the body (column body says whether it was recorded). What a change means for effective rights needs a snapshot. Azure role assignments are in the activity log.
-- present: audit
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody; the server itself (system:apiserver) writes the default roles when it starts
-- param: kind text = % : roles, clusterroles, rolebindings or clusterrolebindings, % is all
-- param: name text = % : pattern of the name, % is every one
SELECT
  min(time) AS first,
  user_name AS actor,
  impersonated_user_name AS acting_as,
  array_to_string(source_ips, ', ') AS source,
  verb,
  resource AS kind,
  namespace,
  name,
  max(response_code) AS code,
  body,
  request_object AS content,
  count(DISTINCT audit_id) AS requests,
  audit_id,
  min(evidence) AS evidence,
  first_value("offset" ORDER BY evidence, "offset") AS "offset"
FROM audit
WHERE time >= $from AND time < $to
  AND api_group = 'rbac.authorization.k8s.io'
  AND resource IN ('roles', 'clusterroles', 'rolebindings', 'clusterrolebindings')
  AND verb IN ('create', 'update', 'patch', 'delete', 'deletecollection')
  AND stage <> 'RequestReceived'
  AND coalesce(user_name, '') ILIKE $user
  AND resource ILIKE $kind
  AND coalesce(name, '') ILIKE $name
GROUP BY audit_id, user_name, impersonated_user_name, array_to_string(source_ips, ', '), verb, resource, namespace, name, body, request_object
ORDER BY first, evidence, "offset", audit_id, actor, acting_as, source, verb, kind, namespace, name, body, content
