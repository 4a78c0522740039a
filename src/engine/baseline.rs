//! What rules with `first:` learnt from another case: which combinations of values were usual there, and since when.
//!
//! It is kept as JSON lines: one for each cluster and log source with the time of its first event, one for each rule, cluster and
//! combination with the time it was first seen. A combination that was seen there before an event is nothing new in it, and
//! the time covered there counts as time to learn.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::Engine;
use crate::error::Result;
use crate::model::Micros;
use crate::sigma::{LOGSOURCES, Rule, RuleSet};

/// The cluster events came from, when their envelope names it.
pub type Cluster = Option<String>;

/// See the module's description.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// By cluster the first audit event.
    begins: BTreeMap<Cluster, Micros>,
    /// By log source the first event of its tables.
    logs: BTreeMap<String, Micros>,
    /// By rule and values, the cluster last, when they were first seen.
    seen: HashMap<(String, Vec<Option<String>>), Micros>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    source: Option<String>,
    cluster: Cluster,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    values: Vec<Option<String>>,
    first: String,
}

impl Baseline {
    /// When events of a cluster begin there.
    pub fn begin(&self, cluster: &Cluster) -> Option<Micros> {
        self.begins.get(cluster).copied()
    }

    /// When events of another log source begin there.
    pub fn begin_of(&self, source: &str) -> Option<Micros> {
        self.logs.get(source).copied()
    }

    /// Says whether a rule had seen the values before a time. The last value is the cluster.
    pub fn knows(&self, rule: &str, values: &[Option<String>], time: Micros) -> bool {
        self.seen.get(&(rule.to_owned(), values.to_vec())).is_some_and(|first| *first < time)
    }

    /// Writes it, in one order.
    pub fn to_text(&self) -> String {
        let line = |line: &Line| serde_json::to_string(line).unwrap_or_default() + "\n";
        let begins = self.begins.iter().map(|(cluster, first)| {
            let (cluster, values) = (cluster.clone(), Vec::new());
            line(&Line { rule: None, source: None, cluster, values, first: first.to_string() })
        });
        let logs = self.logs.iter().map(|(source, first)| {
            let (source, values) = (Some(source.clone()), Vec::new());
            line(&Line { rule: None, source, cluster: None, values, first: first.to_string() })
        });
        let mut seen: Vec<_> = self.seen.iter().collect();
        seen.sort();
        let seen = seen.into_iter().map(|((rule, values), first)| {
            let (cluster, values) =
                values.split_last().map_or((None, [].as_slice()), |(last, rest)| (last.clone(), rest));
            let (rule, values) = (Some(rule.clone()), values.to_vec());
            line(&Line { rule, source: None, cluster, values, first: first.to_string() })
        });
        begins.chain(logs).chain(seen).collect()
    }

    /// Reads what [`Baseline::to_text`] wrote.
    ///
    /// # Errors
    /// In words, the first line that is none of it.
    pub fn of_text(text: &str) -> Result<Baseline, String> {
        let mut baseline = Baseline::default();
        for (number, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
            let wrong = |why: &dyn std::fmt::Display| format!("line {} is not of a baseline: {why}", number + 1);
            let line: Line = serde_json::from_str(text).map_err(|why| wrong(&why))?;
            let first = Micros::parse(&line.first).ok_or_else(|| wrong(&"its time cannot be read"))?;
            match (line.rule, line.source) {
                (None, Some(source)) => drop(baseline.logs.insert(source, first)),
                (None, None) => drop(baseline.begins.insert(line.cluster, first)),
                (Some(rule), _) => {
                    let values = line.values.into_iter().chain([line.cluster]).collect();
                    baseline.seen.insert((rule, values), first);
                }
            }
        }
        Ok(baseline)
    }
}

impl Engine {
    /// Learns from the case what rules with `first:` call usual.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn learn(&self, rules: &RuleSet) -> Result<Baseline> {
        let mut rules = self.fill(rules, None)?;
        // The others keep their places, to which exceptions refer, and hit nothing.
        let asked = |rule: &Rule| rule.first.is_some() && rule.over.events();
        let program = Engine::program_of(&rules, asked, false);
        rules.correlations.clear();
        let coverage = self.coverage()?;
        let firsts = self.firsts(&rules, &program, &coverage)?;
        let named = |rule: usize| rules.rules[rule].meta.name.clone();
        let seen = firsts.into_iter().map(|((rule, values), first)| ((named(rule), values), first)).collect();
        let none = Baseline::default();
        let logs =
            LOGSOURCES.iter().filter_map(|source| Some((source.name.to_owned(), coverage.begin_of(source, &none)?)));
        Ok(Baseline { begins: coverage.begins(&none), logs: logs.collect(), seen })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learnt_is_read_as_it_was_written() {
        let cluster = Some("/subscriptions/a".to_owned());
        let seen = [(("r".to_owned(), vec![Some("lena".into()), None, cluster.clone()]), Micros(5_000_000))];
        let logs = [("auditd".to_owned(), Micros(2))].into();
        let baseline = Baseline { begins: [(cluster.clone(), Micros(1))].into(), logs, seen: seen.into() };
        let text = baseline.to_text();
        assert_eq!(text.lines().count(), 3);
        assert_eq!(Baseline::of_text(&text).unwrap(), baseline);
        assert!(baseline.knows("r", &[Some("lena".into()), None, cluster.clone()], Micros(5_000_001)));
        assert!(!baseline.knows("r", &[Some("lena".into()), None, cluster], Micros(5_000_000)));
        assert!(Baseline::of_text("{}\n").unwrap_err().starts_with("line 1 is not of a baseline"));
    }
}
