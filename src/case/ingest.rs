//! Evidence into the case: read, decode, tell doubles apart, store, and make the books balance.
//!
//! Nothing counts before the journal line at the end, so a killed intake leaves the case as it was, and the same
//! command again does it all.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Field, FieldRef, Schema, UInt64Type};

use super::Case;
use super::act::Act;
use super::custody::{Action, FileRecord, InputRecord, Journal};
use super::inputs::{self, Input};
use super::intake::{Intake, Open, duplicates};
use super::join::Amends;
use super::merge::merge;
use super::pipeline;
use super::projection::Projection;
use super::reading::{Reading, Register};
use super::sources::rows;
use super::store::{Closed, Store, publish};
use super::watch::{Progress, Watch};
use crate::error::{Error, Result};
use crate::model::tables;

/// More files of one table than this are merged into few.
const MANY_FILES: usize = 8;

/// How an intake is done; a time alone will do.
///
/// ```
/// use coldcase::case::{Act, Intaking};
/// let plain = Intaking::from("2031-04-05T06:07:08.000000Z");
/// let embedding = Intaking { embed: true, ..Intaking::from(Act::from("2031-04-05T06:07:08.000000Z")) };
/// assert!(!plain.embed && embedding.embed);
/// ```
#[derive(Debug, Clone)]
pub struct Intaking {
    pub act: Act,
    /// Keep a copy of every input in the case.
    pub embed: bool,
    /// The year of times that have none.
    pub year: Option<i32>,
    /// Each of the paths given is evidence by itself: what came with one of them is no double of what comes with another.
    pub apart: bool,
    /// What is kept for one question, in a case that is thrown away; None, as it must be of evidence: all.
    pub only: Option<Projection>,
    /// Set by whoever wants the intake to end: it then ends with [`Error::Stopped`], and the case is as before.
    pub stop: Arc<AtomicBool>,
}

impl<A: Into<Act>> From<A> for Intaking {
    fn from(act: A) -> Intaking {
        Intaking { act: act.into(), embed: false, year: None, apart: false, only: None, stop: Arc::default() }
    }
}

/// What became of every input.
pub struct Receipt {
    pub inputs: Vec<InputReceipt>,
    /// Inputs that could not be read at all, or only in part.
    pub problems: Vec<Error>,
    /// For each of the paths given, in their order, the numbers of the new evidence that it brought.
    pub brought: Vec<Range<u32>>,
    /// Copies of an event completed one another, which takes columns that this intake was to leave out: nothing was
    /// stored.
    pub unfinished: bool,
}

/// What became of one input.
pub struct InputReceipt {
    pub record: InputRecord,
    /// It was in the case before; nothing was done.
    pub known: bool,
}

impl std::ops::Deref for InputReceipt {
    type Target = InputRecord;

    fn deref(&self) -> &InputRecord {
        &self.record
    }
}

