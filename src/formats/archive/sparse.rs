//! Files with holes: which pieces of them a tar holds, checked before a byte is written.

use std::io::{self, Read};

use super::codec::fill;
use super::header::BLOCK;
use super::pax::decimal;
use super::spool::Spool;

/// Pieces of one file; real ones have some thousands.
pub(super) const MOST: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub offset: u64,
    pub length: u64,
}

/// A file with holes.
pub(super) struct Map {
    pub pieces: Vec<Piece>,
    /// Its size with the holes.
    pub real: u64,
}

impl Map {
    /// Says what is wrong with it for a member that holds so many bytes.
    pub fn wrong(&self, stored: u64) -> Option<&'static str> {
        let (mut end, mut sum) = (0_u64, 0_u64);
        for piece in &self.pieces {
            if piece.offset < end {
                return Some("pieces of its sparse map overlap");
            }
            let Some(next) = piece.offset.checked_add(piece.length) else {
                return Some("a piece of its sparse map has no end");
            };
            end = next;
            // Pieces do not overlap, so the sum is not over the end of the last.
            sum += piece.length;
        }
        if end > self.real {
            return Some("its sparse map goes beyond its size");
        }
        (sum != stored).then_some("its sparse map has another length than its bytes")
    }

    /// Writes the file with its holes as zeros; false when the bytes end before.
    pub fn expand(&self, from: &mut dyn Read, spool: &mut Spool) -> io::Result<bool> {
        for piece in &self.pieces {
            spool.put_zeros(piece.offset - spool.len())?;
            if copy(from, piece.length, spool)? < piece.length {
                return Ok(false);
            }
        }
        spool.put_zeros(self.real - spool.len())?;
        Ok(true)
    }
}

/// Copies so many bytes, or what there is; returns how many.
pub(super) fn copy(from: &mut dyn Read, length: u64, spool: &mut Spool) -> io::Result<u64> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX).min(64 << 10)];
    let mut left = length;
    while left > 0 {
        let step = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = fill(from, &mut bytes[..step])?;
        spool.put(&bytes[..read])?;
        left -= read as u64;
        if read < step {
            break;
        }
    }
    Ok(length - left)
}

/// Reads the map at the start of a member's bytes, as format 1.0 has it: a count and then pairs, a number on a line,
/// filled up to a block. Returns the pieces, or what is wrong with them.
pub(super) fn leading(from: &mut dyn Read, stored: u64) -> io::Result<Result<Vec<Piece>, &'static str>> {
    let mut numbers = Vec::new();
    let (mut digits, mut read, mut wanted) = (Vec::new(), 0_u64, None);
    while wanted.is_none_or(|wanted| numbers.len() < wanted) {
        let mut block = [0; BLOCK];
        if stored - read < BLOCK as u64 {
            return Ok(Err("its sparse map has no end"));
        }
        if fill(from, &mut block)? < BLOCK {
            return Ok(Err("it ends inside its sparse map"));
        }
        read += BLOCK as u64;
        for byte in block {
            if wanted.is_some_and(|wanted| numbers.len() == wanted) {
                break;
            }
            if byte != b'\n' {
                if digits.len() == 20 {
                    return Ok(Err("a number in its sparse map is none"));
                }
                digits.push(byte);
                continue;
            }
            let Some(number) = decimal(&digits) else {
                return Ok(Err("a number in its sparse map is none"));
            };
            digits.clear();
            if wanted.is_some() {
                numbers.push(number);
            } else {
                match usize::try_from(number).ok().filter(|count| *count <= MOST) {
                    Some(count) => wanted = Some(2 * count),
                    None => return Ok(Err("its sparse map has too many pieces")),
                }
            }
        }
    }
    Ok(Ok(numbers.chunks_exact(2).map(|pair| Piece { offset: pair[0], length: pair[1] }).collect()))
}
