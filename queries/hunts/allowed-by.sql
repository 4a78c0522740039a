-- title: Which binding allowed it
-- question: By which role and binding was each identity allowed what it did?
-- needs: audit events with the annotation authorization.k8s.io/reason, which every event of a decided request has; reads only in the category kube-audit. Azure RBAC and other webhooks say so in words of their own.
-- present: audit WHERE decision_reason IS NOT NULL
-- present: audit WHERE verb IN ('get', 'list', 'watch')
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
-- param: reason text = % : pattern of the reason, such as %cluster-admin%, % is every one
SELECT
  user_name AS actor,
  impersonated_user_name AS acting_as,
  decision,
  decision_reason AS reason,
  array_to_string(array_agg(DISTINCT verb ORDER BY verb) FILTER (WHERE verb IS NOT NULL), ' ') AS verbs,
  array_to_string(array_agg(DISTINCT resource ORDER BY resource) FILTER (WHERE resource IS NOT NULL), ' ') AS kinds,
  count(DISTINCT audit_id) AS requests,
  min(time) AS first,
  max(time) AS last
FROM audit
WHERE time >= $from AND time < $to
  AND decision_reason IS NOT NULL AND decision_reason <> ''
  AND coalesce(user_name, '') ILIKE $user
  AND decision_reason ILIKE $reason
GROUP BY user_name, impersonated_user_name, decision, decision_reason
ORDER BY first, actor, acting_as, decision, reason
