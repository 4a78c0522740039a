//! Names of fields: which mean a column, which a path, and which nothing.

use super::*;
use crate::model::tables::audit;

#[test]
fn every_column_named_here_is_a_column_of_the_table() {
    let columns: Vec<_> = audit::TABLE.columns.iter().map(|c| c.name).collect();
    let part_of = |column: &str, part: &str| {
        let schema = &audit::TABLE.schema;
        let field = schema.field_with_name(column).unwrap();
        format!("{:?}", field.data_type()).contains(&format!("\"{part}\""))
    };
    for known in FIELDS {
        match &known.place {
            Place::At(Source::Column(name) | Source::List(name)) | Place::Presence(name) => {
                assert!(columns.contains(name), "{}", known.name);
            }
            Place::At(Source::Shred { column, part }) => assert!(part_of(column, part), "{}", known.name),
            _ => {}
        }
    }
}

#[test]
fn an_annotation_key_keeps_its_dots() {
    let field = Field::named("annotations.pod-security.kubernetes.io/enforce-policy").unwrap();
    assert_eq!(field.source, Source::Annotation("pod-security.kubernetes.io/enforce-policy".into()));
    let decision = Field::named("annotations.authorization.k8s.io/decision").unwrap();
    assert_eq!(decision.source, Source::Column("decision"));
}

#[test]
fn a_leaf_without_a_shred_is_a_path_in_its_body() {
    let field = Field::named("containers.securityContext.seLinuxOptions.type").unwrap();
    let path = ["securityContext", "seLinuxOptions", "type"].map(String::from).to_vec();
    assert_eq!(field.source, Source::Body { side: Side::Containers, path });
    assert_eq!(field.root, Recorded::OBJECT);
    let image = Field::named("requestObject.spec.containers.image").unwrap();
    assert!(matches!(image.source, Source::Body { side: Side::Request, .. }));
}

#[test]
fn a_misspelt_field_is_refused_with_the_nearest_name() {
    for (wrong, right) in [
        ("objectRef.resources", "objectRef.resource"),
        ("verbs", "verb"),
        ("username", "user.username"),
        ("useragent", "userAgent"),
        ("sourceIps", "sourceIPs"),
        ("objectRef.subResource", "objectRef.subresource"),
    ] {
        assert_eq!(Field::named(wrong).unwrap_err().hint, format!("did you mean {right}?"));
    }
    assert!(Field::named("stageTimestamp").unwrap_err().hint.contains("timespan"));
    assert!(Field::named("CommandLine").unwrap_err().hint.contains("audit.k8s.io"));
    assert!(Field::named("requestObject.").is_err());
    assert!(Field::named("annotations").is_err());
}
