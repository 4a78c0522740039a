-- title: Accounts of the cluster used from outside
-- question: Which service accounts and nodes were used from addresses outside of private networks, with which clients?
-- needs: audit events; reads only in the category kube-audit. It looks at the last address, which the client cannot forge; a proxy in front of the server hides it. Calls of the platform may come from public addresses too.
-- present: audit
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
SELECT
  k8s_identity(user_name)['kind'] AS kind,
  user_name AS actor,
  source_ips[-1] AS source,
  user_agent,
  count(DISTINCT audit_id) AS requests,
  count(DISTINCT CASE WHEN response_code BETWEEN 100 AND 299 THEN audit_id END) AS succeeded,
  min(time) AS first,
  max(time) AS last
FROM audit
WHERE time >= $from AND time < $to
  AND k8s_identity(user_name)['kind'] IN ('service account', 'node', 'bootstrap token')
  AND NOT is_private(source_ips[-1])
  AND coalesce(user_name, '') ILIKE $user
GROUP BY k8s_identity(user_name)['kind'], user_name, source_ips[-1], user_agent
ORDER BY first, actor, source, user_agent
