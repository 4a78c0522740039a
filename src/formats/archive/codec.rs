//! What undoes one layer of compression, as a stream with bounded memory.
//!
//! Recognises a layer by its first bytes, never by a name. Knows when content grows too far beyond what it came from;
//! whoever reads asks.

use std::io::{self, BufRead, Read};

use lzma_rust2::XzReader;

use super::inflate::Inflate;

/// Content may grow to this many times its compressed bytes. Deflate cannot go much beyond; only a bomb comes near.
pub const RATIO: u64 = 1000;
/// Content up to this is never called a bomb: small and very regular logs are common.
pub const FREE: u64 = 256 << 20;
/// Content of one input, and of all members of one archive: 1 TiB.
pub const TOTAL: u64 = 1 << 40;
/// First bytes that are enough to tell a layer.
pub const LOOK: usize = 10;

/// The window of xz in KiB: `xz -9` needs 64 MiB. It grows with the content, so a small file takes little.
const XZ_MEMORY: u32 = 264 << 10;

/// One way of compressing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
    /// Without any frame, as in zip and Avro; no first bytes tell it.
    Deflate,
}

impl Codec {
    /// Tells a layer by its first bytes (formats.md 0.1), None when it is none.
    pub fn of(head: &[u8]) -> Option<Codec> {
        const BLOCK: &[u8] = b"\x31\x41\x59\x26\x53\x59";
        const END: &[u8] = b"\x17\x72\x45\x38\x50\x90";
        match head {
            [0x1f, 0x8b, ..] => Some(Codec::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Codec::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Codec::Xz),
            // The letters alone could be text; a stream of bzip2 goes on with a block or with its end.
            [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] if rest.starts_with(BLOCK) || rest.starts_with(END) => {
                Some(Codec::Bzip2)
            }
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Codec::Gzip => "gzip",
            Codec::Zstd => "zstd",
            Codec::Xz => "xz",
            Codec::Bzip2 => "bzip2",
            Codec::Deflate => "deflate",
        }
    }

    /// Undoes the layer. All but deflate read members that follow each other as one content.
    ///
    /// # Errors
    /// When there is no memory for the decoder.
    pub fn undo<R: BufRead>(self, packed: R) -> io::Result<Undone<R>> {
        Ok(Undone(match self {
            Codec::Gzip => Kind::Deflate(Inflate::gzip(packed)),
            Codec::Deflate => Kind::Deflate(Inflate::bare(packed)),
            Codec::Zstd => Kind::Zstd(Steps::new(zstd::Decoder::with_buffer(packed)?)),
            Codec::Xz => Kind::Xz(Steps::new(Box::new(XzReader::new_mem_limit(Filling(packed), true, XZ_MEMORY)))),
            Codec::Bzip2 => Kind::Bzip2(Steps::new(bzip2::bufread::MultiBzDecoder::new(packed))),
        }))
    }
}

/// Content of a layer.
pub struct Undone<R: BufRead>(Kind<R>);

enum Kind<R: BufRead> {
    Deflate(Inflate<R>),
    Zstd(Steps<zstd::Decoder<'static, R>>),
    Xz(Steps<Box<XzReader<Filling<R>>>>),
    Bzip2(Steps<bzip2::bufread::MultiBzDecoder<R>>),
}

impl<R: BufRead> Read for Undone<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Deflate(content) => content.read(buffer),
            Kind::Zstd(content) => content.read(buffer),
            Kind::Xz(content) => content.read(buffer),
            Kind::Bzip2(content) => content.read(buffer),
        }
    }
}

/// Bytes that a decoder is asked for at a time.
const STEP: usize = 512;

/// Undoes in steps of its own. A decoder that meets damage gives an error in place of what it had undone in the same
/// call: that is never more than a step, and the same however its content is asked for.
struct Steps<D> {
    from: D,
    bytes: [u8; STEP],
    at: usize,
    end: usize,
}

impl<D: Read> Steps<D> {
    fn new(from: D) -> Steps<D> {
        Steps { from, bytes: [0; STEP], at: 0, end: 0 }
    }
}

impl<D: Read> Read for Steps<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.end {
            (self.at, self.end) = (0, 0);
            self.end = self.from.read(&mut self.bytes)?;
        }
        let length = buffer.len().min(self.end - self.at);
        buffer[..length].copy_from_slice(&self.bytes[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// Gives all that was asked for until the end: the reader of xz takes a short read for a cut stream.
struct Filling<R>(R);

impl<R: Read> Read for Filling<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        fill(&mut self.0, buffer)
    }
}

/// Reads until the buffer is full or the content ends; returns how much was read.
///
/// # Errors
/// When reading fails.
pub fn fill(from: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match from.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

/// Says why content must not grow further, None while it may.
pub fn too_much(content: u64, packed: u64, ratio: u64) -> Option<String> {
    (content > FREE && content / ratio.max(1) > packed).then(|| {
        format!(
            "stopped: {content} bytes of content from {packed} compressed bytes, over {ratio}:1 (a decompression bomb?)"
        )
    })
}
