//! Fields of what extends the server: custom resource definitions, API services, storage versions. See `super`.

pub const FIELDS: &str = "
CustomResourceColumnDefinition: 1 name!, 2 type!, 3 format, 4 description, 5 priority int, 6 jsonPath!
CustomResourceConversion: 1 strategy!, 2 webhook WebhookConversion
CustomResourceDefinition: 1 metadata ObjectMeta, 2 spec! CustomResourceDefinitionSpec,
 3 status CustomResourceDefinitionStatus
CustomResourceDefinitionCondition: 1 type!, 2 status!, 3 lastTransitionTime Time, 4 reason, 5 message,
 6 observedGeneration int
CustomResourceDefinitionNames: 1 plural!, 2 singular, 3 shortNames [], 4 kind!, 5 listKind, 6 categories []
CustomResourceDefinitionSpec: 1 group!, 3 names! CustomResourceDefinitionNames, 4 scope!,
 7 versions! [CustomResourceDefinitionVersion], 9 conversion CustomResourceConversion, 10 preserveUnknownFields bool
CustomResourceDefinitionStatus: 1 conditions! [CustomResourceDefinitionCondition],
 2 acceptedNames! CustomResourceDefinitionNames, 3 storedVersions! [], 4 observedGeneration int
CustomResourceDefinitionVersion: 1 name!, 2 served! bool, 3 storage! bool, 4 schema CustomResourceValidation,
 5 subresources CustomResourceSubresources, 6 additionalPrinterColumns [CustomResourceColumnDefinition],
 7 deprecated bool, 8 deprecationWarning?, 9 selectableFields [SelectableField]
CustomResourceSubresourceScale: 1 specReplicasPath!, 2 statusReplicasPath!, 3 labelSelectorPath?
CustomResourceSubresourceStatus:
CustomResourceSubresources: 1 status CustomResourceSubresourceStatus, 2 scale CustomResourceSubresourceScale
CustomResourceValidation: 1 openAPIV3Schema JSONSchemaProps
ExternalDocumentation: 1 description, 2 url
JSONSchemaProps: 1 id, 2 $schema, 3 $ref?, 4 description, 5 type, 6 format, 7 title, 8 default Json, 9 maximum? real,
 10 exclusiveMaximum bool, 11 minimum? real, 12 exclusiveMinimum bool, 13 maxLength? int, 14 minLength? int,
 15 pattern, 16 maxItems? int, 17 minItems? int, 18 uniqueItems bool, 19 multipleOf? real, 20 enum [Json],
 21 maxProperties? int, 22 minProperties? int, 23 required [], 24 items SchemaOrList, 25 allOf [JSONSchemaProps],
 26 oneOf [JSONSchemaProps], 27 anyOf [JSONSchemaProps], 28 not JSONSchemaProps, 29 properties {JSONSchemaProps},
 30 additionalProperties SchemaOrBool, 31 patternProperties {JSONSchemaProps}, 32 dependencies {SchemaOrTexts},
 33 additionalItems SchemaOrBool, 34 definitions {JSONSchemaProps}, 35 externalDocs ExternalDocumentation,
 36 example Json, 37 nullable bool, 38 x-kubernetes-preserve-unknown-fields? bool,
 39 x-kubernetes-embedded-resource bool, 40 x-kubernetes-int-or-string bool, 41 x-kubernetes-list-map-keys [],
 42 x-kubernetes-list-type?, 43 x-kubernetes-map-type?, 44 x-kubernetes-validations [ValidationRule]
SelectableField: 1 jsonPath!
ValidationRule: 1 rule!, 2 message, 3 messageExpression, 4 reason?, 5 fieldPath, 6 optionalOldSelf? bool
WebhookConversion: 2 clientConfig apiextensions.WebhookClientConfig, 3 conversionReviewVersions! []
apiextensions.CustomResourceColumnDefinition: 1 name!, 2 type!, 3 format, 4 description, 5 priority int, 6 JSONPath!
apiextensions.CustomResourceConversion: 1 strategy!, 2 webhookClientConfig apiextensions.WebhookClientConfig,
 3 conversionReviewVersions []
apiextensions.CustomResourceDefinition: 1 metadata ObjectMeta, 2 spec! apiextensions.CustomResourceDefinitionSpec,
 3 status CustomResourceDefinitionStatus
apiextensions.CustomResourceDefinitionSpec: 1 group!, 2 version, 3 names! CustomResourceDefinitionNames, 4 scope!,
 5 validation CustomResourceValidation, 6 subresources CustomResourceSubresources,
 7 versions [apiextensions.CustomResourceDefinitionVersion],
 8 additionalPrinterColumns [apiextensions.CustomResourceColumnDefinition],
 9 conversion apiextensions.CustomResourceConversion, 10 preserveUnknownFields? bool,
 11 selectableFields [SelectableField]
apiextensions.CustomResourceDefinitionVersion: 1 name!, 2 served! bool, 3 storage! bool,
 4 schema CustomResourceValidation, 5 subresources CustomResourceSubresources,
 6 additionalPrinterColumns [apiextensions.CustomResourceColumnDefinition], 7 deprecated bool, 8 deprecationWarning?,
 9 selectableFields [SelectableField]
apiextensions.ServiceReference: 1 namespace!, 2 name!, 3 path?, 4 port? int
apiextensions.WebhookClientConfig: 1 service apiextensions.ServiceReference, 2 caBundle bytes, 3 url?
APIService: 1 metadata ObjectMeta, 2 spec APIServiceSpec, 3 status APIServiceStatus
APIServiceCondition: 1 type!, 2 status!, 3 lastTransitionTime Time, 4 reason, 5 message
APIServiceSpec: 1 service apiregistration.ServiceReference, 2 group, 3 version, 4 insecureSkipTLSVerify bool,
 5 caBundle bytes, 7 groupPriorityMinimum! int, 8 versionPriority! int
APIServiceStatus: 1 conditions [APIServiceCondition]
apiregistration.ServiceReference: 1 namespace, 2 name, 3 port? int
ServerStorageVersion: 1 apiServerID, 2 encodingVersion, 3 decodableVersions [], 4 servedVersions []
StorageVersion: 1 metadata ObjectMeta, 2 spec! StorageVersionSpec, 3 status! StorageVersionStatus
StorageVersionCondition: 1 type!, 2 status!, 3 observedGeneration int, 4 lastTransitionTime Time, 5 reason!, 6 message
StorageVersionSpec:
StorageVersionStatus: 1 storageVersions [ServerStorageVersion], 2 commonEncodingVersion?,
 3 conditions [StorageVersionCondition]
StorageVersionMigration: 1 metadata ObjectMeta, 2 spec StorageVersionMigrationSpec,
 3 status StorageVersionMigrationStatus
StorageVersionMigrationSpec: 1 resource! GroupResource
StorageVersionMigrationStatus: 1 conditions [Condition], 2 resourceVersion
";
