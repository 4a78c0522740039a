//! Joins records to events while lines of many events interleave.
//!
//! An event is what shares node, time and serial: the serial alone starts again with every boot (formats.md h.3).
//! Every record that is fed comes out in exactly one event. What is held is bounded by [`Limits`].

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::Range;

use super::event::{Ended, Event, Kept};
use super::kinds;
use super::record::{Clock, Record};
use crate::model::Micros;

/// How much may be held, and how long an event is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// An event ends when so many records came after its last one.
    pub records: u64,
    /// An event ends when a record of the same node is so many seconds younger. A system call that blocks keeps the
    /// time of its start, so that this must not be short.
    pub seconds: i64,
    /// How many records after PROCTITLE an EOE is waited for.
    pub eoe: u64,
    /// Open events.
    pub open: usize,
    /// Records of one event.
    pub of_event: usize,
    /// Bytes of all records that are held, about.
    pub bytes: usize,
    /// Events that were given out and are remembered by name.
    pub remembered: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { records: 8192, seconds: 60, eoe: 64, open: 4096, of_event: 4096, bytes: 16 << 20, remembered: 8192 }
    }
}

/// What tells an event from every other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Name {
    node: Option<String>,
    clock: Clock,
    time: Micros,
    serial: u64,
}

struct Open {
    name: Name,
    records: Vec<Kept>,
    weight: usize,
    /// When it ends if nothing comes: a count of records fed.
    due: u64,
    syscall: bool,
    /// PATH records that the SYSCALL record announced, less those that came.
    paths: i64,
    titled: bool,
}

impl Open {
    /// Whether no other record than EOE can come, see [`Grouper`].
    fn complete(&self) -> bool {
        self.titled && self.syscall && self.paths <= 0
    }

    /// Takes note of a record that comes to the event and says whether it ends it.
    fn note(&mut self, record: &Record<'_>) -> Option<Ended> {
        match &*record.kind {
            "EOE" => return Some(Ended::Eoe),
            "SYSCALL" | "URINGOP" => {
                self.syscall = true;
                let items = record.field("items").and_then(|field| field.value.parse::<u32>().ok());
                self.paths += items.map_or(0, i64::from);
            }
            "PATH" => self.paths -= 1,
            "PROCTITLE" => self.titled = true,
            _ => {}
        }
        // One record of a type that is alone: as the first it is the event, after others it belongs to them.
        let alone = self.records.is_empty() && record.number.is_some_and(kinds::is_alone);
        if alone {
            return Some(Ended::Alone);
        }
        None
    }
}

/// Groups records to events.
///
/// PROCTITLE ends an event only when no other record of it but EOE can come. The kernel writes SYSCALL first, PATH as
/// often as `items=` says, PROCTITLE after them and EOE last (kernel/auditsc.c, `audit_log_exit`), so the event must
/// have its SYSCALL (or URINGOP) and all its PATH records. It is then given out with its EOE, or, as auditd does not
/// write EOE to its file, when `eoe` more records have come. A PROCTITLE that comes before the rest, in a log that was
/// sorted or sent by datagrams, ends nothing.
pub struct Grouper {
    limits: Limits,
    fed: u64,
    slot: u64,
    bytes: usize,
    open: HashMap<u64, Open>,
    slots: HashMap<Name, u64>,
    due: BTreeSet<(u64, u64)>,
    times: BTreeSet<(Option<String>, Clock, Micros, u64)>,
    given: HashSet<Name>,
    order: VecDeque<Name>,
}

impl Default for Grouper {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Grouper {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            fed: 0,
            slot: 0,
            bytes: 0,
            open: HashMap::new(),
            slots: HashMap::new(),
            due: BTreeSet::new(),
            times: BTreeSet::new(),
            given: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    /// Takes the next record with the place it was read from, and returns the events that have ended by it.
    pub fn feed(&mut self, record: Record<'_>, line: u64, range: Range<u64>) -> Vec<Event> {
        self.fed += 1;
        let record = record.into_owned();
        let node = record.node.as_deref().map(str::to_owned);
        let mut ended = Vec::new();
        if let (Some(time), Some(serial)) = (record.time, record.serial) {
            let name = Name { node, clock: record.clock, time, serial };
            self.expire(&name, &mut ended);
            self.keep(name, Kept { record, line, range }, &mut ended);
        } else {
            let (time, clock, serial) = (record.time, record.clock, record.serial);
            let records = vec![Kept { record, line, range }];
            ended.push(Event { node, time, clock, serial, records, ended: Ended::Nameless, continues: false });
        }
        self.shrink(&mut ended);
        ended
    }

