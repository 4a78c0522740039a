//! One logical event is stored once, however many routes brought it.
//!
//! Two records are one event when auditID, stage, stageTimestamp and content agree, and both bodies where both copies
//! hold them. The auditID alone proves nothing, since a client can choose it. Copies differ in what they hold: a table
//! may lack a column, a body may be cut. The copy that holds more is the one that stays; where each holds what the
//! other lacks, one row takes both.

use std::collections::HashMap;
use std::path::Path;

use ahash::RandomState;

use super::copies::Copies;
use super::merge::Place;
use crate::error::Result;
use crate::formats::{AuditKey, ObjectKey, RowKey};
use crate::model::Recorded;

/// What is to be done with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Not seen before.
    Store,
    /// Holds nothing that the stored copy does not hold.
    Duplicate,
    /// Holds more than the copies at these places, which it takes the place of.
    Replace(Vec<Place>),
    /// Each of these copies, the new one among them, holds what another lacks: the row at `into` takes what the rows
    /// at `from` have more.
    Join { into: Place, from: Vec<Place> },
}

/// Every event and object of a case, by key.
pub struct Seen {
    events: Copies,
    // Keys are hashes already, but of text that an attacker may have chosen.
    objects: HashMap<u64, (), RandomState>,
    /// Rows of open tables: how often each is stored, and how often it came in the input that brought it last.
    rows: HashMap<u64, Often, RandomState>,
}

#[derive(Default, Clone, Copy)]
struct Often {
    stored: u32,
    evidence: u32,
    here: u32,
}

/// An event as one record brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    pub key: AuditKey,
    /// Event time, from the envelope when the event's own was cut off.
    pub time: Option<i64>,
    pub place: Place,
}

impl Copy {
    /// The minute it is kept under, where several have one key.
    pub fn minute(&self) -> i64 {
        self.time.map_or(i64::MIN, |time| time.div_euclid(MINUTE))
    }

    /// The row of the copy with the event's own time and the most bodies is the one to complete.
    fn rank(&self) -> (bool, bool, bool, std::cmp::Reverse<u16>, std::cmp::Reverse<Place>) {
        let has = |field| !self.key.missing.misses(field);
        (
            has(Recorded::STAGE_TIME),
            has(Recorded::REQUEST),
            has(Recorded::RESPONSE),
            std::cmp::Reverse(self.key.missing.0),
            std::cmp::Reverse(self.place),
        )
    }

    /// What the two copies hold together, at the place of the better.
    fn joined(self, other: Copy) -> Copy {
        let (best, more) = if self.rank() >= other.rank() { (self, other) } else { (other, self) };
        let either = |a: u64, b: u64| if a == 0 { b } else { a };
        let start = if best.key.start.shows_all(&more.key.start) { best.key.start } else { more.key.start };
        Copy {
            key: AuditKey {
                id: best.key.id,
                stage_time: best.key.stage_time.or(more.key.stage_time),
                content: best.key.content,
                request: either(best.key.request, more.key.request),
                start,
                response: either(best.key.response, more.key.response),
                missing: best.key.missing.both(more.key.missing),
            },
            time: best.time.or(more.time),
            place: best.place,
        }
    }
}

/// In microseconds.
pub const MINUTE: i64 = 60_000_000;

/// How far an envelope's time may be from the stage's, in microseconds: the pipeline stamps a record right after.
const ENVELOPE_LAG: i64 = 2_000_000;

impl Seen {
    /// Starts empty; `dir` is where a temporary file may be made.
    pub fn new(dir: &Path) -> Seen {
        Seen { events: Copies::new(dir), objects: HashMap::default(), rows: HashMap::default() }
    }

    /// Decides on one audit event and remembers it when it is stored.
    ///
    /// # Errors
    /// When the temporary file of the keys cannot be read or written.
    pub fn event(&mut self, key: &AuditKey, time: Option<i64>, place: Place) -> Result<Fate> {
        let new = Copy { key: key.clone(), time, place };
        let Some(number) = self.events.find_or_add(&new)? else {
            return Ok(Fate::Store);
        };
        // Without a time nothing tells an event that came twice from two events.
        let near = time.map_or(Ok(Vec::new()), |time| self.events.near(number, time))?;
        let same: Vec<Copy> = near.into_iter().filter(|old| is_same(old, &new)).collect();
        if same.iter().any(|old| holds_all(old, &new)) {
            return Ok(Fate::Duplicate);
        }
        let places: Vec<Place> = same.iter().map(|old| old.place).collect();
        if same.iter().all(|old| holds_all(&new, old)) {
            self.events.replace(number, &places, new)?;
            return Ok(if places.is_empty() { Fate::Store } else { Fate::Replace(places) });
        }
        // A copy with a coarse time may be the same as two events that are not the same: it completes the first only.
        let first = same[0].place;
        let joined = new.joined(same[0].clone());
        let into = joined.place;
        self.events.replace(number, &[first], joined)?;
        Ok(Fate::Join { into, from: vec![if into == place { first } else { place }] })
    }

