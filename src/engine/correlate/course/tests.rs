//! What is open at a time against hits counted along as they come, and against what a replay finds.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use super::super::tests::{Made, correlations, steps_of};
use super::super::{Place, episodes};
use super::*;

/// What is shown of a window, by its group.
type Open = BTreeMap<String, (f64, i64, i64, Option<i64>)>;

/// Plays hits in order and keeps of each group those of the last timespan, as somebody would who watches.
struct Watcher<'a> {
    correlation: &'a Correlation,
    kept: BTreeMap<u8, VecDeque<Made>>,
    complete: BTreeMap<u8, i64>,
}

impl Watcher<'_> {
    /// All hits of one instant.
    fn sees(&mut self, hits: &[Made]) {
        for hit in hits {
            self.kept.entry(hit.1).or_default().push_back(*hit);
        }
        let now = hits[0].0;
        self.passes(now);
        for group in hits.iter().map(|hit| hit.1) {
            if self.meets(group) {
                self.complete.insert(group, now);
            }
        }
    }

    fn passes(&mut self, now: i64) {
        let from = now - self.correlation.timespan;
        for kept in self.kept.values_mut() {
            while kept.front().is_some_and(|hit| hit.0 < from) {
                kept.pop_front();
            }
        }
        self.kept.retain(|_, kept| !kept.is_empty());
        self.complete.retain(|_, time| *time >= from);
    }

    /// The number, and the earliest hit that counts.
    fn number(&self, group: u8) -> (f64, i64) {
        let kept = &self.kept[&group];
        let distinct = |of: fn(&Made) -> usize| {
            let mut all: Vec<usize> = kept.iter().map(of).collect();
            all.sort_unstable();
            all.dedup();
            all.len() as f64
        };
        let sum = kept.iter().map(|hit| f64::from(hit.2)).sum::<f64>();
        let first = kept[0].0;
        match &self.correlation.kind {
            CorrelationKind::EventCount => (kept.len() as f64, first),
            CorrelationKind::ValueCount { .. } => (distinct(|hit| usize::from(hit.2)), first),
            CorrelationKind::Temporal => (distinct(|hit| hit.3), first),
            CorrelationKind::Value { measure: Measure::Average, .. } => (sum / kept.len() as f64, first),
            CorrelationKind::Value { .. } => (sum, first),
            // The longest chain; of the longest the one that began last. Every choice of hits is tried.
            CorrelationKind::TemporalOrdered => (1..=3usize)
                .rev()
                .find_map(|length| {
                    let mut starts: Vec<(i64, i64)> =
                        kept.iter().filter(|hit| hit.3 == 0).map(|hit| (hit.0, hit.0)).collect();
                    for part in 1..length {
                        starts = starts
                            .iter()
                            .flat_map(|(start, end)| {
                                kept.iter().filter(move |hit| hit.3 == part && hit.0 >= *end).map(|hit| (*start, hit.0))
                            })
                            .collect();
                    }
                    starts.into_iter().map(|(start, _)| (length as f64, start)).max_by_key(|(_, start)| *start)
                })
                .unwrap_or((0.0, first)),
        }
    }

    fn meets(&self, group: u8) -> bool {
        let (number, _) = self.number(group);
        match &self.correlation.condition {
            _ if self.correlation.kind == CorrelationKind::TemporalOrdered => number == 3.0,
            Condition::Words(words) => words.hold(&|part| self.kept[&group].iter().any(|hit| hit.3 == part)),
            condition => condition.holds(number),
        }
    }

    fn open(&self) -> Open {
        let of = |(group, kept): (&u8, &VecDeque<Made>)| {
            let (number, first) = self.number(*group);
            let last = kept[kept.len() - 1].0;
            (format!("g{group}"), (number, first, last, self.complete.get(group).copied()))
        };
        self.kept.iter().map(of).collect()
    }
}

fn shown(course: &Course, time: i64) -> Open {
    let of = |window: Window<'_>| {
        let group = window.group.first().map_or(String::new(), |(_, value)| (*value).to_owned());
        (group, (window.reached, window.first.0, window.last.0, window.complete.map(|time| time.0)))
    };
    course.at(Micros(time)).unwrap().into_iter().map(of).collect()
}

const KINDS: [&str; 8] = [
    "  type: event_count\n  rules: [r0, r1, r2]\n  group-by: [verb]\n  timespan: 5s\n  condition: {gte: 3}\n",
    "  type: event_count\n  rules: [r0, r1, r2]\n  group-by: [verb]\n  timespan: 5s\n  condition: {lt: 2}\n",
    "  type: value_count\n  rules: [r0, r1, r2]\n  group-by: [verb]\n  timespan: 5s\n  condition: {field: verb, gt: 2}\n",
    "  type: value_sum\n  rules: [r0, r1, r2]\n  group-by: [verb]\n  timespan: 5s\n  condition: {field: verb, gte: 6}\n",
    "  type: value_avg\n  rules: [r0, r1, r2]\n  group-by: [verb]\n  timespan: 5s\n  condition: {field: verb, gt: 1}\n",
    "  type: temporal\n  rules: [r0, r1, r2]\n  group-by: [verb]\n  timespan: 5s\n",
    "  type: temporal\n  rules: [r0, r1, r2]\n  group-by: [verb]\n  timespan: 5s\n  condition: r0 and not r2\n",
    "  type: temporal_ordered\n  rules: [r0, r1, r2]\n  group-by: [verb]\n  timespan: 5s\n",
];

