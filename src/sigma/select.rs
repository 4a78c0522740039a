//! A part of a rule set that means what it meant within the whole.

use std::collections::BTreeSet;

use super::{Correlation, Exception, Meta, Part, RuleSet};

impl RuleSet {
    /// The rules and correlations of these names, with the parts of the correlations and what is excepted from them. A
    /// part that is named itself is reported, as it would be by itself.
    pub fn only(&self, names: &BTreeSet<&str>) -> RuleSet {
        let named = |meta: &Meta| names.contains(meta.name.as_str());
        let mut rules: BTreeSet<usize> = (0..self.rules.len()).filter(|rule| named(&self.rules[*rule].meta)).collect();
        let mut chains = BTreeSet::new();
        // A correlation comes after those it names.
        for (place, correlation) in self.correlations.iter().enumerate().rev() {
            if named(&correlation.meta) || chains.contains(&place) {
                chains.insert(place);
                for part in &correlation.parts {
                    match part {
                        Part::Rule(rule) => rules.insert(*rule),
                        Part::Correlation(chain) => chains.insert(*chain),
                    };
                }
            }
        }
        let mut set = self.kept(&rules, &chains);
        set.rules.iter_mut().for_each(|rule| rule.meta.reported |= named(&rule.meta));
        set.correlations.iter_mut().for_each(|correlation| correlation.meta.reported |= named(&correlation.meta));
        set
    }

    /// The rules and correlations of one file, with what is excepted from them.
    pub fn of_file(&self, file: &str) -> RuleSet {
        let of = |metas: &[&Meta]| (0..metas.len()).filter(|place| metas[*place].file == file).collect();
        let rules = of(&self.rules.iter().map(|rule| &rule.meta).collect::<Vec<_>>());
        let chains = of(&self.correlations.iter().map(|correlation| &correlation.meta).collect::<Vec<_>>());
        self.kept(&rules, &chains)
    }

    /// The rules and correlations at these places, which name no others.
    fn kept(&self, rules: &BTreeSet<usize>, chains: &BTreeSet<usize>) -> RuleSet {
        let moved = |old: &usize| rules.iter().position(|place| place == old);
        let part = |part: &Part| match part {
            Part::Rule(place) => moved(place).map(Part::Rule),
            Part::Correlation(place) => chains.iter().position(|old| old == place).map(Part::Correlation),
        };
        let correlation = |place: &usize| {
            let correlation = &self.correlations[*place];
            Correlation { parts: correlation.parts.iter().filter_map(part).collect(), ..correlation.clone() }
        };
        let exception = |exception: &Exception| {
            let rules: Vec<usize> = exception.rules.iter().filter_map(moved).collect();
            (!rules.is_empty()).then(|| Exception { rules, ..exception.clone() })
        };
        RuleSet {
            rules: rules.iter().map(|place| self.rules[*place].clone()).collect(),
            correlations: chains.iter().map(correlation).collect(),
            exceptions: self.exceptions.iter().filter_map(exception).collect(),
            lists: self.lists.clone(),
        }
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

    use crate::sigma::{Part, RuleFile, load};

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
        assert_eq!(
            part.correlations[0].parts,
            [Part::Rule(1), Part::Rule(0)],
            "in the order the correlation names them"
        );
        assert_eq!(part.exceptions.len(), 1);
        assert_eq!((part.exceptions[0].meta.name.as_str(), part.exceptions[0].rules.as_slice()), ("x", [1].as_slice()));
        assert_eq!(set.resolve("T m"), Some("m"));
        assert_eq!(set.resolve("T z"), None, "a part is not reported");
    }
}
