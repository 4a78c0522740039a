//! A replay that can be looked at moment by moment: one scan, what it found, and the windows of its correlations by time.

use std::collections::BTreeMap;

use super::correlate::{Course, Window};
use super::detect::learnt;
use super::program::Program;
use super::steps;
use super::told::Told;
use super::{Baseline, Engine};
use crate::error::Result;
use crate::model::Micros;
use crate::sigma::{Level, Meta, Over, RuleSet};

/// What rules make of a case, by event time.
pub struct Played {
    course: Course,
    fires: Vec<Fire>,
}

/// A finding comes to be: its rule's first hit, or the first instant at which a window of its correlation was complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fire {
    pub time: Micros,
    pub rule: String,
    pub title: String,
    pub level: Level,
}

impl Played {
    /// The windows that are open at a time: those that are complete first, then by level and how near they are to it.
    ///
    /// # Errors
    /// When what was written to a temporary file cannot be read.
    pub fn at(&self, time: Micros) -> Result<Vec<Window<'_>>> {
        self.course.at(time).map_err(steps::unread)
    }

    /// The findings of a replay in the order in which they came to be. Of what merely stands in a snapshot nobody knows
    /// when it did.
    pub fn fires(&self) -> &[Fire] {
        &self.fires
    }
}

impl Engine {
    /// Replays a case and keeps what is needed to say what was open when.
    ///
    /// # Errors
    /// As [`Engine::replay`].
    pub fn play(&self, rules: &RuleSet) -> Result<Played> {
        let rules = &self.fill(rules, None)?;
        let program = Program { shown: true, ..Engine::program(rules, Over::events) };
        // What is shown moment by moment is told at once.
        let (mut told, _) = self.verdicts(rules, &program)?;
        let (coverage, baseline) = (self.coverage()?, Baseline::default());
        told.add(self.logs(rules, &coverage)?);
        let mut steps = std::mem::take(&mut told.steps);
        learnt(rules, &program, told.firsts.clone(), (&coverage, &baseline), &mut steps);
        // What correlations found is in their course: only the findings of rules alone are asked for.
        let alone = RuleSet { correlations: Vec::new(), ..rules.clone() };
        let about = (coverage, &baseline);
        let replay = Engine::conclude(&alone, &program, (told, Told::default()), about, &|wanted| self.pick(wanted))?;
        let single: Vec<Fire> = replay
            .findings
            .into_iter()
            .filter_map(|finding| {
                let (rule, title) = (finding.rule, finding.title);
                finding.first.map(|time| Fire { time, rule, title, level: finding.level })
            })
            .collect();
        let names: Vec<&str> = rules.rules.iter().map(|rule| rule.meta.name.as_str()).collect();
        let course = Course::new(&rules.correlations, &names, steps).map_err(steps::unread)?;
        let correlations: BTreeMap<&str, &Meta> =
            rules.correlations.iter().map(|correlation| (correlation.meta.name.as_str(), &correlation.meta)).collect();
        let chained = course.fired().into_iter().filter_map(|fired| {
            let meta = correlations.get(fired.rule)?;
            Some(Fire { time: fired.time, rule: meta.name.clone(), title: meta.title.clone(), level: meta.level })
        });
        let mut fires: Vec<Fire> = single.into_iter().chain(chained).collect();
        fires.sort_by(|a, b| {
            (a.time, std::cmp::Reverse(a.level), &a.rule).cmp(&(b.time, std::cmp::Reverse(b.level), &b.rule))
        });
        Ok(Played { course, fires })
    }
}
