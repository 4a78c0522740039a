//! One logical event is stored once, however many routes brought it.
//!
//! Two records are one event when auditID, stage, stageTimestamp and content agree, and both bodies where both copies
//! hold them. The auditID alone proves nothing, since a client can choose it. Copies differ in what they hold: a table
//! may lack a column, a body may be cut. The copy that holds more is the one that stays.

use std::collections::HashMap;

use ahash::RandomState;

use super::merge::Place;
use crate::formats::{AuditKey, ObjectKey};

/// What is to be done with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Not seen before.
    Store,
    /// Holds nothing that the stored copy does not hold.
    Duplicate,
    /// Holds more than the copies at these places, which it takes the place of.
    Replace(Vec<Place>),
}

/// Every event and object of a case, by key.
#[derive(Default)]
pub struct Seen {
    // Keys are hashes already, but of text that an attacker may have chosen.
    events: HashMap<u64, Copies, RandomState>,
    objects: HashMap<u64, (), RandomState>,
}

/// The copies stored under one (auditID, stage): nearly always one.
enum Copies {
    One(Copy),
    Many(Vec<Copy>),
}

#[derive(Clone, Copy)]
struct Copy {
    key: AuditKey,
    /// Event time, from the envelope when the event's own was cut off.
    time: Option<i64>,
    place: Place,
}

/// How far an envelope's time may be from the stage's, in microseconds: the pipeline stamps a record right after.
const ENVELOPE_LAG: i64 = 2_000_000;

impl Seen {
    /// Decides on one audit event and remembers it when it is stored.
    pub fn event(&mut self, key: &AuditKey, time: Option<i64>, place: Place) -> Fate {
        let new = Copy { key: *key, time, place };
        let Some(copies) = self.events.get_mut(&key.id) else {
            self.events.insert(key.id, Copies::One(new));
            return Fate::Store;
        };
        let known: &[Copy] = match copies {
            Copies::One(one) => std::slice::from_ref(one),
            Copies::Many(many) => many,
        };
        let same: Vec<Copy> = known.iter().filter(|old| is_same(old, &new)).copied().collect();
        if same.iter().any(|old| holds_all(old, &new)) {
            return Fate::Duplicate;
        }
        let poorer: Vec<Place> = same.iter().filter(|old| holds_all(&new, old)).map(|old| old.place).collect();
        let mut rest: Vec<Copy> = known.iter().filter(|old| !poorer.contains(&old.place)).copied().collect();
        rest.push(new);
        *copies = Copies::Many(rest);
        if poorer.is_empty() { Fate::Store } else { Fate::Replace(poorer) }
    }

    /// Decides on one snapshot object and remembers it.
    pub fn object(&mut self, key: ObjectKey) -> Fate {
        match self.objects.insert(key.0, ()) {
            None => Fate::Store,
            Some(()) => Fate::Duplicate,
        }
    }
}

/// Says whether two records are one event.
fn is_same(a: &Copy, b: &Copy) -> bool {
    let bodies = |a: u64, b: u64| a == 0 || b == 0 || a == b;
    if a.key.content != b.key.content
        || !bodies(a.key.request, b.key.request)
        || !bodies(a.key.response, b.key.response)
    {
        return false;
    }
    match (a.key.stage_time, b.key.stage_time) {
        (Some(x), Some(y)) => same_time(x, y),
        // A cut copy has only its envelope's time. When its request was cut too, a padded request that reuses an
        // auditID would look the same: it stays a row of its own.
        (Some(stage), None) => near(stage, b.time) && request_is_told(a, b),
        (None, Some(stage)) => near(stage, a.time) && request_is_told(a, b),
        (None, None) => a.key.request == b.key.request && a.key.missing == b.key.missing && close(a.time, b.time),
    }
}

/// Exports write times with six digits, three, or none: the coarser is the finer cut short.
fn same_time(a: i64, b: i64) -> bool {
    let cut =
        |coarse: i64, fine: i64, unit: i64| coarse % unit == 0 && fine.div_euclid(unit) == coarse.div_euclid(unit);
    a == b || [1_000, 1_000_000].iter().any(|unit| cut(a, b, *unit) || cut(b, a, *unit))
}

