-- title: From pods to their accounts and to Azure
-- question: As which service account does each pod run, is its token mounted, and which Azure identity does the account stand for?
-- needs: a snapshot with pods and service accounts. A pod made before or after it is not in it; the identity of a node's own machine, which every pod may reach unless it is blocked, is in none.
-- present: object WHERE kind = 'Pod'
-- present: object WHERE kind = 'ServiceAccount'
-- param: namespace text = % : pattern of the namespace, % is every one
WITH account AS (
  SELECT
    namespace,
    name,
    max(json_get(body, 'metadata.annotations[''azure.workload.identity/client-id'']')) AS azure_client_id,
    max(json_get(body, 'automountServiceAccountToken')) AS mounts
  FROM object WHERE kind = 'ServiceAccount' AND coalesce(superseded, false) = false GROUP BY namespace, name
)
SELECT DISTINCT
  pod.time AS first,
  pod.namespace,
  pod.name AS pod,
  json_get(pod.body, 'spec.nodeName') AS node,
  'system:serviceaccount:' || pod.namespace || ':' || coalesce(json_get(pod.body, 'spec.serviceAccountName'), 'default') AS account,
  -- The pod's own word goes before that of its account; both silent means yes.
  coalesce(json_get(pod.body, 'spec.automountServiceAccountToken'), account.mounts, 'true') = 'true' AS token_mounted,
  account.azure_client_id,
  json_get(pod.body, 'metadata.labels[''azure.workload.identity/use'']') = 'true' AS uses_workload_identity
FROM object AS pod
LEFT JOIN account ON account.namespace = pod.namespace
  AND account.name = coalesce(json_get(pod.body, 'spec.serviceAccountName'), 'default')
WHERE pod.kind = 'Pod' AND coalesce(pod.superseded, false) = false AND coalesce(pod.deleted, false) = false
  AND pod.namespace ILIKE $namespace
ORDER BY pod.namespace, pod, first
