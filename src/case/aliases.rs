//! What identities of the evidence are called in fixtures that left the case: the way back from a fixture to the evidence.
//!
//! The map grows with each fixture and nothing is ever taken out of it. It is a part of the journal, so that it is chained
//! and sealed like all else, and it stays here: a fixture has the aliases only.

use serde::{Deserialize, Serialize};

use super::Case;
use super::act::Act;
use super::custody::Action;
use crate::error::{Error, Result};

/// One identity and what it is called outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// What it is: user, namespace, node, pod, address …
    pub kind: String,
    /// As evidence writes it.
    pub of: String,
    /// In every fixture of this case.
    pub is: String,
}

impl Case {
    /// Every alias that was given, in the order in which they were, each with the line of the journal, from 1, of the first
    /// fixture that has it.
    pub fn aliases(&self) -> Vec<(u64, &Alias)> {
        let of = |entry: &'_ super::Entry| entry.seq + 1;
        let all = self.entries().iter().filter_map(|entry| match &entry.action {
            Action::Fixture { aliases, .. } => Some((of(entry), aliases)),
            _ => None,
        });
        all.flat_map(|(line, aliases)| aliases.iter().map(move |alias| (line, alias))).collect()
    }

    /// Records that a fixture of a rule was made, with the aliases it needs that were not given before. Done before the
    /// fixture is handed over, so that there is none without its way back.
    ///
    /// # Errors
    /// When somebody else gave aliases meanwhile that do not go with these, and when the case cannot be written.
    pub fn record_fixture(&mut self, rule: &str, sha256: &str, new: Vec<Alias>, act: impl Into<Act>) -> Result<()> {
        let _lock = self.lock()?;
        let clash = |alias: &&Alias| new.iter().any(|new| new.of == alias.of || new.is == alias.is);
        if let Some((line, _)) = self.aliases().into_iter().find(|(_, alias)| clash(alias)) {
            return Err(Error::Usage {
                what: format!("another fixture gave the same aliases meanwhile, in line {line} of the journal"),
                hint: Some("run it again: it takes those that there are now".into()),
            });
        }
        self.append(act, Action::Fixture { rule: rule.to_owned(), sha256: sha256.to_owned(), aliases: new })
    }
}
