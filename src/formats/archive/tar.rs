//! A tar, member by member, in one pass over bytes that may come from a pipe.
//!
//! Goes on where a header is damaged, with the next block that is one, as tar does. Reads all that follows the end of
//! the archive too: a second archive there is read, and anything else is noted.

use std::io::{self, BufReader, Read};
use std::path::Path;

use super::codec::fill;
use super::header::{BLOCK, Header, more_pieces};
use super::pax::{Extra, LONGEST};
use super::remarks::{Remarks, shown};
use super::sparse::{self, MOST, Map};
use super::spool::{Room, Spool};
use super::{Each, Limits, Member, Walk, What};

/// The longest extended header that is held; maps of sparse files are the longest there are.
const EXTENDED: u64 = 8 << 20;

/// Walks every member in the order of the archive. A damaged end is a note, not an error.
///
/// Reads the content to its end unless a limit stops it.
///
/// # Errors
/// When reading the content, writing a spool or taking a member fails.
pub fn walk_tar(content: impl Read, spool_in: &Path, limits: &Limits, each: &mut Each) -> io::Result<Walk> {
    let mut tar = Tar::new(content, spool_in, limits, None);
    while let Some(member) = tar.next()? {
        each(member)?;
    }
    Ok(Walk { members: tar.members, notes: tar.remarks.into_notes() })
}

/// Opens one member again by its number, None when there is none or it is no file.
///
/// # Errors
/// When reading the content or writing the spool fails.
pub fn member_tar(content: impl Read, spool_in: &Path, limits: &Limits, number: u64) -> io::Result<Option<Spool>> {
    let mut tar = Tar::new(content, spool_in, limits, Some(number));
    while let Some(member) = tar.next()? {
        if tar.members > number {
            return Ok(if let What::File(spool) = member.what { Some(spool) } else { None });
        }
    }
    Ok(None)
}

struct Tar<'a, R> {
    content: BufReader<R>,
    /// Bytes read so far.
    at: u64,
    members: u64,
    spool_in: &'a Path,
    limits: &'a Limits,
    room: Room,
    /// The one member whose bytes are wanted.
    only: Option<u64>,
    remarks: Remarks,
    global: Extra,
    done: bool,
}

/// Names that GNU tar writes before a member, as it is about them alone.
#[derive(Default)]
struct Long {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl<'a, R: Read> Tar<'a, R> {
    fn new(content: R, spool_in: &'a Path, limits: &'a Limits, only: Option<u64>) -> Tar<'a, R> {
        Tar {
            content: BufReader::with_capacity(64 << 10, content),
            at: 0,
            members: 0,
            spool_in,
            limits,
            room: Room::new(limits),
            only,
            remarks: Remarks::default(),
            global: Extra::default(),
            done: false,
        }
    }

    fn next(&mut self) -> io::Result<Option<Member>> {
        let (mut long, mut extra, mut notes, mut waiting) = (Long::default(), self.global.clone(), Vec::new(), false);
        while let Some(block) = self.header()? {
            let header = Header::of(&block);
            match header.kind() {
                kind @ (b'L' | b'K' | b'x' | b'X' | b'g') => {
                    waiting |= kind != b'g';
                    let Some(text) = self.extended(&header)? else { return Ok(None) };
                    let result = match kind {
                        b'L' => name(text).map(|name| long.path = name),
                        b'K' => name(text).map(|name| long.link = name),
                        b'g' => {
                            let result = self.global.add(&text);
                            self.global.sparse = Default::default();
                            extra = self.global.clone();
                            result
                        }
                        _ => {
                            extra = self.global.clone();
                            extra.add(&text)
                        }
                    };
                    if let Err(reason) = result {
                        notes.push(format!("its extended header is damaged: {reason}"));
                        self.remarks.place(format!("extended header before byte {} is damaged: {reason}", self.at));
                    }
                }
                _ if self.members >= self.limits.members => {
                    self.remarks.place(format!("stopped after {} members: the limit", self.members));
                    self.done = true;
                    return Ok(None);
                }
                _ => return self.member(&header, long, extra, notes).map(Some),
            }
        }
        if waiting {
            self.remarks.place("ends after an extended header, before its member".to_owned());
        }
        Ok(None)
    }

