//! The case folder: evidence as Parquet, and the record of everything done to it.
//!
//! ```text
//! case.toml        format version and name
//! journal.jsonl    one hash-chained line for every command that changed the case
//! tables/T/*.parquet   rows of table T; only files that the journal lists count
//! evidence/        what came in by standard input
//! ```

mod columns;
mod custody;
mod dedupe;
mod ingest;
mod inputs;
mod intake;
mod join;
mod known;
mod layout;
mod merge;
mod pipeline;
mod sources;
mod store;
mod verify;

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array, UInt64Array};
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::{EvidenceId, Span, tables};

use custody::Journal;
pub use custody::{Action, Entry, FileRecord, InputRecord};
pub use ingest::{InputReceipt, Progress, Receipt};
use sources::Whole;
pub use verify::{Mismatch, Report};

/// The version of the case format this program writes and the newest it reads.
pub const FORMAT: u32 = 1;

/// An open case.
#[derive(Debug)]
pub struct Case {
    dir: PathBuf,
    name: String,
    journal: Journal,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    name: String,
}

/// Bytes of evidence as they are now.
pub struct Bytes {
    pub bytes: Vec<u8>,
    /// Whether the whole file still has the hash it had at intake.
    pub same: bool,
}

impl Case {
    /// Opens a case, or makes one where there is nothing yet. `at` is the time the journal shall say.
    ///
    /// # Errors
    /// When `dir` holds something else.
    pub fn open_or_create(dir: &Path, at: &str) -> Result<Case> {
        if dir.join("case.toml").exists() { Case::open(dir) } else { Case::create(dir, at) }
    }

    /// Makes a case in an empty or missing folder.
    ///
    /// # Errors
    /// When the folder holds something, or cannot be written.
    pub fn create(dir: &Path, at: &str) -> Result<Case> {
        if dir.exists() {
            let mut entries = fs::read_dir(dir).map_err(Error::io("read", dir))?;
            if entries.next().is_some() {
                return Err(Error::NotACase { path: dir.into(), why: "the folder holds other things".into() });
            }
        }
        fs::create_dir_all(dir.join("tables")).map_err(Error::io("make", dir))?;
        let name = dir.file_name().map_or_else(|| "case".into(), |name| name.to_string_lossy().into_owned());
        let manifest = toml::to_string(&Manifest { format: FORMAT, name: name.clone() })
            .map_err(|source| Error::Bug { what: "case.toml".into(), source: source.into() })?;
        // The journal first: a folder with a manifest is a whole case.
        let mut journal = Journal::read(&dir.join("journal.jsonl"))?;
        let by = concat!("coldcase ", env!("CARGO_PKG_VERSION")).to_owned();
        journal.append(at, Action::Create { name: name.clone(), by })?;
        let path = dir.join("case.toml");
        fs::write(&path, manifest).map_err(Error::io("write", &path))?;
        Ok(Case { dir: dir.into(), name, journal })
    }

