-- title: Who was there
-- question: Which identities made requests, from which addresses, with which clients, from when to when, and how many?
-- needs: audit events; without the category kube-audit, whoever only read is missing. The class is read from the name: people known by an object id count as person or platform alike.
-- present: audit
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
-- param: source text = % : pattern of the source address, % is every one
-- param: class text = % : person, local admin, workload, node, platform or anonymous, % is all
SELECT
  class,
  actor,
  source,
  user_agent,
  count(DISTINCT audit_id) AS requests,
  count(DISTINCT CASE WHEN response_code IN (401, 403) THEN audit_id END) AS refused,
  min(time) AS first,
  max(time) AS last
FROM (
  SELECT
    CASE
      WHEN user_name IS NULL OR user_name = '' OR user_name = 'system:anonymous' THEN 'anonymous'
      WHEN user_name = 'masterclient' THEN 'local admin'
      WHEN user_name LIKE 'system:serviceaccount:%' THEN 'workload'
      WHEN user_name LIKE 'system:node:%' THEN 'node'
      WHEN user_name LIKE 'system:%' OR user_name IN ('aksService', 'hcpService', 'readinessChecker', 'aksProblemDetector') THEN 'platform'
      ELSE 'person'
    END AS class,
    user_name AS actor,
    array_to_string(source_ips, ', ') AS source,
    user_agent,
    audit_id,
    response_code,
    time
  FROM audit
  WHERE time >= $from AND time < $to
    AND coalesce(user_name, '') ILIKE $user
    AND coalesce(array_to_string(source_ips, ', '), '') ILIKE $source
) AS requests
WHERE class ILIKE $class
GROUP BY class, actor, source, user_agent
ORDER BY class, actor, first, source, user_agent
