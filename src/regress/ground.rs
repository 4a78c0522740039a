//! What tests run on: one case in which all inline data lies side by side, and a case for each corpus of files, which is
//! kept for the next time under the hash of its content.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use walkdir::WalkDir;

use super::{Data, Record, Test};
use crate::case::{self, Case, Intaking};
use crate::engine::{Engine, Rows};
use crate::error::{Error, Result};

/// Where cases of corpora are kept.
#[derive(Debug, Clone)]
pub struct Cache {
    /// None: they are made anew and go away.
    pub dir: Option<PathBuf>,
}

/// See the module's description.
pub struct Ground {
    pub bench: Option<Bench>,
    pub corpora: Vec<Corpus>,
    places: BTreeMap<Data, std::result::Result<Place, String>>,
    // The folders go when this goes.
    _folder: TempDir,
}

/// All inline data: one intake, and each test's part of it apart.
pub struct Bench {
    pub engine: Engine,
    pub rows: Rows,
}

/// One body of files.
pub struct Corpus {
    pub engine: Engine,
    pub events: u64,
}

/// Where the data of a test is.
#[derive(Debug, Clone)]
pub enum Place {
    /// Of the bench: its numbers of evidence.
    World(Range<u32>),
    /// By its number.
    Corpus(usize),
}

impl Ground {
    /// Takes in the data of tests. `at` is the time that the cases made of it carry.
    ///
    /// # Errors
    /// When a case cannot be made or kept; data that cannot be read is told by [`Ground::place`].
    pub fn prepare(tests: &[Test], cache: &Cache, at: &str) -> Result<Ground> {
        let folder = tempfile::tempdir().map_err(Error::io("make", &std::env::temp_dir()))?;
        let wanted: BTreeSet<&Data> = tests.iter().filter(|test| test.skip.is_none()).map(|test| &test.data).collect();
        let mut places = BTreeMap::new();
        let inline: Vec<&Data> = wanted.iter().copied().filter(|data| !matches!(data, Data::Files(_))).collect();
        let bench = if inline.is_empty() { None } else { Some(bench(&inline, folder.path(), at, &mut places)?) };
        let mut corpora = Vec::new();
        for data in wanted {
            let Data::Files(files) = data else { continue };
            let place = match corpus(files, cache, folder.path(), corpora.len(), at)? {
                Ok(corpus) => {
                    corpora.push(corpus);
                    Ok(Place::Corpus(corpora.len() - 1))
                }
                Err(why) => Err(why),
            };
            places.insert(data.clone(), place);
        }
        Ok(Ground { bench, corpora, places, _folder: folder })
    }

    /// Takes in one body of files, which is the first of the corpora.
    ///
    /// # Errors
    /// When it cannot be read, or no case be made of it.
    pub fn of_files(files: Vec<PathBuf>, cache: &Cache, at: &str) -> Result<Ground> {
        let folder = tempfile::tempdir().map_err(Error::io("make", &std::env::temp_dir()))?;
        let corpus = corpus(&files, cache, folder.path(), 0, at)?;
        let corpus =
            corpus.map_err(|why| Error::Usage { what: format!("the data cannot be used: {why}"), hint: None })?;
        Ok(Ground { bench: None, corpora: vec![corpus], places: BTreeMap::new(), _folder: folder })
    }

    /// Where the data of a test is, or why it cannot be read. A test that is skipped has none.
    pub fn place(&self, data: &Data) -> std::result::Result<Place, String> {
        self.places.get(data).cloned().unwrap_or_else(|| Err("it was not taken in".to_owned()))
    }

    /// Counts the audit events of all data.
    pub fn events(&self) -> u64 {
        let bench = self.bench.as_ref().map_or(0, |bench| bench.rows.events() as u64);
        bench + self.corpora.iter().map(|corpus| corpus.events).sum::<u64>()
    }
}

/// The files in which lines and records lie, in the order of an intake. Text and JSON are different formats.
const KINDS: [&str; 3] = ["events.jsonl", "records.jsonl", "records.log"];

