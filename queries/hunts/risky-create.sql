-- title: Pods with reach beyond themselves
-- question: Who made or changed pods and workloads that are privileged, share the host's namespaces, mount its files or add capabilities?
-- needs: audit events with the body of the request; a request whose body was not recorded is not shown. Pods that were there before are in table object.
-- present: audit WHERE request_object IS NOT NULL
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
-- param: namespace text = % : pattern of the namespace, % is every one
SELECT
  min(time) AS first,
  actor,
  acting_as,
  source,
  verb,
  kind,
  namespace,
  name,
  max(response_code) AS code,
  host_pid,
  host_ipc,
  host_network,
  paths AS host_paths,
  bool_or(container['privileged']) AS privileged,
  string_agg(DISTINCT array_to_string(container['capabilities_add'], ' '), ' ') AS capabilities,
  min(container['image']) AS an_image,
  service_account,
  audit_id,
  min(evidence) AS evidence,
  first_value("offset" ORDER BY evidence, "offset") AS "offset"
FROM (
  SELECT
    time,
    user_name AS actor,
    impersonated_user_name AS acting_as,
    array_to_string(source_ips, ', ') AS source,
    verb,
    concat_ws('/', resource, subresource) AS kind,
    namespace,
    name,
    response_code,
    host_pid,
    host_ipc,
    host_network,
    array_to_string(host_paths, ' ') AS paths,
    unnest(containers) AS container,
    service_account_name AS service_account,
    audit_id,
    evidence,
    "offset"
  FROM audit
  WHERE time >= $from AND time < $to
    AND verb IN ('create', 'update', 'patch')
    -- Status is written by the cluster itself and makes no pod.
    AND coalesce(subresource, '') <> 'status'
    AND stage <> 'RequestReceived'
    AND coalesce(user_name, '') ILIKE $user
    AND coalesce(namespace, '') ILIKE $namespace
) AS written
GROUP BY actor, acting_as, source, verb, kind, namespace, name, host_pid, host_ipc, host_network, paths, service_account, audit_id
HAVING coalesce(host_pid, false) OR coalesce(host_ipc, false) OR coalesce(host_network, false) OR paths <> ''
  OR bool_or(coalesce(container['privileged'], false))
  OR max(coalesce(cardinality(container['capabilities_add']), 0)) > 0
ORDER BY first, evidence, "offset", audit_id
