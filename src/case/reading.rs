//! The files of an intake on the threads that read them: opened, hashed, told from what is known, cut into blocks.
//!
//! Which file is a copy of another, and which number each has as evidence, is decided in the order of the list, one file
//! at a time, whatever thread was there first. Files are read before their turn, and behind it, at the same time.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::custody::InputRecord;
use super::hash::{Digests, Hasher, hash_about};
use super::ingest::Intaking;
use super::inputs::Input;
use super::pipeline::{Done, Origin, Out, TOGETHER};
use super::projection::Projection;
use super::watch::Watched;
use crate::error::{Error, Result};
use crate::formats::{self, Shape};
use crate::model::EvidenceId;

/// A file of this size or less is held when it must be hashed before it is read.
const SMALL: u64 = 4 << 20;
const PIECE: usize = 256 << 10;
/// Files that are read by one thread, one after the other, at most: what they unpack to may be more than they are.
const MOST_TOGETHER: usize = 16;

/// What a reader tells of a file.
pub enum News {
    /// It cannot be opened, or not be hashed.
    Failed(Error),
    /// It is evidence already.
    Known(EvidenceId),
    /// Its batches come next. About so many bytes, and their digests when they were taken.
    Begins(EvidenceId, u64, Option<Digests>),
    /// It was read to its end or to where reading failed, and what was seen of it meanwhile.
    Ended(io::Result<Done>, Option<&'static str>),
    /// It is nothing that one byte after the other tells: who takes the batches must read it. What is behind it waits until
    /// the last of this is gone.
    Whole(Opened, Sender<()>),
}

/// A file that is ready to be read.
pub struct Opened {
    pub file: File,
    pub before: fs::Metadata,
    pub shape: Shape,
    pub packed: bool,
    pub known: Option<Digests>,
    /// All of its bytes.
    held: Option<Vec<u8>>,
}

/// The numbers that evidence has, and what it is known again by.
pub struct Register(Mutex<Known>);

struct Known {
    next: u32,
    /// Nothing before this number is known again.
    since: u32,
    hashes: HashMap<String, EvidenceId>,
    sizes: HashSet<u64>,
}

impl Register {
    /// Starts with the evidence of earlier intakes.
    pub fn new(earlier: &[InputRecord]) -> Register {
        Register(Mutex::new(Known {
            next: earlier.len() as u32,
            since: 0,
            hashes: (0..).zip(earlier).map(|(number, input)| (input.sha256.clone(), EvidenceId(number))).collect(),
            sizes: earlier.iter().map(|input| input.size).collect(),
        }))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Knows nothing again that has a number by now, also when its hash is told later: what was read is entered behind
    /// what is being read.
    pub fn forget(&self) {
        let mut known = self.known();
        known.hashes.clear();
        known.since = known.next;
    }

    pub fn find(&self, digests: &Digests) -> Option<EvidenceId> {
        self.known().hashes.get(&digests.sha256).copied()
    }

    /// Knows evidence again from now on, if it was hashed.
    pub fn learn(&self, evidence: EvidenceId, sha256: &str, size: u64) {
        let mut known = self.known();
        known.sizes.insert(size);
        if !sha256.is_empty() && evidence.0 >= known.since {
            known.hashes.insert(sha256.to_owned(), evidence);
        }
    }

    /// The number of new evidence.
    fn number(&self) -> EvidenceId {
        let mut known = self.known();
        known.next += 1;
        EvidenceId(known.next - 1)
    }

    /// Goes on with this number: an archive is more than one piece of evidence.
    pub fn go_on_with(&self, next: EvidenceId) {
        self.known().next = next.0;
    }
}

/// The files of one intake, to be read by any thread.
pub struct Reading<'a> {
    pub list: &'a [Input],
    pub sizes: &'a [u64],
    /// Bytes of each that were read.
    pub read: Vec<Arc<AtomicU64>>,
    /// Which could be copies of what is before them.
    copies: Vec<bool>,
    /// Which what is behind them could be a copy of.
    copied: Vec<bool>,
    /// Which files are read by one thread, one after the other, and decoded together.
    bundles: Vec<Range<usize>>,
    pub register: &'a Register,
    how: &'a Intaking,
    /// Whether files are hashed while they are read.
    hashes: bool,
}

/// What is to be done with a file whose turn it was.
enum Next {
    Fail(Error),
    Known(EvidenceId),
    Whole(Opened),
    Stream(EvidenceId, Opened),
}

impl<'a> Reading<'a> {
    /// Files with the sizes they were found with.
    pub fn new(list: &'a [Input], sizes: &'a [u64], register: &'a Register, how: &'a Intaking) -> Reading<'a> {
        let hashes = how.only.as_ref().is_none_or(Projection::hashes);
        let mut met = register.known().sizes.clone();
        let copies = sizes.iter().map(|size| !met.insert(*size)).collect();
        let mut met = HashSet::new();
        let mut copied: Vec<bool> = sizes.iter().rev().map(|size| !met.insert(*size) && hashes).collect();
        copied.reverse();
        let read = list.iter().map(|_| Arc::default()).collect();
        let bundles = Vec::new();
        let mut reading = Reading { list, sizes, read, copies, copied, bundles, register, how, hashes };
        reading.bundle();
        reading
    }

