//! A part of a rule set that means what it meant within the whole.

use std::collections::BTreeSet;

use super::{Exception, RuleSet};

impl RuleSet {
    /// The rules and correlations of these names, with the parts of the correlations and what is excepted from them. A
    /// part that is named itself is reported, as it would be by itself.
    pub fn only(&self, names: &BTreeSet<&str>) -> RuleSet {
        let named = |name: &str| names.contains(name);
        let mut correlations: Vec<_> =
            self.correlations.iter().filter(|correlation| named(&correlation.meta.name)).cloned().collect();
        let parts: BTreeSet<usize> = correlations.iter().flat_map(|correlation| correlation.rules.clone()).collect();
        let kept: Vec<usize> = (0..self.rules.len())
            .filter(|place| parts.contains(place) || named(&self.rules[*place].meta.name))
            .collect();
        let moved = |old: &usize| kept.binary_search(old).ok();
        let mut rules: Vec<_> = kept.iter().map(|place| self.rules[*place].clone()).collect();
        for rule in &mut rules {
            rule.meta.reported |= named(&rule.meta.name);
        }
        for correlation in &mut correlations {
            correlation.rules = correlation.rules.iter().filter_map(moved).collect();
        }
        let kept_of = |exception: &Exception| {
            let rules: Vec<usize> = exception.rules.iter().filter_map(moved).collect();
            (!rules.is_empty()).then(|| Exception { rules, ..exception.clone() })
        };
        let exceptions = self.exceptions.iter().filter_map(kept_of).collect();
        RuleSet { rules, correlations, exceptions, lists: self.lists.clone() }
    }

    /// The same rules with only those exceptions that `keep` says.
    pub fn excepting(&self, keep: impl Fn(&Exception) -> bool) -> RuleSet {
        let exceptions = self.exceptions.iter().filter(|exception| keep(exception)).cloned().collect();
        RuleSet { exceptions, ..self.clone() }
    }

    /// The name of the rule or correlation that is called so by name, id or, if only one is, title.
    pub fn resolve(&self, called: &str) -> Option<&str> {
        let all = || self.reported().map(|(meta, _)| meta);
        let exact = all().find(|meta| meta.name == called || meta.id.as_deref() == Some(called));
        let titled = || {
            let mut titled = all().filter(|meta| meta.title == called);
            titled.next().filter(|_| titled.next().is_none())
        };
        exact.or_else(titled).map(|meta| meta.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::sigma::{RuleFile, load};

    #[test]
    fn a_correlation_keeps_its_parts_and_what_is_excepted_from_them() {
        let rule =
            |name: &str| format!("title: T {name}\nname: {name}\ndetection: {{s: {{verb: get}}, condition: s}}\n---\n");
        let text = ["z", "a", "m"].map(rule).concat()
            + "title: c\nname: c\ncorrelation: {type: temporal, rules: [z, a], timespan: 5m}\n---\n"
            + "title: x\nname: x\nfilter: {rules: [m, z], s: {verb: get}, condition: not s}\n---\n"
            + "title: y\nname: y\nfilter: {rules: [m], s: {verb: get}, condition: not s}\n";
        let (set, problems) = load(&[RuleFile { path: "t.yml".into(), text }]);
        assert_eq!(problems, []);
        let part = set.only(&BTreeSet::from(["c"]));
        let names: Vec<&str> = part.rules.iter().map(|rule| rule.meta.name.as_str()).collect();
        assert_eq!(names, ["a", "z"]);
        assert_eq!(part.correlations[0].rules, [1, 0], "in the order the correlation names them");
        assert_eq!(part.exceptions.len(), 1);
        assert_eq!((part.exceptions[0].meta.name.as_str(), part.exceptions[0].rules.as_slice()), ("x", [1].as_slice()));
        assert_eq!(set.resolve("T m"), Some("m"));
        assert_eq!(set.resolve("T z"), None, "a part is not reported");
    }
}
