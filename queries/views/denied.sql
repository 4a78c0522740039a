-- Requests that were refused, one row each: 401 = no valid credential, 403 = not allowed, or an admission check said no.
-- Column reason is what the server answered. Who asked with a bad credential is not known: a 401 has no actor.
SELECT
  min(time) AS time,
  user_name AS actor,
  impersonated_user_name AS acting_as,
  array_to_string(source_ips, ', ') AS source,
  user_agent,
  verb,
  resource AS kind,
  subresource,
  namespace,
  name,
  split_part(request_uri, '?', 1) AS path,
  response_code AS code,
  max(response_message) AS reason,
  cluster_id,
  audit_id,
  min(evidence) AS evidence,
  first_value("offset" ORDER BY evidence, "offset") AS "offset",
  first_value(length ORDER BY evidence, "offset") AS length
FROM audit
WHERE response_code IN (401, 403)
GROUP BY audit_id, user_name, impersonated_user_name, array_to_string(source_ips, ', '), user_agent, verb, resource,
  subresource, namespace, name, split_part(request_uri, '?', 1), response_code, cluster_id
