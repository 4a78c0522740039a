//! A bbolt file, read only: its buckets, and a walk through a bucket in the order of keys.
//!
//! Every page is read once, when its turn comes; nothing but the way down to it is kept, so the size of the file does
//! not matter. No number in the file is trusted: pages past the end, pages reached twice, trees without end and nodes
//! larger than the rest of the file are damage, noted with their place, and the walk goes on with the next page.
//! Writing, the free list and the byte order of big-endian machines are not supported. Facts: go.etcd.io/bbolt
//! `internal/common/{page,bucket}.go`; etcd's `snapshot save` appends a SHA-256 of all bytes before it.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use super::damage::Damages;
use super::meta::{self, Chosen, Meta, Refused};
use super::node::{self, BRANCH, Element, HEADER, Header, LEAF};

/// Bytes of the SHA-256 behind a snapshot.
pub const TAIL: u64 = 32;
/// A branch has two pages below it or more: 32 levels hold any file.
const DEEPEST: usize = 32;
/// A node with its overflow pages. etcd takes requests of 1.5 MiB, and of what it is told to take.
pub const LARGEST: u64 = 64 << 20;

/// Where a bucket's tree begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bucket {
    Page(u64),
    /// A small bucket is kept as a page within the bucket around it.
    Inline {
        node: Vec<u8>,
        at: u64,
    },
}

/// An open file.
pub struct Bolt<'s, S> {
    source: &'s mut S,
    /// Bytes of the file, its tail included.
    pub size: u64,
    pub page_size: u64,
    /// None when both meta pages are damaged: then no tree can be walked.
    pub meta: Option<Meta>,
    pub damages: Damages,
    /// Pages at which a node was read, and pages that belong to one.
    reached: Pages,
    taken: Pages,
    /// Bytes of overflow pages that may still be read: honest ones are never more than the file.
    budget: u64,
}

impl<'s, S: Read + Seek> Bolt<'s, S> {
    /// Opens a file by the valid one of its two meta pages that was written last.
    ///
    /// # Errors
    /// When it cannot be read or is no bbolt file.
    pub fn open(source: &'s mut S) -> Result<Self, Refused> {
        let size = source.seek(SeekFrom::End(0)).map_err(Refused::Io)?;
        let Chosen { meta, page_size, damages } = meta::choose(source, size)?;
        let pages = size.div_ceil(page_size);
        Ok(Bolt {
            source,
            size,
            page_size,
            meta,
            damages,
            reached: Pages::new(pages),
            taken: Pages::new(pages),
            budget: size,
        })
    }

    /// Returns the top-level buckets by name, as far as there is a way to them.
    pub fn buckets(&mut self) -> Vec<(Vec<u8>, Bucket)> {
        let mut buckets = Vec::new();
        if let Some(meta) = self.meta {
            self.walk(&Bucket::Page(meta.root), &mut |element, damages| match element.bucket {
                true => buckets.extend(bucket(&element, damages).map(|bucket| (element.key.to_vec(), bucket))),
                false => damages.add(element.at(), "no bucket where only buckets are"),
            });
        }
        buckets
    }

