//! Is everything still what it was? Evidence, its members and copies, case files, the journal and the seals.
//!
//! Goes on where anything else gives up: a journal whose chain is broken still names evidence and files, and a seal
//! names its own. Changes nothing, also not what a killed command left.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use ed25519_dalek::VerifyingKey;

use super::chain::Chain;
use super::check::{Item, Look, Present, check, differs};
use super::custody::{Embedded, Journal, hash_file};
use super::hash::{Digests, hash_on_one_thread};
use super::place::Place;
use super::seal::{Seal, SealedEvidence};
use super::{Case, InputRecord, Manifest, key, seal, sources};
use crate::error::{Error, Result};
use crate::model::EvidenceId;

const JOURNAL: &str = "journal.jsonl";

/// One thing that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub path: String,
    pub what: String,
}

/// Something to know that is no sign of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub path: String,
    pub what: String,
    pub hint: Option<String>,
}

/// What was checked and what did not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub evidence: u64,
    pub files: u64,
    /// Lines of the journal.
    pub journal: u64,
    /// Hash of its last line.
    pub head: String,
    /// Of evidence, files, the journal and seals.
    pub mismatches: Vec<Mismatch>,
    pub remarks: Vec<Remark>,
    /// Every seal that could be read, whether it holds or not.
    pub seals: Vec<SealReport>,
}

/// What became of a seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealReport {
    pub name: String,
    /// Why it does not are mismatches of its name.
    pub holds: bool,
    /// Who sealed and when, as the seal states it.
    pub who: String,
    pub at: String,
    /// Lines of the journal that it covers, and those after them.
    pub length: u64,
    pub later: u64,
    pub key: String,
    /// As `ssh-keygen -l` shows it; None when the signature is wrong.
    pub fingerprint: Option<String>,
    /// A key was given, so that it is known whose seal this is.
    pub is_of_key_given: bool,
}

/// Checks everything in the folder of a case, also when its journal is broken; `public_key` is the file of the key that
/// seals are expected to be of.
///
/// # Errors
/// When the folder is no case, or the key or the journal cannot be read.
pub fn verify(dir: &Path, public_key: Option<&Path>) -> Result<Report> {
    let trusted = public_key.map(key::read_public).transpose()?;
    let Manifest { format, name } = Manifest::read(dir)?;
    let (journal, chain, other) = Journal::read_as_it_is(&dir.join(JOURNAL))?;
    let case = Case { dir: dir.into(), name, format, journal };
    let now = Now::of(&case);
    let mut report = Report {
        evidence: case.journal.inputs().count() as u64,
        files: case.journal.files().len() as u64,
        journal: chain.length(),
        head: chain.head().to_owned(),
        mismatches: now.mismatches.clone(),
        remarks: now.remarks.clone(),
        seals: Vec::new(),
    };
    report.journal(&chain, other);
    report.seals(&case, &chain, &now, trusted.as_ref())?;
    Ok(report)
}

impl Case {
    /// Checks everything, see [`verify`].
    ///
    /// # Errors
    /// When the key or the journal cannot be read.
    pub fn verify(&self, public_key: Option<&Path>) -> Result<Report> {
        verify(&self.dir, public_key)
    }
}

/// What evidence and files are now.
#[derive(Default)]
pub(super) struct Now {
    pub mismatches: Vec<Mismatch>,
    pub remarks: Vec<Remark>,
    /// Of each piece of evidence that is no member, by its number.
    evidence: BTreeMap<u32, Look>,
    files: HashMap<String, Look>,
}

impl Now {
    /// Hashes everything that the journal lists.
    pub fn of(case: &Case) -> Now {
        let mut now = Now::default();
        let mut archives = Archives::default();
        for (number, input) in (0..).zip(case.journal.inputs()) {
            let whole = match &input.member {
                None => now.outer(case, number, input),
                // The members of an archive are its bytes.
                Some(member) if archives.is_whole(member.within) => true,
                Some(member) => match archives.walk(case, member.within) {
                    Some(found) => {
                        let found = found.get(&member.number).cloned();
                        let gone = || Some("its archive has no such member any more".to_owned());
                        let what = found.map_or_else(gone, |found| recorded(found.into(), input));
                        now.mismatch(&input.path, what)
                    }
                    // That the archive cannot be read is said of the archive.
                    None => false,
                },
            };
            archives.whole.push(whole);
        }
        now.remarks.extend(archives.remarks(case));
        for file in case.journal.files() {
            let look = now.file(case, &file.path);
            now.mismatch(&file.path, when_recorded(look, &file.sha256, None, file.size));
        }
        now
    }

