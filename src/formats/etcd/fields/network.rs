//! Fields of networking and discovery. See `super`.

pub const FIELDS: &str = "
HTTPIngressPath: 1 path, 2 backend! IngressBackend, 3 pathType!
HTTPIngressRuleValue: 1 paths! [HTTPIngressPath]
IPAddress: 1 metadata ObjectMeta, 2 spec IPAddressSpec
IPAddressSpec: 1 parentRef ParentReference
IPBlock: 1 cidr!, 2 except []
Ingress: 1 metadata ObjectMeta, 2 spec IngressSpec, 3 status IngressStatus
IngressBackend: 1 serviceName, 2 servicePort IntOrString, 3 resource TypedLocalObjectReference,
 4 service IngressServiceBackend
IngressClass: 1 metadata ObjectMeta, 2 spec IngressClassSpec
IngressClassParametersReference: 1 apiGroup?, 2 kind!, 3 name!, 4 scope!, 5 namespace?
IngressClassSpec: 1 controller, 2 parameters IngressClassParametersReference
IngressLoadBalancerIngress: 1 ip, 2 hostname, 4 ports [IngressPortStatus]
IngressLoadBalancerStatus: 1 ingress [IngressLoadBalancerIngress]
IngressPortStatus: 1 port! int, 2 protocol!, 3 error?
IngressRule: 1 host, 2 +IngressRuleValue
IngressRuleValue: 1 http HTTPIngressRuleValue
IngressServiceBackend: 1 name!, 2 port ServiceBackendPort
IngressSpec: 1 defaultBackend IngressBackend, 2 tls [IngressTLS], 3 rules [IngressRule], 4 ingressClassName?
IngressStatus: 1 loadBalancer IngressLoadBalancerStatus
IngressTLS: 1 hosts [], 2 secretName
NetworkPolicy: 1 metadata ObjectMeta, 2 spec NetworkPolicySpec, 3 status NetworkPolicyStatus
NetworkPolicyEgressRule: 1 ports [NetworkPolicyPort], 2 to [NetworkPolicyPeer]
NetworkPolicyIngressRule: 1 ports [NetworkPolicyPort], 2 from [NetworkPolicyPeer]
NetworkPolicyPeer: 1 podSelector LabelSelector, 2 namespaceSelector LabelSelector, 3 ipBlock IPBlock
NetworkPolicyPort: 1 protocol?, 2 port IntOrString, 3 endPort? int
NetworkPolicySpec: 1 podSelector! LabelSelector, 2 ingress [NetworkPolicyIngressRule],
 3 egress [NetworkPolicyEgressRule], 4 policyTypes []
NetworkPolicyStatus: 1 conditions [Condition]
ParentReference: 1 group, 2 resource, 3 namespace, 4 name
ServiceBackendPort: 1 name, 2 number int
ServiceCIDR: 1 metadata ObjectMeta, 2 spec ServiceCIDRSpec, 3 status ServiceCIDRStatus
ServiceCIDRSpec: 1 cidrs []
ServiceCIDRStatus: 1 conditions [Condition]
networking.Ingress: 1 metadata ObjectMeta, 2 spec networking.IngressSpec, 3 status IngressStatus
networking.IngressSpec: 1 backend IngressBackend, 2 tls [IngressTLS], 3 rules [IngressRule], 4 ingressClassName?
Endpoint: 1 addresses! [], 2 conditions EndpointConditions, 3 hostname?, 4 targetRef ObjectReference,
 5 deprecatedTopology {}, 6 nodeName?, 7 zone?, 8 hints EndpointHints
EndpointConditions: 1 ready? bool, 2 serving? bool, 3 terminating? bool
EndpointHints: 1 forZones [ForZone], 2 forNodes [ForNode]
EndpointSlice: 1 metadata ObjectMeta, 2 endpoints! [Endpoint], 3 ports! [discovery.EndpointPort], 4 addressType!
ForNode: 1 name!
ForZone: 1 name!
discovery.Endpoint: 1 addresses! [], 2 conditions EndpointConditions, 3 hostname?, 4 targetRef ObjectReference,
 5 topology {}, 6 nodeName?, 7 hints EndpointHints
discovery.EndpointPort: 1 name?, 2 protocol?, 3 port? int, 4 appProtocol?
discovery.EndpointSlice: 1 metadata ObjectMeta, 2 endpoints! [discovery.Endpoint], 3 ports! [discovery.EndpointPort],
 4 addressType!
";
