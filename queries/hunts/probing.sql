-- title: Refused, then allowed
-- question: Who was refused over how many kinds of object, and what succeeded for the same identity and address afterwards?
-- needs: audit events with the code of the answer. Refused reads are only in the category kube-audit. A refused login (401) carries no name, so its later success under a name is not joined.
-- present: audit
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
-- param: min_kinds int = 0 : at least so many different kinds refused, 0 is any number
WITH refused AS (
  SELECT
    coalesce(user_name, '') AS actor,
    coalesce(array_to_string(source_ips, ', '), '') AS source,
    count(DISTINCT audit_id) AS refused,
    -- A path that is no object counts as a kind of its own.
    count(DISTINCT coalesce(resource, split_part(request_uri, '?', 1))) AS kinds_refused,
    min(time) AS first_refused,
    max(time) AS last_refused
  FROM audit
  WHERE time >= $from AND time < $to
    AND response_code IN (401, 403)
    AND coalesce(user_name, '') ILIKE $user
  GROUP BY coalesce(user_name, ''), coalesce(array_to_string(source_ips, ', '), '')
),
allowed AS (
  SELECT
    refused.actor AS actor,
    refused.source AS source,
    count(DISTINCT audit.audit_id) AS allowed_after,
    count(DISTINCT coalesce(audit.resource, split_part(audit.request_uri, '?', 1))) AS kinds_allowed_after,
    min(audit.time) AS first_allowed_after
  FROM refused
  JOIN audit
    ON coalesce(audit.user_name, '') = refused.actor
   AND coalesce(array_to_string(audit.source_ips, ', '), '') = refused.source
  WHERE audit.time > refused.first_refused AND audit.time < $to
    AND audit.response_code BETWEEN 100 AND 299
  GROUP BY refused.actor, refused.source
)
SELECT
  refused.actor,
  refused.source,
  refused.refused,
  refused.kinds_refused,
  refused.first_refused,
  refused.last_refused,
  coalesce(allowed.allowed_after, 0) AS allowed_after,
  coalesce(allowed.kinds_allowed_after, 0) AS kinds_allowed_after,
  allowed.first_allowed_after
FROM refused
LEFT JOIN allowed ON allowed.actor = refused.actor AND allowed.source = refused.source
WHERE refused.kinds_refused >= $min_kinds
ORDER BY refused.kinds_refused DESC, refused.first_refused, refused.actor, refused.source
