//! Content cut into blocks of whole records, in order, by one thread; blocks are decoded by any thread.

use std::io::{self, Read};
use std::sync::Arc;

use super::rows::Rows;

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
pub struct Context {}

/// Recognises content by its first bytes and cuts it into blocks.
pub struct Reader {}

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
    pub fn open(_raw: Box<dyn Read + Send>) -> io::Result<Reader> {
        unimplemented!()
    }

    /// Returns the next block, None at the end.
    ///
    /// # Errors
    /// When reading fails. A gzip that ends early is no error: what was read counts, and `finish` carries a note.
    pub fn next_block(&mut self) -> io::Result<Option<Block>> {
        unimplemented!()
    }

    /// Says what the content was.
    pub fn finish(self) -> Content {
        unimplemented!()
    }
}

/// Decodes a block: every byte ends in a row's span, a reject, or is blank space between records. Cannot fail.
pub fn decode(_block: &Block, _rows: &mut Rows) {
    unimplemented!()
}
