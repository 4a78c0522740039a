//! An etcd database (`snapshot.db`, or a member's `db`) to the Kubernetes objects in it, every revision of them.
//!
//! ```text
//! meta, bolt, node ── pages, buckets, elements  revision ── mvccpb.KeyValue      wire ── protobuf's fields
//! scan ── checksum, pages outside of the tree   value ── protobuf, JSON, sealed  object, special, fields ── to JSON
//! ```
//!
//! Opens nothing sealed, applies no defaults, converts no versions: an object is shown in the version it was stored
//! in. It does not follow the write-ahead log (`member/wal`), so what a running member had not yet committed to its
//! database is not there. The source is read in place, a page at a time; it is not changed.

mod bolt;
mod damage;
mod fields;
mod meta;
mod node;
mod object;
mod revision;
mod scan;
mod special;
mod value;
mod wire;
mod written;

#[cfg(test)]
mod tests;

#[cfg(any(test, fuzzing))]
pub(super) use value::{Scratch, decode};

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::ops::Range;

pub use damage::Damage;
pub use meta::Refused;
pub use object::{Oddity, Why};
pub use scan::Tail;
pub use value::Value;

use bolt::{Bolt, Bucket};
use damage::Damages;
use node::Element;
use revision::{Record, Revision};
use scan::Given;
#[cfg(not(any(test, fuzzing)))]
use value::Scratch;

/// One revision of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<'a> {
    /// What Kubernetes calls the resourceVersion of the object.
    pub revision: i64,
    /// Counts the writes of one transaction.
    pub sub: i64,
    /// A tombstone: the key was deleted at this revision. Its last object is the revision of the key before.
    pub deleted: bool,
    pub found: Found,
    /// The key; bytes that are no text are written `\xNN`.
    pub key: &'a str,
    /// The revision that created the key; 0 in a tombstone.
    pub create_revision: i64,
    /// Counts the writes since the key was created; 0 in a tombstone.
    pub version: i64,
    /// The lease that will delete the key, 0 for none. Events have one.
    pub lease: i64,
    /// Bytes of the value in the file; of the whole record where there is no value.
    pub at: Range<u64>,
    pub value: Value<'a>,
}

/// Where a revision was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Found {
    /// In the tree: etcd itself would give it.
    Tree,
    /// On a page outside of the tree: compacted away, cut off by damage, or written after the tree while the snapshot
    /// was being taken. etcd would not give it.
    Loose,
}

/// What a file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub page_size: u64,
    /// bbolt's number of the last transaction, None when both meta pages are damaged.
    pub transaction: Option<u64>,
    pub tail: Tail,
    /// Revisions in the tree, tombstones among them.
    pub revisions: u64,
    /// Tombstones in the tree.
    pub tombstones: u64,
    /// Revisions outside of the tree, tombstones among them.
    pub loose: u64,
    /// The revision up to which history was compacted; None when it never was.
    pub compacted: Option<i64>,
    /// What could not be read; the first 10,000 regions, and how many more there are.
    pub damaged: Vec<Damage>,
    pub damaged_more: u64,
    /// What objects hold that their JSON does not show, and how often.
    pub unknown: BTreeMap<Unknown, u64>,
}

/// Something in the objects of a kind that their JSON does not show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unknown {
    /// `apps/v1 Deployment`, or `mvccpb.KeyValue` for etcd's own record.
    pub kind: String,
    pub oddity: Oddity,
}

/// Different unknown fields that are counted apart; real files have none, or a few.
const MOST_UNKNOWN: usize = 10_000;