    /// Gives every element of a bucket in the order of its pages, which is the order of its keys.
    pub fn walk(&mut self, bucket: &Bucket, each: &mut dyn FnMut(Element<'_>, &mut Damages)) {
        let root = match bucket {
            Bucket::Page(root) => *root,
            Bucket::Inline { node, at } => {
                if let Some(header) = Header::of(node) {
                    node::leaf(node, *at, &header, &mut self.damages, each);
                }
                return;
            }
        };
        let mut way = vec![vec![root].into_iter()];
        while let Some(level) = way.last_mut() {
            let Some(id) = level.next() else {
                way.pop();
                continue;
            };
            let Some((header, node)) = self.node(id) else { continue };
            let at = id * self.page_size;
            match header.flags {
                LEAF => {
                    if header.count == 0 && way.len() > 1 {
                        self.damages.add(at..at + HEADER as u64, "a leaf page without elements, below a branch");
                    }
                    let used = node::leaf(&node, at, &header, &mut self.damages, each);
                    self.taken.add(id..id + (used as u64).div_ceil(self.page_size));
                }
                BRANCH if way.len() == DEEPEST => {
                    self.damages.add(at..at + self.page_size, "a tree deeper than any file can need");
                }
                BRANCH => way.push(node::branch(&node, at, &header, &mut self.damages).into_iter()),
                other => {
                    self.damages
                        .add(at..at + self.page_size, format!("neither a branch nor a leaf page (flags {other:#x})"));
                }
            }
        }
    }

    /// Reads a page and those that belong to it, None when it must not or cannot be read.
    fn node(&mut self, id: u64) -> Option<(Header, Vec<u8>)> {
        let Some(at) = id.checked_mul(self.page_size).filter(|at| *at < self.size) else {
            self.damages.add(self.size..self.size, format!("page {id} is past the end of the file"));
            return None;
        };
        if self.reached.has(id) {
            self.damages.add(at..at + self.page_size, "a page that two others lead to");
            return None;
        }
        self.reached.add(id..id + 1);
        self.taken.add(id..id + 1);
        let node = self.read_node(id);
        match Header::of(&node) {
            Some(header) if header.id == id => Some((header, node)),
            Some(header) => {
                self.damages.add(at..at + 8, format!("page {id} calls itself {}", header.id));
                Some((header, node))
            }
            None => {
                self.damages.add(at..self.size, "the file ends inside a page header");
                None
            }
        }
    }

    /// Reads a page with its overflow pages, as far as there are any and the budget lasts; what is missing is noted.
    pub fn read_node(&mut self, id: u64) -> Vec<u8> {
        let at = id * self.page_size;
        let mut node = self.read_at(at, self.page_size);
        let overflow = Header::of(&node).map_or(0, |header| u64::from(header.overflow));
        let wanted = (overflow + 1) * self.page_size;
        let there = wanted.min(self.size - at);
        let allowed = there.min(LARGEST).min(self.page_size.saturating_add(self.budget));
        if overflow > 0 && node.len() as u64 == self.page_size && allowed > self.page_size {
            self.budget = self.budget.saturating_sub(allowed - self.page_size);
            node.extend(self.read_at(at + self.page_size, allowed - self.page_size));
        }
        if wanted > there {
            self.damages.add(self.size..self.size, format!("the file ends inside page {id}"));
        } else if allowed < there {
            self.damages.add(at + allowed..at + there, "overflow pages beyond what is read of one node");
        }
        node
    }

    /// Reads bytes at an offset: fewer than asked for at the end of the file, or where reading fails, which is noted.
    pub fn read_at(&mut self, at: u64, length: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let read = self.source.seek(SeekFrom::Start(at)).and_then(|_| {
            bytes.reserve(length.min(LARGEST) as usize);
            self.source.by_ref().take(length).read_to_end(&mut bytes)
        });
        if let Err(error) = read {
            self.damages.add(at + bytes.len() as u64..at + length, format!("cannot be read: {error}"));
        }
        bytes
    }

    /// Whether no node that was walked has this page.
    pub fn is_free(&self, id: u64) -> bool {
        !self.taken.has(id)
    }
}

/// Reads the value of a bucket element: `root u64, sequence u64`, and the page itself when the root is 0.
fn bucket(element: &Element<'_>, damages: &mut Damages) -> Option<Bucket> {
    let inline = HEADER..element.value.len();
    match node::u64_at(element.value, 0) {
        Some(0) if inline.len() >= HEADER => {
            Some(Bucket::Inline { node: element.value[inline].to_vec(), at: element.value_at + HEADER as u64 })
        }
        Some(root) if root != 0 => Some(Bucket::Page(root)),
        _ => {
            damages.add(element.at(), "a bucket without a root");
            None
        }
    }
}

/// A set of page numbers; those past the end of the file are not in it.
#[derive(Clone)]
struct Pages {
    bits: Vec<u64>,
    count: u64,
}

impl Pages {
    fn new(count: u64) -> Self {
        Pages { bits: vec![0; count.div_ceil(64) as usize], count }
    }

    fn has(&self, id: u64) -> bool {
        id < self.count && self.bits[(id / 64) as usize] & 1 << (id % 64) != 0
    }

    fn add(&mut self, ids: Range<u64>) {
        (ids.start..ids.end.min(self.count)).for_each(|id| self.bits[(id / 64) as usize] |= 1 << (id % 64));
    }
}
