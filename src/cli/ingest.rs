//! `coldcase ingest`: evidence into a case, with the books of every input.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::print::{count, error, grouped, line, output};
use super::{CaseArg, End, now};
use crate::case::{Case, Progress, Receipt};
use crate::error::Result;

/// Reads files, folders (with all below them), gzip and standard input; recognises content by its bytes.
///
/// For every input it prints: records read = stored + duplicate + rejected. What could not be read is in table
/// `reject` with its place and the reason.
#[derive(Args)]
pub struct Ingest {
    #[command(flatten)]
    case: CaseArg,
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Print nothing but problems
    #[arg(short, long)]
    quiet: bool,
}

impl Ingest {
    pub(super) fn run(self) -> Result<End> {
        let at = now().to_string();
        let mut case = Case::open_or_create(&self.case.case, &at)?;
        let receipt = take_in(&mut case, &self.paths, &at)?;
        let mut out = output(None, None)?;
        if !self.quiet {
            books(&receipt, &mut out)?;
        }
        out.flush().map_err(crate::error::Error::io("write to", std::path::Path::new("the output")))?;
        problems(&receipt);
        Ok(if receipt.problems.is_empty() { End::Done } else { End::Evidence })
    }
}

/// Takes in inputs, with a line of progress on a terminal.
pub fn take_in(case: &mut Case, paths: &[PathBuf], at: &str) -> Result<Receipt> {
    let terminal = std::io::stderr().is_terminal();
    let receipt = case.ingest(paths, at, &mut |progress: Progress| {
        if terminal {
            let mib = progress.bytes >> 20;
            eprint!("\r\x1b[Kreading {} of {}, {mib} MiB", progress.file, progress.files);
        }
    });
    if terminal {
        eprint!("\r\x1b[K");
    }
    receipt
}

/// Prints the books: one line an input, and the sum.
pub fn books(receipt: &Receipt, out: &mut dyn Write) -> Result<()> {
    for input in &receipt.inputs {
        let head = format!("{} ({})", input.path, input.format);
        if input.known {
            line(out, &format!("{head}: already in the case, nothing to do"))?;
            continue;
        }
        line(
            out,
            &format!(
                "{head}: {} read = {} stored + {} duplicate + {} rejected",
                grouped(input.read),
                grouped(input.stored),
                grouped(input.duplicate),
                grouped(input.rejected)
            ),
        )?;
        for note in &input.notes {
            line(out, &format!("  note: {note}"))?;
        }
    }
    // What was in the case before was read then.
    let new = || receipt.inputs.iter().filter(|input| !input.known);
    let sum = |of: fn(&crate::case::InputReceipt) -> u64| new().map(of).sum::<u64>();
    line(
        out,
        &format!(
            "{}: {} read = {} stored + {} duplicate + {} rejected",
            count(receipt.inputs.len() as u64, "input", "inputs"),
            grouped(sum(|i| i.read)),
            grouped(sum(|i| i.stored)),
            grouped(sum(|i| i.duplicate)),
            grouped(sum(|i| i.rejected))
        ),
    )
}

/// Prints what could not be taken in at all.
pub fn problems(receipt: &Receipt) {
    receipt.problems.iter().for_each(error);
}
