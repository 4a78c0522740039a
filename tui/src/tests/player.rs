//! The replay of the desk for tests: two correlations over its few events, each moment worked out from the start.

use super::Desk;
use crate::ask::*;

const MINUTE: i64 = 60_000_000;

/// Events of findings are hits of one correlation, reads of another.
fn windows(desk: &Desk, time: i64) -> Vec<Open> {
    let hits = |span: i64, of: fn(&EventRow) -> bool| -> Vec<i64> {
        let within = move |event: &&EventRow| (time - span..=time).contains(&event.time) && of(event);
        desk.events.iter().filter(within).map(|event| event.time).collect()
    };
    let chain = hits(30 * MINUTE, |event| event.finding.is_some());
    let reads = hits(10 * MINUTE, |event| event.finding.is_none());
    let open = |rule: &str, title: &str, level, (hits, wanted): (Vec<i64>, usize), span: i64, steps| {
        let first = *hits.first()?;
        let complete = (hits.len() >= wanted).then(|| hits[hits.len() - 1]);
        Some(Open {
            rule: rule.to_string(),
            title: desk.text(title),
            level,
            group: desk.text("username=system:serviceaccount:web:ci"),
            reached: format!("{} of {wanted}", hits.len()),
            share: Some((hits.len() * 100 / wanted).min(100) as u8),
            steps,
            ends: first + span,
            complete,
        })
    };
    let steps = ["ca-token", "pe-bind"].iter().enumerate();
    let steps = steps.map(|(at, name)| (desk.text(name), chain.len() > at + 1)).collect();
    let chain =
        open("token-then-admin", "Token minted then cluster-admin", Level::Critical, (chain, 3), 30 * MINUTE, steps);
    let reads = open("read-burst", "Many reads", Level::Low, (reads, 50), 10 * MINUTE, Vec::new());
    let mut windows: Vec<Open> = chain.into_iter().chain(reads).collect();
    windows.sort_by_key(|open| (open.complete.is_none(), std::cmp::Reverse(open.share)));
    windows
}

pub fn moment(desk: &Desk, go: Go, bins: u16, limit: u32) -> Moment {
    let findings = desk.findings().rows;
    let mut fires: Vec<(i64, &FindingRow)> = findings.iter().map(|row| (row.first, row)).collect();
    fires.sort_by_key(|(time, row)| (*time, row.id.clone()));
    let events = &desk.events;
    let order = |event: &EventRow| (event.time, event.id);
    let last_by = |time: i64| events.iter().rposition(|event| event.time <= time);
    let case = Window { from: events.first().map(|event| event.time), to: events.last().map(|event| event.time + 1) };
    let (time, event, end) = match go {
        Go::To(time) => (time, last_by(time), false),
        Go::Finding { from, direction } => {
            let to = match direction {
                Direction::Forward => fires.iter().find(|(time, _)| *time > from),
                Direction::Back => fires.iter().rfind(|(time, _)| *time < from),
            };
            let time = to.map_or(from, |(time, _)| *time);
            (time, last_by(time), to.is_none())
        }
        Go::Event { from, direction } => {
            let to = match direction {
                Direction::Forward => events.iter().position(|event| from.is_none_or(|from| order(event) > from)),
                Direction::Back => events.iter().rposition(|event| from.is_some_and(|from| order(event) < from)),
            };
            let here = from.and_then(|from| events.iter().rposition(|event| order(event) <= from));
            let at = to.or(here);
            (at.map_or(case.from.unwrap_or(0), |at| events[at].time), at, to.is_none())
        }
    };
    let windows = windows(desk, time);
    let bin = |at: u16| -> Option<(i64, i64)> {
        let (from, to) = (case.from?, case.to?);
        let edge = |at: u16| from + (to - from) * i64::from(at) / i64::from(bins);
        Some((edge(at), edge(at + 1)))
    };
    let marked = |at| bin(at).is_some_and(|(from, to)| fires.iter().any(|(time, _)| (from..to).contains(time)));
    Moment {
        time,
        end,
        case,
        event: event.map(|at| Seen {
            id: events[at].id,
            time: events[at].time,
            actor: events[at].actor.clone(),
            what: [&events[at].verb, &events[at].object].map(|cell| cell.as_deref().unwrap_or("")).join(" "),
        }),
        next: events.get(event.map_or(0, |at| at + 1)).map(|event| event.time),
        next_finding: fires.iter().map(|(at, _)| *at).find(|at| *at > time),
        found: fires.iter().filter(|(at, _)| *at <= time).count() as u64,
        findings: fires.len() as u64,
        last: fires.iter().rfind(|(at, _)| *at <= time).map(|(at, row)| Fired {
            time: *at,
            level: row.level,
            title: row.title.clone(),
        }),
        open: windows.len() as u64,
        windows: windows.into_iter().take(limit as usize).collect(),
        marks: (0..bins).map(marked).collect(),
    }
}
