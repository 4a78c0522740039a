//! The two meta pages at the start of a bbolt file, and which of them counts.
//!
//! bbolt writes them in turns, so that one is whole whatever happens: the valid one with the higher transaction is the
//! state of the file. A page is valid when its checksum says so; a damaged one is noted, and never used for more than
//! the page size, without which nothing else can be found. Facts: go.etcd.io/bbolt `internal/common/meta.go`, `db.go`.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::damage::Damages;
use super::node::{self, HEADER};

const MAGIC: u32 = 0xED0C_DAED;
const VERSION: u32 = 2;
/// Page sizes are those of machines; bbolt's own search for the second meta page begins at 1 KiB.
const SIZES: Range<u32> = 1 << 10..(1 << 16) + 1;

/// Why a file is not read at all.
#[derive(Debug)]
pub enum Refused {
    Io(io::Error),
    /// Neither of the two meta pages is there.
    NotBolt,
    /// There is a meta page, but of a bbolt that is not known.
    Version(u32),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::Io(error) => write!(f, "cannot be read: {error}"),
            Refused::NotBolt => f.write_str("not a bbolt file: no meta page at its start"),
            Refused::Version(version) => write!(f, "bbolt version {version}; only version {VERSION} is read"),
        }
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Refused::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// What a meta page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    pub page_size: u32,
    /// Page of the bucket of buckets.
    pub root: u64,
    pub transaction: u64,
}

/// The meta page that counts, None when both are damaged and only the page size is known.
pub struct Chosen {
    pub meta: Option<Meta>,
    pub page_size: u64,
    pub damages: Damages,
}

/// Reads both meta pages of a file of `size` bytes.
///
/// # Errors
/// When they cannot be read, or when there is neither.
pub fn choose(source: &mut (impl Read + Seek), size: u64) -> Result<Chosen, Refused> {
    let first = found(source, 0)?;
    // The second is a page behind the first; without the first, it is looked for at every page size.
    let mut second = (Found::Not, first.page_size().unwrap_or(SIZES.start));
    let shifts = (0..).map(|shift| SIZES.start << shift).take_while(|size| SIZES.contains(size));
    for page_size in shifts.filter(|size| !matches!(&first, Found::Valid(meta) if meta.page_size != *size)) {
        match found(source, page_size.into())? {
            Found::Not => {}
            Found::Valid(meta) if meta.page_size != page_size => {
                second = (Found::Bad { page_size, why: "another page size than its place" }, page_size);
            }
            other => {
                second = (other, page_size);
                break;
            }
        }
    }
    let (second, at) = second;
    let (meta, page_size) = match (&first, &second) {
        (Found::Valid(a), Found::Valid(b)) if b.transaction > a.transaction => (Some(*b), b.page_size),
        (Found::Valid(meta), _) | (_, Found::Valid(meta)) => (Some(*meta), meta.page_size),
        (Found::Bad { .. }, _) => (None, first.page_size().unwrap_or(at)),
        (_, Found::Bad { .. }) => (None, at),
        (Found::Version(version), _) | (_, Found::Version(version)) => return Err(Refused::Version(*version)),
        (Found::Not, Found::Not) => return Err(Refused::NotBolt),
    };
    let page_size = u64::from(page_size);
    let mut damages = Damages::default();
    for (at, found) in [(0, &first), (page_size, &second)] {
        if let Some(why) = found.fault() {
            damages.add(at..(at + page_size).min(size.max(at)), format!("meta page {}: {why}", at / page_size));
        }
    }
    Ok(Chosen { meta, page_size, damages })
}

enum Found {
    Not,
    Valid(Meta),
    Version(u32),
    Bad { page_size: u32, why: &'static str },
}

impl Found {
    /// The page size, where it is one.
    fn page_size(&self) -> Option<u32> {
        match self {
            Found::Valid(Meta { page_size, .. }) | Found::Bad { page_size, .. } => Some(*page_size),
            _ => None,
        }
        .filter(|size| SIZES.contains(size) && size.is_power_of_two())
    }

    fn fault(&self) -> Option<String> {
        match self {
            Found::Valid(_) => None,
            Found::Not => Some("not there".into()),
            Found::Version(version) => Some(format!("bbolt version {version}")),
            Found::Bad { why, .. } => Some((*why).into()),
        }
    }
}

/// Reads a meta page: behind the header `magic u32, version u32, page size u32, flags u32, root {page u64, sequence
/// u64}, free list u64, high water mark u64, transaction u64`, and FNV-1a of these 56 bytes.
fn found(source: &mut (impl Read + Seek), at: u64) -> Result<Found, Refused> {
    let mut page = Vec::new();
    source.seek(SeekFrom::Start(at)).map_err(Refused::Io)?;
    source.take(80).read_to_end(&mut page).map_err(Refused::Io)?;
    let u32_at = |at| node::u32_at(&page, HEADER + at);
    let u64_at = |at| node::u64_at(&page, HEADER + at);
    let (Some(MAGIC), Some(version), Some(page_size)) = (u32_at(0), u32_at(4), u32_at(8)) else {
        return Ok(Found::Not);
    };
    let (Some(root), Some(transaction), Some(sum)) = (u64_at(16), u64_at(48), u64_at(56)) else {
        return Ok(Found::Bad { page_size, why: "cut short" });
    };
    if sum != fnv(&page[HEADER..HEADER + 56]) {
        return Ok(Found::Bad { page_size, why: "its checksum differs" });
    }
    if version != VERSION {
        return Ok(Found::Version(version));
    }
    let meta = Found::Valid(Meta { page_size, root, transaction });
    Ok(match meta.page_size() {
        Some(_) => meta,
        None => Found::Bad { page_size, why: "no page has this size" },
    })
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
