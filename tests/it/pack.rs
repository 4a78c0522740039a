//! What the pack as a whole promises.

use coldcase::sigma::Level;

use crate::support::pack;

#[test]
fn every_rule_of_medium_and_above_says_what_to_do() {
    let rules = pack();
    let silent: Vec<&str> = rules
        .reported()
        .filter(|(meta, _)| meta.level >= Level::Medium)
        .filter(|(meta, _)| meta.remediation.as_deref().is_none_or(|text| text.split_whitespace().count() < 8))
        .map(|(meta, _)| meta.name.as_str())
        .collect();
    assert!(silent.is_empty(), "no remediation: {silent:?}");
}
