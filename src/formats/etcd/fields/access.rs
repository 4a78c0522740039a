//! Fields of access and what guards it: rbac, admission, certificates, flow control, leases, events. See `super`.

pub const FIELDS: &str = "
AggregationRule: 1 clusterRoleSelectors [LabelSelector]
ClusterRole: 1 metadata ObjectMeta, 2 rules! [PolicyRule], 3 aggregationRule AggregationRule
ClusterRoleBinding: 1 metadata ObjectMeta, 2 subjects [rbac.Subject], 3 roleRef! RoleRef
PolicyRule: 1 verbs! [], 2 apiGroups [], 3 resources [], 4 resourceNames [], 5 nonResourceURLs []
Role: 1 metadata ObjectMeta, 2 rules! [PolicyRule]
RoleBinding: 1 metadata ObjectMeta, 2 subjects [rbac.Subject], 3 roleRef! RoleRef
RoleRef: 1 apiGroup!, 2 kind!, 3 name!
rbac.Subject: 1 kind!, 2 apiGroup, 3 name!, 4 namespace
ApplyConfiguration: 1 expression
AuditAnnotation: 1 key!, 2 valueExpression!
ExpressionWarning: 2 fieldRef!, 3 warning!
JSONPatch: 1 expression
MatchCondition: 1 name!, 2 expression!
MatchResources: 1 namespaceSelector LabelSelector, 2 objectSelector LabelSelector,
 3 resourceRules [NamedRuleWithOperations], 4 excludeResourceRules [NamedRuleWithOperations], 7 matchPolicy?
MutatingAdmissionPolicy: 1 metadata ObjectMeta, 2 spec MutatingAdmissionPolicySpec
MutatingAdmissionPolicyBinding: 1 metadata ObjectMeta, 2 spec MutatingAdmissionPolicyBindingSpec
MutatingAdmissionPolicyBindingSpec: 1 policyName, 2 paramRef ParamRef, 3 matchResources MatchResources
MutatingAdmissionPolicySpec: 1 paramKind ParamKind, 2 matchConstraints MatchResources, 3 variables [Variable],
 4 mutations [Mutation], 5 failurePolicy?, 6 matchConditions [MatchCondition], 7 reinvocationPolicy
MutatingWebhook: 1 name!, 2 clientConfig! WebhookClientConfig, 3 rules [RuleWithOperations], 4 failurePolicy?,
 5 namespaceSelector LabelSelector, 6 sideEffects!, 7 timeoutSeconds? int, 8 admissionReviewVersions! [],
 9 matchPolicy?, 10 reinvocationPolicy?, 11 objectSelector LabelSelector, 12 matchConditions [MatchCondition]
MutatingWebhookConfiguration: 1 metadata ObjectMeta, 2 webhooks [MutatingWebhook]
Mutation: 2 patchType!, 3 applyConfiguration ApplyConfiguration, 4 jsonPatch JSONPatch
NamedRuleWithOperations: 1 resourceNames [], 2 +RuleWithOperations
ParamKind: 1 apiVersion, 2 kind
ParamRef: 1 name, 2 namespace, 3 selector LabelSelector, 4 parameterNotFoundAction?
Rule: 1 apiGroups [], 2 apiVersions [], 3 resources [], 4 scope?
RuleWithOperations: 1 operations [], 2 +Rule
ServiceReference: 1 namespace!, 2 name!, 3 path?, 4 port? int
TypeChecking: 1 expressionWarnings [ExpressionWarning]
ValidatingAdmissionPolicy: 1 metadata ObjectMeta, 2 spec ValidatingAdmissionPolicySpec,
 3 status ValidatingAdmissionPolicyStatus
ValidatingAdmissionPolicyBinding: 1 metadata ObjectMeta, 2 spec ValidatingAdmissionPolicyBindingSpec
ValidatingAdmissionPolicyBindingSpec: 1 policyName, 2 paramRef ParamRef, 3 matchResources MatchResources,
 4 validationActions []