    /// Puts small files that follow one another together. What is apart stays apart.
    fn bundle(&mut self) {
        let mut bytes = 0;
        for (place, size) in self.sizes.iter().enumerate() {
            bytes += size;
            let apart = self.how.apart && self.begins_path(place);
            match self.bundles.last_mut() {
                Some(last) if !apart && bytes <= TOGETHER as u64 && last.len() < MOST_TOGETHER => last.end = place + 1,
                _ => {
                    self.bundles.push(place..place + 1);
                    bytes = *size;
                }
            }
        }
    }

    /// How many bundles of files there are to read.
    pub fn count(&self) -> usize {
        self.bundles.len()
    }

    /// Whether the first of what one of the paths brings that were given.
    pub fn begins_path(&self, place: usize) -> bool {
        place == 0 || self.list[place].of != self.list[place - 1].of
    }

    /// Reads the files of a bundle. All are opened before their turn, and when it comes all get their numbers, so that the
    /// next bundle has its turn while they are read.
    pub fn files(&self, out: &mut Out<'_, News>) {
        let places = self.bundles[out.input].clone();
        let (many, end) = (places.len() > 1, places.end);
        let mut open = |place: usize| (place, self.open(place, &self.list[place].path, many, &mut || out.room()));
        let mut opened: VecDeque<_> = places.map(&mut open).collect();
        if !out.turn() {
            return;
        }
        while !opened.is_empty() {
            let (mut next, mut late) = (Vec::new(), false);
            while let Some((place, file)) = opened.pop_front() {
                let file = self.next(place, file);
                late |= match &file {
                    Next::Stream(_, file) => file.known.is_none() && self.copied[place],
                    Next::Whole(_) => true,
                    Next::Fail(_) | Next::Known(_) => false,
                };
                next.push((place, file));
                if late {
                    break;
                }
            }
            if !late {
                out.pass();
            }
            for (place, file) in next {
                out.file = place;
                match file {
                    Next::Fail(error) => out.tell(News::Failed(error)),
                    Next::Known(number) => out.tell(News::Known(number)),
                    Next::Whole(file) => {
                        let (taken, gone) = channel();
                        out.tell(News::Whole(file, taken));
                        if !opened.is_empty() {
                            out.hand_on();
                            out.wait(&gone);
                        }
                    }
                    Next::Stream(evidence, file) => {
                        // What could be a copy of it waits for its hash.
                        if self.stream(evidence, file, out) && place + 1 == end {
                            out.pass();
                        }
                    }
                }
            }
        }
    }

    /// Says what is to be done with a file whose turn it is.
    fn next(&self, place: usize, opened: Result<Opened>) -> Next {
        if self.how.apart && self.begins_path(place) {
            self.register.forget();
        }
        match opened.and_then(|opened| self.hashed(opened, &self.list[place].path)) {
            Err(error) => Next::Fail(error),
            Ok(opened) if opened.shape != Shape::Stream => Next::Whole(opened),
            Ok(opened) => match opened.known.as_ref().and_then(|known| self.register.find(known)) {
                Some(number) => Next::Known(number),
                None => {
                    let evidence = self.register.number();
                    if let Some(known) = &opened.known {
                        self.register.learn(evidence, &known.sha256, known.size);
                    }
                    Next::Stream(evidence, opened)
                }
            },
        }
    }

