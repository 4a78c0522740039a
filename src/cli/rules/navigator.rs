//! The techniques a rule set sees, and those that its tests show it to see, as layers of the ATT&CK Navigator.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::regress::Coverage;
use crate::sigma::RuleSet;

/// Returns a layer in format 4.5: each technique scored by the number of rules, which its comment names.
pub fn layer(set: &RuleSet) -> Value {
    let mut techniques: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (meta, _) in set.reported() {
        for technique in &meta.techniques {
            techniques.entry(technique).or_default().push(&meta.name);
        }
    }
    let most = techniques.values().map(Vec::len).max().unwrap_or_default();
    let techniques = techniques.iter().map(|(technique, rules)| {
        json!({"techniqueID": technique, "score": rules.len(), "comment": rules.join(", "), "enabled": true})
    });
    let description = "Rules of coldcase by technique; the score is the number of rules.";
    whole(description, json!({"colors": ["#ffffff", "#2e75b6"], "minValue": 0, "maxValue": most}), techniques.collect())
}

/// Returns a layer in format 4.5: each technique that rules are tagged with, scored by how many in a hundred of them fired in
/// a test in which they must.
pub fn tested_layer(coverage: &Coverage) -> Value {
    let techniques = coverage.techniques.iter().map(|(technique, rules)| {
        let (tested, untested) = (rules.tested.len(), rules.untested.len());
        let names = |word: &str, names: &[String]| format!("{word}: {}", if names.is_empty() { "none".into() } else { names.join(", ") });
        let comment = format!("{}; {}", names("tested", &rules.tested), names("not tested", &rules.untested));
        json!({"techniqueID": technique, "score": tested * 100 / (tested + untested).max(1), "comment": comment, "enabled": true})
    });
    let description = "Techniques by what tests show; the score is the share of their rules that fired in a test.";
    let gradient = json!({"colors": ["#c00000", "#ffd966", "#548235"], "minValue": 0, "maxValue": 100});
    whole(description, gradient, techniques.collect())
}

fn whole(description: &str, gradient: Value, techniques: Vec<Value>) -> Value {
    json!({
        "name": "coldcase",
        "versions": {"layer": "4.5", "navigator": "5.1.0"},
        "domain": "enterprise-attack",
        "description": description,
        "filters": {"platforms": ["Containers", "IaaS", "Linux", "Identity Provider"]},
        "gradient": gradient,
        "techniques": techniques,
    })
}
