//! One header block of a tar (POSIX pax and ustar; GNU tar manual, "Basic Tar Format").

use super::sparse::Piece;

pub(super) const BLOCK: usize = 512;

pub(super) struct Header<'a>(&'a [u8; BLOCK]);

impl<'a> Header<'a> {
    pub fn of(block: &'a [u8; BLOCK]) -> Header<'a> {
        Header(block)
    }

    pub fn has_magic(&self) -> bool {
        self.0[257..].starts_with(b"ustar")
    }

    /// Whether the checksum is right. Some old writers summed signed bytes.
    pub fn is_sound(&self) -> bool {
        let Some(written) = number(&self.0[148..156]) else { return false };
        let outside =
            || self.0.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
        let plain = outside().map(u64::from).sum::<u64>();
        let signed = outside().map(|byte| i64::from(byte.cast_signed())).sum::<i64>();
        self.0[0] != 0 && (written == plain || i64::try_from(written) == Ok(signed))
    }

    pub fn kind(&self) -> u8 {
        self.0[156]
    }

    /// Path as it is written; ustar cuts long ones in two.
    pub fn path(&self) -> Vec<u8> {
        let name = until_nul(&self.0[..100]);
        // GNU has other things where ustar has the first part, and another magic.
        let front = if &self.0[257..263] == b"ustar\0" { until_nul(&self.0[345..500]) } else { &[] };
        if front.is_empty() { name.to_vec() } else { [front, name].join(&b'/') }
    }

    pub fn link(&self) -> Vec<u8> {
        until_nul(&self.0[157..257]).to_vec()
    }

    pub fn size(&self) -> Option<u64> {
        number(&self.0[124..136])
    }

    /// What a sparse file of GNU's own format is with its holes.
    pub fn real_size(&self) -> Option<u64> {
        number(&self.0[483..495])
    }

    /// Pieces of a sparse file that fit into this header, and whether blocks with more follow.
    pub fn pieces(&self) -> (Vec<Option<Piece>>, bool) {
        (pieces(&self.0[386..482]), self.0[482] != 0)
    }
}

/// Pieces in a block that follows the header of a sparse file, and whether another follows.
pub(super) fn more_pieces(block: &[u8; BLOCK]) -> (Vec<Option<Piece>>, bool) {
    (pieces(&block[..504]), block[504] != 0)
}

fn pieces(bytes: &[u8]) -> Vec<Option<Piece>> {
    let used = bytes.chunks_exact(24).take_while(|piece| piece[0] != 0);
    used.map(|piece| Some(Piece { offset: number(&piece[..12])?, length: number(&piece[12..])? })).collect()
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Octal digits with blanks or NULs around, or GNU's base 256 for what does not fit.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] == 0x80 {
        let (high, low) = field[1..].split_at(field.len().checked_sub(9)?);
        return high.iter().all(|byte| *byte == 0).then_some(u64::from_be_bytes(low.try_into().ok()?));
    }
    let blank = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !blank(byte)).unwrap_or(field.len());
    let digits = field[start..].split(blank).next().unwrap_or_default();
    digits.iter().try_fold(0_u64, |sum, digit| match digit {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}
