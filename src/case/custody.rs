//! The journal: one JSON line for everything ever done to the case, each chained to the one before.
//!
//! A line is the commit of what it tells: a Parquet file that no line lists does not exist. The chain shows any change
//! within; that lines were cut off the end only a copy of the last hash can show, so every command prints it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::act::{Act, TOOL, Who};
use super::aliases::Alias;
use super::chain::Chain;
use super::encoding::hex;
use super::hash::Digests;
use super::notes::{Note, Origin};
use crate::error::{Error, Result};
use crate::formats::Content;

/// One line of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// From 0, without holes.
    pub seq: u64,
    /// UTC, when it was done.
    pub at: String,
    /// Who did it; lines of the first versions do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Who>,
    /// The arguments of the command, program first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The program and its version. Not `by`, which `create` has in the same object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    #[serde(flatten)]
    pub action: Action,
    /// SHA-256 of the line before, in hex; 64 zeros for the first.
    pub previous: String,
}

/// What was done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum Action {
    Create {
        name: String,
        /// The program and its version.
        by: String,
    },
    Ingest {
        inputs: Vec<InputRecord>,
        files: Vec<FileRecord>,
        /// Files whose rows are now in `files`.
        replaced: Vec<String>,
        /// Rows of earlier evidence that are duplicates now, since a copy of this intake holds more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        moved: Vec<(u32, u64)>,
    },
    Replay {
        rules: u64,
        findings: u64,
        files: Vec<FileRecord>,
        replaced: Vec<String>,
    },
    /// A line that a killed command left unfinished was taken away.
    Repair {
        bytes: u64,
    },
    /// Secrets of the evidence were shown, on a screen or in an export.
    Reveal {},
    /// Investigators' notes; none of them changes evidence or findings.
    Notes {
        notes: Vec<Note>,
        /// The case they were merged from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Origin>,
    },
    /// Events were written out as a test of a rule, their identities under other names.
    Fixture {
        rule: String,
        /// Of the text of the test.
        sha256: String,
        /// Those that no fixture had before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        aliases: Vec<Alias>,
    },
    /// The chain up to the line before this one was signed.
    Seal {
        /// Relative to the case.
        path: String,
        /// Of the seal's file, so that a seal that was taken away or exchanged is missed.
        sha256: String,
        /// Lines that it covers.
        length: u64,
        /// The public key, as in the seal.
        key: String,
    },
}

/// One input as the journal keeps it; table `evidence` is made of these.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InputRecord {
    /// Of a member of an archive: the archive's, `!`, and the path inside.
    pub path: String,
    /// Where a member of an archive is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberOf>,
    pub sha256: String,
    /// Evidence of the first versions has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
    /// The copy within the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedded: Option<Embedded>,
    /// Bytes on disk.
    pub size: u64,
    /// Bytes after decompression.
    pub content_size: u64,
    pub format: String,
    pub read: u64,
    pub stored: u64,
    pub duplicate: u64,
    pub rejected: u64,
    /// Microseconds, UTC.
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub cut: u64,
    pub notes: Vec<String>,
}

/// A member of an archive that is evidence too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberOf {
    /// Number of the archive's evidence.
    pub within: u32,
    /// Which member, from 0.
    pub number: u64,
}

/// A copy of evidence within the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedded {
    /// Relative to the case, with `/`.
    pub path: String,
    /// Bytes of the stored file.
    pub size: u64,
    /// Of the stored file; the evidence's own hash is that of its content.
    pub sha256: String,
}

impl InputRecord {
    /// Adds the digests of its bytes.
    pub fn hashed(&mut self, digests: Digests) {
        (self.sha256, self.blake3, self.size) = (digests.sha256, Some(digests.blake3), digests.size);
    }

    /// Adds what is known once all is read.
    pub fn finish(&mut self, content: Content) {
        (self.content_size, self.format) = (content.size, content.format);
        let new: Vec<String> = content.notes.into_iter().filter(|note| !self.notes.contains(note)).collect();
        self.notes.extend(new);
    }

    /// Rows that were stored are duplicates now.
    pub fn moved(&mut self, rows: u64) {
        self.stored -= rows;
        self.duplicate += rows;
    }
}

/// One Parquet file of the case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileRecord {
    pub table: String,
    /// Relative to the case, with `/`.
    pub path: String,
    pub rows: u64,
    pub size: u64,
    pub sha256: String,
}

/// The journal of a case, read and checked.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    pub entries: Vec<Entry>,
    /// Hash of the last line.
    pub head: String,
    /// Bytes of an unfinished last line, not yet taken away.
    unfinished: u64,
    whole: u64,
}

impl Journal {
    /// Reads a journal and checks its chain; a missing file is an empty journal.
    ///
    /// # Errors
    /// [`Error::Tampered`] naming the first line that does not fit.
    pub fn read(path: &Path) -> Result<Journal> {
        let (journal, chain, other) = Journal::read_as_it_is(path)?;
        let broken = chain.first_broken().filter(|broken| !broken.is_torn()).map(|broken| broken.to_string());
        match broken.or(other) {
            Some(what) => Err(Error::Tampered { path: path.to_path_buf(), what }),
            None => Ok(journal),
        }
    }

