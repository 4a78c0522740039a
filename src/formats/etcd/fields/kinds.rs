//! Which message holds the objects of which kind, for every built-in kind that an API server keeps in etcd.
//!
//! An entry is `versions: kinds`; `Kind=message` where the message is not named like the kind. Left out are kinds that
//! are never stored (reviews, bindings, scales), alpha versions that contradict their later ones, and what left
//! Kubernetes before 1.22. How the text is read: `super`.

pub const KINDS: &str = "
v1: ConfigMap, Endpoints, Event, LimitRange, Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod,
 PodTemplate, RangeAllocation, ReplicationController, ResourceQuota, Secret, Service, ServiceAccount
admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1beta1: MutatingAdmissionPolicy,
 MutatingAdmissionPolicyBinding, MutatingWebhookConfiguration, ValidatingAdmissionPolicy,
 ValidatingAdmissionPolicyBinding, ValidatingWebhookConfiguration
admissionregistration.k8s.io/v1alpha1: MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding,
 ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding
apiextensions.k8s.io/v1: CustomResourceDefinition
apiextensions.k8s.io/v1beta1: CustomResourceDefinition=apiextensions.CustomResourceDefinition
apiregistration.k8s.io/v1 apiregistration.k8s.io/v1beta1: APIService
apps/v1 apps/v1beta2: ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet
apps/v1beta1: ControllerRevision, Deployment, StatefulSet=apps.StatefulSet
autoscaling/v1: HorizontalPodAutoscaler=autoscaling.HorizontalPodAutoscaler
autoscaling/v2 autoscaling/v2beta2: HorizontalPodAutoscaler
batch/v1: CronJob, Job
batch/v1beta1: CronJob
certificates.k8s.io/v1: CertificateSigningRequest, ClusterTrustBundle, PodCertificateRequest
certificates.k8s.io/v1alpha1: ClusterTrustBundle, PodCertificateRequest
certificates.k8s.io/v1beta1: CertificateSigningRequest=certificates.CertificateSigningRequest, ClusterTrustBundle,
 PodCertificateRequest
coordination.k8s.io/v1: Lease
coordination.k8s.io/v1alpha2: LeaseCandidate
coordination.k8s.io/v1beta1: Lease, LeaseCandidate
discovery.k8s.io/v1: EndpointSlice
discovery.k8s.io/v1beta1: EndpointSlice=discovery.EndpointSlice
events.k8s.io/v1 events.k8s.io/v1beta1: Event=events.Event
extensions/v1beta1: DaemonSet, Deployment, Ingress=networking.Ingress, NetworkPolicy, PodSecurityPolicy, ReplicaSet
flowcontrol.apiserver.k8s.io/v1: FlowSchema, PriorityLevelConfiguration
flowcontrol.apiserver.k8s.io/v1alpha1 flowcontrol.apiserver.k8s.io/v1beta1 flowcontrol.apiserver.k8s.io/v1beta2:
 FlowSchema, PriorityLevelConfiguration=flowcontrol.v1beta2.PriorityLevelConfiguration
flowcontrol.apiserver.k8s.io/v1beta3: FlowSchema, PriorityLevelConfiguration=flowcontrol.PriorityLevelConfiguration
internal.apiserver.k8s.io/v1alpha1: StorageVersion
networking.k8s.io/v1: IPAddress, Ingress, IngressClass, NetworkPolicy, ServiceCIDR
networking.k8s.io/v1alpha1: IPAddress, ServiceCIDR
networking.k8s.io/v1beta1: IPAddress, Ingress=networking.Ingress, IngressClass, ServiceCIDR
node.k8s.io/v1 node.k8s.io/v1beta1: RuntimeClass
policy/v1: PodDisruptionBudget
policy/v1beta1: PodDisruptionBudget, PodSecurityPolicy
rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1beta1: ClusterRole, ClusterRoleBinding, Role, RoleBinding
resource.k8s.io/v1 resource.k8s.io/v1beta2: DeviceClass, DeviceTaintRule, ResourceClaim=resource.ResourceClaim,
 ResourceClaimTemplate, ResourceSlice
resource.k8s.io/v1beta1: DeviceClass, ResourceClaim=resource.v1beta1.ResourceClaim,
 ResourceClaimTemplate=resource.ResourceClaimTemplate, ResourceSlice=resource.ResourceSlice
scheduling.k8s.io/v1 scheduling.k8s.io/v1alpha1: PriorityClass
scheduling.k8s.io/v1alpha3: PodGroup, Workload
scheduling.k8s.io/v1beta1: PodGroup, PriorityClass, Workload
storage.k8s.io/v1 storage.k8s.io/v1beta1: CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment,
 VolumeAttributesClass
storage.k8s.io/v1alpha1: CSIStorageCapacity, VolumeAttachment, VolumeAttributesClass
storagemigration.k8s.io/v1 storagemigration.k8s.io/v1beta1: StorageVersionMigration
";
