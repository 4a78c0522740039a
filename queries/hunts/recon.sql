-- title: Questions about one's own rights, and discovery
-- question: Who asked the API server what it may do or who it is, and who walked through its list of APIs?
-- needs: audit events of selfsubject reviews; what was asked needs their body. Discovery is a read, so it is only in the category kube-audit, and many audit policies leave it out. kubectl discovers by itself now and then.
-- present: audit
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
SELECT
  what,
  actor,
  source,
  user_agent,
  asked,
  count(DISTINCT audit_id) AS requests,
  count(DISTINCT CASE WHEN response_code BETWEEN 100 AND 299 THEN audit_id END) AS answered,
  min(time) AS first,
  max(time) AS last
FROM (
  SELECT
    CASE WHEN resource IS NULL THEN 'discovery' ELSE resource END AS what,
    user_name AS actor,
    array_to_string(source_ips, ', ') AS source,
    user_agent,
    -- For discovery the first part of the path is enough to know it.
    CASE WHEN resource IS NULL THEN '/' || split_part(split_part(request_uri, '?', 1), '/', 2)
         ELSE coalesce(request_object, body) END AS asked,
    audit_id,
    response_code,
    time
  FROM audit
  WHERE time >= $from AND time < $to
    AND stage <> 'RequestReceived'
    AND coalesce(user_name, '') ILIKE $user
    AND ((resource IN ('selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews') AND verb = 'create')
         OR (resource IS NULL AND split_part(split_part(request_uri, '?', 1), '/', 2) IN ('api', 'apis', 'openapi', 'swagger.json', 'swaggerapi')))
) AS questions
GROUP BY what, actor, source, user_agent, asked
ORDER BY first, what, actor, source, user_agent, asked
