//! UTF-16 as it comes, turned into UTF-8 (RFC 2781, Unicode 3.9).
//!
//! Half a pair of surrogates and half a unit at the end become U+FFFD and are counted: they are in the evidence, and
//! UTF-8 has no place for them.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes that are read at once.
const STEP: usize = 16 << 10;

/// What a byte order mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
    Utf32,
}

impl Order {
    pub fn of(head: &[u8]) -> Option<Order> {
        match head {
            // The little mark of UTF-32 begins as that of UTF-16 does; text does not begin with a NUL.
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some(Order::Utf32),
            [0xff, 0xfe, ..] => Some(Order::Little),
            [0xfe, 0xff, ..] => Some(Order::Big),
            _ => None,
        }
    }
}

/// How much of the text could not be kept as it was.
#[derive(Default)]
pub(super) struct Replaced {
    lone: AtomicU64,
    half: AtomicU64,
}

impl Replaced {
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = vec!["UTF-16 text, read as UTF-8: places count in UTF-8 bytes".to_owned()];
        match self.lone.load(Relaxed) {
            0 => {}
            1 => remarks.push("1 lone surrogate is read as U+FFFD".to_owned()),
            many => remarks.push(format!("{many} lone surrogates are read as U+FFFD")),
        }
        if self.half.load(Relaxed) > 0 {
            remarks.push("the text ends in half a unit, read as U+FFFD".to_owned());
        }
        remarks
    }
}

/// Text after its byte order mark.
pub(super) struct Utf16<R> {
    text: R,
    order: Order,
    replaced: Arc<Replaced>,
    /// UTF-8 that is ready, and how much of it was taken.
    ready: Vec<u8>,
    taken: usize,
    /// First byte of a unit whose second has not come.
    half: Option<u8>,
    /// First of a pair of surrogates whose second has not come.
    high: Option<u16>,
    ended: bool,
    failed: Option<io::Error>,
}

impl<R: Read> Utf16<R> {
    pub fn new(text: R, order: Order, replaced: Arc<Replaced>) -> Utf16<R> {
        let ready = Vec::with_capacity(2 * STEP);
        Utf16 { text, order, replaced, ready, taken: 0, half: None, high: None, ended: false, failed: None }
    }

    fn more(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.taken = 0;
        let mut bytes = [0; STEP];
        let read = match self.text.read(&mut bytes) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                self.failed = Some(error);
                0
            }
        };
        if read == 0 {
            self.end();
            return Ok(());
        }
        let mut bytes = &bytes[..read];
        if let (Some(first), [second, rest @ ..]) = (self.half.take(), bytes) {
            self.unit([first, *second]);
            bytes = rest;
        }
        let (units, left) = bytes.as_chunks::<2>();
        units.iter().for_each(|unit| self.unit(*unit));
        self.half = left.first().copied();
        Ok(())
    }

    fn unit(&mut self, bytes: [u8; 2]) {
        let unit = if self.order == Order::Big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
        if let Some(high) = self.high.take() {
            if let Some(Ok(pair)) = char::decode_utf16([high, unit]).next()
                && (0xdc00..0xe000).contains(&unit)
            {
                return self.push(pair);
            }
            self.lone();
        }
        match unit {
            0xd800..0xdc00 => self.high = Some(unit),
            0xdc00..0xe000 => self.lone(),
            _ => self.push(char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER)),
        }
    }

    fn lone(&mut self) {
        self.replaced.lone.fetch_add(1, Relaxed);
        self.push(char::REPLACEMENT_CHARACTER);
    }

    fn push(&mut self, letter: char) {
        self.ready.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn end(&mut self) {
        self.ended = true;
        if self.high.take().is_some() {
            self.lone();
        }
        if self.half.take().is_some() {
            self.replaced.half.store(1, Relaxed);
            self.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() {
            if self.ended {
                return self.failed.take().map_or(Ok(0), Err);
            }
            self.more()?;
        }
        let length = buffer.len().min(self.ready.len() - self.taken);
        buffer[..length].copy_from_slice(&self.ready[self.taken..self.taken + length]);
        self.taken += length;
        Ok(length)
    }
}
