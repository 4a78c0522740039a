//! `coldcase case`: a seal for a case, notes on it, tests made of it, and what was done to it.

mod fixture;
mod notes;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::print::{count, line, output};
use super::{ByArg, CaseArg, End};
use crate::case::{Action, Case, Entry};
use crate::error::{Error, Result};

/// Seals a case with a signature, keeps notes on it, writes tests of rules from it, or shows what was done to it.
#[derive(Args)]
pub struct Manage {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Hash everything again and sign the hashes and the journal; refused when anything does not match
    Seal {
        #[command(flatten)]
        case: CaseArg,
        #[command(flatten)]
        by: ByArg,
        /// File with the private key: Ed25519 of openssl (PKCS#8) or of ssh-keygen, without a passphrase
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Show name, format, who made it, every entry of the journal, its head and the seals
    Info {
        #[command(flatten)]
        case: CaseArg,
    },
    #[command(flatten)]
    Notes(notes::Notes),
    #[command(flatten)]
    Fixtures(fixture::Fixtures),
}

impl Manage {
    pub(super) fn run(self) -> Result<End> {
        let mut out = output(None, None)?;
        match self.what {
            What::Seal { case, by, key } => seal(&mut case.open()?, &by, &key, &mut out)?,
            What::Info { case } => info(&case.open()?, &mut out)?,
            What::Notes(notes) => notes.run(&mut out)?,
            What::Fixtures(fixtures) => fixtures.run(&mut out)?,
        }
        out.flush().map_err(Error::io("write to", Path::new("the output")))?;
        Ok(End::Done)
    }
}

/// Seals, and prints what to keep elsewhere.
fn seal(case: &mut Case, by: &ByArg, key: &Path, out: &mut dyn Write) -> Result<()> {
    let seal = case.seal(key, by.act())?;
    let covered = format!(
        "{}, {} and {} of the journal",
        count(seal.evidence, "piece of evidence", "pieces of evidence"),
        count(seal.files, "case file", "case files"),
        count(seal.length, "line", "lines")
    );
    line(out, &format!("{}: {covered}, signed with {} ({})", seal.name, seal.key, seal.fingerprint))?;
    line(out, &format!("the journal's head is now {}", case.head()))?;
    line(out, "  hint: a copy of the seal kept elsewhere shows later that nobody put another in its place")
}

/// Prints what the case is and everything done to it.
fn info(case: &Case, out: &mut dyn Write) -> Result<()> {
    let evidence = case.evidence();
    let copies = evidence.iter().filter(|input| input.embedded.is_some()).count() as u64;
    let copies = if copies == 0 { String::new() } else { format!(", {copies} of them copied into the case") };
    line(out, &format!("name      {}", case.name()))?;
    line(out, &format!("format    {}", case.format()))?;
    if let Some(first) = case.entries().first() {
        let tool = match &first.action {
            Action::Create { by, .. } => by.as_str(),
            _ => "an unknown program",
        };
        line(out, &format!("made      {} with {tool} by {}", first.at, who(first)))?;
    }
    let pieces = count(evidence.len() as u64, "piece", "pieces");
    line(out, &format!("evidence  {pieces}{copies}"))?;
    line(out, &format!("journal   {}", count(case.entries().len() as u64, "entry", "entries")))?;
    for entry in case.entries() {
        line(out, &format!("  {:>4}  {}  {}, by {}", entry.seq + 1, entry.at, done(&entry.action), who(entry)))?;
        if !entry.command.is_empty() {
            line(out, &format!("        {}", entry.command.join(" ")))?;
        }
    }
    line(out, &format!("head      {}", case.head()))?;
    let mut sealed = false;
    for entry in case.entries() {
        if let Action::Seal { path, length, key, .. } = &entry.action {
            let lines = count(*length, "line", "lines");
            line(out, &format!("seal      {path} of {lines}, {}, signed with {key}", entry.at))?;
            sealed = true;
        }
    }
    if !sealed {
        line(out, "seal      none: coldcase case seal --key FILE makes one")?;
    }
    Ok(())
}

/// Who did it, as far as the journal says.
pub fn who(entry: &Entry) -> String {
    entry.who.as_ref().map_or_else(|| "somebody unknown".to_owned(), ToString::to_string)
}

/// What was done, in words.
pub fn done(action: &Action) -> String {
    match action {
        Action::Create { .. } => "case made".to_owned(),
        Action::Reveal {} => "secrets shown".to_owned(),
        Action::Ingest { inputs, .. } => format!("{} taken in", count(inputs.len() as u64, "input", "inputs")),
        Action::Replay { rules, findings, .. } => {
            let findings = count(*findings, "finding", "findings");
            format!("{findings} of {}", count(*rules, "rule", "rules"))
        }
        Action::Repair { bytes } => {
            format!("an unfinished line of {} taken away", count(*bytes, "byte", "bytes"))
        }
        Action::Notes { notes, from: None } => {
            let words: Vec<&str> = notes.iter().map(|note| note.deed.word()).collect();
            format!("noted: {}", words.join(", "))
        }
        Action::Notes { notes, from: Some(from) } => {
            format!("{} of case {} merged in", count(notes.len() as u64, "note", "notes"), from.case)
        }
        Action::Fixture { rule, aliases, .. } => {
            format!("a test of {rule} written, with {}", count(aliases.len() as u64, "new alias", "new aliases"))
        }
        Action::Seal { path, .. } => format!("sealed as {path}"),
    }
}