proptest! {
    #[test]
    fn a_seek_shows_what_playing_to_there_showed(
        kind in 0..KINDS.len(),
        hits in prop::collection::vec((0i64..40, 0u8..3, 0u8..4, 0usize..3), 1..40),
        seeks in prop::collection::vec(0usize..90, 1..30),
    ) {
        let correlations = correlations(&[KINDS[kind]]);
        let mut made: Vec<Made> = hits.into_iter().map(|(time, group, value, rule)| (time * 500_000, group, value, rule)).collect();
        made.sort();
        let course = Course::new(&correlations, &["r0", "r1", "r2"], steps_of(&correlations, &made)).unwrap();
        let mut watcher = Watcher { correlation: &correlations[0], kept: BTreeMap::new(), complete: BTreeMap::new() };
        // Half a second a turn: hits come in every other one, windows run out in all of them.
        let mut seen = Vec::new();
        for turn in 0..90i64 {
            let now = turn * 250_000;
            let hits: Vec<Made> = made.iter().filter(|hit| hit.0 == now).copied().collect();
            if hits.is_empty() { watcher.passes(now) } else { watcher.sees(&hits) }
            seen.push(watcher.open());
            prop_assert_eq!(&shown(&course, now), &seen[turn as usize], "at {}", now);
        }
        for turn in seeks {
            prop_assert_eq!(&shown(&course, turn as i64 * 250_000), &seen[turn]);
        }
    }

    #[test]
    fn every_result_comes_to_be_once_and_is_complete_at_its_last_hit(
        kind in 0..KINDS.len(),
        hits in prop::collection::vec((0i64..60, 0u8..3, 0u8..4, 0usize..3), 1..40),
    ) {
        let correlations = correlations(&[KINDS[kind]]);
        let made: Vec<Made> = hits.into_iter().map(|(time, group, value, rule)| (time * 1_000_000, group, value, rule)).collect();
        let found: Vec<Vec<Place>> = episodes(&correlations, steps_of(&correlations, &made)).unwrap().remove(0);
        let course = Course::new(&correlations, &["r0", "r1", "r2"], steps_of(&correlations, &made)).unwrap();
        let time = |place: &Place| made[place.1 as usize].0;
        let mut spans: Vec<(i64, i64)> = found.iter().map(|places| {
            (places.iter().map(time).min().unwrap(), places.iter().map(time).max().unwrap())
        }).collect();
        spans.sort();
        let mut fired: Vec<(i64, i64)> = course.fired().iter().map(|fired| (fired.first.0, fired.last.0)).collect();
        fired.sort();
        prop_assert_eq!(fired, spans);
        for fired in course.fired() {
            prop_assert!(fired.first <= fired.time && fired.time <= fired.last);
        }
        for places in &found {
            let (last, group) = places.iter().map(|place| (time(place), made[place.1 as usize].1)).max().unwrap();
            let open = shown(&course, last);
            prop_assert_eq!(open[&format!("g{group}")].3, Some(last));
        }
    }
}

#[test]
fn the_window_of_a_correlation_of_correlations_says_which_part_it_waits_for() {
    let burst = "  type: event_count\n  rules: [r0]\n  group-by: [verb]\n  timespan: 5s\n  condition: {gte: 3}\n";
    let then = "  type: temporal_ordered\n  rules: [c0, r1]\n  group-by: [verb]\n  timespan: 60s\n";
    let chain = correlations(&[burst, then]);
    let made: Vec<Made> = [(0, 0), (1, 0), (2, 0), (30, 1)].map(|(time, rule)| (time * 1_000_000, 0, 0, rule)).into();
    let course = Course::new(&chain, &["r0", "r1", "r2"], steps_of(&chain, &made)).unwrap();
    assert_eq!(course.at(Micros(1_000_000)).unwrap(), [], "the burst is no burst yet, and is not reported");
    let open = course.at(Micros(2_000_000)).unwrap();
    assert_eq!((open.len(), open[0].reached, open[0].wanted, open[0].complete), (1, 1.0, Some(2.0), None));
    assert_eq!(open[0].parts, [("c0", true), ("r1", false)]);
    assert_eq!((open[0].group.clone(), open[0].ends), (vec![("verb", "g0")], Micros(62_000_000)));
    assert_eq!(course.at(Micros(30_000_000)).unwrap()[0].complete, Some(Micros(30_000_000)));
    assert_eq!(course.at(Micros(90_000_001)).unwrap(), []);
    // The result has the burst too, so it begins before the window did.
    let fired: Vec<i64> = course.fired().iter().map(|fired| fired.time.0).collect();
    assert_eq!(fired, [30_000_000]);
}
