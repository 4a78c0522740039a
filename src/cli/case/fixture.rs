//! `coldcase case fixture|aliases`: a test of a rule made of the case, and the way back from it.

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::fixture::{Order, notation, write};
use crate::cli::print::{count, line, say};
use crate::cli::{ByArg, CaseArg, rules, site};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::regress::fixture::Notation;

#[derive(Subcommand)]
pub enum Fixtures {
    /// Write a test of a rule from a finding, or from events it must be quiet on, with other names for identities
    Fixture {
        #[command(flatten)]
        case: CaseArg,
        #[command(flatten)]
        by: ByArg,
        /// Id of a finding, or places of events (EVIDENCE:OFFSET, the columns of every table)
        #[arg(required = true)]
        on: Vec<String>,
        /// The rule it is a test of; a finding knows its own
        #[arg(long, value_name = "NAME")]
        rule: Option<String>,
        /// The rule must not fire on these events
        #[arg(long)]
        quiet: bool,
        /// Also so many events of the same user on either side
        #[arg(long, value_name = "N", default_value_t = 0)]
        neighbours: u32,
        /// What the test is for, in a sentence
        #[arg(long, value_name = "TEXT")]
        why: Option<String>,
        /// Rule file or folder; when none is given the bundled pack
        #[arg(long = "rules", value_name = "PATH")]
        rules: Vec<PathBuf>,
        #[command(flatten)]
        site: site::SiteArg,
        /// Add it to this file: YAML when it ends in .yml, else a line of cases; without it, a line to standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Show what identities are called in the tests that were written from this case
    Aliases {
        #[command(flatten)]
        case: CaseArg,
        /// Only this alias, or this identity
        name: Option<String>,
    },
}

impl Fixtures {
    pub fn run(self, out: &mut dyn Write) -> Result<()> {
        match self {
            Fixtures::Fixture { case, by, on, rule, quiet, neighbours, why, rules: paths, site, output } => {
                let mut case = case.open()?;
                let (mut set, _) = rules::load(&paths)?;
                site.give(&mut set)?;
                let engine = Engine::open(&case)?;
                let is_finding = on.iter().any(|on| !on.contains(':'));
                let order = Order {
                    on: &on,
                    rule: rule.as_deref(),
                    quiet: (quiet || is_finding).then_some(quiet),
                    neighbours,
                    why: why.as_deref(),
                    notation: output.as_deref().map_or(Notation::Line, notation),
                    file: output.as_deref(),
                };
                let written = write(&mut case, &engine, &set, &order, &by)?;
                written.words.iter().for_each(|words| say(words));
                if output.is_none() {
                    let io = Error::io("write to", "the output".as_ref());
                    out.write_all(written.text.as_bytes()).map_err(io)?;
                }
                Ok(())
            }
            Fixtures::Aliases { case, name } => {
                let case = case.open()?;
                let is = |alias: &crate::case::Alias| name.as_ref().is_none_or(|n| *n == alias.is || *n == alias.of);
                let all: Vec<_> = case.aliases().into_iter().filter(|(_, alias)| is(alias)).collect();
                if all.is_empty() {
                    return line(out, "no aliases: coldcase case fixture gives them, and so does K in coldcase tui");
                }
                let width = all.iter().map(|(_, alias)| alias.is.chars().count()).max().unwrap_or_default();
                for (number, alias) in &all {
                    line(out, &format!("{:<width$}  {:<9}  {}  (line {number})", alias.is, alias.kind, alias.of))?;
                }
                line(out, &count(all.len() as u64, "alias", "aliases"))
            }
        }
    }
}