/// The files of some lines and records, those that are not empty, with their texts.
fn kinds(lines: &[String], records: &[Record]) -> Vec<(&'static str, String)> {
    let mut texts = KINDS.map(|name| (name, String::new()));
    let lines = lines.iter().map(|line| (0, line.as_str()));
    for (kind, text) in lines.chain(records.iter().map(Record::parts)) {
        texts[kind].1.push_str(text);
        texts[kind].1.push('\n');
    }
    texts.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// The place of the record in which a row lies: in the file of that number, from its first byte on.
pub fn record_at(lines: &[String], records: &[Record], file: u32, offset: u64) -> Option<usize> {
    let there = kinds(lines, records);
    let (name, _) = there.get(file as usize)?;
    let mut end = 0;
    records.iter().enumerate().filter(|(_, record)| KINDS[record.parts().0] == *name).find_map(|(place, record)| {
        end += record.parts().1.len() as u64 + 1;
        (offset < end).then_some(place)
    })
}

/// One intake of all inline data, a file or folder each.
fn bench(
    inline: &[&Data],
    folder: &Path,
    at: &str,
    places: &mut BTreeMap<Data, std::result::Result<Place, String>>,
) -> Result<Bench> {
    let lines = folder.join("lines");
    fs::create_dir(&lines).map_err(Error::io("make", &lines))?;
    let mut paths = Vec::new();
    for (number, data) in inline.iter().enumerate() {
        let write = |path: &Path, text: &str| fs::write(path, text).map_err(Error::io("write", path));
        match data {
            Data::Lines(texts) => {
                let path = lines.join(format!("{number:06}.jsonl"));
                write(&path, &texts.iter().map(|text| format!("{text}\n")).collect::<String>())?;
                paths.push(path);
            }
            Data::Records { lines: texts, records } => {
                let path = lines.join(format!("{number:06}"));
                fs::create_dir(&path).map_err(Error::io("make", &path))?;
                for (name, text) in kinds(texts, records) {
                    write(&path.join(name), &text)?;
                }
                paths.push(path);
            }
            Data::Files(_) => {}
        }
    }
    let mut case = Case::create(&folder.join("bench"), at)?;
    let receipt = case.ingest(&paths, Intaking { apart: true, ..Intaking::from(at) }, &mut |_| {})?;
    if let Some(problem) = receipt.problems.into_iter().next() {
        return Err(problem);
    }
    let engine = Engine::open(&case)?;
    let evidence = case.evidence();
    for (data, world) in inline.iter().zip(receipt.brought) {
        let records = world.clone().filter_map(|number| evidence.get(number as usize));
        let (read, rejected) = records.fold((0, 0), |(read, rejected), r| (read + r.read, rejected + r.rejected));
        let place = match (read, rejected) {
            (0, _) => Err("there is nothing in it".to_owned()),
            (_, 0) => Ok(Place::World(world)),
            _ => Err(format!("{rejected} of {read} records cannot be read: {}", reason(&engine, &world)?)),
        };
        places.insert((*data).clone(), place);
    }
    Ok(Bench { rows: engine.rows()?, engine })
}

/// Why the first record of some evidence was rejected.
fn reason(engine: &Engine, world: &Range<u32>) -> Result<String> {
    let sql = format!(
        "SELECT CAST(reason AS VARCHAR) FROM reject WHERE evidence >= {} AND evidence < {} ORDER BY evidence, \"offset\" LIMIT 1",
        world.start, world.end
    );
    let answer = engine.sql(&sql, &[])?;
    let text = answer
        .batches
        .iter()
        .find(|batch| batch.num_rows() > 0)
        .map(|batch| arrow::util::display::array_value_to_string(batch.column(0), 0).unwrap_or_default());
    Ok(text.unwrap_or_default())
}

/// Opens the case of some files, making it if it is not kept; the inner error is why they cannot be read.
fn corpus(
    files: &[PathBuf],
    cache: &Cache,
    folder: &Path,
    number: usize,
    at: &str,
) -> Result<std::result::Result<Corpus, String>> {
    let open = |case: &Case| -> Result<Corpus> {
        let engine = Engine::open(case)?;
        let events = engine.coverage()?.events();
        Ok(Corpus { engine, events })
    };
    if let [one] = files
        && one.join("case.toml").is_file()
    {
        return open(&Case::open(one)?).map(Ok);
    }
    let kept = match &cache.dir {
        Some(dir) => {
            fs::create_dir_all(dir).map_err(Error::io("make", dir))?;
            Some(dir.join(hash(files)?))
        }
        None => None,
    };
    if let Some(kept) = kept.as_deref().filter(|kept| kept.is_dir()) {
        return open(&Case::open(kept)?).map(Ok);
    }
    let new = match &cache.dir {
        // Beside its place, so that it gets there at once.
        Some(dir) => dir.join(format!("new-{}-{number}", std::process::id())),
        None => folder.join(format!("corpus-{number}")),
    };
    let mut case = Case::create(&new, at)?;
    let receipt = case.ingest(files, at, &mut |_| {})?;
    let why = match receipt.problems.into_iter().next() {
        Some(problem) => Some(problem.to_string()),
        None if receipt.inputs.iter().all(|input| input.stored == 0) => Some("no record in it can be read".to_owned()),
        None => None,
    };
    if let Some(why) = why {
        if cache.dir.is_some() {
            fs::remove_dir_all(&new).map_err(Error::io("remove", &new))?;
        }
        return Ok(Err(why));
    }
    let Some(kept) = kept else { return open(&case).map(Ok) };
    match fs::rename(&new, &kept) {
        Ok(()) => {}
        // Another run was faster.
        Err(_) if kept.is_dir() => fs::remove_dir_all(&new).map_err(Error::io("remove", &new))?,
        Err(error) => return Err(Error::io("write", &kept)(error)),
    }
    open(&Case::open(&kept)?).map(Ok)
}

/// The hash of what an intake of some files depends on: names below each path, content, and who reads it.
fn hash(files: &[PathBuf]) -> Result<String> {
    let mut hash = blake3::Hasher::new();
    hash.update(format!("coldcase {} format {}\0", env!("CARGO_PKG_VERSION"), case::FORMAT).as_bytes());
    for path in files {
        hash.update(b"path\0");
        for entry in WalkDir::new(path).sort_by_file_name().into_iter().flatten() {
            if !entry.file_type().is_file() {
                continue;
            }
            let name = entry.path().strip_prefix(path).unwrap_or(entry.path());
            // A name says what a file without a telling content is.
            let name = if name.as_os_str().is_empty() { entry.path().file_name().map(Path::new) } else { Some(name) };
            hash.update(name.map(Path::to_string_lossy).unwrap_or_default().as_bytes());
            let mut file = File::open(entry.path()).map_err(Error::io("open", entry.path()))?;
            let mut content = blake3::Hasher::new();
            std::io::copy(&mut file, &mut content).map_err(Error::io("read", entry.path()))?;
            hash.update(content.finalize().as_bytes());
        }
    }
    Ok(hash.finalize().to_hex().chars().take(32).collect())
}
