//! One input through reading, cutting and decoding, on all cores, its batches in order.
//!
//! One thread reads, hashes and cuts; others decode; the caller takes the batches in the order of the bytes, so that
//! the same input gives the same case whatever the threads did. What is under way is bounded, so memory is too.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::hash::{Digests, Hasher};
use crate::error::{Error, Result};
use crate::formats::{Batch, Block, Content, Reader, Rows, block};

/// Blocks that may be between the reader and the caller.
const UNDER_WAY: usize = 16;

/// What is known of an input once it is read.
pub struct Done {
    pub content: Content,
    /// Of the raw bytes, if they were wanted.
    pub raw: Option<Digests>,
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

/// Reads an input to its end and hands each batch to `each`, in order. `rows` makes the columns of one thread; `hashed`
/// says whether the bytes are.
///
/// # Errors
/// The failure to read, or whatever `each` returns first.
pub fn run(
    raw: Box<dyn Read + Send>,
    hashed: bool,
    rows: &(dyn Fn() -> Rows + Sync),
    each: &mut dyn FnMut(Batch) -> Result<()>,
) -> Result<io::Result<Done>> {
    let seen = Arc::new(Mutex::new(Hasher::new()));
    let raw: Box<dyn Read + Send> = if hashed { Box::new(Tee { inner: raw, seen: Arc::clone(&seen) }) } else { raw };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let (blocks_in, blocks_out) = sync_channel::<(u64, Block)>(UNDER_WAY);
    let (batches_in, batches_out) = sync_channel::<(u64, Batch)>(UNDER_WAY);
    let (permits_in, permits_out) = sync_channel::<()>(UNDER_WAY);
    for _ in 0..UNDER_WAY {
        // The channel has room for exactly these.
        let _ = permits_in.send(());
    }
    let blocks_out = Mutex::new(blocks_out);
    let (read, kept) = std::thread::scope(|scope| {
        let (used_in, used_out) = channel();
        let reading = scope.spawn(move || read(raw, &blocks_in, &permits_out, &used_out));
        for _ in 0..threads {
            let (blocks, batches, used) = (&blocks_out, batches_in.clone(), used_in.clone());
            scope.spawn(move || decode(blocks, &batches, &used, rows()));
        }
        drop(batches_in);
        let kept = in_order(batches_out, &mut |batch| {
            let result = each(batch);
            let _ = permits_in.send(());
            result
        });
        // Without permits the reader stops by itself when `each` failed.
        drop(permits_in);
        let read = reading.join().unwrap_or_else(|_| Err(io::Error::other("the reading thread failed")));
        (read, kept)
    });
    kept?;
    Ok(read.map(|content| {
        let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
        Done { content, raw: hashed.then(|| seen.finish()) }
    }))
}

fn read(
    raw: Box<dyn Read + Send>,
    blocks: &SyncSender<(u64, Block)>,
    permits: &Receiver<()>,
    used: &Receiver<Vec<u8>>,
) -> io::Result<Content> {
    let mut reader = Reader::open(raw)?;
    let mut number = 0;
    while let Some(block) = reader.next_block()? {
        if permits.recv().is_err() || blocks.send((number, block)).is_err() {
            break;
        }
        number += 1;
        used.try_iter().for_each(|bytes| reader.recycle(bytes));
    }
    Ok(reader.finish())
}

fn decode(
    blocks: &Mutex<Receiver<(u64, Block)>>,
    batches: &SyncSender<(u64, Batch)>,
    used: &Sender<Vec<u8>>,
    mut rows: Rows,
) {
    loop {
        let next = blocks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, block)) = next else {
            return;
        };
        block::decode(&block, &mut rows);
        // The reader may have come to its end.
        let _ = used.send(block.bytes);
        if batches.send((number, rows.finish())).is_err() {
            return;
        }
    }
}

fn in_order(batches: Receiver<(u64, Batch)>, each: &mut dyn FnMut(Batch) -> Result<()>) -> Result<()> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (number, batch) in batches {
        early.insert(number, batch);
        while let Some(batch) = early.remove(&next) {
            each(batch)?;
            next += 1;
        }
    }
    if early.is_empty() {
        return Ok(());
    }
    Err(Error::Bug { what: "a block of the input was lost on the way".into(), source: "decoding thread ended".into() })
}
