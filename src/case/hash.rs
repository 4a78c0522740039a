//! SHA-256 and BLAKE3 of the same bytes in one pass.
//!
//! SHA-256 is what courts and other tools know; BLAKE3 stands on a different design, so that a weakness found in one
//! of the two leaves the other. It never says a hash of a part: a failed read is an error, not a digest.
//!
//! SHA-256 is the slow one, so a second thread for BLAKE3 takes it out of the way and no third would help. From the page
//! cache of a Xeon with SHA-NI and AVX2, in MB for each second of CPU: SHA-256 alone 1520, both on one thread 1110 (1300
//! with BLAKE3's C and assembler), and 1460 for the thread that is left with reading and SHA-256, which a free second
//! core can come near. Whoever hashes while doing something slower, such as decoding, is as well off with one [`Hasher`].

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::encoding::hex;
use crate::error::{Error, Result};

/// Both digests of some bytes, in lower-case hex, and how many bytes they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    pub sha256: String,
    pub blake3: String,
    pub size: u64,
}

/// Files from this size on are hashed by two threads; a smaller one is done within about 15 ms on one.
pub const LARGE: u64 = 16 << 20;

/// Fits the second-level cache together with what the hashes need, so that the second hash need not go to memory.
const BUFFER: usize = 256 << 10;

/// Buffers between the two threads.
const UNDER_WAY: usize = 4;

/// Takes bytes once and gives both digests.
#[derive(Debug, Clone, Default)]
pub struct Hasher {
    sha256: Sha256,
    blake3: blake3::Hasher,
    size: u64,
}

impl Hasher {
    /// Starts with no bytes.
    pub fn new() -> Hasher {
        Hasher::default()
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.blake3.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// Returns the digests of all bytes that came.
    pub fn finish(self) -> Digests {
        let (sha256, blake3) = (hex(&self.sha256.finalize()), hex(self.blake3.finalize().as_bytes()));
        Digests { sha256, blake3, size: self.size }
    }
}

/// Takes SHA-256 of what is written.
pub struct Hashed<W> {
    inner: W,
    /// None where nobody will ask for it.
    sha256: Option<Sha256>,
    size: u64,
}

impl<W> Hashed<W> {
    pub fn new(inner: W) -> Hashed<W> {
        Hashed { inner, sha256: Some(Sha256::new()), size: 0 }
    }

    /// Passes on what is written and only counts it.
    pub fn without(inner: W) -> Hashed<W> {
        Hashed { inner, sha256: None, size: 0 }
    }

    /// Returns the digest of all that was written, in lower-case hex and empty where none was taken, and how many bytes
    /// it was.
    pub fn digest(self) -> (String, u64) {
        (self.sha256.map(|sha256| hex(&sha256.finalize())).unwrap_or_default(), self.size)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(&bytes[..written]);
        }
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Hashes a file, with two threads when it is large.
///
/// # Errors
/// When it cannot be read to its end.
pub fn hash_file(path: &Path) -> Result<Digests> {
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    let size = file.metadata().map_err(Error::io("open", path))?.len();
    hash_about(&mut file, size).map_err(Error::io("read", path))
}

/// Hashes all that comes, about `size` bytes.
///
/// # Errors
/// When it cannot be read to its end.
pub fn hash_about(source: &mut dyn Read, size: u64) -> io::Result<Digests> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if size >= LARGE && cores > 1 { hash_on_two_threads(source) } else { hash_on_one_thread(source) }
}

/// Hashes all that comes, on the calling thread.
///
/// # Errors
/// When it cannot be read to its end.
pub fn hash_on_one_thread(source: &mut dyn Read) -> io::Result<Digests> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        match read(source, &mut buffer)? {
            0 => return Ok(hasher.finish()),
            length => hasher.update(&buffer[..length]),
        }
    }
}

/// Hashes all that comes: the calling thread reads and takes SHA-256, another takes BLAKE3 of the same buffers.
///
/// # Errors
/// When it cannot be read to its end.
pub fn hash_on_two_threads(source: &mut dyn Read) -> io::Result<Digests> {
    let (full_in, full_out) = sync_channel::<(Arc<Vec<u8>>, usize)>(UNDER_WAY);
    let (used_in, used_out) = sync_channel::<Arc<Vec<u8>>>(UNDER_WAY + 2);
    thread::scope(|scope| {
        let other = scope.spawn(move || {
            let mut hash = blake3::Hasher::new();
            for (buffer, length) in full_out {
                hash.update(&buffer[..length]);
                // The first thread may have failed and gone; then nobody needs the buffer.
                let _ = used_in.send(buffer);
            }
            hash.finalize()
        });
        let mut hash = Sha256::new();
        let mut size = 0;
        let mut made = 0;
        loop {
            // No more buffers are made than can be under way; from then on one is waited for.
            let free = if made <= UNDER_WAY { None } else { used_out.recv().ok().and_then(Arc::into_inner) };
            let mut buffer = free.unwrap_or_else(|| {
                made += 1;
                vec![0; BUFFER]
            });
            let length = read(source, &mut buffer)?;
            if length == 0 {
                break;
            }
            let buffer = Arc::new(buffer);
            if full_in.send((Arc::clone(&buffer), length)).is_err() {
                return Err(io::Error::other("the hashing thread ended early"));
            }
            hash.update(&buffer[..length]);
            size += length as u64;
        }
        drop(full_in);
        let blake3 = other.join().map_err(|_| io::Error::other("the hashing thread failed"))?;
        Ok(Digests { sha256: hex(&hash.finalize()), blake3: hex(blake3.as_bytes()), size })
    })
}

/// Reads once; a signal in between is no failure.
fn read(source: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
