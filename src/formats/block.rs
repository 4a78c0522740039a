//! Content cut into blocks of whole records, in order, by one thread; blocks are decoded by any thread.

use std::io::{self, Cursor, Read};
use std::sync::Arc;

use super::envelopes::{self, Cutter, Envelope};
use super::rows::Rows;
use super::source::{Buffer, Source};
use super::{classify, json};

/// About how many bytes a block has; a longer record makes a longer block.
pub(super) const BLOCK: usize = 2 << 20;
#[cfg(any(test, fuzzing))]
thread_local! {
    /// What counts as [`BLOCK`] on this thread, so that small inputs can be cut as well.
    pub(super) static ENOUGH: std::cell::Cell<usize> = const { std::cell::Cell::new(BLOCK) };
    /// What counts as [`LONGEST`] on this thread, so that the limit can be met.
    pub(super) static MOST: std::cell::Cell<usize> = const { std::cell::Cell::new(LONGEST) };
}
/// The longest record that is held.
const LONGEST: usize = 512 << 20;
/// A record that is longer than a block by far.
const LONG: usize = 4 * BLOCK;
/// What envelopes may look at; more only to see the first line to its end.
const HEAD: usize = 64 << 10;
const LONGEST_HEAD: usize = 8 << 20;

/// Whole records of one piece of evidence, ready to decode on any thread.
pub struct Block {
    /// First byte in the content.
    pub offset: u64,
    /// Line the block starts on, from 1.
    pub line: u64,
    pub bytes: Vec<u8>,
    /// What the envelope learnt before this block (headers of a CSV, fields around an array …).
    pub context: Arc<Context>,
}

/// See [`Block::context`].
pub struct Context {
    pub(super) content: Kind,
}

/// What a block holds.
pub(super) enum Kind {
    /// Records, which the envelope finds in the bytes with what it learnt.
    Records(&'static dyn Envelope, Learnt),
    /// Nothing that can be read: the reason, and how long it is. The bytes are only its beginning.
    Refused { reason: String, length: u64, binary: bool },
}

/// What an envelope remembers of a block.
#[derive(Default, Clone)]
pub(super) struct Learnt {
    /// Where the values are, when looking for them again would cost.
    pub pieces: Vec<Piece>,
    /// The columns of a table: which of those we read each is, and its name.
    pub columns: Arc<Vec<Head>>,
    /// What stands between its cells.
    pub separator: u8,
    /// Bytes at the start of the block that are no record (a header line).
    pub skip: usize,
    /// The content ends inside the last record.
    pub cut: bool,
    /// Written from a data frame, where NaN stands for no value.
    pub frame: bool,
    /// Which kind of log lines it holds.
    pub lines: Option<super::host::framing::Kind>,
}

/// A column of a table: which of those we read it is, and its name.
pub(super) type Head = (Option<u8>, String);

/// A value in a block, or bytes that are none and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub at: std::ops::Range<usize>,
    pub broken: Option<&'static str>,
    /// The log of a container between two documents, with the lines that begin and end it.
    pub log: bool,
}

/// Recognises content by its first bytes and cuts it into blocks.
pub struct Reader {
    source: Source,
    held: Buffer,
    /// Room of earlier blocks, to be used again: fresh memory costs as much as reading into it.
    spare: Vec<Vec<u8>>,
    /// Content offset and line of the first held byte.
    offset: u64,
    line: u64,
    more: bool,
    state: State,
    format: String,
    notes: Vec<String>,
}

enum State {
    Cutting(&'static dyn Envelope, Box<dyn Cutter>),
    Refusing { reason: String, binary: bool },
    Done,
}

/// What is known of the content once it is read to its end.
pub struct Content {
    /// Name of the envelope that was recognised.
    pub format: String,
    /// Bytes after decompression.
    pub size: u64,
    /// What a reader must know: cut gzip, empty file, rows at the portal's limit, partial query result …
    pub notes: Vec<String>,
}

impl Reader {
    /// Takes the raw bytes of a file or stdin; undoes gzip (also nested, multi-member) by itself.
    ///
    /// # Errors
    /// Only when reading fails; content that nobody knows becomes one reject over all of it.
    pub fn open(raw: Box<dyn Read + Send>) -> io::Result<Reader> {
        Reader::open_within(raw, Vec::new())
    }

