-- title: What was refused
-- question: Who was refused what, how often, and with which words?
-- needs: audit events with the code of the answer. Refused reads are only in the category kube-audit. A refused login (401) carries no name.
-- present: audit
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
-- param: source text = % : pattern of the source address, % is every one
SELECT
  actor,
  acting_as,
  source,
  code,
  verb,
  CASE WHEN kind IS NULL THEN path ELSE concat_ws('/', kind, subresource) END AS what,
  namespace,
  count(DISTINCT audit_id) AS requests,
  min(time) AS first,
  max(time) AS last,
  min(reason) AS reason
FROM denied
WHERE time >= $from AND time < $to
  AND coalesce(actor, '') ILIKE $user
  AND coalesce(source, '') ILIKE $source
GROUP BY actor, acting_as, source, code, verb, CASE WHEN kind IS NULL THEN path ELSE concat_ws('/', kind, subresource) END, namespace
ORDER BY first, actor, acting_as, source, code, verb, what, namespace