    /// Reads a journal whatever its chain says, for whoever checks it: the entries up to the first line that is none,
    /// and why it is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read_as_it_is(path: &Path) -> Result<(Journal, Chain, Option<String>)> {
        let text = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(Error::io("read", path)(source)),
        };
        let chain = Chain::of(&mut text.as_slice()).map_err(Error::io("read", path))?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let mut journal = Journal {
            path: path.to_path_buf(),
            entries: Vec::new(),
            head: chain.head().to_owned(),
            unfinished: (text.len() - whole) as u64,
            whole: whole as u64,
        };
        for line in text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(entry) => journal.entries.push(entry),
                Err(error) => {
                    let other = format!("line {} is no journal entry: {error}", journal.entries.len() + 1);
                    return Ok((journal, chain, Some(other)));
                }
            }
        }
        Ok((journal, chain, None))
    }

    /// Appends a line and waits until it is on disk.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&mut self, act: impl Into<Act>, action: Action) -> Result<()> {
        let act = act.into();
        if self.unfinished > 0 {
            let bytes = std::mem::take(&mut self.unfinished);
            let file = OpenOptions::new().write(true).open(&self.path).map_err(Error::io("write", &self.path))?;
            file.set_len(self.whole).map_err(Error::io("write", &self.path))?;
            self.write(act.clone(), Action::Repair { bytes })?;
        }
        self.write(act, action)
    }

    fn write(&mut self, act: Act, action: Action) -> Result<()> {
        let seq = self.entries.len() as u64;
        let Act { at, who, command } = act;
        let entry = Entry { seq, at, who, command, tool: Some(TOOL.to_owned()), action, previous: self.head.clone() };
        let mut line = serde_json::to_vec(&entry)
            .map_err(|source| Error::Bug { what: "journal entry".into(), source: source.into() })?;
        let head = hex(&Sha256::digest(&line));
        line.push(b'\n');
        let io = Error::io("write", &self.path);
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
            file.write_all(&line)?;
            file.sync_all()
        };
        write().map_err(io)?;
        self.whole += line.len() as u64;
        self.head = head;
        self.entries.push(entry);
        Ok(())
    }

    /// Every input, in the order of its evidence number.
    pub fn inputs(&self) -> impl Iterator<Item = &InputRecord> {
        self.entries.iter().flat_map(|entry| match &entry.action {
            Action::Ingest { inputs, .. } => inputs.as_slice(),
            _ => &[],
        })
    }

    /// The seals that were made, each with the line that lists it, from 1.
    pub fn seals(&self) -> impl Iterator<Item = (u64, &str, &str)> {
        self.entries.iter().filter_map(|entry| match &entry.action {
            Action::Seal { path, sha256, .. } => Some((entry.seq + 1, path.as_str(), sha256.as_str())),
            _ => None,
        })
    }

    /// Every input with its books as they are now.
    pub fn ledger(&self) -> Vec<InputRecord> {
        let mut inputs: Vec<InputRecord> = self.inputs().cloned().collect();
        for entry in &self.entries {
            if let Action::Ingest { moved, .. } = &entry.action {
                for (evidence, rows) in moved {
                    if let Some(input) = inputs.get_mut(*evidence as usize) {
                        input.moved(*rows);
                    }
                }
            }
        }
        inputs
    }

    /// The files that a line after the first `length` replaced, each with that line's number from 1.
    pub fn replaced_since(&self, length: u64) -> BTreeMap<&str, u64> {
        let mut replaced_by = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.seq >= length) {
            if let Action::Ingest { replaced, .. } | Action::Replay { replaced, .. } = &entry.action {
                replaced_by.extend(replaced.iter().map(|path| (path.as_str(), entry.seq + 1)));
            }
        }
        replaced_by
    }

    /// The files that make up the case now.
    pub fn files(&self) -> Vec<&FileRecord> {
        let mut live: Vec<&FileRecord> = Vec::new();
        for entry in &self.entries {
            if let Action::Ingest { files, replaced, .. } | Action::Replay { files, replaced, .. } = &entry.action {
                live.retain(|file| !replaced.contains(&file.path));
                live.extend(files);
            }
        }
        live
    }
}

/// Hashes a file of the case. Its own files have SHA-256 only: they can be made again from the evidence.
///
/// # Errors
/// When it cannot be read.
pub fn hash_file(path: &Path) -> Result<(String, u64)> {
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    hash(&mut file).map_err(Error::io("read", path))
}

fn hash(bytes: &mut File) -> io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut size = 0;
    loop {
        let read = bytes.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex(&hash.finalize()), size));
        }
        hash.update(&buffer[..read]);
        size += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(folder: &Path) -> Journal {
        let mut journal = Journal::read(&folder.join("journal.jsonl")).unwrap();
        journal
            .append("2031-04-05T06:07:08.000000Z", Action::Create { name: "a".into(), by: "coldcase".into() })
            .unwrap();
        let replay = Action::Replay { rules: 1, findings: 0, files: Vec::new(), replaced: Vec::new() };
        journal.append("2031-04-05T06:07:09.000000Z", replay).unwrap();
        journal
    }

    #[test]
    fn a_changed_line_is_found_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = journal(folder.path()).path;
        assert_eq!(Journal::read(&path).unwrap().entries.len(), 2);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("\"a\"", "\"b\"")).unwrap();
        let error = Journal::read(&path).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }

    #[test]
    fn an_unfinished_line_is_taken_away_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = journal(folder.path()).path;
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"seq\":2").unwrap();
        let mut journal = Journal::read(&path).unwrap();
        let replay = Action::Replay { rules: 1, findings: 0, files: Vec::new(), replaced: Vec::new() };
        journal.append("2031-04-05T06:07:10.000000Z", replay).unwrap();
        let entries = Journal::read(&path).unwrap().entries;
        assert!(matches!(entries[2].action, Action::Repair { bytes: 8 }));
        assert_eq!(entries.len(), 4);
    }
}
