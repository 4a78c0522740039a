-- Requests that reach into a container, one row each: exec, attach, port-forward, debug containers, with the command asked.
-- Those made with GET are only in the category kube-audit. What is typed inside an interactive shell is in no audit log.
SELECT
  min(time) AS time,
  max(time) AS last,
  user_name AS actor,
  impersonated_user_name AS acting_as,
  array_to_string(source_ips, ', ') AS source,
  user_agent,
  subresource AS act,
  namespace,
  name AS pod,
  exec_command AS command,
  max(response_code) AS code,
  cluster_id,
  audit_id,
  min(evidence) AS evidence,
  first_value("offset" ORDER BY evidence, "offset") AS "offset",
  first_value(length ORDER BY evidence, "offset") AS length
FROM audit
WHERE resource = 'pods'
  AND (subresource IN ('exec', 'attach', 'portforward')
       OR (subresource = 'ephemeralcontainers' AND verb IN ('create', 'update', 'patch')))
  AND stage <> 'RequestReceived'
-- Started and completed are two events of one request.
GROUP BY audit_id, user_name, impersonated_user_name, array_to_string(source_ips, ', '), user_agent, subresource, namespace,
  name, exec_command, cluster_id