fn near(stage: i64, envelope: Option<i64>) -> bool {
    // An envelope cut to whole seconds or milliseconds may lie a little before.
    envelope.is_some_and(|time| (-1_000_000..=ENVELOPE_LAG).contains(&(time - stage)))
}

fn close(a: Option<i64>, b: Option<i64>) -> bool {
    a.zip(b).is_some_and(|(a, b)| (a - b).abs() <= ENVELOPE_LAG)
}

fn request_is_told(a: &Copy, b: &Copy) -> bool {
    let cut = crate::model::Recorded::REQUEST;
    !a.key.missing.misses(cut) && !b.key.missing.misses(cut)
}

/// Says whether `a` holds everything that `b` holds.
fn holds_all(a: &Copy, b: &Copy) -> bool {
    let finer = match (a.key.stage_time, b.key.stage_time) {
        (Some(x), Some(y)) => x == y || x % 1_000 != 0 || y % 1_000 == 0,
        (None, Some(_)) => false,
        _ => true,
    };
    finer && a.key.missing.at_least(b.key.missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Recorded;

    fn key(time: Option<i64>, content: u64, request: u64, missing: Recorded) -> AuditKey {
        AuditKey { id: 1, stage_time: time, content, request, response: 0, missing }
    }

    const T: i64 = 1_933_135_628_034_001;

    #[test]
    fn a_second_route_is_a_duplicate_and_a_chosen_id_is_not() {
        let mut seen = Seen::default();
        assert_eq!(seen.event(&key(Some(T), 7, 9, Recorded::ALL), Some(T), (0, 0)), Fate::Store);
        assert_eq!(seen.event(&key(Some(T), 7, 9, Recorded::ALL), Some(T), (1, 0)), Fate::Duplicate);
        assert_eq!(seen.event(&key(Some(T), 8, 9, Recorded::ALL), Some(T), (1, 1)), Fate::Store, "other content");
        assert_eq!(seen.event(&key(Some(T), 7, 5, Recorded::ALL), Some(T), (1, 2)), Fate::Store, "other request body");
        assert_eq!(seen.event(&key(Some(T + 1), 7, 9, Recorded::ALL), Some(T), (1, 3)), Fate::Store, "other time");
    }

    #[test]
    fn the_copy_that_holds_more_stays_whatever_the_order() {
        let full = key(Some(T), 7, 9, Recorded::ALL);
        let table = key(Some(T / 1000 * 1000), 7, 9, Recorded::IMPERSONATED);
        let cut = key(None, 7, 9, Recorded::RESPONSE.without(Recorded::STAGE_TIME));
        for poor in [table, cut] {
            let mut seen = Seen::default();
            seen.event(&full, Some(T), (0, 0));
            assert_eq!(seen.event(&poor, Some(T + 300), (1, 0)), Fate::Duplicate);
            let mut seen = Seen::default();
            seen.event(&poor, Some(T + 300), (1, 0));
            assert_eq!(seen.event(&full, Some(T), (0, 0)), Fate::Replace(vec![(1, 0)]));
            assert_eq!(seen.event(&poor, Some(T + 300), (2, 0)), Fate::Duplicate);
        }
    }

    #[test]
    fn a_padded_request_under_a_reused_id_is_not_swallowed() {
        let mut seen = Seen::default();
        seen.event(&key(Some(T), 7, 9, Recorded::ALL), Some(T), (0, 0));
        let padded = key(None, 7, 0, Recorded::REQUEST.without(Recorded::RESPONSE).without(Recorded::STAGE_TIME));
        assert_eq!(seen.event(&padded, Some(T + 300), (1, 0)), Fate::Store);
        assert_eq!(seen.event(&padded, Some(T + 400), (1, 1)), Fate::Duplicate, "the same cut record twice");
    }
}
