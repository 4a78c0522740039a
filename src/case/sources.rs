//! Inputs of an intake: files, and what is inside of those that are archives or databases.
//!
//! A member of an archive is evidence of its own, with its own hash and its own books. It is held in memory, or in a
//! file without a name; nothing is written by the name that an archive gives.

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use super::custody::{Embedded, InputRecord, MemberOf};
use super::embed::embed_from;
use super::hash::{Digests, hash_about, hash_file, hash_on_one_thread};
use super::ingest::{InputReceipt, Intaking};
use super::inputs::Input;
use super::intake::Intake;
use super::pipeline;
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
struct Place {
    name: String,
    member: Option<MemberOf>,
    /// Archives around it.
    depth: u32,
}

impl Intake<'_> {
    /// Takes in one file.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be opened; anything else ends the intake.
    pub fn file(&mut self, input: &Input) -> Result<()> {
        let path = &input.path;
        let before = fs::metadata(path).map_err(Error::io("open", path))?;
        let size = before.len();
        let mut file = File::open(path).map_err(Error::io("open", path))?;
        let (shape, packed) = formats::shape(&mut file).map_err(Error::io("read", path))?;
        let place = Place { name: input.name.clone(), member: None, depth: 0 };
        // Only a file of a size seen before can be one seen before; others are hashed while they are read.
        let seen = self.earlier.iter().chain(self.receipts.iter().map(|r| &r.record)).any(|known| known.size == size);
        let known = if seen || shape != Shape::Stream { Some(self.hash(path, size)?) } else { None };
        let (number, entry) = (self.next(), self.receipts.len());
        self.take(Box::new(self.watch.input(file)), place, known, size, (shape, packed))?;
        if let Some(receipt) = self.receipts.get_mut(entry).filter(|receipt| !receipt.known) {
            receipt.record.notes.extend(changed(path, &before).map(str::to_owned));
        }
        if self.how.embed { self.embed(input, number, entry) } else { Ok(()) }
    }

    /// Hashes a file before it is read.
    fn hash(&self, path: &Path, size: u64) -> Result<Digests> {
        let file = File::open(path).map_err(Error::io("open", path))?;
        hash_about(&mut self.watch.aside(file), size).map_err(|source| self.failed(path, source))
    }

    /// Why a file could not be read: a stop is no fault of the file.
    fn failed(&self, path: &Path, source: io::Error) -> Error {
        self.watch.goes_on().err().unwrap_or_else(|| Error::io("read", path)(source))
    }

    /// Copies a file into the case after it was read. Standard input is in the case already, and members of an archive
    /// are in the archive's copy.
    fn embed(&mut self, input: &Input, number: EvidenceId, entry: usize) -> Result<()> {
        let read = self.receipts.get(entry).is_some_and(|receipt| !receipt.known && !receipt.sha256.is_empty());
        if !read || input.name.starts_with("-/") {
            return Ok(());
        }
        let (path, folder) = (&input.path, self.dir.join("evidence"));
        fs::create_dir_all(&folder).map_err(Error::io("make", &folder))?;
        let file = File::open(path).map_err(Error::io("open", path))?;
        let copy = embed_from(&mut self.watch.aside(file), path, &folder.join(number.0.to_string()));
        self.watch.goes_on()?;
        let copy = copy?;
        let record = &mut self.receipts[entry].record;
        if copy.content.sha256 != record.sha256 {
            fs::remove_file(&copy.path).map_err(Error::io("remove", &copy.path))?;
            let what = "it is another file than the one that was read before, so it was not copied".to_owned();
            self.problems.push(Error::Tampered { path: path.clone(), what });
            return Ok(());
        }
        let name = copy.path.file_name().unwrap_or_default().to_string_lossy();
        let path = format!("evidence/{name}");
        record.embedded = Some(Embedded { path, size: copy.size, sha256: copy.sha256 });
        Ok(())
    }

    /// Takes in about `size` bytes; `known` are their digests, when they were taken.
    fn take(
        &mut self,
        bytes: Box<dyn Whole>,
        place: Place,
        known: Option<Digests>,
        size: u64,
        (shape, packed): (Shape, bool),
    ) -> Result<()> {
        let size = known.as_ref().map_or(size, |known| known.size);
        if let Some(number) = known.as_ref().and_then(|known| self.hashes.get(&known.sha256)) {
            let before = self.record(*number).filter(|record| record.size == size).cloned();
            if let Some(record) = before {
                self.receipts.push(InputReceipt { record: InputRecord { path: place.name, ..record }, known: true });
                return Ok(());
            }
        }
        self.seen.expect((size / USUAL_EVENT).min(MOST_EXPECTED));
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
        EvidenceId((self.earlier.len() + self.receipts.iter().filter(|receipt| !receipt.known).count()) as u32)
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
        if !record.sha256.is_empty() {
            self.hashes.insert(record.sha256.clone(), self.next());
        }
        self.receipts.push(InputReceipt { record, known: false });
        Ok(())
    }

    /// Reads records one after the other.
    fn stream(&mut self, bytes: Box<dyn Whole>, mut record: InputRecord) -> Result<()> {
        let (evidence, path, how) = (self.next(), PathBuf::from(&record.path), self.how);
        let name = record.path.clone();
        let mut lacks = Lacks::default();
        let hashed = how.only.as_ref().is_none_or(Projection::hashes);
        let done = pipeline::run(Box::new(bytes), hashed, &|| rows(evidence, &name, how), &mut |batch| {
            lacks.add(&batch.lacks);
            self.batch(batch, evidence, &mut record)
        })?;
        match done {
            Ok(done) => {
                if let Some(raw) = done.raw {
                    record.hashed(raw);
                }
                record.finish(done.content);
            }
            Err(source) => {
                self.watch.goes_on()?;
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
        let mut rows = rows(evidence, &record.path, self.how);
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
        let mut rows = rows(evidence, &record.path, self.how);
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

/// Columns for one thread.
fn rows(evidence: EvidenceId, path: &str, how: &Intaking) -> Rows {
    let mut rows = Rows::new(evidence, hint(path));
    rows.belong_to(path);
    rows.assume_year(how.year);
    if let Some(only) = &how.only {
        rows.leave_out(!only.bodies(), !only.shreds());
    }
    rows
}

/// What a reader must know of a file that is not what it was before it was read: what is still being written, or was
/// taken away, is not what somebody else will find there.
fn changed(path: &Path, before: &fs::Metadata) -> Option<&'static str> {
    match fs::metadata(path) {
        Ok(after) if after.len() == before.len() && after.modified().ok() == before.modified().ok() => None,
        Ok(_) => Some("the file CHANGED while it was read: take it in again once nobody writes to it"),
        Err(_) => Some("the file was TAKEN AWAY while it was read: its bytes cannot be shown again"),
    }
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