    /// Opens a file. Only one of a size seen before can be one seen before, and is hashed; others are while they are read,
    /// or with it when they are small and `many`.
    fn open(&self, place: usize, path: &Path, many: bool, room: &mut dyn FnMut() -> Option<Vec<u8>>) -> Result<Opened> {
        let before = fs::metadata(path).map_err(Error::io("open", path))?;
        let mut file = File::open(path).map_err(Error::io("open", path))?;
        let read = Error::io("read", path);
        let mut opened = match formats::shape(&mut file) {
            Ok((shape, packed)) => Opened { file, before, shape, packed, known: None, held: None },
            Err(error) => return Err(read(error)),
        };
        let alike = self.copies[place] || self.copied[place];
        let hashed = match opened.shape {
            Shape::Stream if (alike || many && self.hashes) && opened.before.len() <= SMALL => {
                match self.hold(&mut opened, place, room().unwrap_or_default()) {
                    // What can be read of it is evidence all the same.
                    Err(_) if !alike => {
                        self.read[place].store(0, Ordering::Relaxed);
                        opened.file.rewind()
                    }
                    held => held,
                }
            }
            Shape::Stream if !self.copies[place] => Ok(()),
            _ => self.hash(&mut opened),
        };
        hashed.map(|()| opened).map_err(read)
    }

    /// Hashes a file if it could be one that is known since.
    fn hashed(&self, mut opened: Opened, path: &Path) -> Result<Opened> {
        if opened.known.is_none() && self.register.known().sizes.contains(&opened.before.len()) {
            self.hash(&mut opened).map_err(Error::io("read", path))?;
        }
        Ok(opened)
    }

    fn hash(&self, opened: &mut Opened) -> io::Result<()> {
        let size = opened.before.len();
        opened.known = Some(hash_about(&mut self.watched(&mut opened.file, Arc::default()), size)?);
        opened.file.rewind()
    }

    /// Reads and hashes all of a small file, so that it need not be read again.
    fn hold(&self, opened: &mut Opened, place: usize, mut room: Vec<u8>) -> io::Result<()> {
        // One byte more, behind which the end is seen.
        let size = opened.before.len() as usize;
        room.resize(size + 1, 0);
        let (mut hasher, mut filled) = (Hasher::new(), 0);
        let mut file = self.watched(&mut opened.file, Arc::clone(&self.read[place]));
        while filled <= size {
            // In pieces that the hashes find in a near cache.
            let end = room.len().min(filled + PIECE);
            match file.read(&mut room[filled..end]) {
                Ok(0) => {
                    room.truncate(filled);
                    (opened.known, opened.held) = (Some(hasher.finish()), Some(room));
                    return Ok(());
                }
                Ok(read) => {
                    hasher.update(&room[filled..filled + read]);
                    filled += read;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // It grew meanwhile.
        self.read[place].store(0, Ordering::Relaxed);
        opened.file.rewind()?;
        self.hash(opened)
    }

    fn watched<R>(&self, inner: R, read: Arc<AtomicU64>) -> Watched<R> {
        Watched::new(inner, read, Arc::clone(&self.how.stop))
    }

    /// Reads new evidence and says whether its hash is known.
    fn stream(&self, evidence: EvidenceId, opened: Opened, out: &mut Out<'_, News>) -> bool {
        let Opened { file, before, known, held, .. } = opened;
        let place = out.file;
        let input = &self.list[place];
        let mut told = known.is_some();
        out.tell(News::Begins(evidence, before.len(), known));
        let origin = Arc::new(Origin { evidence, path: input.name.clone() });
        let done = match held {
            Some(bytes) => out.whole(bytes, &origin),
            None => out.stream(Box::new(self.watched(file, Arc::clone(&self.read[place]))), self.hashes, &origin),
        };
        if let Some(raw) = done.as_ref().ok().and_then(|done| done.raw.as_ref()) {
            self.register.learn(evidence, &raw.sha256, raw.size);
            told = true;
        }
        out.tell(News::Ended(done, changed(&input.path, &before)));
        told
    }
}

/// What a reader must know of a file that is not what it was before it was read: what is still being written, or was
/// taken away, is not what somebody else will find there.
pub fn changed(path: &Path, before: &fs::Metadata) -> Option<&'static str> {
    match fs::metadata(path) {
        Ok(after) if after.len() == before.len() && after.modified().ok() == before.modified().ok() => None,
        Ok(_) => Some("the file CHANGED while it was read: take it in again once nobody writes to it"),
        Err(_) => Some("the file was TAKEN AWAY while it was read: its bytes cannot be shown again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_that_comes_late_is_not_known_again_behind_what_was_to_be_forgotten() {
        let register = Register::new(&[]);
        let digests = |sha256: &str| Digests { sha256: sha256.to_owned(), blake3: String::new(), size: 1 };
        let first = register.number();
        register.forget();
        register.learn(first, "a", 1);
        assert_eq!(register.find(&digests("a")), None);
        let second = register.number();
        register.learn(second, "a", 1);
        assert_eq!(register.find(&digests("a")), Some(second));
    }
}
