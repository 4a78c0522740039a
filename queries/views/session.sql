-- Stretches of work: one identity from one address with one client; a gap over 30 minutes begins a new one.
-- Requests without a time are in none; column clusters has those clusters that the evidence names. What the kubectl of one person and a script of another do under the same name,
-- address and client is one session.
WITH
event AS (
  SELECT
    coalesce(user_name, '') AS actor, coalesce(array_to_string(source_ips, ', '), '') AS source,
    coalesce(user_agent, '') AS user_agent,
    cluster_id, time, audit_id, verb, resource, namespace, response_code
  FROM audit WHERE time IS NOT NULL
),
gap AS (
  SELECT *,
    CASE WHEN time - lag(time) OVER (PARTITION BY actor, source, user_agent ORDER BY time, audit_id)
      <= INTERVAL '30 minutes' THEN 0 ELSE 1 END AS begins
  FROM event
),
numbered AS (
  SELECT *,
    sum(begins) OVER (PARTITION BY actor, source, user_agent ORDER BY time, audit_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS number
  FROM gap
)
SELECT
  min(time) AS first,
  max(time) AS last,
  nullif(actor, '') AS actor,
  nullif(source, '') AS source,
  nullif(user_agent, '') AS user_agent,
  number,
  count(DISTINCT audit_id) AS requests,
  count(DISTINCT CASE WHEN response_code IN (401, 403) THEN audit_id END) AS refused,
  array_agg(DISTINCT verb ORDER BY verb) FILTER (WHERE verb IS NOT NULL) AS verbs,
  array_agg(DISTINCT resource ORDER BY resource) FILTER (WHERE resource IS NOT NULL) AS kinds,
  array_agg(DISTINCT namespace ORDER BY namespace) FILTER (WHERE namespace IS NOT NULL) AS namespaces,
  array_agg(DISTINCT cluster_id ORDER BY cluster_id) FILTER (WHERE cluster_id IS NOT NULL) AS clusters
FROM numbered
GROUP BY actor, source, user_agent, number
