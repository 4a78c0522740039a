-- title: What the audit log could have seen
-- question: Which categories are there, are reads logged, at which level, and with bodies or without?
-- needs: audit events. A kind of request of which there is no row was not made, not logged or not exported; the audit log cannot say which.
-- present: audit
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
SELECT
  category,
  level,
  CASE WHEN verb IN ('get', 'list', 'watch', 'head', 'options') THEN 'read' ELSE 'write' END AS act,
  body,
  count(DISTINCT audit_id) AS requests,
  min(time) AS first,
  max(time) AS last
FROM audit
WHERE time >= $from AND time < $to
GROUP BY category, level, CASE WHEN verb IN ('get', 'list', 'watch', 'head', 'options') THEN 'read' ELSE 'write' END, body
ORDER BY category, level, act, body