ValidatingAdmissionPolicySpec: 1 paramKind ParamKind, 2 matchConstraints MatchResources, 3 validations [Validation],
 4 failurePolicy?, 5 auditAnnotations [AuditAnnotation], 6 matchConditions [MatchCondition], 7 variables [Variable]
ValidatingAdmissionPolicyStatus: 1 observedGeneration int, 2 typeChecking TypeChecking, 3 conditions [Condition]
ValidatingWebhook: 1 name!, 2 clientConfig! WebhookClientConfig, 3 rules [RuleWithOperations], 4 failurePolicy?,
 5 namespaceSelector LabelSelector, 6 sideEffects!, 7 timeoutSeconds? int, 8 admissionReviewVersions! [],
 9 matchPolicy?, 10 objectSelector LabelSelector, 11 matchConditions [MatchCondition]
ValidatingWebhookConfiguration: 1 metadata ObjectMeta, 2 webhooks [ValidatingWebhook]
Validation: 1 expression!, 2 message, 3 reason?, 4 messageExpression
Variable: 1 name!, 2 expression!
WebhookClientConfig: 1 service ServiceReference, 2 caBundle bytes, 3 url?
CertificateSigningRequest: 1 metadata ObjectMeta, 2 spec! CertificateSigningRequestSpec,
 3 status CertificateSigningRequestStatus
CertificateSigningRequestCondition: 1 type!, 2 reason, 3 message, 4 lastUpdateTime Time, 5 lastTransitionTime Time,
 6 status!
CertificateSigningRequestSpec: 1 request! bytes, 2 username, 3 uid, 4 groups [], 5 usages [], 6 extra {Texts},
 7 signerName!, 8 expirationSeconds? int
CertificateSigningRequestStatus: 1 conditions [CertificateSigningRequestCondition], 2 certificate bytes
ClusterTrustBundle: 1 metadata ObjectMeta, 2 spec! ClusterTrustBundleSpec
ClusterTrustBundleSpec: 1 signerName, 2 trustBundle!
PodCertificateRequest: 1 metadata ObjectMeta, 2 spec! PodCertificateRequestSpec, 3 status PodCertificateRequestStatus
PodCertificateRequestSpec: 1 signerName!, 2 podName!, 3 podUID!, 4 serviceAccountName!, 5 serviceAccountUID!,
 6 nodeName!, 7 nodeUID!, 8 maxExpirationSeconds? int, 9 pkixPublicKey? bytes, 10 proofOfPossession? bytes,
 11 unverifiedUserAnnotations {}, 12 stubPKCS10Request! bytes
PodCertificateRequestStatus: 1 conditions [Condition], 2 certificateChain, 4 notBefore Time, 5 beginRefreshAt Time,
 6 notAfter Time
certificates.CertificateSigningRequest: 1 metadata ObjectMeta, 2 spec! certificates.CertificateSigningRequestSpec,
 3 status CertificateSigningRequestStatus
certificates.CertificateSigningRequestSpec: 1 request! bytes, 2 username, 3 uid, 4 groups [], 5 usages [],
 6 extra {Texts}, 7 signerName?, 8 expirationSeconds? int
ExemptPriorityLevelConfiguration: 1 nominalConcurrencyShares? int, 2 lendablePercent? int
FlowDistinguisherMethod: 1 type!
FlowSchema: 1 metadata ObjectMeta, 2 spec FlowSchemaSpec, 3 status FlowSchemaStatus
FlowSchemaCondition: 1 type, 2 status, 3 lastTransitionTime Time, 4 reason, 5 message
FlowSchemaSpec: 1 priorityLevelConfiguration! PriorityLevelConfigurationReference, 2 matchingPrecedence! int,
 3 distinguisherMethod FlowDistinguisherMethod, 4 rules [PolicyRulesWithSubjects]
FlowSchemaStatus: 1 conditions [FlowSchemaCondition]
GroupSubject: 1 name!
LimitResponse: 1 type!, 2 queuing QueuingConfiguration
LimitedPriorityLevelConfiguration: 1 nominalConcurrencyShares! int, 2 limitResponse LimitResponse,
 3 lendablePercent? int, 4 borrowingLimitPercent? int
