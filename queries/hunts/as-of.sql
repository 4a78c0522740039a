-- title: What stood at a moment
-- question: Which objects were in the cluster at a moment, with which content, and how sure is that?
-- needs: audit events of writes, with bodies, and a snapshot. Column known says why a row is here: written = the last write before the moment, with its content; unchanged = a snapshot has it and by its managedFields nothing changed it after the moment; may differ = it was there, and whether with this content the snapshot does not say; content unknown = it was written and the content not recorded. What neither log nor snapshot names is missing; lists deleted at once (deletecollection) still stand.
-- param: at timestamp = 1970-01-01T00:00:00Z : the moment, UTC; give it
-- param: kind text = % : pattern of the resource, such as pods, % is every one
-- param: namespace text = % : pattern of the namespace, % is every one and none
-- param: name text = % : pattern of the name, % is every one
WITH written AS (
  SELECT
    resource AS w_kind,
    coalesce(namespace, '') AS w_namespace,
    coalesce(name, '') AS w_name,
    max(time) AS w_time,
    last_value(verb ORDER BY time, evidence, "offset") AS verb,
    last_value(user_name ORDER BY time, evidence, "offset") AS actor,
    -- A delete is answered with a Status, a refused write too.
    last_value(CASE WHEN json_get(response_object, 'kind') <> 'Status' THEN response_object
                    WHEN verb IN ('create', 'update') THEN request_object END ORDER BY time, evidence, "offset") AS w_body,
    last_value(evidence ORDER BY time, evidence, "offset") AS w_evidence,
    last_value("offset" ORDER BY time, evidence, "offset") AS w_offset
  FROM audit
  WHERE time <= $at
    AND verb IN ('create', 'update', 'patch', 'delete') AND response_code BETWEEN 200 AND 299
    AND name IS NOT NULL
    AND coalesce(subresource, 'status') IN ('status', 'scale', 'ephemeralcontainers', 'approval')
    AND strpos(request_uri, 'dryRun=') = 0
  GROUP BY resource, coalesce(namespace, ''), coalesce(name, '')
),
seen AS (
  SELECT
    -- Plurals as Kubernetes guesses them (meta.UnsafeGuessKindToResource).
    CASE WHEN kind = 'Endpoints' THEN 'endpoints'
         WHEN kind LIKE '%s' THEN lower(kind) || 'es'
         WHEN kind LIKE '%y' THEN left(lower(kind), -1) || 'ies'
         ELSE lower(kind) || 's' END AS s_kind,
    coalesce(namespace, '') AS s_namespace,
    name AS s_name,
    time AS created,
    body AS s_body,
    -- Of a moment within the second, the second is not over.
    coalesce(array_max(json_list(body, 'metadata.managedFields[*].time')) <= left(CAST($at AS VARCHAR), 19) || 'Z', false) AS unchanged,
    array_max(json_list(body, 'metadata.managedFields[*].time')) AS changed,
    evidence AS s_evidence,
    "offset" AS s_offset
  FROM object
  WHERE time <= $at AND coalesce(deleted, false) = false AND kind <> 'Event'
),
standing AS (
  SELECT
    s_kind,
    s_namespace,
    s_name,
    max(created) AS created,
    last_value(s_body ORDER BY unchanged, CASE WHEN unchanged THEN changed END, s_evidence, s_offset) AS s_body,
    bool_or(unchanged) AS unchanged,
    last_value(s_evidence ORDER BY unchanged, CASE WHEN unchanged THEN changed END, s_evidence, s_offset) AS s_evidence,
    last_value(s_offset ORDER BY unchanged, CASE WHEN unchanged THEN changed END, s_evidence, s_offset) AS s_offset
  FROM seen GROUP BY s_kind, s_namespace, s_name
)
SELECT
  coalesce(w_kind, s_kind) AS kind,
  nullif(coalesce(w_namespace, s_namespace), '') AS namespace,
  coalesce(w_name, s_name) AS name,
  CASE WHEN verb <> 'delete' AND w_body IS NOT NULL THEN 'written'
       WHEN unchanged THEN 'unchanged'
       WHEN verb <> 'delete' AND s_body IS NULL THEN 'content unknown'
       ELSE 'may differ' END AS known,
  created,
  w_time AS written,
  CASE WHEN verb <> 'delete' THEN verb END AS verb,
  CASE WHEN verb <> 'delete' THEN actor END AS actor,
  CASE WHEN verb <> 'delete' AND w_body IS NOT NULL THEN w_body ELSE s_body END AS body,
  CASE WHEN verb <> 'delete' AND w_body IS NOT NULL THEN w_evidence ELSE coalesce(s_evidence, w_evidence) END AS evidence,
  CASE WHEN verb <> 'delete' AND w_body IS NOT NULL THEN w_offset ELSE coalesce(s_offset, w_offset) END AS "offset"
FROM written
FULL JOIN standing ON w_kind = s_kind AND w_namespace = s_namespace AND w_name = s_name
-- Deleted, and not made again since.
WHERE (verb IS NULL OR verb <> 'delete' OR created > w_time)
  AND coalesce(w_kind, s_kind) ILIKE $kind
  AND coalesce(w_namespace, s_namespace) ILIKE $namespace
  AND coalesce(w_name, s_name) ILIKE $name
ORDER BY kind, namespace, name
