//! Does a seal still hold? Its signature, the journal below it, and everything it states against what is there now.
//!
//! Reads nothing itself: the caller says what each sealed thing is now. Lines of the journal after the sealed ones are
//! fine, and so are case files that such a line replaced, but they are told. When the signature is wrong nothing else
//! is checked, since nothing in the statement counts then.

use std::fmt;

use ed25519_dalek::VerifyingKey;

use super::chain::{Chain, ZEROS};
use super::hash::Digests;
use super::seal::{KIND, Seal, SealedEvidence, SealedFile};

/// The case as it is now.
pub struct Present<'a> {
    pub case: &'a str,
    pub chain: &'a Chain,
    /// The key the seal is expected to be of, when one was given.
    pub trusted: Option<&'a VerifyingKey>,
}

/// Something whose present hash is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    Evidence(&'a SealedEvidence),
    File(&'a SealedFile),
}

/// What became of it.
#[derive(Debug, Clone)]
pub enum Look {
    /// It is there; BLAKE3 when it was taken.
    Found { sha256: String, blake3: Option<String>, size: u64 },
    /// A later line of the journal says that other files took its place.
    Replaced { line: u64 },
    /// It cannot be read, and why.
    Unreadable(String),
}

/// Why a seal does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The statement is not what was signed; nothing in it counts.
    Signature,
    /// The statement contradicts itself though it is signed.
    Statement(&'static str),
    /// It is of another key than the one given.
    Key {
        found: String,
    },
    Case {
        sealed: String,
        found: String,
    },
    /// Lines that were sealed are gone.
    Cut {
        sealed: u64,
        found: u64,
    },
    /// A line is another than the one that was sealed.
    Line {
        line: u64,
        sealed: String,
        found: String,
    },
    Evidence {
        number: u32,
        path: String,
        what: String,
    },
    File {
        path: String,
        what: String,
    },
}

/// What a check of a seal came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    pub problems: Vec<Problem>,
    /// Sealed files that were replaced later, with the line of the journal that says so.
    pub replaced: Vec<(String, u64)>,
    /// Lines of the journal after the sealed ones.
    pub later: u64,
}

impl Verdict {
    /// Says whether the seal holds.
    pub fn holds(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Checks a seal against the case as it is now; `look` tells what each sealed thing is now.
pub fn check(seal: &Seal, present: &Present<'_>, look: &mut dyn FnMut(Item<'_>) -> Look) -> Verdict {
    let mut verdict = Verdict::default();
    let statement = &seal.statement;
    let Some(key) = seal.key() else {
        verdict.problems.push(Problem::Signature);
        return verdict;
    };
    if present.trusted.is_some_and(|trusted| *trusted != key) {
        verdict.problems.push(Problem::Key { found: seal.public_key.clone() });
    }
    let journal = &statement.journal;
    if statement.kind != KIND {
        verdict.problems.push(Problem::Statement("it is of another kind"));
    }
    let last = journal.lines.last().map_or(ZEROS, String::as_str);
    if journal.length != journal.lines.len() as u64 || journal.head != last {
        verdict.problems.push(Problem::Statement("length and head are not those of its lines"));
    }
    if statement.case != present.case {
        verdict.problems.push(Problem::Case { sealed: statement.case.clone(), found: present.case.to_owned() });
    }
    let both = journal.lines.iter().zip(present.chain.hashes()).enumerate();
    if let Some((place, (sealed, found))) = both.into_iter().find(|(_, (sealed, found))| sealed != found) {
        let (line, sealed, found) = (place as u64 + 1, sealed.clone(), found.to_owned());
        verdict.problems.push(Problem::Line { line, sealed, found });
    } else if present.chain.length() < journal.length {
        verdict.problems.push(Problem::Cut { sealed: journal.length, found: present.chain.length() });
    }
    verdict.later = present.chain.length().saturating_sub(journal.length);
    for item in &statement.evidence {
        let what = match look(Item::Evidence(item)) {
            // Evidence is never replaced: a line that says so is no excuse.
            Look::Replaced { line } => Some(format!("line {line} of the journal says that it was replaced")),
            now => differs(now, &item.sha256, item.blake3.as_deref(), item.size),
        };
        let problem = |what| Problem::Evidence { number: item.number, path: item.path.clone(), what };
        verdict.problems.extend(what.map(problem));
    }
    for item in &statement.files {
        let what = match look(Item::File(item)) {
            Look::Replaced { line } if line > journal.length => {
                verdict.replaced.push((item.path.clone(), line));
                None
            }
            Look::Replaced { line } => Some(format!("line {line} of the journal, which was sealed, replaced it")),
            now => differs(now, &item.sha256, None, item.size),
        };
        verdict.problems.extend(what.map(|what| Problem::File { path: item.path.clone(), what }));
    }
    verdict
}

/// Says what of a thing is not as it was; None when all is.
pub(super) fn differs(now: Look, sha256: &str, blake3: Option<&str>, size: u64) -> Option<String> {
    match now {
        Look::Unreadable(why) => Some(why),
        Look::Replaced { .. } => None,
        Look::Found { size: found, .. } if found != size => Some(format!("has {found} bytes, had {size}")),
        Look::Found { sha256: found, .. } if found != sha256 => Some(format!("has SHA-256 {found}, had {sha256}")),
        Look::Found { blake3: Some(found), .. } if blake3.is_some_and(|sealed| sealed != found) => {
            Some(format!("has BLAKE3 {found}, had {}, though its SHA-256 is the same", blake3.unwrap_or_default()))
        }
        Look::Found { .. } => None,
    }
}

impl From<Digests> for Look {
    fn from(now: Digests) -> Look {
        Look::Found { sha256: now.sha256, blake3: Some(now.blake3), size: now.size }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Signature => write!(f, "the signature is not that of the statement; nothing it states counts"),
            Problem::Statement(why) => write!(f, "the statement is signed but makes no sense: {why}"),
            Problem::Key { found } => write!(f, "signed by another key than the one given: {found}"),
            Problem::Case { sealed, found } => write!(f, "it is of case {sealed}, this is case {found}"),
            Problem::Cut { sealed, found } => {
                write!(f, "the journal was cut: {sealed} lines were sealed, {found} are left")
            }
            Problem::Line { line, sealed, found } => {
                write!(
                    f,
                    "line {line} of the journal is not the one that was sealed: it has SHA-256 {found}, had {sealed}"
                )
            }
            Problem::Evidence { number, path, what } => write!(f, "evidence {number}, {path}: {what}"),
            Problem::File { path, what } => write!(f, "{path}: {what}"),
        }
    }
}
