//! A case is sealed: everything is hashed, and the hashes and the journal so far are signed.
//!
//! Refuses to sign hashes of things that are not there or are not what they were.

use std::path::Path;

use super::act::Act;
use super::chain::Chain;
use super::custody::{Action, hash_file};
use super::seal::{Sealed, SealedEvidence, SealedFile};
use super::verify::Now;
use super::{Case, key, seal};
use crate::error::{Error, Result};

/// A seal that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSeal {
    /// Of its file, within the case.
    pub name: String,
    /// Lines of the journal that it covers.
    pub length: u64,
    /// Pieces of evidence and files that it states the hashes of.
    pub evidence: u64,
    pub files: u64,
    /// The public key, as in the seal, and the fingerprint that `ssh-keygen -l` shows of it.
    pub key: String,
    pub fingerprint: String,
}

impl Case {
    /// Hashes everything again and signs the hashes and the journal with the key in a file.
    ///
    /// # Errors
    /// When the file holds no Ed25519 private key, when something of the case is not what it was ([`Error::Tampered`]
    /// names the first), or when the case cannot be written.
    pub fn seal(&mut self, key_file: &Path, act: impl Into<Act>) -> Result<NewSeal> {
        let key = key::read_private(key_file)?;
        let act = act.into();
        let _lock = self.lock()?;
        if let Some(first) = Now::of(self).mismatches.into_iter().next() {
            return Err(Error::Tampered {
                path: first.path.into(),
                what: format!("{} (nothing was sealed)", first.what),
            });
        }
        let chain = Chain::read(&self.dir.join("journal.jsonl"))?;
        let facts = Sealed {
            case: self.name.clone(),
            at: act.at.clone(),
            who: act.who.clone().unwrap_or_default(),
            lines: chain.hashes().map(str::to_owned).collect(),
            evidence: self.evidence_to_seal(),
            files: self.files_to_seal(),
        };
        let seal = seal::seal(&facts, &key);
        let numbers = self.journal.seals().filter_map(|(_, path, _)| seal::number(path));
        let path = seal.write(&self.dir, numbers.max().unwrap_or_default())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (sha256, _) = hash_file(&path)?;
        let length = chain.length();
        self.append(act, Action::Seal { path: name.clone(), sha256, length, key: seal.public_key.clone() })?;
        Ok(NewSeal {
            name,
            length,
            evidence: facts.evidence.len() as u64,
            files: facts.files.len() as u64,
            key: seal.public_key,
            fingerprint: key::fingerprint(&key.verifying_key()),
        })
    }

    /// Every piece of evidence but members of archives: those are the archive's bytes, and the journal has their hashes.
    fn evidence_to_seal(&self) -> Vec<SealedEvidence> {
        let outer = (0..).zip(self.journal.inputs()).filter(|(_, input)| input.member.is_none());
        let sealed = outer.map(|(number, input)| SealedEvidence {
            number,
            path: input.path.clone(),
            sha256: input.sha256.clone(),
            blake3: input.blake3.clone(),
            size: input.size,
        });
        sealed.collect()
    }

    /// The files of the tables and the copies of evidence.
    fn files_to_seal(&self) -> Vec<SealedFile> {
        let tables = self.journal.files().into_iter().map(|file| (&file.path, &file.sha256, file.size));
        let copies = self.journal.inputs().filter_map(|input| input.embedded.as_ref());
        let copies = copies.map(|copy| (&copy.path, &copy.sha256, copy.size));
        let sealed = |(path, sha256, size): (&String, &String, u64)| SealedFile {
            path: path.clone(),
            sha256: sha256.clone(),
            size,
        };
        tables.chain(copies).map(sealed).collect()
    }
}
