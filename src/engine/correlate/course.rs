//! What was open at a moment: the windows of every correlation as they stand at a time, and when each was complete.
//!
//! The steps are those that a replay slides its windows over, and `find` is what slid them. What stands at a time is looked
//! up among them and never counted along, so how somebody came to that time cannot change the answer.

use std::io;
use std::ops::Range;

use ahash::AHashSet;

use super::{Found, fire, is_measured, parts, sift};
use crate::engine::steps::{Number, Step, Steps};
use crate::model::Micros;
use crate::sigma::predicate::Cmp;
use crate::sigma::{Condition, Correlation, CorrelationKind, Measure, Meta, Part};

/// The hits of the parts of correlations over a case, in the order of groups and in that of time.
pub struct Course {
    correlations: Vec<Correlation>,
    all: Vec<Line>,
    /// The words of groups, and what they spell: the steps are in `all`.
    words: Steps,
}

/// One correlation: what it found, and its steps by time.
struct Line {
    found: Found,
    by_time: Vec<u32>,
    /// What its parts are called.
    parts: Vec<String>,
}

/// A window of one group of a correlation, as it stands at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Window<'a> {
    pub rule: &'a Meta,
    /// The keys of the group and their values.
    pub group: Vec<(&'a str, &'a str)>,
    /// What is counted or measured of the window; of a chain, the parts that it has come through.
    pub reached: f64,
    /// What that must come to; None when it must stay below something, or is asked in words.
    pub wanted: Option<f64>,
    /// Of correlations in time, each part and whether it counts as hit.
    pub parts: Vec<(&'a str, bool)>,
    /// The earliest hit that counts, and the last.
    pub first: Micros,
    pub last: Micros,
    /// When the earliest hit falls out of the window.
    pub ends: Micros,
    /// The last instant, within the timespan, at which the condition held.
    pub complete: Option<Micros>,
}

/// A result of a correlation comes to be: the first instant at which a window of its episode met the condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fired<'a> {
    pub time: Micros,
    /// The first and the last hit that belong to it.
    pub first: Micros,
    pub last: Micros,
    pub rule: &'a str,
}

impl Course {
    /// Sorts steps that kept their texts by correlation, group and time. `names` are those of the rules that are parts, by
    /// their places.
    ///
    /// # Errors
    /// When steps that were written to a file cannot be read.
    pub fn new(correlations: &[Correlation], names: &[&str], mut steps: Steps) -> io::Result<Course> {
        let mut found: Vec<Found> = Vec::new();
        for (number, correlation) in correlations.iter().enumerate() {
            let mut own = steps.take(number);
            for (part, place) in parts(correlation) {
                own.held.push(fire(correlation, part, (&correlations[place], &found[place]), &mut steps));
            }
            // What is open may lack a part that it will never have: every step is kept.
            let is_asked = |step: &Step| !is_measured(correlation) || steps.spelt(step.value).is_some();
            let mut all = Found::default();
            own.pieces(is_asked, |of| all.add(sift(correlation, of, &steps, true)))?;
            found.push(all);
        }
        let name = |part: &Part| match part {
            Part::Rule(rule) => names.get(*rule).copied().unwrap_or_default().to_owned(),
            Part::Correlation(place) => correlations[*place].meta.name.clone(),
        };
        let line = |(found, correlation): (Found, &Correlation)| {
            let mut by_time: Vec<u32> = (0..found.steps.len() as u32).collect();
            by_time.sort_by_key(|step| found.steps[*step as usize].time);
            Line { found, by_time, parts: correlation.parts.iter().map(name).collect() }
        };
        let all = found.into_iter().zip(correlations).map(line).collect();
        Ok(Course { correlations: correlations.to_vec(), all, words: steps })
    }

