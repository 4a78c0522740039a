//! Correlations against their definition, asked word by word of every window.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::sigma::{Condition, RuleFile, load};

/// Correlations over three rules, in words of Sigma; the last is the one that is asked.
pub fn correlations(bodies: &[&str]) -> Vec<Correlation> {
    let mut text = String::new();
    for (number, verb) in ["get", "list", "watch"].iter().enumerate() {
        text += &format!("title: r{number}\nname: r{number}\ndetection:\n  s: {{verb: {verb}}}\n  condition: s\n---\n");
    }
    for (number, body) in bodies.iter().enumerate() {
        text += &format!("title: c{number}\nname: c{number}\ncorrelation:\n{body}---\n");
    }
    let (set, problems) = load(&[RuleFile { path: "c.yml".into(), text }]);
    assert_eq!(problems, []);
    set.correlations
}

/// Time, group, value and rule.
pub type Made = (i64, u8, u8, usize);

/// The hits of some events; each is named by its place.
pub fn steps_of(correlations: &[Correlation], made: &[Made]) -> Steps {
    steps_in_files(correlations, made, usize::MAX)
}

/// The same, written to a file after each so many.
fn steps_in_files(correlations: &[Correlation], made: &[Made], each: usize) -> Steps {
    let mut steps = Steps::default();
    steps.keep_texts();
    for (number, correlation) in correlations.iter().enumerate() {
        for (event, (time, group, value, rule)) in made.iter().enumerate() {
            let Some(part) = correlation.parts.iter().position(|part| *part == Part::Rule(*rule)) else { continue };
            let group = [steps.word(&format!("g{group}"))];
            steps.show(group.into_iter());
            let group = if correlation.group_by.is_empty() { &[][..] } else { &group };
            let value = [steps.word(&value.to_string())];
            let value = if correlation.counted().is_empty() { &[][..] } else { &value };
            let (group, value) = (tuple(group.to_vec()), tuple(value.to_vec()) as u64);
            let step = Step { group, time: *time, part: part as u32, evidence: 0, offset: event as u64, value };
            steps.push(number, step);
            if event % each == each - 1 {
                steps.spill().unwrap();
            }
        }
    }
    steps
}

/// Asks the last of some correlations; events are named by their places.
fn found(correlations: &[Correlation], made: &[Made]) -> Vec<Vec<usize>> {
    let found = episodes(correlations, steps_of(correlations, made)).unwrap().pop().unwrap();
    found.into_iter().map(|places| places.into_iter().map(|(_, event)| event as usize).collect()).collect()
}

fn all(correlations: &[Correlation], made: &[Made]) -> Vec<usize> {
    let mut events = found(correlations, made).concat();
    events.sort_unstable();
    events.dedup();
    events
}

