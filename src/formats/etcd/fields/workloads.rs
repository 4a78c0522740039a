//! Fields of what runs and how it is placed: apps, batch, autoscaling, policy, scheduling, node. See `super`.

pub const FIELDS: &str = "
ControllerRevision: 1 metadata ObjectMeta, 2 data! Json, 3 revision! int
DaemonSet: 1 metadata ObjectMeta, 2 spec DaemonSetSpec, 3 status DaemonSetStatus
DaemonSetCondition: 1 type!, 2 status!, 3 lastTransitionTime Time, 4 reason, 5 message
DaemonSetSpec: 1 selector! LabelSelector, 2 template! PodTemplateSpec, 3 updateStrategy DaemonSetUpdateStrategy,
 4 minReadySeconds int, 5 templateGeneration int, 6 revisionHistoryLimit? int
DaemonSetStatus: 1 currentNumberScheduled! int, 2 numberMisscheduled! int, 3 desiredNumberScheduled! int,
 4 numberReady! int, 5 observedGeneration int, 6 updatedNumberScheduled int, 7 numberAvailable int,
 8 numberUnavailable int, 9 collisionCount? int, 10 conditions [DaemonSetCondition]
DaemonSetUpdateStrategy: 1 type, 2 rollingUpdate RollingUpdateDaemonSet
Deployment: 1 metadata ObjectMeta, 2 spec DeploymentSpec, 3 status DeploymentStatus
DeploymentCondition: 1 type!, 2 status!, 4 reason, 5 message, 6 lastUpdateTime Time, 7 lastTransitionTime Time
DeploymentSpec: 1 replicas? int, 2 selector! LabelSelector, 3 template! PodTemplateSpec,
 4 strategy DeploymentStrategy, 5 minReadySeconds int, 6 revisionHistoryLimit? int, 7 paused bool,
 8 rollbackTo RollbackConfig, 9 progressDeadlineSeconds? int
DeploymentStatus: 1 observedGeneration int, 2 replicas int, 3 updatedReplicas int, 4 availableReplicas int,
 5 unavailableReplicas int, 6 conditions [DeploymentCondition], 7 readyReplicas int, 8 collisionCount? int,
 9 terminatingReplicas? int
DeploymentStrategy: 1 type, 2 rollingUpdate RollingUpdateDeployment
ReplicaSet: 1 metadata ObjectMeta, 2 spec ReplicaSetSpec, 3 status ReplicaSetStatus
ReplicaSetCondition: 1 type!, 2 status!, 3 lastTransitionTime Time, 4 reason, 5 message
ReplicaSetSpec: 1 replicas? int, 2 selector! LabelSelector, 3 template PodTemplateSpec, 4 minReadySeconds int
ReplicaSetStatus: 1 replicas! int, 2 fullyLabeledReplicas int, 3 observedGeneration int, 4 readyReplicas int,
 5 availableReplicas int, 6 conditions [ReplicaSetCondition], 7 terminatingReplicas? int
RollbackConfig: 1 revision int
RollingUpdateDaemonSet: 1 maxUnavailable IntOrString, 2 maxSurge IntOrString
RollingUpdateDeployment: 1 maxUnavailable IntOrString, 2 maxSurge IntOrString
RollingUpdateStatefulSetStrategy: 1 partition? int, 2 maxUnavailable IntOrString
StatefulSet: 1 metadata ObjectMeta, 2 spec StatefulSetSpec, 3 status StatefulSetStatus
StatefulSetCondition: 1 type!, 2 status!, 3 lastTransitionTime Time, 4 reason, 5 message
StatefulSetOrdinals: 1 start! int
StatefulSetPersistentVolumeClaimRetentionPolicy: 1 whenDeleted, 2 whenScaled
StatefulSetSpec: 1 replicas? int, 2 selector! LabelSelector, 3 template! PodTemplateSpec,
 4 volumeClaimTemplates [PersistentVolumeClaim], 5 serviceName!, 6 podManagementPolicy,
 7 updateStrategy StatefulSetUpdateStrategy, 8 revisionHistoryLimit? int, 9 minReadySeconds int,
 10 persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy,
 11 ordinals StatefulSetOrdinals
StatefulSetStatus: 1 observedGeneration int, 2 replicas! int, 3 readyReplicas int, 4 currentReplicas int,
 5 updatedReplicas int, 6 currentRevision, 7 updateRevision, 9 collisionCount? int,
 10 conditions [StatefulSetCondition], 11 availableReplicas! int