    /// The windows of reported correlations that end at a time and have a hit: those that are complete first, the latest
    /// before the others, then by level and how near they are to their condition.
    /// Hits of that very instant count; those later than it do not, whatever became of the window.
    pub fn at(&self, time: Micros) -> Vec<Window<'_>> {
        let mut windows = Vec::new();
        for (line, correlation) in self.all.iter().zip(&self.correlations).filter(|(_, c)| c.meta.reported) {
            let (from, steps) = (time.0.saturating_sub(correlation.timespan), &line.found.steps);
            let at = |place: &u32| steps[*place as usize].time;
            let first = line.by_time.partition_point(|place| at(place) < from);
            let end = line.by_time.partition_point(|place| at(place) <= time.0);
            let groups: AHashSet<Number> =
                line.by_time[first..end].iter().map(|place| steps[*place as usize].group).collect();
            windows.extend(groups.into_iter().map(|group| {
                let first = steps.partition_point(|step| (step.group, step.time) < (group, from));
                let end = steps.partition_point(|step| (step.group, step.time) <= (group, time.0));
                self.window(correlation, line, first..end)
            }));
        }
        windows.sort_by(|a, b| {
            let near = |w: &Window<'_>| w.share().unwrap_or_default();
            let rank = (b.complete, b.rule.level).cmp(&(a.complete, a.rule.level));
            rank.then(near(b).total_cmp(&near(a)))
                .then_with(|| (a.ends, &a.rule.name, &a.group).cmp(&(b.ends, &b.rule.name, &b.group)))
        });
        windows
    }

    /// The results of reported correlations as they come to be, in order: as many as a replay has findings of them.
    pub fn fired(&self) -> Vec<Fired<'_>> {
        let mut all = Vec::new();
        for (line, correlation) in self.all.iter().zip(&self.correlations).filter(|(_, c)| c.meta.reported) {
            let (steps, belongs) = (&line.found.steps, &line.found.belongs);
            let mut episodes: Vec<(Range<usize>, Option<i64>)> = Vec::new();
            let mut last: Option<usize> = None;
            for step in (0..steps.len()).filter(|step| belongs[*step]) {
                let continues = last.is_some_and(|last| {
                    steps[last].group == steps[step].group
                        && steps[step].time.saturating_sub(steps[last].time) <= correlation.timespan
                });
                match episodes.last_mut() {
                    Some((episode, _)) if continues => episode.end = step + 1,
                    _ => episodes.push((step..step + 1, None)),
                }
                last = Some(step);
            }
            for met in &line.found.met {
                // The last of the steps in it that belong: a window may end with one that a chain has no use for.
                let Some(step) = met.clone().rev().find(|step| belongs[*step]) else { continue };
                let after = episodes.partition_point(|(episode, _)| episode.start <= step);
                if let Some((_, time)) = after.checked_sub(1).and_then(|episode| episodes.get_mut(episode)) {
                    time.get_or_insert(steps[met.end - 1].time);
                }
            }
            all.extend(episodes.into_iter().map(|(episode, time)| {
                let (first, last) = (steps[episode.start].time, steps[episode.end - 1].time);
                let time = time.unwrap_or(last);
                Fired { time: Micros(time), first: Micros(first), last: Micros(last), rule: &correlation.meta.name }
            }));
        }
        all.sort();
        all
    }

    fn window<'a>(&'a self, correlation: &'a Correlation, line: &'a Line, of: Range<usize>) -> Window<'a> {
        let steps = &line.found.steps[of.clone()];
        let (group, last) = (steps[0].group, steps[steps.len() - 1].time);
        let mut first = steps[0].time;
        let parts = correlation.parts.len();
        let mut hit = vec![false; parts];
        let reached = match &correlation.kind {
            CorrelationKind::EventCount => steps.len() as f64,
            CorrelationKind::ValueCount { .. } => {
                steps.iter().map(|step| step.value).collect::<AHashSet<u64>>().len() as f64
            }
            CorrelationKind::Value { measure, .. } => {
                let mut numbers: Vec<f64> = steps.iter().filter_map(|step| self.words.spelt(step.value)).collect();
                measured(*measure, &mut numbers)
            }
            CorrelationKind::Temporal => {
                steps.iter().for_each(|step| hit[step.part as usize] = true);
                hit.iter().filter(|hit| **hit).count() as f64
            }
            CorrelationKind::TemporalOrdered => {
                let (through, start) = chain(steps, parts);
                first = start.unwrap_or(first);
                hit[..through].fill(true);
                through as f64
            }
        };
        let in_time = matches!(correlation.kind, CorrelationKind::Temporal | CorrelationKind::TemporalOrdered);
        let met = &line.found.met;
        let before = met.partition_point(|window| window.end <= of.end);
        let complete = before.checked_sub(1).map(|place| met[place].end - 1).filter(|step| of.contains(step));
        let words = self.words.group(group, correlation.group_by.len());
        let word = |word: Number| self.words.text(word).unwrap_or_default();
        let keys = correlation.group_by.iter().map(|key| key.name.as_str());
        Window {
            rule: &correlation.meta,
            group: keys.zip(words.into_iter().map(word)).collect(),
            reached,
            wanted: wanted(correlation),
            parts: line.parts.iter().map(String::as_str).zip(hit).filter(|_| in_time).collect(),
            first: Micros(first),
            last: Micros(last),
            ends: Micros(first.saturating_add(correlation.timespan)),
            complete: complete.map(|step| Micros(line.found.steps[step].time)),
        }
    }
}

impl Window<'_> {
    /// How much of what is wanted is there, 0 to 1; None when more is not nearer.
    pub fn share(&self) -> Option<f64> {
        match self.wanted {
            Some(wanted) if wanted > 0.0 => Some((self.reached / wanted).clamp(0.0, 1.0)),
            Some(_) => Some(1.0),
            None => None,
        }
    }
}

/// How many parts a chain has come through by the end of some steps of a group, and when the latest chain to have come
/// so far began.
fn chain(steps: &[Step], parts: usize) -> (usize, Option<i64>) {
    let mut started: Vec<Option<i64>> = vec![None; parts];
    for step in steps {
        let part = step.part as usize;
        let start = if part == 0 { Some(step.time) } else { started[part - 1] };
        started[part] = started[part].max(start);
    }
    let through = started.iter().rposition(Option::is_some).map_or(0, |part| part + 1);
    (through, through.checked_sub(1).and_then(|part| started[part]))
}

fn measured(measure: Measure, numbers: &mut [f64]) -> f64 {
    let sum = numbers.iter().sum::<f64>();
    match measure {
        Measure::Sum => sum,
        Measure::Average => sum / numbers.len() as f64,
        Measure::Percentile(rank) => {
            numbers.sort_by(f64::total_cmp);
            let rank = f64::from(rank.min(100)) / 100.0 * (numbers.len() - 1) as f64;
            let (below, above) = (numbers[rank.floor() as usize], numbers[rank.ceil() as usize]);
            below + rank.fract() * (above - below)
        }
    }
}

/// The least number that meets a condition which a larger number never fails.
fn wanted(correlation: &Correlation) -> Option<f64> {
    let whole = !matches!(correlation.kind, CorrelationKind::Value { .. });
    match (&correlation.condition, &correlation.kind) {
        (_, CorrelationKind::TemporalOrdered) => Some(correlation.parts.len() as f64),
        (Condition::Words(_), _) => None,
        (Condition::Bounds(bounds), _) => match bounds[..] {
            [(Cmp::Gte, least)] => Some(least as f64),
            // Of what is counted one more is the least; of a measure the bound itself is as near as can be said.
            [(Cmp::Gt, bound)] => Some(bound as f64 + f64::from(u8::from(whole))),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests;
