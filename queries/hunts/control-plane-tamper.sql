-- title: Changes to how the cluster decides, signs and resolves
-- question: Who changed admission webhooks and policies, approved certificates, added API services, or changed the cluster's DNS?
-- needs: audit events, which every category has for writes. What the change says needs the body.
-- present: audit WHERE verb NOT IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
SELECT
  min(time) AS first,
  user_name AS actor,
  impersonated_user_name AS acting_as,
  array_to_string(source_ips, ', ') AS source,
  verb,
  concat_ws('/', resource, subresource) AS kind,
  namespace,
  name,
  max(response_code) AS code,
  body,
  request_object AS content,
  audit_id,
  min(evidence) AS evidence,
  first_value("offset" ORDER BY evidence, "offset") AS "offset"
FROM audit
WHERE time >= $from AND time < $to
  AND verb IN ('create', 'update', 'patch', 'delete', 'deletecollection')
  AND stage <> 'RequestReceived'
  AND coalesce(user_name, '') ILIKE $user
  AND (api_group IN ('admissionregistration.k8s.io', 'apiregistration.k8s.io')
       OR (resource = 'certificatesigningrequests' AND coalesce(subresource, '') <> 'status')
       OR (resource IN ('configmaps', 'deployments') AND namespace = 'kube-system' AND name LIKE 'coredns%'
           AND coalesce(subresource, '') <> 'status'))
  -- The server keeps the state of its API services itself.
  AND NOT (resource = 'apiservices' AND subresource = 'status')
GROUP BY audit_id, user_name, impersonated_user_name, array_to_string(source_ips, ', '), verb, concat_ws('/', resource, subresource), namespace, name, body, request_object
ORDER BY first, evidence, "offset", audit_id
