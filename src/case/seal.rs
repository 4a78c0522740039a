//! The seal: a signed statement of all hashes of a case and of its journal up to a line.
//!
//! A seal is the file `seal-N.json` of three lines, of which the second alone is the statement that is signed:
//!
//! ```text
//! {"statement":
//! {"kind":"coldcase seal","format":1,"case":…,"at":…,"who":{…},"tool":…,"key":…,"journal":{…},"evidence":[…],"files":[…]}
//! ,"public_key":"MCow…","signature":"…"}
//! ```
//!
//! The statement is canonical: keys in the order of the types below, no blanks, UTF-8, only what JSON demands escaped,
//! numbers whole, null for what is not known. It is read and written again before the signature is checked, so an
//! editor that laid the file out anew did no harm, and no byte outside the statement counts. Keys that the types do
//! not know are an error, so nothing in a seal stands there unsigned. Without coldcase:
//!
//! ```text
//! sed -n 2p seal-1.json | tr -d '\n' > statement
//! sed -n 3p seal-1.json | cut -d'"' -f8 | openssl base64 -d -A > signature
//! openssl pkeyutl -verify -rawin -pubin -inkey seal.pub -in statement -sigfile signature
//! ```
//!
//! A seal proves that whoever had the key saw these hashes. Whose key it is, and that the time is true, it cannot
//! prove: the key has to be known from elsewhere.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::act::{TOOL, Who};
use super::chain::ZEROS;
use super::encoding::{base64, from_base64};
use super::key;
use crate::error::{Error, Result};

/// The version of the statement this program writes and the newest it reads.
pub const FORMAT: u32 = 1;

pub(super) const KIND: &str = "coldcase seal";

/// A seal of a million files has about 200 MB.
const LARGEST: u64 = 1 << 30;

/// What a seal states of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub case: String,
    /// UTC.
    pub at: String,
    pub who: Who,
    /// Hashes of all lines of the journal, in order. The head would do to see that the chain is another; with all of
    /// them the first other line can be named even when everything after it was chained anew.
    pub lines: Vec<String>,
    pub evidence: Vec<SealedEvidence>,
    pub files: Vec<SealedFile>,
}

/// One piece of evidence as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedEvidence {
    pub number: u32,
    pub path: String,
    pub sha256: String,
    /// None for evidence taken in before BLAKE3 was recorded.
    pub blake3: Option<String>,
    pub size: u64,
}

/// One file of the case as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedFile {
    /// Relative to the case, with `/`.
    pub path: String,
    pub sha256: String,
    pub size: u64,
}

/// What is signed; the order of the fields is the order of the keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    pub(super) kind: String,
    format: u32,
    pub case: String,
    pub at: String,
    pub who: SealedWho,
    pub tool: String,
    /// As in `public_key`, so that the key cannot be exchanged without the signature breaking.
    pub key: String,
    pub journal: SealedJournal,
    pub evidence: Vec<SealedEvidence>,
    pub files: Vec<SealedFile>,
}

/// Who sealed, with null for what is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedWho {
    pub investigator: Option<String>,
    pub user: Option<String>,
    pub host: Option<String>,
}

impl fmt::Display for SealedWho {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SealedWho { investigator, user, host } = self.clone();
        Who { investigator, user, host }.fmt(f)
    }
}

/// The journal up to the line that was the last when it was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedJournal {
    pub length: u64,
    pub head: String,
    pub lines: Vec<String>,
}

/// A statement with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    pub statement: Statement,
    pub public_key: String,
    /// Base64.
    pub signature: String,
}

/// Signs what is stated.
pub fn seal(facts: &Sealed, key: &SigningKey) -> Seal {
    let public_key = key::public_text(&key.verifying_key());
    let Who { investigator, user, host } = facts.who.clone();
    let statement = Statement {
        kind: KIND.into(),
        format: FORMAT,
        case: facts.case.clone(),
        at: facts.at.clone(),
        who: SealedWho { investigator, user, host },
        tool: TOOL.into(),
        key: public_key.clone(),
        journal: SealedJournal {
            length: facts.lines.len() as u64,
            head: facts.lines.last().map_or(ZEROS, String::as_str).to_owned(),
            lines: facts.lines.clone(),
        },
        evidence: facts.evidence.clone(),
        files: facts.files.clone(),
    };
    let signature = base64(&key.sign(statement.canonical().as_bytes()).to_bytes());
    Seal { statement, public_key, signature }
}

