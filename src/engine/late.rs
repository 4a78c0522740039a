//! Hits that only count where another part of their correlation hit: "any request that a binding let in" is nearly every
//! event, and matters for the few bindings that were just written. The pass over all events keeps such hits as rows, where
//! they are many; when it is known in which groups the other part hit, the fields that make a group are read once more, and
//! of the rows of those groups alone steps are made.

use std::collections::{BTreeMap, BTreeSet};

use ahash::AHashSet;

use super::correlate::cannot_lack;
use super::program::{PartOf, Program};
use super::ruleset::Crowd;
use super::steps::{self, Number, Steps, unread};
use super::threads::each;
use super::told::{Places, step};
use super::words::Words;
use super::{Engine, values};
use crate::error::Result;
use crate::model::Recorded;
use crate::sigma::{Field, Part, Rule, RuleSet};

/// Many hits of a rule in a row group.
pub(super) struct Late {
    pub(super) group: usize,
    pub(super) crowd: Crowd,
}

/// A part that waits, and the groups in which another hit that it cannot do without; None when all count.
type Asked<'a> = (&'a PartOf, Option<AHashSet<Number>>);

/// For every rule whose hits may come late, what must have been recorded of them: else it cannot be told in which group
/// they are. Such a rule is nothing but a part, of correlations of which each cannot do without the hits of another rule.
/// `rules` are those that are asked, with their fields, parts, and whether they ask for a state.
pub(super) fn many(
    set: &RuleSet,
    rules: &[Rule],
    (keys, parts, states): (&[Vec<Field>], &[Vec<PartOf>], &[bool]),
) -> Vec<Option<Vec<Recorded>>> {
    let may = |(place, rule): (usize, &Rule)| {
        let waits = !rule.meta.reported
            && rule.first.is_none()
            && !states[place]
            && !keys[place].iter().any(values::is_in_bodies)
            && !parts[place].is_empty()
            && parts[place].iter().all(|part| others(set, part).next().is_some());
        waits.then(|| keys[place].iter().map(|field| field.root).collect())
    };
    rules.iter().enumerate().map(may).collect()
}

/// The other parts, and their rules, without whose hits no window meets the condition.
fn others<'a>(set: &'a RuleSet, part: &PartOf) -> impl Iterator<Item = (usize, usize)> + use<'a> {
    let (correlation, own) = (&set.correlations[part.correlation], part.part);
    let rule = move |(other, of): (usize, &Part)| match of {
        // Of a rule that learns it is known in the end alone what is new.
        Part::Rule(rule) if other != own && set.rules[*rule].first.is_none() => Some((other, *rule)),
        _ => None,
    };
    let rules = correlation.parts.iter().enumerate().filter_map(rule);
    rules.filter(|(other, _)| cannot_lack(correlation, *other))
}

impl Engine {
    /// Makes the steps of hits that came late; the steps of all others are there.
    ///
    /// # Errors
    /// When a file of the case cannot be read, or steps that were written to one.
    pub(super) fn come_late(&self, rules: &RuleSet, program: &Program, late: Vec<Late>, all: &mut Steps) -> Result<()> {
        let waiting: BTreeSet<usize> = late.iter().map(|late| late.crowd.rule).collect();
        let mut asked: BTreeMap<usize, Vec<Asked<'_>>> = BTreeMap::new();
        for rule in &waiting {
            for part in &program.parts[*rule] {
                let others = others(rules, part).filter(|(_, other)| !waiting.contains(other));
                let groups = others.map(|(other, _)| all.groups(part.correlation, other));
                let groups = groups.collect::<std::io::Result<Vec<_>>>().map_err(unread)?;
                let groups = groups.into_iter().min_by_key(|groups| groups.len());
                if groups.as_ref().is_none_or(|groups| !groups.is_empty()) {
                    asked.entry(*rule).or_default().push((part, groups));
                }
            }
        }
        let mut by_group: BTreeMap<usize, Vec<&Crowd>> = BTreeMap::new();
        for late in late.iter().filter(|late| asked.contains_key(&late.crowd.rule)) {
            by_group.entry(late.group).or_default().push(&late.crowd);
        }
        let by_group: Vec<(usize, Vec<&Crowd>)> = by_group.into_iter().collect();
        let gathered = each(by_group.len(), Steps::default, |place, steps| {
            let (group, crowds) = &by_group[place];
            self.steps_of(*group, program, (crowds, &asked), steps)
        })?;
        gathered.into_iter().for_each(|steps| all.add(steps));
        Ok(())
    }

    fn steps_of(
        &self,
        group: usize,
        program: &Program,
        (crowds, asked): (&[&Crowd], &BTreeMap<usize, Vec<Asked<'_>>>),
        steps: &mut Steps,
    ) -> Result<()> {
        let fields = crowds.iter().flat_map(|crowd| &program.keys[crowd.rule]);
        let columns: BTreeSet<&str> = fields.flat_map(values::columns).collect();
        let events = self.audit.read(group, &columns.into_iter().collect::<Vec<_>>(), None)?;
        let mut words = Words::new(&events);
        let mut hits: Vec<(usize, usize)> = Vec::new();
        for crowd in crowds {
            let places: Vec<usize> = program.keys[crowd.rule].iter().map(|field| words.place(field)).collect();
            let mut numbers = vec![None; places.len()];
            for row in crowd.rows.set_indices() {
                numbers.iter_mut().zip(&places).for_each(|(number, place)| *number = words.number(*place, row, steps));
                let counts = |(part, groups): &Asked<'_>| {
                    let group = steps::words_of(&part.group, &numbers).map(steps::tuple);
                    group.is_some_and(|group| groups.as_ref().is_none_or(|groups| groups.contains(&group)))
                };
                if asked[&crowd.rule].iter().any(counts) {
                    hits.push((row, crowd.rule));
                }
            }
        }
        if hits.is_empty() {
            return Ok(());
        }
        let mut rows: Vec<usize> = hits.iter().map(|(row, _)| *row).collect();
        rows.sort_unstable();
        rows.dedup();
        let read = self.audit.read(group, &["time", "evidence", "offset", "length"], Some(&rows))?;
        let at = Places::new(&read);
        for (row, rule) in hits {
            let place = rows.partition_point(|other| *other < row);
            // An event without a time lies in no window.
            let Some(time) = at.time(place) else { continue };
            let fields = program.keys[rule].iter();
            let numbers: Vec<Option<Number>> = fields
                .map(|field| {
                    let of = words.place(field);
                    words.number(of, row, steps)
                })
                .collect();
            step(program, rule, (time, at.span(place)), &numbers, steps);
        }
        steps.relieve().map_err(unread)
    }
}
