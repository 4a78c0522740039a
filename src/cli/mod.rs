//! The command line: the only place that prints.

mod case;
mod casework;
mod completions;
mod coverage;
mod demo;
mod evidence;
mod explain;
mod fixture;
mod formats;
mod hunt;
mod incidents;
mod ingest;
mod man;
mod print;
mod query;
mod raw;
mod reconcile;
pub mod redact;
pub mod reference;
mod replay;
mod report;
mod rules;
mod secrets;
mod shell;
mod site;
#[cfg(feature = "stats")]
mod stats;
mod sweep;
mod tables;
mod test;
mod tui;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::case::{Act, Case, Who};
use crate::error::{Error, Kind, Result};
use crate::model::Micros;

/// Offline forensic and replay workbench for Azure Kubernetes Service.
#[derive(Parser)]
#[command(name = "coldcase", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the main job on the sample incident that is bundled with the source
    Demo(demo::Demo),
    /// Read evidence into a case, making the case if there is none
    Ingest(ingest::Ingest),
    /// Show what each input holds, what is missing, and original bytes
    Evidence(evidence::Evidence),
    /// Show how one record of a file is understood
    Explain(explain::Explain),
    /// Run detection rules over a case
    Replay(replay::Replay),
    /// Show which findings belong together
    Incidents(incidents::Incidents),
    /// Compare what a replay finds with the Defender alerts in a case
    Reconcile(reconcile::Reconcile),
    /// Ask a case in SQL, read-only
    Query(query::Query),
    /// Run a stored question, or list them
    ///
    /// Beside the bundled ones there are your own: files NAME.sql in CASE.hunts beside the case, where the SQL screen saves
    /// them, and in ~/.config/coldcase/hunts.
    Hunt(hunt::Hunt),
    /// Run every stored question at once
    ///
    /// Says of each how many rows, since when, when they were, and whether the evidence could have shown them. Data is `yes`
    /// when all a hunt depends on is in the case, `part` when some of it is, `no` when nothing is; then no hits mean nothing.
    /// Bars count the rows by when they begin, over the time of the audit events. Hunts that need a value, such as an address,
    /// are named at the end.
    Sweep(sweep::Sweep),
    /// Show tables, columns and their meanings
    Tables(tables::Tables),
    /// Write the story of a case with its proof, as one page or Markdown
    Report(report::Report),
    /// Browse a case on screens
    Tui(tui::Tui),
    /// Measure events over time
    ///
    /// Measures the audit events of a case, or with --sql the rows of any query. The rows of audit events have: time, actor,
    /// acting_as, source, user_agent, verb, kind, namespace, name, object, code, stage, category, cluster_id and request (the
    /// audit id; started and completed are two events of one request). `coldcase stats MEASURE --help` says how it counts.
    #[cfg(feature = "stats")]
    Stats(stats::Stats),
    /// Check evidence, case files, journal and seals against their hashes
    Verify(verify::Verify),
    /// Seal a case, keep notes on it and tell the story, write tests from it, or show what was done to it
    Case(case::Manage),
    /// List and check detection rules
    Rules(rules::Rules),
    /// Run tests of rules: what must fire, what must not, what cannot be told
    ///
    /// Exit codes: 0 all as expected, 1 an expectation was not met, 2 rules cannot be read, 3 tests or their data cannot be
    /// read, 4 only a noise budget was exceeded or a gate not met.
    Test(test::Test),
    /// List the formats that are recognised
    Formats(formats::Formats),
    /// Teach a shell to complete commands and options
    Completions(completions::Completions),
    /// Show manual pages, or write them to a folder
    Man(man::Man),
}

/// Which case a command works on.
#[derive(Args)]
struct CaseArg {
    /// Folder of the case
    #[arg(long, value_name = "DIR", env = "COLDCASE_CASE", default_value = "case")]
    case: PathBuf,
}

impl CaseArg {
    fn open(&self) -> Result<Case> {
        Case::open(&self.case)
    }
}

/// Who runs a command that writes to a case.
#[derive(Args)]
struct ByArg {
    /// Your name, for the journal of the case
    #[arg(long, value_name = "NAME", env = "COLDCASE_INVESTIGATOR")]
    investigator: Option<String>,
}

