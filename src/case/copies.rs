//! What the stored events of a case are recognised by: a few bytes of each in memory, the rest in a temporary file.
//!
//! Nearly every event is met once, and then all that is asked is whether its key is new. So memory holds four bytes of
//! the key's hash and the number of the record; what two copies are compared by is read back for the few that meet.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ahash::RandomState;

use super::dedupe::{Copy, MINUTE};
use crate::error::{Error, Result};
use crate::formats::AuditKey;
use crate::formats::key::Start;
use crate::model::Recorded;

/// Bytes of one record.
const RECORD: usize = 64;
/// Records that are held before they are written: cases of fewer events make no file.
const HELD: usize = 1 << 16;
const SHARDS: usize = 64;

/// The events of a case by (auditID, stage) and content.
pub struct Copies {
    /// Where the file goes.
    dir: PathBuf,
    // Keys are hashes already, but of text that an attacker may have chosen.
    seed: RandomState,
    /// Number of the record by half of its key's hash.
    numbers: Numbers,
    /// Of the keys whose half belongs to another key already.
    others: HashMap<u64, u32, RandomState>,
    records: Records,
    /// How long requests begin, which few events have.
    starts: HashMap<u32, Start>,
    /// Where several events have one key, by minute: a client may use one auditID for every request it makes.
    many: HashMap<u32, BTreeMap<i64, Vec<Copy>>>,
}

impl Copies {
    /// Starts empty; `dir` is where a temporary file may be made.
    pub fn new(dir: &Path) -> Copies {
        Copies {
            dir: dir.into(),
            seed: RandomState::new(),
            numbers: Numbers::new(),
            others: HashMap::default(),
            records: Records::default(),
            starts: HashMap::new(),
            many: HashMap::new(),
        }
    }

    /// Makes room for about so many more events.
    pub fn expect(&mut self, events: usize) {
        self.numbers.reserve(events);
    }

    /// Returns the number of the key of this event when it is there; else adds the event as the first of its key.
    ///
    /// # Errors
    /// When the temporary file cannot be read or written.
    pub fn find_or_add(&mut self, new: &Copy) -> Result<Option<u32>> {
        let key = key_of(&new.key);
        let next = u32::try_from(self.records.count).expect("keys of 4 billion events do not fit on a disk");
        let first = self.numbers.find_or_add(self.half(key), next);
        if first != next {
            if key_of(&self.read(first)?.key) == key {
                return Ok(Some(first));
            }
            let other = *self.others.entry(key).or_insert(next);
            if other != next {
                return Ok(Some(other));
            }
        }
        self.records.push(&self.dir, &packed(new))?;
        if new.key.start != Start::default() {
            self.starts.insert(next, new.key.start.clone());
        }
        Ok(None)
    }

    /// Says which keys will be asked for next. Where they are is mostly out of the near caches; to look at all of them
    /// before costs what waiting for one does.
    pub fn ahead(&self, keys: &[AuditKey]) {
        let look = |sum, key| sum ^ self.numbers.look(self.half(key_of(key)));
        std::hint::black_box(keys.iter().fold(0, look));
    }

    fn half(&self, key: u64) -> u32 {
        (self.seed.hash_one(key) >> 32) as u32
    }

    /// The copies under a key that may be the same event as one of that time: two times of one event are less than a
    /// minute apart.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn near(&mut self, number: u32, time: i64) -> Result<Vec<Copy>> {
        if let Some(many) = self.many.get(&number) {
            let minute = time.div_euclid(MINUTE);
            return Ok(many.range(minute - 1..=minute + 1).flat_map(|(_, copies)| copies).cloned().collect());
        }
        self.read(number).map(|one| vec![one])
    }

    /// Keeps `kept` under a key, in the place of the copies at `places`.
    ///
    /// # Errors
    /// When the temporary file cannot be read or written.
    pub fn replace(&mut self, number: u32, places: &[super::merge::Place], kept: Copy) -> Result<()> {
        if !self.many.contains_key(&number) {
            let one = self.read(number)?;
            if places.contains(&one.place) {
                self.starts.remove(&number);
                if kept.key.start != Start::default() {
                    self.starts.insert(number, kept.key.start.clone());
                }
                return self.records.set(&self.dir, number, &packed(&kept));
            }
            self.many.insert(number, BTreeMap::from([(one.minute(), vec![one])]));
        }
        let many = self.many.entry(number).or_default();
        let minute = kept.minute();
        if !places.is_empty() {
            let near = many.range_mut(minute.saturating_sub(1)..=minute.saturating_add(1));
            near.for_each(|(_, copies)| copies.retain(|old| !places.contains(&old.place)));
        }
        many.entry(minute).or_default().push(kept);
        Ok(())
    }

    /// The first copy of a key, when it is the only one.
    fn read(&mut self, number: u32) -> Result<Copy> {
        let start = self.starts.get(&number).cloned().unwrap_or_default();
        Ok(unpacked(&self.records.get(&self.dir, number)?, start))
    }
}

/// Numbers by halves of hashes, in many tables: one that grows is there twice for a while.
struct Numbers {
    tables: [Table; SHARDS],
}

/// Each slot has half a hash above and a number below, or is free; three quarters are taken at most.
#[derive(Default)]
struct Table {
    slots: Vec<u64>,
    taken: usize,
}

const FREE: u64 = u64::MAX;
/// The smallest table.
const LEAST: usize = 16;

