//! One page of a bbolt file, or several that belong together: its header and its elements.
//!
//! Every number comes from the file and is checked before it is used: a position outside of the node, or an element
//! that lies over its neighbour, is damage of that element alone. So the elements of a node together are never longer
//! than the node. Facts: go.etcd.io/bbolt `internal/common/page.go` and `inode.go`.

use std::ops::Range;

use super::damage::Damages;

/// Bytes in front of the elements.
pub const HEADER: usize = 16;
/// Bytes of an element, in a branch and in a leaf alike.
const ELEMENT: usize = 16;

pub const BRANCH: u16 = 0x01;
pub const LEAF: u16 = 0x02;
pub const META: u16 = 0x04;
const FREE_LIST: u16 = 0x10;
/// An element of a leaf that is a bucket.
const BUCKET: u32 = 0x01;

/// `id u64, flags u16, count u16, overflow u32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub id: u64,
    pub flags: u16,
    pub count: u16,
    /// How many pages follow that belong to this one.
    pub overflow: u32,
}

impl Header {
    /// Reads the header at the start of a page, None when there are not enough bytes.
    pub fn of(page: &[u8]) -> Option<Header> {
        Some(Header {
            id: u64_at(page, 0)?,
            flags: u16_at(page, 8)?,
            count: u16_at(page, 10)?,
            overflow: u32_at(page, 12)?,
        })
    }

    /// Whether this can be the header of page `id`.
    pub fn heads(&self, id: u64) -> bool {
        self.id == id && matches!(self.flags, BRANCH | LEAF | META | FREE_LIST)
    }
}

/// An element of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    pub key: &'a [u8],
    pub value: &'a [u8],
    /// Offset of the value in the file.
    pub value_at: u64,
    pub bucket: bool,
}

impl Element<'_> {
    /// Returns where the value is in the file.
    pub fn at(&self) -> Range<u64> {
        self.value_at..self.value_at + self.value.len() as u64
    }
}

/// Gives the elements of a leaf in their order; returns where in the node the last of them ends.
///
/// `at` is the offset of the node in the file, `node` begins with the header.
pub fn leaf(
    node: &[u8],
    at: u64,
    header: &Header,
    damages: &mut Damages,
    each: &mut dyn FnMut(Element<'_>, &mut Damages),
) -> usize {
    let count = elements(node, at, header, damages);
    let mut floor = HEADER + ELEMENT * usize::from(count);
    let mut next = bounds(node, 0, header.flags);
    for index in 0..count {
        let here = HEADER + ELEMENT * usize::from(index);
        let element_at = at + here as u64..at + (here + ELEMENT) as u64;
        let this = next;
        next = if index + 1 < count { bounds(node, index + 1, header.flags) } else { None };
        let Some(Bounds { start, key_end, end }) = this else {
            damages.add(element_at, "an element of a leaf page points outside of its page");
            continue;
        };
        // bbolt writes keys and values one behind the other, in the order of their elements.
        let over_next = next.is_some_and(|next| next.start > start && next.start < end);
        if start < floor || over_next {
            damages.add(element_at, "an element of a leaf page lies over another");
            continue;
        }
        floor = end;
        let bucket = u32_at(node, here).is_some_and(|flags| flags & BUCKET != 0);
        let (key, value) = (&node[start..key_end], &node[key_end..end]);
        each(Element { key, value, value_at: at + key_end as u64, bucket }, damages);
    }
    floor.min(node.len())
}

/// Returns the pages below a branch. Its keys only repeat the first of each page.
pub fn branch(node: &[u8], at: u64, header: &Header, damages: &mut Damages) -> Vec<u64> {
    let count = usize::from(elements(node, at, header, damages));
    let ids: Vec<u64> = (0..count).map_while(|index| u64_at(node, HEADER + ELEMENT * index + 8)).collect();
    if ids.len() < count {
        let end = |count| at + (HEADER + ELEMENT * count) as u64;
        damages.add(end(ids.len())..end(count), "a branch page has more elements than bytes");
    }
    ids
}

/// Returns how many elements a node has. Its header says so, and so does where the first of them keeps its key: right
/// behind the last element. Where the second element agrees with the first, two against one, they are believed.
fn elements(node: &[u8], at: u64, header: &Header, damages: &mut Damages) -> u16 {
    let Some(first) = bounds(node, 0, header.flags).filter(|_| header.count > 0) else { return header.count };
    let room = first.start.saturating_sub(HEADER);
    let fitting = u16::try_from(room / ELEMENT).unwrap_or(u16::MAX);
    let second = if fitting > 1 { bounds(node, 1, header.flags) } else { None };
    if fitting == header.count || room % ELEMENT != 0 || second.is_none_or(|second| second.start != first.end) {
        return header.count;
    }
    damages.add(at + 10..at + 12, "a page counts more or fewer elements than it has");
    fitting
}

#[derive(Clone, Copy)]
struct Bounds {
    start: usize,
    key_end: usize,
    end: usize,
}

/// Reads where an element keeps its key and value, None when that is outside of the node. Elements are `flags u32, pos
/// u32, ksize u32, vsize u32` in a leaf, and `pos u32, ksize u32, page u64` in a branch.
fn bounds(node: &[u8], index: u16, flags: u16) -> Option<Bounds> {
    let here = HEADER + ELEMENT * usize::from(index);
    let number = |offset| u32_at(node, here + offset).map(|n| n as usize);
    let (position, key, value) = match flags {
        BRANCH => (number(0)?, number(4)?, 0),
        _ => (number(4)?, number(8)?, number(12)?),
    };
    // Positions count from the element itself.
    let start = here.checked_add(position)?;
    let key_end = start.checked_add(key)?;
    let end = key_end.checked_add(value)?;
    (end <= node.len()).then_some(Bounds { start, key_end, end })
}

pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
