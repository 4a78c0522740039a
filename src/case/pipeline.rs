//! Inputs through reading, cutting and decoding, on all cores, their batches in order.
//!
//! Some threads read, hash and cut, each an input of its own, which is a large file or a few small ones; others decode; the
//! caller takes the batches in the order of the inputs and of their bytes, so that the same inputs give the same case
//! whatever the threads did. What is under way is bounded, so memory is too: the input whose batches are taken always gets
//! on, those behind it only as far as there is room.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::hash::{Digests, Hasher};
use crate::error::{Error, Result};
use crate::formats::{Batch, Block, Content, Reader, Rows, block};
use crate::model::EvidenceId;

/// Bytes of blocks, and how many jobs of them, that may be between the readers and the caller: as many bytes of small files
/// as of a large one.
const UNDER_WAY: Held = Held { bytes: 16 << 20, blocks: 64 };
/// How many of them before an input that is not taken yet must wait.
const AHEAD: Held = Held { bytes: 12 << 20, blocks: 48 };
/// Inputs that are read at the same time, at most: each holds a block or two.
const MOST_READERS: usize = 8;

/// Bytes of blocks from which on they are decoded: to make the columns of a batch costs much the same however few its rows
/// are. Files that come to no more are one input.
pub const TOGETHER: usize = 4 << 20;

/// How often a reader that waits for the caller asks whether there is one.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Room of a block that is kept to be used again, in bytes; that of a long record is given back.
const KEPT: usize = 8 << 20;

/// What the rows of an input are told of it.
#[derive(Debug, Clone)]
pub struct Origin {
    pub evidence: EvidenceId,
    /// As the ledger names it.
    pub path: String,
}

/// What is known of an input once it is read.
pub struct Done {
    pub content: Content,
    /// Of the raw bytes, if they were wanted.
    pub raw: Option<Digests>,
}

/// What comes of an input, in order.
pub enum Piece<N> {
    /// What its reader tells.
    News(N),
    Batch(Box<Batch>),
}

/// A piece of a file, the how many'th the file is, and what is no longer held once it is taken.
struct Part<N> {
    file: usize,
    piece: Piece<N>,
    held: Held,
}

/// An input, which one, and pieces of it, the how many'th each is; None is its end.
type Sent<N> = (usize, Vec<(u64, Option<Part<N>>)>);

/// Blocks on their way to a thread that decodes.
struct Job {
    input: usize,
    records: Vec<Records>,
}

/// Blocks of one file, which become one piece, the how many'th of its input.
struct Records {
    number: u64,
    file: usize,
    origin: Arc<Origin>,
    blocks: Vec<Block>,
}

/// Where a reader hands on what it finds in one input.
pub struct Out<'a, N> {
    /// Which one, from 0.
    pub input: usize,
    /// Which file the caller is told that this comes of.
    pub file: usize,
    number: u64,
    /// What waits to be decoded together, and its bytes.
    waiting: (Vec<Records>, usize),
    /// What waits to be told with it: to wake the caller costs more than most news.
    told: Vec<(u64, Option<Part<N>>)>,
    line: &'a Line,
    jobs: &'a SyncSender<Job>,
    pieces: &'a Sender<Sent<N>>,
    used: &'a Mutex<Vec<Vec<u8>>>,
}

