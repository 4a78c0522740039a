//! A zip, member by member in the order of its directory (APPNOTE.TXT 6.3.10).
//!
//! The directory is believed, and a member's own header that says otherwise is noted. Members that share bytes are
//! refused: nothing honest writes them. Without a directory members are found by their own headers. Undoes what is
//! stored, deflate, bzip2, zstd and xz; knows no passwords.

mod directory;
mod record;
mod salvage;

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::codec::Codec;
use super::pax::LONGEST;
use super::remarks::Remarks;
use super::spool::{End, Gauge, Gauged, Room, Spool, unpack};
use super::{Each, Limits, Member, Walk, What};
use directory::{Directory, Place};
use record::Record;

/// Walks every member in the order of the directory. A damaged end is a note, not an error.
///
/// # Errors
/// When reading the content, writing a spool or taking a member fails.
pub fn walk_zip(content: impl Read + Seek, spool_in: &Path, limits: &Limits, each: &mut Each) -> io::Result<Walk> {
    let mut zip = Zip::open(content, spool_in, limits)?;
    while let Some(member) = zip.next()? {
        each(member)?;
    }
    Ok(Walk { members: zip.members, notes: zip.remarks.into_notes() })
}

/// Opens one member again by its number, None when there is none or it is no file.
///
/// # Errors
/// When reading the content or writing the spool fails.
pub fn member_zip(
    content: impl Read + Seek,
    spool_in: &Path,
    limits: &Limits,
    number: u64,
) -> io::Result<Option<Spool>> {
    let mut zip = Zip::open(content, spool_in, limits)?;
    if let State::Listed(_) = zip.state {
        zip.members = number;
    }
    while let Some(member) = zip.next()? {
        if zip.members > number {
            return Ok(if let What::File(spool) = member.what { Some(spool) } else { None });
        }
    }
    Ok(None)
}

struct Zip<'a, R> {
    content: R,
    /// Bytes of the content.
    length: u64,
    state: State,
    members: u64,
    spool_in: &'a Path,
    limits: &'a Limits,
    room: Room,
    remarks: Remarks,
}

enum State {
    Listed(Vec<Place>),
    /// Without a directory: where to look for the next header.
    Lost(u64),
}

/// What undoing a member gave.
struct Unpacked {
    spool: Spool,
    end: End,
    crc: u32,
    /// Compressed bytes that were needed, and that were left.
    used: u64,
    left: u64,
}

