//! Where evidence lies now, and its bytes: the file it came from, a copy within the case, or a member of an archive.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::hash::{Digests, hash_file, hash_on_one_thread};
use super::sources::{self, DEEPEST, Whole};
use super::{Case, InputRecord, embed};
use crate::error::{Error, Result};
use crate::model::{EvidenceId, Span};

/// Bytes of evidence as they are now.
pub struct Bytes {
    pub bytes: Vec<u8>,
    /// Whether the whole file still has the hash it had at intake.
    pub same: bool,
}

/// Where the bytes of a piece of evidence are.
pub(super) enum Place {
    File(PathBuf),
    /// A copy made with `--embed`; its content is the evidence.
    Copy(PathBuf),
}

impl Place {
    /// Hashes the evidence, not the file that it is stored in.
    pub fn hash(&self, size: u64) -> Result<Digests> {
        match self {
            Place::File(path) => hash_file(path),
            Place::Copy(path) => embed::hash_content(path, size),
        }
    }
}

impl Case {
    /// Reads the original bytes of a span again, and says whether their file is what it was.
    ///
    /// # Errors
    /// When the file is gone or ends before the span.
    pub fn bytes(&self, span: Span) -> Result<Bytes> {
        let missing = || Error::Usage { what: format!("there is no evidence {}", span.evidence.0), hint: None };
        let input = self.input(span.evidence).ok_or_else(missing)?;
        let path = PathBuf::from(&input.path);
        let (now, raw) = self.hashed(input)?;
        let mut content = crate::formats::content(raw).map_err(Error::io("read", &path))?;
        let io = Error::io("read", &path);
        let mut bytes = Vec::new();
        let read = std::io::copy(&mut (&mut content).take(span.offset), &mut std::io::sink())
            .and_then(|_| content.take(span.length).read_to_end(&mut bytes));
        read.map_err(io)?;
        if bytes.len() as u64 != span.length {
            return Err(Error::Tampered { path, what: "it ends before these bytes".into() });
        }
        Ok(Bytes { bytes, same: now.sha256 == input.sha256 })
    }

    /// Reads the original bytes of many spans, each piece of evidence once from its start: in the order of evidence and
    /// offset, spans that are there twice once.
    ///
    /// # Errors
    /// As [`Case::bytes`], when evidence is not what it was, and whatever `each` returns.
    pub fn each_bytes(&self, spans: &[Span], each: &mut dyn FnMut(Span, &[u8]) -> Result<()>) -> Result<()> {
        let mut spans = spans.to_vec();
        spans.sort_by_key(|span| (span.evidence, span.offset));
        spans.dedup();
        for of_one in spans.chunk_by(|a, b| a.evidence == b.evidence) {
            let Some(input) = of_one.first().and_then(|span| self.input(span.evidence)) else { continue };
            let path = PathBuf::from(&input.path);
            let (now, raw) = self.hashed(input)?;
            if now.sha256 != input.sha256 {
                return Err(Error::Tampered { path, what: "its hash is another".into() });
            }
            let mut content = crate::formats::content(raw).map_err(Error::io("read", &path))?;
            let (mut at, mut bytes) = (0, Vec::new());
            for span in of_one {
                if span.offset < at {
                    // It lies in bytes that were passed, as rows of one record do.
                    each(*span, &self.bytes(*span)?.bytes)?;
                    continue;
                }
                bytes.clear();
                let read = std::io::copy(&mut (&mut content).take(span.offset - at), &mut std::io::sink())
                    .and_then(|_| (&mut content).take(span.length).read_to_end(&mut bytes));
                read.map_err(Error::io("read", &path))?;
                if bytes.len() as u64 != span.length {
                    return Err(Error::Tampered { path, what: "it ends before these bytes".into() });
                }
                at = span.offset + span.length;
                each(*span, &bytes)?;
            }
        }
        Ok(())
    }

    /// Opens an input to read it from its start, and hashes it.
    fn hashed(&self, input: &InputRecord) -> Result<(Digests, Box<dyn Read + Send>)> {
        if let (None, Place::Copy(path)) = (&input.member, self.locate(input)?) {
            // Read once from the start it need not be unpacked to a file: the case may lie where nothing can be written.
            let content = embed::open(&path)?.take(input.size);
            return Ok((embed::hash_content(&path, input.size)?, Box::new(content)));
        }
        let path = Path::new(&input.path);
        let mut raw = self.raw(input)?;
        let now = hash_on_one_thread(&mut raw).map_err(Error::io("read", path))?;
        raw.rewind().map_err(Error::io("read", path))?;
        Ok((now, Box::new(raw)))
    }

    /// Opens an input again: a file, its copy, or the member of an archive.
    pub(super) fn raw(&self, input: &InputRecord) -> Result<Box<dyn Whole>> {
        self.raw_within(input, DEEPEST)
    }

    /// The same with at most so many archives around it: a journal that a stranger wrote may say that two archives are
    /// in each other.
    fn raw_within(&self, input: &InputRecord, archives: u32) -> Result<Box<dyn Whole>> {
        let Some(member) = &input.member else {
            return match self.locate(input)? {
                Place::File(path) => Ok(Box::new(File::open(&path).map_err(Error::io("open", &path))?)),
                // Archives and databases are read at places of their own choice, which a compressed copy cannot do.
                Place::Copy(path) => Ok(Box::new(embed::unpack(&path, input.size, &self.dir)?)),
            };
        };
        let gone = |what: &str| Error::Tampered { path: PathBuf::from(&input.path), what: what.to_owned() };
        let archive = self.input(EvidenceId(member.within)).ok_or_else(|| gone("its archive is not in the journal"))?;
        let around = archives.checked_sub(1).ok_or_else(|| gone("it is in more archives than are opened"))?;
        let found = sources::member(self.raw_within(archive, around)?, archive, member.number, &self.dir);
        let found = found.map_err(Error::io("read", Path::new(&archive.path)))?;
        Ok(Box::new(found.ok_or_else(|| gone("its archive has no such member any more"))?))
    }

    /// Where an input lies now: a copy within the case goes before the original path, since on another machine something
    /// else may lie there, and the same case must give the same answer everywhere.
    pub(super) fn locate(&self, input: &InputRecord) -> Result<Place> {
        match &input.embedded {
            Some(copy) => Ok(Place::Copy(self.inside(&copy.path)?)),
            None => self.original(&input.path).map(Place::File),
        }
    }

    /// The file an input was read from; standard input is kept within the case.
    pub(super) fn original(&self, path: &str) -> Result<PathBuf> {
        path.strip_prefix("-/").map_or_else(|| Ok(PathBuf::from(path)), |inside| self.inside(inside))
    }

    /// A path within the case. The journal may come from a stranger: a path that leads out of the case is not followed.
    pub(super) fn inside(&self, path: &str) -> Result<PathBuf> {
        let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !plain || path.is_empty() {
            let what = format!("it names {path}, which leads out of the case");
            return Err(Error::Tampered { path: self.dir.join("journal.jsonl"), what });
        }
        Ok(self.dir.join(path))
    }
}