    /// Returns every event that is still open, in the order of their first records.
    pub fn finish(&mut self) -> Vec<Event> {
        let mut slots: Vec<u64> = self.open.keys().copied().collect();
        slots.sort_unstable();
        let mut ended = Vec::new();
        for slot in slots {
            self.end(slot, Ended::Finish, &mut ended);
        }
        ended
    }

    fn keep(&mut self, name: Name, kept: Kept, ended: &mut Vec<Event>) {
        let slot = match self.slots.get(&name) {
            Some(slot) => *slot,
            None => self.start(name),
        };
        let Some(open) = self.open.get_mut(&slot) else { return };
        let weight = kept.record.weight();
        let end = open.note(&kept.record);
        open.records.push(kept);
        open.weight += weight;
        self.bytes += weight;
        self.due.remove(&(open.due, slot));
        open.due = self.fed + if open.complete() { self.limits.eoe } else { self.limits.records };
        self.due.insert((open.due, slot));
        let full = open.records.len() >= self.limits.of_event;
        if let Some(why) = end.or(full.then_some(Ended::Full)) {
            self.end(slot, why, ended);
        }
    }

    fn start(&mut self, name: Name) -> u64 {
        self.slot += 1;
        self.slots.insert(name.clone(), self.slot);
        self.times.insert((name.node.clone(), name.clock, name.time, self.slot));
        let open = Open { name, records: Vec::new(), weight: 0, due: 0, syscall: false, paths: 0, titled: false };
        self.open.insert(self.slot, open);
        self.slot
    }

    /// Ends what waited long enough by the count of records, or by the clock of the record that is coming.
    fn expire(&mut self, coming: &Name, ended: &mut Vec<Event>) {
        while let Some((due, slot)) = self.due.first().copied() {
            if due >= self.fed || self.slots.get(coming) == Some(&slot) {
                break;
            }
            self.end(slot, Ended::Window, ended);
        }
        let before = Micros(coming.time.0.saturating_sub(self.limits.seconds.saturating_mul(1_000_000)));
        let oldest = (coming.node.clone(), coming.clock, Micros(i64::MIN), 0);
        let latest = (coming.node.clone(), coming.clock, before, 0);
        let old: Vec<u64> = self.times.range(oldest..latest).map(|(.., slot)| *slot).collect();
        for slot in old {
            self.end(slot, Ended::Window, ended);
        }
    }

    /// Ends the events that have waited longest until what is held is within the limits.
    fn shrink(&mut self, ended: &mut Vec<Event>) {
        while self.open.len() > self.limits.open || self.bytes > self.limits.bytes {
            let Some((_, slot)) = self.due.first().copied() else { return };
            self.end(slot, Ended::Full, ended);
        }
    }

    fn end(&mut self, slot: u64, why: Ended, ended: &mut Vec<Event>) {
        let Some(open) = self.open.remove(&slot) else { return };
        let why = if why != Ended::Eoe && open.complete() { Ended::Proctitle } else { why };
        self.due.remove(&(open.due, slot));
        self.slots.remove(&open.name);
        self.bytes -= open.weight;
        let name = open.name;
        self.times.remove(&(name.node.clone(), name.clock, name.time, slot));
        let continues = !self.given.insert(name.clone());
        if !continues {
            self.order.push_back(name.clone());
        }
        if self.order.len() > self.limits.remembered
            && let Some(oldest) = self.order.pop_front()
        {
            self.given.remove(&oldest);
        }
        ended.push(Event {
            node: name.node,
            time: Some(name.time),
            clock: name.clock,
            serial: Some(name.serial),
            records: open.records,
            ended: why,
            continues,
        });
    }
}