impl<'a, R: Read + Seek> Zip<'a, R> {
    fn open(mut content: R, spool_in: &'a Path, limits: &'a Limits) -> io::Result<Zip<'a, R>> {
        let length = content.seek(SeekFrom::End(0))?;
        let mut remarks = Remarks::default();
        let state = match Directory::find(&mut content, length, limits.members, &mut remarks)? {
            Some(directory) => State::Listed(directory.places),
            None => {
                remarks
                    .place("no directory at its end (cut short?): members are found by their own headers".to_owned());
                State::Lost(0)
            }
        };
        Ok(Zip { content, length, state, members: 0, spool_in, limits, room: Room::new(limits), remarks })
    }

    fn next(&mut self) -> io::Result<Option<Member>> {
        match &self.state {
            State::Listed(places) => {
                let place = usize::try_from(self.members).ok().and_then(|number| places.get(number)).copied();
                place.map(|place| self.listed(place)).transpose()
            }
            State::Lost(at) => self.lost(*at),
        }
    }

    fn listed(&mut self, place: Place) -> io::Result<Member> {
        self.members += 1;
        self.content.seek(SeekFrom::Start(place.record))?;
        let Some((record, _)) = record::central(&mut self.content)? else {
            return Err(io::Error::other("the archive changed while it was read"));
        };
        let mut notes = Vec::new();
        let path = self.remarks.path(&record.path, &mut notes);
        let member = |what, notes: Vec<String>| {
            let note = (!notes.is_empty()).then(|| notes.join("; "));
            Ok(Member { path: path.clone(), size: record.size, what, note })
        };
        if let Some(fault) = place.fault {
            self.remarks.member(fault, &path);
            return member(What::Refused(fault.to_owned()), notes);
        }
        self.content.seek(SeekFrom::Start(place.local))?;
        let Some((local, _)) = record::local(&mut self.content)? else {
            return Err(io::Error::other("the archive changed while it was read"));
        };
        for what in record.disagreements(&local) {
            notes.push(self.remarks.member(what, &path));
        }
        // Headers that disagree are a known trick to keep tools out; the checksum will tell.
        if record.is_encrypted() && local.is_encrypted() {
            return member(What::Refused("encrypted".to_owned()), notes);
        }
        // Of a pipe the program zip packs what came out of it.
        if let Some(what) = record.special().filter(|_| record.size == 0) {
            return member(What::Special(what), notes);
        }
        if record.is_folder() {
            if record.size == 0 {
                return member(What::Folder, notes);
            }
            notes.push(self.remarks.member("folder with content, read as a file", &path));
        }
        let what = self.content_of(&record, place.data, &path, &mut notes)?;
        member(what, notes)
    }

    /// The content of a member whose directory entry is sound.
    fn content_of(&mut self, record: &Record, data: u64, path: &str, notes: &mut Vec<String>) -> io::Result<What> {
        let codec = match method(record.method) {
            Ok(codec) => codec,
            Err(reason) => return Ok(What::Refused(reason)),
        };
        if record.is_link() && record.size > LONGEST as u64 {
            return Ok(What::Refused(format!("a link to a path of over {LONGEST} bytes")));
        }
        let unpacked = self.unpack(data, Some(record.packed), codec)?;
        let (mut spool, whole) = match self.judge(unpacked, record, path, notes) {
            Ok(read) => read,
            Err(reason) => return Ok(What::Refused(reason)),
        };
        if !record.is_link() {
            return spool.ready().map(What::File);
        }
        if !whole || spool.len() > LONGEST as u64 {
            return Ok(What::Refused("a link whose path cannot be read".to_owned()));
        }
        spool = spool.ready()?;
        let mut to = Vec::new();
        spool.read_to_end(&mut to)?;
        Ok(What::Link { to: String::from_utf8_lossy(&to).into_owned() })
    }

    /// Undoes the bytes from a place on, up to where they end or, when nobody knows that, to the end of the content.
    fn unpack(&mut self, data: u64, packed: Option<u64>, codec: Option<Codec>) -> io::Result<Unpacked> {
        self.content.seek(SeekFrom::Start(data))?;
        let gauge = Gauge::default();
        let from = Gauged { from: self.content.by_ref().take(packed.unwrap_or(u64::MAX)), gauge: &gauge };
        let mut packed = BufReader::with_capacity(32 << 10, from);
        let mut spool = Spool::new(self.spool_in);
        let (end, crc) = match codec {
            None => unpack(&mut packed, &gauge, &mut self.room, &mut spool)?,
            Some(codec) => unpack(&mut codec.undo(&mut packed)?, &gauge, &mut self.room, &mut spool)?,
        };
        let left = match packed.fill_buf() {
            Ok(buffer) => buffer.len() as u64,
            Err(error) => return Err(error),
        };
        let used = gauge.read.get() - left;
        let left = left + packed.into_inner().from.limit();
        Ok(Unpacked { spool, end, crc, used, left })
    }

    /// Holds what was read against what the archive says of it; returns whether it is right, or why nothing counts.
    fn judge(
        &mut self,
        unpacked: Unpacked,
        record: &Record,
        path: &str,
        notes: &mut Vec<String>,
    ) -> Result<(Spool, bool), String> {
        let Unpacked { spool, end, crc, left, .. } = unpacked;
        let mut odd = Vec::new();
        match end {
            End::Stopped(reason) => {
                self.remarks.member("over a limit", path);
                return Err(reason);
            }
            End::Damaged(reason) if spool.is_empty() => {
                self.remarks.member("damaged", path);
                return Err(format!("damaged: {reason}"));
            }
            End::Damaged(reason) => {
                self.remarks.member("damaged, read as far as it goes", path);
                odd.push(format!("damaged after {} of {} bytes: {reason}", spool.len(), record.size));
            }
            End::Whole => {
                if spool.len() != record.size {
                    self.remarks.member("size is not what the archive says", path);
                    odd.push(format!("{} bytes, the archive says {}", spool.len(), record.size));
                }
                if crc != record.crc {
                    odd.push(self.remarks.member("checksum is wrong", path));
                }
                if left > 0 {
                    self.remarks.member("bytes follow the end of the compressed content", path);
                    odd.push(format!("{left} bytes follow the end of its compressed content"));
                }
            }
        }
        let whole = odd.is_empty();
        notes.extend(odd);
        Ok((spool, whole))
    }
}

/// What undoes a method of compression, None for what is only stored, or why it is not undone.
fn method(method: u16) -> Result<Option<Codec>, String> {
    let name = match method {
        0 => return Ok(None),
        8 => return Ok(Some(Codec::Deflate)),
        12 => return Ok(Some(Codec::Bzip2)),
        20 | 93 => return Ok(Some(Codec::Zstd)),
        95 => return Ok(Some(Codec::Xz)),
        1 => "shrink",
        2..=5 => "reduce",
        6 => "implode",
        9 => "deflate64",
        14 => "lzma",
        98 => "ppmd",
        99 => return Err("encrypted".to_owned()),
        _ => "unknown",
    };
    Err(format!("method {method} ({name}) is not supported"))
}