    /// Checks a piece of evidence that is no member; true when its bytes are still there.
    fn outer(&mut self, case: &Case, number: u32, input: &InputRecord) -> bool {
        let original = || look(case.original(&input.path).map(Place::File), input.size);
        let Some(copy) = &input.embedded else {
            let look = original();
            self.evidence.insert(number, look.clone());
            return self.mismatch(&input.path, recorded(look, input));
        };
        let stored = self.file(case, &copy.path);
        let stored = when_recorded(stored, &copy.sha256, None, copy.size);
        let content = look(case.inside(&copy.path).map(Place::Copy), input.size);
        let is_true = recorded(content.clone(), input).is_none();
        let elsewhere = original();
        let same = recorded(elsewhere.clone(), input).is_none();
        let what = match (&elsewhere, is_true, same) {
            (_, _, true) => None,
            (Look::Unreadable(_), true, _) => Some(format!("not there any more, its copy {} is true", copy.path)),
            (_, true, _) => Some(format!("is another file now, the copy {} in the case is true", copy.path)),
            (now, false, _) => {
                let what = recorded(now.clone(), input);
                self.mismatch(&input.path, what);
                None
            }
        };
        self.remarks.extend(what.map(|what| Remark { path: input.path.clone(), what, hint: None }));
        self.copy(copy, stored, recorded(content.clone(), input));
        self.evidence.insert(number, if is_true || !same { content } else { elsewhere });
        is_true || same
    }

    /// The file of a copy is what was recorded, and what is in it is the evidence.
    fn copy(&mut self, copy: &Embedded, stored: Option<String>, content: Option<String>) {
        let within = || content.map(|what| format!("what it holds is not the evidence: {what}"));
        self.mismatch(&copy.path, stored.or_else(within));
    }

    /// Hashes a file of the case.
    fn file(&mut self, case: &Case, path: &str) -> Look {
        let found = case.inside(path).and_then(|path| hash_file(&path));
        let look = match found {
            Ok((sha256, size)) => Look::Found { sha256, blake3: None, size },
            Err(error) => Look::Unreadable(words(&error)),
        };
        self.files.insert(path.to_owned(), look.clone());
        look
    }

    /// Notes what does not match; true when everything does.
    fn mismatch(&mut self, path: &str, what: Option<String>) -> bool {
        let matches = what.is_none();
        self.mismatches.extend(what.map(|what| Mismatch { path: path.to_owned(), what }));
        matches
    }

    /// What a sealed piece of evidence is now. The journal may be another one by now, then its own path is looked at.
    fn sealed(&self, case: &Case, item: &SealedEvidence) -> Look {
        let input = case.journal.inputs().nth(item.number as usize).filter(|input| input.path == item.path);
        let known = input.and_then(|_| self.evidence.get(&item.number)).cloned();
        known.unwrap_or_else(|| look(case.original(&item.path).map(Place::File), item.size))
    }
}

/// Archives whose own hash does not match, walked to see which of their members still do.
#[derive(Default)]
struct Archives {
    /// Whether the bytes of each piece of evidence so far are still there.
    whole: Vec<bool>,
    walked: BTreeMap<u32, Option<HashMap<u64, Digests>>>,
}

impl Archives {
    fn is_whole(&self, number: u32) -> bool {
        self.whole.get(number as usize).copied().unwrap_or(false)
    }

    /// The digests of the members; None when it cannot be walked.
    fn walk(&mut self, case: &Case, number: u32) -> Option<&HashMap<u64, Digests>> {
        let walk = || {
            let archive = case.input(EvidenceId(number))?;
            let mut members = HashMap::new();
            let mut each = |number, mut spool| {
                members.insert(number, hash_on_one_thread(&mut spool)?);
                Ok(())
            };
            sources::members(case.raw(archive).ok()?, archive, &case.dir, &mut each).ok()?;
            Some(members)
        };
        self.walked.entry(number).or_insert_with(walk).as_ref()
    }

    /// How many members of each are what they were.
    fn remarks(&self, case: &Case) -> Vec<Remark> {
        let mut remarks = Vec::new();
        for archive in self.walked.keys() {
            let Some(record) = case.input(EvidenceId(*archive)) else { continue };
            let of = |input: &InputRecord| input.member.as_ref().is_some_and(|member| member.within == *archive);
            let members: Vec<bool> = case
                .journal
                .inputs()
                .zip(&self.whole)
                .filter(|(input, _)| of(input))
                .map(|(_, whole)| *whole)
                .collect();
            let whole = members.iter().filter(|whole| **whole).count();
            let what = format!("{whole} of the {} members that are evidence are what they were", members.len());
            remarks.push(Remark { path: record.path.clone(), what, hint: None });
        }
        remarks
    }
}

impl Report {
    fn mismatch(&mut self, path: &str, what: String) {
        self.mismatches.push(Mismatch { path: path.to_owned(), what });
    }

