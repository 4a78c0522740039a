//! Correlations over the steps that a scan gave: one pass with two pointers over each group, in event time.
//!
//! A window is closed at both ends: two events exactly `timespan` apart belong together. Events of one instant count
//! as being in any order. A result is the set of events that lie in at least one window that meets the condition; for
//! `temporal_ordered`, in at least one chain of all parts. After the sort, time grows with the number of steps alone;
//! only a percentile costs a logarithm more.

mod course;

use std::io;
use std::ops::Range;
use std::sync::Mutex;

use ahash::{AHashMap, AHashSet};

pub use self::course::{Course, Window};
use super::spill::Own;
use super::steps::{Number, Place, Step, Steps, tuple};
use super::tally::{Distinct, Events, Ranks, Sum, Tally};
use super::threads::{cores, in_order};
use crate::sigma::{Condition, Correlation, CorrelationKind, Key, Measure, Origin, Part};

/// What one correlation found.
#[derive(Default)]
struct Found {
    /// Sorted by group, time and part.
    steps: Vec<Step>,
    /// For each step whether it is part of a result.
    belongs: Vec<bool>,
    /// The windows that met the condition, by the steps they hold, for correlations of this one.
    met: Vec<Range<usize>>,
}

/// Returns for each correlation that is reported its episodes, in the order of groups and times: the places of the events
/// that belong together, each once.
///
/// # Errors
/// When steps that were written to a file cannot be read.
pub fn episodes(correlations: &[Correlation], mut steps: Steps) -> io::Result<Vec<Vec<Vec<Place>>>> {
    let is_chained = chained(correlations);
    let mut own: Vec<Mutex<Own>> = (0..correlations.len()).map(|number| Mutex::new(steps.take(number))).collect();
    // Those that hang on no other are found side by side, the others after those that they are made of.
    let all = in_order(cores(), correlations.len(), |number| {
        if parts(&correlations[number]).next().is_some() {
            return Ok(Found::default());
        }
        let own = own[number].lock().map(|mut own| std::mem::take(&mut *own)).unwrap_or_default();
        find(&correlations[number], own, &steps, is_chained[number])
    });
    let mut all = all.into_iter().collect::<io::Result<Vec<Found>>>()?;
    for (number, correlation) in correlations.iter().enumerate().filter(|(_, one)| parts(one).next().is_some()) {
        let mut own = own[number].get_mut().map(std::mem::take).unwrap_or_default();
        for (part, place) in parts(correlation) {
            own.held.push(fire(correlation, part, (&correlations[place], &all[place]), &mut steps));
        }
        all[number] = find(correlation, own, &steps, is_chained[number])?;
    }
    let reported = |place: usize| correlations[place].meta.reported;
    Ok((0..all.len()).map(|place| if reported(place) { cut(correlations, place, &all) } else { Vec::new() }).collect())
}

/// Says of each correlation whether others are made of it.
pub fn chained(correlations: &[Correlation]) -> Vec<bool> {
    let mut chained = vec![false; correlations.len()];
    correlations.iter().flat_map(parts).for_each(|(_, place)| chained[place] = true);
    chained
}

/// The correlations that one is made of, by part and place.
fn parts(correlation: &Correlation) -> impl Iterator<Item = (usize, usize)> {
    correlation.parts.iter().enumerate().filter_map(|(part, of)| match of {
        Part::Correlation(place) => Some((part, *place)),
        Part::Rule(_) => None,
    })
}

/// Makes a step of each window of another correlation that met its condition, at the time of the window's end.
fn fire(correlation: &Correlation, part: usize, other: (&Correlation, &Found), steps: &mut Steps) -> Vec<Step> {
    let ((other, found), mut own) = (other, Vec::new());
    let of = |keys: &[Key], words: &[Number]| -> Option<Vec<Number>> {
        let word = |key: &Key| match key.from.get(part) {
            Some(Origin::Group(place)) => words.get(*place).copied(),
            _ => None,
        };
        keys.iter().map(word).collect()
    };
    for (window, met) in found.met.iter().enumerate() {
        let last = &found.steps[met.end - 1];
        let words = steps.group(last.group, other.group_by.len());
        if let (Some(words), Some(value)) = (of(&correlation.group_by, &words), of(correlation.counted(), &words)) {
            let (group, value) = (tuple(words.iter().copied()), tuple(value) as u64);
            steps.keep(group, words.into_iter());
            own.push(Step { group, time: last.time, part: part as u32, evidence: 0, offset: window as u64, value });
        }
    }
    own
}

/// Finds the steps that are part of a result; and, `with_windows`, each window that met the condition.
fn find(correlation: &Correlation, own: Own, all: &Steps, with_windows: bool) -> io::Result<Found> {
    let (is_value, groups) = (is_measured(correlation), whole(correlation, &own)?);
    let is_asked = |step: &Step| {
        groups.as_ref().is_none_or(|groups| groups.contains(&step.group))
            && (!is_value || all.spelt(step.value).is_some())
    };
    let mut found = Found::default();
    own.pieces(is_asked, |steps| {
        found.add(sift(correlation, steps, all, with_windows).compact());
        Ok(())
    })?;
    Ok(found)
}

