-- coldcase stats as-of --by actor --sql "SELECT time, user_name AS actor, verb, name FROM audit WHERE resource = 'secrets' AND response_code < 300 AND user_name LIKE 'system:serviceaccount:%'" --before "SELECT time, user_name AS actor, verb, resource, response_code AS code FROM audit WHERE response_code = 403"
-- case: aks-intrusion
WITH given AS (
  SELECT time, user_name AS actor, verb, name FROM audit
  WHERE resource = 'secrets' AND response_code < 300 AND user_name LIKE 'system:serviceaccount:%'
),
refused AS (SELECT time, user_name AS actor, verb, resource, response_code AS code FROM audit WHERE response_code = 403)
SELECT given.*, (epoch_us(given.time) - epoch_us(refused.time)) / 1e6::DOUBLE AS seconds_before,
  refused.time AS before_time, refused.verb AS before_verb, refused.resource AS before_resource, refused.code AS before_code
FROM given ASOF LEFT JOIN refused ON given.actor = refused.actor AND given.time >= refused.time
ORDER BY given.time, given.actor, given.verb, given.name NULLS FIRST
