//! `coldcase rules navigator`: the techniques a rule set sees, as a layer of the ATT&CK Navigator.

use std::collections::BTreeMap;

use serde_json::{Value, json};

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
    json!({
        "name": "coldcase",
        "versions": {"layer": "4.5", "navigator": "5.1.0"},
        "domain": "enterprise-attack",
        "description": "Rules of coldcase by technique; the score is the number of rules.",
        "filters": {"platforms": ["Containers", "IaaS", "Linux", "Identity Provider"]},
        "gradient": {"colors": ["#ffffff", "#2e75b6"], "minValue": 0, "maxValue": most},
        "techniques": techniques.collect::<Vec<_>>(),
    })
}
