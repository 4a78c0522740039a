-- title: What changed between two moments
-- question: Which objects were made, taken away or written between two moments, by whom, and which of them must be undone?
-- needs: audit events of writes; a snapshot adds objects whose creation no log has. made = it did not stand before and stands at the end; gone = the other way round; written = it stood at both and was written between (hunt as-of has both contents); made and gone = both between. An object whose first write here changes or deletes it stood before. Leases, events, written states (status), lists deleted at once (deletecollection) and what goes with a deleted namespace are left out.
-- param: from timestamp = 1970-01-01T00:00:00Z : the first moment, UTC; give it
-- param: to timestamp = 9999-12-31T23:59:59Z : the second moment, UTC, not part of it
-- param: kind text = % : pattern of the resource, such as pods, % is every one
-- param: namespace text = % : pattern of the namespace, % is every one and none
-- param: user text = % : pattern of one who wrote it between, % is everybody and nobody known
WITH wrote AS (
  SELECT
    resource AS w_kind,
    coalesce(namespace, '') AS w_namespace,
    name AS w_name,
    max(CASE WHEN time < $from THEN time END) AS time_before,
    last_value(verb ORDER BY time, evidence, "offset") FILTER (WHERE time < $from) AS verb_before,
    -- A patch that makes the object (server-side apply) is answered with 201.
    first_value(CASE WHEN response_code = 201 THEN 'create' ELSE verb END ORDER BY time, evidence, "offset")
      FILTER (WHERE time >= $from) AS first_verb,
    min(CASE WHEN time >= $from THEN time END) AS first,
    max(CASE WHEN time >= $from THEN time END) AS last,
    last_value(verb ORDER BY time, evidence, "offset") FILTER (WHERE time >= $from) AS last_verb,
    count(CASE WHEN time >= $from THEN 1 END) AS writes,
    array_agg(DISTINCT user_name ORDER BY user_name) FILTER (WHERE time >= $from AND user_name IS NOT NULL) AS writers,
    last_value(evidence ORDER BY time, evidence, "offset") FILTER (WHERE time >= $from) AS w_evidence,
    last_value("offset" ORDER BY time, evidence, "offset") FILTER (WHERE time >= $from) AS w_offset
  FROM audit
  WHERE time < $to
    AND verb IN ('create', 'update', 'patch', 'delete') AND response_code BETWEEN 200 AND 299
    AND name IS NOT NULL AND resource NOT IN ('leases', 'events')
    AND coalesce(subresource, 'scale') IN ('scale', 'ephemeralcontainers', 'approval')
    AND stage <> 'RequestReceived' AND strpos(request_uri, 'dryRun=') = 0
  GROUP BY resource, coalesce(namespace, ''), name
),
standing AS (
  SELECT
    -- Plurals as Kubernetes guesses them (meta.UnsafeGuessKindToResource).
    CASE WHEN kind = 'Endpoints' THEN 'endpoints'
         WHEN kind LIKE '%s' THEN lower(kind) || 'es'
         WHEN kind LIKE '%y' THEN left(lower(kind), -1) || 'ies'
         ELSE lower(kind) || 's' END AS s_kind,
    coalesce(namespace, '') AS s_namespace,
    name AS s_name,
    max(time) AS created,
    first_value(evidence ORDER BY time DESC, evidence, "offset") AS s_evidence,
    first_value("offset" ORDER BY time DESC, evidence, "offset") AS s_offset
  FROM object
  WHERE time < $to AND coalesce(deleted, false) = false AND kind NOT IN ('Event', 'Lease') AND name IS NOT NULL
  GROUP BY 1, 2, 3
),
stood AS (
  SELECT
    *,
    coalesce(first, CASE WHEN created >= $from THEN created END) AS since,
    -- Did it stand at the first moment?
    CASE WHEN first_verb IS NOT NULL THEN first_verb <> 'create'
         WHEN verb_before IS NOT NULL THEN verb_before <> 'delete' OR (created > time_before AND created < $from)
         ELSE created < $from END AS before,
    CASE WHEN last_verb IS NOT NULL THEN last_verb <> 'delete' OR coalesce(created > last, false)
         WHEN verb_before IS NOT NULL THEN verb_before <> 'delete' OR coalesce(created > time_before, false)
         ELSE true END AS after
  FROM wrote
  FULL JOIN standing ON w_kind = s_kind AND w_namespace = s_namespace AND w_name = s_name
)
SELECT
  since AS first,
  CASE WHEN NOT before AND after THEN 'made' WHEN before AND NOT after THEN 'gone' WHEN before THEN 'written' ELSE 'made and gone' END AS change,
  coalesce(w_kind, s_kind) AS kind,
  nullif(coalesce(w_namespace, s_namespace), '') AS namespace,
  coalesce(w_name, s_name) AS name,
  array_to_string(writers, ', ') AS writers,
  coalesce(writes, 0) AS writes,
  last,
  last_verb,
  created IS NOT NULL AS in_snapshot,
  coalesce(w_evidence, s_evidence) AS evidence,
  coalesce(w_offset, s_offset) AS "offset"
FROM stood
WHERE since IS NOT NULL
  AND coalesce(w_kind, s_kind) ILIKE $kind
  AND coalesce(w_namespace, s_namespace) ILIKE $namespace
  AND coalesce(array_to_string(writers, ', '), '') ILIKE $user
ORDER BY first, kind, namespace, name
