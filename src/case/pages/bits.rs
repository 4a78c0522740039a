//! Numbers as Parquet packs them: runs and groups of eight (RLE/bit-packing hybrid), and differences
//! (DELTA_BINARY_PACKED). Written after the Parquet format's document "Encodings"; reading is the `parquet` crate's.

/// Equal values from which on a run is shorter than groups.
const RUN: usize = 8;
/// Values of a block of differences, and of the parts that have a width of their own.
const BLOCK: usize = 128;
const PART: usize = 32;

/// Bits that hold every number up to `most`.
pub fn width(most: u32) -> u32 {
    32 - most.leading_zeros()
}

/// Appends numbers of `width` bits as runs and groups.
pub fn hybrid(values: &[u32], width: u32, out: &mut Vec<u8>) {
    let (mut written, mut at) = (0, 0);
    while at < values.len() {
        let value = values[at];
        let run = values[at..].iter().take_while(|other| **other == value).count();
        // Groups are whole, so what lacks of one is taken from the run.
        let lacking = (at - written).next_multiple_of(8) - (at - written);
        if run >= RUN + lacking {
            groups(&values[written..at + lacking], width, out);
            repeated(value, run - lacking, width, out);
            written = at + run;
        }
        at += run;
    }
    groups(&values[written..], width, out);
}

/// Appends one number `count` times.
pub fn repeated(value: u32, count: usize, width: u32, out: &mut Vec<u8>) {
    varint((count as u64) << 1, out);
    out.extend_from_slice(&value.to_le_bytes()[..width.div_ceil(8) as usize]);
}

/// Appends groups of eight numbers; the last is filled with zeros.
fn groups(values: &[u32], width: u32, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    let groups = values.len().div_ceil(8);
    varint((groups as u64) << 1 | 1, out);
    let end = out.len() + groups * width as usize;
    pack(values.iter().map(|value| u64::from(*value)), width, out);
    out.resize(end, 0);
}

/// Appends the lowest `width` bits (at most 32) of each number, the first in the lowest bits of the first byte.
fn pack(values: impl Iterator<Item = u64>, width: u32, out: &mut Vec<u8>) {
    let (mut bits, mut held) = (0_u64, 0);
    for value in values {
        bits |= value << held;
        held += width;
        if held >= 32 {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= 32;
            held -= 32;
        }
    }
    out.extend_from_slice(&bits.to_le_bytes()[..held.div_ceil(8) as usize]);
}

/// Appends lengths by their differences.
pub fn lengths(values: &[i32], out: &mut Vec<u8>) {
    varint(BLOCK as u64, out);
    varint((BLOCK / PART) as u64, out);
    varint(values.len() as u64, out);
    let first = values.first().copied().unwrap_or_default();
    varint(zigzag(i64::from(first)), out);
    let differences: Vec<i64> = values.windows(2).map(|two| i64::from(two[1]) - i64::from(two[0])).collect();
    for block in differences.chunks(BLOCK) {
        let least = block.iter().min().copied().unwrap_or_default();
        varint(zigzag(least), out);
        // Lengths are positive, so a difference has 32 bits at most, and so has what it is above another.
        let above = |part: &[i64]| part.iter().map(|value| (value - least) as u32).max().map_or(0, width);
        let mut widths = [0; BLOCK / PART];
        widths.iter_mut().zip(block.chunks(PART)).for_each(|(width, part)| *width = above(part) as u8);
        out.extend_from_slice(&widths);
        for (part, width) in block.chunks(PART).zip(widths) {
            let end = out.len() + PART / 8 * usize::from(width);
            pack(part.iter().map(|value| (value - least) as u64), u32::from(width), out);
            out.resize(end, 0);
        }
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the format's own document.
    #[test]
    fn numbers_are_packed_as_the_format_says() {
        let mut out = Vec::new();
        hybrid(&[0, 1, 2, 3, 4, 5, 6, 7], 3, &mut out);
        assert_eq!(out, [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        let mut out = Vec::new();
        hybrid(&[4; 100], 3, &mut out);
        assert_eq!(out, [0xc8, 0x01, 4]);
        let mut out = Vec::new();
        lengths(&[7, 5, 3, 1, 2, 3, 4, 5], &mut out);
        assert_eq!(out[..10], [0x80, 0x01, 4, 8, 14, 3, 2, 0, 0, 0], "differences from -2 on, of two bits");
        assert_eq!(out[10..], [0b1100_0000, 0b11_1111, 0, 0, 0, 0, 0, 0]);
    }
}