impl<N> Out<'_, N> {
    /// Waits until all inputs before this one have passed; false when there is nothing to go on with.
    pub fn turn(&self) -> bool {
        !self.line.wait(|now| now.turn < self.input).closed
    }

    /// Lets the next input have its turn. Who does not say it passes when all of the input was taken.
    pub fn pass(&self) {
        self.line.change(|now| now.turn = now.turn.max(self.input + 1));
    }

    /// Tells the caller something, behind all that was handed on before.
    pub fn tell(&mut self, news: N) {
        let part = Part { file: self.file, piece: Piece::News(news), held: Held::default() };
        self.told.push((self.number, Some(part)));
        self.number += 1;
    }

    /// Waits until the other side of `gone` is, or there is nothing to go on with.
    pub fn wait(&self, gone: &Receiver<()>) {
        while gone.recv_timeout(LOOK_AGAIN) == Err(RecvTimeoutError::Timeout) && !self.line.wait(|_| false).closed {}
    }

    /// Hands on what waits to be told and decoded; false when there is nothing to go on with.
    pub fn hand_on(&mut self) -> bool {
        // A caller that is gone needs no news.
        let _ = self.pieces.send((self.input, std::mem::take(&mut self.told)));
        let (records, bytes) = std::mem::take(&mut self.waiting);
        let job = Job { input: self.input, records };
        job.records.is_empty() || self.line.enter(self.input, bytes) && self.jobs.send(job).is_ok()
    }

    /// Takes a block to those that wait, and hands them on when they are enough.
    fn gather(&mut self, block: Block, origin: &Arc<Origin>) -> bool {
        let (records, bytes) = &mut self.waiting;
        *bytes += block.bytes.len();
        match records.last_mut() {
            Some(last) if Arc::ptr_eq(&last.origin, origin) && last.number + 1 == self.number => {
                last.blocks.push(block);
            }
            _ => {
                let (number, file, origin) = (self.number, self.file, Arc::clone(origin));
                records.push(Records { number, file, origin, blocks: vec![block] });
                self.number += 1;
            }
        }
        *bytes < TOGETHER || self.hand_on()
    }

    /// Reads bytes to their end and hands on what is in them; `hashed` says whether they are.
    ///
    /// # Errors
    /// The failure to read.
    pub fn stream(&mut self, raw: Box<dyn Read + Send>, hashed: bool, origin: &Arc<Origin>) -> io::Result<Done> {
        let seen = Arc::new(Mutex::new(Hasher::new()));
        let raw: Box<dyn Read + Send> =
            if hashed { Box::new(Tee { inner: raw, seen: Arc::clone(&seen) }) } else { raw };
        let reader = Reader::open_within(raw, self.room().unwrap_or_default())?;
        let content = self.blocks(reader, origin)?;
        let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Done { content, raw: hashed.then(|| seen.finish()) })
    }

    /// Hands on what is in bytes that were read and hashed.
    ///
    /// # Errors
    /// None of reading.
    pub fn whole(&mut self, raw: Vec<u8>, origin: &Arc<Origin>) -> io::Result<Done> {
        let content = self.blocks(Reader::open_whole(raw)?, origin)?;
        Ok(Done { content, raw: None })
    }

    fn blocks(&mut self, mut reader: Reader, origin: &Arc<Origin>) -> io::Result<Content> {
        // Of many long records only one is held.
        let (line, input) = (self.line, self.input);
        let mut long = || drop(line.wait(|now| now.taken < input));
        while let Some(block) = reader.next_block_or(&mut long)? {
            if !self.gather(block, origin) {
                break;
            }
            if let Some(room) = self.room() {
                reader.recycle(room);
            }
        }
        let left = reader.leave().into_iter().filter(|room| (1..=KEPT).contains(&room.capacity()));
        self.used.lock().unwrap_or_else(PoisonError::into_inner).extend(left);
        Ok(reader.finish())
    }

    /// The room of a block that was decoded, with whatever is in it.
    pub fn room(&self) -> Option<Vec<u8>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// Hashes the bytes that pass.
struct Tee<R> {
    inner: R,
    seen: Arc<Mutex<Hasher>>,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.update(&buffer[..read]);
        Ok(read)
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Held {
    bytes: usize,
    blocks: usize,
}

/// How far the inputs are.
#[derive(Default)]
struct Now {
    /// The input whose pieces are taken.
    taken: usize,
    /// The input whose turn it is.
    turn: usize,
    /// What was read and whose batches are not taken yet.
    held: Held,
    /// Nobody takes anything any more.
    closed: bool,
}

/// What the threads wait for each other at.
#[derive(Default)]
struct Line {
    now: Mutex<Now>,
    changed: Condvar,
}

impl Line {
    /// Waits as long as there is a reason to, and anybody to wait for.
    fn wait(&self, reason: impl Fn(&Now) -> bool) -> MutexGuard<'_, Now> {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        self.changed.wait_while(now, |now| !now.closed && reason(now)).unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, how: impl FnOnce(&mut Now)) {
        how(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits for room for one more block of an input; false when there is nothing to go on with.
    fn enter(&self, input: usize, bytes: usize) -> bool {
        // Those that wait for the input that is taken never hold all of the room, so that it gets on. A block of any size
        // enters where there is some.
        let mut now = self.wait(|now| {
            let most = if input == now.taken { UNDER_WAY } else { AHEAD };
            now.held.bytes >= most.bytes || now.held.blocks >= most.blocks
        });
        now.held.bytes += bytes;
        now.held.blocks += 1;
        !now.closed
    }
}

/// Ends the waiting of all when a thread ends before its time, or the caller is done.
struct Ends<'a> {
    line: &'a Line,
    always: bool,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        if self.always || std::thread::panicking() {
            self.line.change(|now| now.closed = true);
        }
    }
}