    /// Says which events come next.
    pub fn ahead(&self, keys: &[AuditKey]) {
        self.events.ahead(keys);
    }

    /// Makes room for about so many more events.
    pub fn expect(&mut self, events: u64) {
        self.events.expect(usize::try_from(events).unwrap_or(0));
    }

    /// Decides on one snapshot object and remembers it.
    pub fn object(&mut self, key: ObjectKey) -> Fate {
        match self.objects.insert(key.0, ()) {
            None => Fate::Store,
            Some(()) => Fate::Duplicate,
        }
    }

    /// Decides on one row of an open table. Two equal lines of one input may be two events of one moment, so all of
    /// them are stored; another input that has as many of them brings nothing new. A row with an id of its own is the
    /// same wherever it comes from.
    pub fn row(&mut self, key: RowKey, evidence: u32) -> Fate {
        let often = self.rows.entry(key.hash).or_default();
        if often.evidence != evidence {
            (often.evidence, often.here) = (evidence, 0);
        }
        often.here += 1;
        if often.here > often.stored && !(key.unique && often.stored > 0) {
            often.stored += 1;
            return Fate::Store;
        }
        Fate::Duplicate
    }

    /// Notes a row that an earlier intake stored.
    pub fn row_was_stored(&mut self, hash: u64) {
        // No new input has this number.
        let often = self.rows.entry(hash).or_insert(Often { evidence: u32::MAX, ..Often::default() });
        often.stored += 1;
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
        // auditID would look the same, unless what is left of it is how the other begins.
        (Some(stage), None) => near(stage, b.time) && request_agrees(a, b),
        (None, Some(stage)) => near(stage, a.time) && request_agrees(a, b),
        (None, None) => a.key.missing == b.key.missing && close(a.time, b.time) && cut_alike(a, b),
    }
}

/// Exports write times with six digits, three, none, or without seconds: the coarser is the finer cut short.
fn same_time(a: i64, b: i64) -> bool {
    let unit = grain(a).max(grain(b));
    a.div_euclid(unit) == b.div_euclid(unit)
}

/// The coarsest unit a time may have been cut to, in microseconds.
fn grain(time: i64) -> i64 {
    [MINUTE, 1_000_000, 1_000].into_iter().find(|unit| time % unit == 0).unwrap_or(1)
}

fn near(stage: i64, envelope: Option<i64>) -> bool {
    // An envelope cut to whole seconds or milliseconds may lie a little before.
    envelope.is_some_and(|time| (-1_000_000..=ENVELOPE_LAG).contains(&(time - stage)))
}

fn close(a: Option<i64>, b: Option<i64>) -> bool {
    a.zip(b).is_some_and(|(a, b)| (a - b).abs() <= ENVELOPE_LAG)
}

/// Both copies hold the request, or what is left of it in one is how it begins in the other.
fn request_agrees(a: &Copy, b: &Copy) -> bool {
    let cut = Recorded::REQUEST;
    (!a.key.missing.misses(cut) && !b.key.missing.misses(cut)) || a.key.start.agrees(&b.key.start)
}

/// Two copies that were both cut.
fn cut_alike(a: &Copy, b: &Copy) -> bool {
    a.key.request == b.key.request && (a.key.start == b.key.start || a.key.start.agrees(&b.key.start))
}

