-- title: What it may do, by a snapshot
-- question: What may an identity do, and which binding and role grants each of its rights?
-- needs: a snapshot with roles and bindings. It says what the snapshot says, not what held before or after it. Of a service account its groups are known by its name, of anybody else only system:authenticated: give a group as who to see its rights. The group system:masters may do everything and is in no role; Azure RBAC is not looked at.
-- param: who text = system:authenticated : user, group or service account as system:serviceaccount:namespace:name; give it
-- param: namespace text = % : pattern of the namespace a right holds in; rights in the whole cluster are shown with any
WITH binding AS (
  SELECT
    kind,
    coalesce(namespace, '') AS ns,
    name,
    json_get(body, 'roleRef.kind') AS role_kind,
    json_get(body, 'roleRef.name') AS role,
    unnest(json_list(body, 'subjects[*]')) AS subject
  FROM object
  WHERE kind IN ('RoleBinding', 'ClusterRoleBinding') AND coalesce(superseded, false) = false AND coalesce(deleted, false) = false
),
named AS (
  SELECT kind, ns, name, role_kind, role,
    CASE WHEN json_get(subject, 'kind') = 'ServiceAccount'
      THEN 'system:serviceaccount:' || coalesce(json_get(subject, 'namespace'), nullif(ns, '')) || ':' || json_get(subject, 'name')
      ELSE json_get(subject, 'name') END AS who
  FROM binding
),
held AS (
  SELECT DISTINCT kind, ns, name, role_kind, role, who FROM named
  WHERE who = $who
    OR (who = 'system:authenticated' AND $who NOT IN ('system:anonymous', 'system:unauthenticated'))
    OR (who = 'system:unauthenticated' AND $who = 'system:anonymous')
    OR (strpos($who, 'system:serviceaccount:') = 1
        AND who IN ('system:serviceaccounts', 'system:serviceaccounts:' || split_part($who, ':', 3)))
),
rule AS (
  SELECT kind, coalesce(namespace, '') AS ns, name, unnest(json_list(body, 'rules[*]')) AS rule
  FROM object WHERE kind IN ('Role', 'ClusterRole') AND coalesce(superseded, false) = false AND coalesce(deleted, false) = false
)
SELECT DISTINCT
  CASE WHEN held.kind = 'ClusterRoleBinding' THEN 'every namespace' ELSE held.ns END AS reach,
  array_to_string(json_list(rule.rule, 'verbs[*]'), ' ') AS verbs,
  array_to_string(json_list(rule.rule, 'apiGroups[*]'), ' ') AS groups,
  array_to_string(json_list(rule.rule, 'resources[*]'), ' ') AS kinds,
  array_to_string(json_list(rule.rule, 'nonResourceURLs[*]'), ' ') AS paths,
  array_to_string(json_list(rule.rule, 'resourceNames[*]'), ' ') AS only_names,
  held.who AS granted_to,
  held.kind || ' ' || held.name AS binding,
  held.role_kind || ' ' || held.role AS role
FROM held
JOIN rule ON rule.kind = held.role_kind AND rule.name = held.role AND (rule.kind = 'ClusterRole' OR rule.ns = held.ns)
WHERE held.kind = 'ClusterRoleBinding' OR held.ns ILIKE $namespace
ORDER BY reach, binding, verbs, groups, kinds, paths, only_names, granted_to, role
