//! Is everything still what it was? Evidence, case files and the journal against their hashes.

use super::Case;
use super::custody::{Journal, hash_file};
use crate::error::Result;

/// One thing that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub path: String,
    pub what: String,
}

/// What was checked and what did not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub evidence: u64,
    pub files: u64,
    pub journal: u64,
    pub mismatches: Vec<Mismatch>,
}

impl Case {
    /// Hashes every piece of evidence and every file of the case again.
    ///
    /// # Errors
    /// Only when the journal itself cannot be read; everything else is a mismatch in the report.
    pub fn verify(&self) -> Result<Report> {
        let mut mismatches = Vec::new();
        let journal = Journal::read(&self.dir.join("journal.jsonl"))?;
        let mut check = |path: &std::path::Path, shown: &str, sha256: &str, size: u64| {
            let what = match hash_file(path) {
                Ok((hash, _)) if hash == sha256 => return,
                Ok((_, found)) if found != size => format!("has {found} bytes, had {size} when it was recorded"),
                Ok((hash, _)) => format!("has SHA-256 {hash}, had {sha256} when it was recorded"),
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(|e| format!(": {e}")).unwrap_or_default();
                    format!("{error}{cause}")
                }
            };
            mismatches.push(Mismatch { path: shown.to_owned(), what });
        };
        let (mut evidence, mut files) = (0, 0);
        for input in journal.inputs() {
            // The members of an archive are its bytes.
            if input.member.is_none() {
                check(&self.locate(input), &input.path, &input.sha256, input.size);
            }
            evidence += 1;
        }
        for file in journal.files() {
            check(&self.dir.join(&file.path), &file.path, &file.sha256, file.size);
            files += 1;
        }
        Ok(Report { evidence, files, journal: journal.entries.len() as u64, mismatches })
    }
}