    /// Names the first line that does not fit; one that a killed command left unfinished is no change.
    fn journal(&mut self, chain: &Chain, other: Option<String>) {
        match chain.first_broken() {
            Some(broken) if broken.is_torn() => self.remarks.push(Remark {
                path: JOURNAL.to_owned(),
                what: broken.to_string(),
                hint: Some("the next command that writes takes it away and says so in the journal".into()),
            }),
            Some(broken) => self.mismatch(JOURNAL, broken.to_string()),
            None if chain.length() == 0 => self.mismatch(JOURNAL, "it is empty or missing".into()),
            None => {}
        }
        // A chain that holds may have an entry that this version cannot read.
        if let Some(other) = other.filter(|_| chain.first_broken().is_none_or(|broken| broken.is_torn())) {
            self.mismatch(JOURNAL, other);
        }
    }

    /// Checks every seal that lies in the case or that the journal lists.
    fn seals(&mut self, case: &Case, chain: &Chain, now: &Now, trusted: Option<&VerifyingKey>) -> Result<()> {
        let listed: BTreeMap<&str, (u64, &str)> =
            case.journal.seals().map(|(line, path, sha256)| (path, (line, sha256))).collect();
        let there: Vec<String> = seal::numbers(&case.dir)?.into_iter().map(seal::name).collect();
        for (name, (line, _)) in listed.iter().filter(|(name, _)| !there.iter().any(|there| there == *name)) {
            self.mismatch(name, format!("is gone, line {line} of the journal lists it"));
        }
        for name in &there {
            match listed.get(name.as_str()) {
                Some((line, sha256)) => {
                    if hash_file(&case.dir.join(name)).is_ok_and(|(found, _)| found != *sha256) {
                        self.mismatch(name, format!("is not the one that line {line} of the journal lists"));
                    }
                }
                None => {
                    let what =
                        "no line of the journal lists it: a command was killed while it sealed, or it was put in";
                    self.mismatch(name, what.to_owned());
                }
            }
            self.seal(case, chain, now, trusted, name);
        }
        if there.is_empty() && trusted.is_some() {
            self.mismatch("seals", "a public key was given, and there is no seal to check with it".into());
        }
        Ok(())
    }

    fn seal(&mut self, case: &Case, chain: &Chain, now: &Now, trusted: Option<&VerifyingKey>, name: &str) {
        let seal = match Seal::read(&case.dir.join(name)) {
            Ok(seal) => seal,
            Err(Error::NewerCase { found, known, .. }) => {
                return self.mismatch(name, format!("has seal format {found}, this coldcase reads up to {known}"));
            }
            Err(Error::Damaged { source, .. }) => return self.mismatch(name, source.to_string()),
            Err(error) => return self.mismatch(name, words(&error)),
        };
        let replaced = case.journal.replaced_since(seal.statement.journal.length);
        let present = Present { case: &case.name, chain, trusted };
        let verdict = check(&seal, &present, &mut |item| match item {
            Item::Evidence(item) => now.sealed(case, item),
            Item::File(item) => match (now.files.get(&item.path), replaced.get(&*item.path)) {
                (Some(look), _) => look.clone(),
                (None, Some(line)) => Look::Replaced { line: *line },
                (None, None) => Now::default().file(case, &item.path),
            },
        });
        for problem in &verdict.problems {
            self.mismatch(name, problem.to_string());
        }
        let key = seal.key();
        for (path, line) in verdict.replaced.iter().filter(|_| key.is_some()) {
            let what = format!("{path} was replaced later, line {line} of the journal says so");
            self.remarks.push(Remark { path: name.to_owned(), what, hint: None });
        }
        self.seals.push(SealReport {
            name: name.to_owned(),
            holds: verdict.holds(),
            who: seal.statement.who.to_string(),
            at: seal.statement.at.clone(),
            length: seal.statement.journal.length,
            later: verdict.later,
            is_of_key_given: trusted.is_some() && key.as_ref() == trusted,
            fingerprint: key.map(|key| key::fingerprint(&key)),
            key: seal.public_key,
        });
    }
}

/// What is there now.
fn look(place: Result<Place>, size: u64) -> Look {
    match place.and_then(|place| place.hash(size)) {
        Ok(now) => now.into(),
        Err(error) => Look::Unreadable(words(&error)),
    }
}

/// What of a piece of evidence is not what was recorded.
fn recorded(now: Look, input: &InputRecord) -> Option<String> {
    when_recorded(now, &input.sha256, input.blake3.as_deref(), input.size)
}

fn when_recorded(now: Look, sha256: &str, blake3: Option<&str>, size: u64) -> Option<String> {
    let found = matches!(now, Look::Found { .. });
    let what = differs(now, sha256, blake3, size)?;
    Some(if found { format!("{what} when it was recorded") } else { what })
}

/// An error with its cause.
fn words(error: &Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}
