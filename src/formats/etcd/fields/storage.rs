//! Fields of storage and of dynamic resources. See `super`.

pub const FIELDS: &str = "
CSIDriver: 1 metadata ObjectMeta, 2 spec! CSIDriverSpec
CSIDriverSpec: 1 attachRequired? bool, 2 podInfoOnMount? bool, 3 volumeLifecycleModes [], 4 storageCapacity? bool,
 5 fsGroupPolicy?, 6 tokenRequests [TokenRequest], 7 requiresRepublish? bool, 8 seLinuxMount? bool,
 9 nodeAllocatableUpdatePeriodSeconds? int, 10 serviceAccountTokenInSecrets? bool,
 11 preventPodSchedulingIfMissing? bool
CSINode: 1 metadata ObjectMeta, 2 spec! CSINodeSpec, 3 status CSINodeStatus
CSINodeDriver: 1 name!, 2 nodeID!, 3 topologyKeys! [], 4 allocatable VolumeNodeResources
CSINodeSpec: 1 drivers! [CSINodeDriver]
CSINodeStatus: 1 storageHealth [StorageHealth]
CSIStorageCapacity: 1 metadata ObjectMeta, 2 nodeTopology LabelSelector, 3 storageClassName!, 4 capacity Quantity,
 5 maximumVolumeSize Quantity
StorageClass: 1 metadata ObjectMeta, 2 provisioner!, 3 parameters {}, 4 reclaimPolicy?, 5 mountOptions [],
 6 allowVolumeExpansion? bool, 7 volumeBindingMode?, 8 allowedTopologies [TopologySelectorTerm]
StorageHealth: 1 name!, 2 healthConditions [StorageHealthCondition]
StorageHealthCondition: 1 status!, 2 reason!, 3 message, 4 accessMode?, 5 volumeMode?, 6 lastTransitionTime Time
TokenRequest: 1 audience!, 2 expirationSeconds? int
VolumeAttachment: 1 metadata ObjectMeta, 2 spec! VolumeAttachmentSpec, 3 status VolumeAttachmentStatus
VolumeAttachmentSource: 1 persistentVolumeName?, 2 inlineVolumeSpec PersistentVolumeSpec
VolumeAttachmentSpec: 1 attacher!, 2 source! VolumeAttachmentSource, 3 nodeName!
VolumeAttachmentStatus: 1 attached! bool, 2 attachmentMetadata {}, 3 attachError VolumeError,
 4 detachError VolumeError
VolumeAttributesClass: 1 metadata ObjectMeta, 2 driverName!, 3 parameters {}
VolumeError: 1 time Time, 2 message, 3 errorCode? int
VolumeNodeResources: 1 count? int
AllocatedDeviceStatus: 1 driver!, 2 pool!, 3 device!, 4 conditions! [Condition], 5 data Json,
 6 networkData NetworkDeviceData, 7 shareID?
AllocationResult: 1 devices DeviceAllocationResult, 3 nodeSelector NodeSelector, 5 allocationTimestamp Time
BasicDevice: 1 attributes {DeviceAttribute}, 2 capacity {DeviceCapacity},
 3 consumesCounters [DeviceCounterConsumption], 4 nodeName?, 5 nodeSelector NodeSelector, 6 allNodes? bool,
 7 taints [DeviceTaint], 8 bindsToNode? bool, 9 bindingConditions [], 10 bindingFailureConditions [],
 11 allowMultipleAllocations? bool, 14 nodeAllocatableResources {NodeAllocatableResource}
CELDeviceSelector: 1 expression!
CapacityRequestPolicy: 1 default! Quantity, 3 validValues [Quantity], 4 validRange CapacityRequestPolicyRange
CapacityRequestPolicyRange: 1 min Quantity, 2 max Quantity, 3 step Quantity
CapacityRequirements: 1 requests {Quantity}
Counter: 1 value! Quantity
CounterSet: 1 name!, 2 counters {Counter}
Device: 1 name!, 2 attributes {DeviceAttribute}, 3 capacity {DeviceCapacity},
 4 consumesCounters [DeviceCounterConsumption], 5 nodeName?, 6 nodeSelector NodeSelector, 7 allNodes? bool,
 8 taints [DeviceTaint], 9 bindsToNode? bool, 10 bindingConditions [], 11 bindingFailureConditions [],
 12 allowMultipleAllocations? bool, 14 nodeAllocatableResources {NodeAllocatableResource}
DeviceAllocationConfiguration: 1 source!, 2 requests [], 3 +DeviceConfiguration
DeviceAllocationResult: 1 results [DeviceRequestAllocationResult], 2 config [DeviceAllocationConfiguration]
DeviceAttribute: 2 int? int, 3 bool? bool, 4 string?, 5 version?, 6 ints [int], 7 bools [bool], 8 strings [],
 9 versions []
DeviceCapacity: 1 value! Quantity, 2 requestPolicy CapacityRequestPolicy
DeviceClaim: 1 requests! [DeviceRequest], 2 constraints [DeviceConstraint], 3 config [DeviceClaimConfiguration]
DeviceClaimConfiguration: 1 requests [], 2 +DeviceConfiguration
DeviceClass: 1 metadata ObjectMeta, 2 spec! DeviceClassSpec
DeviceClassConfiguration: 1 +DeviceConfiguration
DeviceClassSpec: 1 selectors [DeviceSelector], 2 config [DeviceClassConfiguration], 4 extendedResourceName?
DeviceConfiguration: 1 opaque OpaqueDeviceConfiguration
DeviceConstraint: 1 requests [], 2 matchAttribute?, 3 distinctAttribute?
DeviceCounterConsumption: 1 counterSet!, 2 counters {Counter}, 3 compatibilityGroups []
DeviceDerivedAttribute: 1 name!, 2 expression!
DeviceRequest: 1 name!, 2 exactly ExactDeviceRequest, 3 firstAvailable [DeviceSubRequest]
DeviceRequestAllocationResult: 1 request!, 2 driver!, 3 pool!, 4 device!, 5 adminAccess? bool,
 6 tolerations [DeviceToleration], 7 bindingConditions [], 8 bindingFailureConditions [], 9 shareID?,
 10 consumedCapacity {Quantity}, 11 skipNodeOperations []
