-- title: Anonymous requests that succeeded
-- question: What was answered to callers without any credential, and to which addresses?
-- needs: audit events. Reads, which are nearly all of these, are only in the category kube-audit. Health checks and the version are open to everybody by default.
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: path text = % : pattern of the request path, % is every one
SELECT
  array_to_string(source_ips, ', ') AS source,
  user_agent,
  verb,
  split_part(request_uri, '?', 1) AS path,
  resource AS kind,
  namespace,
  count(DISTINCT audit_id) AS requests,
  min(time) AS first,
  max(time) AS last
FROM audit
WHERE time >= $from AND time < $to
  AND (user_name = 'system:anonymous' OR array_has(user_groups, 'system:unauthenticated'))
  AND response_code BETWEEN 100 AND 299
  AND split_part(request_uri, '?', 1) ILIKE $path
GROUP BY array_to_string(source_ips, ', '), user_agent, verb, split_part(request_uri, '?', 1), resource, namespace
ORDER BY first, source, user_agent, verb, path, kind, namespace