/// Reads a database and gives every revision in it: those in the tree first, then the loose ones, each in the order of
/// revisions.
///
/// # Errors
/// When the source cannot be read at its start or is no bbolt file. Everything else is in the summary.
pub fn read(source: &mut (impl Read + Seek), each: &mut dyn FnMut(Stored<'_>)) -> Result<Summary, Refused> {
    let mut bolt = Bolt::open(source)?;
    let buckets = bolt.buckets();
    let find = |name: &[u8]| buckets.iter().find(|(of, _)| of == name).map(|(_, bucket)| bucket);
    let compacted = find(b"meta").and_then(|bucket| compacted(&mut bolt, bucket));
    let mut giver = Giver { each, scratch: Scratch::default(), unknown: BTreeMap::new() };
    let mut given = Given::default();
    let (mut revisions, mut tombstones) = (0, 0);
    match find(b"key") {
        None => bolt.damages.add(0..0, "no bucket 'key': nothing in this file leads to the revisions"),
        Some(bucket) => {
            let mut before = None;
            bolt.walk(bucket, &mut |element, damages| {
                let Some((revision, record)) = stored(&element, damages) else { return };
                if before.replace(revision).is_some_and(|before| before >= revision) {
                    damages.add(element.at(), "a revision that is not behind the one before it");
                }
                given.add(element.key, element.value);
                revisions += 1;
                tombstones += u64::from(revision.deleted);
                giver.give(revision, &record, element.at(), Found::Tree);
            });
        }
    }
    let scan = scan::scan(&mut bolt, &mut given);
    drop(given);
    for loose in &scan.loose {
        let bytes = bolt.read_at(loose.at, loose.length);
        // Read a moment ago; if the source has changed since, that is damage.
        match revision::record(&bytes) {
            Ok(record) => giver.give(loose.revision, &record, loose.at..loose.at + loose.length, Found::Loose),
            Err(fault) => {
                bolt.damages.add(loose.at..loose.at + loose.length, format!("not a mvccpb.KeyValue: {fault}"))
            }
        }
    }
    Ok(Summary {
        page_size: bolt.page_size,
        transaction: bolt.meta.map(|meta| meta.transaction),
        tail: scan.tail,
        revisions,
        tombstones,
        loose: scan.loose.len() as u64,
        compacted,
        damaged: bolt.damages.within(bolt.size),
        damaged_more: bolt.damages.more(),
        unknown: giver.unknown,
    })
}

/// Reads an element of bucket `key`; what is none is damage.
fn stored<'a>(element: &Element<'a>, damages: &mut Damages) -> Option<(Revision, Record<'a>)> {
    let Some(revision) = Revision::of(element.key).filter(|_| !element.bucket) else {
        damages.add(element.at(), "its key is not a revision");
        return None;
    };
    match revision::record(element.value) {
        Ok(record) => {
            // Only a tombstone leaves its own revision out.
            if !revision.deleted && record.mod_revision != revision.main {
                let why = format!("stored as revision {}, but says it is {}", revision.main, record.mod_revision);
                damages.add(element.at(), why);
            }
            Some((revision, record))
        }
        Err(fault) => {
            damages.add(element.at(), format!("not a mvccpb.KeyValue: {fault}"));
            None
        }
    }
}

/// Reads the revision of the last finished compaction from bucket `meta` (etcd `server/storage/schema`).
fn compacted(bolt: &mut Bolt<'_, impl Read + Seek>, bucket: &Bucket) -> Option<i64> {
    let mut main = None;
    bolt.walk(bucket, &mut |element, _| {
        if element.key == b"finishedCompactRev" {
            main = Revision::of(element.value).map(|revision| revision.main);
        }
    });
    main
}

/// Decodes records and hands them on.
struct Giver<'g> {
    each: &'g mut dyn FnMut(Stored<'_>),
    scratch: Scratch,
    unknown: BTreeMap<Unknown, u64>,
}

impl Giver<'_> {
    fn give(&mut self, revision: Revision, record: &Record<'_>, at: Range<u64>, found: Found) {
        let unknown = &mut self.unknown;
        let mut note = |kind: &str, oddity: Oddity| {
            let one = Unknown { kind: kind.into(), oddity };
            if unknown.len() < MOST_UNKNOWN || unknown.contains_key(&one) {
                *unknown.entry(one).or_default() += 1;
            }
        };
        for field in &record.unknown {
            note("mvccpb.KeyValue", Oddity { message: "KeyValue", field: *field, why: Why::Unknown });
        }
        let value = value::decode(record.value, &mut self.scratch, &mut note);
        let at = match &record.value_at {
            Some(within) => at.start + within.start as u64..at.start + within.end as u64,
            None => at,
        };
        (self.each)(Stored {
            revision: revision.main,
            sub: revision.sub,
            deleted: revision.deleted,
            found,
            key: &revision::text(record.key),
            create_revision: record.create_revision,
            version: record.version,
            lease: record.lease,
            at,
            value,
        });
    }
}

/// Every kind of object that can be shown, with its version in front; in order.
#[cfg(any(test, fuzzing))]
pub(super) fn kinds() -> Vec<(&'static str, &'static str)> {
    let mut kinds: Vec<_> = fields::TABLES.all_kinds().collect();
    kinds.sort_unstable();
    kinds
}