    /// The next block that is a header; what lies before it is skipped and noted.
    fn header(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        if self.done {
            return Ok(None);
        }
        let start = self.at;
        let mut junk: Option<(u64, u64)> = None;
        let mut zeros = false;
        while !self.done {
            let (at, mut block) = (self.at, [0; BLOCK]);
            let read = fill(&mut self.content, &mut block)?;
            self.at += read as u64;
            self.done = read < BLOCK;
            if block.iter().all(|byte| *byte == 0) {
                zeros |= read > 0;
                continue;
            }
            if !self.done && Header::of(&block).is_sound() {
                if zeros && junk.is_none() {
                    self.remarks.place(format!("goes on at byte {at} after blocks that end a tar: read too"));
                }
                self.skipped(junk, zeros);
                return Ok(Some(block));
            }
            junk = Some((junk.map_or(at, |(from, _)| from), self.at));
        }
        self.skipped(junk, zeros);
        if start == self.at && start == 0 {
            self.remarks.place("empty".to_owned());
        } else if start == self.at {
            self.remarks.place("ends without the blocks of zeros that end a tar: it may be cut".to_owned());
        }
        Ok(None)
    }

    fn skipped(&mut self, junk: Option<(u64, u64)>, zeros: bool) {
        if let Some((from, to)) = junk {
            let place = if zeros { "at or after the end of the archive" } else { "where a header should be" };
            self.remarks.place(format!("{} bytes from byte {from} are no member, {place}: skipped", to - from));
        }
    }

    /// The bytes of an extended header, None when the archive cannot be followed further.
    fn extended(&mut self, header: &Header) -> io::Result<Option<Vec<u8>>> {
        let reason = match header.size() {
            None => "its size is no number".to_owned(),
            Some(size) if size > EXTENDED => format!("{size} bytes, {EXTENDED} are held"),
            Some(size) => {
                let mut text = vec![0; size as usize];
                let read = fill(&mut self.content, &mut text)?;
                self.at += read as u64;
                if read == text.len() {
                    self.skip(padding(size))?;
                    return Ok(Some(text));
                }
                "cut".to_owned()
            }
        };
        // It may say where the next header is, so nothing that follows can be trusted.
        self.remarks.place(format!("stopped: extended header at byte {} cannot be read: {reason}", self.at));
        self.done = true;
        Ok(None)
    }

    fn member(&mut self, header: &Header, long: Long, extra: Extra, mut notes: Vec<String>) -> io::Result<Member> {
        let number = self.members;
        self.members += 1;
        let sparse_name = extra.sparse.name.clone();
        let written = sparse_name.or(extra.path.clone()).or(long.path).unwrap_or_else(|| header.path());
        let path = self.remarks.path(&written, &mut notes);
        let Some(stored) = extra.size.or(header.size()) else {
            let what = What::Refused("damaged: its size is no number".to_owned());
            return Ok(Member { path, size: 0, what, note: note(notes) });
        };
        let mut size = stored;
        let what = match header.kind() {
            b'1' | b'2' => {
                let to = extra.link.or(long.link).unwrap_or_else(|| header.link());
                What::Link { to: String::from_utf8_lossy(&to).into_owned() }
            }
            b'3' => What::Special("character device"),
            b'4' => What::Special("block device"),
            b'5' => What::Folder,
            b'6' => What::Special("named pipe"),
            // GNU's folders of incremental archives hold the names in them.
            b'D' => self.skip_member(stored).map(|()| What::Folder)?,
            b'V' => self.skip_member(stored).map(|()| What::Special("volume label"))?,
            b'M' => self.skip_member(stored).map(|()| What::Refused("continued from another volume".to_owned()))?,
            b'S' => {
                let map = self.old_map(header)?;
                size = map.as_ref().map_or(stored, |map| map.real);
                self.sparse(number, stored, map, &path, &mut notes)?
            }
            kind => {
                if !matches!(kind, b'0' | 0 | b'7') {
                    let what = "type is not known, read as a file";
                    notes.push(self.remarks.member(what, &path));
                }
                // The first tars had no type for folders.
                if kind == 0 && stored == 0 && path.ends_with('/') {
                    What::Folder
                } else if let Some(real) = extra.sparse.real {
                    size = real;
                    let (taken, map) = self.pax_map(extra.sparse, real, stored)?;
                    self.sparse(number, stored - taken, map, &path, &mut notes)?
                } else {
                    self.file(number, stored, None, &path, &mut notes)?
                }
            }
        };
        Ok(Member { path, size, what, note: note(notes) })
    }

