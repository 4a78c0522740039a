//! `coldcase test`: tests of rules, run and told.

mod json;
mod junit;
mod markdown;
mod sarif;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::print::{diagnostic, line, output, say};
use super::rules::{read as read_rules, tested_layer};
use super::{End, now};
use crate::case::user;
use crate::error::{Diagnostic, Error, Result};
use crate::pack;
use crate::regress::{self, Cache, Coverage, Ground, Mutant, Outcome, Selection, Status, Suite};
use crate::sigma::RuleFile;

/// Runs tests of rules: feeds them data, and compares what fires with what is expected. Reads the cases of our own pack, our
/// own YAML, SigmaHQ regression data, Panther's Tests, rsigma's expectations and Zircolite's lists, each as it is.
#[derive(Args)]
pub struct Test {
    /// Files and folders with tests, and with the rules they are about
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Rule file or folder to test; when none is given the rules beside the tests, else the bundled pack
    #[arg(long = "rules", value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Only tests of this rule or correlation
    #[arg(short, long = "rule", value_name = "NAME")]
    rule: Vec<String>,
    /// Only the test of this name
    #[arg(short, long = "case", value_name = "NAME")]
    case: Vec<String>,
    /// Only tests that a change since this commit of git touches: by their file, their data or their rules
    #[arg(long, value_name = "REF")]
    changed_since: Option<String>,
    /// Only the i-th of n shares, such as 2/4
    #[arg(long, value_name = "I/N", value_parser = share)]
    shard: Option<(usize, usize)>,
    /// How to tell what came
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Name all tests, not only those that need a look
    #[arg(long)]
    all: bool,
    /// What somebody else's tests call a rule, and which of the rules it is
    #[arg(long = "map", value_name = "THEIRS=OURS", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Instead of the tests themselves, run what can be derived of those that fire: changes of the evidence that must not
    /// change the verdict, and changes that must
    #[arg(long)]
    derived: bool,
    /// Also make each rule a little wrong, clause by clause, and name the changes that no test notices
    #[arg(long, conflicts_with = "derived")]
    mutants: bool,
    /// End with code 4 when tests notice less than so many in a hundred mutants
    #[arg(long, value_name = "PERCENT", requires = "mutants")]
    min_score: Option<f64>,
    /// Also say what tests have not seen: rules without one that fires or one that stays quiet, rules that are blind on their
    /// data, and clauses that were never true or never false
    #[arg(long, conflicts_with = "derived")]
    coverage: bool,
    /// Write the techniques as a layer of the ATT&CK Navigator, coloured by the share of their rules that fired in a test
    #[arg(long, value_name = "FILE", requires = "coverage")]
    navigator: Option<PathBuf>,
    /// Write what fires now as the golden findings of tests that expect them
    #[arg(long)]
    bless: bool,
    /// As many groups of tests at once; as many as there are processors when not given
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// Where data that was taken in is kept for the next run, by the hash of its content
    #[arg(long, value_name = "DIR", env = "COLDCASE_TEST_CACHE")]
    cache: Option<PathBuf>,
    /// Keep nothing: take all data in anew
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

/// How outcomes are told.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One document with every outcome
    Json,
    /// JUnit XML, one case for each test
    Junit,
    /// SARIF 2.1.0, with a result at the line of the rule
    Sarif,
    /// A comment for a pull request
    Markdown,
}

/// How a run of tests ends; other commands have other codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    Failed = 1,
    Rules = 2,
    Data = 3,
    Gate = 4,
}

/// All there is to tell of a run.
struct Told<'a> {
    suite: &'a Suite,
    outcomes: &'a [Outcome],
    events: u64,
    /// Rules that no test is about.
    untested: Vec<String>,
    /// The paths as they were given, for the command that runs one test again.
    again: String,
    all: bool,
    mutants: Option<Vec<Mutant>>,
    coverage: Option<Coverage>,
}

impl Told<'_> {
    fn count(&self, status: Status) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.status == status).count()
    }

    /// The command that runs only this test.
    fn rerun(&self, outcome: &Outcome) -> String {
        // One of its rules finds it.
        let rule = outcome.rule.split(' ').next().filter(|rule| *rule != "*");
        let rule = rule.map_or(String::new(), |rule| format!(" -r {}", shell(rule)));
        format!("coldcase test{}{rule} -c {}", self.again, shell(&outcome.name))
    }
}

