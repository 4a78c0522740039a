-- Identities that made requests, one row each in each cluster: what they are by their name, when, how often, from where.
-- Events of evidence that names no cluster are a row of their own. People known by an object id count as person like anybody whose name says nothing else.
SELECT
  user_name AS actor,
  CASE
    WHEN user_name IS NULL OR user_name = '' OR user_name = 'system:anonymous' THEN 'anonymous'
    WHEN user_name = 'masterclient' THEN 'local admin'
    WHEN user_name LIKE 'system:serviceaccount:%' THEN 'workload'
    WHEN user_name LIKE 'system:node:%' THEN 'node'
    WHEN user_name LIKE 'system:%' OR user_name IN ('aksService', 'hcpService', 'readinessChecker', 'aksProblemDetector')
      THEN 'platform'
    ELSE 'person'
  END AS class,
  min(time) AS first,
  max(time) AS last,
  count(DISTINCT audit_id) AS requests,
  count(DISTINCT CASE WHEN response_code IN (401, 403) THEN audit_id END) AS refused,
  count(DISTINCT CASE WHEN verb NOT IN ('get', 'list', 'watch', 'head', 'options') THEN audit_id END) AS writes,
  array_agg(DISTINCT array_to_string(source_ips, ', ') ORDER BY array_to_string(source_ips, ', '))
    FILTER (WHERE source_ips IS NOT NULL) AS sources,
  array_agg(DISTINCT user_agent ORDER BY user_agent) FILTER (WHERE user_agent IS NOT NULL) AS user_agents,
  array_agg(DISTINCT namespace ORDER BY namespace) FILTER (WHERE namespace IS NOT NULL) AS namespaces,
  array_agg(DISTINCT impersonated_user_name ORDER BY impersonated_user_name)
    FILTER (WHERE impersonated_user_name IS NOT NULL) AS acted_as,
  cluster_id
FROM audit
GROUP BY user_name, cluster_id