fn is_measured(correlation: &Correlation) -> bool {
    matches!(correlation.kind, CorrelationKind::Value { .. })
}

/// As [`find`], in sorted steps of whole groups.
fn sift(correlation: &Correlation, steps: Vec<Step>, all: &Steps, with_windows: bool) -> Found {
    let numbers: Vec<f64> = match is_measured(correlation) {
        true => steps.iter().filter_map(|step| all.spelt(step.value)).collect(),
        false => Vec::new(),
    };
    let mut found = Found { belongs: vec![false; steps.len()], steps, met: Vec::new() };
    let span = correlation.timespan;
    match &correlation.kind {
        CorrelationKind::EventCount => found.slide(span, Events::new(correlation), with_windows),
        CorrelationKind::ValueCount { .. } => {
            let values = values(&found.steps);
            found.slide(span, Distinct::new(correlation, values), with_windows);
        }
        CorrelationKind::Temporal => {
            let parts = found.steps.iter().map(|step| step.part).collect();
            found.slide(span, Distinct::new(correlation, parts), with_windows);
        }
        CorrelationKind::TemporalOrdered => found.chain(span, correlation.parts.len(), with_windows),
        CorrelationKind::Value { measure: Measure::Percentile(rank), .. } => {
            found.slide(span, Ranks::new(correlation, *rank, &numbers), with_windows);
        }
        CorrelationKind::Value { measure, .. } => {
            found.slide(span, Sum::new(correlation, *measure == Measure::Average, &numbers), with_windows);
        }
    }
    found
}

/// Says whether no window meets the condition in which that part has no hit.
pub fn cannot_lack(correlation: &Correlation, part: usize) -> bool {
    let count = correlation.parts.len();
    match (&correlation.kind, &correlation.condition) {
        (CorrelationKind::TemporalOrdered, _) => true,
        (CorrelationKind::Temporal, Condition::Bounds(_)) => {
            (0..count).all(|parts| !correlation.condition.holds(parts as f64))
        }
        // Few have more than three parts; all ways in which the others can hit are tried.
        (CorrelationKind::Temporal, Condition::Words(words)) if count <= 10 => {
            (0_u32..1 << count).filter(|hit| hit >> part & 1 == 0).all(|hit| !words.hold(&|part| hit >> part & 1 == 1))
        }
        _ => false,
    }
}

/// The groups in which every part hit that a window cannot do without; None when it can do without any. Of two parts one
/// often hits for nearly every event, and the other for hardly one.
fn whole(correlation: &Correlation, own: &Own) -> io::Result<Option<AHashSet<Number>>> {
    let count = correlation.parts.len();
    let needed: Vec<usize> = (0..count).filter(|part| cannot_lack(correlation, *part)).collect();
    if needed.is_empty() {
        return Ok(None);
    }
    let mut hits = vec![0; count];
    own.each(|step| hits[step.part as usize] += 1)?;
    let rarest = needed.into_iter().min_by_key(|part| hits[*part]);
    let mut groups = AHashSet::new();
    own.each(|step| {
        if Some(step.part as usize) == rarest {
            groups.insert(step.group);
        }
    })?;
    Ok(Some(groups))
}

/// The values of steps, numbered from 0 on.
fn values(steps: &[Step]) -> Vec<u32> {
    let mut known: AHashMap<u64, u32> = AHashMap::new();
    let number = |step: &Step| {
        let next = known.len() as u32;
        *known.entry(step.value).or_insert(next)
    };
    steps.iter().map(number).collect()
}

impl Found {
    /// Leaves out the steps that are in nothing: most correlations find nothing, and what they were asked of is the most of
    /// what is held here.
    fn compact(mut self) -> Found {
        let mut wanted = self.belongs.clone();
        let mut done = 0;
        for window in &self.met {
            // Windows overlap.
            wanted[window.start.max(done)..window.end.max(done)].fill(true);
            done = done.max(window.end);
        }
        if wanted.iter().all(|wanted| *wanted) {
            return self;
        }
        let mut places = Vec::with_capacity(wanted.len() + 1);
        let mut count = 0;
        for wanted in &wanted {
            places.push(count);
            count += usize::from(*wanted);
        }
        places.push(count);
        fn kept<T: Copy>(all: &[T], wanted: &[bool]) -> Vec<T> {
            all.iter().zip(wanted).filter(|(_, wanted)| **wanted).map(|(one, _)| *one).collect()
        }
        (self.steps, self.belongs) = (kept(&self.steps, &wanted), kept(&self.belongs, &wanted));
        self.met.iter_mut().for_each(|window| *window = places[window.start]..places[window.end]);
        self
    }

    /// Adds what was found in other groups, which come later.
    fn add(&mut self, more: Found) {
        let before = self.steps.len();
        self.met.extend(more.met.into_iter().map(|window| window.start + before..window.end + before));
        if before == 0 {
            (self.steps, self.belongs) = (more.steps, more.belongs);
        } else {
            self.steps.extend(more.steps);
            self.belongs.extend(more.belongs);
        }
    }

