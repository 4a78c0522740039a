-- title: Holes in the evidence
-- question: When is the audit log silent, which inputs have records that were cut or could not be read, and which are said to be incomplete?
-- needs: any evidence; silences are those between audit events of one cluster, so those before the first and after the last are not seen. A silence may be a quiet night, a log that was off or an export that was cut: it says which events are near and not why. coldcase evidence gaps compares with each log's own rhythm.
-- present: audit
-- present: evidence
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: seconds int = 300 : the shortest silence that is shown, seconds
SELECT first, last, what, of_what, count
FROM (
  SELECT first, last, 'silence' AS what, cluster_id AS of_what, CAST(date_part('epoch', last) - date_part('epoch', first) AS BIGINT) AS count
  FROM (
    SELECT lag(time) OVER (PARTITION BY cluster_id ORDER BY time) AS first, time AS last, CAST(cluster_id AS VARCHAR) AS cluster_id
    FROM audit WHERE time IS NOT NULL
  ) AS pair
  WHERE date_part('epoch', last) - date_part('epoch', first) >= $seconds
  UNION ALL
  SELECT first, last, 'bodies that were cut' AS what, path AS of_what, CAST(cut AS BIGINT) AS count FROM evidence WHERE cut > 0
  UNION ALL
  SELECT first, last, 'records that could not be read' AS what, path AS of_what, CAST(rejected AS BIGINT) AS count FROM evidence WHERE rejected > 0
  UNION ALL
  SELECT first, last, CAST(note AS VARCHAR) AS what, path AS of_what, CAST(NULL AS BIGINT) AS count FROM evidence WHERE note IS NOT NULL
) AS holes
WHERE (last IS NULL OR last >= $from) AND (first IS NULL OR first < $to)
ORDER BY first, what, of_what, last
