//! Deflate, bare or in members of gzip, of which what was undone before damage is given.
//!
//! The readers of `flate2` give an error in place of what they had undone in the same call, so that much or little of
//! damaged content is lost with the size of the caller's buffer. The decoder below them knows how far it came.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};

/// Bits of the window, the most that deflate has.
const WINDOW: u8 = 15;

/// Content of one stream of deflate, or of all members of a gzip file one after the other.
pub(super) struct Inflate<R> {
    packed: R,
    inner: Decompress,
    gzip: bool,
    /// Something of the current member was read.
    begun: bool,
    ended: bool,
    /// What is to be said when all that came before it was given.
    failed: Option<io::Error>,
    /// Why no more packed bytes come; the decoder may still hold content of those that came.
    below: Option<io::Error>,
}

impl<R> Inflate<R> {
    pub fn gzip(packed: R) -> Inflate<R> {
        Inflate::new(packed, true)
    }

    pub fn bare(packed: R) -> Inflate<R> {
        Inflate::new(packed, false)
    }

    fn new(packed: R, gzip: bool) -> Inflate<R> {
        let inner = if gzip { Decompress::new_gzip(WINDOW) } else { Decompress::new(false) };
        // Nothing is no member: its first is missing.
        Inflate { packed, inner, gzip, begun: true, ended: false, failed: None, below: None }
    }

    /// Takes note of the end of a stream; another member may follow.
    fn stream_ends(&mut self) {
        self.ended = !self.gzip;
        self.begun = false;
        if self.gzip {
            self.inner = Decompress::new_gzip(WINDOW);
        }
    }
}

impl<R: BufRead> Read for Inflate<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            self.ended = true;
            return Err(error);
        }
        while !self.ended && !buffer.is_empty() {
            let input: &[u8] = match self.below {
                Some(_) => &[],
                None => match self.packed.fill_buf() {
                    Ok(input) => input,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                    Err(error) => {
                        self.below = Some(error);
                        &[]
                    }
                },
            };
            let last = input.is_empty() && self.below.is_none();
            if last && !self.begun {
                break;
            }
            let (read, made) = (self.inner.total_in(), self.inner.total_out());
            let flush = if last { FlushDecompress::Finish } else { FlushDecompress::None };
            let result = self.inner.decompress(input, buffer, flush);
            let read = (self.inner.total_in() - read) as usize;
            let made = (self.inner.total_out() - made) as usize;
            self.packed.consume(read);
            self.begun |= read > 0;
            if made == 0
                && let Some(error) = self.below.take()
            {
                self.ended = true;
                return Err(error);
            }
            let error = match result {
                Ok(Status::StreamEnd) => {
                    self.stream_ends();
                    None
                }
                Ok(_) if made > 0 || (read > 0 && !last) => None,
                Ok(_) => Some(io::Error::new(io::ErrorKind::UnexpectedEof, "the stream ends early")),
                Err(error) => Some(io::Error::new(io::ErrorKind::InvalidData, why(error.message()))),
            };
            match error {
                Some(error) if made > 0 => self.failed = Some(error),
                Some(error) => {
                    self.ended = true;
                    return Err(error);
                }
                None => {}
            }
            if made > 0 {
                return Ok(made);
            }
        }
        Ok(0)
    }
}

/// Says what is wrong, in the same words however much was undone in the call that met it.
fn why(message: Option<&str>) -> &'static str {
    match message {
        Some("incorrect data check" | "incorrect length check") => "its checksum or length does not match",
        Some("incorrect header check") => "what follows is no gzip",
        _ => "corrupt deflate stream",
    }
}
