//! `coldcase verify`: is everything still what it was?

use clap::Args;

use super::print::{count, line, output};
use super::{CaseArg, End};
use crate::error::Result;

/// Hashes the evidence and every file of the case again and prints what does not match. Exit code 3 if anything.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    case: CaseArg,
}

impl Verify {
    pub(super) fn run(self) -> Result<End> {
        let case = self.case.open()?;
        let report = case.verify()?;
        let mut out = output(None, None)?;
        for mismatch in &report.mismatches {
            line(&mut out, &format!("{}: {}", mismatch.path, mismatch.what))?;
        }
        let checked = format!(
            "{} and {} checked, journal of {}",
            count(report.evidence, "piece of evidence", "pieces of evidence"),
            count(report.files, "case file", "case files"),
            count(report.journal, "entry", "entries")
        );
        if report.mismatches.is_empty() {
            line(&mut out, &format!("{checked}: everything matches"))?;
            Ok(End::Done)
        } else {
            let wrong = count(report.mismatches.len() as u64, "mismatch", "mismatches");
            line(&mut out, &format!("{checked}: {wrong}"))?;
            Ok(End::Evidence)
        }
    }
}