/// The definition: an event belongs when some window that meets the condition, or some chain, holds it.
fn by_definition(correlation: &Correlation, made: &[Made]) -> Vec<usize> {
    let span = correlation.timespan;
    let bounds = |value: f64| correlation.condition.holds(value);
    let mut events = BTreeSet::new();
    for end in made {
        let within = |event: &usize| made[*event].1 == end.1 && (end.0 - span..=end.0).contains(&made[*event].0);
        let window: Vec<usize> = (0..made.len()).filter(within).collect();
        let mut values: Vec<f64> = window.iter().map(|event| f64::from(made[*event].2)).collect();
        values.sort_by(f64::total_cmp);
        let rules: BTreeSet<usize> = window.iter().map(|event| made[*event].3).collect();
        let distinct: BTreeSet<u8> = window.iter().map(|event| made[*event].2).collect();
        let (sum, count) = (values.iter().sum::<f64>(), window.len() as f64);
        let met = match (&correlation.kind, &correlation.condition) {
            (CorrelationKind::EventCount, _) => bounds(count),
            (CorrelationKind::ValueCount { .. }, _) => bounds(distinct.len() as f64),
            (CorrelationKind::Value { measure: Measure::Sum, .. }, _) => bounds(sum),
            (CorrelationKind::Value { measure: Measure::Average, .. }, _) => bounds(sum / count),
            (CorrelationKind::Value { measure: Measure::Percentile(rank), .. }, _) => {
                let rank = f64::from(*rank) / 100.0 * (count - 1.0);
                let (below, above) = (values[rank.floor() as usize], values[rank.ceil() as usize]);
                bounds(below + rank.fract() * (above - below))
            }
            (CorrelationKind::Temporal, Condition::Words(words)) => words.hold(&|part| rules.contains(&part)),
            (CorrelationKind::Temporal, _) => bounds(rules.len() as f64),
            (CorrelationKind::TemporalOrdered, _) => false,
        };
        if met {
            events.extend(&window);
        }
        if correlation.kind == CorrelationKind::TemporalOrdered {
            let of = |rule: usize| window.iter().copied().filter(move |event| made[*event].3 == rule);
            for (first, second) in of(0).flat_map(|first| of(1).map(move |second| (first, second))) {
                for third in of(2) {
                    if made[first].0 <= made[second].0 && made[second].0 <= made[third].0 {
                        events.extend([first, second, third]);
                    }
                }
            }
        }
    }
    events.into_iter().collect()
}

const SECOND: i64 = 1_000_000;

#[test]
fn events_exactly_the_timespan_apart_are_together_and_a_microsecond_more_are_not() {
    let count = correlations(&[
        "  type: event_count\n  rules: [r0]\n  group-by: [verb]\n  timespan: 5s\n  condition: {gte: 2}\n",
    ]);
    assert_eq!(all(&count, &[(0, 0, 0, 0), (5 * SECOND, 0, 0, 0)]), [0, 1]);
    assert_eq!(all(&count, &[(0, 0, 0, 0), (5 * SECOND + 1, 0, 0, 0)]), [0usize; 0]);
    assert_eq!(all(&count, &[(0, 0, 0, 0), (1, 1, 0, 0)]), [0usize; 0], "two groups");
}

#[test]
fn a_chain_needs_its_order_and_its_span_and_has_every_event_that_could_be_a_step() {
    let chain =
        correlations(&["  type: temporal_ordered\n  rules: [r0, r1, r2]\n  group-by: [verb]\n  timespan: 9s\n"]);
    let at = |times: &[i64], rules: &[usize]| -> Vec<Made> {
        times.iter().zip(rules).map(|(time, rule)| (time * SECOND, 0, 0, *rule)).collect()
    };
    assert_eq!(all(&chain, &at(&[0, 4, 9], &[0, 1, 2])), [0, 1, 2]);
    assert_eq!(all(&chain, &at(&[0, 4, 10], &[0, 1, 2])), [0usize; 0], "too long");
    assert_eq!(all(&chain, &at(&[4, 0, 9], &[0, 1, 2])), [0usize; 0], "wrong order");
    assert_eq!(all(&chain, &at(&[3, 3, 3], &[0, 1, 2])), [0, 1, 2], "one instant is any order");
    assert_eq!(all(&chain, &at(&[9, 4, 0], &[2, 1, 0])), [0, 1, 2], "input order is no order");
    // Every first step is kept, not the last alone; what comes before any first step is none.
    assert_eq!(all(&chain, &at(&[0, 1, 2, 3, 4, 9], &[2, 0, 0, 1, 1, 2])), [1, 2, 3, 4, 5]);
    assert_eq!(all(&chain, &at(&[0, 1, 2, 10], &[0, 0, 1, 2])), [1, 2, 3], "the first of all is too early");
}

#[test]
fn what_is_quiet_for_longer_than_the_timespan_is_another_episode() {
    let count = correlations(&["  type: event_count\n  rules: [r0]\n  timespan: 5s\n  condition: {gte: 2}\n"]);
    let at = |times: &[i64]| times.iter().map(|time| (time * SECOND, 0, 0, 0)).collect::<Vec<Made>>();
    assert_eq!(found(&count, &at(&[0, 4, 8, 14, 15])), [vec![0, 1, 2], vec![3, 4]]);
}

