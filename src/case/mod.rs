//! The case folder: evidence as Parquet, and the record of everything done to it.
//!
//! ```text
//! case.toml        format version and name
//! journal.jsonl    one hash-chained line for every command that changed the case
//! tables/T/*.parquet   rows of table T; only files that the journal lists count
//! evidence/        what came in by standard input, and copies made with --embed
//! seal-N.json      signed statements of all hashes
//! ```

mod act;
mod aliases;
mod chain;
mod check;
mod columns;
mod copies;
mod custody;
mod dedupe;
mod embed;
mod encode;
mod encoding;
mod files;
mod group;
mod hash;
mod ingest;
mod inputs;
mod intake;
mod join;
mod key;
mod known;
mod layout;
mod merge;
mod notes;
mod pages;
mod pipeline;
mod place;
mod projection;
mod reading;
mod seal;
mod sealing;
mod sources;
mod store;
#[cfg(test)]
mod tests;
pub mod user;
mod verify;
mod watch;

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array, UInt64Array};
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::{EvidenceId, tables};

pub use act::{Act, Who};
pub use aliases::Alias;
use custody::Journal;
pub use custody::{Action, Embedded, Entry, FileRecord, InputRecord, MemberOf};
pub use encoding::{base64, from_base64};
pub use ingest::{InputReceipt, Intaking, Receipt};
pub use notes::{Deed, Merged, Note, Noted, Origin, Subject};
pub use place::Bytes;
pub use projection::Projection;
pub use sealing::NewSeal;
pub use verify::{Mismatch, Remark, Report, SealReport, verify};
pub use watch::Progress;

/// The version of the case format this program writes and the newest it reads. A case of format 1 has no seals and no
/// copies of evidence, one of format 2 has no notes, one of format 3 no fixtures; all become the newest with the first line
/// that is added to their journal.
pub const FORMAT: u32 = 4;

/// An open case.
#[derive(Debug)]
pub struct Case {
    dir: PathBuf,
    name: String,
    format: u32,
    journal: Journal,
}

/// The right to write. It is given back by name: a program that is being started somewhere else in this process has
/// the file open too for a moment, and closing ours would not end the lock.
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    name: String,
}

impl Manifest {
    fn read(dir: &Path) -> Result<Manifest> {
        Manifest::read_by(dir, FORMAT)
    }

    /// As a program reads it that knows the formats up to this one.
    fn read_by(dir: &Path, known: u32) -> Result<Manifest> {
        let path = dir.join("case.toml");
        let not = |why: String| Error::NotACase { path: dir.into(), why };
        if !dir.is_dir() {
            return Err(not(if dir.exists() { "it is a file".into() } else { "there is no such folder".into() }));
        }
        let text = fs::read_to_string(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => not("it has no case.toml".into()),
            _ => Error::io("read", &path)(e),
        })?;
        let manifest: Manifest = toml::from_str(&text).map_err(|e| not(format!("case.toml: {}", e.message())))?;
        if manifest.format > known {
            return Err(Error::NewerCase { path: dir.into(), found: manifest.format, known });
        }
        Ok(manifest)
    }

    /// Takes the place of the one before at once: a folder without a whole manifest is no case.
    fn write(&self, dir: &Path) -> Result<()> {
        let text =
            toml::to_string(self).map_err(|source| Error::Bug { what: "case.toml".into(), source: source.into() })?;
        let (path, new) = (dir.join("case.toml"), dir.join("case.toml.tmp"));
        let io = Error::io("write", &path);
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &path)
        };
        write().map_err(io)
    }
}

impl Case {
    /// Opens a case, or makes one where there is nothing yet. `act` is who does it, when and how, for the journal; the
    /// time alone will do.
    ///
    /// # Errors
    /// When `dir` holds something else.
    pub fn open_or_create(dir: &Path, act: impl Into<Act>) -> Result<Case> {
        if dir.join("case.toml").exists() { Case::open(dir) } else { Case::create(dir, act) }
    }

