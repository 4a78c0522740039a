//! The bytes of an input with what packs them undone: gzip, zstd, xz and bzip2, also in each other, then UTF-16.
//!
//! A damaged or cut archive is no error: what could be read counts, and a note says where it ended. Only a failure of
//! the input itself is an error. Opens no archives of several files, and nothing that has no mark of its own.

mod buffer;
mod layer;
#[cfg(test)]
mod tests;
mod utf16;

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;

use crate::formats::archive::codec::{Codec, LOOK};
pub use buffer::Buffer;
use layer::{Bounds, Layer, Tap};
use utf16::{Order, Replaced, Utf16};

/// Layers inside layers are opened this deep; deeper is a trick, not evidence.
const DEEPEST: usize = 4;
/// How much of a layer is held before it is undone.
const HELD: usize = 32 << 10;
/// Read at once: whoever hashes what passes finds it in a near cache.
const PIECE: usize = 256 << 10;

/// See the module's description.
pub struct Source {
    content: Box<dyn Read + Send>,
    tap: Tap,
    ended: bool,
    remarks: Vec<String>,
    utf16: Option<Arc<Replaced>>,
    /// What was undone, from the outside in.
    pub layers: Vec<&'static str>,
    /// Bytes of content read so far.
    pub size: u64,
    /// What a reader must know: where a damaged archive ended, why reading stopped, that text was UTF-16.
    pub note: Option<String>,
}

impl Source {
    /// Opens an input at the start of its content.
    ///
    /// # Errors
    /// Only when reading the input fails.
    pub fn open(raw: Box<dyn Read + Send>) -> io::Result<Source> {
        Source::open_within(raw, Bounds::default())
    }

    fn open_within(raw: Box<dyn Read + Send>, bounds: Bounds) -> io::Result<Source> {
        let tap = Tap::new(raw);
        let mut source = Source {
            content: Box::new(tap.clone()),
            tap,
            ended: false,
            remarks: Vec::new(),
            utf16: None,
            layers: Vec::new(),
            size: 0,
            note: None,
        };
        loop {
            let mut start = Buffer::default();
            source.append(&mut start, LOOK)?;
            let mut start = start.first(LOOK);
            let codec = Codec::of(&start);
            let text = Order::of(&start);
            let rest = std::mem::replace(&mut source.content, Box::new(io::empty()));
            match codec {
                Some(codec) if source.layers.len() < DEEPEST => {
                    let packed = BufReader::with_capacity(HELD, Cursor::new(start).chain(rest));
                    source.content = Box::new(Layer::new(codec, packed, source.tap.clone(), bounds)?);
                    source.layers.push(codec.name());
                    continue;
                }
                Some(codec) => {
                    let name = codec.name();
                    source.remarks.push(format!("packed more than {DEEPEST} deep: the {name} inside is left as it is"));
                }
                None => {}
            }
            source.content = match text {
                Some(Order::Utf32) => {
                    source.remarks.push("UTF-32 text by its byte order mark: not read as text".to_owned());
                    Box::new(Cursor::new(start).chain(rest))
                }
                Some(order) => {
                    let replaced = Arc::new(Replaced::default());
                    source.utf16 = Some(Arc::clone(&replaced));
                    Box::new(Utf16::new(Cursor::new(start.split_off(2)).chain(rest), order, replaced))
                }
                None => Box::new(Cursor::new(start).chain(rest)),
            };
            source.note = source.remark();
            return Ok(source);
        }
    }

    /// Says whether content that begins like this is neither packed nor in UTF-16, so that its bytes are the content.
    pub fn is_plain(head: &[u8]) -> bool {
        let look = &head[..head.len().min(LOOK)];
        Codec::of(look).is_none() && Order::of(look).is_none()
    }

    /// Plain content of so many bytes that was read to its end.
    pub fn read_already(size: u64) -> Source {
        Source {
            content: Box::new(io::empty()),
            tap: Tap::new(Box::new(io::empty())),
            ended: true,
            remarks: Vec::new(),
            utf16: None,
            layers: Vec::new(),
            size,
            note: None,
        }
    }

    /// The content as a plain reader, for going back to bytes that were read before. Unlike [`Source::read`] it fails
    /// where an archive is damaged.
    pub fn into_content(self) -> Box<dyn Read + Send> {
        self.content
    }

    /// Appends up to `wanted` bytes; returns false when the content has ended.
    ///
    /// # Errors
    /// Only when reading the input fails.
    pub fn read(&mut self, into: &mut Buffer, wanted: usize) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let (read, ended) = self.append(into, wanted)?;
        self.count(read);
        if ended {
            self.end()?;
        }
        Ok(!self.ended)
    }

    /// Appends up to `wanted` bytes; returns how many, and whether the content has ended, damaged or not.
    fn append(&mut self, into: &mut Buffer, wanted: usize) -> io::Result<(usize, bool)> {
        let mut read = 0;
        while read < wanted {
            let most = PIECE.min(wanted - read);
            match self.content.read(&mut into.spare(most)[..most]) {
                Ok(0) => return Ok((read, true)),
                Ok(more) => {
                    into.advance(more);
                    read += more;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if self.tap.failed() => return Err(error),
                // The layer that is damaged has told the tap.
                Err(_) => return Ok((read, true)),
            }
        }
        Ok((read, false))
    }

    fn count(&mut self, read: usize) {
        self.size += read as u64;
        // Nothing but a mark is an empty input, and nothing is to be said of its text.
        if read > 0 && self.note.is_none() && self.utf16.is_some() {
            self.note = self.remark();
        }
    }

    fn end(&mut self) -> io::Result<()> {
        self.ended = true;
        if let Some(blame) = self.tap.blame() {
            self.remarks.push(blame.note(self.size));
        }
        self.note = self.remark();
        // Whoever hashes the input must see all of it.
        io::copy(&mut self.tap, &mut io::sink())?;
        Ok(())
    }

    fn remark(&self) -> Option<String> {
        let utf16 = self.utf16.iter().filter(|_| self.size > 0).flat_map(|replaced| replaced.remarks());
        let all = utf16.chain(self.remarks.iter().cloned()).collect::<Vec<_>>();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// For what reads content as it comes, such as the members of an archive: the end of a damaged layer is the end.
impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        match self.content.read(buffer) {
            Ok(0) => self.end().map(|()| 0),
            Ok(read) => {
                self.count(read);
                Ok(read)
            }
            Err(error) if self.tap.failed() || error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(_) => self.end().map(|()| 0),
        }
    }
}
