//! Bytes of one member, in memory while they are few, else in a file without a name.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crc32fast::Hasher;
use tempfile::SpooledTempFile;

use super::Limits;
use super::codec::{self, FREE};

/// Up to this a member is held in memory.
pub(super) const MEMORY: usize = 32 << 20;
/// On the stack, as many members are small.
const STEP: usize = 16 << 10;

/// The bytes of one member. In a file they have no name, and are gone when this is.
pub struct Spool {
    bytes: SpooledTempFile,
    length: u64,
}

impl Spool {
    pub(super) fn new(folder: &Path) -> Spool {
        Spool { bytes: SpooledTempFile::new_in(MEMORY, folder), length: 0 }
    }

    /// How many bytes there are, wherever they are read from now.
    pub fn len(&self) -> u64 {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn put_zeros(&mut self, mut count: u64) -> io::Result<()> {
        let zeros = [0; 8 << 10];
        while count > 0 {
            let step = count.min(zeros.len() as u64);
            self.put(&zeros[..step as usize])?;
            count -= step;
        }
        Ok(())
    }

    /// Goes back to the first byte, for whoever reads.
    pub(super) fn ready(mut self) -> io::Result<Spool> {
        self.bytes.rewind()?;
        Ok(self)
    }
}

impl Read for Spool {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(buffer)
    }
}

impl Seek for Spool {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spool({} bytes)", self.length)
    }
}

/// What the members of one archive may still take.
pub(super) struct Room {
    left: u64,
    total: u64,
    pub ratio: u64,
}

impl Room {
    pub fn new(limits: &Limits) -> Room {
        Room { left: limits.total, total: limits.total, ratio: limits.ratio }
    }

    /// Says why content of this size is not begun, None when it may be.
    pub fn refuses(&self, size: u64, packed: u64) -> Option<String> {
        if size > self.left {
            return Some(self.over(size));
        }
        codec::too_much(size, packed, self.ratio)
    }

    pub fn take(&mut self, bytes: u64) {
        self.left = self.left.saturating_sub(bytes);
    }

    fn over(&self, size: u64) -> String {
        format!("over the limit of {} bytes for all members: {size} bytes, {} are left", self.total, self.left)
    }
}

/// How filling a spool ended.
pub(super) enum End {
    Whole,
    /// What came before counts.
    Damaged(String),
    /// Over a limit: nothing counts.
    Stopped(String),
}

/// Bytes as they are taken from the archive: how many, and whether the archive itself could not be read.
#[derive(Default)]
pub(super) struct Gauge {
    pub read: Cell<u64>,
    failed: Cell<bool>,
}

/// See [`Gauge`].
pub(super) struct Gauged<'a, R> {
    pub from: R,
    pub gauge: &'a Gauge,
}

impl<R: Read> Read for Gauged<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.from.read(buffer);
        match &result {
            Ok(read) => self.gauge.read.set(self.gauge.read.get() + *read as u64),
            Err(error) => self.gauge.failed.set(self.gauge.failed.get() || error.kind() != io::ErrorKind::Interrupted),
        }
        result
    }
}

/// Undoes one member into a spool and returns its checksum.
///
/// # Errors
/// When the archive cannot be read or the spool cannot be written.
pub(super) fn unpack(
    content: &mut dyn Read,
    gauge: &Gauge,
    room: &mut Room,
    into: &mut Spool,
) -> io::Result<(End, u32)> {
    let mut bytes = [0; STEP];
    let mut crc = Hasher::new();
    let end = loop {
        let read = match content.read(&mut bytes) {
            Ok(0) => break End::Whole,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if gauge.failed.get() => return Err(error),
            Err(error) => break End::Damaged(reason(&error)),
        };
        let size = into.len() + read as u64;
        if size > room.left {
            break End::Stopped(room.over(size));
        }
        let packed = gauge.read.get();
        if size > FREE
            && let Some(reason) = codec::too_much(size, packed, room.ratio)
        {
            break End::Stopped(reason);
        }
        into.put(&bytes[..read])?;
        crc.update(&bytes[..read]);
    };
    if !matches!(end, End::Stopped(_)) {
        room.take(into.len());
    }
    Ok((end, crc.finalize()))
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "ends early".to_owned(),
        _ => error.to_string(),
    }
}