impl Numbers {
    fn new() -> Numbers {
        Numbers { tables: std::array::from_fn(|_| Table::default()) }
    }

    fn reserve(&mut self, more: usize) {
        self.tables.iter_mut().for_each(|table| table.make_room(more / SHARDS));
    }

    /// Returns the number of a half; `next` when it is new.
    fn find_or_add(&mut self, half: u32, next: u32) -> u32 {
        let table = &mut self.tables[half as usize % SHARDS];
        table.make_room(1);
        let at = table.find(half);
        if table.slots[at] == FREE {
            table.slots[at] = u64::from(half) << 32 | u64::from(next);
            table.taken += 1;
        }
        table.slots[at] as u32
    }

    /// What is where a half would be.
    fn look(&self, half: u32) -> u64 {
        let table = &self.tables[half as usize % SHARDS];
        table.slots.get(table.first(half)).copied().unwrap_or_default()
    }
}

impl Table {
    /// The lowest bits are the same in all of a table; the others are a share of its length.
    fn first(&self, half: u32) -> usize {
        (half as usize / SHARDS * self.slots.len()) >> (32 - SHARDS.trailing_zeros())
    }

    fn find(&self, half: u32) -> usize {
        let mut at = self.first(half);
        while self.slots[at] != FREE && (self.slots[at] >> 32) as u32 != half {
            at = if at + 1 < self.slots.len() { at + 1 } else { 0 };
        }
        at
    }

    fn make_room(&mut self, more: usize) {
        let wanted = (self.taken + more) * 4 / 3 + 1;
        if wanted <= self.slots.len() {
            return;
        }
        // Not twice as many: of ten million events half a table would be free.
        let length = wanted.max(self.slots.len() * 3 / 2).max(LEAST);
        let old = std::mem::replace(&mut self.slots, vec![FREE; length]);
        for slot in old.into_iter().filter(|slot| *slot != FREE) {
            let at = self.find((slot >> 32) as u32);
            self.slots[at] = slot;
        }
    }
}

/// What an event is found by.
fn key_of(key: &AuditKey) -> u64 {
    key.id ^ key.content.rotate_left(32)
}

/// Records by number: the last in memory, those before in a file without a name.
#[derive(Default)]
struct Records {
    file: Option<File>,
    /// In the file.
    written: usize,
    held: Vec<[u8; RECORD]>,
    count: usize,
}

impl Records {
    fn push(&mut self, dir: &Path, record: &[u8; RECORD]) -> Result<()> {
        self.held.push(*record);
        self.count += 1;
        if self.held.len() < HELD {
            return Ok(());
        }
        let end = (self.written * RECORD) as u64;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(dir).map_err(Error::io("make a temporary file in", dir))?),
        };
        let write = file.seek(SeekFrom::Start(end)).and_then(|_| file.write_all(self.held.as_flattened()));
        write.map_err(Error::io("write a temporary file in", dir))?;
        self.written += self.held.len();
        self.held.clear();
        Ok(())
    }

    fn get(&mut self, dir: &Path, number: u32) -> Result<[u8; RECORD]> {
        if let Some(held) = (number as usize).checked_sub(self.written) {
            return Ok(self.held[held]);
        }
        let mut record = [0; RECORD];
        let read = self.at(number).and_then(|file| file.read_exact(&mut record));
        read.map_err(Error::io("read a temporary file in", dir))?;
        Ok(record)
    }

    fn set(&mut self, dir: &Path, number: u32, record: &[u8; RECORD]) -> Result<()> {
        if let Some(held) = (number as usize).checked_sub(self.written) {
            self.held[held] = *record;
            return Ok(());
        }
        let write = self.at(number).and_then(|file| file.write_all(record));
        write.map_err(Error::io("write a temporary file in", dir))
    }

    fn at(&mut self, number: u32) -> std::io::Result<&mut File> {
        let file = self.file.as_mut().ok_or(std::io::ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(u64::from(number) * RECORD as u64))?;
        Ok(file)
    }
}

/// A copy without its start, as eight numbers; the last is the input, what is missing and which of the times are there.
fn packed(copy: &Copy) -> [u8; RECORD] {
    let key = &copy.key;
    let times = u64::from(key.stage_time.is_some()) | u64::from(copy.time.is_some()) << 1;
    let [stage, time] = [key.stage_time, copy.time].map(|time| time.unwrap_or_default().cast_unsigned());
    let last = u64::from(copy.place.0) | u64::from(key.missing.0) << 32 | times << 48;
    let numbers = [key.id, key.content, key.request, key.response, copy.place.1, stage, time, last];
    let mut record = [0; RECORD];
    record.as_chunks_mut().0.iter_mut().zip(numbers).for_each(|(to, number)| *to = number.to_le_bytes());
    record
}

fn unpacked(record: &[u8; RECORD], start: Start) -> Copy {
    let numbers: [u64; RECORD / 8] = std::array::from_fn(|place| u64::from_le_bytes(record.as_chunks().0[place]));
    let [id, content, request, response, offset, stage, time, last] = numbers;
    let times = last >> 48;
    Copy {
        key: AuditKey {
            id,
            stage_time: (times & 1 != 0).then_some(stage.cast_signed()),
            content,
            request,
            start,
            response,
            missing: Recorded((last >> 32) as u16),
        },
        time: (times & 2 != 0).then_some(time.cast_signed()),
        place: (last as u32, offset),
    }
}