    /// As [`Reader::open`], in room that was used before, whatever is in it.
    ///
    /// # Errors
    /// Only when reading fails.
    pub fn open_within(raw: Box<dyn Read + Send>, room: Vec<u8>) -> io::Result<Reader> {
        Reader::begin(Source::open(raw)?, Buffer::within(room))
    }

    /// As [`Reader::open`], of all raw bytes at once, which need not be copied when they are the content.
    ///
    /// # Errors
    /// Only when reading fails, which it does not here.
    pub fn open_whole(raw: Vec<u8>) -> io::Result<Reader> {
        if Source::is_plain(&raw) {
            Reader::begin(Source::read_already(raw.len() as u64), Buffer::of(raw))
        } else {
            Reader::open(Box::new(Cursor::new(raw)))
        }
    }

    fn begin(source: Source, held: Buffer) -> io::Result<Reader> {
        let mut reader = Reader {
            source,
            held,
            spare: Vec::new(),
            offset: 0,
            line: 1,
            more: true,
            state: State::Done,
            format: String::from("empty"),
            notes: Vec::new(),
        };
        reader.skip_blanks()?;
        if matches!(reader.state, State::Refusing { .. }) {
            return Ok(reader);
        }
        while reader.more && reader.held.len() < LONGEST_HEAD && memchr::memchr(b'\n', &reader.held).is_none() {
            reader.fill(HEAD)?;
        }
        reader.recognise();
        Ok(reader)
    }

    /// Returns the next block, None at the end.
    ///
    /// # Errors
    /// When reading fails. A gzip that ends early is no error: what was read counts, and `finish` carries a note.
    pub fn next_block(&mut self) -> io::Result<Option<Block>> {
        self.next_block_or(&mut || {})
    }

    /// As [`Reader::next_block`]; asks `long` before it reads on in a record that is long, and so takes much room.
    ///
    /// # Errors
    /// When reading fails.
    pub fn next_block_or(&mut self, long: &mut dyn FnMut()) -> io::Result<Option<Block>> {
        loop {
            match &mut self.state {
                State::Done => return Ok(None),
                State::Refusing { .. } => return self.refuse_rest().map(Some),
                State::Cutting(envelope, cutter) => {
                    let envelope = *envelope;
                    if let Some((length, learnt)) = cutter.cut(&self.held, !self.more, &mut self.notes) {
                        return Ok(Some(self.take(length, Kind::Records(envelope, learnt))));
                    }
                }
            }
            if !self.more {
                self.state = State::Done;
            } else if self.held.len() >= longest() {
                let most = longest() >> 20;
                let reason = format!(
                    "one record is longer than {most} MB: it and what follows are not read; split the file behind it"
                );
                self.state = State::Refusing { reason, binary: false };
            } else {
                if self.held.len() >= LONG {
                    long();
                }
                self.fill(BLOCK)?;
            }
        }
    }

    /// Takes back the bytes of a block that was decoded.
    pub fn recycle(&mut self, bytes: Vec<u8>) {
        self.spare.push(bytes);
    }

    /// Gives back all room that is left.
    pub fn leave(&mut self) -> Vec<Vec<u8>> {
        let mut room = std::mem::take(&mut self.spare);
        room.push(std::mem::take(&mut self.held).room());
        room
    }

    /// Says what the content was.
    pub fn finish(mut self) -> Content {
        self.notes.extend(self.source.note);
        self.notes.dedup();
        Content { format: self.format, size: self.source.size, notes: self.notes }
    }

    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        self.more = self.source.read(&mut self.held, wanted)?;
        Ok(())
    }

    /// Leaves out what may stand before any text: a byte order mark, blanks, the NULs of a rotated log.
    fn skip_blanks(&mut self) -> io::Result<()> {
        loop {
            self.fill(HEAD)?;
            // An etcd snapshot begins with zeros that are no blanks.
            if let Some((name, reason)) = envelopes::refusal(&self.held).filter(|_| self.offset == 0) {
                self.refuse(name, reason, true);
                return Ok(());
            }
            let (blanks, rest) = json::trim(&self.held);
            let blanks = if rest.is_empty() && self.more { blanks.saturating_sub(2) } else { blanks };
            if !rest.is_empty() || !self.more {
                self.forget(blanks);
                return Ok(());
            }
            self.forget(blanks);
        }
    }