StatefulSetUpdateStrategy: 1 type, 2 rollingUpdate RollingUpdateStatefulSetStrategy
apps.StatefulSet: 1 metadata ObjectMeta, 2 spec StatefulSetSpec, 3 status apps.StatefulSetStatus
apps.StatefulSetStatus: 1 observedGeneration? int, 2 replicas! int, 3 readyReplicas int, 4 currentReplicas int,
 5 updatedReplicas int, 6 currentRevision, 7 updateRevision, 9 collisionCount? int,
 10 conditions [StatefulSetCondition], 11 availableReplicas! int
CronJob: 1 metadata ObjectMeta, 2 spec CronJobSpec, 3 status CronJobStatus
CronJobSpec: 1 schedule!, 2 startingDeadlineSeconds? int, 3 concurrencyPolicy, 4 suspend? bool,
 5 jobTemplate! JobTemplateSpec, 6 successfulJobsHistoryLimit? int, 7 failedJobsHistoryLimit? int, 8 timeZone?
CronJobStatus: 1 active [ObjectReference], 4 lastScheduleTime Time, 5 lastSuccessfulTime Time
Job: 1 metadata ObjectMeta, 2 spec JobSpec, 3 status JobStatus
JobCondition: 1 type!, 2 status!, 3 lastProbeTime Time, 4 lastTransitionTime Time, 5 reason, 6 message
JobSchedulingConfiguration: 1 schedulingPolicy WorkloadPodGroupSchedulingPolicy,
 2 schedulingConstraints WorkloadPodGroupSchedulingConstraints, 3 disruptionMode WorkloadPodGroupDisruptionMode,
 4 resourceClaims [WorkloadPodGroupResourceClaim]
JobSpec: 1 parallelism? int, 2 completions? int, 3 activeDeadlineSeconds? int, 4 selector LabelSelector,
 5 manualSelector? bool, 6 template! PodTemplateSpec, 7 backoffLimit? int, 8 ttlSecondsAfterFinished? int,
 9 completionMode?, 10 suspend? bool, 11 podFailurePolicy PodFailurePolicy, 12 backoffLimitPerIndex? int,
 13 maxFailedIndexes? int, 14 podReplacementPolicy?, 15 managedBy?, 16 successPolicy SuccessPolicy,
 17 scheduling JobSchedulingConfiguration
JobStatus: 1 conditions [JobCondition], 2 startTime Time, 3 completionTime Time, 4 active int, 5 succeeded int,
 6 failed int, 7 completedIndexes, 8 uncountedTerminatedPods UncountedTerminatedPods, 9 ready? int, 10 failedIndexes?,
 11 terminating? int
JobTemplateSpec: 1 metadata ObjectMeta, 2 spec JobSpec
PodFailurePolicy: 1 rules! [PodFailurePolicyRule]
PodFailurePolicyOnExitCodesRequirement: 1 containerName?, 2 operator!, 3 values! [int]
PodFailurePolicyOnPodConditionsPattern: 1 type!, 2 status!
PodFailurePolicyRule: 1 action!, 2 onExitCodes PodFailurePolicyOnExitCodesRequirement,
 3 onPodConditions [PodFailurePolicyOnPodConditionsPattern]
SuccessPolicy: 1 rules! [SuccessPolicyRule]
SuccessPolicyRule: 1 succeededIndexes?, 2 succeededCount? int
UncountedTerminatedPods: 1 succeeded [], 2 failed []
ContainerResourceMetricSource: 1 name!, 2 target! MetricTarget, 3 container!
ContainerResourceMetricStatus: 1 name!, 2 current! MetricValueStatus, 3 container!
CrossVersionObjectReference: 1 kind!, 2 name!, 3 apiVersion
ExternalMetricSource: 1 metric! MetricIdentifier, 2 target! MetricTarget
ExternalMetricStatus: 1 metric! MetricIdentifier, 2 current! MetricValueStatus
HPAScalingPolicy: 1 type!, 2 value! int, 3 periodSeconds! int
HPAScalingRules: 1 selectPolicy?, 2 policies [HPAScalingPolicy], 3 stabilizationWindowSeconds? int,
 4 tolerance Quantity
HorizontalPodAutoscaler: 1 metadata ObjectMeta, 2 spec HorizontalPodAutoscalerSpec,
 3 status HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerBehavior: 1 scaleUp HPAScalingRules, 2 scaleDown HPAScalingRules
HorizontalPodAutoscalerCondition: 1 type!, 2 status!, 3 lastTransitionTime Time, 4 reason, 5 message,
 6 observedGeneration? int
HorizontalPodAutoscalerSpec: 1 scaleTargetRef! CrossVersionObjectReference, 2 minReplicas? int, 3 maxReplicas! int,
 4 metrics [MetricSpec], 5 behavior HorizontalPodAutoscalerBehavior