    /// The steps of each group.
    fn groups(&self) -> Vec<Range<usize>> {
        let mut groups = Vec::new();
        let mut start = 0;
        for group in self.steps.chunk_by(|a, b| a.group == b.group) {
            groups.push(start..start + group.len());
            start += group.len();
        }
        groups
    }

    /// Slides a window over each group: it ends at each instant at which there is an event.
    fn slide(&mut self, span: i64, mut tally: impl Tally, with_windows: bool) {
        for group in self.groups() {
            let (mut first, mut next, mut covered) = (group.start, group.start, group.start);
            while next < group.end {
                let now = self.steps[next].time;
                while next < group.end && self.steps[next].time == now {
                    tally.enter(next);
                    next += 1;
                }
                while self.steps[first].time < now.saturating_sub(span) {
                    tally.leave(first);
                    first += 1;
                }
                if tally.holds() {
                    self.belongs[first.max(covered)..next].fill(true);
                    covered = next;
                    if with_windows {
                        self.met.push(first..next);
                    }
                }
            }
            (first..group.end).for_each(|step| tally.leave(step));
        }
    }

    /// Finds the steps of chains: of all chains through a step, the one that starts latest before it and ends earliest
    /// after it is the shortest.
    fn chain(&mut self, span: i64, parts: usize, with_windows: bool) {
        for group in self.groups() {
            let steps = &self.steps[group.clone()];
            // By part, the latest start of a chain so far that has come to it.
            let mut started: Vec<Option<i64>> = vec![None; parts];
            let mut starts = Vec::with_capacity(steps.len());
            for (place, step) in steps.iter().enumerate() {
                let part = step.part as usize;
                let start = if part == 0 { Some(step.time) } else { started[part - 1] };
                started[part] = started[part].max(start);
                starts.push(start);
                let is_last = steps.get(place + 1).is_none_or(|next| next.time != step.time);
                if with_windows
                    && is_last
                    && started[parts - 1].is_some_and(|start| start >= step.time.saturating_sub(span))
                {
                    let first = steps.partition_point(|other| other.time < step.time.saturating_sub(span));
                    self.met.push(group.start + first..group.start + place + 1);
                }
            }
            // By part, the earliest end of a chain that goes on from it.
            let mut ends: Vec<Option<i64>> = vec![None; parts];
            for (place, step) in steps.iter().enumerate().rev() {
                let part = step.part as usize;
                let end = if part + 1 == parts { Some(step.time) } else { ends[part + 1] };
                ends[part] = end.or(ends[part]);
                let is_short = |(start, end): (i64, i64)| end.saturating_sub(start) <= span;
                self.belongs[group.start + place] = starts[place].zip(end).is_some_and(is_short);
            }
        }
    }
}

/// Cuts what a correlation found into episodes, where nothing of the group follows within the timespan.
fn cut(correlations: &[Correlation], place: usize, all: &[Found]) -> Vec<Vec<Place>> {
    let found = &all[place];
    let mut episodes: Vec<Vec<usize>> = Vec::new();
    for step in (0..found.steps.len()).filter(|step| found.belongs[*step]) {
        let continues = episodes.last().and_then(|episode| episode.last()).is_some_and(|last| {
            let (last, step) = (&found.steps[*last], &found.steps[step]);
            last.group == step.group && step.time.saturating_sub(last.time) <= correlations[place].timespan
        });
        match episodes.last_mut() {
            Some(episode) if continues => episode.push(step),
            _ => episodes.push(vec![step]),
        }
    }
    let events = |steps: Vec<usize>| {
        let mut places = Vec::new();
        events(correlations, place, all, &mut steps.into_iter(), &mut places);
        places.sort_unstable();
        places.dedup();
        places
    };
    episodes.into_iter().map(events).collect()
}

/// The places of the events that steps stand for: those of a correlation for the events of its window.
fn events(
    correlations: &[Correlation],
    place: usize,
    all: &[Found],
    steps: &mut dyn Iterator<Item = usize>,
    places: &mut Vec<Place>,
) {
    let found = &all[place];
    let mut windows: Vec<Vec<Range<usize>>> = vec![Vec::new(); correlations.len()];
    for step in steps.map(|step| &found.steps[step]) {
        match correlations[place].parts[step.part as usize] {
            Part::Rule(_) => places.push((step.evidence, step.offset)),
            Part::Correlation(other) => windows[other].push(all[other].met[step.offset as usize].clone()),
        }
    }
    for (other, mut windows) in windows.into_iter().enumerate().filter(|(_, windows)| !windows.is_empty()) {
        // Windows overlap; each of their steps is asked once.
        windows.sort_unstable_by_key(|window| window.start);
        let mut done = 0;
        let mut inside = windows.into_iter().flat_map(|window| {
            let fresh = window.start.max(done)..window.end;
            done = done.max(window.end);
            fresh
        });
        let mut inside = inside.by_ref().filter(|step| all[other].belongs[*step]);
        events(correlations, other, all, &mut inside, places);
    }
}

#[cfg(test)]
mod tests;