impl Test {
    pub(super) fn run(self) -> Result<End> {
        let suite = self.suite();
        let mut suite = match suite {
            Err(error @ Error::Rules { .. }) => {
                super::print::error(&error);
                return Ok(End::Tests(Code::Rules));
            }
            other => other?,
        };
        suite.rules_wrong.iter().chain(&suite.tests_wrong).for_each(diagnostic);
        let tested: BTreeSet<&String> = suite.tests.iter().flat_map(|test| &test.rules).collect();
        let untested = suite.set.reported().map(|(meta, _)| meta.name.clone()).filter(|name| !tested.contains(name));
        let untested: Vec<String> = untested.collect();
        self.selection()?.apply(&mut suite);
        if self.derived {
            suite.tests = regress::derive(&suite.set, &suite.tests);
        }
        let cache = Cache {
            dir: if self.no_cache {
                None
            } else {
                self.cache.clone().or_else(|| user::Folder::Cache.path().map(|cache| cache.join("tests")))
            },
        };
        let ground = Ground::prepare(&suite.tests, &cache, &now().to_string())?;
        let jobs = self.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let run = regress::run(&suite.set, &suite.tests, &ground, jobs)?;
        let mutants = match self.mutants {
            true => Some(regress::mutants(&suite.set, &suite.files, &suite.tests, &ground, jobs)?),
            false => None,
        };
        let coverage = match self.coverage {
            true => {
                let rules = (&suite.set, suite.files.as_slice());
                Some(regress::coverage(rules, (&suite.tests, &run.outcomes), &ground, jobs)?)
            }
            false => None,
        };
        if let Some((path, coverage)) = self.navigator.as_deref().zip(coverage.as_ref()) {
            let mut out = output(Some(path), None)?;
            format!("{:#}", tested_layer(coverage)).lines().try_for_each(|text| line(&mut out, text))?;
            out.flush().map_err(Error::io("write to", path))?;
        }
        if self.bless {
            for path in regress::bless(&run.fired)? {
                say(&format!("wrote {}", path.display()));
            }
        }
        let told = Told {
            suite: &suite,
            outcomes: &run.outcomes,
            events: ground.events(),
            untested,
            again: self.again(),
            all: self.all,
            mutants,
            coverage,
        };
        let mut out = output(self.output.as_deref(), None)?;
        match self.format {
            Format::Text => text::write(&told, &mut out)?,
            Format::Json => json::write(&told, &mut out)?,
            Format::Junit => junit::write(&told, &mut out)?,
            Format::Sarif => sarif::write(&told, &mut out)?,
            Format::Markdown => markdown::write(&told, &mut out)?,
        }
        out.flush().map_err(Error::io("write to", std::path::Path::new("the output")))?;
        let is = |status| told.count(status) > 0;
        let score = told.mutants.as_deref().and_then(regress::score);
        let too_few = self.min_score.is_some_and(|least| score.is_none_or(|score| score < least));
        Ok(if !suite.rules_wrong.is_empty() {
            End::Tests(Code::Rules)
        } else if !suite.tests_wrong.is_empty() || is(Status::Broken) {
            End::Tests(Code::Data)
        } else if is(Status::Failed) && !self.bless {
            End::Tests(Code::Failed)
        } else if is(Status::Noisy) || too_few {
            End::Tests(Code::Gate)
        } else {
            End::Done
        })
    }

    fn suite(&self) -> Result<Suite> {
        let rules = if self.rules.is_empty() { None } else { Some(read_rules(&self.rules)?) };
        let map: BTreeMap<String, String> = self.map.iter().cloned().collect();
        let suite = regress::read(&self.paths, rules, bundled, &map)?;
        if suite.set.rules.is_empty() {
            return Err(Error::Rules { all: suite.rules_wrong });
        }
        if suite.tests.is_empty() && suite.tests_wrong.is_empty() {
            return Err(Error::Usage {
                what: "there is no test in what was given".into(),
                hint: Some("docs/testing-rules.md says how tests are written".into()),
            });
        }
        Ok(suite)
    }

    fn selection(&self) -> Result<Selection> {
        Ok(Selection {
            rules: self.rule.clone(),
            names: self.case.clone(),
            shard: self.shard,
            changed: self.changed_since.as_deref().map(regress::touched).transpose()?,
        })
    }

    /// The paths and rules as they were given.
    fn again(&self) -> String {
        let rules = self.rules.iter().map(|path| format!(" --rules {}", shell(&path.to_string_lossy())));
        let map = self.map.iter().map(|(theirs, ours)| format!(" --map {}", shell(&format!("{theirs}={ours}"))));
        let paths = self.paths.iter().map(|path| format!(" {}", shell(&path.to_string_lossy())));
        paths.chain(rules).chain(map).collect()
    }
}

/// The rules in the program.
fn bundled() -> Vec<RuleFile> {
    let pack = pack::DETECTIONS.iter().chain(pack::EXCEPTIONS);
    pack.map(|(path, text)| RuleFile { path: (*path).to_owned(), text: (*text).to_owned() }).collect()
}

fn share(text: &str) -> std::result::Result<(usize, usize), String> {
    let (share, of) = text.split_once('/').ok_or("write it like 2/4")?;
    let number = |text: &str| text.parse::<usize>().map_err(|_| format!("{text} is no number"));
    match (number(share)?, number(of)?) {
        (share, of) if share >= 1 && share <= of => Ok((share, of)),
        _ => Err("shares are numbered from 1".to_owned()),
    }
}

fn pair(text: &str) -> std::result::Result<(String, String), String> {
    let (theirs, ours) = text.split_once('=').ok_or("write it like THEIRS=OURS")?;
    Ok((theirs.to_owned(), ours.to_owned()))
}

/// A word as a shell takes it.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// What is wrong with files, in the words of a diagnostic.
fn wrong<'a>(told: &Told<'a>) -> impl Iterator<Item = &'a Diagnostic> {
    told.suite.rules_wrong.iter().chain(&told.suite.tests_wrong)
}