NonResourcePolicyRule: 1 verbs! [], 6 nonResourceURLs! []
PolicyRulesWithSubjects: 1 subjects! [Subject], 2 resourceRules [ResourcePolicyRule],
 3 nonResourceRules [NonResourcePolicyRule]
PriorityLevelConfiguration: 1 metadata ObjectMeta, 2 spec PriorityLevelConfigurationSpec,
 3 status PriorityLevelConfigurationStatus
PriorityLevelConfigurationCondition: 1 type, 2 status, 3 lastTransitionTime Time, 4 reason, 5 message
PriorityLevelConfigurationReference: 1 name!
PriorityLevelConfigurationSpec: 1 type!, 2 limited LimitedPriorityLevelConfiguration,
 3 exempt ExemptPriorityLevelConfiguration
PriorityLevelConfigurationStatus: 1 conditions [PriorityLevelConfigurationCondition]
QueuingConfiguration: 1 queues! int, 2 handSize! int, 3 queueLengthLimit! int
ResourcePolicyRule: 1 verbs! [], 2 apiGroups! [], 3 resources! [], 4 clusterScope bool, 5 namespaces! []
ServiceAccountSubject: 1 namespace!, 2 name!
Subject: 1 kind!, 2 user UserSubject, 3 group GroupSubject, 4 serviceAccount ServiceAccountSubject
UserSubject: 1 name!
flowcontrol.LimitedPriorityLevelConfiguration: 1 nominalConcurrencyShares! int, 2 limitResponse LimitResponse,
 3 lendablePercent? int, 4 borrowingLimitPercent? int
flowcontrol.PriorityLevelConfiguration: 1 metadata ObjectMeta, 2 spec flowcontrol.PriorityLevelConfigurationSpec,
 3 status PriorityLevelConfigurationStatus
flowcontrol.PriorityLevelConfigurationSpec: 1 type!, 2 limited flowcontrol.LimitedPriorityLevelConfiguration,
 3 exempt ExemptPriorityLevelConfiguration
flowcontrol.v1beta2.LimitedPriorityLevelConfiguration: 1 assuredConcurrencyShares! int, 2 limitResponse LimitResponse,
 3 lendablePercent? int, 4 borrowingLimitPercent? int
flowcontrol.v1beta2.PriorityLevelConfiguration: 1 metadata ObjectMeta,
 2 spec flowcontrol.v1beta2.PriorityLevelConfigurationSpec, 3 status PriorityLevelConfigurationStatus
flowcontrol.v1beta2.PriorityLevelConfigurationSpec: 1 type!,
 2 limited flowcontrol.v1beta2.LimitedPriorityLevelConfiguration, 3 exempt ExemptPriorityLevelConfiguration
Lease: 1 metadata ObjectMeta, 2 spec LeaseSpec
LeaseCandidate: 1 metadata ObjectMeta, 2 spec LeaseCandidateSpec
LeaseCandidateSpec: 1 leaseName!, 2 pingTime MicroTime, 3 renewTime MicroTime, 4 binaryVersion!, 5 emulationVersion,
 6 strategy
LeaseSpec: 1 holderIdentity?, 2 leaseDurationSeconds? int, 3 acquireTime MicroTime, 4 renewTime MicroTime,
 5 leaseTransitions? int, 6 strategy?, 7 preferredHolder?
events.Event: 1 metadata! ObjectMeta, 2 eventTime! MicroTime, 3 series events.EventSeries, 4 reportingController,
 5 reportingInstance, 6 action, 7 reason, 8 regarding ObjectReference, 9 related ObjectReference, 10 note, 11 type,
 12 deprecatedSource EventSource, 13 deprecatedFirstTimestamp Time, 14 deprecatedLastTimestamp Time,
 15 deprecatedCount int
events.EventSeries: 1 count! int, 2 lastObservedTime! MicroTime
";