    /// Makes a case in an empty or missing folder.
    ///
    /// # Errors
    /// When the folder holds something, or cannot be written.
    pub fn create(dir: &Path, act: impl Into<Act>) -> Result<Case> {
        if dir.exists() {
            let mut entries = fs::read_dir(dir).map_err(Error::io("read", dir))?;
            if entries.next().is_some() {
                return Err(Error::NotACase { path: dir.into(), why: "the folder holds other things".into() });
            }
        }
        fs::create_dir_all(dir.join("tables")).map_err(Error::io("make", dir))?;
        let name = dir.file_name().map_or_else(|| "case".into(), |name| name.to_string_lossy().into_owned());
        // The journal first: a folder with a manifest is a whole case.
        let mut journal = Journal::read(&dir.join("journal.jsonl"))?;
        journal.append(act, Action::Create { name: name.clone(), by: act::TOOL.to_owned() })?;
        Manifest { format: FORMAT, name: name.clone() }.write(dir)?;
        Ok(Case { dir: dir.into(), name, format: FORMAT, journal })
    }

    /// Opens a case and checks its journal.
    ///
    /// # Errors
    /// [`Error::NotACase`], [`Error::NewerCase`], or [`Error::Tampered`] when the journal was changed.
    pub fn open(dir: &Path) -> Result<Case> {
        let Manifest { format, name } = Manifest::read(dir)?;
        let journal = Journal::read(&dir.join("journal.jsonl"))?;
        if journal.entries.is_empty() {
            return Err(Error::Tampered { path: dir.join("journal.jsonl"), what: "it is empty or missing".into() });
        }
        Ok(Case { dir: dir.into(), name, format, journal })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The name people gave it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of its format on disk.
    pub fn format(&self) -> u32 {
        self.format
    }

    /// Everything that was done, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.journal.entries
    }

    /// Hash of the journal's last line: whoever keeps it elsewhere can prove that nothing was cut off.
    pub fn head(&self) -> &str {
        &self.journal.head
    }

    /// The Parquet files of a table.
    pub fn files(&self, table: &str) -> Vec<PathBuf> {
        let files = self.journal.files().into_iter().filter(|file| file.table == table);
        files.map(|file| self.dir.join(&file.path)).collect()
    }

    /// The names of all tables that have rows, in order.
    pub fn tables(&self) -> Vec<String> {
        let names: BTreeSet<String> = self.journal.files().into_iter().map(|file| file.table.clone()).collect();
        names.into_iter().collect()
    }

