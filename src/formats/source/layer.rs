//! The input at the bottom and one layer of compression above it, which together know what went wrong and where.

use std::io::{self, BufRead, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::formats::archive::codec::{self, Codec, Undone};

/// What content may grow to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub total: u64,
    pub ratio: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { total: codec::TOTAL, ratio: codec::RATIO }
    }
}

/// The input, shared so that an error of the disk can be told from an error of the archive.
#[derive(Clone)]
pub(super) struct Tap(Arc<Mutex<Inner>>);

struct Inner {
    raw: Box<dyn Read + Send>,
    read: u64,
    failed: bool,
    blame: Option<Blame>,
}

/// Why a layer ended before its time.
#[derive(Debug, Clone)]
pub(super) enum Blame {
    Cut(&'static str),
    Damaged(&'static str, String),
    Stopped(String),
}

impl Blame {
    pub fn note(&self, size: u64) -> String {
        match self {
            Blame::Cut(name) => format!("{name} ends early: {size} bytes of content were read"),
            Blame::Damaged(name, error) => format!("{name} is damaged after {size} bytes of content: {error}"),
            Blame::Stopped(reason) => reason.clone(),
        }
    }
}

impl Tap {
    pub fn new(raw: Box<dyn Read + Send>) -> Tap {
        Tap(Arc::new(Mutex::new(Inner { raw, read: 0, failed: false, blame: None })))
    }

    /// Whether reading the input itself has failed.
    pub fn failed(&self) -> bool {
        self.inner().failed
    }

    pub fn blame(&self) -> Option<Blame> {
        self.inner().blame.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.inner();
        let result = inner.raw.read(buffer);
        match &result {
            Ok(read) => inner.read += *read as u64,
            Err(error) => inner.failed |= error.kind() != io::ErrorKind::Interrupted,
        }
        result
    }
}

/// One layer undone. Fails once where it is damaged or grows too far, and has ended after that.
pub(super) struct Layer<R: BufRead> {
    codec: Codec,
    content: Undone<R>,
    tap: Tap,
    bounds: Bounds,
    made: u64,
    ended: bool,
}

impl<R: BufRead> Layer<R> {
    pub fn new(codec: Codec, packed: R, tap: Tap, bounds: Bounds) -> io::Result<Layer<R>> {
        Ok(Layer { codec, content: codec.undo(packed)?, tap, bounds, made: 0, ended: false })
    }

    fn stop(&mut self, blame: Blame) -> io::Error {
        self.ended = true;
        let error = io::Error::other(blame.note(self.made));
        // The layer below fails first, and what is above only sees its end.
        self.tap.inner().blame.get_or_insert(blame);
        error
    }

    /// Each layer asks for itself: much may be made by one and swallowed by the next.
    fn too_much(&self) -> Option<String> {
        if self.made >= self.bounds.total {
            return Some(format!("stopped: over {} bytes of content", self.bounds.total));
        }
        let packed = if self.made > codec::FREE { self.tap.inner().read } else { return None };
        codec::too_much(self.made, packed, self.bounds.ratio)
    }
}

impl<R: BufRead> Read for Layer<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        if let Some(reason) = self.too_much() {
            return Err(self.stop(Blame::Stopped(reason)));
        }
        match self.content.read(buffer) {
            Ok(read) => {
                self.made += read as u64;
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted || self.tap.failed() => Err(error),
            Err(error) => Err(self.stop(match error.kind() {
                io::ErrorKind::UnexpectedEof => Blame::Cut(self.codec.name()),
                _ => Blame::Damaged(self.codec.name(), error.to_string()),
            })),
        }
    }
}