impl Case {
    /// Takes in files, folders and standard input (`-`).
    ///
    /// # Errors
    /// When the case cannot be written or its own rows not read, and [`Error::Stopped`]; an input that cannot be read is
    /// a problem in the receipt, and the others go on.
    pub fn ingest(
        &mut self,
        paths: &[PathBuf],
        how: impl Into<Intaking>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Receipt> {
        let how = how.into();
        let _lock = self.lock()?;
        self.sweep()?;
        let known = self.journal.inputs().count();
        let mut problems = Vec::new();
        let list = inputs::list(&self.dir, paths, known as u64, &mut problems);
        let receipt = self.take_in(paths.len(), &list, &how, problems, progress);
        if matches!(receipt, Err(Error::Stopped)) {
            // No line of the journal tells of it yet, so nothing that it wrote counts.
            self.sweep()?;
            for input in list.iter().filter(|input| input.name.starts_with("-/")) {
                fs::remove_file(&input.path).map_err(Error::io("remove", &input.path))?;
            }
            let _ = fs::remove_dir(self.dir.join("evidence"));
        } else if receipt.is_err()
            && let Ok(journal) = Journal::read(&self.dir.join("journal.jsonl"))
        {
            // A full disk is no place for what does not count. The line may be there although its writing failed.
            self.journal = journal;
            let _ = self.sweep();
        }
        receipt
    }

    fn take_in(
        &mut self,
        paths: usize,
        list: &[Input],
        how: &Intaking,
        problems: Vec<Error>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Receipt> {
        let earlier: Vec<InputRecord> = self.journal.inputs().cloned().collect();
        let known = earlier.len();
        let size = |input: &Input| fs::metadata(&input.path).map_or(0, |file| file.len());
        let sizes: Vec<u64> = list.iter().map(size).collect();
        let register = Register::new(&earlier);
        let reading = Reading::new(list, &sizes, &register, how);
        let mut intake = Intake {
            dir: self.dir.clone(),
            how,
            watch: Watch::new(list.len(), sizes.iter().sum(), &how.stop, progress),
            store: Store::new(&self.dir, self.journal.entries.len() as u64, how.only.clone()),
            seen: self.seen()?,
            amends: Amends::default(),
            open: self.tables().iter().map(|name| (name.to_lowercase(), Open::new(name))).collect(),
            earlier,
            receipts: Vec::new(),
            new: 0,
            under_way: None,
            register: &register,
            problems,
        };
        let mut brought = vec![0..0; paths];
        let mut begun = 0;
        pipeline::run(
            reading.count(),
            &|out| reading.files(out),
            &|origin, used| rows(origin, used, how),
            &mut |place, piece| {
                if begun == place {
                    begun += 1;
                    intake.begin(&reading, place)?;
                    if reading.begins_path(place) {
                        brought[list[place].of] = intake.next().0..intake.next().0;
                    }
                }
                intake.piece(&list[place], piece)?;
                brought[list[place].of].end = intake.next().0;
                Ok(())
            },
        )?;
        intake.watch.goes_on()?;
        let mut receipts = std::mem::take(&mut intake.receipts);
        let problems = std::mem::take(&mut intake.problems);
        let records: Vec<InputRecord> = receipts.iter().filter(|r| !r.known).map(|r| r.record.clone()).collect();
        let unfinished = how.only.is_some() && !intake.amends.is_empty();
        if !records.is_empty() && !unfinished {
            self.commit(intake, records, how)?;
            // The ledger may have changed where a later copy held more.
            let after: Vec<InputRecord> = self.evidence().into_iter().skip(known).collect();
            for (receipt, record) in receipts.iter_mut().filter(|r| !r.known).zip(after) {
                receipt.record = record;
            }
        }
        Ok(Receipt { inputs: receipts, problems, brought, unfinished })
    }

    /// Closes the files, puts right what fuller copies replaced, merges many files into few, and writes the line.
    fn commit(&mut self, intake: Intake<'_>, mut inputs: Vec<InputRecord>, how: &Intaking) -> Result<()> {
        let Intake { store, amends, open, watch, .. } = intake;
        let mut closed = store.close()?;
        self.give_types(&mut closed, &open)?;
        let (mut replaced, mut moved) = (Vec::new(), BTreeMap::new());
        let audit = &tables::audit::TABLE;
        let first = self.journal.inputs().count();
        if closed.iter().any(|closed| closed.table == audit.name && closed.files.len() > MANY_FILES)
            || !amends.is_empty()
        {
            let place = closed.iter().position(|closed| closed.table == audit.name);
            let mut files: Vec<PathBuf> = place.map(|place| closed.remove(place).paths()).unwrap_or_default();
            let temporary = files.len();
            // Rows of earlier intakes are only touched when one of theirs is to be amended.
            if amends.places().any(|(evidence, _)| (evidence as usize) < first) {
                replaced =
                    self.journal.files().iter().filter(|f| f.table == audit.name).map(|f| f.path.clone()).collect();
                files.extend(replaced.iter().map(|path| self.dir.join(path)));
            }
            let mut merged = Store::new(&self.dir, self.journal.entries.len() as u64, how.only.clone());
            let mut doubles = Vec::new();
            merge(audit.name, &audit.schema, &files, &amends, &mut merged, &mut |dropped| {
                doubles.push(duplicates(dropped, audit.name)?);
                for row in 0..dropped.num_rows() {
                    let evidence = number(dropped, "evidence", row) as usize;
                    match evidence.checked_sub(first).and_then(|n| inputs.get_mut(n)) {
                        Some(input) => input.moved(1),
                        None => *moved.entry(evidence as u32).or_insert(0) += 1,
                    }
                }
                Ok(())
            })?;
            for batch in doubles {
                merged.add(tables::duplicate::TABLE.name, batch)?;
            }
            closed.extend(merged.close()?);
            for file in &files[..temporary] {
                fs::remove_file(file).map_err(Error::io("remove", file))?;
            }
        }
        watch.goes_on()?;
        let files: Vec<FileRecord> = publish(&self.dir, &closed, how.only.is_none())?;
        let moved = moved.into_iter().collect();
        self.append(how.act.clone(), Action::Ingest { inputs, files, replaced: replaced.clone(), moved })?;
        self.remove(&replaced);
        Ok(())
    }

    /// Writes the files of open tables again where a column was text only until all its values were seen, or where
    /// files do not have the same columns.
    fn give_types(&self, closed: &mut Vec<Closed>, open: &BTreeMap<String, Open>) -> Result<()> {
        let mut typed = Store::new(&self.dir, self.journal.entries.len() as u64, None);
        let mut temporary = Vec::new();
        for table in closed.iter() {
            let Some(guesses) = open.get(&table.table.to_lowercase()).map(|open| &open.guesses) else { continue };
            let field = |field: &FieldRef| match guesses.get(field.name()).map(|guess| guess.kind()) {
                Some(kind) if kind != *field.data_type() => Arc::new(Field::new(field.name(), kind, true)),
                _ => Arc::clone(field),
            };
            let schema = Arc::new(Schema::new(table.schema.fields().iter().map(field).collect::<Vec<_>>()));
            if schema == table.schema && table.files.len() <= MANY_FILES {
                continue;
            }
            merge(&table.table, &schema, &table.paths(), &Amends::default(), &mut typed, &mut |_| Ok(()))?;
            temporary.push((table.table.clone(), table.paths()));
        }
        closed.retain(|table| !temporary.iter().any(|(name, _)| *name == table.table));
        closed.extend(typed.close()?);
        for file in temporary.iter().flat_map(|(_, files)| files) {
            fs::remove_file(file).map_err(Error::io("remove", file))?;
        }
        Ok(())
    }

    /// Removes what a killed command left behind: files of tables and copies of evidence that no line lists.
    fn sweep(&self) -> Result<()> {
        let tables = self.journal.files().into_iter().map(|file| &file.path);
        let copies = self.journal.inputs().filter_map(|input| input.embedded.as_ref()).map(|copy| &copy.path);
        let live: HashSet<PathBuf> = tables.chain(copies).map(|path| self.dir.join(path)).collect();
        for entry in walkdir::WalkDir::new(self.dir.join("tables")).min_depth(1).contents_first(true) {
            let Ok(entry) = entry else { continue };
            if entry.file_type().is_file() && !live.contains(entry.path()) {
                fs::remove_file(entry.path()).map_err(Error::io("remove", entry.path()))?;
            } else if entry.file_type().is_dir() {
                // Only an empty folder goes.
                let _ = fs::remove_dir(entry.path());
            }
        }
        for entry in fs::read_dir(self.dir.join("evidence")).into_iter().flatten().flatten() {
            let path = entry.path();
            if is_copy(&path) && !live.contains(&path) {
                fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

/// Says whether a file has the name of a copy of evidence, or of one that is being written.
fn is_copy(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let number = name.strip_suffix(".zst").or_else(|| name.strip_suffix(".raw"));
    name.starts_with(".embed-") || number.is_some_and(|number| number.parse::<u32>().is_ok())
}

fn number(batch: &RecordBatch, column: &str, row: usize) -> u64 {
    let array = batch.column_by_name(column);
    let small =
        array.and_then(|a| a.as_primitive_opt::<arrow::datatypes::UInt32Type>()).map(|a| u64::from(a.value(row)));
    small.or_else(|| array.and_then(|a| a.as_primitive_opt::<UInt64Type>()).map(|a| a.value(row))).unwrap_or_default()
}
