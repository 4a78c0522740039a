//! Tests of rules: what is fed to them, what must come out, and what came out instead.
//!
//! It prints nothing and reads rules from nowhere but the files it is given. A test is data and what is expected of it,
//! whoever's notation it was written in ([`readers`]); [`ground`] makes cases of the data, [`run`] asks the rules, and
//! [`judge`] compares.

mod api;
mod counted;
mod coverage;
mod derive;
mod diff;
pub mod fixture;
mod golden;
mod ground;
mod judge;
mod like;
mod mutants;
mod mutate;
mod nearest;
mod readers;
mod run;
mod same;
mod select;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Serialize;

use crate::sigma::{Level, Lists};

pub use coverage::{Coverage, Covered, Technique, Unseen, coverage};
pub use derive::derive;
pub use diff::{Difference, Found, diff};
pub use golden::bless;
pub use ground::{Cache, Ground};
pub use mutants::{Mutant, mutants, score};
pub use nearest::Nearest;
pub use readers::{Suite, is_only_tests, read, written_out};
pub use run::{Run, run};
pub use select::{Selection, touched};

/// One test.
#[derive(Debug, Clone)]
pub struct Test {
    /// Unique among the tests of its rule.
    pub name: String,
    /// Why it is there, when the file says.
    pub why: String,
    /// The rules it is about, by name; all of them when none is named.
    pub rules: BTreeSet<String>,
    /// Where it is written.
    pub file: String,
    /// From 1.
    pub line: usize,
    pub data: Data,
    /// What a site file would say of lists.
    pub lists: Lists,
    pub exceptions: Exceptions,
    pub expect: Vec<Expect>,
    /// Why it cannot be run, when it cannot.
    pub skip: Option<String>,
}

/// What a test feeds to rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Data {
    /// Lines of JSON: audit events, or objects of a snapshot.
    Lines(Vec<String>),
    /// Records of other logs, and lines of JSON beside them.
    Records { lines: Vec<String>, records: Vec<Record> },
    /// Files and folders that an intake takes, read as one body of evidence; or one case.
    Files(Vec<PathBuf>),
}

/// A record of another log as it is exported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Record {
    Json(String),
    /// A line or several.
    Text(String),
}

/// Which exceptions hold while a test runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exceptions {
    /// All.
    Hold,
    /// None: what a rule sees.
    Ignored,
    /// What is expected must come with all of them and without any.
    Either,
    /// This one by itself.
    Only(String),
}

/// What must come out of a test.
#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    /// Findings are of these requests (auditID), objects or records (`record 0`), and no others.
    Events(BTreeSet<String>),
    /// One of the findings is this; a finding that is none of those expected is unexpected.
    Finding(Wanted),
    /// Findings that nothing expects are no failure.
    Others,
    /// One finding has these requests in this order, and no others.
    Chain(Vec<String>),
    /// So many requests or findings.
    Count { of: Counted, exactly: Option<u64>, at_least: Option<u64>, at_most: Option<u64> },
    /// No finding.
    Nothing,
    /// No finding, and requests of which it cannot be told: so many, or any.
    CannotTell(Option<u64>),
    /// No finding, and the evidence lacks what the rule asks for.
    Blind,
    /// The exception takes away what the rule sees.
    Excepted,
    /// The rule sees it, and the exception does not take it away.
    Reported,
    /// No rule but these finds anything.
    NoRuleBut(BTreeSet<String>),
    /// What fired when the golden file was written.
    Golden(PathBuf),
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Requests in findings, each once.
    Events,
    Findings,
}

/// What is asked of one finding; what is not said is not asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    pub rule: Option<String>,
    /// Fields of one of its events, as a finding names them.
    pub matching: BTreeMap<String, String>,
    /// All its requests, in any order.
    pub evidence: Option<BTreeSet<String>>,
    pub level: Option<Level>,
    /// actor, target, address, agent, namespace.
    pub entities: BTreeMap<String, String>,
}

/// What became of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Passed,
    /// It cannot be told, as expected.
    Untold,
    Failed,
    /// More came than the budget allows.
    Noisy,
    /// It could not be run, and that is no fault of the rule or the data.
    Skipped,
    /// Its data cannot be read.
    Broken,
}

/// A test and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The rule, or the rules joined by a blank; `*` for all.
    pub rule: String,
    pub name: String,
    pub file: String,
    pub line: usize,
    pub status: Status,
    /// One line for each expectation that was not met, or why it was not run.
    pub expected: Vec<String>,
    pub got: Vec<String>,
    pub nearest: Option<Nearest>,
    /// Where the rule is written, when there is one.
    pub at: Option<(String, usize)>,
}

impl Record {
    /// The number of the file of its kind, and its text.
    pub fn parts(&self) -> (usize, &str) {
        match self {
            Record::Json(text) => (1, text),
            Record::Text(text) => (2, text),
        }
    }
}

impl Test {
    /// The rules it is about in one word.
    pub fn about(&self) -> String {
        match self.rules.is_empty() {
            true => "*".to_owned(),
            false => self.rules.iter().map(String::as_str).collect::<Vec<_>>().join(" "),
        }
    }
}