HorizontalPodAutoscalerStatus: 1 observedGeneration? int, 2 lastScaleTime Time, 3 currentReplicas int,
 4 desiredReplicas! int, 5 currentMetrics! [MetricStatus], 6 conditions [HorizontalPodAutoscalerCondition]
MetricIdentifier: 1 name!, 2 selector LabelSelector
MetricSpec: 1 type!, 2 object ObjectMetricSource, 3 pods PodsMetricSource, 4 resource ResourceMetricSource,
 5 external ExternalMetricSource, 7 containerResource ContainerResourceMetricSource
MetricStatus: 1 type!, 2 object ObjectMetricStatus, 3 pods PodsMetricStatus, 4 resource ResourceMetricStatus,
 5 external ExternalMetricStatus, 7 containerResource ContainerResourceMetricStatus
MetricTarget: 1 type!, 2 value Quantity, 3 averageValue Quantity, 4 averageUtilization? int
MetricValueStatus: 1 value Quantity, 2 averageValue Quantity, 3 averageUtilization? int
ObjectMetricSource: 1 describedObject! CrossVersionObjectReference, 2 target! MetricTarget, 3 metric! MetricIdentifier
ObjectMetricStatus: 1 metric! MetricIdentifier, 2 current! MetricValueStatus,
 3 describedObject! CrossVersionObjectReference
PodsMetricSource: 1 metric! MetricIdentifier, 2 target! MetricTarget
PodsMetricStatus: 1 metric! MetricIdentifier, 2 current! MetricValueStatus
ResourceMetricSource: 1 name!, 2 target! MetricTarget
ResourceMetricStatus: 1 name!, 2 current! MetricValueStatus
autoscaling.HorizontalPodAutoscaler: 1 metadata ObjectMeta, 2 spec autoscaling.HorizontalPodAutoscalerSpec,
 3 status autoscaling.HorizontalPodAutoscalerStatus
autoscaling.HorizontalPodAutoscalerSpec: 1 scaleTargetRef! CrossVersionObjectReference, 2 minReplicas? int,
 3 maxReplicas! int, 4 targetCPUUtilizationPercentage? int
autoscaling.HorizontalPodAutoscalerStatus: 1 observedGeneration? int, 2 lastScaleTime Time, 3 currentReplicas! int,
 4 desiredReplicas! int, 5 currentCPUUtilizationPercentage? int
AllowedCSIDriver: 1 name!
AllowedFlexVolume: 1 driver!
AllowedHostPath: 1 pathPrefix, 2 readOnly bool
FSGroupStrategyOptions: 1 rule, 2 ranges [IDRange]
HostPortRange: 1 min! int, 2 max! int
IDRange: 1 min! int, 2 max! int
PodDisruptionBudget: 1 metadata ObjectMeta, 2 spec PodDisruptionBudgetSpec, 3 status PodDisruptionBudgetStatus
PodDisruptionBudgetSpec: 1 minAvailable IntOrString, 2 selector LabelSelector, 3 maxUnavailable IntOrString,
 4 unhealthyPodEvictionPolicy?
PodDisruptionBudgetStatus: 1 observedGeneration int, 2 disruptedPods {Time}, 3 disruptionsAllowed! int,
 4 currentHealthy! int, 5 desiredHealthy! int, 6 expectedPods! int, 7 conditions [Condition]
PodSecurityPolicy: 1 metadata ObjectMeta, 2 spec PodSecurityPolicySpec
PodSecurityPolicySpec: 1 privileged bool, 2 defaultAddCapabilities [], 3 requiredDropCapabilities [],
 4 allowedCapabilities [], 5 volumes [], 6 hostNetwork bool, 7 hostPorts [HostPortRange], 8 hostPID bool,
 9 hostIPC bool, 10 seLinux! SELinuxStrategyOptions, 11 runAsUser! RunAsUserStrategyOptions,
 12 supplementalGroups! SupplementalGroupsStrategyOptions, 13 fsGroup! FSGroupStrategyOptions,
 14 readOnlyRootFilesystem bool, 15 defaultAllowPrivilegeEscalation? bool, 16 allowPrivilegeEscalation? bool,
 17 allowedHostPaths [AllowedHostPath], 18 allowedFlexVolumes [AllowedFlexVolume], 19 allowedUnsafeSysctls [],
 20 forbiddenSysctls [], 21 allowedProcMountTypes [], 22 runAsGroup RunAsGroupStrategyOptions,
 23 allowedCSIDrivers [AllowedCSIDriver], 24 runtimeClass RuntimeClassStrategyOptions
