-- title: Who acted as whom
-- question: Which identities made requests in the name of others, for what, and with what success?
-- needs: audit events with the impersonated user; reads only in the category kube-audit. A proxy that hands on the identity of the person behind it looks the same.
-- present: audit
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the real sender, % is everybody
-- param: acting_as text = % : pattern of the name used, % is every one
SELECT
  user_name AS actor,
  impersonated_user_name AS acting_as,
  array_to_string(source_ips, ', ') AS source,
  user_agent,
  verb,
  resource AS kind,
  subresource,
  namespace,
  count(DISTINCT audit_id) AS requests,
  count(DISTINCT CASE WHEN response_code BETWEEN 100 AND 299 THEN audit_id END) AS succeeded,
  min(time) AS first,
  max(time) AS last
FROM audit
WHERE time >= $from AND time < $to
  AND impersonated_user_name IS NOT NULL
  AND stage <> 'RequestReceived'
  AND coalesce(user_name, '') ILIKE $user
  AND impersonated_user_name ILIKE $acting_as
GROUP BY user_name, impersonated_user_name, array_to_string(source_ips, ', '), user_agent, verb, resource, subresource, namespace
ORDER BY first, actor, acting_as, source, user_agent, verb, kind, subresource, namespace
