//! A replay as the screens ask for it, one moment at a time. The rules are played over the case once; after that a moment
//! is looked up, the same whichever way the screens came to it.

use std::sync::{Arc, Mutex, PoisonError};

use coldcase_tui::ask::{Direction, Fired, Go, Moment, Open, RecordId, Seen, Window};

use super::Ask;
use super::answers::{level, record_id, width};
use super::rows::rows;
use crate::cli::{rules, secrets};
use crate::engine::{Parameter, Played, Window as Held};
use crate::error::Result;
use crate::model::Micros;

/// Events read at once on either side of where a replay is.
const NEAR: usize = 256;
/// How far to look for them, in microseconds, before the whole case is looked through.
const REACH: [i64; 3] = [60_000_000, 3_600_000_000, 86_400_000_000];

/// A place in the order of the timeline: time, evidence, offset.
type Key = (i64, u32, u64);

/// What is kept of a case while it is replayed.
pub struct Stage {
    played: Played,
    case: Window,
    near: Mutex<Arc<Near>>,
}

/// Events that follow each other in the timeline.
#[derive(Default)]
struct Near {
    rows: Vec<Seen>,
    /// There is none before the first, or after the last.
    begins: bool,
    ends: bool,
}

impl Near {
    /// How many rows are at a place or before it; with `before`, strictly before it.
    fn count(&self, place: Key, before: bool) -> usize {
        self.rows.partition_point(|row| if before { key(row) < place } else { key(row) <= place })
    }

    /// The row at an index and the time of the one after it, when both are known; None when they have to be read.
    fn at(&self, index: Option<usize>) -> Option<(Option<Seen>, Option<i64>)> {
        let next = |index: usize| match self.rows.get(index) {
            Some(row) => Some(Some(row.time)),
            None => self.ends.then_some(None),
        };
        match index {
            Some(index) => Some((Some(self.rows.get(index)?.clone()), next(index + 1)?)),
            None if self.begins => Some((None, next(0)?)),
            None => None,
        }
    }

    /// Where a move leads: the event and the time of the next. The outer None: it has to be read.
    fn seek(&self, by: Move) -> Option<(Option<Seen>, Option<i64>)> {
        match by {
            Move::LastBy(place) => self.at(self.count(place, false).checked_sub(1)),
            Move::Before(place) => self.at(self.count(place, true).checked_sub(1)),
            Move::After(place) => {
                let count = self.count(place, false);
                let known = count > 0 || self.begins;
                match self.rows.get(count) {
                    Some(_) if known => self.at(Some(count)),
                    None if known && self.ends => Some((None, None)),
                    _ => None,
                }
            }
        }
    }
}

/// A move among events.
#[derive(Clone, Copy)]
enum Move {
    /// To the last at a place or before it.
    LastBy(Key),
    Before(Key),
    After(Key),
}

