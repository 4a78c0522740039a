//! A replay of the sample incident: its moments against what the rules found, and against each other.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use coldcase_tui::ask::{Direction, Go, Moment};

use super::super::{Ask, Desk};
use crate::case::Case;
use crate::cli::ByArg;

const AT: &str = "2031-04-05T06:07:08.000000Z";

fn ask<'a>(desk: &'a Desk, stop: &'a AtomicBool) -> Ask<'a> {
    Ask { desk, stop }
}

fn moment(desk: &Desk, go: Go) -> Moment {
    ask(desk, &AtomicBool::new(false)).moment(go, 40, 1000).unwrap()
}

/// What hangs on the time alone: all but the event among several of one instant.
fn state(moment: &Moment) -> Moment {
    Moment { event: None, next: None, end: false, ..moment.clone() }
}

#[test]
fn a_replay_shows_what_the_rules_found_and_the_same_whichever_way_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("case");
    let mut case = Case::create(&dir, AT).unwrap();
    let evidence = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/incidents/aks-intrusion/evidence");
    case.ingest(&[evidence], AT, &mut |_| {}).unwrap();
    let desk = Desk::open(Case::open(&dir).unwrap(), ByArg::unknown(), None).unwrap();

    // Every finding comes to be once, and the window of a correlation is complete at its last event.
    let (rules, _) = crate::cli::rules::load(&[]).unwrap();
    let replay = desk.engine.replay(&rules).unwrap();
    let stop = AtomicBool::new(false);
    let stage = ask(&desk, &stop).stage().unwrap();
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    let happened = replay.findings.iter().filter(|finding| !finding.stands);
    happened.clone().for_each(|finding| *counts.entry(&finding.rule).or_default() += 1);
    stage.played.fires().iter().for_each(|fire| *counts.entry(&fire.rule).or_default() -= 1);
    assert!(counts.values().all(|count| *count == 0), "{counts:?}");
    let is_correlation = |rule: &str| rules.correlations.iter().any(|correlation| correlation.meta.name == rule);
    let correlated: Vec<_> = happened.filter(|finding| is_correlation(&finding.rule)).collect();
    assert!(correlated.len() >= 10, "{}", correlated.len());
    for finding in correlated {
        let last = finding.last.unwrap();
        let windows = stage.played.at(last).unwrap();
        let complete = windows.iter().any(|w| w.rule.name == finding.rule && w.complete == Some(last));
        assert!(complete, "{} at {last:?}", finding.rule);
    }

    // Step by step the events come in the order of the timeline.
    let sql = "SELECT evidence, \"offset\" FROM timeline WHERE time IS NOT NULL ORDER BY time, evidence, \"offset\" LIMIT 300";
    let order = ask(&desk, &stop).sql(sql, &[]).unwrap();
    let order: Vec<(i64, i64)> = super::rows(&order).map(|row| (row.number(0), row.number(1))).collect();
    let mut here = moment(&desk, Go::Event { from: None, direction: Direction::Forward });
    let mut walked = Vec::new();
    for _ in 0..order.len() {
        let event = here.event.clone().unwrap();
        walked.push((i64::from(event.id.evidence), event.id.offset as i64));
        let (from, told) = (Some((event.time, event.id)), here.next);
        here = moment(&desk, Go::Event { from, direction: Direction::Forward });
        assert_eq!(here.event.as_ref().map(|event| event.time), told, "the next was told of before it came");
    }
    assert_eq!(walked, order);

    // Any way to a moment shows what somebody sees who goes there first of all.
    let case = moment(&desk, Go::To(0)).case;
    let (from, to) = (case.from.unwrap(), case.to.unwrap());
    let fresh = Desk::open(Case::open(&dir).unwrap(), ByArg::unknown(), None).unwrap();
    *fresh.stage.lock().unwrap() = Some(std::sync::Arc::new(super::Stage {
        played: fresh.engine.play(&rules).unwrap(),
        case,
        near: std::sync::Mutex::default(),
    }));
    let mut random = 7u64;
    let mut next = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        random >> 33
    };
    let mut seen = 0;
    for _ in 0..60 {
        let direction = if next() % 2 == 0 { Direction::Forward } else { Direction::Back };
        let event = here.event.as_ref().map(|event| (event.time, event.id));
        let go = match next() % 4 {
            0 => Go::To(from + (next() as i64 * 1_000_003) % (to - from)),
            1 => Go::Finding { from: here.time, direction },
            _ => Go::Event { from: event, direction },
        };
        here = moment(&desk, go);
        let stage = fresh.stage.lock().unwrap().clone().unwrap();
        *stage.near.lock().unwrap() = std::sync::Arc::default();
        assert_eq!(moment(&fresh, go), here, "{go:?}");
        *stage.near.lock().unwrap() = std::sync::Arc::default();
        assert_eq!(state(&moment(&fresh, Go::To(here.time))), state(&here), "{go:?}");
        seen = seen.max(here.open);
    }
    assert!(seen > 3, "the walk must come by open windows: {seen}");
}
