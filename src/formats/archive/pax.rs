//! Extended headers of a tar (POSIX pax): what does not fit into a header block, before the member it is about.

use super::sparse::Piece;

/// The longest path that is held.
pub(super) const LONGEST: usize = 64 << 10;

/// What extended headers say of the next member. An empty value in the archive takes back what a global one said.
#[derive(Default, Clone)]
pub(super) struct Extra {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<u64>,
    /// Keys of GNU tar for sparse files, formats 0.0, 0.1 and 1.0.
    pub sparse: Sparse,
}

/// See [`Extra`].
#[derive(Default, Clone)]
pub(super) struct Sparse {
    pub name: Option<Vec<u8>>,
    pub real: Option<u64>,
    pub major: Option<u64>,
    pub minor: Option<u64>,
    pub pieces: Vec<Piece>,
    offset: Option<u64>,
}

impl Extra {
    /// Adds the records of one extended header; returns what is wrong with it. What came before that stays.
    pub fn add(&mut self, mut bytes: &[u8]) -> Result<(), &'static str> {
        while let Some((key, value, rest)) = first(bytes)? {
            self.set(key, value)?;
            bytes = rest;
        }
        Ok(())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        let text = || match value {
            [] => Ok(None),
            _ if value.len() > LONGEST => Err("a path in it is over 65536 bytes"),
            _ => Ok(Some(value.to_vec())),
        };
        let number = || match value {
            [] => Ok(None),
            _ => decimal(value).map(Some).ok_or("a number in it is none"),
        };
        match key {
            b"path" => self.path = text()?,
            b"linkpath" => self.link = text()?,
            b"size" => self.size = number()?,
            b"GNU.sparse.name" => self.sparse.name = text()?,
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => self.sparse.real = number()?,
            b"GNU.sparse.major" => self.sparse.major = number()?,
            b"GNU.sparse.minor" => self.sparse.minor = number()?,
            b"GNU.sparse.offset" => self.sparse.offset = number()?,
            b"GNU.sparse.numbytes" => {
                let (Some(offset), Some(length)) = (self.sparse.offset.take(), number()?) else {
                    return Err("a piece of a sparse file in it is half");
                };
                self.sparse.pieces.push(Piece { offset, length });
            }
            b"GNU.sparse.map" => {
                let numbers = value.split(|byte| *byte == b',').map(decimal).collect::<Option<Vec<_>>>();
                let numbers = numbers.filter(|all| all.len() % 2 == 0).ok_or("its map of a sparse file is damaged")?;
                let pairs = numbers.chunks_exact(2).map(|pair| Piece { offset: pair[0], length: pair[1] });
                self.sparse.pieces = pairs.collect();
            }
            _ => {}
        }
        Ok(())
    }
}

type Split<'a> = (&'a [u8], &'a [u8], &'a [u8]);

/// The first record `length key=value\n`, where the length counts all of it, and what follows. A value may hold line
/// ends, so only the length says where it ends.
fn first(bytes: &[u8]) -> Result<Option<Split<'_>>, &'static str> {
    // Some writers fill the block up.
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let split = || {
        let blank = bytes.iter().take(20).position(|byte| *byte == b' ')?;
        let length = usize::try_from(decimal(&bytes[..blank])?).ok()?;
        let (record, rest) = bytes.split_at_checked(length)?;
        let record = record.get(blank + 1..)?.strip_suffix(b"\n")?;
        let equals = record.iter().position(|byte| *byte == b'=')?;
        Some((&record[..equals], &record[equals + 1..], rest))
    };
    split().map(Some).ok_or("a record in it is not as long as it says")
}

pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    let digit = |sum: u64, digit: &u8| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
    let right = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    right.then(|| digits.iter().try_fold(0, digit)).flatten()
}