DeviceSelector: 1 cel CELDeviceSelector
DeviceSubRequest: 1 name!, 2 deviceClassName!, 3 selectors [DeviceSelector], 4 allocationMode, 5 count int,
 6 tolerations [DeviceToleration], 7 capacity CapacityRequirements, 8 derivedAttributes [DeviceDerivedAttribute]
DeviceTaint: 1 key!, 2 value, 3 effect!, 4 timeAdded Time
DeviceTaintRule: 1 metadata ObjectMeta, 2 spec! DeviceTaintRuleSpec, 3 status DeviceTaintRuleStatus
DeviceTaintRuleSpec: 1 deviceSelector DeviceTaintSelector, 2 taint DeviceTaint
DeviceTaintRuleStatus: 1 conditions [Condition]
DeviceTaintSelector: 2 driver?, 3 pool?, 4 device?
DeviceToleration: 1 key, 2 operator, 3 value, 4 effect, 5 tolerationSeconds? int
ExactDeviceRequest: 1 deviceClassName!, 2 selectors [DeviceSelector], 3 allocationMode, 4 count int,
 5 adminAccess? bool, 6 tolerations [DeviceToleration], 7 capacity CapacityRequirements,
 8 derivedAttributes [DeviceDerivedAttribute]
NetworkDeviceData: 1 interfaceName, 2 ips [], 3 hardwareAddress
NodeAllocatableMapping: 1 capacityKey?, 2 capacityMultiplier Quantity, 3 deviceMultiplier Quantity
NodeAllocatableOverhead: 1 perPod Quantity, 2 perContainer Quantity
NodeAllocatableResource: 3 mapping NodeAllocatableMapping, 4 overhead NodeAllocatableOverhead
OpaqueDeviceConfiguration: 1 driver!, 2 parameters! Json
ResourceClaimConsumerReference: 1 apiGroup, 3 resource!, 4 name!, 5 uid!
ResourceClaimSpec: 1 devices! DeviceClaim
ResourceClaimStatus: 1 allocation AllocationResult, 2 reservedFor [ResourceClaimConsumerReference],
 4 devices [AllocatedDeviceStatus]
ResourceClaimTemplate: 1 metadata ObjectMeta, 2 spec! ResourceClaimTemplateSpec
ResourceClaimTemplateSpec: 1 metadata ObjectMeta, 2 spec! ResourceClaimSpec
ResourcePool: 1 name!, 2 generation! int, 3 resourceSliceCount! int
ResourceSlice: 1 metadata ObjectMeta, 2 spec! ResourceSliceSpec
ResourceSliceSpec: 1 driver!, 2 pool! ResourcePool, 3 nodeName?, 4 nodeSelector NodeSelector, 5 allNodes? bool,
 6 devices [Device], 7 perDeviceNodeSelection? bool, 8 sharedCounters [CounterSet], 9 partitionTypeAttribute?,
 10 skipNodeOperations []
resource.Device: 1 name!, 2 basic BasicDevice
resource.DeviceClaim: 1 requests! [resource.DeviceRequest], 2 constraints [DeviceConstraint],
 3 config [DeviceClaimConfiguration]
resource.DeviceRequest: 1 name!, 2 deviceClassName!, 3 selectors [DeviceSelector], 4 allocationMode, 5 count int,
 6 adminAccess? bool, 7 firstAvailable [resource.DeviceSubRequest], 8 tolerations [DeviceToleration],
 9 capacity CapacityRequirements, 10 derivedAttributes [DeviceDerivedAttribute]
resource.DeviceSubRequest: 1 name!, 2 deviceClassName!, 3 selectors [DeviceSelector], 4 allocationMode, 5 count int,
 7 tolerations [DeviceToleration], 8 capacity CapacityRequirements, 9 derivedAttributes [DeviceDerivedAttribute]
resource.ResourceClaim: 1 metadata ObjectMeta, 2 spec! ResourceClaimSpec, 3 status ResourceClaimStatus
resource.ResourceClaimSpec: 1 devices! resource.DeviceClaim
resource.ResourceClaimTemplate: 1 metadata ObjectMeta, 2 spec! resource.ResourceClaimTemplateSpec
resource.ResourceClaimTemplateSpec: 1 metadata ObjectMeta, 2 spec! resource.ResourceClaimSpec
resource.ResourceSlice: 1 metadata ObjectMeta, 2 spec! resource.ResourceSliceSpec
resource.ResourceSliceSpec: 1 driver!, 2 pool! ResourcePool, 3 nodeName, 4 nodeSelector NodeSelector, 5 allNodes bool,
 6 devices [resource.Device], 7 perDeviceNodeSelection? bool, 8 sharedCounters [CounterSet],
 9 partitionTypeAttribute?, 10 skipNodeOperations []
resource.v1beta1.ResourceClaim: 1 metadata ObjectMeta, 2 spec! resource.ResourceClaimSpec,
 3 status ResourceClaimStatus
";