#[test]
fn a_correlation_of_correlations_has_the_events_of_their_windows() {
    let burst = "  type: event_count\n  rules: [r0]\n  group-by: [verb]\n  timespan: 5s\n  condition: {gte: 3}\n";
    let then = "  type: temporal_ordered\n  rules: [c0, r1]\n  group-by: [verb]\n  timespan: 60s\n";
    let chain = correlations(&[burst, then]);
    assert!(!chain[0].meta.reported && chain[1].meta.reported);
    let made = |last: i64, group: u8| -> Vec<Made> {
        let failures = [0, 1, 2, 3].map(|time| (time * SECOND, 0, 0, 0));
        failures.into_iter().chain([(last * SECOND, group, 0, 1)]).collect()
    };
    assert_eq!(all(&chain, &made(63, 0)), [0, 1, 2, 3, 4], "a minute after it was met for the last time");
    assert_eq!(all(&chain, &made(64, 0)), [0usize; 0]);
    assert_eq!(all(&chain, &made(2, 0)), [0, 1, 2, 4], "what came after the step it led to is no part of it");
    assert_eq!(all(&chain, &made(1, 0)), [0usize; 0], "before it was met");
    assert_eq!(all(&chain, &made(9, 1)), [0usize; 0], "another group");
    let values = "  type: value_count\n  rules: [c0]\n  timespan: 60s\n  condition: {field: verb, gte: 2}\n";
    let spread = correlations(&[burst, values]);
    let two: Vec<Made> = (0..6).map(|n| (n * SECOND, (n % 2) as u8, 0, 0)).collect();
    assert_eq!(all(&spread, &two), [0, 1, 2, 3, 4, 5], "two groups had a burst");
    assert_eq!(all(&spread, &made(0, 0)), [0usize; 0], "one had");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..Default::default() })]

    #[test]
    fn correlations_follow_their_definition(
        made in prop::collection::vec((0..30i64, 0..2u8, 0..5u8, 0..3usize), 0..16),
        kind in 0..9usize,
        bound in prop::sample::select(vec!["gte", "gt", "lte", "lt", "eq", "neq"]),
        wanted in 1..5u32,
    ) {
        let head = [
            "event_count", "value_count", "temporal", "value_sum", "value_avg", "value_median", "value_percentile",
            "temporal", "temporal_ordered",
        ][kind];
        let more = match kind {
            1 | 3..=5 => ", field: objectRef.name",
            6 => ", field: objectRef.name, percentile: 80",
            _ => "",
        };
        let condition = match kind {
            7 => "r0 and not (r1 or not r2)".to_owned(),
            8 => "{gte: 3}".to_owned(),
            // What no count can be is refused.
            0..=2 if bound == "lt" => format!("{{lte: {}{more}}}", wanted.min(3)),
            2 => format!("{{{bound}: {}}}", if bound == "gt" { wanted.min(2) } else { wanted.min(3) }),
            _ => format!("{{{bound}: {wanted}{more}}}"),
        };
        let text = format!(
            "  type: {head}\n  rules: [r0, r1, r2]\n  group-by: [verb]\n  timespan: 4s\n  condition: {condition}\n"
        );
        let correlations = correlations(&[&text]);
        let made: Vec<Made> = made.into_iter().map(|(t, g, v, r)| (t * SECOND / 2, g, v, r)).collect();
        prop_assert_eq!(all(&correlations, &made), by_definition(&correlations[0], &made), "{}", text);
        let mut held = episodes(&correlations, steps_of(&correlations, &made)).unwrap();
        let mut in_files = episodes(&correlations, steps_in_files(&correlations, &made, 5)).unwrap();
        // Groups come in the order of their hashes.
        held.iter_mut().chain(&mut in_files).for_each(|episodes| episodes.sort());
        prop_assert_eq!(held, in_files);
    }
}
