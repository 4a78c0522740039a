-- title: Which images run
-- question: Which images do pods of a snapshot run and which were written in the window, from which registries, pinned or not, and how privileged?
-- needs: a snapshot with pods, and audit events of pods and workloads with the body of the request. What is wrong with an image is not in them: Defender's assessments are (table SecurityNestedRecommendation, if it was exported).
-- present: object WHERE kind = 'Pod'
-- present: audit WHERE request_object IS NOT NULL
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: image text = % : pattern of the image, % is every one
WITH run AS (
  SELECT time, namespace, object, false AS written, CAST(NULL AS VARCHAR) AS actor, json_get(container, 'image') AS image,
    json_get(container, 'securityContext.privileged') = 'true' AS privileged
  FROM (
    SELECT time, namespace, name AS object, unnest(json_list(body, 'spec.containers[*]')) AS container
    FROM object WHERE kind = 'Pod' AND coalesce(superseded, false) = false AND coalesce(deleted, false) = false
    UNION ALL
    SELECT time, namespace, name AS object, unnest(json_list(body, 'spec.initContainers[*]')) AS container
    FROM object WHERE kind = 'Pod' AND coalesce(superseded, false) = false AND coalesce(deleted, false) = false
  ) AS standing
  UNION ALL
  SELECT time, namespace, object, true AS written, user_name AS actor, container['image'] AS image, container['privileged'] AS privileged
  FROM (
    SELECT time, namespace, coalesce(resource || '/' || name, '') AS object, user_name, unnest(containers) AS container
    FROM audit
    WHERE time >= $from AND time < $to AND verb IN ('create', 'update', 'patch') AND response_code BETWEEN 200 AND 299
      AND coalesce(subresource, 'ephemeralcontainers') = 'ephemeralcontainers' AND stage <> 'RequestReceived'
  ) AS requests
)
SELECT
  min(CASE WHEN written THEN time END) AS first_written,
  image,
  -- Without a dot, a colon or localhost the first part is a name on Docker Hub (distribution/reference).
  CASE WHEN strpos(image, '/') > 0 AND (split_part(image, '/', 1) LIKE '%.%' OR split_part(image, '/', 1) LIKE '%:%' OR split_part(image, '/', 1) = 'localhost')
    THEN split_part(image, '/', 1) ELSE 'docker.io' END AS registry,
  strpos(image, '@sha256:') > 0 AS pinned,
  count(DISTINCT CASE WHEN NOT written THEN namespace || '/' || object END) AS pods,
  count(DISTINCT CASE WHEN written THEN namespace || '/' || object END) AS written_objects,
  coalesce(bool_or(privileged), false) AS privileged,
  array_to_string(array_agg(DISTINCT namespace ORDER BY namespace) FILTER (WHERE namespace IS NOT NULL), ' ') AS namespaces,
  array_to_string(array_agg(DISTINCT actor ORDER BY actor) FILTER (WHERE actor IS NOT NULL), ' ') AS writers
FROM run
WHERE image ILIKE $image
GROUP BY image
ORDER BY first_written, image
