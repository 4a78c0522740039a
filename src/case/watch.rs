//! How far an intake is, and whether somebody wants it to stop.
//!
//! An input is read through [`Watched`], which counts its bytes and ends the reading once the wish to stop is there.
//! Whoever gets an error from reading asks [`Watch::goes_on`] first: a stop is no failure of the evidence.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::{Error, Result};

/// How far an intake is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Which input, from 1.
    pub file: usize,
    pub files: usize,
    /// Bytes of it read so far, as on disk.
    pub bytes: u64,
    /// Bytes of all inputs read so far.
    pub done: u64,
    /// Bytes of all inputs.
    pub total: u64,
    /// Records read so far, of all inputs.
    pub records: u64,
}

/// Keeps count and tells.
pub struct Watch<'a> {
    far: Progress,
    /// Bytes read of the input under way.
    read: Arc<AtomicU64>,
    size: u64,
    /// Sizes of the inputs before it.
    before: u64,
    stop: Arc<AtomicBool>,
    tell: &'a mut dyn FnMut(Progress),
}

impl<'a> Watch<'a> {
    pub fn new(files: usize, total: u64, stop: &Arc<AtomicBool>, tell: &'a mut dyn FnMut(Progress)) -> Watch<'a> {
        let far = Progress { files, total, ..Progress::default() };
        Watch { far, read: Arc::default(), size: 0, before: 0, stop: Arc::clone(stop), tell }
    }

    /// The next input begins, of which so many bytes were `read`.
    pub fn begin(&mut self, size: u64, read: &Arc<AtomicU64>) {
        self.before += self.size;
        (self.far.file, self.size) = (self.far.file + 1, size);
        self.read = Arc::clone(read);
    }

    /// So many more records were read.
    ///
    /// # Errors
    /// [`Error::Stopped`] when somebody wants it to stop.
    pub fn step(&mut self, records: u64) -> Result<()> {
        self.goes_on()?;
        // A zip is read from its end and from its members, some bytes twice.
        let bytes = self.read.load(Ordering::Relaxed).min(self.size);
        self.far.records += records;
        (self.far.bytes, self.far.done) = (bytes, self.before + bytes);
        (self.tell)(self.far);
        Ok(())
    }

    /// Says whether the work goes on.
    ///
    /// # Errors
    /// [`Error::Stopped`] when somebody wants it to stop.
    pub fn goes_on(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) { Err(Error::Stopped) } else { Ok(()) }
    }

    /// The input under way, counted.
    pub fn input<R>(&self, inner: R) -> Watched<R> {
        Watched::new(inner, Arc::clone(&self.read), Arc::clone(&self.stop))
    }

    /// The same for a pass that does not count, such as one that only hashes.
    pub fn aside<R>(&self, inner: R) -> Watched<R> {
        Watched::new(inner, Arc::default(), Arc::clone(&self.stop))
    }
}

/// Something that is read only as long as nobody wants it to stop.
pub struct Watched<R> {
    inner: R,
    read: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl<R> Watched<R> {
    /// Counts what is read of it in `read`.
    pub fn new(inner: R, read: Arc<AtomicU64>, stop: Arc<AtomicBool>) -> Watched<R> {
        Watched { inner, read, stop }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other("stopped"));
        }
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Seek> Seek for Watched<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