RunAsGroupStrategyOptions: 1 rule!, 2 ranges [IDRange]
RunAsUserStrategyOptions: 1 rule!, 2 ranges [IDRange]
RuntimeClassStrategyOptions: 1 allowedRuntimeClassNames! [], 2 defaultRuntimeClassName?
SELinuxStrategyOptions: 1 rule!, 2 seLinuxOptions SELinuxOptions
SupplementalGroupsStrategyOptions: 1 rule, 2 ranges [IDRange]
AllCompositeDisruptionMode:
AllDisruptionMode:
BasicSchedulingPolicy:
CompositeBasicSchedulingPolicy:
CompositeDisruptionMode: 1 single SingleCompositeDisruptionMode, 2 all AllCompositeDisruptionMode
CompositeGangSchedulingPolicy: 1 minGroupCount! int
CompositePodGroupSchedulingConstraints: 1 topology [TopologyConstraint]
CompositePodGroupSchedulingPolicy: 1 basic CompositeBasicSchedulingPolicy, 2 gang CompositeGangSchedulingPolicy
CompositePodGroupTemplate: 1 name!, 2 schedulingPolicy! CompositePodGroupSchedulingPolicy,
 3 schedulingConstraints CompositePodGroupSchedulingConstraints, 4 disruptionMode CompositeDisruptionMode,
 5 priorityClassName, 6 priority? int, 7 preemptionPolicy?, 8 podGroupTemplates [PodGroupTemplate],
 9 compositePodGroupTemplates [CompositePodGroupTemplate]
DisruptionMode: 1 single SingleDisruptionMode, 2 all AllDisruptionMode
GangSchedulingPolicy: 1 minCount! int
PodGroup: 1 metadata ObjectMeta, 2 spec! PodGroupSpec, 3 status PodGroupStatus
PodGroupResourceClaim: 1 name!, 2 resourceClaimName?, 3 resourceClaimTemplateName?
PodGroupResourceClaimStatus: 1 name!, 2 resourceClaimName?
PodGroupSchedulingConstraints: 1 topology [TopologyConstraint]
PodGroupSchedulingPolicy: 1 basic BasicSchedulingPolicy, 2 gang GangSchedulingPolicy
PodGroupSpec: 1 parentCompositePodGroupName?, 2 workloadRef WorkloadReference,
 3 schedulingPolicy! PodGroupSchedulingPolicy, 4 schedulingConstraints PodGroupSchedulingConstraints,
 5 resourceClaims [PodGroupResourceClaim], 6 disruptionMode DisruptionMode, 7 priorityClassName, 8 priority? int,
 9 preemptionPolicy?
PodGroupStatus: 1 conditions [Condition], 2 resourceClaimStatuses [PodGroupResourceClaimStatus]
PodGroupTemplate: 1 name!, 2 schedulingPolicy! PodGroupSchedulingPolicy,
 3 schedulingConstraints! PodGroupSchedulingConstraints, 4 resourceClaims [PodGroupResourceClaim],
 5 disruptionMode DisruptionMode, 6 priorityClassName, 7 priority? int, 8 preemptionPolicy?
PriorityClass: 1 metadata ObjectMeta, 2 value! int, 3 globalDefault bool, 4 description, 5 preemptionPolicy?
SingleCompositeDisruptionMode:
SingleDisruptionMode:
TopologyConstraint: 1 key!
Workload: 1 metadata ObjectMeta, 2 spec! WorkloadSpec
WorkloadPodGroupAllDisruptionMode:
WorkloadPodGroupBasicSchedulingPolicy:
WorkloadPodGroupDisruptionMode: 1 single WorkloadPodGroupSingleDisruptionMode, 2 all WorkloadPodGroupAllDisruptionMode
WorkloadPodGroupGangSchedulingPolicy: 1 minCount? int
WorkloadPodGroupResourceClaim: 1 name!, 2 resourceClaimName?, 3 resourceClaimTemplateName?
WorkloadPodGroupSchedulingConstraints: 1 topology [TopologyConstraint]
WorkloadPodGroupSchedulingPolicy: 1 basic WorkloadPodGroupBasicSchedulingPolicy,
 2 gang WorkloadPodGroupGangSchedulingPolicy
WorkloadPodGroupSingleDisruptionMode:
WorkloadReference: 1 workloadName!, 2 templateName!
WorkloadSpec: 1 controllerRef scheduling.TypedLocalObjectReference, 2 podGroupTemplates! [PodGroupTemplate],
 3 compositePodGroupTemplates [CompositePodGroupTemplate]
scheduling.TypedLocalObjectReference: 1 apiGroup, 2 kind!, 3 name!
Overhead: 1 podFixed {Quantity}
RuntimeClass: 1 metadata ObjectMeta, 2 handler!, 3 overhead Overhead, 4 scheduling Scheduling
Scheduling: 1 nodeSelector {}, 2 tolerations [Toleration]
";