/// Says whether `a` holds everything that `b` holds.
fn holds_all(a: &Copy, b: &Copy) -> bool {
    let finer = match (a.key.stage_time, b.key.stage_time) {
        (Some(x), Some(y)) => grain(x) <= grain(y),
        (None, Some(_)) => false,
        _ => true,
    };
    finer && a.key.missing.at_least(b.key.missing) && a.key.start.shows_all(&b.key.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::key::Start;

    fn empty() -> Seen {
        Seen::new(&std::env::temp_dir())
    }

    impl Seen {
        fn fate(&mut self, key: &AuditKey, time: Option<i64>, place: Place) -> Fate {
            self.event(key, time, place).expect("a temporary file can be written")
        }
    }

    fn key(time: Option<i64>, content: u64, request: u64, missing: Recorded) -> AuditKey {
        AuditKey { id: 1, stage_time: time, content, request, start: Start::default(), response: 0, missing }
    }

    const T: i64 = 1_933_135_628_034_001;

    #[test]
    fn a_second_route_is_a_duplicate_and_a_chosen_id_is_not() {
        let mut seen = empty();
        assert_eq!(seen.fate(&key(Some(T), 7, 9, Recorded::ALL), Some(T), (0, 0)), Fate::Store);
        assert_eq!(seen.fate(&key(Some(T), 7, 9, Recorded::ALL), Some(T), (1, 0)), Fate::Duplicate);
        assert_eq!(seen.fate(&key(Some(T), 8, 9, Recorded::ALL), Some(T), (1, 1)), Fate::Store, "other content");
        assert_eq!(seen.fate(&key(Some(T), 7, 5, Recorded::ALL), Some(T), (1, 2)), Fate::Store, "other request body");
        assert_eq!(seen.fate(&key(Some(T + 1), 7, 9, Recorded::ALL), Some(T), (1, 3)), Fate::Store, "other time");
    }

    #[test]
    fn equal_lines_of_one_input_are_kept_and_those_of_another_are_not() {
        let (mut seen, line) = (empty(), RowKey { hash: 5, unique: false });
        let fates = |seen: &mut Seen, evidence, key| [seen.row(key, evidence), seen.row(key, evidence)];
        assert_eq!(fates(&mut seen, 0, line), [Fate::Store, Fate::Store]);
        assert_eq!(fates(&mut seen, 1, line), [Fate::Duplicate, Fate::Duplicate]);
        assert_eq!(seen.row(line, 1), Fate::Store, "a third time it is new");
        let named = RowKey { hash: 6, unique: true };
        assert_eq!(fates(&mut seen, 0, named), [Fate::Store, Fate::Duplicate]);
        seen.row_was_stored(7);
        assert_eq!(fates(&mut seen, 0, RowKey { hash: 7, unique: false }), [Fate::Duplicate, Fate::Store]);
    }

    #[test]
    fn the_copy_that_holds_more_stays_whatever_the_order() {
        let full = key(Some(T), 7, 9, Recorded::ALL);
        let table = key(Some(T / 1000 * 1000), 7, 9, Recorded::IMPERSONATED);
        let cut = key(None, 7, 9, Recorded::RESPONSE.without(Recorded::STAGE_TIME));
        for poor in [table, cut] {
            let mut seen = empty();
            seen.fate(&full, Some(T), (0, 0));
            assert_eq!(seen.fate(&poor, Some(T + 300), (1, 0)), Fate::Duplicate);
            let mut seen = empty();
            seen.fate(&poor, Some(T + 300), (1, 0));
            assert_eq!(seen.fate(&full, Some(T), (0, 0)), Fate::Replace(vec![(1, 0)]));
            assert_eq!(seen.fate(&poor, Some(T + 300), (2, 0)), Fate::Duplicate);
        }
    }

    #[test]
    fn copies_that_complete_one_another_become_one_row_whatever_the_order() {
        let table = key(Some(T / 1000 * 1000), 7, 9, Recorded::IMPERSONATED);
        let cut = key(None, 7, 9, Recorded::RESPONSE.without(Recorded::STAGE_TIME));
        let join = Fate::Join { into: (1, 0), from: vec![(2, 0)] };
        for turn in [[(&table, (1, 0)), (&cut, (2, 0))], [(&cut, (2, 0)), (&table, (1, 0))]] {
            let mut seen = empty();
            assert_eq!(seen.fate(turn[0].0, Some(T), turn[0].1), Fate::Store);
            assert_eq!(seen.fate(turn[1].0, Some(T), turn[1].1), join);
            assert_eq!(seen.fate(&table, Some(T), (3, 0)), Fate::Duplicate);
            assert_eq!(seen.fate(&cut, Some(T), (3, 1)), Fate::Duplicate);
            let full = key(Some(T), 7, 9, Recorded::ALL);
            assert_eq!(seen.fate(&full, Some(T), (4, 0)), Fate::Replace(vec![(1, 0)]));
        }
    }

    #[test]
    fn a_coarse_copy_does_not_make_one_event_of_two() {
        let second = T / 1_000_000 * 1_000_000;
        let cut = |time: i64| key(Some(time), 7, 9, Recorded::RESPONSE);
        let mut seen = empty();
        assert_eq!(seen.fate(&cut(second + 100_001), Some(second + 100_001), (0, 0)), Fate::Store);
        assert_eq!(seen.fate(&cut(second + 900_001), Some(second + 900_001), (0, 1)), Fate::Store);
        let coarse = key(Some(second), 7, 9, Recorded::IMPERSONATED);
        let Fate::Join { into, from } = seen.fate(&coarse, Some(second), (1, 0)) else { panic!("they complete") };
        let mut joined = [vec![into], from].concat();
        joined.sort_unstable();
        assert_eq!(joined, [(0, 0), (1, 0)], "the other event keeps its row");
    }

    #[test]
    fn the_finest_time_stays_whatever_the_order() {
        let fine = T - T.rem_euclid(1_000) + 123_000;
        let cuts = [fine, fine / 1_000_000 * 1_000_000, fine / MINUTE * MINUTE];
        for (coarse, finer) in [(cuts[1], cuts[0]), (cuts[2], cuts[0]), (cuts[2], cuts[1])] {
            let [coarse, finer] = [coarse, finer].map(|time| key(Some(time), 7, 9, Recorded::ALL));
            let mut seen = empty();
            seen.fate(&coarse, coarse.stage_time, (0, 0));
            assert_eq!(seen.fate(&finer, finer.stage_time, (1, 0)), Fate::Replace(vec![(0, 0)]));
            assert_eq!(seen.fate(&coarse, coarse.stage_time, (2, 0)), Fate::Duplicate);
        }
    }

    #[test]
    fn a_padded_request_under_a_reused_id_is_not_swallowed() {
        let mut seen = empty();
        seen.fate(&key(Some(T), 7, 9, Recorded::ALL), Some(T), (0, 0));
        let padded = key(None, 7, 0, Recorded::REQUEST.without(Recorded::RESPONSE).without(Recorded::STAGE_TIME));
        assert_eq!(seen.fate(&padded, Some(T + 300), (1, 0)), Fate::Store);
        assert_eq!(seen.fate(&padded, Some(T + 400), (1, 1)), Fate::Duplicate, "the same cut record twice");
    }

    #[test]
    fn a_request_cut_on_one_route_is_the_whole_one_of_another() {
        let body = |c: &str| format!(r#"{{"data":"{}"}}"#, c.repeat(20_000));
        let whole = AuditKey { start: Start::of_whole(&body("a")), ..key(Some(T), 7, 9, Recorded::ALL) };
        let missing = Recorded::REQUEST.without(Recorded::RESPONSE).without(Recorded::STAGE_TIME);
        let cut =
            |length: usize, c: &str| AuditKey { start: Start::of_cut(&body(c)[..length]), ..key(None, 7, 0, missing) };
        let mut seen = empty();
        seen.fate(&whole, Some(T), (0, 0));
        assert_eq!(seen.fate(&cut(15_000, "a"), Some(T + 300), (1, 0)), Fate::Duplicate);
        assert_eq!(seen.fate(&cut(15_000, "b"), Some(T + 300), (1, 1)), Fate::Store, "another body");
        assert_eq!(seen.fate(&cut(4_000, "a"), Some(T + 300), (1, 2)), Fate::Store, "too little is left to tell");
        let mut seen = empty();
        seen.fate(&cut(14_000, "a"), Some(T + 300), (1, 0));
        let longer = seen.fate(&cut(15_500, "a"), Some(T + 200), (2, 0));
        assert_eq!(longer, Fate::Replace(vec![(1, 0)]), "the longer cut shows more");
        assert_eq!(seen.fate(&whole, Some(T), (0, 0)), Fate::Replace(vec![(2, 0)]));
    }

    #[test]
    fn keys_that_were_written_to_disk_are_found_again() {
        // More than twice what is held, one of them with a request whose start matters.
        let events = 150_000_u64;
        let long = Start::of_whole(&format!(r#"{{"data":"{}"}}"#, "a".repeat(20_000)));
        let nth = |n: u64, missing| AuditKey {
            id: n,
            content: n.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            start: if n == 3 { long.clone() } else { Start::default() },
            response: n + 1,
            ..key(Some(T + n as i64), 0, 9, missing)
        };
        let mut seen = empty();
        for n in 0..events {
            assert_eq!(seen.fate(&nth(n, Recorded::USER), Some(T), (1, n)), Fate::Store, "event {n}");
        }
        for n in [0, 3, 65_535, 65_536, 140_000, events - 1] {
            assert_eq!(seen.fate(&nth(n, Recorded::USER), Some(T), (2, n)), Fate::Duplicate, "event {n}");
            let fuller = nth(n, Recorded::ALL);
            assert_eq!(seen.fate(&fuller, Some(T), (3, n)), Fate::Replace(vec![(1, n)]), "event {n}");
            assert_eq!(seen.fate(&fuller, Some(T), (4, n)), Fate::Duplicate, "event {n}");
            let other = AuditKey { response: 7, ..fuller };
            assert_eq!(seen.fate(&other, Some(T), (5, n)), Fate::Store, "event {n} with another answer");
            assert_eq!(seen.fate(&other, Some(T), (6, n)), Fate::Duplicate, "event {n} with another answer");
        }
    }
}
