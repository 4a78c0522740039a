//! Small databases, built page by page.

use sha2::{Digest, Sha256};

pub const PAGE: usize = 1024;

/// A file of pages of 1 KiB.
#[derive(Clone)]
pub struct Built {
    pub bytes: Vec<u8>,
}

impl Built {
    pub fn pages(count: usize) -> Built {
        Built { bytes: vec![0; count * PAGE] }
    }

    /// Writes a node at a page, over as many pages as it needs.
    fn node(mut self, id: usize, flags: u16, elements: &[(u32, u64, &[u8], &[u8])]) -> Built {
        let (mut table, mut data) = (Vec::new(), Vec::new());
        for (index, (kind, child, key, value)) in elements.iter().enumerate() {
            let position = ((elements.len() - index) * 16 + data.len()) as u32;
            let length = key.len() as u32;
            match flags {
                1 => table.extend([position.to_le_bytes(), length.to_le_bytes()].concat()),
                _ => table.extend([kind.to_le_bytes(), position.to_le_bytes(), length.to_le_bytes()].concat()),
            }
            match flags {
                1 => table.extend(child.to_le_bytes()),
                _ => table.extend((value.len() as u32).to_le_bytes()),
            }
            data.extend_from_slice(key);
            data.extend_from_slice(value);
        }
        let overflow = (16 + table.len() + data.len() - 1) / PAGE;
        let node = [header(id, flags, elements.len() as u16, overflow as u32), table, data].concat();
        let at = id * PAGE;
        self.bytes[at..at + (overflow + 1) * PAGE].fill(0);
        self.bytes[at..at + node.len()].copy_from_slice(&node);
        self
    }

    pub fn leaf(self, id: usize, elements: &[(Vec<u8>, Vec<u8>)]) -> Built {
        let elements: Vec<_> = elements.iter().map(|(key, value)| (0, 0, &key[..], &value[..])).collect();
        self.node(id, 2, &elements)
    }

    pub fn branch(self, id: usize, children: &[u64]) -> Built {
        let elements: Vec<_> = children.iter().map(|child| (0, *child, &b"any"[..], &b""[..])).collect();
        self.node(id, 1, &elements)
    }

    /// Writes the page that names the buckets.
    pub fn buckets(self, id: usize, buckets: &[(&str, Vec<u8>)]) -> Built {
        let elements: Vec<_> = buckets.iter().map(|(name, value)| (1, 0, name.as_bytes(), &value[..])).collect();
        self.node(id, 2, &elements)
    }

    pub fn meta(mut self, id: usize, transaction: u64, root: u64) -> Built {
        let mut meta = [0xED0C_DAEDu32.to_le_bytes(), 2u32.to_le_bytes(), (PAGE as u32).to_le_bytes(), [0; 4]].concat();
        let numbers = [root, 0, u64::MAX, (self.bytes.len() / PAGE) as u64, transaction];
        numbers.iter().for_each(|number| meta.extend(number.to_le_bytes()));
        let sum = meta
            .iter()
            .fold(0xcbf2_9ce4_8422_2325u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
        meta.extend(sum.to_le_bytes());
        let page = [header(id, 4, 0, 0), meta].concat();
        self.bytes[id * PAGE..id * PAGE + page.len()].copy_from_slice(&page);
        self
    }

    /// Appends the checksum of `snapshot save`.
    pub fn tail(mut self) -> Built {
        let hash = Sha256::digest(&self.bytes);
        self.bytes.extend(hash);
        self
    }

    /// Appends empty pages, up to so many.
    pub fn grown(mut self, pages: usize) -> Built {
        self.bytes.resize(pages * PAGE, 0);
        self
    }

    pub fn set(mut self, page: usize, offset: usize, bytes: &[u8]) -> Built {
        let at = page * PAGE + offset;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }
}

fn header(id: usize, flags: u16, count: u16, overflow: u32) -> Vec<u8> {
    [&(id as u64).to_le_bytes()[..], &flags.to_le_bytes(), &count.to_le_bytes(), &overflow.to_le_bytes()].concat()
}

/// The value of a bucket that begins at a page.
pub fn at_page(id: u64) -> Vec<u8> {
    [id.to_le_bytes(), 0u64.to_le_bytes()].concat()
}

/// The value of a bucket that is kept inline.
pub fn inline(elements: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let page = Built::pages(1).leaf(0, elements).bytes;
    let used = 16 + elements.iter().map(|(key, value)| 16 + key.len() + value.len()).sum::<usize>();
    [&at_page(0)[..], &page[..used]].concat()
}

/// Key and record of a put.
pub fn put(main: u64, sub: u64, key: &str, value: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut record = vec![0x0a, key.len() as u8];
    record.extend_from_slice(key.as_bytes());
    record.extend([0x10, 1]);
    record.push(0x18);
    varint(&mut record, main);
    record.extend([0x20, 1, 0x2a]);
    varint(&mut record, value.len() as u64);
    record.extend_from_slice(value);
    (revision(main, sub, b""), record)
}

/// Key and record of a deletion.
pub fn tombstone(main: u64, key: &str) -> (Vec<u8>, Vec<u8>) {
    (revision(main, 0, b"t"), [&[0x0a, key.len() as u8], key.as_bytes()].concat())
}

pub fn revision(main: u64, sub: u64, mark: &[u8]) -> Vec<u8> {
    [&main.to_be_bytes()[..], b"_", &sub.to_be_bytes(), mark].concat()
}

fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n > 0x7f {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Two leaves with a branch above them, revisions 2 to 5, and an older state of the second leaf at page 7.
pub fn small() -> Built {
    let pages = |main| [put(main, 0, "/a", b"{\"n\":1}"), put(main + 1, 0, "/b", b"{\"n\":2}")];
    Built::pages(8)
        .meta(0, 6, 2)
        .meta(1, 7, 2)
        .buckets(2, &[("key", at_page(3)), ("meta", inline(&[(b"finishedCompactRev".to_vec(), revision(1, 0, b""))]))])
        .branch(3, &[4, 5])
        .leaf(4, &pages(2))
        .leaf(5, &pages(4))
        .leaf(7, &[put(1, 0, "/old", b"{\"n\":0}"), put(4, 0, "/a", b"{\"n\":1}")])
}
