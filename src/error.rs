//! The one error of the library, sorted by who must act.
//!
//! Evidence that cannot be read is never an `Error`: it is a row of table `reject`, and the work goes on.
//! A wrong rule or hunt is a [`Diagnostic`]; all of them are shown before the program ends.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// An error of a dependency, boxed so that the ground floor imports none of them.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of everything that may not be able to go on.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why coldcase cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// A folder without a readable `case.toml`.
    #[error("{} is not a case: {why}", path.display())]
    NotACase { path: PathBuf, why: String },
    /// A case written by a newer coldcase.
    #[error("{} has case format {found}, this coldcase reads up to {known}", path.display())]
    NewerCase { path: PathBuf, found: u32, known: u32 },
    /// Another process writes to the case.
    #[error("{} is in use by another coldcase", path.display())]
    Locked { path: PathBuf },
    /// A case that may not be written to.
    #[error("{} cannot be written to", path.display())]
    ReadOnly { path: PathBuf, source: io::Error },
    /// A table of the case cannot be written, as on a full disk.
    #[error("cannot write {}", path.display())]
    Unwritten { path: PathBuf, source: BoxError },
    /// A file of the case or a piece of evidence is not what it was.
    #[error("{} changed since it was recorded: {what}", path.display())]
    Tampered { path: PathBuf, what: String },
    /// A file of the case cannot be decoded.
    #[error("cannot read {}", path.display())]
    Damaged { path: PathBuf, source: BoxError },
    /// A query that cannot run, with its place in the text when known.
    #[error("{0}")]
    Query(Box<Diagnostic>),
    /// Rules or hunts that cannot be used.
    #[error("{} {} in rules", all.len(), if all.len() == 1 { "problem" } else { "problems" })]
    Rules { all: Vec<Diagnostic> },
    /// Something asked for that does not exist or makes no sense.
    #[error("{what}")]
    Usage { what: String, hint: Option<String> },
    /// The question was taken back before its answer was there.
    #[error("stopped")]
    Stopped,
    /// A broken promise of our own code.
    #[error("this is a bug in coldcase: {what}")]
    Bug { what: String, source: BoxError },
}

/// Who must act; the number is the exit code of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command line.
    Usage = 2,
    /// Evidence or the case.
    Evidence = 3,
    /// Rules, hunts or SQL.
    Rules = 4,
    /// Us.
    Bug = 70,
}

impl Error {
    /// Wraps an I/O error with what was tried and on which path.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::Io { action, path, source }
    }

    /// Says who must act.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Usage { .. } | Error::Stopped => Kind::Usage,
            Error::Query { .. } | Error::Rules { .. } => Kind::Rules,
            Error::Bug { .. } => Kind::Bug,
            _ => Kind::Evidence,
        }
    }

    /// Returns the way out, when there is one to tell.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::NotACase { .. } => Some("make one with: coldcase ingest --case DIR PATH…".into()),
            Error::NewerCase { .. } => Some("use the coldcase that wrote it, or a newer one".into()),
            Error::Locked { .. } => Some("wait for the other command to end, then run this one again".into()),
            Error::ReadOnly { .. } => Some(
                "what only reads works as it is; to change the case, copy its folder to where it may be written".into(),
            ),
            Error::Unwritten { .. } => Some("the case is as it was: make room and run the same command again".into()),
            Error::Tampered { .. } | Error::Damaged { .. } => {
                Some("coldcase verify lists everything that differs".into())
            }
            Error::Usage { hint, .. } => hint.clone(),
            Error::Query(diagnostic) => diagnostic.hint.clone(),
            _ => None,
        }
    }
}

/// A rule, hunt or query that is wrong: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, or a name such as `query`.
    pub file: String,
    /// 1-based; 0 when unknown.
    pub line: usize,
    /// 1-based; 0 when unknown.
    pub column: usize,
    /// Lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column.max(1))?;
        }
        write!(f, ": {}", self.message)
    }
}
