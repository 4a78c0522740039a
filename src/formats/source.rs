//! The bytes of an input with its compression undone.
//!
//! A damaged or cut archive is no error: what could be read counts, and a note says where it ended. Only a failure of
//! the input itself is an error.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::read::MultiGzDecoder;

/// Archives inside archives are opened this deep; deeper is a trick, not evidence.
const DEEPEST: usize = 4;
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The input, shared so that an error of the disk can be told from an error of the archive.
#[derive(Clone)]
struct Tap(Arc<Mutex<Inner>>);

struct Inner {
    raw: Box<dyn Read + Send>,
    failed: bool,
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let result = inner.raw.read(buffer);
        inner.failed |= matches!(&result, Err(e) if e.kind() != io::ErrorKind::Interrupted);
        result
    }
}

/// See the module's description.
pub struct Source {
    content: Box<dyn Read + Send>,
    tap: Tap,
    ended: bool,
    /// Bytes of content read so far.
    pub size: u64,
    /// What was wrong with the archive.
    pub note: Option<String>,
}

impl Source {
    pub fn open(raw: Box<dyn Read + Send>) -> io::Result<Source> {
        let tap = Tap(Arc::new(Mutex::new(Inner { raw, failed: false })));
        let mut source = Source { content: Box::new(tap.clone()), tap, ended: false, size: 0, note: None };
        for _ in 0..DEEPEST {
            let mut start = Vec::new();
            source.read(&mut start, MAGIC.len())?;
            source.size = 0;
            let gzip = start == MAGIC;
            let rest = std::mem::replace(&mut source.content, Box::new(io::empty()));
            let whole = io::Cursor::new(start).chain(rest);
            if !gzip {
                source.content = Box::new(whole);
                // The end is found again after the bytes that were only looked at.
                source.ended = false;
                break;
            }
            source.content = Box::new(MultiGzDecoder::new(whole));
        }
        Ok(source)
    }

    /// The content as a plain reader, for going back to bytes that were read before.
    pub fn into_content(self) -> Box<dyn Read + Send> {
        self.content
    }

    /// Appends up to `wanted` bytes; returns false when the content has ended.
    pub fn read(&mut self, into: &mut Vec<u8>, wanted: usize) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let before = into.len();
        into.reserve(wanted + 1);
        let result = self.content.by_ref().take(wanted as u64).read_to_end(into);
        let read = into.len() - before;
        self.size += read as u64;
        match result {
            Ok(_) => self.ended = read < wanted,
            Err(error) if self.tap.0.lock().unwrap_or_else(PoisonError::into_inner).failed => return Err(error),
            Err(error) => {
                self.ended = true;
                self.note.get_or_insert(match error.kind() {
                    io::ErrorKind::UnexpectedEof => {
                        format!("gzip ends early: {} bytes of content were read", self.size)
                    }
                    _ => format!("gzip is damaged after {} bytes of content: {error}", self.size),
                });
                // Whoever hashes the input must see all of it.
                io::copy(&mut self.tap, &mut io::sink())?;
            }
        }
        Ok(!self.ended)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    pub fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn all(bytes: Vec<u8>) -> (Vec<u8>, Option<String>) {
        let mut source = Source::open(Box::new(io::Cursor::new(bytes))).unwrap();
        let mut content = Vec::new();
        while source.read(&mut content, 7).unwrap() {}
        assert_eq!(source.size, content.len() as u64);
        (content, source.note)
    }

    #[test]
    fn gzip_in_gzip_and_many_members_are_undone() {
        let twice = gzip(&gzip(b"hello world, hello world"));
        assert_eq!(all(twice), (b"hello world, hello world".to_vec(), None));
        let mut members = gzip(b"hello ");
        members.extend(gzip(b"world"));
        assert_eq!(all(members), (b"hello world".to_vec(), None));
        assert_eq!(all(Vec::new()), (Vec::new(), None));
        assert_eq!(all(b"x".to_vec()), (b"x".to_vec(), None));
    }

    #[test]
    fn a_cut_archive_gives_what_it_has_and_a_note() {
        let text = (0..20_000).map(|i| format!("{i} ")).collect::<String>();
        let whole = gzip(text.as_bytes());
        let (content, note) = all(whole[..whole.len() / 2].to_vec());
        assert!(!content.is_empty() && text.as_bytes().starts_with(&content));
        assert!(note.unwrap().starts_with("gzip ends early"));
    }

    #[test]
    fn a_failing_disk_is_an_error() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("no more disk"))
            }
        }
        assert!(Source::open(Box::new(io::Cursor::new(gzip(b"abc")[..12].to_vec()).chain(Broken))).is_err());
    }
}
