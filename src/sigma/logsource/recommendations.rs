//! Recommendations of Defender for Cloud: `product: azure, service: recommendations`.

use super::{LogSource, Reading, SILENT, Words, field, means};

/// See the module's description.
pub static RECOMMENDATIONS: LogSource = LogSource {
    name: "recommendations",
    doc: "recommendations of Defender for Cloud",
    means: &[means("", "azure", "recommendations")],
    fields: &[
        field!("RecommendationDisplayName", "what ought to be so, as people see it"),
        field!("RecommendationName", "key of the assessment"),
        field!("RecommendationState", "Healthy, Unhealthy or NotApplicable"),
        field!("RecommendationSeverity", "how much it matters, says the product"),
        field!("AssessedResourceId", "resource that was looked at, in lower case"),
        field!("PolicyDefinitionId", "Azure Policy behind the assessment"),
        field!(tree "RecommendationAdditionalData", "findings below the assessment"),
    ],
    readings: &[Reading {
        table: "SecurityRecommendation",
        from: "",
        only: "",
        event: Words {
            id: "\"RecommendationId\"",
            verb: "coalesce(CAST(\"RecommendationState\" AS VARCHAR), 'assessed')",
            kind: "'resource'",
            name: "concat_ws(': ', CAST(\"AssessedResourceId\" AS VARCHAR), CAST(\"RecommendationDisplayName\" AS VARCHAR))",
            ..SILENT
        },
        fields: &[
            (
                "any text",
                "concat_ws(' ', CAST(\"RecommendationDisplayName\" AS VARCHAR), \"Properties\", \"RecommendationAdditionalData\")",
            ),
            ("RecommendationDisplayName", "\"RecommendationDisplayName\""),
            ("RecommendationName", "\"RecommendationName\""),
            ("RecommendationState", "\"RecommendationState\""),
            ("RecommendationSeverity", "\"RecommendationSeverity\""),
            ("AssessedResourceId", "lower(CAST(\"AssessedResourceId\" AS VARCHAR))"),
            ("PolicyDefinitionId", "\"PolicyDefinitionId\""),
            ("RecommendationAdditionalData", "\"RecommendationAdditionalData\""),
        ],
    }],
    remedy: "add continuous export of Defender for Cloud with recommendations, or table SecurityRecommendation",
};
