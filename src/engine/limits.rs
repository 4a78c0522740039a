//! How much memory a query may hold, and where the rest of it goes: to files without a name where temporary files are, so
//! that nothing of the evidence stays there however the program ends.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{SessionState, SpillFile, SpillWriter, TempFileFactory};
use futures::Stream;

/// What a query may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that it may hold; what it has to remember beyond that goes to files.
    pub memory: usize,
    /// Rows that are worked on at a time: as long as this takes, nothing stops it.
    pub rows: usize,
    /// What to do when it cannot do with so little.
    pub way_out: &'static str,
}

impl Limits {
    /// A query of the screens: they are to stay small, and its answer is read by one person.
    pub const SCREENS: Limits = Limits {
        memory: 32 << 20,
        rows: 8_192,
        way_out: "coldcase query has half of this machine's memory for it; or ask for less: a shorter time, fewer columns",
    };

    /// A query of the command line: `memory` bytes, else half of the machine's.
    pub fn command(memory: Option<usize>) -> Option<Limits> {
        let memory = memory.or_else(|| machine().map(|all| all / 2))?;
        let way_out = "--memory SIZE gives it more; or ask for less: a shorter time, fewer columns";
        Some(Limits { memory, rows: super::BATCH_ROWS, way_out })
    }

    /// The state that a query under these limits is planned and run in; `sorted` joins by sorting, which can go to files,
    /// where a table of hashes would be held.
    pub(super) fn state(&self, state: SessionState, sorted: bool) -> Result<SessionState> {
        let disk = DiskManagerBuilder::default().with_temp_file_factory(Arc::new(Files)).build()?;
        let env = RuntimeEnv {
            memory_pool: Arc::new(FairSpillPool::new(self.memory)),
            disk_manager: Arc::new(disk),
            ..RuntimeEnv::clone(state.runtime_env())
        };
        let mut config = state.config().clone().with_batch_size(self.rows);
        let options = config.options_mut();
        // The tables are those of the state as it is.
        options.catalog.create_default_catalog_and_schema = false;
        options.execution.sort_spill_reservation_bytes = (self.memory / 32).min(10 << 20);
        // Sorted batch by batch they would be merged, which needs as much again from a pool that is full then.
        options.execution.sort_in_place_threshold_bytes = self.memory;
        options.optimizer.prefer_hash_join &= !sorted;
        Ok(SessionStateBuilder::new_from_existing(state).with_config(config).with_runtime_env(Arc::new(env)).build())
    }
}

/// Says whether a query ended for want of memory.
pub fn is_short(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::ResourcesExhausted(_))
}

/// Bytes of memory that this machine has, or that this process may use of it; `None` where it does not say.
pub fn machine() -> Option<usize> {
    // proc(5), and Documentation/admin-guide/cgroup-v2.rst of Linux.
    let all = std::fs::read_to_string("/proc/meminfo").ok()?;
    let all = all.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse().ok());
    let all = all.map(|kibibytes: usize| kibibytes * 1024);
    let own = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    [all, own].into_iter().flatten().min()
}

/// Makes files without a name.
struct Files;

impl TempFileFactory for Files {
    fn create_temp_file(&self, _: &str) -> Result<Arc<dyn SpillFile>> {
        Ok(Arc::new(Unnamed { file: Arc::new(Mutex::new(tempfile::tempfile()?)), size: Arc::default() }))
    }
}

/// What did not fit into memory. It is written from its start to its end once, then read.
#[derive(Clone)]
struct Unnamed {
    file: Arc<Mutex<File>>,
    size: Arc<AtomicU64>,
}

/// How much is read at once.
const READ: usize = 128 << 10;