impl Ask<'_> {
    pub fn moment(&self, go: Go, bins: u16, limit: u32) -> Result<Moment> {
        let stage = self.stage()?;
        let fires = stage.played.fires();
        // Every event of an instant is at it or before.
        let by = |time: i64| Move::LastBy((time, u32::MAX, u64::MAX));
        let (time, (event, next), end) = match go {
            Go::To(time) => (time, self.near(&stage, by(time))?, false),
            Go::Finding { from, direction } => {
                let found = match direction {
                    Direction::Forward => fires.get(fires.partition_point(|fire| fire.time.0 <= from)),
                    Direction::Back => fires.iter().take_while(|fire| fire.time.0 < from).last(),
                };
                let time = found.map_or(from, |fire| fire.time.0);
                (time, self.near(&stage, by(time))?, found.is_none())
            }
            Go::Event { from, direction } => {
                let place = from.map_or((i64::MIN, 0, 0), |(time, id)| (time, id.evidence, id.offset));
                let to = match direction {
                    Direction::Forward => Move::After(place),
                    Direction::Back => Move::Before(place),
                };
                let (event, next) = self.near(&stage, to)?;
                match event {
                    Some(event) => (event.time, (Some(event), next), false),
                    // There is none: it stays where it was.
                    None => (from.map_or(i64::MIN, |(time, _)| time), self.near(&stage, Move::LastBy(place))?, true),
                }
            }
        };
        // Before all events is where the case begins.
        let time = if time == i64::MIN { stage.case.from.unwrap_or(0) } else { time };
        let found = fires.partition_point(|fire| fire.time.0 <= time);
        let windows = stage.played.at(Micros(time))?;
        let mut marks = vec![false; usize::from(bins)];
        if let (Some(from), Some(to)) = (stage.case.from, stage.case.to) {
            let width = width(from, to, bins);
            for fire in fires {
                let bin = usize::try_from((fire.time.0 - from).div_euclid(width)).ok();
                if let Some(mark) = bin.and_then(|bin| marks.get_mut(bin)) {
                    *mark = true;
                }
            }
        }
        Ok(Moment {
            time,
            end,
            case: stage.case,
            event,
            next,
            next_finding: fires.get(found).map(|fire| fire.time.0),
            found: found as u64,
            findings: fires.len() as u64,
            last: found.checked_sub(1).map(|last| Fired {
                time: fires[last].time.0,
                level: level(Some(fires[last].level.as_str())),
                title: fires[last].title.clone(),
            }),
            open: windows.len() as u64,
            windows: windows.iter().take(limit as usize).map(open).collect(),
            marks,
        })
    }

    /// Plays the rules of the pack over the case, once. Whoever asks meanwhile waits for the same.
    fn stage(&self) -> Result<Arc<Stage>> {
        let mut kept = self.desk.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stage) = kept.as_ref() {
            return Ok(Arc::clone(stage));
        }
        let (set, _) = rules::load(&[])?;
        let played = self.desk.engine.play(&set)?;
        let (from, to) = self.extent()?;
        let stage = Arc::new(Stage { played, case: Window { from, to }, near: Mutex::default() });
        *kept = Some(Arc::clone(&stage));
        Ok(stage)
    }

    /// The event a move leads to, and when the one after it is.
    fn near(&self, stage: &Stage, by: Move) -> Result<(Option<Seen>, Option<i64>)> {
        let kept = Arc::clone(&stage.near.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(found) = kept.seek(by) {
            return Ok(found);
        }
        let (Move::LastBy(place) | Move::Before(place) | Move::After(place)) = by;
        let (mut before, begins) = self.side(place, false)?;
        let (after, ends) = self.side(place, true)?;
        before.reverse();
        before.extend(after);
        let near = Arc::new(Near { rows: before, begins, ends });
        let found = near.seek(by).unwrap_or_default();
        *stage.near.lock().unwrap_or_else(PoisonError::into_inner) = near;
        Ok(found)
    }

    /// The events on one side of a place, the nearest first, and whether there is none further on. The place itself is
    /// on the side before it.
    fn side(&self, place: Key, after: bool) -> Result<(Vec<Seen>, bool)> {
        let (time, evidence, offset) = place;
        let (sign, order, edge) = if after { (">", "", "<=") } else { ("<", " DESC", ">=") };
        let same = if after { "" } else { "=" };
        let test = format!(
            "(time {sign} $time OR (time = $time AND (evidence {sign} {evidence} OR \
             (evidence = {evidence} AND \"offset\" {sign}{same} {offset}))))"
        );
        let reaches = REACH.map(Some).into_iter().chain([None]);
        let mut found = Vec::new();
        for reach in reaches {
            let far = reach.and_then(|reach| if after { time.checked_add(reach) } else { time.checked_sub(reach) });
            let within = far.map_or(String::new(), |_| format!(" AND time {edge} $far"));
            let parameters = [("time", Some(time)), ("far", far)];
            let parameters =
                parameters.into_iter().filter_map(|(name, at)| Some((name.to_owned(), Parameter::Time(Micros(at?)))));
            let answer = self.sql(
                &format!(
                    "SELECT evidence, \"offset\", length, time, actor, verb, object, status FROM timeline \
                     WHERE {test}{within} ORDER BY time{order}, evidence{order}, \"offset\"{order} LIMIT {NEAR}"
                ),
                &parameters.collect::<Vec<_>>(),
            )?;
            found = rows(&answer).map(|row| seen(&row)).collect();
            // Two tell where a move leads and what comes after it.
            if found.len() >= 2 || far.is_none() {
                let all = far.is_none() && found.len() < NEAR;
                return Ok((found, all));
            }
        }
        Ok((found, true))
    }
}

fn key(row: &Seen) -> Key {
    (row.time, row.id.evidence, row.id.offset)
}

fn seen(row: &super::rows::Row<'_>) -> Seen {
    let id: RecordId = record_id(row);
    let status = row.text(7).map_or(String::new(), |status| format!(" → {status}"));
    let words = [row.text(5), row.text(6)].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Seen { id, time: row.number(3), actor: row.text(4), what: format!("{words}{status}") }
}

fn open(held: &Held<'_>) -> Open {
    let number = |number: f64| if number.fract() == 0.0 { format!("{number}") } else { format!("{number:.1}") };
    let key = |(name, value): &(&str, &str)| {
        format!("{}={}", name.rsplit('.').next().unwrap_or(name), secrets::column(name, value))
    };
    Open {
        rule: held.rule.name.clone(),
        title: held.rule.title.clone(),
        level: level(Some(held.rule.level.as_str())),
        group: held.group.iter().map(key).collect::<Vec<_>>().join(" "),
        reached: match held.wanted {
            Some(wanted) => format!("{} of {}", number(held.reached), number(wanted)),
            None => number(held.reached),
        },
        share: held.share().map(|share| (share * 100.0) as u8),
        steps: held.parts.iter().map(|(name, hit)| ((*name).to_owned(), *hit)).collect(),
        ends: held.ends.0,
        complete: held.complete.map(|time| time.0),
    }
}

#[cfg(test)]
mod tests;
