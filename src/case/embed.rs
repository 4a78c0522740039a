//! A compressed copy of evidence within the case, so that the case alone is enough.
//!
//! A copy is one zstd frame, or the bytes as they are when they are compressed already. It never takes the place of
//! another file. Whether it is a true copy is for the caller to see from the hashes: reading gives whatever the stored
//! file holds.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::encoding::hex;
use super::hash::{Digests, Hasher, hash_on_one_thread};
use crate::error::{Error, Result};

/// A stored copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// The path asked for with `.zst` or `.raw` after it.
    pub path: PathBuf,
    /// Bytes of the stored file.
    pub size: u64,
    /// Of the stored file.
    pub sha256: String,
    /// Of the evidence as it was read, which took no second pass.
    pub content: Digests,
}

/// How the formats begin that compressing again would only make larger.
const COMPRESSED: &[&[u8]] = &[
    &[0x1f, 0x8b],                         // gzip, RFC 1952 section 2.3.1
    &[0x28, 0xb5, 0x2f, 0xfd],             // zstd, RFC 8878 section 3.1.1
    &[0xfd, b'7', b'z', b'X', b'Z', 0x00], // xz, file format section 2.1.1.1
    b"PK\x03\x04",                         // zip, APPNOTE section 4.3.7
    b"PK\x05\x06",                         // zip without files
    b"PK\x07\x08",                         // zip in parts, APPNOTE section 8.5.3
    b"PAR1",                               // Parquet
];

/// Level 3 is as fast as most disks. Another level or version of zstd gives other bytes of the same content.
const LEVEL: i32 = 3;

/// Window of level 3 (2 MiB) and some room; a frame that asks for more is not ours and does not get the memory.
const WINDOW_LOG: u32 = 23;

/// Always filled before it is compressed, so that the frame depends on the bytes and not on how they came in.
const BUFFER: usize = 256 << 10;

const ZSTD: &str = "zst";
const RAW: &str = "raw";

/// Copies all that `source` gives to `into` with `.zst` or `.raw` after it; `name` is what a message calls the source.
///
/// # Errors
/// When `source` cannot be read, the copy not written, or another file lies in its place.
pub fn embed_from(source: &mut dyn Read, name: &Path, into: &Path) -> Result<Embedded> {
    let mut buffer = vec![0; BUFFER];
    let mut length = fill(source, &mut buffer).map_err(Error::io("read", name))?;
    let kind = if COMPRESSED.iter().any(|magic| buffer[..length].starts_with(magic)) { RAW } else { ZSTD };
    let path = suffixed(into, kind);
    let wrong = || Error::io("write", &path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = temporary(folder).map_err(wrong())?;
    let stored = Stored { file, sha256: Sha256::new(), size: 0 };
    let mut writer = match kind {
        RAW => Writer::Raw(stored),
        _ => {
            let mut encoder = zstd::Encoder::new(stored, LEVEL).map_err(wrong())?;
            encoder.include_checksum(true).map_err(wrong())?;
            Writer::Zstd(encoder)
        }
    };
    let mut content = Hasher::new();
    while length > 0 {
        content.update(&buffer[..length]);
        writer.write_all(&buffer[..length]).map_err(wrong())?;
        length = fill(source, &mut buffer).map_err(Error::io("read", name))?;
    }
    let stored = writer.finish().map_err(wrong())?;
    stored.file.as_file().sync_all().map_err(wrong())?;
    let (size, sha256) = (stored.size, hex(&stored.sha256.finalize()));
    match stored.file.persist_noclobber(&path) {
        Ok(_) => sync_folder(folder).map_err(wrong())?,
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => same(&path, size, &sha256)?,
        Err(refused) => return Err(wrong()(refused.error)),
    }
    Ok(Embedded { path, size, sha256, content: content.finish() })
}

/// Opens a copy: its reader gives the bytes of the evidence.
///
/// # Errors
/// When the file cannot be opened or its name is not that of a copy.
pub fn open(path: &Path) -> Result<impl Read + Send + use<>> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    // The name tells and not the bytes: evidence that is itself zstd is stored as it is and must come back so.
    match path.extension().and_then(|kind| kind.to_str()) {
        Some(RAW) => Ok(Reader::Raw(file)),
        Some(ZSTD) => {
            let mut decoder = zstd::Decoder::new(file).map_err(Error::io("read", path))?;
            decoder.window_log_max(WINDOW_LOG).map_err(Error::io("read", path))?;
            Ok(Reader::Zstd(Box::new(decoder)))
        }
        _ => Err(Error::Usage { what: format!("{} is no copy of evidence", path.display()), hint: None }),
    }
}

