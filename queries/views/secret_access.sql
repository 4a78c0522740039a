-- Requests for secrets, one row each: who read, listed, watched or changed them, and whether it was given. Column scope says
-- how far a request reaches: one secret, all of a namespace, or all of the cluster.
-- Reads are only in the category kube-audit. Secrets mounted into pods are read by the kubelet, not by the application.
SELECT
  min(time) AS time,
  user_name AS actor,
  impersonated_user_name AS acting_as,
  array_to_string(source_ips, ', ') AS source,
  user_agent,
  verb,
  CASE WHEN name IS NOT NULL THEN 'secret' WHEN namespace IS NOT NULL THEN 'namespace' ELSE 'cluster' END AS scope,
  namespace,
  name,
  max(response_code) AS code,
  max(response_code) BETWEEN 100 AND 299 AS given,
  cluster_id,
  audit_id,
  min(evidence) AS evidence,
  first_value("offset" ORDER BY evidence, "offset") AS "offset",
  first_value(length ORDER BY evidence, "offset") AS length
FROM audit
WHERE resource = 'secrets' AND api_group IS NULL AND stage <> 'RequestReceived'
GROUP BY audit_id, user_name, impersonated_user_name, array_to_string(source_ips, ', '), user_agent, verb, namespace, name,
  cluster_id
