-- title: What is open to the outside
-- question: Which services, ingresses and ports of nodes does a snapshot show, and with which addresses?
-- needs: a snapshot with services, ingresses and pods. Whether a firewall or a private load balancer stands before them is not in the cluster.
-- present: object WHERE kind = 'Service'
-- param: namespace text = % : pattern of the namespace, % is every one
SELECT DISTINCT
  time AS first,
  kind,
  namespace,
  name,
  CASE kind WHEN 'Service' THEN json_get(body, 'spec.type') WHEN 'Pod' THEN 'hostPort' ELSE kind END AS how,
  CASE kind
    WHEN 'Service' THEN json_get(body, 'spec.ports[*].port')
    WHEN 'Pod' THEN json_get(body, 'spec.containers[*].ports[*].hostPort')
  END AS ports,
  CASE kind
    WHEN 'Pod' THEN json_get(body, 'status.hostIP')
    ELSE json_get(body, 'status.loadBalancer.ingress[*].ip')
  END AS addresses,
  json_get(body, 'spec.rules[*].host') AS hosts
FROM object
WHERE coalesce(superseded, false) = false AND coalesce(deleted, false) = false
  AND coalesce(namespace, '') ILIKE $namespace
  AND ((kind = 'Service' AND (json_get(body, 'spec.type') IN ('LoadBalancer', 'NodePort') OR cardinality(json_list(body, 'spec.externalIPs[*]')) > 0))
       OR kind = 'Ingress'
       OR (kind = 'Pod' AND cardinality(json_list(body, 'spec.containers[*].ports[*].hostPort')) > 0))
ORDER BY kind, namespace, name, first
