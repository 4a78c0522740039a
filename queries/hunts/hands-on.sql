-- title: Hands on containers
-- question: Who ran commands in, attached to, forwarded ports of or added debug containers to which pods, with what command?
-- needs: audit events of pods with exec, attach, portforward or ephemeralcontainers. Calls made with GET are only in the category kube-audit. What is typed inside an interactive shell is in no audit log.
-- present: audit
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
-- param: namespace text = % : pattern of the namespace, % is every one
-- param: command text = % : pattern of the command, % is every one, also none
SELECT
  min(time) AS first,
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
  count(DISTINCT audit_id) AS requests,
  audit_id,
  min(evidence) AS evidence,
  first_value("offset" ORDER BY evidence, "offset") AS "offset"
FROM audit
WHERE time >= $from AND time < $to
  AND resource = 'pods'
  AND (subresource IN ('exec', 'attach', 'portforward')
       OR (subresource = 'ephemeralcontainers' AND verb IN ('create', 'update', 'patch')))
  AND stage <> 'RequestReceived'
  AND coalesce(user_name, '') ILIKE $user
  AND coalesce(namespace, '') ILIKE $namespace
  AND coalesce(exec_command, '') ILIKE $command
-- Started and completed are two events of one request.
GROUP BY audit_id, user_name, impersonated_user_name, array_to_string(source_ips, ', '), user_agent, subresource, namespace, name, exec_command
ORDER BY first, evidence, "offset", audit_id, actor, acting_as, source, user_agent, act, namespace, pod, command