impl Unnamed {
    fn read(&self, at: u64) -> io::Result<Vec<u8>> {
        let left = self.size.load(Ordering::Relaxed).saturating_sub(at);
        let mut bytes = vec![0; usize::try_from(left).map_or(READ, |left| left.min(READ))];
        // Whoever failed meanwhile left nothing half done: each goes to its place first.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl SpillFile for Unnamed {
    fn size(&self) -> Option<u64> {
        Some(self.size.load(Ordering::Relaxed))
    }

    fn read_stream(&self) -> Result<Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>> {
        let file = self.clone();
        Ok(Box::pin(futures::stream::try_unfold(0, move |at| {
            let read = file.read(at);
            async move {
                let bytes = read?;
                let next = at + bytes.len() as u64;
                Ok((!bytes.is_empty()).then(|| (Bytes::from(bytes), next)))
            }
        })))
    }

    fn open_writer(&self) -> Result<Box<dyn SpillWriter>> {
        Ok(Box::new(self.clone()))
    }
}

impl Write for Unnamed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.size.load(Ordering::Relaxed);
        file.seek(SeekFrom::Start(at))?;
        let written = file.write(bytes)?;
        self.size.store(at + written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SpillWriter for Unnamed {
    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    use super::*;
    use crate::case::Case;
    use crate::engine::Engine;

    /// The numbers of the first column of an answer that may hold so many bytes.
    fn within(memory: usize, sql: &str) -> crate::error::Result<Vec<i64>> {
        let folder = tempfile::tempdir().unwrap();
        let case = Case::create(&folder.path().join("case"), "2031-04-05T06:07:08.000000Z").unwrap();
        let engine = Engine::open(&case).unwrap();
        let mut all = Vec::new();
        let limits = Limits { memory, rows: 1_024, way_out: "ask for less" };
        let asked = engine.ask(sql, &[]).unwrap().within(Some(limits));
        asked.run(&AtomicBool::new(false), &mut |_| {}, &mut |batch| {
            all.extend(batch.column(0).as_primitive::<Int64Type>().values());
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn what_does_not_fit_into_memory_is_answered_from_files() {
        // As many groups, and sorted rows, as are known by their making.
        let groups = "SELECT count(*) FROM (SELECT value % 200000 AS v, count(*) FROM range(400000) GROUP BY 1)";
        assert_eq!(within(4 << 20, groups).unwrap(), [200_000]);
        let texts = "SELECT count(DISTINCT 'a text that is not short ' || value) FROM range(100000)";
        assert_eq!(within(4 << 20, texts).unwrap(), [100_000]);
        let sorted = within(4 << 20, "SELECT value FROM range(300000) ORDER BY value % 1000, value").unwrap();
        let wanted = (0..1_000).flat_map(|rest| (0..300).map(move |time| time * 1_000 + rest));
        assert!(sorted.into_iter().eq(wanted));
    }

    #[test]
    fn a_join_that_does_not_fit_is_made_by_sorting() {
        let join = "SELECT count(*) FROM range(500000) a JOIN range(500000) b ON a.value = b.value";
        assert_eq!(within(4 << 20, join).unwrap(), [500_000]);
    }

    #[test]
    fn a_query_that_cannot_do_with_so_little_says_so_and_what_to_do() {
        let all = "SELECT cardinality(array_agg(value)) FROM range(2000000)";
        let error = within(4 << 20, all).unwrap_err();
        assert!(error.to_string().contains("needs more than the 4 MiB of memory"), "{error}");
        assert_eq!(error.hint().as_deref(), Some("ask for less"));
    }

    #[test]
    fn a_file_gives_back_what_was_written_to_it() {
        let file = Files.create_temp_file("a test").unwrap();
        let mut writer = file.open_writer().unwrap();
        let wanted: Vec<u8> = (0..READ * 2 + 7).map(|n| (n % 251) as u8).collect();
        wanted.chunks(10_000).for_each(|part| writer.write_all(part).unwrap());
        writer.finish().unwrap();
        assert_eq!(file.size(), Some(wanted.len() as u64));
        let read = futures::executor::block_on_stream(file.read_stream().unwrap()).map(|part| part.unwrap());
        assert_eq!(read.collect::<Vec<_>>().concat(), wanted);
    }
}
