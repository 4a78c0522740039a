-- title: Use of the local administrator certificate
-- question: Was the local administrator certificate (masterclient) used, from where, with what client, for what?
-- needs: audit events; reads only in the category kube-audit. Who fetched the certificate is in the Azure activity log, not here, and everybody who holds it is the same person to the cluster.
-- present: audit
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: source text = % : pattern of the source address, % is every one
SELECT
  user_name AS actor,
  array_to_string(source_ips, ', ') AS source,
  user_agent,
  impersonated_user_name AS acting_as,
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
  AND stage <> 'RequestReceived'
  -- Other certificates of the same group count too. Names that start with system: are the cluster's own, aksService is the platform's.
  AND (user_name = 'masterclient'
       OR (array_has(user_groups, 'system:masters') AND user_name NOT LIKE 'system:%' AND user_name <> 'aksService'))
  AND coalesce(array_to_string(source_ips, ', '), '') ILIKE $source
GROUP BY user_name, array_to_string(source_ips, ', '), user_agent, impersonated_user_name, verb, resource, subresource, namespace
ORDER BY first, actor, source, user_agent, acting_as, verb, kind, subresource, namespace