/// Has each of so many inputs read by `read`, and hands what comes of it to `each`, in order, with the file that it comes
/// of: of the input's number, if its reader does not say another. `rows` makes the columns of a file, from those that the
/// thread used before.
///
/// # Errors
/// Whatever `each` returns first.
pub fn run<N: Send>(
    inputs: usize,
    read: &(dyn Fn(&mut Out<'_, N>) + Sync),
    rows: &(dyn Fn(&Origin, Option<Rows>) -> Rows + Sync),
    each: &mut dyn FnMut(usize, Piece<N>) -> Result<()>,
) -> Result<()> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let (line, used, next) = (Line::default(), Mutex::default(), AtomicUsize::new(0));
    let (jobs_in, jobs_out) = sync_channel::<Job>(UNDER_WAY.blocks);
    let (pieces_in, pieces_out) = channel::<Sent<N>>();
    let jobs_out = Mutex::new(jobs_out);
    std::thread::scope(|scope| {
        let (line, used, next, jobs_out) = (&line, &used, &next, &jobs_out);
        for _ in 0..threads.min(inputs).min(MOST_READERS) {
            let (jobs, pieces) = (jobs_in.clone(), pieces_in.clone());
            scope.spawn(move || {
                let _ends = Ends { line, always: false };
                loop {
                    let input = next.fetch_add(1, Ordering::Relaxed);
                    if input >= inputs || line.wait(|_| false).closed {
                        return;
                    }
                    let (waiting, told) = ((Vec::new(), 0), Vec::new());
                    let (file, number, jobs, pieces) = (input, 0, &jobs, &pieces);
                    let mut out = Out { input, file, number, waiting, told, line, jobs, pieces, used };
                    read(&mut out);
                    out.told.push((out.number, None));
                    out.hand_on();
                }
            });
        }
        for _ in 0..threads {
            let pieces = pieces_in.clone();
            scope.spawn(move || {
                let _ends = Ends { line, always: false };
                decode(jobs_out, &pieces, used, rows);
            });
        }
        drop((jobs_in, pieces_in));
        let _ends = Ends { line, always: true };
        in_order(inputs, &pieces_out, line, each)
    })
}

fn decode<N>(
    jobs: &Mutex<Receiver<Job>>,
    pieces: &Sender<Sent<N>>,
    used: &Mutex<Vec<Vec<u8>>>,
    rows: &(dyn Fn(&Origin, Option<Rows>) -> Rows + Sync),
) {
    let mut now: Option<(Arc<Origin>, Rows)> = None;
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { input, records }) = next else {
            return;
        };
        let mut batches = Vec::with_capacity(records.len());
        for Records { number, file, origin, blocks } in records {
            let mut columns = match now.take() {
                Some((same, rows)) if Arc::ptr_eq(&same, &origin) => rows,
                other => rows(&origin, other.map(|(_, rows)| rows)),
            };
            let mut held = Held { bytes: 0, blocks: usize::from(batches.is_empty()) };
            for block in blocks {
                block::decode(&block, &mut columns);
                held.bytes += block.bytes.len();
                if block.bytes.capacity() <= KEPT {
                    used.lock().unwrap_or_else(PoisonError::into_inner).push(block.bytes);
                }
            }
            batches.push((number, file, held, columns.part()));
            now = Some((origin, columns));
        }
        let Some((_, columns)) = &mut now else { continue };
        let events = columns.events();
        let part = |(number, file, held, mut batch): (u64, usize, Held, Batch)| {
            batch.audit = events.clone();
            (number, Some(Part { file, piece: Piece::Batch(Box::new(batch)), held }))
        };
        if pieces.send((input, batches.into_iter().map(part).collect())).is_err() {
            return;
        }
    }
}

fn in_order<N>(
    inputs: usize,
    pieces: &Receiver<Sent<N>>,
    line: &Line,
    each: &mut dyn FnMut(usize, Piece<N>) -> Result<()>,
) -> Result<()> {
    let mut early = BTreeMap::new();
    let (mut input, mut number) = (0, 0);
    for (of, parts) in pieces {
        early.extend(parts.into_iter().map(|(nth, piece)| ((of, nth), piece)));
        while let Some(piece) = early.remove(&(input, number)) {
            let Some(Part { file, piece, held }) = piece else {
                (input, number) = (input + 1, 0);
                line.change(|now| (now.taken, now.turn) = (input, now.turn.max(input)));
                continue;
            };
            each(file, piece)?;
            number += 1;
            if held.blocks + held.bytes > 0 {
                line.change(|now| {
                    now.held.bytes -= held.bytes;
                    now.held.blocks -= held.blocks;
                });
            }
        }
    }
    if input == inputs {
        return Ok(());
    }
    Err(Error::Bug { what: "a part of an input was lost on the way".into(), source: "a thread ended".into() })
}
