//! What was open at a moment: the windows of every correlation as they stand at a time, and when each was complete.
//!
//! The steps are those that a replay slides its windows over, and `find` is what slid them. What stands at a time is looked
//! up among them and never counted along, so how somebody came to that time cannot change the answer.

use std::io;
use std::ops::Range;

use ahash::AHashSet;

use super::{Found, chained, fire, is_measured, parts, sift};
use crate::engine::spill::Timed;
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

/// How many steps may be held, 48 MiB of them; tests have few.
const MOST: usize = if cfg!(test) { 20 } else { 1 << 20 };

/// Says in the part of a step that a window of its group met the condition then. There are never so many parts.
const MET: u32 = 1 << 31;

/// One correlation: its steps, and when its results came to be.
struct Line {
    steps: Vec<Timed>,
    fired: Vec<(Micros, Micros, Micros)>,
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
        let name = |part: &Part| match part {
            Part::Rule(rule) => names.get(*rule).copied().unwrap_or_default().to_owned(),
            Part::Correlation(place) => correlations[*place].meta.name.clone(),
        };
        let (is_chained, mut held) = (chained(correlations), 0);
        let (mut found, mut all): (Vec<Found>, Vec<Line>) = (Vec::new(), Vec::new());
        for (number, correlation) in correlations.iter().enumerate() {
            let mut own = steps.take(number);
            for (part, place) in parts(correlation) {
                own.held.push(fire(correlation, part, (&correlations[place], &found[place]), &mut steps));
            }
            // What is open may lack a part that it will never have: every step is kept.
            let is_asked = |step: &Step| !is_measured(correlation) || steps.spelt(step.value).is_some();
            let parts = correlation.parts.iter().map(name).collect();
            let mut line = Line { steps: Vec::new(), fired: Vec::new(), parts };
            let mut for_others = Found::default();
            own.pieces(is_asked, |of| {
                let piece = sift(correlation, of, &steps, true);
                if correlation.meta.reported && !piece.steps.is_empty() {
                    line.fired.extend(fired(correlation, &piece));
                    let mut own = piece.steps.clone();
                    piece.met.iter().for_each(|window| own[window.end - 1].part |= MET);
                    let room = held + own.len() <= MOST;
                    held += if room { own.len() } else { 0 };
                    line.steps.push(Timed::new(own, room)?);
                }
                if is_chained[number] {
                    for_others.add(piece.compact());
                }
                Ok(())
            })?;
            found.push(for_others);
            all.push(line);
        }
        Ok(Course { correlations: correlations.to_vec(), all, words: steps })
    }

    /// The windows of reported correlations that end at a time and have a hit: those that are complete first, the latest
    /// before the others, then by level and how near they are to their condition.
    /// Hits of that very instant count; those later than it do not, whatever became of the window.
    ///
    /// # Errors
    /// When steps that were written to a file cannot be read.
    pub fn at(&self, time: Micros) -> io::Result<Vec<Window<'_>>> {
        let mut windows = Vec::new();
        for (line, correlation) in self.all.iter().zip(&self.correlations).filter(|(_, c)| c.meta.reported) {
            let mut steps = Vec::new();
            for own in &line.steps {
                own.between(time.0.saturating_sub(correlation.timespan), time.0, &mut steps)?;
            }
            steps.sort_unstable();
            let groups = steps.chunk_by_mut(|one, other| one.group == other.group);
            windows.extend(groups.map(|steps| self.window(correlation, line, steps)));
        }
        windows.sort_by(|a, b| {
            let near = |w: &Window<'_>| w.share().unwrap_or_default();
            let rank = (b.complete, b.rule.level).cmp(&(a.complete, a.rule.level));
            rank.then(near(b).total_cmp(&near(a)))
                .then_with(|| (a.ends, &a.rule.name, &a.group).cmp(&(b.ends, &b.rule.name, &b.group)))
        });
        Ok(windows)
    }

    /// The results of reported correlations as they come to be, in order: as many as a replay has findings of them.
    pub fn fired(&self) -> Vec<Fired<'_>> {
        let lines = self.all.iter().zip(&self.correlations);
        let mut all: Vec<Fired<'_>> = lines
            .flat_map(|(line, correlation)| {
                let rule = correlation.meta.name.as_str();
                line.fired.iter().map(move |(time, first, last)| Fired {
                    time: *time,
                    first: *first,
                    last: *last,
                    rule,
                })
            })
            .collect();
        all.sort();
        all
    }

    /// The window of some steps of a group, in their order.
    fn window<'a>(&'a self, correlation: &'a Correlation, line: &'a Line, steps: &mut [Step]) -> Window<'a> {
        let complete = steps.iter().rev().find(|step| step.part & MET > 0).map(|step| Micros(step.time));
        steps.iter_mut().for_each(|step| step.part &= !MET);
        let steps = &*steps;
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
            complete,
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

/// When each result in whole groups came to be, and the first and the last hit that belong to it.
fn fired(correlation: &Correlation, found: &Found) -> Vec<(Micros, Micros, Micros)> {
    let (steps, belongs) = (&found.steps, &found.belongs);
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
    for met in &found.met {
        // The last of the steps in it that belong: a window may end with one that a chain has no use for.
        let Some(step) = met.clone().rev().find(|step| belongs[*step]) else { continue };
        let after = episodes.partition_point(|(episode, _)| episode.start <= step);
        if let Some((_, time)) = after.checked_sub(1).and_then(|episode| episodes.get_mut(episode)) {
            time.get_or_insert(steps[met.end - 1].time);
        }
    }
    let of = |(episode, time): (Range<usize>, Option<i64>)| {
        let (first, last) = (steps[episode.start].time, steps[episode.end - 1].time);
        (Micros(time.unwrap_or(last)), Micros(first), Micros(last))
    };
    episodes.into_iter().map(of).collect()
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
