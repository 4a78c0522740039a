//! `coldcase verify`: is everything still what it was?

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::print::{count, line, output};
use super::{CaseArg, End};
use crate::case::{Report, SealReport, verify};
use crate::error::{Error, Result};

/// Hashes the evidence and every file of the case again, checks the journal line by line and every seal, and prints
/// what does not match. Exit code 3 if anything.
///
/// Evidence that was copied into the case may be gone; then its copy is checked. A seal shows who signed what; whose key
/// that was can only be told when the key is given.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    case: CaseArg,
    /// File with the public key (openssl, OpenSSH) that the seals are expected to be of
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
}

impl Verify {
    pub(super) fn run(self) -> Result<End> {
        let report = verify(&self.case.case, self.public_key.as_deref())?;
        let mut out = output(None, None)?;
        show(&report, &mut out)?;
        out.flush().map_err(Error::io("write to", Path::new("the output")))?;
        Ok(if report.mismatches.is_empty() { End::Done } else { End::Evidence })
    }
}

/// Prints problems first, one a line, and the sum last.
fn show(report: &Report, out: &mut dyn Write) -> Result<()> {
    for mismatch in &report.mismatches {
        line(out, &format!("{}: {}", mismatch.path, mismatch.what))?;
    }
    for remark in &report.remarks {
        line(out, &format!("{}: {}", remark.path, remark.what))?;
        if let Some(hint) = &remark.hint {
            line(out, &format!("  hint: {hint}"))?;
        }
    }
    let valid: Vec<&SealReport> = report.seals.iter().filter(|seal| seal.holds).collect();
    for seal in &valid {
        let SealReport { name, who, at, .. } = seal;
        let lines = count(seal.length, "line", "lines");
        line(out, &format!("{name}: valid, {lines} of the journal, {} later, by {who} at {at}", seal.later))?;
        if !seal.is_of_key_given {
            let fingerprint = seal.fingerprint.as_deref().unwrap_or("unknown");
            let whose = "whose key that is was not checked";
            line(out, &format!("{name}: signed with {} ({fingerprint}); {whose}", seal.key))?;
        }
    }
    if valid.iter().any(|seal| !seal.is_of_key_given) {
        let anyone = "anyone can seal anew with a key of their own";
        line(out, &format!("  hint: give the key you expect with --public-key FILE: {anyone}"))?;
    }
    let verdict = match report.mismatches.len() as u64 {
        0 => "everything matches".to_owned(),
        wrong => count(wrong, "mismatch", "mismatches"),
    };
    let sum = format!(
        "{} and {} checked, journal of {}: {verdict}",
        count(report.evidence, "piece of evidence", "pieces of evidence"),
        count(report.files, "case file", "case files"),
        count(report.journal, "entry", "entries")
    );
    line(out, &sum)?;
    if report.seals.is_empty() {
        let unseen = "that lines were cut off the end of the journal cannot be seen";
        line(out, &format!("not sealed: {unseen}; its head is {}", report.head))?;
    }
    Ok(())
}
