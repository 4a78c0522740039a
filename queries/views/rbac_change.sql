-- Requests that write roles and bindings, one row each, with whom a binding names and which role. Column body says whether
-- the content was recorded; without it subjects, role and rules are null, which is not the same as none.
-- The server writes the default roles when it starts: actor system:apiserver.
SELECT
  min(time) AS time,
  user_name AS actor,
  impersonated_user_name AS acting_as,
  array_to_string(source_ips, ', ') AS source,
  user_agent,
  verb,
  resource AS kind,
  namespace,
  name,
  max(response_code) AS code,
  role_ref_kind,
  role_ref_name,
  subjects,
  role_rules,
  body,
  cluster_id,
  audit_id,
  min(evidence) AS evidence,
  first_value("offset" ORDER BY evidence, "offset") AS "offset",
  first_value(length ORDER BY evidence, "offset") AS length
FROM audit
WHERE api_group = 'rbac.authorization.k8s.io'
  AND resource IN ('roles', 'clusterroles', 'rolebindings', 'clusterrolebindings')
  AND verb IN ('create', 'update', 'patch', 'delete', 'deletecollection')
  AND stage <> 'RequestReceived'
GROUP BY audit_id, user_name, impersonated_user_name, array_to_string(source_ips, ', '), user_agent, verb, resource,
  namespace, name, role_ref_kind, role_ref_name, subjects, role_rules, body, cluster_id
