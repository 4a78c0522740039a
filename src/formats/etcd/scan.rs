//! One pass over the whole file: its checksum, and the revisions on pages that no tree leads to.
//!
//! bbolt never writes a page in place: what a page held before stays in the file until the page is used again. So a
//! leaf page outside of the tree holds revisions that were compacted away; revisions written while the snapshot was
//! being taken, after its tree; and, where the tree is damaged or the file cut short, those that should be in it. A
//! revision never changes once it is written, so what such a page says is what etcd wrote; after a crash it may have
//! written it without ever committing it. A node whose further pages have been used again is read only up to them.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{Read, Seek};

use sha2::{Digest, Sha256};

use super::bolt::{Bolt, LARGEST, TAIL};
use super::damage::Damages;
use super::node::{self, Element, Header, LEAF};
use super::revision::{self, Revision};

/// The SHA-256 that `etcdctl snapshot save` puts behind a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// The file has none, as a database copied from a member's disk.
    Absent,
    Matches,
    Differs,
    /// Not all of the file could be read.
    Unread,
}

/// A revision outside of the tree, and where its record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loose {
    pub revision: Revision,
    pub at: u64,
    pub length: u64,
}

/// What a pass has found.
pub struct Scan {
    pub tail: Tail,
    /// In the order of revisions, each record once.
    pub loose: Vec<Loose>,
}

/// Records that have been given already: a keyed hash of revision and record, 16 bytes each.
#[derive(Default)]
pub struct Given {
    hashes: HashSet<u64>,
    hasher: RandomState,
}

impl Given {
    /// Adds a record, false when it was there.
    pub fn add(&mut self, key: &[u8], record: &[u8]) -> bool {
        self.hashes.insert(self.hasher.hash_one((key, record)))
    }
}

/// Read at a time; every page size divides it.
const CHUNK: u64 = 1 << 20;
/// More loose revisions than this are not remembered: they are only of use as many as memory holds.
const MOST: usize = 4_000_000;

/// Whether a file of this size has a checksum behind its pages: etcd decides it the same way.
fn has_tail(size: u64) -> bool {
    size % 512 == TAIL
}

/// Reads the file from its start to its end. The trees must have been walked: what they hold is not looked at again.
pub fn scan<S: Read + Seek>(bolt: &mut Bolt<'_, S>, given: &mut Given) -> Scan {
    let content = if has_tail(bolt.size) { bolt.size - TAIL } else { bolt.size };
    let mut hash = Sha256::new();
    let mut scan = Scan { tail: Tail::Absent, loose: Vec::new() };
    // Pages that were used again in part are no damage. Where the tree has some, everything counts.
    let damaged = !bolt.damages.is_empty();
    let mut unread = false;
    let mut budget = bolt.size;
    for at in (0..bolt.size).step_by(CHUNK as usize) {
        let wanted = CHUNK.min(bolt.size - at);
        let chunk = bolt.read_at(at, wanted);
        unread |= (chunk.len() as u64) < wanted;
        if content < bolt.size {
            hash.update(&chunk[..chunk.len().min(content.saturating_sub(at) as usize)]);
        }
        for (index, page) in chunk.chunks(bolt.page_size as usize).enumerate() {
            let id = at / bolt.page_size + index as u64;
            let Some(header) = Header::of(page) else { continue };
            if header.flags != LEAF || header.id != id || header.count == 0 || !bolt.is_free(id) {
                continue;
            }
            let more = continuation(bolt, id, header.overflow, &mut budget);
            let joined;
            let node = match more.is_empty() {
                true => page,
                false => {
                    joined = [page, &more].concat();
                    &joined
                }
            };
            let mut damages = Damages::default();
            node::leaf(node, id * bolt.page_size, &header, &mut damages, &mut |element, damages| {
                if let Some(loose) = loose(&element, given, damages) {
                    if scan.loose.len() == MOST {
                        return damages.add(element.at(), "more revisions outside of the tree than are remembered");
                    }
                    scan.loose.push(loose);
                }
            });
            if damaged || scan.loose.len() == MOST {
                bolt.damages.append(damages);
            }
        }
    }
    scan.loose.sort_unstable();
    if content < bolt.size {
        let tail = bolt.read_at(content, TAIL);
        scan.tail = if unread || tail.len() as u64 != TAIL {
            Tail::Unread
        } else if hash.finalize()[..] == tail[..] {
            Tail::Matches
        } else {
            Tail::Differs
        };
    }
    scan
}

/// Reads the pages behind a leaf that may still be its own: none that a tree has, none that begins like a page.
fn continuation<S: Read + Seek>(bolt: &mut Bolt<'_, S>, id: u64, overflow: u32, budget: &mut u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for id in id + 1..=id + u64::from(overflow) {
        let at = id * bolt.page_size;
        if at >= bolt.size || !bolt.is_free(id) || *budget < bolt.page_size || bytes.len() as u64 >= LARGEST {
            break;
        }
        *budget -= bolt.page_size;
        let page = bolt.read_at(at, bolt.page_size.min(bolt.size - at));
        if Header::of(&page).is_some_and(|header| header.heads(id)) {
            break;
        }
        bytes.extend(page);
    }
    bytes
}

/// Returns an element as a revision, None when it is none or was given already.
fn loose(element: &Element<'_>, given: &mut Given, damages: &mut Damages) -> Option<Loose> {
    let revision = Revision::of(element.key)?;
    let record = match revision::record(element.value) {
        // Other buckets may have keys that look alike; their values do not repeat the revision.
        Ok(record) if revision.deleted || record.mod_revision == revision.main => record,
        Ok(_) => return None,
        Err(fault) => {
            damages.add(element.at(), format!("not a mvccpb.KeyValue: {fault}"));
            return None;
        }
    };
    let new = !record.key.is_empty() && given.add(element.key, element.value);
    new.then_some(Loose { revision, at: element.value_at, length: element.value.len() as u64 })
}
