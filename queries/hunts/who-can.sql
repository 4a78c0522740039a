-- title: Who may do it, by a snapshot
-- question: Which users, groups and service accounts may use a verb on a resource, by which binding and role?
-- needs: a snapshot with roles and bindings. It says what the snapshot says, not what held before or after it. API groups, rights by the names of single objects, aggregation that the snapshot has not filled in, the group system:masters and Azure RBAC are not looked at.
-- param: verb text = create : the verb, such as create; give it
-- param: resource text = pods/exec : the resource with its subresource, such as pods/exec; give it
-- param: namespace text = % : pattern of the namespace of a binding; bindings of the whole cluster are shown with any
WITH rule AS (
  SELECT kind, coalesce(namespace, '') AS ns, name, unnest(json_list(body, 'rules[*]')) AS rule
  FROM object WHERE kind IN ('Role', 'ClusterRole') AND coalesce(superseded, false) = false AND coalesce(deleted, false) = false
),
fitting AS (
  SELECT DISTINCT kind, ns, name FROM rule
  WHERE (array_has(json_list(rule, 'verbs[*]'), $verb) OR array_has(json_list(rule, 'verbs[*]'), '*'))
    AND (array_has(json_list(rule, 'resources[*]'), $resource) OR array_has(json_list(rule, 'resources[*]'), '*')
         OR (strpos($resource, '/') > 0 AND array_has(json_list(rule, 'resources[*]'), '*/' || split_part($resource, '/', 2))))
    AND cardinality(json_list(rule, 'resourceNames[*]')) = 0
),
binding AS (
  SELECT
    kind,
    coalesce(namespace, '') AS ns,
    name,
    json_get(body, 'roleRef.kind') AS role_kind,
    json_get(body, 'roleRef.name') AS role,
    unnest(json_list(body, 'subjects[*]')) AS subject
  FROM object
  WHERE kind IN ('RoleBinding', 'ClusterRoleBinding') AND coalesce(superseded, false) = false AND coalesce(deleted, false) = false
)
SELECT DISTINCT
  json_get(subject, 'kind') AS who_kind,
  CASE WHEN json_get(subject, 'kind') = 'ServiceAccount'
    THEN 'system:serviceaccount:' || coalesce(json_get(subject, 'namespace'), nullif(binding.ns, '')) || ':' || json_get(subject, 'name')
    ELSE json_get(subject, 'name') END AS who,
  CASE WHEN binding.kind = 'ClusterRoleBinding' THEN 'every namespace' ELSE binding.ns END AS reach,
  binding.kind || ' ' || binding.name AS binding,
  binding.role_kind || ' ' || binding.role AS role
FROM binding
JOIN fitting ON fitting.kind = binding.role_kind AND fitting.name = binding.role
  AND (fitting.kind = 'ClusterRole' OR fitting.ns = binding.ns)
WHERE binding.kind = 'ClusterRoleBinding' OR binding.ns ILIKE $namespace
ORDER BY who_kind, who, reach, binding, role