    /// The map of GNU's own format: in the header, and in blocks after it.
    fn old_map(&mut self, header: &Header) -> io::Result<Result<Map, &'static str>> {
        let ((mut all, mut more), mut cut) = (header.pieces(), false);
        while more && !cut {
            let mut block = [0; BLOCK];
            let read = fill(&mut self.content, &mut block)?;
            self.at += read as u64;
            cut = read < BLOCK;
            let (pieces, next) = more_pieces(&block);
            // Also of a map that is too long every block is read: the bytes of the member begin after it.
            if all.len() <= MOST {
                all.extend(pieces);
            }
            more = next;
        }
        let pieces = all.into_iter().collect::<Option<Vec<_>>>();
        Ok(match (pieces, header.real_size()) {
            _ if cut => Err("it ends inside its sparse map"),
            (Some(pieces), _) if pieces.len() > MOST => Err("its sparse map has too many pieces"),
            (Some(pieces), Some(real)) => Ok(Map { pieces, real }),
            _ => Err("a number in its sparse map is none"),
        })
    }

    /// The map of the formats of pax, and how many of the member's bytes it took.
    fn pax_map(
        &mut self,
        sparse: super::pax::Sparse,
        real: u64,
        stored: u64,
    ) -> io::Result<(u64, Result<Map, &'static str>)> {
        match (sparse.major, sparse.minor) {
            (None | Some(0), _) => Ok((0, Ok(Map { pieces: sparse.pieces, real }))),
            (Some(1), Some(0)) => {
                let before = self.at;
                let mut counted = Counted { from: &mut self.content, count: &mut self.at };
                let pieces = sparse::leading(&mut counted, stored)?;
                Ok((self.at - before, pieces.map(|pieces| Map { pieces, real })))
            }
            _ => Ok((0, Err("its sparse format is not known"))),
        }
    }

    fn sparse(
        &mut self,
        number: u64,
        stored: u64,
        map: Result<Map, &'static str>,
        path: &str,
        notes: &mut Vec<String>,
    ) -> io::Result<What> {
        let map = map.and_then(|map| map.wrong(stored).map_or(Ok(map), Err));
        match map {
            Ok(map) => self.file(number, stored, Some(map), path, notes),
            Err(reason) => {
                self.skip_member(stored)?;
                Ok(What::Refused(format!("damaged: {reason}")))
            }
        }
    }

    fn file(
        &mut self,
        number: u64,
        stored: u64,
        map: Option<Map>,
        path: &str,
        notes: &mut Vec<String>,
    ) -> io::Result<What> {
        if self.only.is_some_and(|only| only != number) {
            self.skip_member(stored)?;
            return Ok(What::Refused("not asked for".to_owned()));
        }
        let size = map.as_ref().map_or(stored, |map| map.real);
        let packed = if map.is_some() { stored } else { size };
        if let Some(reason) = self.room.refuses(size, packed) {
            self.skip_member(stored)?;
            return Ok(What::Refused(reason));
        }
        let before = self.at;
        let mut spool = Spool::new(self.spool_in);
        let mut counted = Counted { from: &mut self.content, count: &mut self.at };
        match &map {
            Some(map) => map.expand(&mut counted, &mut spool)?,
            None => sparse::copy(&mut counted, stored, &mut spool)? == stored,
        };
        self.room.take(spool.len());
        if self.at - before < stored {
            self.cut(number, path);
            notes.push(format!("ends early: {} of {size} bytes", spool.len()));
        } else {
            self.skip(padding(stored))?;
        }
        spool.ready().map(What::File)
    }

    fn cut(&mut self, number: u64, path: &str) {
        self.done = true;
        self.remarks.place(format!("ends inside member {number}, {}: it is cut", shown(path)));
    }

    /// Leaves out the bytes of the member that was counted last.
    fn skip_member(&mut self, stored: u64) -> io::Result<()> {
        if self.skip(stored)? {
            self.skip(padding(stored))?;
        } else if !self.done {
            self.done = true;
            self.remarks.place(format!("ends inside member {}: it is cut", self.members - 1));
        }
        Ok(())
    }

    fn skip(&mut self, bytes: u64) -> io::Result<bool> {
        let skipped = io::copy(&mut self.content.by_ref().take(bytes), &mut io::sink())?;
        self.at += skipped;
        Ok(skipped == bytes)
    }
}

struct Counted<'a, R> {
    from: &'a mut R,
    count: &'a mut u64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        *self.count += read as u64;
        Ok(read)
    }
}

fn padding(size: u64) -> u64 {
    let block = BLOCK as u64;
    (block - size % block) % block
}

fn name(mut text: Vec<u8>) -> Result<Option<Vec<u8>>, &'static str> {
    let length = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    text.truncate(length);
    if length <= LONGEST { Ok(Some(text)) } else { Err("a path in it is over 65536 bytes") }
}

fn note(notes: Vec<String>) -> Option<String> {
    (!notes.is_empty()).then(|| notes.join("; "))
}
