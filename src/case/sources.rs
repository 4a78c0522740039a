//! What is inside of the inputs of an intake: records, the members of archives, databases.
//!
//! A member of an archive is evidence of its own, with its own hash and its own books. It is held in memory, or in a
//! file without a name; nothing is written by the name that an archive gives.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::custody::{InputRecord, MemberOf};
use super::hash::{Digests, hash_file, hash_on_one_thread};
use super::ingest::{InputReceipt, Intaking};
use super::intake::{Intake, UnderWay};
use super::pipeline::{self, Done, Origin, Piece};
use super::projection::Projection;
use crate::error::{Error, Result};
use crate::formats::archive::{Kind, Limits, Member, Spool, Walk, What, member_tar, member_zip, walk_tar, walk_zip};
use crate::formats::{self, Batch, Content, Lacks, Reject, Rows, Shape};
use crate::model::EvidenceId;

/// About how many bytes an event has, and how many are expected of a file at most: growing a table of known events
/// moves all of it, but a wrong guess must not cost memory.
const USUAL_EVENT: u64 = 2_000;
const MOST_EXPECTED: u64 = 1 << 20;
/// Archives inside archives are opened this deep.
pub const DEEPEST: u32 = 4;

/// What can be read from any place of it.
pub trait Whole: Read + Seek + Send {}
impl<T: Read + Seek + Send> Whole for T {}

