//! What evidence arrives packed in: tar and zip, opened member by member.
//!
//! A member's path is a label and nothing more: nothing is written to disk by name, no link is followed. Members are
//! held in memory or in a file without a name. What is damaged is read as far as it goes and said so; what lies about
//! its size meets a limit. Does not open members that are archives themselves: the caller does, and adds up.
//!
//! Own readers, for what the readers at hand would not show: members of one name in a zip, members that overlap, the
//! directory against the members' own headers, what is left of a zip that was cut, and headers of tar that ask for
//! any amount of memory.

pub mod codec;
mod header;
mod inflate;
mod pax;
mod remarks;
mod sparse;
mod spool;
mod tar;
#[cfg(test)]
mod tests;
mod zip;

use std::io;

pub use spool::Spool;
pub use tar::{member_tar, walk_tar};
pub use zip::{member_zip, walk_zip};

/// What an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Tar,
    Zip,
}

/// One entry of an archive. Members are counted from 0 in the order they are given, whatever they are.
#[derive(Debug)]
pub struct Member {
    /// As written in the archive, control characters kept; what is no UTF-8 has U+FFFD and a note.
    pub path: String,
    /// Bytes of content the archive says it has; a [`Spool`] knows what there was.
    pub size: u64,
    pub what: What,
    /// What a reader must know of this member: cut, damaged, a path that leaves its folder …
    pub note: Option<String>,
}

/// What a member is.
#[derive(Debug)]
pub enum What {
    /// All of its content, or what could be read of it and a note.
    File(Spool),
    Folder,
    /// Symbolic or hard; never followed.
    Link {
        to: String,
    },
    /// A device, a pipe, a label …
    Special(&'static str),
    /// Not read, and why: encrypted, packed in a way that is not known, over a limit, damaged from its first byte.
    Refused(String),
}

/// What one archive may ask for.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Members that are looked at; the walk stops there.
    pub members: u64,
    /// Bytes of content of all members together; a member that goes over it is refused.
    pub total: u64,
    /// How many times its compressed bytes a member's content may be, once it is over 256 MiB.
    pub ratio: u64,
}

/// A million members, a TiB of content, 1000 to 1: far over real bundles, and a walk still ends the same day.
impl Default for Limits {
    fn default() -> Limits {
        Limits { members: 1_000_000, total: codec::TOTAL, ratio: codec::RATIO }
    }
}

/// What is known of an archive once it was walked.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Walk {
    pub members: u64,
    /// Where it is damaged or stopped, and how many members have which peculiarity.
    pub notes: Vec<String>,
}

/// Takes a member; an error ends the walk.
pub type Each<'a> = dyn FnMut(Member) -> io::Result<()> + 'a;

/// What an archive is, by its first bytes (formats.md 0.1): at least 512 when the file has them. None when it is none.
///
/// The first tars had no magic; those are known by the checksum of their first header.
pub fn kind(head: &[u8]) -> Option<Kind> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") || head.starts_with(b"PK\x07\x08PK\x03\x04") {
        return Some(Kind::Zip);
    }
    let first = header::Header::of(head.first_chunk()?);
    (first.has_magic() || first.is_sound()).then_some(Kind::Tar)
}

/// Whether a file is a bbolt database such as an etcd snapshot (formats.md f.4); it must be read from a whole file.
pub fn is_bbolt(head: &[u8]) -> bool {
    head.get(16..20) == Some(&[0xed, 0xda, 0x0c, 0xed])
}

/// Whether a file is an Avro object container (formats.md b.4), for [`crate::formats::avro::records`].
pub fn is_avro(head: &[u8]) -> bool {
    head.starts_with(b"Obj\x01")
}