    /// Opens a case and checks its journal.
    ///
    /// # Errors
    /// [`Error::NotACase`], [`Error::NewerCase`], or [`Error::Tampered`] when the journal was changed.
    pub fn open(dir: &Path) -> Result<Case> {
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
        if manifest.format > FORMAT {
            return Err(Error::NewerCase { path: dir.into(), found: manifest.format, known: FORMAT });
        }
        let journal = Journal::read(&dir.join("journal.jsonl"))?;
        if journal.entries.is_empty() {
            return Err(Error::Tampered { path: dir.join("journal.jsonl"), what: "it is empty or missing".into() });
        }
        Ok(Case { dir: dir.into(), name: manifest.name, journal })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The name people gave it.
    pub fn name(&self) -> &str {
        &self.name
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
            text(&|i| Some(i.sha256.clone())),
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
            text(&|i| (!i.notes.is_empty()).then(|| i.notes.join("; "))),
        ];
        let bug =
            |source: arrow::error::ArrowError| Error::Bug { what: "table evidence".into(), source: source.into() };
        let schema = &tables::evidence::TABLE.schema;
        let columns = columns.iter().zip(schema.fields()).map(|(array, field)| cast(array, field.data_type()));
        RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_, _>>().map_err(bug)?).map_err(bug)
    }

    /// Reads the original bytes of a span again, and says whether their file is what it was.
    ///
    /// # Errors
    /// When the file is gone or ends before the span.
    pub fn bytes(&self, span: Span) -> Result<Bytes> {
        let missing = || Error::Usage { what: format!("there is no evidence {}", span.evidence.0), hint: None };
        let input = self.input(span.evidence).ok_or_else(missing)?;
        let path = PathBuf::from(&input.path);
        let raw = self.raw(input)?;
        let mut content = crate::formats::content(Box::new(raw)).map_err(Error::io("read", &path))?;
        let io = Error::io("read", &path);
        let mut bytes = Vec::new();
        let read = std::io::copy(&mut (&mut content).take(span.offset), &mut std::io::sink())
            .and_then(|_| content.take(span.length).read_to_end(&mut bytes));
        read.map_err(io)?;
        if bytes.len() as u64 != span.length {
            return Err(Error::Tampered { path, what: "it ends before these bytes".into() });
        }
        let (hash, _) = custody::hash(&mut self.raw(input)?).map_err(Error::io("read", &path))?;
        Ok(Bytes { bytes, same: hash == input.sha256 })
    }

    /// Opens an input again: a file, or the member of an archive.
    fn raw(&self, input: &InputRecord) -> Result<Box<dyn Whole>> {
        let Some(member) = &input.member else {
            let path = self.locate(input);
            return Ok(Box::new(File::open(&path).map_err(Error::io("open", &path))?));
        };
        let gone = |what: &str| Error::Tampered { path: PathBuf::from(&input.path), what: what.to_owned() };
        let archive = self.input(EvidenceId(member.within)).ok_or_else(|| gone("its archive is not in the journal"))?;
        let found = sources::member(self.raw(archive)?, archive, member.number, &self.dir);
        let found = found.map_err(Error::io("read", Path::new(&archive.path)))?;
        Ok(Box::new(found.ok_or_else(|| gone("its archive has no such member any more"))?))
    }

    /// Where an input lies now: relative paths of standard input are within the case.
    fn locate(&self, input: &InputRecord) -> PathBuf {
        match input.path.strip_prefix("-/") {
            Some(inside) => self.dir.join(inside),
            None => PathBuf::from(&input.path),
        }
    }

    /// Takes the right to write; it ends when the returned file is dropped. What others wrote since the case was opened
    /// is read first, so that the next line follows the last one.
    fn lock(&mut self) -> Result<File> {
        let path = self.dir.join("lock");
        let file = File::create(&path).map_err(Error::io("write", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked { path: self.dir.clone() }),
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", &path)(source)),
        }
        self.journal = Journal::read(&self.dir.join("journal.jsonl"))?;
        Ok(file)
    }

    /// Records a replay: its findings take the place of those before.
    ///
    /// # Errors
    /// When the case cannot be written.
    pub fn record_replay(&mut self, rules: u64, findings: &RecordBatch, at: &str) -> Result<()> {
        let _lock = self.lock()?;
        let table = &tables::finding::TABLE;
        let replaced: Vec<String> =
            self.journal.files().iter().filter(|f| f.table == table.name).map(|f| f.path.clone()).collect();
        let seq = self.journal.entries.len() as u64;
        let mut store = store::Store::new(&self.dir, seq);
        store.add(table.name, findings.clone())?;
        let files = store.finish()?;
        let count = findings.num_rows() as u64;
        self.journal.append(at, Action::Replay { rules, findings: count, files, replaced: replaced.clone() })?;
        self.remove(&replaced);
        Ok(())
    }

    /// Removes files that no journal line lists any more. A file that stays behind does no harm: it is not read.
    fn remove(&self, paths: &[String]) {
        for path in paths {
            let _ = fs::remove_file(self.dir.join(path));
        }
    }
}
