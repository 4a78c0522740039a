-- title: What was made and not taken away
-- question: Which objects that keep access or run again were made in the window, and are they still there as far as the evidence goes?
-- needs: audit events of writes. Whether an object is still there: column deleted is a later successful delete of it by name, in_snapshot that a snapshot has it, null where the answer with its uid was not recorded. A list of objects deleted at once (deletecollection) or a namespace deleted is not followed.
-- present: audit WHERE verb = 'create'
-- present: object
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
-- param: namespace text = % : pattern of the namespace, % is every one and none
WITH made AS (
  SELECT
    min(time) AS first,
    user_name AS actor,
    array_to_string(source_ips, ', ') AS source,
    api_group,
    resource AS kind,
    coalesce(namespace, '') AS namespace,
    coalesce(name, '') AS name,
    min(json_get(response_object, 'metadata.uid')) AS uid,
    min(evidence) AS evidence,
    first_value("offset" ORDER BY evidence, "offset") AS "offset"
  FROM audit
  WHERE time >= $from AND time < $to
    AND verb = 'create' AND response_code BETWEEN 200 AND 299
    AND subresource IS NULL
    AND resource IN ('cronjobs', 'daemonsets', 'deployments', 'statefulsets', 'serviceaccounts', 'secrets', 'roles', 'clusterroles',
      'rolebindings', 'clusterrolebindings', 'mutatingwebhookconfigurations', 'validatingwebhookconfigurations', 'apiservices',
      'certificatesigningrequests', 'customresourcedefinitions')
    AND coalesce(user_name, '') ILIKE $user
    AND coalesce(namespace, '') ILIKE $namespace
  GROUP BY user_name, array_to_string(source_ips, ', '), api_group, resource, coalesce(namespace, ''), coalesce(name, '')
),
gone AS (
  SELECT resource AS kind, coalesce(namespace, '') AS namespace, coalesce(name, '') AS name, max(time) AS deleted
  FROM audit
  WHERE verb = 'delete' AND response_code BETWEEN 200 AND 299 AND subresource IS NULL
  GROUP BY resource, coalesce(namespace, ''), coalesce(name, '')
)
SELECT
  made.first,
  made.actor,
  made.source,
  made.kind,
  nullif(made.namespace, '') AS namespace,
  nullif(made.name, '') AS name,
  CASE WHEN gone.deleted > made.first THEN gone.deleted END AS deleted,
  CASE WHEN made.uid IS NOT NULL THEN standing.uid IS NOT NULL END AS in_snapshot,
  made.evidence,
  made."offset"
FROM made
LEFT JOIN gone ON gone.kind = made.kind AND gone.namespace = made.namespace AND gone.name = made.name
LEFT JOIN (SELECT DISTINCT uid FROM object WHERE coalesce(superseded, false) = false AND coalesce(deleted, false) = false) AS standing
  ON standing.uid = made.uid
ORDER BY made.first, made.evidence, made."offset"
