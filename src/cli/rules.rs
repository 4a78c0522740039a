//! `coldcase rules`: the pack, and rules of one's own.

mod diff;
mod explain;
mod navigator;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use walkdir::WalkDir;

pub(super) use self::navigator::tested_layer;
use super::print::{count, diagnostic, line, output};
use super::site::SiteArg;
use super::{CaseArg, End};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::pack;
use crate::regress;
use crate::sigma::{self, RuleFile, RuleSet};

/// Lists, checks and explains detection rules, and says which of them a case cannot answer.
#[derive(Args)]
pub struct Rules {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// List rules with level, ATT&CK techniques and Defender alerts
    List {
        /// Rule file or folder; the bundled pack when none is given
        paths: Vec<PathBuf>,
    },
    /// Say what is wrong with rule files, with line and column
    Check {
        /// Rule file or folder; the bundled pack when none is given
        paths: Vec<PathBuf>,
    },
    /// Show what a rule asks, and why it hits a request or does not
    Explain {
        /// Name or id of a rule or correlation
        rule: String,
        /// auditID of a request in the case, or of other logs the id of a row or its place, EVIDENCE:OFFSET: every part of
        /// the rule with its answer and the value that was there
        #[arg(long, value_name = "EVENT")]
        event: Option<String>,
        #[command(flatten)]
        case: CaseArg,
        /// Rule file or folder; the bundled pack when none is given
        #[arg(long = "rules", value_name = "PATH")]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        site: SiteArg,
    },
    /// List the rules that a case cannot answer, why, and which export would make them answerable
    Blind {
        #[command(flatten)]
        case: CaseArg,
        /// Rule file or folder; the bundled pack when none is given
        #[arg(long = "rules", value_name = "PATH")]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        site: SiteArg,
    },
    /// Print the techniques of rules as a layer for the ATT&CK Navigator
    Navigator {
        /// Rule file or folder; the bundled pack when none is given
        paths: Vec<PathBuf>,
    },
    /// Compare two rule sets on the same data: per rule what is gained, lost and same, and which clause changed
    Diff {
        /// Rule file or folder as it was
        #[arg(long, value_name = "PATH", required = true)]
        old: Vec<PathBuf>,
        /// Rule file or folder as it is now; the bundled pack when none is given
        #[arg(long, value_name = "PATH")]
        new: Vec<PathBuf>,
        /// Data: files and folders that ingest takes, read together, or a case
        #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
        data: Vec<PathBuf>,
        /// One JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// Show the plan that runs every rule in one scan
    Plan {
        #[command(flatten)]
        case: CaseArg,
        /// Rule file or folder; the bundled pack when none is given
        #[arg(long = "rules", value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

impl Rules {
    pub(super) fn run(self) -> Result<End> {
        let mut out = output(None, None)?;
        match self.what {
            What::List { paths } => {
                let (set, broken) = load(&paths)?;
                for (meta, _) in set.reported() {
                    let techniques = meta.techniques.join(" ");
                    line(
                        &mut out,
                        &format!("{:<26} {:<13} {:<22} {}", meta.name, meta.level.as_str(), techniques, meta.title),
                    )?;
                }
                Ok(if broken { End::Rules } else { End::Done })
            }
            What::Check { paths } => {
                let files = read(&paths)?;
                let (set, mut problems) = sigma::load(&files);
                problems.extend(Engine::problems(&set)?);
                problems.iter().for_each(diagnostic);
                let warnings = sigma::lint::lint(&files);
                for warning in &warnings {
                    line(&mut out, &format!("{:?}: {}", warning.severity, warning.diagnostic))?;
                }
                let rules = count(set.reported().count() as u64, "rule", "rules");
                let wrong = count(problems.len() as u64, "problem", "problems");
                line(&mut out, &format!("{rules}, {wrong}, {}", count(warnings.len() as u64, "warning", "warnings")))?;
                Ok(if problems.is_empty() { End::Done } else { End::Rules })
            }
            What::Explain { rule, event, case, paths, site } => {
                let (mut set, _) = load(&paths)?;
                site.give(&mut set)?;
                let engine = event.as_ref().map(|_| Engine::open(&case.open()?)).transpose()?;
                let set = set.filled(&engine.as_ref().map(Engine::lists).transpose()?.unwrap_or_default());
                let met = engine.as_ref().zip(event.as_deref());
                explain::explain(&set, &rule, met, &mut out)?;
                Ok(End::Done)
            }
            What::Blind { case, paths, site } => {
                let (mut set, _) = load(&paths)?;
                site.give(&mut set)?;
                let blind = Engine::open(&case.open()?)?.blind(&set)?;
                for one in &blind {
                    let part = if one.whole { "blind" } else { "in part" };
                    line(&mut out, &format!("{part:<8} {:<13} {:<30} {}", one.level, one.rule, one.reason))?;
                    line(&mut out, &format!("{:<53} way out: {}", "", one.remedy))?;
                }
                let whole = blind.iter().filter(|one| one.whole).count();
                let rules = count(set.reported().count() as u64, "rule", "rules");
                line(&mut out, &format!("{whole} of {rules} cannot be answered, {} in part", blind.len() - whole))?;
                Ok(End::Done)
            }
            What::Navigator { paths } => {
                let (set, _) = load(&paths)?;
                let text = format!("{:#}", navigator::layer(&set));
                text.lines().try_for_each(|text| line(&mut out, text))?;
                Ok(End::Done)
            }
            What::Diff { old, new, data, json } => {
                let ((old, broken), (new, wrong)) = (load(&old)?, load(&new)?);
                let end = diff::compare(&old, &new, data, json, &mut out)?;
                Ok(if broken || wrong { End::Rules } else { end })
            }
            What::Plan { case, paths } => {
                let (set, _) = load(&paths)?;
                line(&mut out, "")?;
                for text in Engine::open(&case.open()?)?.explain(&set).lines() {
                    line(&mut out, text)?;
                }
                Ok(End::Done)
            }
        }
    }
}

/// Loads rules for use: the bundled pack, or the given files and folders. Problems are printed, and whether there were
/// any is returned; rules without problems are used.
pub fn load(paths: &[PathBuf]) -> Result<(RuleSet, bool)> {
    let (set, problems) = sigma::load(&read(paths)?);
    problems.iter().for_each(diagnostic);
    if set.rules.is_empty() && !problems.is_empty() {
        return Err(Error::Rules { all: Vec::new() });
    }
    Ok((set, !problems.is_empty()))
}

/// Reads rule files; without paths, the bundled pack.
pub fn read(paths: &[PathBuf]) -> Result<Vec<RuleFile>> {
    if paths.is_empty() {
        let pack = pack::DETECTIONS.iter().chain(pack::EXCEPTIONS);
        return Ok(pack.map(|(path, text)| RuleFile { path: (*path).to_owned(), text: (*text).to_owned() }).collect());
    }
    let mut files = Vec::new();
    for path in paths {
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|e| Error::Io {
                action: "read",
                path: path.clone(),
                source: e.into_io_error().unwrap_or_else(|| std::io::Error::other("the folder loops")),
            })?;
            if entry.file_type().is_file() && (entry.depth() == 0 || is_rule(entry.path())) {
                let text = std::fs::read_to_string(entry.path()).map_err(Error::io("read", entry.path()))?;
                if entry.depth() > 0 && regress::is_only_tests(entry.path(), &text) {
                    continue;
                }
                files.push(RuleFile { path: entry.path().to_string_lossy().into_owned(), text });
            }
        }
    }
    match files.is_empty() {
        true => Err(Error::Usage {
            what: "there is no rule file (.yml or .yaml) in what was given".into(),
            hint: Some("leave --rules out to use the bundled pack".into()),
        }),
        false => Ok(files),
    }
}

pub fn is_rule(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yml" || ending == "yaml")
}