/// Takes rows out when there are enough of them.
type Full<'a> = &'a mut dyn FnMut(&mut Rows);
/// Reads an input into rows; else its format, and why nothing of it can be read.
type Seekable<'a> =
    &'a mut dyn FnMut(&mut Box<dyn Whole>, &mut Rows, Full<'_>) -> Result<Content, (&'static str, String)>;

/// Where an input of an archive is.
#[derive(Clone)]
pub struct Place {
    pub name: String,
    pub member: Option<MemberOf>,
    /// Archives around it.
    pub depth: u32,
}

impl Intake<'_> {
    /// Why a file could not be read: a stop is no fault of the file.
    fn failed(&self, path: &Path, source: io::Error) -> Error {
        self.watch.goes_on().err().unwrap_or_else(|| Error::io("read", path)(source))
    }

    /// Enters a file that is evidence already.
    pub fn known(&mut self, name: String, number: EvidenceId) -> Result<()> {
        let bug = || Error::Bug { what: format!("evidence {} is not there", number.0), source: name.as_str().into() };
        let before = self.record(number).cloned().ok_or_else(bug)?;
        self.receipts.push(InputReceipt { record: InputRecord { path: name, ..before }, known: true });
        Ok(())
    }

    /// Makes room for what about so many bytes bring.
    pub fn expect(&mut self, size: u64) {
        self.seen.expect((size / USUAL_EVENT).min(MOST_EXPECTED));
    }

    /// Takes in about `size` bytes; `known` are their digests, when they were taken.
    pub fn take(
        &mut self,
        bytes: Box<dyn Whole>,
        place: Place,
        known: Option<Digests>,
        size: u64,
        (shape, packed): (Shape, bool),
    ) -> Result<()> {
        let size = known.as_ref().map_or(size, |known| known.size);
        if let Some(number) = known.as_ref().and_then(|known| self.register.find(known)) {
            return self.known(place.name, number);
        }
        self.expect(size);
        let (path, member) = (place.name.clone(), place.member.clone());
        let mut record = InputRecord { path, member, size, ..InputRecord::default() };
        if let Some(known) = known {
            record.hashed(known);
        }
        match shape {
            Shape::Stream => self.stream(bytes, record),
            Shape::Archive(kind) => self.archive(bytes, record, kind, packed, &place),
            Shape::Database => {
                let read = &mut |bytes: &mut Box<dyn Whole>, rows: &mut Rows, full: Full<'_>| {
                    formats::snapshot::read(bytes, rows, full).map_err(|why| ("bbolt", format!("etcd database: {why}")))
                };
                self.seekable(bytes, record, packed, read)
            }
            Shape::Parquet => {
                let read = &mut |bytes: &mut Box<dyn Whole>, rows: &mut Rows, full: Full<'_>| {
                    formats::parquet(bytes, rows, full).map_err(|why| ("parquet", format!("Parquet file: {why}")))
                };
                self.seekable(bytes, record, packed, read)
            }
            Shape::Capture => self.capture(bytes, record),
        }
    }

    /// The number the next evidence has.
    pub fn next(&self) -> EvidenceId {
        EvidenceId(self.earlier.len() as u32 + self.new)
    }

    fn record(&self, number: EvidenceId) -> Option<&InputRecord> {
        let number = number.0 as usize;
        let new = || self.receipts.iter().filter(|r| !r.known).nth(number - self.earlier.len()).map(|r| &r.record);
        self.earlier.get(number).or_else(new)
    }

    /// Enters an input into the ledger, its books balanced.
    fn enter(&mut self, record: InputRecord) -> Result<()> {
        if record.read != record.stored + record.duplicate + record.rejected {
            return Err(Error::Bug {
                what: format!("the books of {} do not balance", record.path),
                source: format!("{record:?}").into(),
            });
        }
        self.register.learn(self.next(), &record.sha256, record.size);
        self.receipts.push(InputReceipt { record, known: false });
        self.new += 1;
        Ok(())
    }

    /// Reads records one after the other.
    fn stream(&mut self, bytes: Box<dyn Whole>, mut record: InputRecord) -> Result<()> {
        let (evidence, how) = (self.next(), self.how);
        let origin = Arc::new(Origin { evidence, path: record.path.clone() });
        let mut lacks = Lacks::default();
        let hashed = how.only.as_ref().is_none_or(Projection::hashes);
        let (bytes, mut done) = (Mutex::new(Some(Box::new(bytes))), None);
        pipeline::run(
            1,
            &|out| {
                let bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner).take();
                let read = bytes.map(|bytes| out.stream(bytes, hashed, &origin));
                out.tell(read);
            },
            &|origin, used| rows(origin, used, how),
            &mut |_, piece| match piece {
                Piece::News(read) => {
                    done = read;
                    Ok(())
                }
                Piece::Batch(batch) => {
                    lacks.add(&batch.lacks);
                    self.batch(*batch, evidence, &mut record)
                }
            },
        )?;
        let done = done.unwrap_or_else(|| Err(io::Error::other("it was not read")));
        self.ended(UnderWay { evidence, record, lacks }, done)
    }

    /// Enters what was read to its end, or to where reading failed.
    pub fn ended(&mut self, now: UnderWay, done: io::Result<Done>) -> Result<()> {
        let UnderWay { evidence, mut record, lacks } = now;
        if evidence != self.next() {
            let what = format!("{} came as evidence {} and is {}", record.path, evidence.0, self.next().0);
            return Err(Error::Bug { what, source: "the order of files".into() });
        }
        match done {
            Ok(done) => {
                if let Some(raw) = done.raw {
                    record.hashed(raw);
                }
                record.finish(done.content);
            }
            Err(source) => {
                self.watch.goes_on()?;
                let path = PathBuf::from(&record.path);
                // What was read is in the case; a hash of a part would be no hash of the file.
                if record.member.is_none()
                    && let Ok(all) = hash_file(&path)
                {
                    record.hashed(all);
                }
                record.format = "unreadable".into();
                record.notes.push(format!("reading failed: {source}"));
                self.problems.push(Error::io("read", &path)(source));
            }
        }
        record.notes.extend(lacks.notes());
        self.enter(record)
    }

    /// Reads the members of an archive, each as an input of its own.
    fn archive(
        &mut self,
        mut bytes: Box<dyn Whole>,
        record: InputRecord,
        kind: Kind,
        packed: bool,
        place: &Place,
    ) -> Result<()> {
        let path = PathBuf::from(&record.path);
        // Its members come after it, so its place in the ledger is taken first.
        let evidence = self.next();
        self.enter(record)?;
        let entry = self.receipts.len() - 1;
        let (mut number, mut files, mut rejects, mut failed) = (0, 0_u64, Vec::new(), None);
        let dir = self.dir.clone();
        let mut each = |member: Member| -> io::Result<()> {
            number += 1;
            let named = |what: &str| format!("member {}: {what}", member.path);
            let reason = match member.what {
                What::Folder => return Ok(()),
                What::Link { to } => named(&format!("a link to {to}, not followed")),
                What::Special(what) => named(&format!("{what}, no file")),
                What::Refused(why) => named(&why),
                What::File(spool) => {
                    files += 1;
                    let within = MemberOf { within: evidence.0, number: number - 1 };
                    let name = format!("{}!{}", place.name, member.path);
                    let inner = Place { name, member: Some(within), depth: place.depth + 1 };
                    return self.member(Box::new(spool), inner, member.note).map_err(|error| {
                        failed = Some(error);
                        io::Error::other("the intake ended")
                    });
                }
            };
            rejects.push(Reject { offset: 0, length: 0, line: 0, reason, sample: String::new() });
            Ok(())
        };
        let limits = Limits::default();
        let walked = match kind {
            Kind::Tar => formats::readable(bytes).and_then(|content| walk_tar(content, &dir, &limits, &mut each)),
            Kind::Zip if packed => spooled(bytes, &dir).and_then(|file| walk_zip(file, &dir, &limits, &mut each)),
            Kind::Zip => bytes.rewind().and_then(|()| walk_zip(bytes, &dir, &limits, &mut each)),
        };
        if let Some(error) = failed {
            return Err(error);
        }
        self.watch.goes_on()?;
        let walk = walked.unwrap_or_else(|source| {
            let notes = vec![format!("reading failed: {source}")];
            self.problems.push(Error::io("read", &path)(source));
            Walk { members: number, notes }
        });
        let (rejected, size) = (rejects.len() as u64, self.receipts[entry].record.size);
        let batch = Batch { read: rejected, rejects, ..Rows::new(evidence, "").finish() };
        let mut record = std::mem::take(&mut self.receipts[entry].record);
        self.batch(batch, evidence, &mut record)?;
        let kind = if kind == Kind::Tar { "tar" } else { "zip" };
        record.finish(Content { format: kind.to_owned(), size, notes: walk.notes });
        record.notes.push(format!("members: {}, of them files: {files}, each an input of its own", walk.members));
        self.receipts[entry].record = record;
        Ok(())
    }

    /// Takes in one member of an archive.
    fn member(&mut self, mut bytes: Box<dyn Whole>, place: Place, note: Option<String>) -> Result<()> {
        let path = PathBuf::from(&place.name);
        let known = hash_on_one_thread(&mut bytes).map_err(Error::io("read", &path))?;
        let (mut shape, packed) = formats::shape(&mut bytes).map_err(Error::io("read", &path))?;
        if place.depth >= DEEPEST && matches!(shape, Shape::Archive(_)) {
            // It is refused by its name, as any other content that is not read.
            shape = Shape::Stream;
        }
        let entry = self.receipts.len();
        let size = known.size;
        self.take(bytes, place, Some(known), size, (shape, packed))?;
        if let Some(receipt) = self.receipts.get_mut(entry).filter(|receipt| !receipt.known) {
            receipt.record.notes.extend(note);
        }
        Ok(())
    }

    /// Reads what must be read from any place of it.
    fn seekable(
        &mut self,
        mut bytes: Box<dyn Whole>,
        mut record: InputRecord,
        packed: bool,
        read: Seekable<'_>,
    ) -> Result<()> {
        let evidence = self.next();
        let path = PathBuf::from(&record.path);
        if packed {
            bytes = Box::new(spooled(bytes, &self.dir).map_err(|source| self.failed(&path, source))?);
        }
        let mut rows = rows(&Origin { evidence, path: record.path.clone() }, None, self.how);
        let mut failed = None;
        let read = read(&mut bytes, &mut rows, &mut |rows| {
            if failed.is_none() {
                failed = self.batch(rows.finish(), evidence, &mut record).err();
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        self.watch.goes_on()?;
        let content = read.unwrap_or_else(|(format, why)| {
            rows.refuse_all(record.size, &why);
            Content { format: format.to_owned(), size: record.size, notes: Vec::new() }
        });
        self.batch(rows.finish(), evidence, &mut record)?;
        record.finish(content);
        self.enter(record)
    }

    /// Reads a file of Event Hubs Capture.
    fn capture(&mut self, bytes: Box<dyn Whole>, mut record: InputRecord) -> Result<()> {
        let evidence = self.next();
        let path = PathBuf::from(&record.path);
        let mut rows = rows(&Origin { evidence, path: record.path.clone() }, None, self.how);
        let mut failed = None;
        let content = formats::readable(bytes).and_then(|mut content| {
            formats::capture(&mut *content, &mut rows, &mut |rows| {
                if rows.weight() > FULL && failed.is_none() {
                    failed = self.batch(rows.finish(), evidence, &mut record).err();
                }
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        self.watch.goes_on()?;
        self.batch(rows.finish(), evidence, &mut record)?;
        match content {
            Ok(content) => record.finish(content),
            Err(source) => {
                record.notes.push(format!("reading failed: {source}"));
                self.problems.push(Error::io("read", &path)(source));
            }
        }
        self.enter(record)
    }
}

/// Bytes of rows that are handed on at a time.
const FULL: usize = 8 << 20;

/// Columns of an input for one thread, from those that it used before.
pub fn rows(origin: &Origin, used: Option<Rows>, how: &Intaking) -> Rows {
    let hint = hint(&origin.path);
    let mut rows = match used {
        Some(mut rows) => {
            rows.turn_to(origin.evidence, hint);
            rows
        }
        None => Rows::new(origin.evidence, hint),
    };
    rows.belong_to(&origin.path);
    rows.assume_year(how.year);
    if let Some(only) = &how.only {
        rows.leave_out(!only.bodies(), !only.shreds());
    }
    rows
}

/// The name of the file, without the archives and folders around it.
fn hint(path: &str) -> &str {
    path.rsplit(['/', '!', '\\']).next().unwrap_or(path)
}

/// Unpacks into a file without a name, for what must be read from any place of it.
fn spooled(bytes: Box<dyn Whole>, dir: &Path) -> io::Result<File> {
    let mut file = tempfile::tempfile_in(dir)?;
    io::copy(&mut formats::readable(bytes)?, &mut file)?;
    file.rewind()?;
    Ok(file)
}

/// Opens a member of an archive again.
pub fn member(mut archive: Box<dyn Whole>, record: &InputRecord, number: u64, dir: &Path) -> io::Result<Option<Spool>> {
    let limits = Limits::default();
    let (shape, packed) = formats::shape(&mut archive)?;
    match shape {
        Shape::Archive(Kind::Tar) => member_tar(formats::readable(archive)?, dir, &limits, number),
        Shape::Archive(Kind::Zip) if packed => member_zip(spooled(archive, dir)?, dir, &limits, number),
        Shape::Archive(Kind::Zip) => member_zip(archive, dir, &limits, number),
        _ => Err(no_archive(record)),
    }
}

/// Walks an archive again: every member that is a file, with its number.
pub fn members(
    mut archive: Box<dyn Whole>,
    record: &InputRecord,
    dir: &Path,
    each: &mut dyn FnMut(u64, Spool) -> io::Result<()>,
) -> io::Result<Walk> {
    let limits = Limits::default();
    let (shape, packed) = formats::shape(&mut archive)?;
    let mut number = 0;
    let mut each = |member: Member| {
        number += 1;
        if let What::File(spool) = member.what { each(number - 1, spool) } else { Ok(()) }
    };
    match shape {
        Shape::Archive(Kind::Tar) => walk_tar(formats::readable(archive)?, dir, &limits, &mut each),
        Shape::Archive(Kind::Zip) if packed => walk_zip(spooled(archive, dir)?, dir, &limits, &mut each),
        Shape::Archive(Kind::Zip) => walk_zip(archive, dir, &limits, &mut each),
        _ => Err(no_archive(record)),
    }
}

fn no_archive(record: &InputRecord) -> io::Error {
    io::Error::other(format!("{} is no archive any more", record.path))
}