    /// The columns of a table as its files have them: an open table's may differ from file to file.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn schema(&self, table: &str) -> Result<Option<SchemaRef>> {
        let mut all: Option<SchemaRef> = None;
        for path in self.files(table) {
            let file = File::open(&path).map_err(Error::io("open", &path))?;
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| store::damaged(&path, e))?;
            all = Some(match all {
                Some(known) => columns::widened(&known, reader.schema()),
                None => Arc::clone(reader.schema()),
            });
        }
        Ok(all)
    }

    /// Every piece of evidence, in the order of its number.
    pub fn evidence(&self) -> Vec<InputRecord> {
        self.journal.ledger()
    }

    /// One piece of evidence as it was taken in.
    pub fn input(&self, evidence: EvidenceId) -> Option<&InputRecord> {
        self.journal.inputs().nth(evidence.0 as usize)
    }

    /// Says whether a replay was recorded after the last intake.
    pub fn is_replayed(&self) -> bool {
        let last = self.journal.entries.iter().rev().find_map(|entry| match entry.action {
            Action::Replay { .. } => Some(true),
            Action::Ingest { .. } => Some(false),
            _ => None,
        });
        last == Some(true)
    }

    /// Table `evidence`.
    ///
    /// # Errors
    /// Only when the schema and this function disagree, which is a bug.
    pub fn evidence_batch(&self) -> Result<RecordBatch> {
        let inputs = self.evidence();
        let text = |of: &dyn Fn(&InputRecord) -> Option<String>| -> ArrayRef {
            Arc::new(inputs.iter().map(of).collect::<StringArray>())
        };
        let within = inputs.iter().map(|i| i.member.as_ref().map(|member| member.within));
        let number = |of: &dyn Fn(&InputRecord) -> u64| -> ArrayRef {
            Arc::new(UInt64Array::from_iter_values(inputs.iter().map(of)))
        };
        let time = |of: &dyn Fn(&InputRecord) -> Option<i64>| -> ArrayRef {
            let array = inputs.iter().map(of).collect::<TimestampMicrosecondArray>();
            Arc::new(array.with_timezone("+00:00"))
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from_iter_values(0..inputs.len() as u32)),
            text(&|i| Some(i.path.clone())),
            Arc::new(within.collect::<UInt32Array>()),
            text(&|i| Some(i.sha256.clone())),
            text(&|i| i.blake3.clone()),
            number(&|i| i.size),
            number(&|i| i.content_size),
            text(&|i| Some(i.format.clone())),
            number(&|i| i.read),
            number(&|i| i.stored),
            number(&|i| i.duplicate),
            number(&|i| i.rejected),
            time(&|i| i.first),
            time(&|i| i.last),
            number(&|i| i.cut),
            text(&|i| i.embedded.as_ref().map(|copy| copy.path.clone())),
            text(&|i| (!i.notes.is_empty()).then(|| i.notes.join("; "))),
        ];
        let bug =
            |source: arrow::error::ArrowError| Error::Bug { what: "table evidence".into(), source: source.into() };
        let schema = &tables::evidence::TABLE.schema;
        let columns = columns.iter().zip(schema.fields()).map(|(array, field)| cast(array, field.data_type()));
        RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_, _>>().map_err(bug)?).map_err(bug)
    }

    /// Takes the right to write; it ends when what is returned is dropped. What others wrote since the case was opened
    /// is read first, so that the next line follows the last one.
    fn lock(&mut self) -> Result<Lock> {
        let path = self.dir.join("lock");
        let file = File::create(&path).map_err(|source| match source.kind() {
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                Error::ReadOnly { path: self.dir.clone(), source }
            }
            _ => Error::io("write", &path)(source),
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked { path: self.dir.clone() }),
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", &path)(source)),
        }
        let lock = Lock(file);
        self.journal = Journal::read(&self.dir.join("journal.jsonl"))?;
        Ok(lock)
    }

    /// Adds a line to the journal. Before the first one that an older coldcase could not read, the case says so.
    fn append(&mut self, act: impl Into<Act>, action: Action) -> Result<()> {
        if self.format < FORMAT {
            Manifest { format: FORMAT, name: self.name.clone() }.write(&self.dir)?;
            self.format = FORMAT;
        }
        self.journal.append(act, action)
    }

    /// Records a replay: its findings take the place of those before.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] when the case may not be written to, and when it cannot be.
    pub fn record_replay(&mut self, rules: u64, findings: &RecordBatch, act: impl Into<Act>) -> Result<()> {
        let _lock = self.lock()?;
        let table = &tables::finding::TABLE;
        let replaced: Vec<String> =
            self.journal.files().iter().filter(|f| f.table == table.name).map(|f| f.path.clone()).collect();
        let seq = self.journal.entries.len() as u64;
        let mut store = store::Store::new(&self.dir, seq, None);
        store.add(table.name, findings.clone())?;
        let files = store.finish()?;
        let count = findings.num_rows() as u64;
        self.append(act, Action::Replay { rules, findings: count, files, replaced: replaced.clone() })?;
        self.remove(&replaced);
        Ok(())
    }

    /// Records that somebody asks to see secrets; nothing is shown before.
    ///
    /// # Errors
    /// When the case cannot be written.
    pub fn record_reveal(&mut self, act: impl Into<Act>) -> Result<()> {
        let _lock = self.lock()?;
        self.append(act, Action::Reveal {})
    }

    /// Removes files that no journal line lists any more. A file that stays behind does no harm: it is not read.
    fn remove(&self, paths: &[String]) {
        for path in paths {
            let _ = fs::remove_file(self.dir.join(path));
        }
    }
}
