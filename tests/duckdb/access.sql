-- coldcase stats access
-- case: aks-intrusion
WITH entry AS (
  SELECT min(time) AS time, user_name AS actor, subresource AS act, namespace, name AS pod, exec_command AS command, max(response_code) AS code
  FROM audit
  WHERE resource = 'pods' AND stage <> 'RequestReceived'
    AND (subresource IN ('exec', 'attach', 'portforward') OR (subresource = 'ephemeralcontainers' AND verb IN ('create', 'update', 'patch')))
  GROUP BY audit_id, user_name, impersonated_user_name, source_ips, user_agent, subresource, namespace, name, exec_command, cluster_id
),
write AS (
  SELECT time, namespace, name AS pod, verb, user_name AS actor, response_code AS code
  FROM audit
  WHERE resource = 'pods' AND verb IN ('create', 'update', 'patch') AND (subresource IS NULL OR subresource = 'ephemeralcontainers')
    AND response_code BETWEEN 200 AND 299 AND stage <> 'RequestReceived' AND NOT contains(request_uri, 'dryRun=')
  UNION ALL
  SELECT time, namespace, name, 'created, by a snapshot', NULL, NULL FROM object WHERE kind = 'Pod'
)
SELECT entry.*, (epoch_us(entry.time) - epoch_us(write.time)) / 1e6::DOUBLE AS seconds_before,
  write.time AS before_time, write.verb AS before_verb, write.actor AS before_actor, write.code AS before_code
FROM entry ASOF LEFT JOIN write ON entry.namespace = write.namespace AND entry.pod = write.pod AND entry.time >= write.time
ORDER BY entry.time, entry.actor, entry.act