    fn recognise(&mut self) {
        if self.held.is_empty() {
            let note = if self.source.size == 0 { "empty file" } else { "empty: nothing but blanks" };
            match self.source.note.take() {
                // An archive of which nothing could be read is a record that could not be read.
                Some(reason) => {
                    let name = self.source.layers.last().copied().unwrap_or("empty");
                    // Of all there is, blanks included: a place of no bytes is none.
                    self.offset = 0;
                    self.refuse(name, reason, true);
                }
                None => self.notes.push(note.to_owned()),
            }
            return;
        }
        if let Some((name, reason)) = envelopes::refusal(&self.held) {
            return self.refuse(name, reason, true);
        }
        // The first that is sure, else the first that may be right: of many small files this is a part of the work.
        let (mut best, mut maybe) = (None, None);
        let line = memchr::memchr(b'\n', &self.held).unwrap_or(self.held.len());
        let head = &self.held[..self.held.len().min((line + 1).next_multiple_of(HEAD))];
        for envelope in envelopes::ENVELOPES {
            match envelope.fit(head) {
                super::Fit::Sure => {
                    best = Some(*envelope);
                    break;
                }
                super::Fit::Maybe => maybe = maybe.or(Some(*envelope)),
                super::Fit::No => {}
            }
        }
        match best.or(maybe) {
            Some(envelope) => {
                self.format = envelope.name().to_owned();
                self.state = State::Cutting(envelope, envelope.cutter());
            }
            None => {
                let (name, reason) = envelopes::unknown(&self.held);
                self.refuse(name, reason, false);
            }
        }
    }

    fn refuse(&mut self, name: &str, reason: String, binary: bool) {
        self.format = name.to_owned();
        self.state = State::Refusing { reason, binary };
    }

    /// Reads to the end without holding anything.
    fn refuse_rest(&mut self) -> io::Result<Block> {
        let State::Refusing { reason, binary } = std::mem::replace(&mut self.state, State::Done) else {
            unreachable!("only called while refusing")
        };
        let (offset, line) = (self.offset, self.line);
        let bytes = std::mem::take(&mut self.held).first(HEAD);
        while self.more {
            self.held.forget(self.held.len());
            self.fill(BLOCK)?;
        }
        self.held = Buffer::default();
        let length = self.source.size - offset;
        let content = Kind::Refused { reason, length, binary };
        Ok(Block { offset, line, bytes, context: Arc::new(Context { content }) })
    }

    fn take(&mut self, length: usize, content: Kind) -> Block {
        let (offset, line) = (self.offset, self.line);
        let mut rest = Buffer::within(self.spare.pop().unwrap_or_default());
        rest.extend(&self.held[length..]);
        let bytes = std::mem::replace(&mut self.held, rest).first(length);
        self.offset += length as u64;
        self.line += lines(&bytes);
        Block { offset, line, bytes, context: Arc::new(Context { content }) }
    }

    fn forget(&mut self, length: usize) {
        self.offset += length as u64;
        self.line += lines(&self.held[..length]);
        self.held.forget(length);
    }
}

/// Returns how many bytes are enough for a block.
pub(super) fn enough() -> usize {
    #[cfg(any(test, fuzzing))]
    return ENOUGH.get();
    #[cfg(not(any(test, fuzzing)))]
    BLOCK
}

/// Returns the longest record that is held.
pub(super) fn longest() -> usize {
    #[cfg(any(test, fuzzing))]
    return MOST.get();
    #[cfg(not(any(test, fuzzing)))]
    LONGEST
}

/// Counts line ends.
pub(super) fn lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Decodes a block: every byte ends in a row's span, a reject, or is blank space between records. Cannot fail.
pub fn decode(block: &Block, rows: &mut Rows) {
    match &block.context.content {
        Kind::Records(envelope, learnt) => envelope.open(block, learnt, &mut |found| classify::read(found, rows)),
        Kind::Refused { reason, length, binary } => {
            let line = if *binary { 0 } else { block.line };
            rows.reject(block.offset..block.offset + length, line, reason.as_str(), &block.bytes);
        }
    }
}