/// Hashes the evidence in a copy; one byte more than `size` is enough to see that it is too long, so a frame that
/// was made to unpack for ever ends there.
///
/// # Errors
/// When the copy cannot be read to its end.
pub fn hash_content(path: &Path, size: u64) -> Result<Digests> {
    hash_on_one_thread(&mut open(path)?.take(size.saturating_add(1))).map_err(Error::io("read", path))
}

/// Gives the evidence of a copy as a file that can be read at any place, such as an archive needs: the copy itself when
/// it is stored as it is, else an unnamed file in `folder` that vanishes when it is closed. No more than one byte more
/// than `size` is unpacked.
///
/// # Errors
/// When the copy cannot be read or the file not written.
pub fn unpack(path: &Path, size: u64, folder: &Path) -> Result<File> {
    if path.extension().is_some_and(|kind| kind == RAW) {
        return File::open(path).map_err(Error::io("open", path));
    }
    let mut content = open(path)?.take(size.saturating_add(1));
    let mut unpacked = || -> io::Result<File> {
        // A case may lie where nothing can be written.
        let mut file = tempfile::tempfile_in(folder).or_else(|_| tempfile::tempfile())?;
        io::copy(&mut content, &mut file)?;
        file.rewind()?;
        Ok(file)
    };
    unpacked().map_err(Error::io("unpack", path))
}

enum Writer {
    Raw(Stored),
    Zstd(zstd::Encoder<'static, Stored>),
}

impl Writer {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Writer::Raw(stored) => stored.write_all(bytes),
            Writer::Zstd(encoder) => encoder.write_all(bytes),
        }
    }

    fn finish(self) -> io::Result<Stored> {
        match self {
            Writer::Raw(stored) => Ok(stored),
            Writer::Zstd(encoder) => encoder.finish(),
        }
    }
}

enum Reader {
    Raw(File),
    Zstd(Box<zstd::Decoder<'static, BufReader<File>>>),
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Reader::Raw(file) => file.read(buffer),
            Reader::Zstd(decoder) => decoder.read(buffer),
        }
    }
}

/// The file being written, with its hash so far.
struct Stored {
    file: tempfile::NamedTempFile,
    sha256: Sha256,
    size: u64,
}

impl Write for Stored {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file that vanishes unless it gets its name. Nobody has a reason to write to a copy, so nobody may.
fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".embed-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o444));
    builder.tempfile_in(folder)
}

/// A killed command may have left the very same copy; anything else in its place is not touched.
fn same(path: &Path, size: u64, sha256: &str) -> Result<()> {
    let mut file = File::open(path).map_err(Error::io("open", path))?.take(size.saturating_add(1));
    let found = hash_on_one_thread(&mut file).map_err(Error::io("read", path))?;
    if found.size == size && found.sha256 == sha256 {
        return Ok(());
    }
    Err(Error::Io { action: "write", path: path.into(), source: io::ErrorKind::AlreadyExists.into() })
}

/// Waits until the new name is on disk too; elsewhere than on Unix a folder cannot be opened for that.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The path with a suffix after the whole name, whatever points the name has.
fn suffixed(path: &Path, kind: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(kind);
    PathBuf::from(name)
}

/// Reads until the buffer is full or nothing more comes.
fn fill(source: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match source.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