impl Statement {
    /// The text that is signed.
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).expect("it holds only text, numbers and lists of them, which JSON can always write")
    }
}

impl Seal {
    /// The key that signed it; None when the signature is not that of the statement by the key it names.
    pub fn key(&self) -> Option<VerifyingKey> {
        let key = key::from_public_text(&self.public_key).filter(|_| self.public_key == self.statement.key)?;
        let signature = Signature::from_bytes(&from_base64(&self.signature)?.try_into().ok()?);
        key.verify_strict(self.statement.canonical().as_bytes(), &signature).ok()?;
        Some(key)
    }

    /// The text of its file.
    pub fn text(&self) -> String {
        let (statement, key) = (self.statement.canonical(), &self.public_key);
        format!("{{\"statement\":\n{statement}\n,\"public_key\":\"{key}\",\"signature\":\"{}\"}}\n", self.signature)
    }

    /// Reads a seal; its signature is not checked yet.
    ///
    /// # Errors
    /// [`Error::NewerCase`] for one of a newer version, [`Error::Damaged`] for what is no seal.
    pub fn read(path: &Path) -> Result<Seal> {
        let mut text = Vec::new();
        let file = File::open(path).map_err(Error::io("open", path))?;
        file.take(LARGEST + 1).read_to_end(&mut text).map_err(Error::io("read", path))?;
        let damaged = |why: String| Error::Damaged { path: path.into(), source: why.into() };
        if text.len() as u64 > LARGEST {
            return Err(damaged("it is larger than any seal".into()));
        }
        Seal::parse(&text).map_err(|why| match why {
            NoSeal::Newer(found) => Error::NewerCase { path: path.into(), found, known: FORMAT },
            NoSeal::Damaged(why) => damaged(why),
        })
    }

    pub(super) fn parse(text: &[u8]) -> Result<Seal, NoSeal> {
        // A newer statement may have other keys; its version is read before they are.
        #[derive(Deserialize)]
        struct Version {
            statement: Format,
        }
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let damaged = |error: serde_json::Error| NoSeal::Damaged(format!("it is no seal: {error}"));
        let version: Version = serde_json::from_slice(text).map_err(damaged)?;
        match version.statement.format {
            FORMAT => serde_json::from_slice(text).map_err(damaged),
            found if found > FORMAT => Err(NoSeal::Newer(found)),
            found => Err(NoSeal::Damaged(format!("it is no seal: there never was format {found}"))),
        }
    }

    /// Writes the seal as the next one of the case, never over another, and waits until it is on disk. `listed` is the
    /// highest number the journal knows, which is not given again when its file is gone.
    ///
    /// # Errors
    /// When the case cannot be written.
    pub fn write(&self, case: &Path, listed: u64) -> Result<PathBuf> {
        let last = numbers(case)?.last().copied().unwrap_or_default().max(listed);
        let path = case.join(name(last.saturating_add(1)));
        let io = Error::io("write", &path);
        let write = || -> std::io::Result<()> {
            let mut builder = tempfile::Builder::new();
            builder.prefix(".seal-");
            // Everybody may read it and nobody has a reason to write to it.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o444));
            let mut file = builder.tempfile_in(case)?;
            file.write_all(self.text().as_bytes())?;
            file.as_file().sync_all()?;
            file.persist_noclobber(&path)?;
            Ok(())
        };
        write().map_err(io)?;
        Ok(path)
    }
}

/// Why a text is no seal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoSeal {
    Newer(u32),
    Damaged(String),
}

/// The seals of a case, by their numbers.
///
/// # Errors
/// When the folder cannot be read.
pub fn numbers(case: &Path) -> Result<BTreeSet<u64>> {
    let mut numbers = BTreeSet::new();
    for entry in std::fs::read_dir(case).map_err(Error::io("read", case))? {
        let name = entry.map_err(Error::io("read", case))?.file_name();
        numbers.extend(name.to_str().and_then(number));
    }
    Ok(numbers)
}

/// The number of a seal by the name of its file; a name spelled in another way is no seal's.
pub fn number(name: &str) -> Option<u64> {
    let number = name.strip_prefix("seal-")?.strip_suffix(".json")?.parse::<u64>().ok()?;
    Some(number).filter(|number| *number < u64::MAX && self::name(*number) == name)
}

/// The name of a seal's file.
pub fn name(number: u64) -> String {
    format!("seal-{number}.json")
}