impl ByArg {
    /// Nobody said a name.
    fn unknown() -> ByArg {
        ByArg { investigator: None }
    }

    /// What the journal shall say of this command.
    fn act(&self) -> Act {
        let who = Who::from_environment(self.investigator.as_deref());
        Act::new(&now().to_string(), who, std::env::args_os())
    }

    /// The same of a question that came by another way than the command line.
    fn asking(&self, question: &str) -> Act {
        let who = Who::from_environment(self.investigator.as_deref());
        Act::new(&now().to_string(), who, std::env::args_os().chain([question.into()]))
    }
}

/// How a command ends when nothing went wrong in it.
enum End {
    Done,
    /// Findings at or above the level that was asked to fail.
    Findings,
    /// Some evidence could not be taken in, or something does not match; it has been said.
    Evidence,
    /// Some rule is wrong; it has been said.
    Rules,
    /// Somebody wanted it to stop; it has been said.
    Stopped,
    /// Tests of rules did not all end well; the code says how.
    Tests(test::Code),
}

/// Runs the program with the process's arguments and returns its exit code.
pub fn main() -> ExitCode {
    keep_freed_memory();
    crate::engine::functions::veil(secrets::body);
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Demo(args) => args.run(),
        Command::Ingest(args) => args.run(),
        Command::Evidence(args) => args.run(),
        Command::Explain(args) => args.run(),
        Command::Replay(args) => args.run(),
        Command::Incidents(args) => args.run(),
        Command::Reconcile(args) => args.run(),
        Command::Query(args) => args.run(),
        Command::Hunt(args) => args.run(),
        Command::Sweep(args) => args.run(),
        Command::Tables(args) => args.run(),
        Command::Report(args) => args.run(),
        Command::Tui(args) => args.run(),
        #[cfg(feature = "stats")]
        Command::Stats(args) => args.run(),
        Command::Verify(args) => args.run(),
        Command::Case(args) => args.run(),
        Command::Rules(args) => args.run(),
        Command::Test(args) => args.run(),
        Command::Formats(args) => args.run(),
        Command::Completions(args) => args.run(),
        Command::Man(args) => args.run(),
    };
    match result {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Findings) => ExitCode::from(1),
        Ok(End::Evidence) => ExitCode::from(Kind::Evidence as u8),
        Ok(End::Rules) => ExitCode::from(Kind::Rules as u8),
        Ok(End::Tests(code)) => ExitCode::from(code as u8),
        Ok(End::Stopped) => ExitCode::from(ingest::STOPPED),
        // Whoever reads our output has read enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            print::error(&error);
            ExitCode::from(error.kind() as u8)
        }
    }
}

/// Makes the C library keep memory that is freed, up to twice what is freed here: giving each buffer back to the system
/// and taking it anew costs an intake a tenth of its time. GNU malloc raises its limits to the largest mapping that was
/// freed, at most 32 MiB (mallopt(3), M_MMAP_THRESHOLD); for others this is nothing. No page of it is touched.
fn keep_freed_memory() {
    drop(std::hint::black_box(vec![0_u8; 31 << 20]));
}

/// Says whether an error, or what caused it, is that nobody reads any more; writers wrap it in errors of their own.
fn is_broken_pipe(error: &Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(one) = cause {
        let io = one.downcast_ref::<std::io::Error>();
        let arrow = one.downcast_ref::<arrow::error::ArrowError>();
        let plain = |io: &std::io::Error| io.kind() == std::io::ErrorKind::BrokenPipe;
        let csv = |csv: &csv::Error| matches!(csv.kind(), csv::ErrorKind::Io(io) if plain(io));
        let pipe = |io: &std::io::Error| plain(io) || io.get_ref().and_then(|e| e.downcast_ref()).is_some_and(csv);
        if io.is_some_and(pipe) || matches!(arrow, Some(arrow::error::ArrowError::IoError(_, io)) if pipe(io)) {
            return true;
        }
        cause = one.source();
    }
    false
}

/// The time of day, for the journal only: nothing that is found depends on it.
fn now() -> Micros {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Micros(since.map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX)))
}

/// The command tree, for the reference page.
fn command() -> clap::Command {
    Cli::command()
}
