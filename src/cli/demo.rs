//! `coldcase demo`: the main job on the incident that comes with the source.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use coldcase_tui::Options;

use super::ingest::{books, problems, take_in};
use super::print::{head, line, output};
use super::rules::load;
use super::{ByArg, End, replay, tui};
use crate::case::{Case, Intaking};
use crate::error::{Error, Result};

/// Reads the sample incident into a new case, replays every rule, prints coverage, findings with their evidence and
/// where to go next. On a terminal it then opens the screens.
#[derive(Args)]
pub struct Demo {
    /// End after printing, also on a terminal
    #[arg(long)]
    no_tui: bool,
    /// Folder of the incident's evidence
    #[arg(long, value_name = "DIR", default_value = "sample-data/incidents/aks-intrusion/evidence")]
    evidence: PathBuf,
    /// Make the case here and keep it, instead of in a temporary folder
    #[arg(long, value_name = "DIR")]
    case: Option<PathBuf>,
    #[command(flatten)]
    by: ByArg,
}

impl Demo {
    pub(super) fn run(self) -> Result<End> {
        let evidence = find(&self.evidence)?;
        let temporary = match &self.case {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new()
                    .prefix("coldcase-demo-")
                    .tempdir()
                    .map_err(Error::io("make", "a temporary folder".as_ref()))?,
            ),
        };
        let dir = match (&self.case, &temporary) {
            (Some(dir), _) => dir.clone(),
            (None, Some(folder)) => folder.path().join("case"),
            (None, None) => PathBuf::from("case"),
        };
        let act = self.by.act();
        let mut case = Case::open_or_create(&dir, &act)?;
        let mut out = output(None, None)?;
        line(&mut out, "Intake")?;
        let receipt = take_in(&mut case, std::slice::from_ref(&evidence), Intaking::from(&act))?;
        let Some(receipt) = receipt else { return Ok(End::Stopped) };
        books(&receipt, &mut out)?;
        line(&mut out, "")?;
        let (rules, _) = load(&[])?;
        let outcome = replay::replay(&mut case, &rules, &act)?;
        replay::summary(&outcome, &mut out)?;
        next(&evidence, &mut out)?;
        out.flush().map_err(Error::io("write to", "the output".as_ref()))?;
        problems(&receipt);
        if !self.no_tui && std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
            drop(out);
            tui::open(&dir, ByArg::unknown(), Options::from_env(), false, None)?;
        }
        Ok(if receipt.problems.is_empty() { End::Done } else { End::Evidence })
    }
}

/// Where to go from here.
fn next(evidence: &Path, out: &mut dyn Write) -> Result<()> {
    let evidence = evidence.display();
    head(out, "Next")?;
    for text in [
        format!("coldcase ingest --case mycase {evidence}   your own exports in its place"),
        "coldcase replay --case mycase                  findings; --format jsonl for other tools".into(),
        "coldcase tui --case mycase                     timeline, findings, the bytes behind every claim".into(),
        "coldcase hunt --case mycase hands-on           stored questions; without a name: all of them".into(),
        "coldcase query --case mycase 'SELECT …'        SQL; coldcase tables shows what can be asked".into(),
    ] {
        line(out, &format!("  {text}"))?;
    }
    Ok(())
}

/// Looks for the sample where the command runs, then where it was built.
fn find(evidence: &Path) -> Result<PathBuf> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join(evidence);
    let found = [evidence.to_path_buf(), built].into_iter().find(|path| path.is_dir());
    found.ok_or_else(|| Error::Usage {
        what: format!("there is no sample incident in {}", evidence.display()),
        hint: Some("run it from the folder of the source, or name one with --evidence".into()),
    })
}
