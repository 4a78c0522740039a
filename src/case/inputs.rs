//! What a command line names becomes a list of files, in an order that is the same everywhere.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::error::{Error, Result};

/// One file to read.
pub struct Input {
    /// As the ledger shall name it.
    pub name: String,
    pub path: PathBuf,
    /// Which of the paths that were given it is of.
    pub of: usize,
}

/// Lists the files behind `paths`: folders with all below them in sorted order, links not followed. What cannot be
/// listed is a problem of its own, and the rest goes on.
pub fn list(case: &Path, paths: &[PathBuf], stdin: u64, problems: &mut Vec<Error>) -> Vec<Input> {
    let mut inputs = Vec::new();
    let mut spooled = false;
    for (of, path) in paths.iter().enumerate() {
        if path.as_os_str() == "-" {
            if std::mem::replace(&mut spooled, true) {
                problems.push(Error::Usage {
                    what: "- is named twice: standard input can be read only once".into(),
                    hint: None,
                });
                continue;
            }
            match spool(case, stdin) {
                Ok(input) => inputs.push(Input { of, ..input }),
                Err(error) => problems.push(error),
            }
            continue;
        }
        for entry in WalkDir::new(path).sort_by_file_name() {
            match entry {
                // A case's own files are no evidence, even when it lies within the folder that is read.
                Ok(entry) if inside(case, entry.path()) => {}
                Ok(entry) if entry.file_type().is_file() || (entry.depth() == 0 && entry.path().is_file()) => {
                    let path = absolute(entry.path());
                    inputs.push(Input { name: path.to_string_lossy().into_owned(), path, of });
                }
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => problems.push(Error::Usage {
                    what: format!("{} is no file and no folder, left out", entry.path().display()),
                    hint: Some("links are not followed: name the file it points to".into()),
                }),
                Err(error) => {
                    let path = error.path().unwrap_or(path).to_path_buf();
                    let source = error.into_io_error().unwrap_or_else(|| io::Error::other("the folder loops"));
                    problems.push(Error::Io { action: "read", path, source });
                }
            }
        }
    }
    inputs
}

/// Keeps standard input in the case: it cannot be read twice, and every row must be able to show its bytes.
fn spool(case: &Path, number: u64) -> Result<Input> {
    let folder = case.join("evidence");
    std::fs::create_dir_all(&folder).map_err(Error::io("make", &folder))?;
    let inside = format!("evidence/stdin-{number}");
    let path = case.join(&inside);
    let mut file = File::create(&path).map_err(Error::io("write", &path))?;
    io::copy(&mut io::stdin().lock(), &mut file).map_err(Error::io("read standard input into", &path))?;
    Ok(Input { name: format!("-/{inside}"), path, of: 0 })
}

/// The path from the root, so that it can be found again from anywhere.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

fn inside(case: &Path, path: &Path) -> bool {
    absolute(path).starts_with(absolute(case))
}
