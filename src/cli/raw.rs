//! `coldcase query --raw`: files asked as they are, without a case. They are taken in as any evidence is, into a folder
//! that is removed at the end, and of that only what the question needs.

use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register;
use tempfile::TempDir;

use super::ingest::{Bar, entry, problems};
use super::print::say;
use crate::case::{Act, Case, Intaking, Projection, Receipt};
use crate::engine::{Engine, Parameter};
use crate::error::{Error, Result};

/// What was taken in for a while.
pub struct Raw {
    pub case: Case,
    pub engine: Engine,
    /// Set by Ctrl-C.
    pub stop: Arc<AtomicBool>,
    /// Some input could not be read; it has been said.
    pub failed: bool,
    /// Goes last: the files of the engine are in it.
    pub folder: TempDir,
}

impl Raw {
    /// Takes in files for one question, or for any that may come.
    ///
    /// # Errors
    /// When there is no room for what is taken in, and [`Error::Stopped`].
    pub fn open(paths: &[PathBuf], question: Option<&str>, params: &[(String, Parameter)]) -> Result<Raw> {
        let stop: Arc<AtomicBool> = Arc::default();
        for signal in [SIGINT, SIGTERM] {
            register(signal, Arc::clone(&stop)).map_err(Error::io("listen for", Path::new("Ctrl-C")))?;
        }
        let act = || Act::from("1970-01-01T00:00:00.000000Z");
        let mut only = None;
        loop {
            let folder = tempfile::tempdir().map_err(Error::io("make", &std::env::temp_dir()))?;
            let mut case = Case::create(&folder.path().join("raw"), act())?;
            // A question that cannot be asked of an empty case may be one of tables or columns that the files bring.
            let first = question.filter(|_| only.is_none());
            if let Some(reads) = first.and_then(|sql| Engine::open(&case).and_then(|e| e.reads(sql, params)).ok()) {
                only = Some(Some(Projection::new(reads)));
            }
            let how = Intaking { only: only.clone().flatten(), stop: Arc::clone(&stop), ..Intaking::from(act()) };
            let mut bar = Bar::new();
            let receipt = case.ingest(paths, how, &mut |far| {
                if stderr().is_terminal() {
                    bar.draw(&far);
                }
            });
            bar.clear();
            let receipt = receipt?;
            if receipt.unfinished {
                only = Some(None);
                continue;
            }
            tell(&receipt);
            let engine = Engine::open(&case)?;
            return Ok(Raw { case, engine, stop, failed: !receipt.problems.is_empty(), folder });
        }
    }
}

/// Says what an intake would have said, as far as not every record became a row.
fn tell(receipt: &Receipt) {
    for input in receipt.inputs.iter().filter(|input| input.stored < input.read || !input.notes.is_empty()) {
        say(&entry(input));
        input.notes.iter().for_each(|note| say(&format!("  note: {note}")));
    }
    problems(receipt);
}
